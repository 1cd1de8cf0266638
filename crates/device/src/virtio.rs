//! The header in front of each packet of a TUN device opened with `IFF_VNET_HDR`, or of a packet
//! socket with `PACKET_VNET_HDR`: virtio 1.2 §5.1.6, `struct virtio_net_hdr_v1`, in the machine's
//! own octet order. A packet socket leaves the last field away.
//!
//! ```text
//!  0      1         2        4         6           8            10           12
//!  flags  gso_type  hdr_len  gso_size  csum_start  csum_offset  num_buffers
//! ```

use std::num::NonZeroU16;

use cordial_wire::{Checksum, Gso, GsoKind};

/// Octets of the header.
pub(crate) const LEN: usize = 12;

/// Octets of the header without the number of buffers.
pub(crate) const SHORT_LEN: usize = 10;

mod flag {
    pub(super) const NEEDS_CSUM: u8 = 1;
    pub(super) const DATA_VALID: u8 = 2;
}

mod gso_type {
    pub(super) const NONE: u8 = 0;
    pub(super) const TCPV4: u8 = 1;
    pub(super) const TCPV6: u8 = 4;
    pub(super) const UDP_L4: u8 = 5;
    /// Not a type of its own: the segments carry ECN marks.
    pub(super) const ECN: u8 = 0x80;
}

/// What the header says of the packet behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Header {
    flags: u8,
    gso_type: u8,
    hdr_len: u16,
    gso_size: u16,
    csum_start: u16,
    csum_offset: u16,
}

impl Header {
    /// The header for a packet of ours.
    pub(crate) fn of(checksum: Checksum, gso: Option<Gso>) -> Self {
        let mut header = Self::default();
        if let Checksum::Partial { start, offset } = checksum {
            header.flags = flag::NEEDS_CSUM;
            header.csum_start = start;
            header.csum_offset = offset;
        }
        if let Some(gso) = gso {
            header.gso_type = match gso.kind {
                GsoKind::Tcp4 => gso_type::TCPV4,
                GsoKind::Tcp6 => gso_type::TCPV6,
                GsoKind::Udp4 | GsoKind::Udp6 => gso_type::UDP_L4,
            };
            header.gso_size = gso.size.get();
            header.hdr_len = gso.header_len;
        }
        header
    }

    pub(crate) fn parse(octets: [u8; LEN]) -> Self {
        let [flags, gso_type, h0, h1, g0, g1, s0, s1, o0, o1, _, _] = octets;
        Self {
            flags,
            gso_type,
            hdr_len: u16::from_ne_bytes([h0, h1]),
            gso_size: u16::from_ne_bytes([g0, g1]),
            csum_start: u16::from_ne_bytes([s0, s1]),
            csum_offset: u16::from_ne_bytes([o0, o1]),
        }
    }

    /// The header without the number of buffers.
    pub(crate) fn parse_short(octets: [u8; SHORT_LEN]) -> Self {
        let [f, t, h0, h1, g0, g1, s0, s1, o0, o1] = octets;
        Self::parse([f, t, h0, h1, g0, g1, s0, s1, o0, o1, 0, 0])
    }

    /// The header without the number of buffers.
    pub(crate) fn emit_short(self) -> [u8; SHORT_LEN] {
        let [f, t, h0, h1, g0, g1, s0, s1, o0, o1, _, _] = self.emit();
        [f, t, h0, h1, g0, g1, s0, s1, o0, o1]
    }

    pub(crate) fn emit(self) -> [u8; LEN] {
        let [h0, h1] = self.hdr_len.to_ne_bytes();
        let [g0, g1] = self.gso_size.to_ne_bytes();
        let [s0, s1] = self.csum_start.to_ne_bytes();
        let [o0, o1] = self.csum_offset.to_ne_bytes();
        [self.flags, self.gso_type, h0, h1, g0, g1, s0, s1, o0, o1, 0, 0]
    }

    /// What is known of the checksum of a packet that came in.
    pub(crate) fn checksum(self) -> Checksum {
        if self.flags & flag::NEEDS_CSUM != 0 {
            Checksum::Partial { start: self.csum_start, offset: self.csum_offset }
        } else if self.flags & flag::DATA_VALID != 0 {
            Checksum::Verified
        } else {
            Checksum::Unknown
        }
    }

    /// Octets of payload per segment, if the packet is a super-segment.
    pub(crate) fn gso_size(self) -> Option<NonZeroU16> {
        match self.gso_type & !gso_type::ECN {
            gso_type::NONE => None,
            _ => NonZeroU16::new(self.gso_size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_emitted_is_parsed() {
        let checksum = Checksum::Partial { start: 40, offset: 16 };
        for kind in [GsoKind::Tcp4, GsoKind::Tcp6, GsoKind::Udp4, GsoKind::Udp6] {
            let size = NonZeroU16::new(1440).expect("not zero");
            let header = Header::of(checksum, Some(Gso { size, kind, header_len: 60 }));
            let back = Header::parse(header.emit());
            assert_eq!(back, header);
            assert_eq!(Header::parse_short(header.emit_short()), header);
            assert_eq!(back.checksum(), checksum);
            assert_eq!(back.gso_size(), Some(size));
        }
    }

    #[test]
    fn a_super_segment_has_the_layout_the_kernel_expects() {
        let size = NonZeroU16::new(0x0102).expect("not zero");
        let gso = Gso { size, kind: GsoKind::Tcp6, header_len: 0x0304 };
        let octets = Header::of(Checksum::Partial { start: 0x0506, offset: 0x0708 }, Some(gso)).emit();
        let mut expected = vec![1, 4];
        for field in [0x0304_u16, 0x0102, 0x0506, 0x0708, 0] {
            expected.extend(field.to_ne_bytes());
        }
        assert_eq!(octets[..], expected);
    }

    #[test]
    fn a_finished_packet_has_an_empty_header() {
        for checksum in [Checksum::Done, Checksum::Verified, Checksum::Unknown] {
            assert_eq!(Header::of(checksum, None).emit(), [0; LEN]);
        }
    }

    #[test]
    fn what_the_kernel_says_of_the_checksum() {
        let with = |flags| Header { flags, ..Header::default() }.checksum();
        assert_eq!(with(0), Checksum::Unknown);
        assert_eq!(with(flag::DATA_VALID), Checksum::Verified);
        assert_eq!(with(flag::NEEDS_CSUM), Checksum::Partial { start: 0, offset: 0 });
    }

    #[test]
    fn ecn_is_not_a_type_and_a_size_without_type_means_nothing() {
        let with = |gso_type, gso_size| Header { gso_type, gso_size, ..Header::default() }.gso_size();
        assert_eq!(with(gso_type::TCPV4 | gso_type::ECN, 1460), NonZeroU16::new(1460));
        assert_eq!(with(gso_type::NONE, 1460), None);
        assert_eq!(with(gso_type::ECN, 1460), None);
        assert_eq!(with(gso_type::TCPV4, 0), None);
    }
}
