//! From host to host: faults at the door, then wires, routers, NATs.

use std::net::SocketAddr;

use cordial_ip::{Packet as IpPacket, Protocol, icmp};
use cordial_stack::{Instant, Tuple};
use cordial_trace::event::{Fate as Befell, Transmission};
use cordial_wire::checksum::Sum;
use cordial_wire::{Flags, Segment};

use super::agenda::Item;
use super::record::PacketDirection;
use super::{LINK, NodeState, World};
use crate::journey::{By, Journey};
use crate::nat::{Crossing, Forgotten};
use crate::oracle::legal::Sight;
use crate::packet::{self, Packet};
use crate::wire::{Arrival, Passage};
use crate::{Fate, HostId, NodeId, Passing, Target, TooBig, Way, WireId};

/// A segment that is held at its host's door.
pub(super) struct Detained {
    target: Target,
    host: HostId,
    packet: u32,
    /// Until the next of its sender has gone.
    swaps: bool,
}

impl World {
    /// Puts what a host has to send onto its wire.
    pub(super) fn transmit(&mut self, id: HostId) {
        let now = self.now;
        loop {
            let (scratch, host) = (&mut self.scratch, &mut self.hosts[usize::from(id.0)]);
            let Some(transmit) = host.stack.poll_transmit(now, LINK) else { return };
            let len = transmit.write_to(scratch);
            let octets = self.packets.octets(self.scratch.get(..len).unwrap_or_default());
            self.departs(id, octets);
        }
    }

    /// A packet leaves its host: it is named, looked at, and befallen by faults.
    fn departs(&mut self, host: HostId, octets: Vec<u8>) {
        let now = self.now;
        self.record.drain(None);
        self.record.keep(now, host, PacketDirection::Out, &octets);
        let mut packet = Packet { octets, sent: None, journey: None };
        let fate = match segment_in(&packet.octets) {
            None => Fate::Pass,
            Some((tuple, segment)) => {
                let ends = self.inside(tuple);
                packet.sent = self.record.name(ends, &segment);
                packet.journey = sets_out(&mut self.journeys, Journey::new(now, ends, &segment, By::Host));
                if let Some(sight) = Sight::of(&packet.octets) {
                    self.oracles.leaves(now, host, &sight, packet.sent.as_ref());
                }
                let target = packet.sent.as_ref().map(name_of);
                let again = packet.sent.is_some_and(|sent| sent.segment.again);
                let passing = Passing { now, from: host, target, again, segment: &segment };
                let mut fates = self.rules.iter_mut().map(|rule| rule(&passing));
                fates.find(|fate| !matches!(fate, Fate::Pass)).unwrap_or_default()
            }
        };
        let target = packet.sent.as_ref().map(name_of);
        self.befall(host, packet, fate);
        if let Some(target) = target {
            self.let_go(|held| held.swaps && held.target.is_before(target));
        }
    }

    fn befall(&mut self, host: HostId, mut packet: Packet, fate: Fate) {
        let now = self.now;
        let tell = |record: &mut super::Record, sent: &Option<Transmission>, fate, trigger| {
            if let Some(sent) = sent {
                record.befell(now, sent, fate, trigger);
            }
        };
        let sent = packet.sent;
        match fate {
            Fate::Pass => self.forward(self.node_of(host), packet),
            Fate::Drop => {
                tell(&mut self.record, &sent, Befell::Lost, "user_drop");
                self.packets.recycle(packet);
            }
            Fate::Delay(by) => {
                tell(&mut self.record, &sent, Befell::Delayed(Some(by)), "user_delay");
                let packet = self.packets.put(packet);
                self.agenda.add(now + by, Item::Enters { host, packet });
            }
            Fate::Duplicate(after) => {
                tell(&mut self.record, &sent, Befell::Duplicated, "user_duplicate");
                let second = Packet { octets: self.packets.octets(&packet.octets), ..packet };
                let second = self.packets.put(second);
                self.agenda.add(now + after, Item::Enters { host, packet: second });
                self.forward(self.node_of(host), packet);
            }
            Fate::Hold | Fate::Swap => {
                let swaps = matches!(fate, Fate::Swap);
                let Some(sent) = sent else { return self.forward(self.node_of(host), packet) };
                let trigger = if swaps { "user_swap" } else { "user_hold" };
                self.record.befell(now, &sent, Befell::Delayed(None), trigger);
                let packet = self.packets.put(packet);
                self.detained.push(Detained { target: name_of(&sent), host, packet, swaps });
            }
            Fate::Rewrite(change) => {
                if packet::rewrite(&mut packet.octets, change)
                    && let (Some(sent), Some((_, segment))) = (sent, segment_in(&packet.octets))
                {
                    let rewritten = sent.rewritten(&segment);
                    self.record.befell(now, &rewritten, Befell::Rewritten, "user_rewrite");
                    packet.sent = Some(rewritten);
                }
                self.forward(self.node_of(host), packet);
            }
        }
    }

