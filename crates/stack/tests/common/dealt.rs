//! Chance that deals the numbers a test wants.

use std::collections::VecDeque;

use cordial_stack::{Chance, Instant, Seeded, Tuple};
use cordial_wire::SeqNum;

/// Initial sequence numbers as given, one by one; when they are used up, and for everything else, [`Seeded`].
#[derive(Clone, Debug)]
pub struct Dealt {
    numbers: VecDeque<u32>,
    rest: Seeded,
}

impl Dealt {
    pub fn new(seed: u8, numbers: &[u32]) -> Self {
        Self { numbers: numbers.iter().copied().collect(), rest: Seeded::new([seed; 32]) }
    }
}

impl Chance for Dealt {
    fn isn(&mut self, now: Instant, tuple: &Tuple) -> SeqNum {
        self.numbers.pop_front().map_or_else(|| self.rest.isn(now, tuple), SeqNum)
    }

    fn u64(&mut self) -> u64 {
        self.rest.u64()
    }

    fn ts_offset(&mut self, tuple: &Tuple) -> u32 {
        self.rest.ts_offset(tuple)
    }
}
