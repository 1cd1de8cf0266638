//! What happened, as every face is told it: one value per event, in time order.
//!
//! An [`Event`] is a [`Fact`](cordial_stack::Fact) with a number, the connection's name, the states of *both* ends, a
//! name for the segment, and the events that led to it.

mod fate;
mod on_wire;
mod segment;
mod timer;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use cordial_stack::Call;
use cordial_tcp::{CloseCause, Instant, Phase};

pub use fate::Fate;
pub use on_wire::{LastSeen, OnWire, Predecessor, SumState};
pub use segment::{Head, Segment, SegmentId, Transmission};
pub use timer::{Change, Timer, TimerChange};

/// One event of the record.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// Running number, from 1, over all connections.
    pub id: u64,
    /// When, since the origin of the facts.
    pub time: Instant,
    /// Which connection.
    pub group: Group,
    /// Where it happened.
    pub at: At,
    /// Ids of the events that led to it.
    pub cause: Vec<u64>,
    /// Both ends before and after it, where it is about a connection's ends.
    pub ends: Option<Ends>,
    /// What happened.
    pub what: What,
    /// Timers that were set, came due or were cancelled by it.
    pub timers: Vec<TimerChange>,
    /// Variables that it changed, after it.
    pub vars: Vec<(&'static str, Value)>,
    /// Short reason.
    pub trigger: &'static str,
    /// The rule it came under, named after its paragraph.
    pub rule: &'static str,
}

impl Event {
    /// An event about which nothing more is known; its number comes later.
    pub fn new(time: Instant, group: Group, at: At, what: What) -> Self {
        Self {
            id: 0,
            time,
            group,
            at,
            cause: Vec::new(),
            ends: None,
            what,
            timers: Vec::new(),
            vars: Vec::new(),
            trigger: "",
            rule: "",
        }
    }
}

/// A connection's number in the record; it prints as `c1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Group(pub u32);

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.0)
    }
}

/// Where an event happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum At {
    /// At one of the ends.
    End(Side),
    /// Between them.
    Network,
    /// With whoever watches.
    Observer,
}

/// One of the two ends: the client is the one whose SYN opened the connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Side {
    /// The end that called.
    Client,
    /// The end that was called.
    Server,
}

impl Side {
    /// The other end.
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// In lower case, as the record spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }

    /// Its place in tables of two: the client's is the first.
    pub const fn index(self) -> usize {
        match self {
            Self::Client => 0,
            Self::Server => 1,
        }
    }
}

/// Both ends of a connection around one event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ends {
    /// The end that called.
    pub client: End,
    /// The end that was called.
    pub server: End,
}

impl Ends {
    /// The end of `side`.
    pub const fn of(&self, side: Side) -> End {
        match side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }
}

/// One end around one event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct End {
    /// State before; none is not known.
    pub before: Option<Phase>,
    /// State after; none is not known.
    pub after: Option<Phase>,
    /// How we know.
    pub basis: Basis,
}

/// How a state is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Basis {
    /// It is our own machine's.
    Engine,
    /// It follows from what passed.
    Inferred,
}

/// The rule of what befell a segment because somebody asked for it: the trigger is what was asked.
pub const FAULT: &str = "--fault";
/// The rule of what befell a segment because the path is narrow.
pub const RATE: &str = "--rate";

/// What happened.
#[derive(Clone, PartialEq, Debug)]
pub enum What {
    /// The first that is known of a connection.
    Started {
        /// Address of the end that called.
        client: SocketAddr,
        /// Address of the end that was called.
        server: SocketAddr,
        /// The connection that these two addresses had before, where a capture shows one.
        before: Option<Predecessor>,
    },
    /// Something befell a segment.
    Segment {
        /// What befell it.
        fate: Fate,
        /// Which.
        segment: Segment,
    },
    /// A timer came due; which one is among the event's timers.
    Timer,
    /// The application called.
    Call(Call),
    /// A call returned.
    Return(Return),
    /// Something outside of the connection that concerns it: a host lost its power, a cable was pulled.
    Marker(&'static str),
    /// A queue the connection stands in changed.
    Queues {
        /// Half-open connections, used and maximum, where that changed.
        syn: Option<(u32, u32)>,
        /// Connections that wait to be accepted, used and maximum, where that changed.
        accept: Option<(u32, u32)>,
    },
    /// An ICMP message about the connection arrived.
    Icmp {
        /// Its type.
        kind: u8,
        /// Its code.
        code: u8,
    },
    /// The record of the connection is complete.
    Closed {
        /// How it ended; none if it was still open when the record ended.
        cause: Option<CloseCause>,
    },
    /// The program at one end is known.
    Process(Process),
    /// What the address of one end is called.
    Named(String),
    /// What the events mean.
    Verdict(VerdictNote),
    /// Something about the record itself.
    Warning(String),
}

/// A program that holds one end of a connection.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Process {
    name: String,
    pid: u32,
}

impl Process {
    /// The program `name`, which runs as process `pid`. A program may call itself anything: what a terminal would take
    /// for a command becomes a `?`.
    pub fn new(name: &str, pid: u32) -> Self {
        Self { name: readable(name), pid }
    }

    /// The program's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }
}

/// `text` without characters that steer a terminal, hide, or turn the direction of what stands around them.
pub fn readable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_invisible(c) { '?' } else { c }).collect()
}

/// Breaks lines, joins or turns letters, and has no width of its own.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// What a call of a program came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Return {
    /// The call, as [`What::Call`] spells it.
    pub call: &'static str,
    /// What it returned: a count, or the name of an error.
    pub result: Result<u64, &'static str>,
}

/// The value of a variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    /// A number: a position or octets.
    Count(u64),
    /// A span of time.
    Span(Duration),
}

/// What a verdict says, without its words.
#[derive(Clone, PartialEq, Debug)]
pub struct VerdictNote {
    /// `C07`.
    pub verdict: &'static str,
    /// `ok`, `info`, `note`, `warn` or `fail`.
    pub level: &'static str,
    /// `certain`, `likely` or `possible`.
    pub certainty: &'static str,
    /// Verdicts whose symptoms it explains.
    pub absorbs: Vec<&'static str>,
    /// Its parameters, as printed.
    pub params: Vec<(&'static str, String)>,
    /// The segments that show it.
    pub evidence: Vec<SegmentId>,
    /// Time lost.
    pub cost: Duration,
    /// The rule it stands on.
    pub rule: &'static str,
}
