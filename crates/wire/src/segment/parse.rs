//! A segment from octets.

use crate::{Flags, Options, ParseError, Segment, SeqNum};

impl<'a> Segment<'a> {
    /// Reads a segment: everything behind the IP header.
    ///
    /// The checksum is not looked at (see [`checksum::verify`](crate::checksum::verify)). Options that cannot be read
    /// to their end do not spoil the segment: those before stay (see [`Options::parse`]).
    ///
    /// # Errors
    ///
    /// [`ParseError`] if there is no whole header.
    #[inline]
    pub fn parse(octets: &'a [u8]) -> Result<Self, ParseError> {
        let (fixed, _) = octets.split_first_chunk::<20>().ok_or(ParseError::Truncated)?;
        let header_len = usize::from(fixed[12] >> 4) * 4;
        if header_len < Self::MIN_HEADER_LEN {
            return Err(ParseError::DataOffset);
        }
        let (header, payload) = octets.split_at_checked(header_len).ok_or(ParseError::Truncated)?;
        // Options may stand on any segment (RFC 9293 MUST-5).
        let area = header.get(Self::MIN_HEADER_LEN..).unwrap_or_default();
        let (options, _) = Options::parse(area);
        Ok(Self { options, payload, ..Self::fixed(fixed) })
    }

    /// What the fixed part of a header says, without options and data: as much as can be said of octets that
    /// [`parse`](Self::parse) does not take for a segment. None if they are too few for that.
    pub fn fixed_part(octets: &[u8]) -> Option<Self> {
        octets.first_chunk::<20>().map(Self::fixed)
    }

    #[inline]
    fn fixed(octets: &[u8; 20]) -> Self {
        let &[s0, s1, d0, d1, q0, q1, q2, q3, a0, a1, a2, a3, offset, bits, w0, w1, _, _, u0, u1] = octets;
        Self {
            source: u16::from_be_bytes([s0, s1]),
            destination: u16::from_be_bytes([d0, d1]),
            seq: SeqNum(u32::from_be_bytes([q0, q1, q2, q3])),
            ack_number: SeqNum(u32::from_be_bytes([a0, a1, a2, a3])),
            flags: Flags::from_bits(u16::from_be_bytes([offset, bits])),
            window: u16::from_be_bytes([w0, w1]),
            urgent: u16::from_be_bytes([u0, u1]),
            options: Options::default(),
            payload: &[],
        }
    }
}
