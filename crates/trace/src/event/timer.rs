//! Timers, and what becomes of them.

use std::time::Duration;

/// What became of a timer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimerChange {
    /// Which.
    pub timer: Timer,
    /// What became of it.
    pub change: Change,
}

/// What became of a timer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// It runs, and did not before.
    Set(Duration),
    /// It ran and now runs anew.
    Restarted(Duration),
    /// It came due.
    Expired,
    /// It no longer runs.
    Cancelled,
}

/// A timer of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Timer {
    /// What is in flight is sent again.
    Retransmit,
    /// A SYN-ACK is sent again.
    SynAck,
    /// A held-back acknowledgment goes out.
    DelayedAck,
    /// The peer's closed window is probed.
    Persist,
    /// The idle peer is probed.
    Keepalive,
    /// TIME-WAIT ends.
    TimeWait,
    /// A connection that nobody holds leaves FIN-WAIT-2.
    FinWait2,
    /// A larger segment than the path carried is tried again.
    PathMtu,
}

impl Timer {
    /// As the record spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retransmit => "rexmit",
            Self::SynAck => "synack",
            Self::DelayedAck => "delayed_ack",
            Self::Persist => "persist",
            Self::Keepalive => "keepalive",
            Self::TimeWait => "time_wait",
            Self::FinWait2 => "fin_wait_2",
            Self::PathMtu => "path_mtu",
        }
    }
}
