//! What `cordial doctor` takes.

use clap::Args;

use super::Face;

/// Find out whether `cordial run` works here, by trying.
///
/// Builds the namespaces and devices that a run would build, as the user who asks, lets a program look
/// around in them, and takes them down again. One line each: what works, what does not, and the command
/// that changes it.
#[derive(Debug, Args)]
#[command(after_help = "Exit code: 0 if `cordial run` works here, 1 if not.\n\n\
    Examples:\n  \
    cordial doctor\n  \
    cordial doctor --json      one JSON object a line\n  \
    sudo cordial doctor        what root can do")]
pub struct Doctor {
    /// Write JSON objects, one a line
    #[arg(long)]
    pub json: bool,

    /// How it looks.
    #[command(flatten)]
    pub face: Face,

    /// Be the program that looks around
    #[arg(long, hide = true)]
    pub look_around: bool,
}
