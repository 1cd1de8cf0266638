//! `cordial completions` and `cordial man`: what is made of the command line's own description.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use cordial_trace::Lang;
use cordial_trace::words::Phrase;

use crate::args;

/// Usage errors, as everywhere but in `run`.
const USAGE: u8 = 2;

const NOT_WRITTEN: Phrase = Phrase::new(
    "man --dir {dir}: {why}\nName a directory that you may write to.",
    "man --dir {dir}：{why}\n请换一个你能写的目录。",
);
const NO_PAGE: Phrase = Phrase::new("no page of that name. One of: {verbs}", "没有这一页。可以是：{verbs}");
const NOT_PRINTED: Phrase = Phrase::new(
    "cannot write to standard output: {why}\nSend it elsewhere, say:  > FILE",
    "写不了标准输出：{why}\n请输出到别处，例如：> FILE",
);

/// Prints what completes words in a shell; gives the exit code.
pub fn completions(args: &args::Completions, lang: Lang) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut args::Cli::command(), "cordial", &mut text);
    code(io::stdout().write_all(&text), lang)
}

/// Prints or writes manual pages; gives the exit code.
pub fn man(args: &args::Man, lang: Lang) -> u8 {
    let pages = pages();
    if let Some(dir) = &args.dir {
        return match write_all(dir, pages) {
            Ok(()) => 0,
            Err(error) => {
                let dir = dir.display().to_string();
                complain(&NOT_WRITTEN, lang, &[("dir", &dir), ("why", &error.to_string())]);
                USAGE
            }
        };
    }
    let wanted = args.verb.as_ref().map_or_else(|| "cordial".to_owned(), |verb| format!("cordial-{verb}"));
    match pages.iter().find(|page| name(page) == wanted) {
        Some(page) => code(Man::new(page.clone()).render(&mut io::stdout()), lang),
        None => {
            let verbs: Vec<&str> = pages.iter().skip(1).map(Command::get_name).collect();
            complain(&NO_PAGE, lang, &[("verbs", &verbs.join(" "))]);
            USAGE
        }
    }
}

/// A command for each page: the whole, and each verb, which is built by now and knows its full name.
fn pages() -> Vec<Command> {
    let mut whole = args::Cli::command().disable_help_subcommand(true);
    whole.build();
    let verbs: Vec<Command> = whole.get_subcommands().cloned().collect();
    [vec![whole], verbs].concat()
}

/// `cordial` or `cordial-run`.
fn name(page: &Command) -> &str {
    page.get_display_name().unwrap_or_else(|| page.get_name())
}

fn write_all(dir: &Path, pages: Vec<Command>) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    pages.into_iter().try_for_each(|page| {
        let path = dir.join(format!("{}.1", name(&page)));
        Man::new(page).render(&mut fs::File::create(path)?)
    })
}

fn complain(what: &Phrase, lang: Lang, values: &[(&str, &str)]) {
    eprintln!("cordial: {}", what.fill(lang, values));
}

/// A reader that has gone needs no more, and no complaint.
fn code(written: io::Result<()>, lang: Lang) -> u8 {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&NOT_PRINTED, lang, &[("why", &error.to_string())]);
            1
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(of: &Command) -> String {
        let mut text = Vec::new();
        Man::new(of.clone()).render(&mut text).expect("memory takes it");
        String::from_utf8(text).expect("text")
    }

    #[test]
    fn each_verb_has_a_page_with_its_options() {
        let pages = pages();
        let run = pages.iter().find(|page| name(page) == "cordial-run").expect("a page");
        let text = page(run);
        assert!(text.contains(".TH cordial-run 1") && text.contains("pcap"), "{text}");
        let whole = page(pages.first().expect("the command's own"));
        for verb in pages.iter().skip(1) {
            let name = verb.get_name().replace('-', "\\-");
            assert!(whole.contains(&name), "{name} is not named in cordial(1)");
        }
    }

    #[test]
    fn everything_is_said_in_both_languages() {
        for phrase in [NOT_WRITTEN, NO_PAGE, NOT_PRINTED] {
            assert!(phrase.is_complete() && !phrase.zh.is_ascii(), "{phrase:?}");
        }
    }

    #[test]
    fn every_shell_completes_the_verbs() {
        use clap::ValueEnum;
        for &shell in clap_complete::Shell::value_variants() {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut args::Cli::command(), "cordial", &mut text);
            let text = String::from_utf8(text).expect("text");
            assert!(text.contains("run") && text.contains("completions"), "{shell}");
        }
    }
}
