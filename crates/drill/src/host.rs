//! The stack under test, in virtual time, with what it sends laid aside for the script.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use cordial_ip::{Packet, Protocol};
use cordial_stack::{Chance, Fact, Frame, Instant, LinkId, Observer, Phase, Seeded, Stack, Tuple, What};
use cordial_tcp::Rule;
use cordial_trace::event::Event;
use cordial_trace::{Inbox, Limits, Recorder, Trace, Vantage};
use cordial_wire::{Segment, SeqNum};

use crate::flight::Flight;
use crate::settings::Settings;

/// The only link there is.
pub(crate) const LINK: LinkId = LinkId(0);
/// When a script begins: later than zero, so that what is timed back from it is in the past and not before time.
pub(crate) const ORIGIN: Instant = Instant::from_millis(1_000);
/// Timers that may come due within one wait: a day of retransmissions of a thousand connections is less.
const MOST_TIMERS: u32 = 100_000;

/// One stack, a clock that only moves when it is told to, and a wire whose other end is the script.
pub(crate) struct Host {
    pub(crate) stack: Stack<Dealt, Watch>,
    pub(crate) now: Instant,
    /// What was sent and not yet looked at, in order.
    pub(crate) sent: VecDeque<Sent>,
    /// What each flow has in flight, by our end and the other.
    flights: BTreeMap<(SocketAddr, SocketAddr), Flight>,
    inbox: Inbox,
}

/// A packet that the stack sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) at: Instant,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    /// The header; the octets are counted in `len`.
    pub(crate) header: Segment<'static>,
    pub(crate) len: u32,
    /// Whether every octet of data is zero, as all that is written here.
    pub(crate) is_zero: bool,
    /// The options' octets.
    pub(crate) options: Vec<u8>,
    /// The TOS or traffic-class octet, and the hops left.
    pub(crate) tos: u8,
    pub(crate) ttl: u8,
    /// The flow label; zero over IPv4.
    pub(crate) flow: u32,
    /// False for what is no TCP.
    pub(crate) is_tcp: bool,
}

impl Host {
    pub(crate) fn new(settings: &Settings) -> Self {
        let inbox = Inbox::new(Inbox::CAPACITY);
        let chance = Dealt { first: settings.iss.map(SeqNum), rest: Seeded::new([17; 32]) };
        let stack = Stack::new(
            settings.config(),
            chance,
            Watch { recorder: inbox.recorder(), phases: BTreeMap::new() },
        );
        Self { stack, now: ORIGIN, sent: VecDeque::new(), flights: BTreeMap::new(), inbox }
    }

    /// A packet arrives now.
    pub(crate) fn receive(&mut self, frame: Frame<'_>) {
        self.stack.on_frame(self.now, LINK, frame);
        self.pump();
    }

    /// Time passes: to `limit`, or to the next moment before it at which a timer is due. False once `limit` is reached.
    pub(crate) fn step(&mut self, limit: Instant) -> bool {
        let due = self.stack.next_deadline().filter(|&due| due < limit);
        self.now = due.unwrap_or(limit).max(self.now);
        self.stack.on_timer(self.now);
        self.pump();
        due.is_some()
    }

    /// How many timers may come due within one wait.
    pub(crate) const fn most_steps() -> u32 {
        MOST_TIMERS
    }

    /// Lays aside what the stack has to send. What it has to tell is asked for where it matters.
    pub(crate) fn pump(&mut self) {
        let mut octets = [0; 2048];
        while let Some(transmit) = self.stack.poll_transmit(self.now, LINK) {
            let sent = match transmit.write_to(&mut octets) {
                0 => {
                    let mut long = vec![0; transmit.len()];
                    let len = transmit.write_to(&mut long);
                    Sent::read(self.now, long.get(..len).unwrap_or_default())
                }
                len => Sent::read(self.now, octets.get(..len).unwrap_or_default()),
            };
            if let Some(sent) = sent.as_ref().filter(|sent| sent.is_tcp) {
                let flight = self.flights.entry((sent.local, sent.remote)).or_default();
                flight.sends(&sent.header, sent.len);
            }
            self.sent.extend(sent);
        }
        while self.stack.poll_event().is_some() {}
    }

