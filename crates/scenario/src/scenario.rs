//! A scenario as it is understood.

use std::net::SocketAddr;
use std::time::Duration;

use cordial_tcp::{Keepalive, MtuProbing};
use cordial_trace::Lang;
use cordial_trace::event::{SegmentId, Side};
use cordial_wire::Flags;

use crate::claim::Claim;
use crate::program::Program;
use crate::text::Located;

/// A network, two ends, what they do, what befalls their segments, and what is expected of it.
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    /// The text it was read from.
    pub(crate) text: String,
    /// What it is about.
    pub about: About,
    /// The network.
    pub network: Network,
    /// Settings of the client and of the server.
    pub settings: [Settings; 2],
    /// What programs do.
    pub programs: Vec<Program>,
    /// What befalls single segments.
    pub faults: Vec<Located<Fault>>,
    /// Segments that nobody of the two sent.
    pub injections: Vec<Located<Injection>>,
    /// What befalls hosts and wires.
    pub upsets: Vec<Located<Upset>>,
    /// What is expected.
    pub claims: Vec<Located<Claim>>,
    /// Oracles that may complain: names.
    pub allowed: Vec<Located<String>>,
    /// When the run ends although something would still happen.
    pub until: Option<Located<Duration>>,
}

/// What a scenario is about, in both languages; empty where nothing is said.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct About {
    /// Its title.
    pub title: Text,
    /// The question it answers.
    pub question: Text,
    /// What to look at in the ladder.
    pub look: Text,
    /// The sentence to keep.
    pub keep: Text,
    /// The numbers themselves matter: they are shown as on the wire.
    pub is_absolute: bool,
    /// A rule whose absence it is about: `cordial why RULE`.
    pub why: Option<String>,
}

/// A text in English and Chinese.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Text {
    /// English.
    pub en: String,
    /// 中文.
    pub zh: String,
}

impl Text {
    /// In a language; in the other where that is all there is.
    pub fn text(&self, lang: Lang) -> &str {
        match lang {
            Lang::En if !self.en.is_empty() => &self.en,
            Lang::Zh if self.zh.is_empty() => &self.en,
            Lang::En | Lang::Zh => &self.zh,
        }
    }

    /// True if nothing is said.
    pub fn is_empty(&self) -> bool {
        self.en.is_empty() && self.zh.is_empty()
    }
}

/// Parts of a million.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Chance(pub u32);

impl Chance {
    /// All of them.
    pub const ALWAYS: Self = Self(1_000_000);
}

/// What lies between the two hosts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Network {
    /// From the client to the server, and back.
    pub ways: [Path; 2],
    /// The hosts have IPv6 addresses, not IPv4 ones.
    pub is_v6: bool,
    /// A NAT on the client's side.
    pub nat: Option<Nat>,
}

/// One direction of the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Path {
    /// How long a packet travels.
    pub delay: Duration,
    /// What is added to it at most.
    pub jitter: Duration,
    /// Bits a second.
    pub rate: Option<u64>,
    /// Packets lost.
    pub loss: Chance,
    /// Packets that arrive twice.
    pub duplicate: Chance,
    /// Packets that are overtaken.
    pub reorder: Chance,
    /// Packets with a wrong bit.
    pub corrupt: Chance,
    /// Octets of the longest packet that passes.
    pub mtu: Option<u16>,
    /// What is too long vanishes without a word.
    pub is_silent: bool,
    /// Octets that wait for the rate.
    pub queue: Option<u32>,
}

impl Default for Path {
    fn default() -> Self {
        Self {
            delay: Duration::from_millis(10),
            jitter: Duration::ZERO,
            rate: None,
            loss: Chance(0),
            duplicate: Chance(0),
            reorder: Chance(0),
            corrupt: Chance(0),
            mtu: None,
            is_silent: false,
            queue: None,
        }
    }
}

/// A NAT that forgets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Nat {
    /// Silence after which it forgets a connection.
    pub idle: Duration,
    /// What it does not know any more it answers with a reset.
    pub resets: bool,
}

