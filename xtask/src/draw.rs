//! Drawing by a seed.

/// Brings the items into an order that the seed alone decides, whatever order they were in.
pub fn shuffle<T: Ord>(items: &mut [T], seed: u64) {
    items.sort();
    let mut state = seed;
    for last in (1..items.len()).rev() {
        let other = (u128::from(next(&mut state)) * (last as u128 + 1)) >> 64;
        items.swap(last, other as usize);
    }
}

/// SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut word = *state;
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_an_order() {
        let drawn = |mut items: Vec<u32>, seed| {
            shuffle(&mut items, seed);
            items
        };
        let all: Vec<u32> = (0..50).collect();
        let other_way: Vec<u32> = (0..50).rev().collect();
        assert_eq!(drawn(all.clone(), 1), drawn(other_way, 1), "however they were listed");
        assert_ne!(drawn(all.clone(), 1), drawn(all.clone(), 2));
        let mut sorted = drawn(all.clone(), 1);
        sorted.sort_unstable();
        assert_eq!(sorted, all, "none is lost");
    }
}
