//! Chance that the search deals.

use cordial_stack::{Chance, Instant, Tuple};
use cordial_wire::SeqNum;

/// Initial sequence numbers as a scenario lays them down, one for each draw; the last one stays. Everything else that a
/// stack leaves to chance is a fixed row: it decides about keys of tables, never about what TCP does.
#[derive(Clone, Debug)]
pub struct Dealt {
    numbers: &'static [u32],
    drawn: u8,
    words: u64,
}

impl Dealt {
    /// Deals these.
    pub const fn new(numbers: &'static [u32]) -> Self {
        Self { numbers, drawn: 0, words: 0 }
    }

    /// How many numbers were drawn: the only thing about it that decides the future.
    pub const fn drawn(&self) -> u8 {
        self.drawn
    }

    /// What a host that was switched off and on goes on with: its numbers follow, its keys are dealt anew.
    pub const fn rebooted(&self) -> Self {
        Self { words: 0, ..*self }
    }
}

impl Chance for Dealt {
    fn isn(&mut self, _: Instant, _: &Tuple) -> SeqNum {
        let at = usize::from(self.drawn).min(self.numbers.len().saturating_sub(1));
        self.drawn = self.drawn.saturating_add(1);
        SeqNum(self.numbers.get(at).copied().unwrap_or_default())
    }

    fn u64(&mut self) -> u64 {
        self.words += 1;
        self.words
    }

    /// Both ends' clocks count from the same moment, in every life.
    fn ts_offset(&mut self, _: &Tuple) -> u32 {
        0
    }
}
