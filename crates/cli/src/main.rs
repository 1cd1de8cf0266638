//! The `cordial` command.
//!
//! `args` is what may be typed, `locale` who reads the answer; each verb has a module of its own.
#![forbid(unsafe_code)]

mod args;
mod doctor;
mod explain;
mod generate;
mod locale;
mod run;

use std::ffi::{OsStr, OsString};
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use args::{Cli, Verb};

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(Cli { verb }) => ExitCode::from(perform(&verb)),
        Err(error) => {
            // A reader that has gone needs no help.
            let _ = error.print();
            if let Some(next) = what_next(&error) {
                eprintln!("\n{next}");
            }
            ExitCode::from(code_of(&error))
        }
    }
}

/// Does it, and gives the exit code.
fn perform(verb: &Verb) -> u8 {
    match verb {
        Verb::Run(args) => run::run(args),
        Verb::Explain(args) => explain::run(args),
        Verb::Doctor(args) => doctor::run(args),
        Verb::Completions(args) => generate::completions(args),
        Verb::Man(args) => generate::man(args),
    }
}

/// What to type instead, where that can be said.
fn what_next(error: &clap::Error) -> Option<String> {
    match error.kind() {
        ErrorKind::MissingRequiredArgument => {
            Some(format!("CMD is the program to run, say:  {}", run::title(&example())))
        }
        ErrorKind::InvalidSubcommand => {
            let words: Vec<OsString> = std::env::args_os().skip(1).collect();
            Some(format!("To run a program:  {}", run::title(&meant(words))))
        }
        _ => None,
    }
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
    let is_run = std::env::args_os().nth(1).is_some_and(|verb| verb == OsStr::new("run"));
    match error.use_stderr() {
        false => 0,
        true if is_run => cordial_gateway::Exit::SETUP,
        true => 2,
    }
}
