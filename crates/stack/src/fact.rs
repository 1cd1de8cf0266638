//! What happened, told to whoever watches.

use core::net::SocketAddr;

use cordial_tcp::{CloseCause, Half, Instant, Refusal, Rule, Slices, Vars};
use cordial_wire::Segment;

use crate::Info;

/// Told every fact of a stack. `()` watches nothing, and then nothing of this is compiled in.
pub trait Observer {
    /// False if this kind of observer never watches: the calls vanish.
    const ON: bool;

    /// Whether it watches at the moment. Asked before a fact is put together.
    fn is_watching(&self) -> bool {
        Self::ON
    }

    /// A fact, in the order in which facts happen.
    fn fact(&mut self, now: Instant, fact: &Fact<'_>);

    /// All that is known of a connection that is over, TIME-WAIT aside, after the fact that says so. Told where
    /// [`TcpConfig::statistics`](crate::TcpConfig::statistics) are kept.
    fn ended(&mut self, _now: Instant, _info: &Info) {}
}

impl Observer for () {
    const ON: bool = false;
    fn fact(&mut self, _: Instant, _: &Fact<'_>) {}
}

/// The two ends of a connection, as this host sees them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Tuple {
    /// Our end.
    pub local: SocketAddr,
    /// The other end.
    pub peer: SocketAddr,
}

/// One fact about one connection.
#[derive(Clone, Copy, Debug)]
pub struct Fact<'a> {
    /// Which connection.
    pub tuple: Tuple,
    /// What happened.
    pub what: What<'a>,
    /// The rule that it came under.
    pub why: Rule,
    /// Its variables before. A segment for no connection finds the default: CLOSED.
    pub before: Vars,
    /// Its variables after.
    pub after: Vars,
}

/// What happened.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// A segment arrived, payload included.
    Received {
        /// The segment.
        segment: &'a Segment<'a>,
        /// Why it changed nothing, where it did not.
        refused: Option<Refusal>,
    },
    /// A segment was handed to the device's side.
    Sent {
        /// Its header; the payload here is empty.
        header: &'a Segment<'a>,
        /// Its octets of data.
        body: Slices<'a>,
        /// True if these positions were sent before.
        again: bool,
    },
    /// A timer came due and did something; what it sent follows as facts of its own.
    Timer,
    /// The application called.
    Call(Call),
    /// An ICMP message about the connection arrived, or was its answer to a SYN.
    Icmp {
        /// Its type.
        kind: u8,
        /// Its code.
        code: u8,
    },
    /// A queue the connection stands in changed: used and maximum.
    Queues {
        /// Half-open connections.
        syn: (u32, u32),
        /// Connections waiting to be accepted by this listener.
        accept: (u32, u32),
    },
    /// The connection is over; nothing more will be told of it, but what TIME-WAIT sees.
    Ended(CloseCause),
}

/// What the application did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    /// Opened actively.
    Connect,
    /// Took it from the accept queue.
    Accept,
    /// Decided on an undecided SYN.
    Answer,
    /// Wrote this many octets.
    Write(u32),
    /// Read this many octets.
    Read(u32),
    /// Shut one or both directions down.
    Shutdown(Half),
    /// Let go of it.
    Release,
    /// Gave it up.
    Abort,
}
