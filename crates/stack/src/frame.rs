//! Packets in and out.

use core::num::NonZeroU16;

use cordial_tcp::Slices;
use cordial_wire::checksum::Sum;
use cordial_wire::{Checksum, Gso, Segment};

/// An IP packet that arrived.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// The packet, from the first octet of the IP header.
    pub octets: &'a [u8],
    /// Whether somebody looked at the transport checksum. `Partial` is what a kernel on this machine sends through a
    /// TUN device: it never was on a wire and needs no check.
    pub checksum: Checksum,
    /// Octets per segment on the wire, if the device put several together.
    pub gso: Option<NonZeroU16>,
}

impl<'a> Frame<'a> {
    /// A packet as it came from a wire.
    pub const fn new(octets: &'a [u8]) -> Self {
        Self { octets, checksum: Checksum::Unknown, gso: None }
    }
}

/// An IP packet to be sent: its headers, then its data where it lies. Nothing is copied until
/// [`write_to`](Self::write_to), or, where the checksum is `Partial`, a `writev` of `head` and each slice of `body`.
#[derive(Debug)]
pub struct Transmit<'a> {
    /// IP header and transport header, or a whole small packet.
    pub head: &'a [u8],
    /// The octets behind it.
    pub body: Slices<'a>,
    /// `Partial` if the device completes the checksum ([`LinkConfig::checksum_offload`](crate::LinkConfig)): `head` and
    /// `body` may go out as they are. Else `Done`: what [`write_to`](Self::write_to) writes is complete.
    pub checksum: Checksum,
    /// Set if this is a super-segment for the device to cut up.
    pub gso: Option<Gso>,
    /// Where the octets to be summed begin, if the checksum waits for the body to be copied.
    unsummed: Option<u16>,
}

impl<'a> Transmit<'a> {
    pub(crate) fn new(
        head: &'a [u8],
        body: Slices<'a>,
        checksum: Checksum,
        gso: Option<Gso>,
        unsummed: Option<u16>,
    ) -> Self {
        Self { head, body, checksum, gso, unsummed }
    }

    /// Octets of the whole packet.
    pub fn len(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// False: a packet has a header at least.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the packet to the front of `out`, the checksum taken as the octets are copied, and says how long it is;
    /// 0, and nothing written, if it does not fit.
    pub fn write_to(&self, out: &mut [u8]) -> usize {
        let Some(out) = out.get_mut(..self.len()) else { return 0 };
        let Some((head, body)) = out.split_at_mut_checked(self.head.len()) else { return 0 };
        head.copy_from_slice(self.head);
        match self.unsummed {
            None => self.body.copy_to(body),
            Some(start) => self.sum_and_copy(usize::from(start), head, body),
        };
        self.len()
    }

    /// The field holds the pseudo-header's sum, as it would for a device, so summing over it counts that in.
    fn sum_and_copy(&self, start: usize, head: &mut [u8], body: &mut [u8]) -> usize {
        let mut sum = Sum::new();
        sum.add(head.get(start..).unwrap_or_default());
        let mut copied = 0;
        for slice in self.body {
            copied += sum.copy_and_add(body.get_mut(copied..).unwrap_or_default(), slice);
        }
        let field = head.get_mut(start + Segment::CHECKSUM_OFFSET..).and_then(|rest| rest.first_chunk_mut());
        if let Some(field) = field {
            *field = sum.finish().to_be_bytes();
        }
        copied
    }
}
