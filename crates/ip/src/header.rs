//! The IP header of a packet to be sent.

use core::net::{IpAddr, Ipv6Addr};

use cordial_wire::checksum::Sum;

use crate::packet::{is_mapped, pseudo_sum};
use crate::{Packet, PacketError, Protocol};

/// What the header of an outgoing packet says. Nothing that is sent here may be fragmented on its way: IPv4 goes out
/// with DF set and, being atomic by that, with an identification of 0 unless a device is to cut it up (RFC 6864 §4.1).
/// With timestamps RFC 7323 §5.7 asks for that: their check presumes that no piece of an old packet joins a new one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Who sends.
    pub source: IpAddr,
    /// Who is to get it; of the same family.
    pub destination: IpAddr,
    /// What it carries.
    pub protocol: Protocol,
    /// Octets of that, transport header included.
    pub payload_len: usize,
    /// IPv4's identification.
    pub identification: u16,
}

/// What else a header says, of all packets of a flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Marks {
    /// Hops a packet may take. 64, the number assigned as the default (RFC 1122 §3.2.1.7); 0 counts as 1.
    pub hops: u8,
    /// IPv6's flow label, in the lowest 20 bits; 0 says nothing (RFC 6437 §2).
    pub flow_label: u32,
}

impl Default for Marks {
    fn default() -> Self {
        Self { hops: 64, flow_label: 0 }
    }
}

const DONT_FRAGMENT: u8 = 0x40;

impl Header {
    /// Octets of the header over IPv4.
    pub const V4_LEN: usize = 20;
    /// Octets of the longest header that is sent: the one over IPv6.
    pub const MAX_LEN: usize = 40;

    /// Octets of the header of a packet to `destination`.
    #[inline]
    pub const fn len_to(destination: IpAddr) -> usize {
        if destination.is_ipv4() { Self::V4_LEN } else { Self::MAX_LEN }
    }

    /// As [`emit_with`](Self::emit_with), nothing out of the ordinary marked.
    #[inline]
    pub fn emit(&self, out: &mut [u8]) -> Option<usize> {
        self.emit_with(Marks::default(), out)
    }

    /// Writes the header at the front of `out`, and says how many octets that took; none if there is no room, the
    /// payload is longer than an IP packet can be, or the families differ.
    #[inline]
    pub fn emit_with(&self, marks: Marks, out: &mut [u8]) -> Option<usize> {
        let hops = marks.hops.max(1);
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let length = u16::try_from(self.payload_len + 20).ok()?;
                let [l0, l1] = length.to_be_bytes();
                let [i0, i1] = self.identification.to_be_bytes();
                let [s0, s1, s2, s3] = source.octets();
                let [d0, d1, d2, d3] = destination.octets();
                let protocol = self.protocol.number();
                let header = [
                    0x45,
                    0,
                    l0,
                    l1,
                    i0,
                    i1,
                    DONT_FRAGMENT,
                    0,
                    hops,
                    protocol,
                    0,
                    0,
                    s0,
                    s1,
                    s2,
                    s3,
                    d0,
                    d1,
                    d2,
                    d3,
                ];
                let mut sum = Sum::new();
                sum.add(&header);
                let out = out.first_chunk_mut::<20>()?;
                *out = header;
                let [.., c0, c1, _, _, _, _, _, _, _, _] = out;
                [*c0, *c1] = sum.finish().to_be_bytes();
                Some(20)
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let [l0, l1] = u16::try_from(self.payload_len).ok()?.to_be_bytes();
                let out = out.first_chunk_mut::<40>()?;
                let (fixed, addresses) = out.split_first_chunk_mut::<8>()?;
                let [_, f0, f1, f2] = marks.flow_label.to_be_bytes();
                *fixed = [0x60, f0 & 0x0f, f1, f2, l0, l1, self.protocol.number(), hops];
                *addresses.first_chunk_mut()? = source.octets();
                *addresses.last_chunk_mut()? = destination.octets();
                Some(40)
            }
            _ => None,
        }
    }

    /// Puts a differentiated services codepoint into a header that was [emitted](Self::emit) at the front of `head`; the
    /// ECN bits beside it stay (RFC 2474 §3, RFC 3168 §5). Bits of `codepoint` above the sixth do not count.
    pub fn mark(head: &mut [u8], codepoint: u8) {
        let class = codepoint << 2;
        if let Some([first, second, ..]) = head.first_chunk_mut::<20>()
            && *first >> 4 == 6
        {
            *first = 0x60 | (class >> 4);
            *second = (class << 4) | (*second & 0x3f);
        } else if let Some(v4) = head.first_chunk_mut::<20>() {
            v4[1] = class | (v4[1] & 0x03);
            [v4[10], v4[11]] = [0, 0];
            let mut sum = Sum::new();
            sum.add(v4);
            [v4[10], v4[11]] = sum.finish().to_be_bytes();
        }
    }

    /// The sum of the pseudo-header that goes with it.
    #[inline]
    pub fn pseudo_sum(&self) -> Sum {
        pseudo_sum(self.source, self.destination, self.protocol, self.payload_len as u32)
    }

    /// The header that answers `packet` with a payload of this length.
    pub fn answering(packet: &Packet<'_>, protocol: Protocol, payload_len: usize) -> Self {
        Self {
            source: packet.destination,
            destination: packet.source,
            protocol,
            payload_len,
            identification: 0,
        }
    }
}

