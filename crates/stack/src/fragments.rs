//! Packets that arrive in pieces.
//!
//! Putting them together: RFC 791 §3.2.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use core::time::Duration;

use cordial_ip::{Fragment, Progress, Reassembly};
use cordial_tcp::Instant;

use crate::LinkId;

/// How long the rest of a packet may take (RFC 8200 §4.5; RFC 1122 §3.3.2 asks for as much).
const PATIENCE: Duration = Duration::from_secs(60);

/// Packets in pieces at once. Each fragment looks at all of them, so they are few.
const PACKETS: usize = 64;

/// Octets of a first fragment that are kept, to be quoted should the others not come: what an ICMPv6 error has room for.
const QUOTED: usize = 1280 - 48;

/// Packets of which some fragments have arrived. Over the bounds the oldest goes: what is newer is likelier to become
/// whole.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    /// Oldest first, so by deadline.
    packets: VecDeque<Pieces>,
    /// What they cost together.
    cost: usize,
}

/// A packet in pieces.
#[derive(Clone, Debug)]
struct Pieces {
    /// When the rest has taken too long.
    over: Instant,
    packet: Reassembly,
    /// The beginning of the first fragment, once it has arrived.
    first: Vec<u8>,
    link: LinkId,
}

impl Pieces {
    fn cost(&self) -> usize {
        self.packet.cost() + self.first.capacity()
    }
}

/// A packet of which the rest did not come.
pub(crate) struct TimedOut {
    /// The beginning of its first fragment; empty if that never came, or the packet was refused.
    pub first: Vec<u8>,
    pub link: LinkId,
}

impl Waiting {
    /// Octets of memory that they take.
    pub fn cost(&self) -> usize {
        self.cost
    }

    /// Takes a fragment, which came as `octets`. Gives the packet if that was the last of it, else how many packets were
    /// given up.
    pub fn add(
        &mut self,
        now: Instant,
        link: LinkId,
        fragment: &Fragment<'_>,
        octets: &[u8],
        limit: u32,
    ) -> Result<Vec<u8>, u64> {
        // The whole packet in one fragment has to do with no other (RFC 6946 §4).
        if fragment.offset == 0 && !fragment.more {
            return match Reassembly::new(fragment.key).add(fragment) {
                Progress::Whole(packet) => Ok(packet),
                Progress::Waiting | Progress::Refused => Err(1),
            };
        }
        let known = self.packets.iter().rposition(|pieces| *pieces.packet.key() == fragment.key);
        let at = known.unwrap_or_else(|| self.begin(now, link, fragment));
        let Some(pieces) = self.packets.get_mut(at) else { return Err(0) };
        self.cost = self.cost.saturating_sub(pieces.cost());
        let progress = pieces.packet.add(fragment);
        if progress == Progress::Refused {
            pieces.first = Vec::new();
        } else if fragment.offset == 0 && pieces.first.is_empty() {
            pieces.first = octets.get(..QUOTED).unwrap_or(octets).to_vec();
        }
        self.cost += pieces.cost();
        match progress {
            Progress::Whole(whole) => {
                self.remove(at);
                Ok(whole)
            }
            Progress::Waiting => Err(self.shrink(limit as usize)),
            Progress::Refused => Err(1),
        }
    }

    fn begin(&mut self, now: Instant, link: LinkId, fragment: &Fragment<'_>) -> usize {
        let packet = Reassembly::new(fragment.key);
        let pieces = Pieces { over: now + PATIENCE, packet, first: Vec::new(), link };
        self.cost += pieces.cost();
        self.packets.push_back(pieces);
        self.packets.len() - 1
    }

    fn shrink(&mut self, limit: usize) -> u64 {
        let mut given_up = 0;
        while self.packets.len() > PACKETS || (self.cost > limit && !self.packets.is_empty()) {
            self.remove(0);
            given_up += 1;
        }
        given_up
    }

    fn remove(&mut self, at: usize) -> Option<Pieces> {
        let pieces = self.packets.remove(at)?;
        self.cost = self.cost.saturating_sub(pieces.cost());
        Some(pieces)
    }

    /// Gives up the oldest, if it has waited too long.
    pub fn expire(&mut self, now: Instant) -> Option<TimedOut> {
        self.packets.front().filter(|pieces| pieces.over <= now)?;
        self.remove(0).map(|Pieces { first, link, .. }| TimedOut { first, link })
    }

    /// When the first has waited too long.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.packets.front().map(|pieces| pieces.over)
    }

    /// Feeds what waits into `h`, moments as seen from `now`.
    pub fn fingerprint(&self, now: Instant, h: &mut impl Hasher) {
        let Self { packets, cost: _ } = self;
        for Pieces { over, packet, first, link } in packets {
            (over.since(now), packet, first, link.0).hash(h);
        }
    }
}
