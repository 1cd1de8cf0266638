//! All connections of a capture: which packet is whose, which ports were used again, and when one is complete.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use cordial_tcp::Instant;
use cordial_trace::Event;
use cordial_trace::event::{Group, Predecessor};
use cordial_wire::Flags;

use super::connection::{Connection, Sink, caller_of};
use super::doubt::{Doubt, Verdict};
use super::lane::{Lane, Lanes};
use super::packet::{IcmpError, Tcp};
use super::past::{Ended, Past};
use crate::case::{TOLD_EARLY, USED_AGAIN};

/// Bounds of what is kept while a capture is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FlowLimits {
    /// Connections that are followed at once. When there are more, the one that was quiet for longest is told as it
    /// stands; what comes of it later is only counted, as long as its end is remembered.
    pub connections: usize,
    /// How long, by the times in the capture, a connection that is over is still watched: a lost last ACK brings the
    /// FIN back after a retransmission timeout, which doubles.
    pub linger: Duration,
    /// Connections whose end is remembered, to know what comes late, and whose ports were used again.
    pub remembered: usize,
}

impl Default for FlowLimits {
    /// As many connections as 200 MB hold when each has a long story.
    fn default() -> Self {
        Self { connections: 12_288, linger: Duration::from_secs(15), remembered: 65_536 }
    }
}

/// Follows every connection of a capture.
#[derive(Debug)]
pub(super) struct Flows {
    limits: FlowLimits,
    now: Instant,
    last_id: u64,
    last_group: u32,
    places: HashMap<Key, u32>,
    entries: Vec<Option<Entry>>,
    free: Vec<u32>,
    lanes: Lanes,
    past: Past<Key>,
    /// Connections told before they were over.
    pub(super) told_early: u64,
    /// Packets of connections that were told already.
    pub(super) late: u64,
    /// Packets that were seen once more.
    pub(super) copies: u64,
}

#[derive(Debug)]
struct Entry {
    key: Key,
    connection: Box<Connection>,
    doubt: Option<Box<Doubt>>,
}

/// A pair of addresses whichever way round.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Key {
    addresses: [u128; 2],
    ports: u32,
}

impl Key {
    fn of(a: SocketAddr, b: SocketAddr) -> Self {
        let plain = |address: SocketAddr| {
            let bits = match address.ip() {
                IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
                IpAddr::V6(v6) => v6.to_bits(),
            };
            (bits, address.port())
        };
        let (a, b) = (plain(a), plain(b));
        let (low, high) = if a <= b { (a, b) } else { (b, a) };
        Self { addresses: [low.0, high.0], ports: u32::from(low.1) << 16 | u32::from(high.1) }
    }
}

/// A call that nobody has answered is given up by then: another number from the same port is another call.
const CALLING: Duration = Duration::from_secs(3);
/// Twice the longest a segment lives: what comes later than that from the same ports is another connection.
const LATE: Duration = Duration::from_secs(120);

impl Flows {
    pub(super) fn new(limits: FlowLimits) -> Self {
        Self {
            limits,
            now: Instant::ZERO,
            last_id: 0,
            last_group: 0,
            places: HashMap::new(),
            entries: Vec::new(),
            free: Vec::new(),
            lanes: Lanes::default(),
            past: Past::default(),
            told_early: 0,
            late: 0,
            copies: 0,
        }
    }

    /// Connections so far.
    pub(super) fn connections(&self) -> u32 {
        self.last_group
    }

    /// Takes a segment.
    pub(super) fn tcp(&mut self, packet: &Tcp, events: &mut Vec<Event>) {
        self.settle(packet.time, events);
        let key = Key::of(packet.source, packet.destination);
        match self.places.get(&key) {
            None => self.first(key, packet, events),
            Some(&place) => self.next(place, packet, events),
        }
    }

