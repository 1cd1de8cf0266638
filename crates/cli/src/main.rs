//! The `cordial` command.
//!
//! `args` is what may be typed, `chinese` the same in Chinese, `locale` who reads the answer; each verb has a module of
//! its own.
#![forbid(unsafe_code)]

mod args;
mod chinese;
mod doctor;
mod drill;
mod explain;
mod generate;
mod locale;
mod play;
mod run;
mod swarm;
mod why;

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use cordial_trace::Lang;
use cordial_trace::words::Phrase;

use args::{Cli, Verb};

fn main() -> ExitCode {
    let lang = locale::of_command_line(std::env::args_os().skip(1));
    match parse(lang) {
        Ok(Cli { verb }) => ExitCode::from(perform(&verb, lang)),
        Err(error) => {
            complain(&error, lang);
            ExitCode::from(code_of(&error))
        }
    }
}

/// Reads the command line, described in the reader's language.
fn parse(lang: Lang) -> Result<Cli, clap::Error> {
    let command = match lang {
        Lang::En => Cli::command(),
        Lang::Zh => chinese::translated(Cli::command()),
    };
    command.try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches))
}

/// Prints help, or what is wrong and what to type instead.
fn complain(error: &clap::Error, lang: Lang) {
    match lang {
        Lang::Zh if error.use_stderr() => eprint!("{}", chinese::refusal(error)),
        // A reader that has gone needs no help.
        Lang::En | Lang::Zh => drop(error.print()),
    }
    if let Some(next) = what_next(error, lang) {
        eprintln!("\n{next}");
    }
}

/// Does it, and gives the exit code.
fn perform(verb: &Verb, lang: Lang) -> u8 {
    match verb {
        Verb::Run(args) => run::run(args),
        Verb::Play(args) => play::run(args),
        Verb::Explain(args) => explain::run(args),
        Verb::Swarm(args) => swarm::run(args),
        Verb::Drill(args) => drill::run(args),
        Verb::Why(args) => why::run(args),
        Verb::Doctor(args) => doctor::run(args),
        Verb::Completions(args) => generate::completions(args, lang),
        Verb::Man(args) => generate::man(args, lang),
    }
}

const NEEDS_CMD: Phrase =
    Phrase::new("CMD is the program to run, say:  {example}", "CMD 是要运行的程序，例如：  {example}");
const RUNS_SO: Phrase = Phrase::new("To run a program:  {example}", "要运行程序：  {example}");

/// What to type instead, where that can be said.
fn what_next(error: &clap::Error, lang: Lang) -> Option<String> {
    let (phrase, example) = match error.kind() {
        ErrorKind::MissingRequiredArgument if is_run() => (NEEDS_CMD, example()),
        ErrorKind::InvalidSubcommand => (RUNS_SO, meant(std::env::args_os().skip(1).collect())),
        _ => return None,
    };
    Some(phrase.fill(lang, &[("example", &run::title(&example))]))
}

/// The program that was probably meant: what stands behind the dashes, else all of it, the verb being missing.
fn meant(words: Vec<OsString>) -> Vec<OsString> {
    match words.iter().position(|word| word == "--") {
        Some(dashes) if dashes + 1 < words.len() => words.into_iter().skip(dashes + 1).collect(),
        None if words.len() > 1 => words,
        _ => example(),
    }
}

fn example() -> Vec<OsString> {
    ["curl", "-s", "http://hello.cordial/"].map(OsString::from).into()
}

/// 0 for help and version. Usage errors are 2, but for `run`: what it ends with below 125 is the
/// program's own.
fn code_of(error: &clap::Error) -> u8 {
    match error.use_stderr() {
        false => 0,
        true if is_run() => cordial_gateway::Exit::SETUP,
        true => 2,
    }
}

fn is_run() -> bool {
    std::env::args_os().nth(1).is_some_and(|verb| verb == OsStr::new("run"))
}
