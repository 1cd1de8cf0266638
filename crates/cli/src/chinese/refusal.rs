//! A wrong command line, in Chinese.

use clap::error::{ContextKind, ErrorKind};

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
            let why = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
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
}