    /// Lets a segment go that is [held](Fate::Hold); false if none of this name is.
    pub fn release(&mut self, target: Target) -> bool {
        let before = self.detained.len();
        self.let_go(|held| held.target == target);
        self.detained.len() < before
    }

    fn let_go(&mut self, is_free: impl Fn(&Detained) -> bool) {
        while let Some(at) = self.detained.iter().position(&is_free) {
            let Detained { host, packet, .. } = self.detained.remove(at);
            self.enters(host, packet);
        }
    }

    /// Takes away what is held at a host's door.
    pub(super) fn detained_of(&mut self, host: HostId) -> Vec<u32> {
        let gone = self.detained.iter().filter(|held| held.host == host).map(|held| held.packet).collect();
        self.detained.retain(|held| held.host != host);
        gone
    }

    /// A packet that was kept at its host's door goes onto the wire.
    pub(super) fn enters(&mut self, host: HostId, packet: u32) {
        if let Some(packet) = self.packets.take(packet) {
            self.forward(self.node_of(host), packet);
        }
    }

    /// Sends a packet on from a node, towards its destination.
    pub(super) fn forward(&mut self, node: NodeId, packet: Packet) {
        let destination = IpPacket::parse(&packet.octets).ok().map(|packet| packet.destination);
        match destination.and_then(|to| self.routes.next(node, to)) {
            Some((wire, way)) => self.goes_by(node, wire, way, packet),
            None => self.lose(packet, "no_route"),
        }
    }

    fn goes_by(&mut self, node: NodeId, wire: WireId, way: Way, packet: Packet) {
        let now = self.now;
        let Some(lane) = self.wires.get_mut(usize::from(wire.0)).map(|wire| &mut wire.lanes[way.index()])
        else {
            return self.lose(packet, "no_route");
        };
        match lane.send(now, packet.octets.len() as u32) {
            Passage::Lost(why) => self.lose(packet, why),
            Passage::TooBig { mtu, tell } => {
                if tell == TooBig::Icmp {
                    self.tell_too_big(node, &packet, mtu);
                }
                self.lose(packet, "mtu");
            }
            Passage::Arrives(arrival) => self.travels(wire, way, packet, arrival),
        }
    }

    fn travels(&mut self, wire: WireId, way: Way, mut packet: Packet, arrival: Arrival) {
        let now = self.now;
        if let Some(sent) = &packet.sent {
            let events = [
                (arrival.is_overtaken, Befell::Reordered, "reordering"),
                (arrival.again.is_some(), Befell::Duplicated, "duplication"),
                (arrival.flipped.is_some(), Befell::Corrupted, "corruption"),
            ];
            for (_, fate, trigger) in events.into_iter().filter(|(happens, ..)| *happens) {
                self.record.befell(now, sent, fate, trigger);
            }
        }
        if arrival.marked {
            mark_congestion(&mut packet.octets);
        }
        let epoch = arrival.epoch;
        if let Some(again) = arrival.again {
            let second = Packet { octets: self.packets.octets(&packet.octets), ..packet };
            let second = self.packets.put(second);
            self.agenda.add(again, Item::Arrives { wire, way, epoch, packet: second });
        }
        if let Some(bit) = arrival.flipped {
            flip(&mut packet.octets, bit);
        }
        let packet = self.packets.put(packet);
        self.agenda.add(arrival.at, Item::Arrives { wire, way, epoch, packet });
    }

