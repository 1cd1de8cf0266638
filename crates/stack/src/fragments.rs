//! Packets that arrive in pieces.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use core::time::Duration;

use cordial_ip::{Fragment, Progress, Reassembly};
use cordial_tcp::Instant;

/// How long the rest of a packet may take (RFC 8200 §4.5; RFC 1122 §3.3.2 asks for as much).
const PATIENCE: Duration = Duration::from_secs(60);

/// Packets in pieces at once. Each fragment looks at all of them, so they are few.
const PACKETS: usize = 64;

/// Packets of which some fragments have arrived. Over the bounds the oldest goes: what is newer is likelier to become
/// whole. Nobody is told of what is given up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    /// Oldest first, so by deadline.
    packets: VecDeque<(Instant, Reassembly)>,
    /// What they cost together.
    cost: usize,
}

impl Waiting {
    /// Takes a fragment. Gives the packet if that was the last of it, else how many packets were given up.
    pub fn add(&mut self, now: Instant, fragment: &Fragment<'_>, limit: u32) -> Result<Vec<u8>, u64> {
        // The whole packet in one fragment has to do with no other (RFC 6946 §4).
        if fragment.offset == 0 && !fragment.more {
            return match Reassembly::new(fragment.key).add(fragment) {
                Progress::Whole(packet) => Ok(packet),
                Progress::Waiting | Progress::Refused => Err(1),
            };
        }
        let known = self.packets.iter().rposition(|(_, packet)| *packet.key() == fragment.key);
        let at = known.unwrap_or_else(|| self.begin(now, fragment));
        let Some((_, packet)) = self.packets.get_mut(at) else { return Err(0) };
        self.cost = self.cost.saturating_sub(packet.cost());
        let progress = packet.add(fragment);
        self.cost += packet.cost();
        match progress {
            Progress::Whole(whole) => {
                self.remove(at);
                Ok(whole)
            }
            Progress::Waiting => Err(self.shrink(limit as usize)),
            Progress::Refused => Err(1),
        }
    }

    fn begin(&mut self, now: Instant, fragment: &Fragment<'_>) -> usize {
        let packet = Reassembly::new(fragment.key);
        self.cost += packet.cost();
        self.packets.push_back((now + PATIENCE, packet));
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

    fn remove(&mut self, at: usize) {
        if let Some((_, packet)) = self.packets.remove(at) {
            self.cost = self.cost.saturating_sub(packet.cost());
        }
    }

    /// Gives up what has waited too long, and says how many that were.
    pub fn expire(&mut self, now: Instant) -> u64 {
        let mut given_up = 0;
        while self.packets.front().is_some_and(|&(over, _)| over <= now) {
            self.remove(0);
            given_up += 1;
        }
        given_up
    }

    /// When the first has waited too long.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.packets.front().map(|&(over, _)| over)
    }

    /// Feeds what waits into `h`, moments as seen from `now`.
    pub fn fingerprint(&self, now: Instant, h: &mut impl Hasher) {
        let Self { packets, cost: _ } = self;
        for (over, packet) in packets {
            (over.since(now), packet).hash(h);
        }
    }
}
