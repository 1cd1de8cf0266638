//! What a SYN cookie leaves out and a timestamp's echo brings back.

use super::{SACK, SCALE, SCALING};

/// The lowest bits of a timestamp that tell what a SYN offered, in place of the milliseconds they would count:
///
/// ```text
///  31              6    5    4   3     0
/// |     clock       | ECN |SACK| shift  |      a shift of 15: no scaling
/// ```
///
/// The bit for ECN is kept, and is zero as long as that is agreed on with nobody.
const BITS: u32 = 6;
const MASK: u32 = (1 << BITS) - 1;
const SACK_BIT: u32 = 1 << 4;
const NO_SCALING: u32 = 15;

/// The latest timestamp not after `clock` that tells `agreed`: 63 ms old at most, so that what follows it is never older.
pub(super) fn telling(clock: u32, agreed: u8) -> u32 {
    let shift = if agreed & SCALING == 0 { NO_SCALING } else { u32::from(agreed & SCALE) };
    let sack = if agreed & SACK == 0 { 0 } else { SACK_BIT };
    let told = clock & !MASK | sack | shift;
    if told & MASK > clock & MASK { told.wrapping_sub(1 << BITS) } else { told }
}

/// What a timestamp that came back tells.
pub(super) fn told(echo: u32) -> u8 {
    let sack = if echo & SACK_BIT == 0 { 0 } else { SACK };
    match (echo & u32::from(SCALE)) as u8 {
        15 => sack,
        shift => sack | SCALING | shift,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC4987-3.6-c.
    #[test]
    fn every_offer_comes_back_and_the_clock_is_hardly_touched() {
        let shifts = (0..=14).map(|shift| SCALING | shift).chain([0]);
        for agreed in shifts.flat_map(|shift| [shift, shift | SACK]) {
            for clock in [0, 1, 63, 64, 1000, 1 << 31, u32::MAX] {
                let value = telling(clock, agreed);
                assert_eq!(told(value), agreed, "clock {clock}");
                assert!(clock.wrapping_sub(value) < 64, "{value} at {clock}");
            }
        }
    }
}
