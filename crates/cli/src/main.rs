//! The `cordial` command.
//!
//! `args` is what may be typed, `locale` who reads the answer; each verb has a module of its own.
#![forbid(unsafe_code)]

mod args;
mod locale;
mod run;

use std::ffi::OsStr;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Verb};

fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(Cli { verb: Verb::Run(run) }) => ExitCode::from(run::run(&run)),
        Err(error) => {
            // A reader that has gone needs no help.
            let _ = error.print();
            ExitCode::from(code_of(&error))
        }
    }
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
