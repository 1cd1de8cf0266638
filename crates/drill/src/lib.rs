//! The packetdrill language, run against one stack in virtual time: no root, no kernel, no waiting.
//!
//! ```text
//! text ─parse─▶ Script ─run─▶ packets in ─▶ Stack ─▶ packets out, compared
//!                             calls      ─▶       ─▶ results, compared
//!                             time       ─▶       ─▶ Report
//! ```
//!
//! A script plays the application and the other end of the wire; the stack between them is the one that everything
//! else here runs on, unchanged. [`Profile`] says which policies a script takes for granted, as plain configuration.
//!
//! To read: [`script`] is what can be written, `parse` how, `run` what it means, `flow` how a script's numbers become
//! the wire's, `compare` when two packets are the same, `call` what each call does.
//!
//! # What is normalised
//!
//! Unless `exact` is set: options are compared as a set without NOP and EOL, PSH is not compared, a window is compared
//! only where it is written and the profile fixes it (that it is open or closed, always), and so is the shift of a
//! SYN. Data that is expected in one piece is collected from consecutive segments.
//!
//! # What is skipped
//!
//! Every line either has its effect or ends the script as a skip, with the line and what is not to be had: a knob that
//! is not known or that this stack cannot turn to the value, a command that is not known, a call, an option, a flag, a
//! field of TCP_INFO. Nothing is left out in silence.
//!
//! # Beyond the language
//!
//! `(9090 > 8080)` before the flags names the ports of a packet of another flow than the one under test; the first is
//! the sender's. `--initial_sequence_number=N` chooses our first sequence number.
#![forbid(unsafe_code)]

mod profile;
mod said;
mod words;

mod parse;
pub mod script;
mod settings;
mod sysctl;

mod compare;
mod cookies;
mod flight;
mod flow;
mod host;
mod inject;

mod call;
mod info;
mod python;
mod run;
mod shell;
mod socket;

mod report;

pub use parse::{ParseError, parse};
pub use profile::Profile;
pub use report::{Outcome, Report};
pub use said::Said;

use run::Run;

/// How scripts are run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// The policies that scripts take for granted.
    pub profile: Profile,
    /// Nothing is normalised.
    pub exact: bool,
}

/// Runs the script `text` from its beginning until it ends or something comes differently.
pub fn drill(text: &str, settings: Settings) -> Report {
    let script = match parse(text, settings.profile) {
        Ok(script) => script,
        Err(error) => return Report::of_parse_error(error),
    };
    match settings::Settings::of(&script, settings.profile) {
        Ok(host) => Run::new(settings, host).run(&script),
        Err(error) => Report::of_parse_error(error),
    }
}

impl Report {
    fn of_parse_error(error: ParseError) -> Self {
        Self {
            outcome: if error.is_dialect { Outcome::Skip } else { Outcome::Unreadable },
            at: Some(error.at),
            reason: Some(error.said),
            unexpected: Vec::new(),
            printed: String::new(),
            events: Vec::new(),
        }
    }
}