    /// What a connection has in flight, of which everything before `una` is acknowledged.
    pub(crate) fn flight(&mut self, tuple: Tuple, una: SeqNum) -> &Flight {
        let flight = self.flights.entry((tuple.local, tuple.peer)).or_default();
        flight.acknowledged(una);
        flight
    }

    /// The state of every connection that there is, held by somebody or not.
    pub(crate) fn phases(&self) -> Vec<(Tuple, Phase)> {
        self.stack.observer().phases.iter().map(|(tuple, phase)| (*tuple, *phase)).collect()
    }

    /// The record of everything so far.
    pub(crate) fn record(&mut self) -> Vec<Event> {
        let mut trace = Trace::new(Vantage::OneEnd, Limits::default());
        let mut events = Vec::new();
        trace.take(self.inbox.take(), &mut events);
        trace.finish(self.now, &mut events);
        events
    }
}

impl Sent {
    /// A packet as it went onto the wire; none if nobody could read it, which a stack of ours never sends.
    fn read(at: Instant, octets: &[u8]) -> Option<Self> {
        let packet = Packet::parse(octets).ok()?;
        let (tos, ttl, flow) = match *octets {
            [first, second, third, fourth, _, _, _, hops, ..] if first >> 4 == 6 => {
                (first << 4 | second >> 4, hops, u32::from_be_bytes([0, second & 0x0f, third, fourth]))
            }
            [_, tos, _, _, _, _, _, _, ttl, ..] => (tos, ttl, 0),
            _ => return None,
        };
        let is_tcp = packet.protocol == Protocol::Tcp;
        let segment = if is_tcp { Segment::parse(packet.payload).ok()? } else { Segment::default() };
        let data = segment.payload;
        let area = if is_tcp { packet.payload.len() - data.len() } else { 0 };
        Some(Self {
            at,
            local: SocketAddr::new(packet.source, segment.source),
            remote: SocketAddr::new(packet.destination, segment.destination),
            header: Segment { payload: &[], ..segment },
            len: data.len() as u32,
            is_zero: data.iter().all(|&octet| octet == 0),
            options: packet.payload.get(Segment::MIN_HEADER_LEN..area).unwrap_or_default().to_vec(),
            tos,
            ttl,
            flow,
            is_tcp,
        })
    }
}

/// Chance from a fixed seed, whose first initial sequence number a script may choose.
#[derive(Clone, Debug)]
pub(crate) struct Dealt {
    first: Option<SeqNum>,
    rest: Seeded,
}

impl Chance for Dealt {
    fn isn(&mut self, now: Instant, tuple: &Tuple) -> SeqNum {
        self.first.take().unwrap_or_else(|| self.rest.isn(now, tuple))
    }

    fn u64(&mut self) -> u64 {
        self.rest.u64()
    }

    fn ts_offset(&mut self, tuple: &Tuple) -> u32 {
        self.rest.ts_offset(tuple)
    }
}

/// Records everything, and knows in what state each connection is.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    recorder: Recorder,
    phases: BTreeMap<Tuple, Phase>,
}

impl Observer for Watch {
    const ON: bool = true;

    fn fact(&mut self, now: Instant, fact: &Fact<'_>) {
        self.recorder.fact(now, fact);
        // What a program does with the socket that is left does not end TIME-WAIT.
        let waits = self.phases.get(&fact.tuple) == Some(&Phase::TimeWait);
        // A reset that ends it leaves nothing behind that could be told of.
        let is_reset = waits && fact.why == Rule::Reset;
        match fact.after.phase {
            _ if is_reset => drop(self.phases.remove(&fact.tuple)),
            _ if waits && matches!(fact.what, What::Call(_)) => {}
            Phase::Closed | Phase::Listen => drop(self.phases.remove(&fact.tuple)),
            phase => drop(self.phases.insert(fact.tuple, phase)),
        }
    }
}
