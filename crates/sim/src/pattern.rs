//! What programs write: octets that tell where they belong.

/// The octet at a position of a stream; each write side of each connection is a stream with a number of its own.
///
/// At one position, streams whose numbers differ by less than 64 have different octets, so that an octet of another
/// connection, or of the other direction, is seen. Along a stream the octets follow no short period, so that one that is
/// missing or comes twice is seen. All are letters, digits, `-` or `_`, for people to read.
pub fn octet(stream: u32, position: u64) -> u8 {
    const LETTERS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    // The steps of SplitMix64's output function, which spread neighbouring positions over all values.
    let mut mixed = position.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let place = (mixed ^ (mixed >> 31)).wrapping_add(u64::from(stream).wrapping_mul(37));
    LETTERS[(place % 64) as usize]
}

/// Fills `out` with the octets from a position on.
pub(crate) fn fill(stream: u32, position: u64, out: &mut [u8]) {
    for (place, at) in out.iter_mut().zip(position..) {
        *place = octet(stream, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_at_every_position() {
        for position in (0..1_000).chain([1 << 20, u64::MAX]) {
            let mut seen: Vec<u8> = (7..71).map(|stream| octet(stream, position)).collect();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), 64, "position {position}");
        }
    }

    #[test]
    fn a_stream_moved_by_some_octets_is_another() {
        for shift in 1..300 {
            let same = (0..300).filter(|&at| octet(1, at) == octet(1, at + shift)).count();
            assert!(same < 30, "shift {shift}: {same} octets are the same");
        }
    }
}
