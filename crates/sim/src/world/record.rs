//! The record of a run: one trace of what all stacks tell.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use cordial_stack::{Instant, Tuple};
use cordial_trace::event::{Fate, Return, Side, Transmission, What};
use cordial_trace::{
    Event, Group, Header, Inbox, Incident, JsonLines, Limits, Recorder, Source, Trace, Vantage, ladder,
};
use cordial_wire::Segment;

use super::World;
use crate::{HostId, Target};

/// What has been told, and names for what is sent.
///
/// The trace is always on: it alone knows what a segment is called. Its events are kept only for those who asked.
pub(super) struct Record {
    inbox: Inbox,
    trace: Trace,
    events: Vec<Event>,
    keeps_events: bool,
    packets: Option<Vec<KeptPacket>>,
    /// The two ends of each connection: the client's, the server's.
    groups: Vec<[SocketAddr; 2]>,
    /// Segments that were told of and are not yet on a wire.
    unseen: Vec<Transmission>,
}

/// A packet as a host sent or received it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptPacket {
    /// When.
    pub time: Instant,
    /// At which host.
    pub host: HostId,
    /// Whether it sent it.
    pub direction: PacketDirection,
    /// The packet, from the first octet of the IP header.
    pub octets: Vec<u8>,
}

/// Which way a packet went, seen from the host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PacketDirection {
    /// It received it.
    In,
    /// It sent it.
    Out,
}

/// What a connection may have of events before its record is given up: more than a run has steps.
const MOST_EVENTS: u64 = 100_000_000;

impl Record {
    pub fn new() -> Self {
        let limits = Limits { connections: 1 << 20, events: MOST_EVENTS, linger: Duration::from_millis(300) };
        Self {
            inbox: Inbox::new(usize::MAX),
            trace: Trace::new(Vantage::BothEnds, limits),
            events: Vec::new(),
            keeps_events: false,
            packets: None,
            groups: Vec::new(),
            unseen: Vec::new(),
        }
    }

    pub fn recorder(&self) -> Recorder {
        self.inbox.recorder()
    }

    /// A host listens on these ports, and no others.
    pub fn listens(&mut self, host: IpAddr, ports: impl IntoIterator<Item = u16>) {
        self.trace.listens(host, ports);
    }

    pub fn events(&self) -> &[Event] {
        if self.keeps_events { &self.events } else { &[] }
    }

    /// Takes what stacks have told since the last time; if that was on account of a segment that arrived, which.
    pub fn drain(&mut self, arrived: Option<&Transmission>) {
        let batch = self.inbox.take();
        if batch.is_empty() {
            return;
        }
        let from = self.events.len();
        match arrived {
            Some(sent) => self.trace.take_arrival(batch, (sent.group, sent.segment.id), &mut self.events),
            None => self.trace.take(batch, &mut self.events),
        }
        for event in self.events.get(from..).unwrap_or_default() {
            match &event.what {
                What::Started { client, server, .. } => self.groups.push([*client, *server]),
                What::Segment { fate: Fate::Sent, segment } => {
                    let Some(&[client, server]) = self.groups.get(event.group.0 as usize - 1) else {
                        continue;
                    };
                    let tuple = match segment.id.sender {
                        Side::Client => Tuple { local: client, peer: server },
                        Side::Server => Tuple { local: server, peer: client },
                    };
                    let (group, event, segment) = (event.group, event.id, *segment);
                    self.unseen.push(Transmission { group, tuple, event, segment });
                }
                _ => {}
            }
        }
        self.forget();
    }

    /// What the record calls a segment that leaves `tuple.local`; none if it knows no such connection.
    pub fn name(&mut self, tuple: Tuple, segment: &Segment<'_>) -> Option<Transmission> {
        let is_it = |told: &Transmission| {
            let its = &told.segment;
            told.tuple == tuple
                && (its.seq, its.ack, its.flags) == (segment.seq, segment.ack(), segment.flags)
                && its.payload_len as usize == segment.payload.len()
        };
        let at = self.unseen.iter().position(is_it)?;
        Some(self.unseen.remove(at))
    }

