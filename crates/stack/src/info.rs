//! What is known of a connection.

mod shown;

use cordial_tcp::{CloseCause, Instant, Path, Phase, Statistics, Vars};

use crate::{ListenerId, Tuple};
pub use shown::Shown;

/// What is known of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Info {
    /// Its two ends.
    pub tuple: Tuple,
    /// The RFC's name for its state; `TIME_WAIT` while its ends stand in that table.
    pub phase: Phase,
    /// Its variables.
    pub vars: Vars,
    /// How its path looks; of a connection that is over, nothing, unless statistics are kept.
    pub path: Path,
    /// Octets of the largest IP packet that its path is known or, where nothing is known of it, may be hoped to carry: what
    /// its link does.
    pub path_mtu: u16,
    /// What passed on it, where [`TcpConfig::statistics`](crate::TcpConfig::statistics) asks for it.
    pub statistics: Option<Statistics>,
    /// The listener that let it in; none if it was opened by `connect`.
    pub listener: Option<ListenerId>,
    /// How it ended, once it has.
    pub cause: Option<CloseCause>,
    /// A read would not have to wait.
    pub readable: bool,
    /// A write would not have to wait.
    pub writable: bool,
}

impl Info {
    /// All of it as people and programs read it; times are counted from `now`.
    pub fn at(&self, now: Instant) -> Shown<'_> {
        Shown::new(self, now)
    }
}
