//! A transmission of a segment: its name, its header, the front of its data.

use std::fmt;

use cordial_stack::Tuple;
use cordial_wire::{Flags, Options, SeqNum};

use super::{Group, OnWire, Side};

/// One transmission of a segment.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Segment {
    /// Its name.
    pub id: SegmentId,
    /// Its number among the connection's segments, both ways counted together, from 1.
    pub number: u32,
    /// The transmission that it repeats, where that is still known.
    pub copy_of: Option<SegmentId>,
    /// True if all its positions were sent before.
    pub again: bool,
    /// Control bits.
    pub flags: Flags,
    /// SEG.SEQ.
    pub seq: SeqNum,
    /// SEG.ACK, where the ACK bit is set.
    pub ack: Option<SeqNum>,
    /// SEG.SEQ and SEG.ACK counted from the first number of their directions. What is told of a capture counts on beyond
    /// 4 GiB; where an engine tells, they wrap there.
    pub rel: (u64, Option<u64>),
    /// SEG.WND as sent.
    pub window: u16,
    /// Options.
    pub options: Options,
    /// Octets of data.
    pub payload_len: u32,
    /// The first octets of data.
    pub head: Head,
    /// The packet around it, where the events come from a capture.
    pub on_wire: Option<OnWire>,
}

impl Segment {
    /// Positions taken in sequence space.
    pub fn len(&self) -> u32 {
        self.payload_len + u32::from(self.has(Flags::SYN)) + u32::from(self.has(Flags::FIN))
    }

    /// True if it takes no position in sequence space.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The position after its last.
    pub fn end(&self) -> SeqNum {
        self.seq + self.len()
    }

    /// True if every bit of `flags` is set.
    pub fn has(&self, flags: Flags) -> bool {
        self.flags.contains(flags)
    }
}

/// A transmission's name, by sender and count; it prints as `c6` or `s5`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SegmentId {
    /// Who sent it.
    pub sender: Side,
    /// The how-manieth of that sender, from 1.
    pub count: u32,
}

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = match self.sender {
            Side::Client => 'c',
            Side::Server => 's',
        };
        write!(f, "{letter}{}", self.count)
    }
}

/// The first octets of a segment's data.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Head {
    octets: [u8; Self::MAX],
    len: u8,
}

impl Head {
    /// How many octets are kept.
    pub const MAX: usize = 24;

    /// The front of `slices`, which follow each other.
    pub fn of<'a>(slices: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut head = Self::default();
        let octets = slices.into_iter().flatten();
        for (place, &octet) in head.octets.iter_mut().zip(octets) {
            *place = octet;
            head.len += 1;
        }
        head
    }

    /// The octets.
    pub fn as_slice(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// One transmission as it was told: what the network does to it is told of this.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Transmission {
    /// Its connection.
    pub group: Group,
    /// Its two ends as its sender sees them.
    pub tuple: Tuple,
    /// The event that told that it was sent.
    pub event: u64,
    /// The segment.
    pub segment: Segment,
}

impl Transmission {
    /// The same after the network has put `segment` in its place.
    #[must_use]
    pub fn rewritten(self, segment: &cordial_wire::Segment<'_>) -> Self {
        let old = self.segment;
        let (moved, ack) = (segment.seq.since(old.seq), segment.ack());
        let rel = |ack: SeqNum| {
            let (before, rel) = (old.ack?, old.rel.1?);
            Some((rel as u32).wrapping_add(ack.since(before)).into())
        };
        let seq = (old.rel.0 as u32).wrapping_add(moved);
        let rewritten = Segment {
            flags: segment.flags,
            seq: segment.seq,
            ack,
            rel: (seq.into(), ack.and_then(rel)),
            window: segment.window,
            options: segment.options,
            payload_len: segment.payload.len() as u32,
            head: Head::of([segment.payload]),
            ..old
        };
        Self { segment: rewritten, ..self }
    }
}