    pub fn befell(&mut self, now: Instant, sent: &Transmission, fate: Fate, trigger: &'static str) {
        self.trace.settle(now, &mut self.events);
        self.trace.befell(now, sent, fate, trigger, &mut self.events);
        self.forget();
    }

    /// The network lost a packet; if it has a name, that is told.
    pub fn lost(&mut self, now: Instant, sent: Option<&Transmission>, trigger: &'static str) {
        if let Some(sent) = sent {
            self.befell(now, sent, Fate::Lost, trigger);
        }
    }

    pub fn forged(&mut self, now: Instant, tuple: Tuple, segment: &Segment<'_>) -> Option<Transmission> {
        self.trace.settle(now, &mut self.events);
        let forged = self.trace.forged(now, tuple, segment, &mut self.events);
        self.forget();
        forged
    }

    pub fn returned(&mut self, now: Instant, tuple: Tuple, returned: Return) {
        self.trace.settle(now, &mut self.events);
        self.trace.returned(now, tuple, returned, &mut self.events);
        self.forget();
    }

    pub fn incident(&mut self, now: Instant, incident: Incident) {
        self.trace.settle(now, &mut self.events);
        self.trace.incident(now, incident, &mut self.events);
        self.forget();
    }

    /// What a host that lost its power had told and not sent will never be sent.
    pub fn never_sent(&mut self, address: std::net::IpAddr) {
        self.unseen.retain(|told| told.tuple.local.ip() != address);
    }

    pub fn finish(&mut self, now: Instant) {
        self.trace.settle(now, &mut self.events);
        self.trace.finish(now, &mut self.events);
        self.forget();
    }

    pub fn keep(&mut self, time: Instant, host: HostId, direction: PacketDirection, octets: &[u8]) {
        if let Some(packets) = &mut self.packets {
            packets.push(KeptPacket { time, host, direction, octets: octets.to_vec() });
        }
    }

    fn forget(&mut self) {
        if !self.keeps_events {
            self.events.clear();
        }
    }
}

impl World {
    /// Keeps the events of the run from here on. To be called before anything happens.
    pub fn keep_record(&mut self) {
        self.record.keeps_events = true;
    }

    /// Keeps each packet that a host sends or receives, for a capture.
    pub fn keep_packets(&mut self) {
        self.record.packets.get_or_insert_default();
    }

    /// The packets that were kept.
    pub fn packets(&self) -> &[KeptPacket] {
        self.record.packets.as_deref().unwrap_or_default()
    }

    /// How many connections there have been: the record calls them `c1`, `c2`, … .
    pub fn connections(&self) -> u32 {
        self.record.groups.len() as u32
    }

    /// The two ends of a connection of the record: the client's, the server's, as they are inside of NATs.
    pub fn ends(&self, group: Group) -> Option<[SocketAddr; 2]> {
        self.record.groups.get((group.0 as usize).checked_sub(1)?).copied()
    }

    /// Writes the record as lines of JSON, as far as it was kept.
    ///
    /// # Errors
    ///
    /// Those of the writer.
    pub fn write_json(&self, title: &str, out: impl io::Write) -> io::Result<()> {
        let header = Header { title: title.to_owned(), source: Source::Simulation, seed: Some(self.seed) };
        let mut lines = JsonLines::new(out, &header)?;
        self.events().iter().try_for_each(|event| lines.event(event))?;
        lines.flush()
    }

    /// The ladders of all connections in the compact form of tests, with empty lines between them.
    pub fn compact(&self) -> String {
        let ladders = (1..=self.connections()).map(|group| self.compact_of(Group(group)));
        ladders.collect::<Vec<_>>().join("\n\n")
    }

    /// The ladder of one connection in the compact form.
    pub fn compact_of(&self, group: Group) -> String {
        ladder::compact(self.events().iter().filter(|event| event.group == group), false)
    }

    /// How often a transmission has arrived at its other end, and been taken or refused.
    pub fn arrivals(&self, target: Target) -> usize {
        let is_it = |event: &&Event| match &event.what {
            What::Segment { fate: Fate::Received | Fate::Dropped(_), segment } => {
                (event.group, segment.id) == (target.group, target.id)
            }
            _ => false,
        };
        self.events().iter().filter(is_it).count()
    }
}
