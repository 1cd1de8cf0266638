//! What a network of our own tells: it knows which transmission is which.

use std::net::{IpAddr, SocketAddr};

use cordial_stack::Tuple;
use cordial_tcp::Instant;
use cordial_wire::Segment as WireSegment;

use super::connection::Connection;
use super::sendings::Standing;
use super::{Arrival, Key, Sink, Trace};
use crate::event::{At, Event, Fate, Group, Head, Return, Segment, SegmentId, Side, Transmission, What};
use crate::recorder::{Batch, NotedSegment};

impl Trace {
    /// As [`take`](Self::take), for the facts that followed when this transmission arrived at a host: whatever it looks
    /// like, it is this one. One of an earlier connection of the same two ends is counted anew among the segments of
    /// the one that it reaches.
    pub fn take_arrival(&mut self, batch: Batch, (group, id): (Group, SegmentId), events: &mut Vec<Event>) {
        self.take_all(batch, Arrival::Named(group, id), events);
    }

    /// Tells what the network did to a transmission, and why.
    pub fn befell(
        &mut self,
        now: Instant,
        transmission: &Transmission,
        fate: Fate,
        trigger: &'static str,
        events: &mut Vec<Event>,
    ) {
        let Transmission { group, tuple, event: sent, segment } = *transmission;
        let key = Key::of(tuple);
        let known = self.open.get_mut(&key).or_else(|| self.closed.get_mut(&key));
        let known = known.filter(|known| known.group() == group);
        let mut event = Event::new(now, group, At::Network, What::Segment { fate, segment });
        event.cause = vec![sent];
        event.trigger = trigger;
        if let Some(known) = known {
            if matches!(fate, Fate::Lost | Fate::Corrupted) {
                known.settles(segment.id);
            }
            event.ends = Some(known.ends_since(known.states()));
        }
        Sink { last_id: &mut self.last_id, events }.push(event);
    }

    /// Tells that somebody in the network made up a segment that seems to come from `tuple.local`, and names it; none if
    /// it belongs to no connection that is recorded.
    pub fn forged(
        &mut self,
        now: Instant,
        tuple: Tuple,
        segment: &WireSegment<'_>,
        events: &mut Vec<Event>,
    ) -> Option<Transmission> {
        let noted = NotedSegment::new(segment, segment.payload.len(), Head::of([segment.payload]));
        let connection = self.open.get_mut(&Key::of(tuple))?;
        let described = connection.forge(tuple.local, &noted);
        let group = connection.group();
        let mut event =
            Event::new(now, group, At::Network, What::Segment { fate: Fate::Forged, segment: described });
        event.ends = Some(connection.ends_since(connection.states()));
        let event = Sink { last_id: &mut self.last_id, events }.push(event);
        connection.forged(described.id.sender, event);
        Some(Transmission { group, tuple, event, segment: described })
    }

    /// Tells what a call at the end `tuple.local` came to.
    pub fn returned(&mut self, now: Instant, tuple: Tuple, returned: Return, events: &mut Vec<Event>) {
        let key = Key::of(tuple);
        let Some(connection) = self.open.get(&key).or_else(|| self.closed.get(&key)) else { return };
        let side = connection.side_of(tuple.local);
        let mut event = Event::new(now, connection.group(), At::End(side), What::Return(returned));
        event.ends = Some(connection.ends_since(connection.states()));
        event.cause = connection.last_of(side).into_iter().collect();
        Sink { last_id: &mut self.last_id, events }.push(event);
    }

    /// Tells of something outside of connections to all that it concerns.
    pub fn incident(&mut self, now: Instant, incident: Incident, events: &mut Vec<Event>) {
        for connection in self.open.values_mut() {
            let (host, marker) = match incident {
                Incident::Network(marker) => (None, marker),
                Incident::Crash(host) => (Some(host), "crash"),
                Incident::Reboot(host) => (Some(host), "reboot"),
            };
            let side = host.and_then(|host| connection.side_at(host));
            if host.is_some() && side.is_none() {
                continue;
            }
            let at = side.map_or(At::Network, At::End);
            let mut event = Event::new(now, connection.group(), at, What::Marker(marker));
            let before = connection.states();
            if let (Some(side), Incident::Crash(_)) = (side, incident) {
                connection.forgets(side);
            }
            event.ends = Some(connection.ends_since(before));
            Sink { last_id: &mut self.last_id, events }.push(event);
        }
    }
}

/// Something that happens outside of connections.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Incident {
    /// A host loses its power: its connections are gone, and nobody is told.
    Crash(IpAddr),
    /// A host begins anew.
    Reboot(IpAddr),
    /// Something in the network, by a short name.
    Network(&'static str),
}

impl Connection {
    /// Names a segment that `sender` never sent.
    fn forge(&mut self, sender: SocketAddr, segment: &NotedSegment) -> Segment {
        let side = self.side_of(sender);
        let sending = self.name(side, segment, Standing::Foreign, false);
        self.describe(segment, &sending)
    }

    fn side_at(&self, host: IpAddr) -> Option<Side> {
        [Side::Client, Side::Server].into_iter().find(|&side| self.address(side).ip() == host)
    }
}
