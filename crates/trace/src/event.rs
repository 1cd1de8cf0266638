//! What happened, as every face is told it: one value per event, in time order.
//!
//! An [`Event`] is a [`Fact`](cordial_stack::Fact) with a number, the connection's name, the states of *both* ends, a
//! name for the segment, and the events that led to it.

mod on_wire;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use cordial_stack::{Call, Tuple};
use cordial_tcp::{CloseCause, Instant, Phase, Refusal};
use cordial_wire::{Flags, Options, SeqNum};

pub use on_wire::{LastSeen, OnWire, Predecessor, SumState};

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

/// What befell a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// Its sender sent it.
    Sent,
    /// It arrived and was taken.
    Received,
    /// It arrived and changed nothing.
    Dropped(Refusal),
    /// The network lost it.
    Lost,
    /// The network held it: this much longer than others, or, none, until something lets it go.
    Delayed(Option<Duration>),
    /// The network made a second one of it.
    Duplicated,
    /// The network lets others overtake it.
    Reordered,
    /// The network damaged it: its checksum no longer holds.
    Corrupted,
    /// The network put something else in its place, checksum included; this is what goes on.
    Rewritten,
    /// Somebody in the network made it up.
    Forged,
}

impl Fate {
    /// True if the segment speaks for its sender as it stands, as far as anyone can tell: it was refused, if at all,
    /// for want of room or of news, not because its numbers were wrong.
    pub const fn is_believed(self) -> bool {
        use Refusal as R;
        match self {
            Self::Sent | Self::Received | Self::Lost => true,
            Self::Delayed(_) | Self::Duplicated | Self::Reordered => true,
            Self::Corrupted | Self::Rewritten | Self::Forged => false,
            Self::Dropped(refusal) => matches!(
                refusal,
                R::Closed
                    | R::Duplicate
                    | R::Undecided
                    | R::UndecidedFull
                    | R::SynCacheFull
                    | R::AcceptQueueFull
                    | R::NoMemory
                    | R::TooManyHoles
            ),
        }
    }
}

/// One transmission as it was told: what the network does to it is told of this.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Transmission {
    /// Its connection.
    pub group: Group,
    /// Its two ends as its sender sees them.
    pub tuple: Tuple,
    /// The event that told that it was sent.
    pub event: u64,
    /// The segment.
    pub segment: Segment,
}

impl Transmission {
    /// The same after the network has put `segment` in its place.
    #[must_use]
    pub fn rewritten(self, segment: &cordial_wire::Segment<'_>) -> Self {
        let old = self.segment;
        let (moved, ack) = (segment.seq.since(old.seq), segment.ack());
        let rel = |ack: SeqNum| {
            let (before, rel) = (old.ack?, old.rel.1?);
            Some((rel as u32).wrapping_add(ack.since(before)).into())
        };
        let seq = (old.rel.0 as u32).wrapping_add(moved);
        let rewritten = Segment {
            flags: segment.flags,
            seq: segment.seq,
            ack,
            rel: (seq.into(), ack.and_then(rel)),
            window: segment.window,
            options: segment.options,
            payload_len: segment.payload.len() as u32,
            head: Head::of([segment.payload]),
            ..old
        };
        Self { segment: rewritten, ..self }
    }
}

/// What a call of a program came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Return {
    /// The call, as [`What::Call`] spells it.
    pub call: &'static str,
    /// What it returned: a count, or the name of an error.
    pub result: Result<u64, &'static str>,
}

/// One transmission of a segment.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Segment {
    /// Its name.
    pub id: SegmentId,
    /// Its number among the connection's segments, both ways counted together, from 1.
    pub number: u32,
    /// The transmission that it repeats, where that is still known.
    pub copy_of: Option<SegmentId>,
    /// True if all its positions were sent before.
    pub again: bool,
    /// Control bits.
    pub flags: Flags,
    /// SEG.SEQ.
    pub seq: SeqNum,
    /// SEG.ACK, where the ACK bit is set.
    pub ack: Option<SeqNum>,
    /// SEG.SEQ and SEG.ACK counted from the first number of their directions. What is told of a capture counts on beyond
    /// 4 GiB; where an engine tells, they wrap there.
    pub rel: (u64, Option<u64>),
    /// SEG.WND as sent.
    pub window: u16,
    /// Options.
    pub options: Options,
    /// Octets of data.
    pub payload_len: u32,
    /// The first octets of data.
    pub head: Head,
    /// The packet around it, where the events come from a capture.
    pub on_wire: Option<OnWire>,
}

impl Segment {
    /// Positions taken in sequence space.
    pub fn len(&self) -> u32 {
        self.payload_len + u32::from(self.has(Flags::SYN)) + u32::from(self.has(Flags::FIN))
    }

    /// True if it takes no position in sequence space.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The position after its last.
    pub fn end(&self) -> SeqNum {
        self.seq + self.len()
    }

    /// True if every bit of `flags` is set.
    pub fn has(&self, flags: Flags) -> bool {
        self.flags.contains(flags)
    }
}

/// A transmission's name, by sender and count; it prints as `c6` or `s5`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SegmentId {
    /// Who sent it.
    pub sender: Side,
    /// The how-manieth of that sender, from 1.
    pub count: u32,
}

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = match self.sender {
            Side::Client => 'c',
            Side::Server => 's',
        };
        write!(f, "{letter}{}", self.count)
    }
}

/// The first octets of a segment's data.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Head {
    octets: [u8; Self::MAX],
    len: u8,
}

impl Head {
    /// How many octets are kept.
    pub const MAX: usize = 24;

    /// The front of `slices`, which follow each other.
    pub fn of<'a>(slices: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut head = Self::default();
        let octets = slices.into_iter().flatten();
        for (place, &octet) in head.octets.iter_mut().zip(octets) {
            *place = octet;
            head.len += 1;
        }
        head
    }

    /// The octets.
    pub fn as_slice(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }
}

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
        }
    }
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
