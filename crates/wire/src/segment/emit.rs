//! A segment's header to octets.

use crate::{EmitError, Segment};

impl Segment<'_> {
    /// Octets of the header with its options: 20 to 60, a multiple of four.
    #[inline]
    pub fn header_len(&self) -> usize {
        Self::MIN_HEADER_LEN + self.options.emitted_len()
    }

    /// Writes the header at the front of `out` and says how many octets that took.
    ///
    /// The payload is not written, and the checksum field is left zero: sum header and payload, then store the
    /// result at [`CHECKSUM_OFFSET`](Self::CHECKSUM_OFFSET).
    ///
    /// # Errors
    ///
    /// [`EmitError::NoRoom`] if `out` is shorter than [`header_len`](Self::header_len); nothing is written.
    #[inline]
    pub fn emit_header(&self, out: &mut [u8]) -> Result<usize, EmitError> {
        let (fixed, area) = out.split_first_chunk_mut::<20>().ok_or(EmitError::NoRoom)?;
        let len = Self::MIN_HEADER_LEN + self.options.emit(area)?;
        let [s0, s1] = self.source.to_be_bytes();
        let [d0, d1] = self.destination.to_be_bytes();
        let [q0, q1, q2, q3] = self.seq.0.to_be_bytes();
        let [a0, a1, a2, a3] = self.ack_number.0.to_be_bytes();
        let [bits_high, bits] = self.flags.bits().to_be_bytes();
        let offset = ((len / 4) << 4) as u8 | bits_high;
        let [w0, w1] = self.window.to_be_bytes();
        let [u0, u1] = self.urgent.to_be_bytes();
        *fixed = [s0, s1, d0, d1, q0, q1, q2, q3, a0, a1, a2, a3, offset, bits, w0, w1, 0, 0, u0, u1];
        Ok(len)
    }
}
