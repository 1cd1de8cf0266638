//! A wrong command line, in Chinese.

use std::error::Error;

use clap::error::{ContextKind, ErrorKind};
use cordial_fault::{QuantityError, RuleError};
use cordial_gateway::{AddedHostError, OwnAddressError, PublishError};
use cordial_trace::Lang;

use crate::args::Reason;

/// What is wrong with the command line. Where clap says nothing that could be translated, its own words.
pub fn refusal(error: &clap::Error) -> String {
    let about = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let arg = about(ContextKind::InvalidArg);
    let value = about(ContextKind::InvalidValue);
    let mut text = match error.kind() {
        ErrorKind::UnknownArgument => format!("没有 '{arg}' 这个选项"),
        ErrorKind::InvalidSubcommand => format!("没有 '{}' 这个命令", about(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingRequiredArgument => format!("缺少必需的参数：{arg}"),
        ErrorKind::ArgumentConflict => format!("'{arg}' 不能和 '{}' 一起用", about(ContextKind::PriorArg)),
        ErrorKind::InvalidValue if value.is_empty() => format!("'{arg}' 后面要给一个值"),
        ErrorKind::InvalidValue => format!("'{value}' 不能作为 '{arg}' 的值"),
        ErrorKind::ValueValidation => {
            let why = error.source().map(|source| reason(&arg, source)).unwrap_or_default();
            format!("'{value}' 不能作为 '{arg}' 的值：{why}")
        }
        ErrorKind::NoEquals => format!("'{arg}' 的值要用等号连着写"),
        ErrorKind::TooManyValues => format!("'{arg}' 不用再给值 '{value}'"),
        _ => return error.to_string(),
    };
    for (kind, words) in [
        (ContextKind::ValidValue, "可以是"),
        (ContextKind::SuggestedArg, "是不是想写"),
        (ContextKind::SuggestedSubcommand, "是不是想写"),
        (ContextKind::SuggestedValue, "是不是想写"),
    ] {
        let suggested = about(kind);
        if !suggested.is_empty() {
            text.push_str(&format!("\n  {words}：{suggested}"));
        }
    }
    format!("错误：{text}\n\n要看怎么用：--help\n")
}

/// Why a value is none.
fn reason(arg: &str, source: &(dyn Error + 'static)) -> String {
    let publish = source.downcast_ref().map(PublishError::in_chinese);
    let own = || source.downcast_ref().map(OwnAddressError::in_chinese);
    let added = || source.downcast_ref().map(|error: &AddedHostError| error.in_chinese().to_owned());
    let ours = || source.downcast_ref().map(|Reason(phrase): &Reason| phrase.text(Lang::Zh).to_owned());
    let fault = || source.downcast_ref().map(|error: &RuleError| error.explain(Lang::Zh));
    let quantity =
        || source.downcast_ref().map(|error: &QuantityError| error.phrase().text(Lang::Zh).to_owned());
    let said = publish.or_else(own).or_else(added).or_else(ours).or_else(fault).or_else(quantity);
    // The parsers of plain numbers are clap's.
    said.unwrap_or_else(|| match arg {
        _ if arg.starts_with("--mtu") => "要写 1280 到 65535 之间的整数".to_owned(),
        _ if arg.starts_with("--seed") => "要写整数，从 0 到 18446744073709551615".to_owned(),
        _ => source.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::Cli;

    fn said(words: &[&str]) -> String {
        let words = ["cordial"].iter().chain(words);
        refusal(&Cli::try_parse_from(words).expect_err("no command line"))
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(
            said(&["run", "--quite", "--", "true"])
                .contains("没有 '--quite' 这个选项\n  是不是想写：--quiet")
        );
        assert!(said(&["explian", "f"]).contains("没有 'explian' 这个命令\n  是不是想写：explain"));
        assert!(said(&["run"]).contains("缺少必需的参数"));
        assert!(said(&["run", "--lang", "fr", "--", "true"]).contains("'fr' 不能作为 '--lang <LANG>' 的值"));
        assert!(said(&["run", "--ladder=now", "--", "true"]).contains("'now' 不能作为"));
        assert!(said(&["run", "--tui", "--json", "--", "true"]).contains("不能和"));
    }

    /// The flags that take something of our own making, each with something that is none.
    #[test]
    fn why_a_value_is_none_is_said_in_chinese() {
        for (flag, value) in [
            ("--publish", "80"),
            ("--publish", "8080:http"),
            ("--publish", "8080:0"),
            ("--publish", "1:2/x"),
            ("--publish", "h:1:2"),
            ("--publish", "::1:8080:80"),
            ("--ip", "host"),
            ("--ip", "10.0.0.2/25"),
            ("--ip", "127.0.0.2"),
            ("--ip", "10.0.0.0"),
            ("--ip", "10.0.0.1"),
            ("--ip", "10.0.0.80"),
            ("--ip", "10.0.0.255"),
            ("--dns", "dns.example"),
            ("--add-host", "db"),
            ("--add-host", "/:192.0.2.7"),
            ("--add-host", "db:x"),
            ("--ladder", "now"),
            ("--fault", "dorp syn"),
            ("--fault", "drop last data"),
            ("--fault", "delay fin 300"),
            ("--rate", "10"),
            ("--rate", "1bit"),
            ("--delay", "soon"),
            ("--delay", "700s"),
            ("--seed", "x"),
            ("--mtu", "68"),
            ("--mtu", "large"),
        ] {
            expect_chinese(&said(&["run", &format!("{flag}={value}"), "--", "true"]));
        }
        expect_chinese(&said(&["explain", "--connection", "0", "file"]));
        expect_chinese(&said(&["play", "--seed", "x", "late-syn"]));
    }

    /// What stands behind the colon has no English words, but for what is typed as it is.
    #[track_caller]
    fn expect_chinese(said: &str) {
        let line = said.lines().next().unwrap_or_default();
        let (_, why) = line.split_once("的值：").unwrap_or_else(|| panic!("{said}"));
        let english = ["a", "is", "it", "as", "the", "not", "write", "say", "or", "in", "digit", "number"];
        let is_english = why.split(|c: char| !c.is_ascii_alphabetic()).any(|word| english.contains(&word));
        assert!(!why.is_ascii() && !is_english, "{said}");
    }
}
