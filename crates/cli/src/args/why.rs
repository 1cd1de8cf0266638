//! What `cordial why` takes.

use std::path::PathBuf;

use clap::Args;

use super::Face;

/// Switch one rule of TCP off, and find the shortest run in which something bad happens
///
/// RULE is named after what is done instead: `two-way-handshake`, `no-time-wait`; `--list` shows all of them. Two ends on the
/// engine's own TCP, and a network that may lose, copy and hold up a few segments, are taken through everything that can
/// happen, the nearest first; so the run that is drawn is a shortest one. Below it stands what comes of the same with the
/// rule in force. If nothing bad happens, that is the answer, with how much was looked at.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code: 0 if no run was found in which something breaks (the answer says whether everything was\n\
        looked at), 1 if one was; 2 when the usage is wrong or there is no such rule.\n\n\
        Examples:\n  \
        cordial why --list\n  \
        cordial why two-way-handshake\n  \
        cordial why no-time-wait --property P5\n  \
        cordial why four-way-handshake --lang zh"
)]
pub struct Why {
    /// List the rules, and what is expected to break without each
    #[arg(long, conflicts_with_all = ["property", "states", "json"])]
    pub list: bool,

    /// Ask about this property, P1 to P12, instead of the one that the rule is there for
    #[arg(long, value_name = "P")]
    pub property: Option<String>,

    /// Look at N states at most
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub states: u32,

    /// Write the run's events as JSON lines, and the answer as the last one
    #[arg(long)]
    pub json: bool,

    /// Write to FILE instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// How it looks.
    #[command(flatten)]
    pub face: Face,

    /// The rule to switch off
    #[arg(value_name = "RULE", required_unless_present = "list")]
    pub rule: Option<String>,
}