/// The start of a packet as a quotation has it: whole header, but a payload that may be cut off. An error quotes a
/// packet of its own `version`.
pub(crate) fn parse_quoted(octets: &[u8], version: u8) -> Result<Head<'_>, PacketError> {
    let first = octets.first().ok_or(PacketError::Truncated)?;
    match (first >> 4, version) {
        (4, 4) => parse_quoted_v4(octets, usize::from(first & 0x0f) * 4),
        (6, 6) => parse_quoted_v6(octets),
        _ => Err(PacketError::Version),
    }
}

/// Source, destination, what it carries, and as much of that as there is.
type Head<'a> = (IpAddr, IpAddr, Protocol, &'a [u8]);

/// Octets that the packet had, of which the start is quoted.
pub(crate) fn quoted_len(octets: &[u8]) -> u16 {
    match octets {
        [first, _, l0, l1, ..] if first >> 4 == 4 => u16::from_be_bytes([*l0, *l1]),
        [_, _, _, _, l0, l1, ..] => u16::from_be_bytes([*l0, *l1]).saturating_add(Header::MAX_LEN as u16),
        _ => 0,
    }
}

fn parse_quoted_v4(octets: &[u8], header_len: usize) -> Result<Head<'_>, PacketError> {
    let fixed = octets.first_chunk::<20>().ok_or(PacketError::Truncated)?;
    let &[_, _, _, _, _, _, _, _, _, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = fixed;
    let (source, destination) = ([s0, s1, s2, s3].into(), [d0, d1, d2, d3].into());
    let payload = octets.get(header_len.max(20)..).ok_or(PacketError::Truncated)?;
    Ok((source, destination, Protocol::from_number(protocol), payload))
}

fn parse_quoted_v6(octets: &[u8]) -> Result<Head<'_>, PacketError> {
    let (fixed, rest) = octets.split_first_chunk::<8>().ok_or(PacketError::Truncated)?;
    let (source, rest) = rest.split_first_chunk::<16>().ok_or(PacketError::Truncated)?;
    let (destination, payload) = rest.split_first_chunk::<16>().ok_or(PacketError::Truncated)?;
    let (source, destination) = (Ipv6Addr::from(*source), Ipv6Addr::from(*destination));
    if is_mapped(source) || is_mapped(destination) {
        return Err(PacketError::Mapped);
    }
    let [.., next, _] = *fixed;
    Ok((source.into(), destination.into(), Protocol::from_number(next), payload))
}
