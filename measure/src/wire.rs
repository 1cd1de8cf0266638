//! One direction of a wire in memory: whole packets, in order.

use std::collections::VecDeque;

/// Packets under way at most: more than any measurement here has, so that no sender is held up half way.
const DEPTH: usize = 4_096;

/// Packets under way, and buffers to use again.
#[derive(Default)]
pub struct Wire {
    packets: VecDeque<Vec<u8>>,
    spare: Vec<Vec<u8>>,
    carried: u64,
}

impl Wire {
    /// True if another packet may be put on.
    pub fn has_room(&self) -> bool {
        self.packets.len() < DEPTH
    }

    /// True if nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Packets put on since the beginning.
    pub fn carried(&self) -> u64 {
        self.carried
    }

    /// Puts a packet of `len` octets on; `fill` writes it.
    pub fn put<R>(&mut self, len: usize, fill: impl FnOnce(&mut [u8]) -> R) -> R {
        let mut packet = self.spare.pop().unwrap_or_default();
        packet.resize(len, 0);
        let result = fill(&mut packet);
        self.packets.push_back(packet);
        self.carried += 1;
        result
    }

    /// Takes the oldest packet off; give its buffer [`back`](Self::back).
    pub fn take(&mut self) -> Option<Vec<u8>> {
        self.packets.pop_front()
    }

    /// Takes a buffer back.
    pub fn back(&mut self, packet: Vec<u8>) {
        self.spare.push(packet);
    }
}
