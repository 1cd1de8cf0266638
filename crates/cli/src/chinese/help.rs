//! Help in Chinese: every text of the description is replaced.

use clap::{Arg, Command};

use super::words::{self, Verb};

/// As clap lays it out, with Chinese headings.
const TEMPLATE: &str = "{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}";

/// The same command line, described in Chinese.
pub fn translated(mut command: Command) -> Command {
    // Help and version, which clap adds itself, are there from now on.
    command.build();
    let verbs: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    let command = verbs.iter().fold(command, |command, name| {
        command.mut_subcommand(name, |verb| match words::VERBS.iter().find(|known| known.name == name) {
            Some(words) => translate(verb, words),
            None => verb,
        })
    });
    translate(command, &words::WHOLE).subcommand_help_heading("命令").subcommand_value_name("命令")
}

fn translate(command: Command, words: &Verb) -> Command {
    let command = command.about(words.about).help_template(TEMPLATE);
    let command = if words.more.is_empty() { command } else { command.long_about(words.more) };
    let command = if words.after.is_empty() { command } else { command.after_help(words.after) };
    command.mut_args(|arg| translate_arg(arg, words))
}

fn translate_arg(arg: Arg, words: &Verb) -> Arg {
    let heading = match (arg.is_positional(), arg.get_help_heading()) {
        (true, _) => "参数",
        (false, Some("Network")) => "网络",
        (false, Some("Faults")) => "故障",
        (false, Some(_)) => "外观",
        (false, None) => "选项",
    };
    let arg = arg.help_heading(heading);
    let id = arg.get_id().to_string();
    let Some((_, help, more)) = words.args().find(|(known, ..)| *known == id) else { return arg };
    // What clap would add in English, defaults and values, stands in the text.
    let arg = arg.help(help).hide_default_value(true).hide_possible_values(true);
    if more.is_empty() { arg.long_help(*help) } else { arg.long_help(format!("{help}\n\n{more}")) }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::args::Cli;

    fn is_chinese(text: &str) -> bool {
        text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
    }

    #[test]
    fn everything_that_is_described_is_described_in_chinese() {
        let command = translated(Cli::command());
        let of_verbs = command.get_subcommands().filter(|verb| verb.get_name() != "help");
        for part in [&command].into_iter().chain(of_verbs) {
            let about = part.get_about().expect("what it does").to_string();
            assert!(is_chinese(&about), "{}: {about}", part.get_name());
            for arg in part.get_arguments().filter(|arg| !arg.is_hide_set()) {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(is_chinese(&help), "{} {}: {help}", part.get_name(), arg.get_id());
                let long = arg.get_long_help().map(ToString::to_string);
                assert!(long.is_none_or(|long| is_chinese(&long)), "{} {}", part.get_name(), arg.get_id());
            }
        }
    }

    /// More is said of it in `--help` than in `-h`.
    fn is_long(arg: &Arg) -> bool {
        let text = |help: Option<&clap::builder::StyledStr>| help.map(ToString::to_string);
        arg.get_long_help().is_some() && text(arg.get_long_help()) != text(arg.get_help())
    }

    #[test]
    fn what_is_long_in_english_is_long_in_chinese() {
        let (mut english, chinese) = (Cli::command(), translated(Cli::command()));
        english.build();
        for verb in english.get_subcommands() {
            let same = chinese.find_subcommand(verb.get_name()).expect("the same verbs");
            assert_eq!(
                verb.get_long_about().is_some(),
                same.get_long_about().is_some(),
                "{}",
                verb.get_name()
            );
            assert_eq!(
                verb.get_after_help().is_some(),
                same.get_after_help().is_some(),
                "{}",
                verb.get_name()
            );
            if let Some(after) = same.get_after_help() {
                assert!(is_chinese(&after.to_string()), "{}", verb.get_name());
            }
            for (arg, its) in verb.get_arguments().zip(same.get_arguments()) {
                if arg.get_id() != "help" {
                    assert_eq!(is_long(arg), is_long(its), "{} {}", verb.get_name(), arg.get_id());
                }
            }
        }
    }

    #[test]
    fn headings_are_chinese_too() {
        let mut command = translated(Cli::command());
        let text = command.render_help().to_string();
        for heading in ["用法：", "命令:", "选项:"] {
            assert!(text.contains(heading), "{heading}: {text}");
        }
        for english in ["Usage", "Options", "Commands", "Print"] {
            assert!(!text.contains(english), "{english}: {text}");
        }
    }
}
