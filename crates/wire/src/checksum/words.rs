//! The loops: sums of little-endian words, modulo 2⁶⁴ − 1.
//!
//! In ones-complement arithmetic 2¹⁶ counts as one, and so does 2⁶⁴: eight octets are added at a time, each carry
//! into the next word, and nothing is folded to sixteen bits before the end. Every lane is such a chain of carries,
//! and no lane waits for another.

/// Octets that one lane takes in a row.
const RUN: usize = 64;
/// Lanes.
const LANES: usize = 2;
/// Octets taken in one turn of the loop.
const BLOCK: usize = LANES * RUN;
/// Copied in one go before it is summed: small enough to be in the first-level cache still, large enough that
/// copying runs at its full speed.
const COPIED: usize = 4096;

/// The sum of `octets`, what is missing of the last word counting as zeros.
#[inline]
pub(super) fn sum(octets: &[u8]) -> u64 {
    let (blocks, rest) = octets.as_chunks::<BLOCK>();
    let mut lanes = [0; LANES];
    let mut carries = 0;
    for block in blocks {
        let (runs, _) = block.as_chunks::<RUN>();
        for (lane, run) in lanes.iter_mut().zip(runs) {
            let (words, _) = run.as_chunks::<8>();
            carries += add_words(lane, words);
        }
    }
    let (words, last) = rest.as_chunks::<8>();
    let total = lanes.into_iter().fold(carries, add);
    let rest = words.iter().fold(partial(last), |sum, word| add(sum, u64::from_le_bytes(*word)));
    add(total, rest)
}

/// Adds words to a lane, each with the carry of the one before; the last carry.
#[inline]
fn add_words(lane: &mut u64, words: &[[u8; 8]]) -> u64 {
    let mut carry = false;
    for word in words {
        (*lane, carry) = lane.carrying_add(u64::from_le_bytes(*word), carry);
    }
    u64::from(carry)
}

/// The sum of two, where 2⁶⁴ counts as one.
#[inline]
pub(super) const fn add(a: u64, b: u64) -> u64 {
    let (sum, carry) = a.overflowing_add(b);
    // A carry leaves at most 2⁶⁴ − 2 behind, so one more does not overflow.
    sum + carry as u64
}

/// Copies `src` to `dst`, which is as long, and returns the sum.
#[inline]
pub(super) fn copy_and_sum(dst: &mut [u8], src: &[u8]) -> u64 {
    let mut total = 0;
    for (dst, src) in dst.chunks_mut(COPIED).zip(src.chunks(COPIED)) {
        dst.copy_from_slice(src);
        total = add(total, sum(src));
    }
    total
}

/// Adds the carries back in until sixteen bits are left (RFC 1071 §2 (C)).
#[inline]
pub(super) const fn fold(sum: u64) -> u16 {
    let sum = (sum >> 32) + (sum & 0xffff_ffff);
    let sum = (sum >> 32) + (sum & 0xffff_ffff);
    let sum = (sum >> 16) + (sum & 0xffff);
    let sum = (sum >> 16) + (sum & 0xffff);
    ((sum >> 16) + (sum & 0xffff)) as u16
}

/// Fewer than eight octets as a word filled up with zeros.
#[inline]
fn partial(octets: &[u8]) -> u64 {
    octets.iter().rev().fold(0, |word, &octet| word << 8 | u64::from(octet))
}
