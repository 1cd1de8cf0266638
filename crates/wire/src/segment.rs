//! A parsed segment.

mod display;
mod emit;
mod parse;

use core::fmt;

use crate::{Control, Flags, Options, SeqNum};

/// A TCP segment: header fields as they stand, options as understood, payload borrowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Segment<'a> {
    /// Source port.
    pub source: u16,
    /// Destination port.
    pub destination: u16,
    /// SEG.SEQ: position of the first octet, or of the SYN.
    pub seq: SeqNum,
    /// The acknowledgment field as it stands, meaningful only with the ACK bit: use [`ack`](Self::ack).
    pub ack_number: SeqNum,
    /// Control bits.
    pub flags: Flags,
    /// SEG.WND as sent, before any scaling.
    pub window: u16,
    /// The urgent pointer, meaningful only with the URG bit.
    pub urgent: u16,
    /// Options.
    pub options: Options,
    /// The octets of data; a super-segment may hold up to 64 KiB.
    pub payload: &'a [u8],
}

impl Segment<'_> {
    /// Octets of a header without options.
    pub const MIN_HEADER_LEN: usize = 20;
    /// Octets of the longest header there is.
    pub const MAX_HEADER_LEN: usize = 60;
    /// Where the checksum lies in a header.
    pub const CHECKSUM_OFFSET: usize = 16;

    /// SEG.ACK, where the ACK bit is set.
    #[inline]
    pub fn ack(&self) -> Option<SeqNum> {
        self.flags.contains(Flags::ACK).then_some(self.ack_number)
    }

    /// What the engine acts on: RST over SYN over FIN.
    #[inline]
    pub fn control(&self) -> Control {
        self.flags.control()
    }

    /// SEG.LEN: positions taken in sequence space, SYN and FIN included (RFC 9293 §3.4).
    #[inline]
    pub fn len(&self) -> u32 {
        self.payload.len() as u32
            + u32::from(self.flags.contains(Flags::SYN))
            + u32::from(self.flags.contains(Flags::FIN))
    }

    /// True if the segment takes no position in sequence space.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The position after the segment's last.
    #[inline]
    pub fn end(&self) -> SeqNum {
        self.seq + self.len()
    }
}

/// Why octets are not a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParseError {
    /// Fewer octets than the fixed header, or than the data offset says.
    Truncated,
    /// The data offset is below five words.
    DataOffset,
}

/// Why a segment could not be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EmitError {
    /// The room given is smaller than the header.
    NoRoom,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "segment is shorter than its header",
            Self::DataOffset => "data offset is below five words",
        })
    }
}

impl core::error::Error for ParseError {}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRoom => "no room for the header",
        })
    }
}

impl core::error::Error for EmitError {}
