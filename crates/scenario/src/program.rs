//! What a program does: calls, one after the other.

use std::num::NonZeroU32;
use std::time::Duration;

use cordial_tcp::{Half, Keepalive};
use cordial_trace::event::Side;

use crate::text::Located;

/// The port that servers listen on unless they say otherwise.
pub const PORT: u16 = 8080;

/// The callers that a listener with fast open trusts at once, unless it says how many: more than a scenario has.
pub const FAST_CALLERS: NonZeroU32 = NonZeroU32::new(16).unwrap();

/// The calls of one program at one end, each made when the one before has returned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Program {
    /// Where it runs.
    pub host: Side,
    /// What it does.
    pub steps: Vec<Located<Step>>,
}

impl Program {
    /// A program that never reads of its own accord reads whatever comes: nothing stays unread.
    pub fn reads_along(&self) -> bool {
        let opens = |step: &Located<Step>| matches!(step.it.call, Call::Connect { .. } | Call::Accept { .. });
        let reads = |step: &Located<Step>| matches!(step.it.call, Call::Read(_));
        self.steps.iter().any(opens) && !self.steps.iter().any(reads)
    }
}

/// One call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// What is called.
    pub call: Call,
    /// When.
    pub start: Start,
}

/// When a call is made: never before the one before it has returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// At once.
    Next,
    /// Not before this moment.
    At(Duration),
    /// This long after.
    After(Duration),
    /// At this moment, even if the one before it has not returned, which then fails with EINTR.
    Interrupting(Duration),
}

/// What a program calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    /// Takes connections to a port.
    Listen {
        /// Which.
        port: u16,
        /// How many may wait to be accepted.
        backlog: Option<u32>,
        /// What is said to every SYN, if not yes at once.
        answer: Option<Answer>,
        /// How long it takes to say that.
        thinks: Duration,
        /// From how many callers octets on the SYN are taken before their third segment (RFC 7413).
        fast_open: Option<NonZeroU32>,
    },
    /// Takes no more connections to a port; those that wait are reset.
    Unlisten {
        /// Which.
        port: u16,
    },
    /// Opens a connection, and waits until it is open or has failed.
    Connect {
        /// The port it comes from.
        from: Option<u16>,
        /// The port it goes to.
        to: u16,
        /// False: the call returns at once, while the connection is opened.
        waits: bool,
    },
    /// Takes the next connection.
    Accept {
        /// To which port.
        port: u16,
    },
    /// Writes octets.
    Send(u64),
    /// Reads.
    Read(Amount),
    /// Says that nothing more will be sent, or read, or both.
    Shutdown(Half),
    /// Lets go of the connection.
    Close,
    /// Gives it up: a reset.
    Abort,
    /// Has an idle peer probed.
    Keepalive(Option<Keepalive>),
    /// Sends small segments at once.
    NoDelay(bool),
    /// Does nothing, until its moment.
    Wait,
}

/// How much is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Amount {
    /// What is there, at least an octet.
    Some,
    /// So many octets.
    Exactly(u64),
    /// All up to the end of the stream.
    End,
    /// Nothing, also not along the way.
    Nothing,
}

/// What a listener says to every SYN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Yes.
    Accept,
    /// As if the SYN had been lost.
    Ignore,
    /// With a reset.
    Reset,
    /// With ICMP: host unreachable.
    Unreachable,
    /// With ICMP: prohibited by an administrator.
    Prohibited,
}

impl Call {
    /// Its name, as scenarios write it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Listen { .. } => "listen",
            Self::Unlisten { .. } => "unlisten",
            Self::Connect { .. } => "connect",
            Self::Accept { .. } => "accept",
            Self::Send(_) => "send",
            Self::Read(_) => "read",
            Self::Shutdown(_) => "shutdown",
            Self::Close => "close",
            Self::Abort => "abort",
            Self::Keepalive(_) => "keepalive",
            Self::NoDelay(_) => "nodelay",
            Self::Wait => "wait",
        }
    }
}