    /// A packet comes out of a wire.
    pub(super) fn arrives(&mut self, wire: WireId, way: Way, epoch: u32, packet: u32) {
        let Some(state) = self.wires.get(usize::from(wire.0)) else { return };
        let [from, to] = state.ends;
        let node = if way == Way::There { to } else { from };
        if !state.lanes[way.index()].carries(epoch) {
            if let Some(packet) = self.packets.take(packet) {
                self.lose(packet, "cable_out");
            }
            return;
        }
        match self.nodes.get(usize::from(node.0)) {
            Some(&NodeState::Host(host)) => self.deliver(host, packet),
            Some(NodeState::Router) => {
                if let Some(packet) = self.packets.take(packet) {
                    self.forward(node, packet);
                }
            }
            Some(NodeState::Nat { .. }) => self.crosses(node, wire, packet),
            None => {}
        }
    }

    /// A packet crosses a NAT.
    fn crosses(&mut self, node: NodeId, wire: WireId, packet: u32) {
        let (now, enters) = (self.now, self.routes.is_outside(node, wire));
        let Some(mut packet) = self.packets.take(packet) else { return };
        let Some((Tuple { local, peer }, segment)) = segment_in(&packet.octets) else {
            return self.lose(packet, "nat_not_tcp");
        };
        let Some(NodeState::Nat { outside, nat }) = self.nodes.get_mut(usize::from(node.0)) else { return };
        let is_syn = segment.flags.contains(Flags::SYN) && !segment.flags.contains(Flags::ACK);
        let crossing = match enters {
            true if peer.ip() != *outside => Crossing::Unknown(Forgotten::Silent),
            true => nat.enters(now, local, peer.port()),
            false => nat.leaves(now, local, peer, is_syn),
        };
        match crossing {
            Crossing::As { source, destination, is_new } => {
                if is_new {
                    self.learns(source, local);
                }
                match packet::readdress(&mut packet.octets, source, destination) {
                    true => self.forward(node, packet),
                    false => self.lose(packet, "nat_damaged"),
                }
            }
            Crossing::Unknown(forgotten) => {
                if forgotten == Forgotten::Reset
                    && let Some(reset) = packet::reset_for(&packet.octets)
                {
                    let packet = self.sent_by(By::Between, reset);
                    self.forward(node, packet);
                }
                self.lose(packet, "nat_forgot");
            }
        }
    }

    /// A NAT has given `inside` an address: in the record, it goes by its own.
    fn learns(&mut self, outside: SocketAddr, inside: SocketAddr) {
        self.aliases.retain(|(known, _)| *known != outside);
        self.aliases.push((outside, inside));
        for host in &mut self.hosts {
            host.stack.observer_mut().set_aliases(&self.aliases);
        }
    }

    /// The two ends as they are inside of NATs.
    pub(super) fn inside(&self, tuple: Tuple) -> Tuple {
        Tuple { local: tuple.local, peer: self.inside_of(tuple.peer) }
    }

    fn inside_of(&self, at: SocketAddr) -> SocketAddr {
        let alias = self.aliases.iter().find(|(outside, _)| *outside == at);
        alias.map_or(at, |&(_, inside)| inside)
    }

    fn tell_too_big(&mut self, node: NodeId, packet: &Packet, mtu: u16) {
        let message = IpPacket::parse(&packet.octets).ok().and_then(|packet| icmp::too_big(&packet, mtu));
        let Some(octets) = message else { return };
        let message = Packet { octets, sent: None, journey: None };
        match self.nodes.get(usize::from(node.0)) {
            // Its own wire is the narrow one.
            Some(&NodeState::Host(host)) => {
                let packet = self.packets.put(message);
                self.deliver(host, packet);
            }
            _ => self.forward(node, message),
        }
    }

    fn lose(&mut self, packet: Packet, why: &'static str) {
        self.record.lost(self.now, packet.sent.as_ref(), why);
        self.packets.recycle(packet);
    }

    /// A segment that somebody else sends in the name of a host.
    fn sent_by(&mut self, by: By, octets: Vec<u8>) -> Packet {
        let journey = segment_in(&octets).map(|(Tuple { local, peer }, segment)| {
            let ends = Tuple { local: self.inside_of(local), peer: self.inside_of(peer) };
            Journey::new(self.now, ends, &segment, by)
        });
        let journey = journey.and_then(|journey| sets_out(&mut self.journeys, journey));
        Packet { octets, sent: None, journey }
    }

    /// Puts a segment before a host as if it came out of its wire.
    pub(super) fn put_before(&mut self, host: HostId, octets: Vec<u8>, sent: Option<Transmission>) {
        let packet = Packet { sent, ..self.sent_by(By::Stranger, octets) };
        let packet = self.packets.put(packet);
        self.deliver(host, packet);
    }

