//! What `cordial drill` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use cordial_drill::Profile;

use super::Face;

/// Run packetdrill scripts against this TCP, in virtual time and without root.
///
/// A script plays the application and the other end of the wire: it injects packets, makes calls, and says what has to
/// come of them and when. FILE is a script, a directory with scripts (*.pkt) below it, or `-` for standard input.
///
/// Unless --exact: options are compared as a set, PSH is not compared, windows only where the profile fixes them.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code: 0 if no script failed; 1 if one did, or with --strict was skipped, or with\n\
    --strict-end left packets over; 2 when the usage is wrong or a script cannot be read.\n\n\
    Examples:\n  \
    cordial drill drill/\n  \
    cordial drill drill/handshake/passive-open.pkt\n  \
    cordial drill --profile linux --exact gtests/net/tcp/\n  \
    cordial drill --json drill/ | jq -r 'select(.result == \"skip\") | .reason' | sort | uniq -c"
)]
pub struct Drill {
    /// The policies that the scripts take for granted: this stack's own defaults, Linux's, FreeBSD's
    #[arg(long, value_enum, value_name = "PROFILE", default_value = "rfc")]
    pub profile: ProfileArg,

    /// Compare everything as it is written; the score without that is told beside it
    #[arg(long)]
    pub exact: bool,

    /// A packet that nothing in the script expects makes it fail as well; told as a score of its own
    #[arg(long)]
    pub strict_end: bool,

    /// A script that is skipped counts as failed
    #[arg(long)]
    pub strict: bool,

    /// Write JSON objects instead, one a script: file, result, line, reason
    #[arg(long)]
    pub json: bool,

    /// Write to FILE instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// How it looks.
    #[command(flatten)]
    pub face: Face,

    /// Scripts, directories of scripts, or `-`
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
}

/// A profile, as it is named here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProfileArg {
    /// This stack's own defaults
    Rfc,
    /// Linux: every segment acknowledged at once, a reset ends TIME-WAIT
    Linux,
    /// FreeBSD: 64 KiB of receive space that does not grow
    Freebsd,
}

impl From<ProfileArg> for Profile {
    fn from(profile: ProfileArg) -> Self {
        match profile {
            ProfileArg::Rfc => Self::Rfc,
            ProfileArg::Linux => Self::Linux,
            ProfileArg::Freebsd => Self::FreeBsd,
        }
    }
}