    /// Takes an ICMP error; one about nothing that is known tells nothing.
    pub(super) fn icmp(&mut self, error: &IcmpError, events: &mut Vec<Event>) {
        self.settle(error.time, events);
        let place = self.places.get(&Key::of(error.source, error.destination)).copied();
        let mut sink = Sink { last_id: &mut self.last_id, events };
        if let Some(entry) = place.and_then(|place| entry(&mut self.entries, place)) {
            entry.connection.icmp(error, &mut sink);
        }
    }

    /// Ends the capture: every connection that is still there is told as it stands.
    pub(super) fn finish(&mut self, events: &mut Vec<Event>) {
        let mut places: Vec<(Group, u32)> = (0_u32..)
            .zip(&self.entries)
            .filter_map(|(place, entry)| Some((entry.as_ref()?.connection.group, place)))
            .collect();
        places.sort_unstable();
        for (_, place) in places {
            self.settle_doubt(place, events);
            self.tell(place, self.now, events);
        }
    }

    /// Tells connections whose time has come.
    fn settle(&mut self, time: Instant, events: &mut Vec<Event>) {
        self.now = self.now.max(time);
        while let Some(place) = self.lanes.oldest(Lane::Over) {
            let last = entry(&mut self.entries, place).map(|entry| entry.connection.last);
            match last {
                Some(last) if self.now.since(last) <= self.limits.linger => break,
                Some(last) => self.tell(place, last, events),
                None => self.lanes.remove(place),
            }
        }
    }

    /// The first packet between two addresses, as far as is known.
    fn first(&mut self, key: Key, packet: &Tcp, events: &mut Vec<Event>) {
        let before = self.past.of(&key);
        if let Some(ended) = before
            && ended.was_over
            && !packet.is_call()
            && packet.time.since(ended.last) < LATE
            && ended.has_numbers_of(packet)
        {
            self.late += 1;
            return;
        }
        if before.is_some_and(|ended| ended.is_continued_by(packet)) {
            self.past.goes_on(&key, packet);
            self.late += 1;
            return;
        }
        let before = before.map(|ended| ended.predecessor(caller_of(packet), packet.time));
        self.begin(key, packet, before, events);
    }

    fn begin(&mut self, key: Key, packet: &Tcp, before: Option<Predecessor>, events: &mut Vec<Event>) {
        self.make_room(events);
        self.last_group += 1;
        let mut connection = Box::new(Connection::new(Group(self.last_group), packet));
        let mut sink = Sink { last_id: &mut self.last_id, events };
        connection.start(packet.time, before, &mut sink);
        connection.take(packet, &mut sink);
        let lane = lane_of(&connection);
        let place = self.free.pop().unwrap_or(self.entries.len() as u32);
        let new = Some(Entry { key, connection, doubt: None });
        match self.entries.get_mut(place as usize) {
            Some(slot) => *slot = new,
            None => self.entries.push(new),
        }
        self.places.insert(key, place);
        self.lanes.touch(place, lane);
    }

    /// A packet between two addresses that have a connection.
    fn next(&mut self, place: u32, packet: &Tcp, events: &mut Vec<Event>) {
        let Some(entry) = entry(&mut self.entries, place) else { return };
        if let Some(doubt) = &mut entry.doubt {
            let verdict = doubt.take(packet);
            return self.resolve(place, verdict, events);
        }
        let connection = &entry.connection;
        if !packet.is_call() || connection.has_syn_of(packet) {
            // What does not continue an old story belongs to one whose beginning was not seen.
            let is_new =
                connection.is_over() && !packet.has(Flags::RST) && !connection.ended().has_numbers_of(packet);
            return if is_new {
                self.replace(place, &[*packet], events)
            } else {
                self.take(place, packet, events)
            };
        }
        if connection.is_over() {
            return self.replace(place, &[*packet], events);
        }
        if connection.is_calling() {
            let is_soon = packet.time.since(connection.last) < CALLING;
            return if is_soon {
                self.take(place, packet, events)
            } else {
                self.replace(place, &[*packet], events)
            };
        }
        entry.doubt = Some(Box::new(Doubt::new(packet)));
        self.lanes.touch(place, Lane::Open);
    }

