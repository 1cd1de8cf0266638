//! The Internet checksum (RFC 1071).
//!
//! A checksum is the complement of a ones-complement sum of 16-bit words. Such a sum may be taken in any order, in
//! wider words, and with the octets of every word swapped, so it is taken here eight octets at a time in
//! little-endian order and put right at the end (RFC 1071 §2).

mod words;

/// A ones-complement sum in the making.
///
/// What is added counts as one run of octets: a piece may end in the middle of a word and the next one goes on
/// there. So a checksum can be taken over a header and then over each slice of a payload.
///
/// ```
/// use cordial_wire::checksum::Sum;
///
/// let mut sum = Sum::new();
/// sum.add(&[0x00, 0x01, 0xf2]);
/// sum.add(&[0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
/// assert_eq!(sum.fold(), 0xddf2); // the example of RFC 1071 §3
/// assert_eq!(sum.finish(), !0xddf2);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sum {
    /// The sum in little-endian order, modulo 2⁶⁴ − 1.
    total: u64,
    /// The next octet is the second of its word.
    odd: bool,
}

impl Sum {
    /// The sum of nothing.
    #[inline]
    pub const fn new() -> Self {
        Self { total: 0, odd: false }
    }

    /// The sum of the pseudo-header over IPv4 (RFC 9293 §3.1): `length` octets of transport header and data.
    #[inline]
    pub fn pseudo_v4(source: [u8; 4], destination: [u8; 4], protocol: u8, length: u32) -> Self {
        let total = le32(source) + le32(destination) + tail(protocol, length);
        Self { total, odd: false }
    }

    /// The sum of the pseudo-header over IPv6 (RFC 8200 §8.1): `length` octets of transport header and data.
    #[inline]
    pub fn pseudo_v6(source: [u8; 16], destination: [u8; 16], protocol: u8, length: u32) -> Self {
        let addresses = words::add(words::sum(&source), words::sum(&destination));
        Self { total: words::add(addresses, tail(protocol, length)), odd: false }
    }

    /// Goes on from a sum that was folded before, such as the partial checksum a device was given.
    #[inline]
    pub fn resume(folded: u16) -> Self {
        Self { total: u64::from(folded.swap_bytes()), odd: false }
    }

    /// Adds the next piece.
    #[inline]
    pub fn add(&mut self, octets: &[u8]) {
        self.append(words::sum(octets), octets.len());
    }

    /// Copies as much of `src` as `dst` holds, adds it, and says how many octets that was.
    #[inline]
    pub fn copy_and_add(&mut self, dst: &mut [u8], src: &[u8]) -> usize {
        let count = dst.len().min(src.len());
        if let (Some(dst), Some(src)) = (dst.get_mut(..count), src.get(..count)) {
            self.append(words::copy_and_sum(dst, src), count);
        }
        count
    }

    /// The sum as a 16-bit number in the usual order, not complemented: what a device that completes a checksum
    /// expects to find in the field.
    #[inline]
    pub fn fold(self) -> u16 {
        words::fold(self.total).swap_bytes()
    }

    /// The checksum: the complement of [`fold`](Self::fold). Write it with `to_be_bytes`.
    ///
    /// UDP sends 0xffff where this is 0 (RFC 768); that is the caller's to do.
    #[inline]
    pub fn finish(self) -> u16 {
        !self.fold()
    }

    /// Puts a piece behind what is there. In the middle of a word all its octets move one place on.
    #[inline]
    fn append(&mut self, piece: u64, len: usize) {
        let piece = if self.odd { piece.rotate_left(8) } else { piece };
        self.total = words::add(self.total, piece);
        self.odd ^= len % 2 == 1;
    }
}

/// True if `octets`, their checksum field included, agree with it; `pseudo` is the sum of the pseudo-header.
#[inline]
pub fn verify(pseudo: Sum, octets: &[u8]) -> bool {
    let mut sum = pseudo;
    sum.add(octets);
    sum.fold() == u16::MAX
}

/// The half of both pseudo-headers that is the same.
#[inline]
fn tail(protocol: u8, length: u32) -> u64 {
    le32(length.to_be_bytes()) + le32([0, 0, 0, protocol])
}

#[inline]
fn le32(octets: [u8; 4]) -> u64 {
    u64::from(u32::from_le_bytes(octets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_may_be_taken_up_again_from_its_fold() {
        let mut whole = Sum::pseudo_v4([192, 0, 2, 1], [198, 51, 100, 7], 6, 25);
        let mut resumed = Sum::resume(whole.fold());
        whole.add(b"and the rest of the story");
        resumed.add(b"and the rest of the story");
        assert_eq!(whole.finish(), resumed.finish());
    }

    #[test]
    fn pseudo_headers_are_summed_as_if_written_out() {
        let (a, b) = ([10, 0, 0, 1], [10, 255, 3, 2]);
        let mut written = Sum::new();
        written.add(&a);
        written.add(&b);
        written.add(&[0, 6, 0x12, 0x34]);
        assert_eq!(Sum::pseudo_v4(a, b, 6, 0x1234).fold(), written.fold());

        let (a, b) = ([0xfd; 16], [0x3b; 16]);
        let mut written = Sum::new();
        written.add(&a);
        written.add(&b);
        written.add(&[0, 1, 0x86, 0xa3, 0, 0, 0, 17]);
        assert_eq!(Sum::pseudo_v6(a, b, 17, 0x186a3).fold(), written.fold());
    }

    #[test]
    fn a_copy_is_cut_to_the_room_there_is() {
        let mut dst = [0; 3];
        let mut sum = Sum::new();
        assert_eq!(sum.copy_and_add(&mut dst, &[1, 2, 3, 4, 5]), 3);
        assert_eq!(dst, [1, 2, 3]);
        assert_eq!(sum.fold(), 0x0102 + 0x0300);
        assert_eq!(sum.copy_and_add(&mut [0; 4], &[9]), 1);
        assert_eq!(sum.fold(), 0x0102 + 0x0309, "the copy goes on in the middle of a word");
    }

    #[test]
    fn one_changed_bit_is_noticed() {
        let mut octets = [0x45, 0, 0, 0, 0x17, 0x2a, 0x99];
        let pseudo = Sum::pseudo_v4([1, 2, 3, 4], [5, 6, 7, 8], 6, 7);
        let mut sum = pseudo;
        sum.add(&octets);
        octets[2..4].copy_from_slice(&sum.finish().to_be_bytes());
        assert!(verify(pseudo, &octets));
        octets[6] ^= 0x10;
        assert!(!verify(pseudo, &octets));
    }
}