/// Settings of one host; none: the stack's own.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// Maximum segment lifetime.
    pub msl: Option<Duration>,
    /// How long an acknowledgment may be held back; zero: not at all.
    pub delayed_ack: Option<Duration>,
    /// Timestamps are offered and accepted.
    pub timestamps: Option<bool>,
    /// Selective acknowledgments are.
    pub sack: Option<bool>,
    /// Window scaling is.
    pub window_scaling: Option<bool>,
    /// Small segments are sent at once.
    pub nodelay: Option<bool>,
    /// An idle peer is probed, or not.
    pub keepalive: Option<Option<Keepalive>>,
    /// How often a SYN is sent again.
    pub syn_retries: Option<u8>,
    /// How often a SYN-ACK is.
    pub syn_ack_retries: Option<u8>,
    /// How often a connection that nobody holds sends again.
    pub orphan_retries: Option<u8>,
    /// How long such a one may stay in FIN-WAIT-2.
    pub orphan_fin_wait_2: Option<Duration>,
    /// How long octets may go unacknowledged.
    pub give_up_after: Option<Duration>,
    /// Octets of receive buffer at first and at most.
    pub receive_buffer: Option<u32>,
    /// Octets that wait to be sent at most.
    pub send_buffer: Option<u32>,
    /// The shortest retransmission timeout.
    pub rto_min: Option<Duration>,
    /// The first one.
    pub rto_initial: Option<Duration>,
    /// Octets of the longest packet that its link carries.
    pub mtu: Option<u16>,
    /// Connections that wait to be accepted at most, where a listener names no backlog.
    pub accept_queue: Option<u32>,
    /// Half-open connections at most.
    pub syn_queue: Option<u32>,
    /// Cookies when those are too many.
    pub cookies: Option<bool>,
    /// How many ephemeral ports there are.
    pub ports: Option<u16>,
    /// A reset ends TIME-WAIT.
    pub rst_ends_time_wait: Option<bool>,
    /// Connections that nobody knows are answered with a reset.
    pub refuse: Option<bool>,
    /// Octets ride on the SYN where the server's cookie is known (RFC 7413).
    pub fast_open: Option<bool>,
    /// When larger segments are tried than are known to pass (RFC 4821).
    pub mtu_probing: Option<MtuProbing>,
    /// Initial sequence numbers, one after the other.
    pub isn: Vec<u32>,
}

/// One transmission: the first connection's sixth from the client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SegmentName {
    /// The connection, in the order in which they were opened, from 1.
    pub connection: u32,
    /// Sender and count.
    pub id: SegmentId,
}

impl std::fmt::Display for SegmentName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.connection {
            1 => write!(f, "{}", self.id),
            connection => write!(f, "{connection}.{}", self.id),
        }
    }
}

/// Transmissions of one sender.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Which {
    /// The connection.
    pub connection: u32,
    /// Who sends them.
    pub sender: Side,
    /// The first.
    pub first: u32,
    /// The last; none: there is no last.
    pub last: Option<u32>,
}

impl Which {
    /// True if it is among them.
    pub fn has(&self, name: SegmentName) -> bool {
        (self.connection, self.sender) == (name.connection, name.id.sender)
            && self.first <= name.id.count
            && self.last.is_none_or(|last| name.id.count <= last)
    }

    /// True if some segment is in both.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let ends_before = |a: &Self, b: &Self| a.last.is_some_and(|last| last < b.first);
        (self.connection, self.sender) == (other.connection, other.sender)
            && !ends_before(self, other)
            && !ends_before(other, self)
    }

    /// The first of them.
    pub(crate) fn begin(&self) -> SegmentName {
        SegmentName { connection: self.connection, id: SegmentId { sender: self.sender, count: self.first } }
    }
}

/// What befalls segments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Which.
    pub which: Which,
    /// What.
    pub deed: Deed,
}

/// What the network does with a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    /// It is lost.
    Drop,
    /// It takes this much longer.
    Delay(Duration),
    /// It arrives once more, this much later.
    Duplicate(Duration),
    /// It changes places with the one sent next.
    Swap(SegmentName),
    /// It arrives at this moment.
    Hold(Duration),
}

/// A segment that neither end sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Injection {
    /// When it arrives.
    pub at: Duration,
    /// At which end.
    pub to: Side,
    /// The connection it pretends to belong to.
    pub connection: u32,
    /// Who it says it is from, if not that connection's other end.
    pub from: Option<SocketAddr>,
    /// The port it goes to, if not that connection's.
    pub port: Option<u16>,
    /// Control bits.
    pub flags: Flags,
    /// Its number.
    pub seq: Number,
    /// What it acknowledges, if the ACK bit is set.
    pub ack: Number,
    /// Octets of data.
    pub len: u32,
    /// Its window, as it stands in the header.
    pub window: u16,
    /// How many there are, each from the next port.
    pub count: u32,
    /// Between two of them.
    pub every: Duration,
}

/// A sequence number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Number {
    /// Counted from the first of its direction, as ladders show it.
    Relative(u32),
    /// This much above what its receiver expects next: RCV.NXT for SEG.SEQ, SND.NXT for SEG.ACK.
    Expected(i64),
    /// As on the wire.
    Absolute(u32),
}

/// What befalls a host or the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Upset {
    /// When.
    pub at: Duration,
    /// What.
    pub what: Mishap,
}

/// What may befall.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mishap {
    /// The host forgets everything and is silent.
    Crash(Side),
    /// It is there again, with nothing remembered.
    Reboot(Side),
    /// What goes to these ends is lost.
    Pull([bool; 2]),
    /// It passes again.
    Plug([bool; 2]),
    /// The network is whole from now on: no chance of loss, no fault, cables in.
    Heal,
    /// The programs of the host end; their connections and listeners are closed.
    Exit(Side),
}

impl Scenario {
    /// What it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }
}