    /// The moment as the agenda counts it: nothing happens in the past.
    pub(super) fn not_before_now(&self, at: Instant) -> Instant {
        at.max(self.now)
    }
}

impl Target {
    /// True if it was sent by the same end of the same connection, and earlier.
    fn is_before(self, other: Self) -> bool {
        let key = |target: Self| (target.group, target.id.sender);
        key(self) == key(other) && self.id.count < other.id.count
    }
}

fn name_of(sent: &Transmission) -> Target {
    Target { group: sent.group, id: sent.segment.id }
}

/// The segment in a packet, and its two ends: where it comes from, where it goes.
pub(super) fn segment_in(octets: &[u8]) -> Option<(Tuple, Segment<'_>)> {
    let packet = IpPacket::parse(octets).ok().filter(|packet| packet.protocol == Protocol::Tcp)?;
    let segment = Segment::parse(packet.payload).ok()?;
    let local = SocketAddr::new(packet.source, segment.source);
    let peer = SocketAddr::new(packet.destination, segment.destination);
    Some((Tuple { local, peer }, segment))
}

/// Notes a journey, and gives its number.
fn sets_out(journeys: &mut Vec<Journey>, journey: Journey) -> Option<u32> {
    journeys.push(journey);
    u32::try_from(journeys.len() - 1).ok()
}

/// Turns one bit over behind the IP header.
fn flip(octets: &mut [u8], bit: u64) {
    let header = if octets.first().is_some_and(|first| first >> 4 == 4) { 20 } else { 40 };
    let bits = (octets.len().saturating_sub(header) * 8) as u64;
    if let Some(bit) = bit.checked_rem(bits)
        && let Some(octet) = octets.get_mut(header + (bit / 8) as usize)
    {
        *octet ^= 1 << (bit % 8);
    }
}

/// Says "congestion experienced" in the IP header, where the sender said that it listens (RFC 3168 §5).
fn mark_congestion(octets: &mut [u8]) {
    match octets.first().map(|first| first >> 4) {
        Some(4) => {
            let Some(&ecn) = octets.get(1) else { return };
            if ecn & 3 == 0 {
                return;
            }
            octets[1] = ecn | 3;
            sum_header(octets);
        }
        Some(6) if octets.get(1).is_some_and(|traffic| traffic & 0x30 != 0) => octets[1] |= 0x30,
        _ => {}
    }
}

/// Puts the checksum of an IPv4 header right (RFC 791 §3.1).
fn sum_header(octets: &mut [u8]) {
    octets[10..12].fill(0);
    let mut sum = Sum::new();
    sum.add(&octets[..20]);
    octets[10..12].copy_from_slice(&sum.finish().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::tcp;

    fn packet(source: &str, destination: &str, ecn: u8) -> Vec<u8> {
        let (source, destination) =
            (source.parse().expect("an address"), destination.parse().expect("an address"));
        let mut octets = tcp(source, destination, &Segment::default(), b"hello").expect("it fits");
        if source.is_ipv4() {
            octets[1] |= ecn;
            sum_header(&mut octets);
        } else {
            octets[1] |= ecn << 4;
        }
        octets
    }

    fn ecn(octets: &[u8]) -> u8 {
        if octets[0] >> 4 == 4 { octets[1] & 3 } else { octets[1] >> 4 & 3 }
    }

    /// RFC 3168 §5: who said ECT(0) or ECT(1) may be told CE, and nobody else.
    #[test]
    fn congestion_is_marked_where_the_sender_listens_and_the_header_stays_right() {
        for (source, destination) in [("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")] {
            for said in 0..4 {
                let mut octets = packet(source, destination, said);
                mark_congestion(&mut octets);
                assert_eq!(ecn(&octets), if said == 0 { 0 } else { 3 });
                assert!(IpPacket::parse(&octets).is_ok(), "{source}, {said}");
            }
        }
    }

    #[test]
    fn whichever_bit_is_turned_over_the_checksum_tells() {
        for (source, destination) in [("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")] {
            let whole = packet(source, destination, 0);
            for bit in 0..25 * 8 {
                let mut damaged = whole.clone();
                flip(&mut damaged, bit);
                let parsed = IpPacket::parse(&damaged).expect("the IP header is whole");
                assert!(!packet::is_whole(&parsed), "bit {bit}");
            }
        }
    }
}