    fn take(&mut self, place: u32, packet: &Tcp, events: &mut Vec<Event>) {
        let Some(entry) = entry(&mut self.entries, place) else { return };
        let mut sink = Sink { last_id: &mut self.last_id, events };
        if !entry.connection.take(packet, &mut sink) {
            self.copies += 1;
        }
        let lane = lane_of(&entry.connection);
        self.lanes.touch(place, lane);
    }

    /// Tells the connection and begins another one between the same addresses.
    fn replace(&mut self, place: u32, packets: &[Tcp], events: &mut Vec<Event>) {
        let Some((first, rest)) = packets.split_first() else { return };
        let Some(entry) = entry(&mut self.entries, place) else { return };
        let key = entry.key;
        let before = entry.connection.ended().predecessor(caller_of(first), first.time);
        self.tell_that(place, first.time, USED_AGAIN, events);
        self.begin(key, first, Some(before), events);
        for packet in rest {
            self.tcp(packet, events);
        }
    }

    fn resolve(&mut self, place: u32, verdict: Verdict, events: &mut Vec<Event>) {
        if verdict == Verdict::Open {
            return;
        }
        let Some(doubt) = entry(&mut self.entries, place).and_then(|entry| entry.doubt.take()) else {
            return;
        };
        let packets = doubt.into_packets();
        match verdict {
            Verdict::Another => self.replace(place, &packets, events),
            Verdict::Stray | Verdict::Open => {
                packets.iter().for_each(|packet| self.take(place, packet, events));
            }
        }
    }

    /// Decides what a SYN was when nothing more comes.
    fn settle_doubt(&mut self, place: u32, events: &mut Vec<Event>) {
        let verdict =
            entry(&mut self.entries, place).and_then(|entry| Some(entry.doubt.as_ref()?.at_the_end()));
        if let Some(verdict) = verdict {
            self.resolve(place, verdict, events);
        }
    }

    /// Tells the oldest while there are too many: first of those that are over.
    fn make_room(&mut self, events: &mut Vec<Event>) {
        while self.places.len() >= self.limits.connections.max(1) {
            let over = self.lanes.oldest(Lane::Over);
            let Some(place) = over.or_else(|| self.lanes.oldest(Lane::Open)) else { return };
            self.told_early += u64::from(over.is_none());
            // A doubt would need room for another one.
            if let Some(doubt) = entry(&mut self.entries, place).and_then(|entry| entry.doubt.take()) {
                doubt.into_packets().iter().for_each(|packet| self.take(place, packet, events));
            }
            let why = if over.is_none() { TOLD_EARLY } else { "" };
            self.tell_that(place, self.now, why, events);
        }
    }

    /// Tells that a connection's record is complete, and forgets all but its end.
    fn tell(&mut self, place: u32, now: Instant, events: &mut Vec<Event>) {
        self.tell_that(place, now, "", events);
    }

    fn tell_that(&mut self, place: u32, now: Instant, why: &'static str, events: &mut Vec<Event>) {
        self.lanes.remove(place);
        let Some(entry) = self.entries.get_mut(place as usize).and_then(Option::take) else { return };
        self.free.push(place);
        self.places.remove(&entry.key);
        let mut connection = entry.connection;
        connection.close(now, why, &mut Sink { last_id: &mut self.last_id, events });
        let ended = Ended { told_early: why == TOLD_EARLY, ..connection.ended() };
        self.past.remember(entry.key, ended, self.limits.remembered);
    }
}

fn entry(entries: &mut [Option<Entry>], place: u32) -> Option<&mut Entry> {
    entries.get_mut(place as usize)?.as_mut()
}

fn lane_of(connection: &Connection) -> Lane {
    if connection.is_over() { Lane::Over } else { Lane::Open }
}
