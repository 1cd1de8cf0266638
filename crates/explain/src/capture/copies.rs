//! Packets that a capture holds twice.

use std::time::Duration;

use cordial_tcp::Instant;
use cordial_wire::{Flags, SeqNum};

use super::packet::Tcp;

/// The longest time between two copies that a router or a bridge puts there.
const BETWEEN_COPIES: Duration = Duration::from_millis(3);

/// The last packets of a direction, by what does not change between two points of one network.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Copies {
    last: [Option<Print>; 4],
    place: u8,
}

impl Copies {
    /// True if this packet was seen before; else it is remembered. `heard` is how many packets of the other end passed
    /// so far, `is_usual` if most packets of the connection come twice.
    pub(super) fn has(&mut self, packet: &Tcp, heard: u32, is_usual: bool) -> bool {
        let print = Print::of(packet, heard);
        if self.last.iter().flatten().any(|earlier| earlier.is_copied_by(&print, is_usual)) {
            return true;
        }
        if let Some(slot) = self.last.get_mut(usize::from(self.place)) {
            *slot = Some(print);
        }
        self.place = (self.place + 1) % 4;
        false
    }
}

/// What two copies of a packet have in common, and what two packets that say the same may differ in.
#[derive(Clone, Copy, Debug)]
struct Print {
    time: Instant,
    seq: SeqNum,
    ack: Option<SeqNum>,
    flags: Flags,
    window: u16,
    payload_len: u32,
    timestamp: Option<u32>,
    ip_id: Option<u16>,
    /// Interface, time to live, VLAN: where it was seen.
    place: (u32, u8, Option<u16>),
    /// Packets of the other end before it.
    heard: u32,
}

impl Print {
    fn of(packet: &Tcp, heard: u32) -> Self {
        let wire = &packet.on_wire;
        Self {
            time: packet.time,
            seq: packet.seq,
            ack: packet.ack,
            flags: packet.flags,
            window: packet.window,
            payload_len: packet.payload_len,
            timestamp: packet.options.timestamps.map(|timestamps| timestamps.value),
            // A host that forbids fragments may leave it 0.
            ip_id: wire.ip_id.filter(|&id| id != 0),
            place: (wire.interface, wire.ttl, wire.vlan),
            heard,
        }
    }

    fn is_copied_by(&self, later: &Self, is_usual: bool) -> bool {
        let is_same = self.seq == later.seq
            && self.ack == later.ack
            && self.flags == later.flags
            && self.window == later.window
            && self.payload_len == later.payload_len
            && self.timestamp == later.timestamp
            && self.ip_id == later.ip_id;
        if !is_same || later.time.since(self.time) > BETWEEN_COPIES {
            return false;
        }
        // Nobody sends the same octets, SYN or FIN again so soon, unless the other end asks for it. A bare
        // acknowledgment may well be said twice.
        let takes_positions =
            self.payload_len > 0 || self.flags.contains(Flags::SYN) || self.flags.contains(Flags::FIN);
        let was_asked = self.heard != later.heard;
        self.ip_id.is_some() || is_usual || self.place != later.place || (takes_positions && !was_asked)
    }
}
