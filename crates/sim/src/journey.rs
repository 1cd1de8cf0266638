//! What the network did to each segment: evidence for whoever has to say why something ended as it did.

use cordial_stack::{Instant, Tuple};
use cordial_wire::{Flags, Segment, SeqNum};

/// A segment on its way from one host to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Journey {
    /// Who sent it, `local`, and to whom, as they are inside of NATs.
    pub tuple: Tuple,
    /// When it left its host.
    pub left: Instant,
    /// When it first came whole to a host that was up; none if it never did, or is still on its way.
    pub arrived: Option<Instant>,
    /// When it, or a copy of it, last came so.
    pub last_arrived: Option<Instant>,
    /// Who sent it in truth.
    pub by: By,
    /// SEG.SEQ.
    pub seq: SeqNum,
    /// SEG.ACK, if it acknowledges.
    pub ack: Option<SeqNum>,
    /// SEG.LEN: positions, SYN and FIN included.
    pub len: u32,
    /// Its control bits.
    pub flags: Flags,
    /// SEG.WND as it stands.
    pub window: u16,
}

/// Who sent a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// The host it says.
    Host,
    /// Something on the way: a NAT.
    Between,
    /// A stranger, in the host's name.
    Stranger,
}

impl Journey {
    pub(crate) fn new(left: Instant, tuple: Tuple, segment: &Segment<'_>, by: By) -> Self {
        Self {
            tuple,
            left,
            arrived: None,
            last_arrived: None,
            by,
            seq: segment.seq,
            ack: segment.ack(),
            len: segment.len(),
            flags: segment.flags,
            window: segment.window,
        }
    }

    /// True if its sender did not send it.
    pub fn is_forged(&self) -> bool {
        self.by != By::Host
    }

    /// The position after its last.
    pub fn end(&self) -> SeqNum {
        self.seq + self.len
    }

    /// True if it had come by `moment`.
    pub fn has_come_by(&self, moment: Instant) -> bool {
        self.arrived.is_some_and(|at| at <= moment)
    }

    /// True if it went from one of these ends to the other, `local` sending.
    pub fn is_of(&self, tuple: Tuple) -> bool {
        self.tuple == tuple
    }

    /// True if it answers what goes from `local` to `peer`: it went the other way.
    pub fn is_to(&self, Tuple { local, peer }: Tuple) -> bool {
        self.tuple == Tuple { local: peer, peer: local }
    }
}
