//! All connections on a path under the same rules.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use cordial_device::{Dice, Direction, Judge, Passage};
use cordial_ip::{Packet, Protocol};
use cordial_trace::event::Fate;
use cordial_wire::Segment;

use crate::connection::{Broken, Connection, Passing};
use crate::hits::{Cause, Hit, Incident, Teller};
use crate::reset::Forgery;
use crate::rule::Rule;
use crate::talk::Talk;

/// Rules at once. Each costs a little for every segment.
pub const MOST_RULES: usize = 64;

/// Connections followed at once; the oldest gives way and is left alone from then on.
const MOST_CONNECTIONS: usize = 65_536;

/// Decides what becomes of the TCP segments on a path; other packets go their way. A connection whose SYN was not seen is
/// left alone.
///
/// The same rules, seed and segments give the same faults, connection by connection: what happens to one does not depend
/// on how its segments fall between those of others, only on its place in the order in which connections begin.
#[derive(Debug)]
pub struct Faults<T> {
    rules: Vec<Rule>,
    dice: Dice,
    teller: T,
    connections: BTreeMap<Pair, Connection>,
    /// In the order in which they began; what is not in the table under its number any more has given way.
    order: VecDeque<(Pair, u64)>,
    opened: u64,
    leaving: usize,
}

/// Two addresses, whichever way round.
type Pair = (SocketAddr, SocketAddr);

fn pair(source: SocketAddr, destination: SocketAddr) -> Pair {
    (source.min(destination), source.max(destination))
}

/// A segment and where it stands.
struct Seen<'a> {
    direction: Direction,
    source: SocketAddr,
    destination: SocketAddr,
    segment: Segment<'a>,
    /// Octets of the packet, and of the segment in it.
    packet: usize,
    len: usize,
}

impl<'a> Seen<'a> {
    /// The segment in a packet, if there is one.
    fn of(direction: Direction, packet: &'a [u8]) -> Option<Self> {
        let packet = Packet::parse(packet).ok().filter(|packet| packet.protocol == Protocol::Tcp)?;
        let segment = Segment::parse(packet.payload).ok()?;
        Some(Self {
            direction,
            source: SocketAddr::new(packet.source, segment.source),
            destination: SocketAddr::new(packet.destination, segment.destination),
            segment,
            packet: packet.octets.len(),
            len: packet.payload.len(),
        })
    }

    fn incident<'b>(&'b self, now: Duration, hits: &'b [Hit]) -> Incident<'b> {
        let Self { direction, source, destination, segment, .. } = self;
        Incident { now, direction: *direction, source: *source, destination: *destination, segment, hits }
    }
}

impl<T: Teller> Faults<T> {
    /// Faults by these rules, [`MOST_RULES`] of them at most; `teller` is told what they do.
    pub fn new(mut rules: Vec<Rule>, seed: u64, teller: T) -> Self {
        rules.truncate(MOST_RULES);
        Self {
            rules,
            dice: Dice::new(seed),
            teller,
            connections: BTreeMap::new(),
            order: VecDeque::new(),
            opened: 0,
            leaving: 0,
        }
    }

    /// Whoever is told.
    pub fn teller(&self) -> &T {
        &self.teller
    }

    /// Makes room in the table for the connection that the segment begins, if it begins one.
    fn open(&mut self, seen: &Seen<'_>) {
        let key = pair(seen.source, seen.destination);
        if self.connections.get(&key).is_some_and(|known| !known.talk.is_over_by(seen.source, &seen.segment))
        {
            return;
        }
        let Some(talk) = Talk::opened_by(seen.source, &seen.segment) else { return };
        self.opened += 1;
        let connection = Connection::new(self.opened, talk, self.rules.len());
        if let Some(before) = self.connections.insert(key, connection) {
            self.forget(&before);
        }
        self.order.push_back((key, self.opened));
        if self.order.len() > MOST_CONNECTIONS {
            self.close_oldest();
        }
    }

    fn close_oldest(&mut self) {
        let Some((key, number)) = self.order.pop_front() else { return };
        if self.connections.get(&key).is_some_and(|known| known.number == number)
            && let Some(oldest) = self.connections.remove(&key)
        {
            self.forget(&oldest);
        }
    }

    fn forget(&mut self, connection: &Connection) {
        if connection.is_leaving() {
            self.leaving -= 1;
            self.teller.leaving(self.leaving);
        }
    }

    /// Makes up segments, and tells of them.
    fn forge(&mut self, now: Duration, seen: &Seen<'_>, broken: Broken) -> Vec<(Direction, Vec<u8>)> {
        let (source, destination) = (seen.source, seen.destination);
        let answer = Forgery::answer(source, destination, &seen.segment);
        let answer = answer.map(|forgery| (opposite(seen.direction), forgery));
        let (by, behind) = match broken {
            Broken::Now(by) => {
                (by, Some((seen.direction, Forgery::behind(source, destination, &seen.segment))))
            }
            Broken::Before(by) => (by, None),
        };
        let mut forged = Vec::new();
        for (direction, forgery) in behind.into_iter().chain(answer) {
            let Some(packet) = forgery.packet() else { continue };
            let Forgery { source, destination, segment } = forgery;
            let hits = [Hit { fate: Fate::Forged, cause: Cause::Rule(by) }];
            let incident = Incident { now, direction, source, destination, segment: &segment, hits: &hits };
            self.teller.befell(&incident);
            forged.push((direction, packet));
        }
        forged
    }
}

const fn opposite(direction: Direction) -> Direction {
    match direction {
        Direction::In => Direction::Out,
        Direction::Out => Direction::In,
    }
}

impl<T: Teller> Judge for Faults<T> {
    fn judge(&mut self, now: Duration, direction: Direction, packet: &[u8]) -> Passage {
        let Some(seen) = Seen::of(direction, packet) else { return Passage::default() };
        self.open(&seen);
        let Some(connection) = self.connections.get_mut(&pair(seen.source, seen.destination)) else {
            return Passage::default();
        };
        let was_leaving = connection.is_leaving();
        let sight = connection.talk.pass(seen.source, &seen.segment);
        let passing = Passing { sight, packet: seen.packet, segment: seen.len };
        let verdict = connection.judge(&self.rules, &self.dice, passing);
        let is_told = verdict.reset.is_some() && connection.is_to_be_told(sight.from, now);
        let (number, is_leaving) = (connection.number, connection.is_leaving());
        if is_leaving != was_leaving {
            self.leaving = if is_leaving { self.leaving + 1 } else { self.leaving - 1 };
            self.teller.leaving(self.leaving);
        }
        if !verdict.hits.is_empty() {
            self.teller.befell(&seen.incident(now, &verdict.hits));
        }
        let reset = verdict.reset.filter(|_| is_told);
        let forged = reset.map(|broken| self.forge(now, &seen, broken)).unwrap_or_default();
        Passage { stream: Some(number), forged, ..verdict.passage }
    }

    fn overflowed(&mut self, now: Duration, direction: Direction, packet: &[u8]) {
        let Some(seen) = Seen::of(direction, packet) else { return };
        let hits = [Hit { fate: Fate::Lost, cause: Cause::FullQueue }];
        self.teller.befell(&seen.incident(now, &hits));
    }
}
