//! One direction of a wire that takes time.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;

use crate::wire::Wire;

/// IPv4 packets under way, each as long as every other.
pub struct Line {
    delay: u64,
    /// Where a host puts its packets.
    pub entry: Wire,
    under_way: VecDeque<(u64, Vec<u8>)>,
    /// SYNs without ACK that entered, by the port they came from.
    syns: BTreeMap<u16, u32>,
}

impl Line {
    /// A line on which a packet takes `delay` nanoseconds.
    pub fn new(delay: u64) -> Self {
        Self { delay, entry: Wire::default(), under_way: VecDeque::new(), syns: BTreeMap::new() }
    }

    /// Sends what was put into `entry` off, as far as it goes to the right place.
    pub fn enter(&mut self, now: u64, is_for_us: impl Fn(Ipv4Addr) -> bool) {
        while let Some(packet) = self.entry.take() {
            if destination(&packet).is_some_and(&is_for_us) {
                if let Some(port) = syn_from(&packet) {
                    *self.syns.entry(port).or_default() += 1;
                }
                self.under_way.push_back((now + self.delay, packet));
            } else {
                self.entry.back(packet);
            }
        }
    }

    /// Hands over what arrives by `now`; says how much.
    pub fn deliver(&mut self, now: u64, to: &mut Wire) -> u64 {
        let mut count = 0;
        while self.under_way.front().is_some_and(|&(due, _)| due <= now) {
            let Some((_, packet)) = self.under_way.pop_front() else { break };
            to.put(packet.len(), |room| room.copy_from_slice(&packet));
            self.entry.back(packet);
            count += 1;
        }
        count
    }

    /// When the next packet arrives.
    pub fn next(&self) -> Option<u64> {
        self.under_way.front().map(|&(due, _)| due)
    }

    /// SYNs that came from this port.
    pub fn syns_from(&self, port: u16) -> u32 {
        self.syns.get(&port).copied().unwrap_or(0)
    }
}

fn destination(packet: &[u8]) -> Option<Ipv4Addr> {
    packet.get(16..20)?.first_chunk::<4>().map(|octets| Ipv4Addr::from(*octets))
}

/// The port that a SYN without ACK comes from.
fn syn_from(packet: &[u8]) -> Option<u16> {
    let segment = packet.get(20..)?;
    let flags = segment.get(13)?;
    (flags & 0x12 == 0x02).then(|| u16::from_be_bytes([segment[0], segment[1]]))
}
