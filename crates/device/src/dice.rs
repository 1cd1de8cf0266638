//! Chance from a seed.

/// Numbers that look drawn, the same for the same seed: enough for faults, and for nothing that anyone must not guess.
///
/// Steele, Lea, Flood: "Fast splittable pseudorandom number generators" (2014).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall as this seed has it.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Dice of their own for a place in the run: they fall the same however often others were thrown.
    #[must_use]
    pub fn at(&self, place: u64) -> Self {
        let mut dice = Self(self.0 ^ place.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        Self(dice.next())
    }

    /// A number below `bound`, which is small: the bias is below one in 2⁴⁴ for a million.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_next_to_each_other_have_nothing_in_common() {
        let dice = Dice::new(7);
        let hits = |place: u64| (0..64).filter(|&at| dice.at(place).at(at).below(2) == 0).count();
        for place in 0..64 {
            // 64 throws of a coin stay within 4.5 standard deviations.
            assert!((14..=50).contains(&hits(place)), "{place}: {}", hits(place));
        }
        let same =
            (0..1_000).filter(|&at| dice.at(1).at(at).below(100) == dice.at(2).at(at).below(100)).count();
        assert!(same < 40, "{same}");
    }

    #[test]
    fn every_number_below_the_bound_is_drawn() {
        let mut dice = Dice::new(1);
        let mut counts = [0; 10];
        for _ in 0..10_000 {
            counts[dice.below(10) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (850..1_150).contains(count)), "{counts:?}");
    }
}
