//! Chance in handy pieces.

use std::ops::RangeInclusive;
use std::time::Duration;

use fastrand::Rng;

/// Dice whose throws follow from a seed.
pub(super) struct Dice(Rng);

impl Dice {
    pub fn new(seed: u64) -> Self {
        // Unlike the generators of the simulated network, which follow from the same seed.
        Self(Rng::with_seed(seed ^ 0x5357_4152_4d53_5741))
    }

    /// True so often.
    pub fn percent(&mut self, chance: u32) -> bool {
        self.0.u32(0..100) < chance
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.0.usize(0..of.len())]
    }

    pub fn number(&mut self, range: RangeInclusive<u32>) -> u32 {
        self.0.u32(range)
    }

    pub fn any(&mut self) -> u32 {
        self.0.u32(..)
    }

    /// So many seconds and a fraction: two moments that are drawn hardly ever fall together.
    pub fn span(&mut self, seconds: RangeInclusive<u32>) -> Duration {
        Duration::from_secs(self.number(seconds).into()) + Duration::from_micros(self.0.u64(1..1_000_000))
    }

    /// Up to so many milliseconds, in microseconds.
    pub fn millis(&mut self, most: u64) -> Duration {
        Duration::from_micros(self.0.u64(0..=most * 1_000))
    }

    /// A moment soon after the beginning, mostly; at times later.
    pub fn soon(&mut self) -> Duration {
        match self.number(0..=9) {
            0..=5 => self.millis(60),
            6..=8 => self.millis(1_500),
            _ => self.millis(15_000),
        }
    }

    /// How many octets a call is about: mostly few.
    pub fn size(&mut self) -> u64 {
        let most = match self.number(0..=99) {
            0..=9 => 1,
            10..=49 => 100,
            50..=79 => 3_000,
            80..=93 => 20_000,
            94..=98 => 120_000,
            _ => 700_000,
        };
        self.0.u64(1..=most)
    }
}
