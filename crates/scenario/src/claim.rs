//! What is expected of a run.

use std::time::Duration;

use cordial_tcp::Phase;
use cordial_trace::event::{Side, Timer};
use cordial_wire::Flags;

use crate::scenario::SegmentName;

/// Something that holds of a run or does not.
#[derive(Clone, PartialEq, Debug)]
pub enum Claim {
    /// This is what is said of a connection, first of all or besides.
    Verdict {
        /// Which connection.
        connection: u32,
        /// `C07`.
        id: String,
    },
    /// An end comes into a state at a moment.
    Enters(End, Phase, Duration),
    /// An end is in a state at a moment, since whenever.
    Is(End, Phase, Duration),
    /// An end is never in a state.
    Never(End, Phase),
    /// The states of an end, all of them in order.
    Passes(End, Vec<Phase>),
    /// How many segments of a kind are sent.
    Sends {
        /// The connection; none: all together.
        connection: Option<u32>,
        /// By whom; none: by either.
        from: Option<Side>,
        /// What they are.
        kind: Kind,
        /// How many.
        count: u64,
    },
    /// When segments of a kind are sent, each of them.
    SendsAt {
        /// By whom.
        end: End,
        /// What they are.
        kind: Kind,
        /// When.
        moments: Vec<Duration>,
    },
    /// A segment, as it left its sender.
    Segment(SegmentName, Vec<Trait>),
    /// These leave, or arrive, in this order.
    Order {
        /// Which.
        segments: Vec<SegmentName>,
        /// Arrivals count, not departures.
        arrive: bool,
    },
    /// Octets that the programs of an end read altogether.
    Reads(End, u64),
    /// What a call returns.
    Call {
        /// At which end.
        host: Side,
        /// Which call.
        name: &'static str,
        /// The how-manieth of this name at this end, from 1.
        nth: u32,
        /// What it returns.
        result: Outcome,
        /// When.
        at: Option<Duration>,
    },
    /// A timer of an end is set to this.
    Timer {
        /// Whose.
        end: End,
        /// Which.
        timer: Timer,
        /// How long it is to run.
        span: Duration,
        /// When it is set; none: at some time.
        at: Option<Duration>,
    },
    /// A variable of an end.
    Variable {
        /// Whose.
        end: End,
        /// Which.
        variable: Variable,
        /// Its value, counted from the first number of its direction.
        value: u64,
        /// When.
        at: Duration,
    },
    /// How many entries a table of a host has.
    Table {
        /// Whose.
        host: Side,
        /// Which.
        table: Table,
        /// How many.
        count: u64,
        /// When.
        at: Duration,
    },
    /// What an end knows of the other from a moment on.
    Learns {
        /// Who learns.
        end: End,
        /// What.
        what: Knowledge,
        /// When; none: never.
        at: Option<Duration>,
    },
    /// How many connections there are in the record.
    Connections(u64),
}

/// An end of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct End {
    /// The connection, from 1.
    pub connection: u32,
    /// Which end.
    pub side: Side,
}

/// A kind of segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Any.
    Any,
    /// With exactly these of SYN, FIN, RST, ACK set; the other bits do not matter. FIN and RST alone stand for any with
    /// that bit.
    Control(Flags),
    /// With data.
    Data,
    /// Neither data nor SYN, FIN or RST.
    BareAck,
}

/// Something about one segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trait {
    /// What it is.
    Kind(Kind),
    /// Its number, relative.
    Seq(u64),
    /// Its number as on the wire.
    SeqOnWire(u32),
    /// What it acknowledges, relative.
    Ack(u64),
    /// What it acknowledges, as on the wire.
    AckOnWire(u32),
    /// Octets of data.
    Len(u32),
    /// Its window as it stands in the header.
    Window(u16),
    /// When it is sent.
    Sent(Duration),
    /// When it arrives, or a copy of it.
    Arrives(Duration),
    /// The network loses it, and no copy of it arrives.
    Lost,
    /// Its receiver takes it when it first arrives.
    Taken,
    /// Its receiver takes it at no arrival, each time for this reason.
    Refused(&'static str),
    /// Its receiver took it, and refuses what arrives of it again for this reason.
    CopyRefused(&'static str),
    /// It repeats another.
    Repeats(SegmentName),
    /// It selectively acknowledges from here to there, relative, in its first block.
    Sack(u64, u64),
}

/// What a call returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It works.
    Works,
    /// It fails so.
    Fails(Errno),
    /// It does not return.
    Waits,
}

/// How a call fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Errno(pub(crate) &'static str);

impl Errno {
    /// Those that calls of ours fail with.
    pub const ALL: &'static [&'static str] = &[
        "ECONNREFUSED",
        "ECONNRESET",
        "ECONNABORTED",
        "ETIMEDOUT",
        "EHOSTUNREACH",
        "EADDRINUSE",
        "EADDRNOTAVAIL",
        "ENOBUFS",
        "EPIPE",
        "EINTR",
        "ENOTCONN",
        "EINVAL",
    ];

    /// It as it is written.
    pub const fn name(self) -> &'static str {
        self.0
    }
}

/// A variable of RFC 9293 §3.3.1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Variable {
    /// SND.UNA.
    SndUna,
    /// SND.NXT.
    SndNxt,
    /// RCV.NXT.
    RcvNxt,
}

/// A table of a host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    /// Half-open connections.
    HalfOpen,
    /// Connections that wait to be accepted.
    AcceptQueue,
    /// Connections in TIME-WAIT.
    TimeWait,
    /// Connections.
    Connections,
}

/// What an end can know.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Knowledge {
    /// It hears the other: a segment of this connection came.
    Hears,
    /// The other hears it: its SYN was acknowledged.
    IsHeard,
}

/// Moments are told to the millisecond: deadlines are ticks of 64 µs, rounded up.
pub(crate) const GRACE: Duration = Duration::from_millis(1);
