//! An IP packet that arrived.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cordial_wire::checksum;
use etherparse::{IpNumber, Ipv6RawExtHeaderSlice};

use crate::Protocol;

/// An IP packet, whole and unfragmented, its header understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Packet<'a> {
    /// Who sent it, as it says.
    pub source: IpAddr,
    /// Whom it is for.
    pub destination: IpAddr,
    /// What it carries.
    pub protocol: Protocol,
    /// That, without padding a link may have added.
    pub payload: &'a [u8],
    /// The packet from its first octet to the end of the payload: what an ICMP error quotes.
    pub octets: &'a [u8],
}

/// Why octets are not a packet for us to read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PacketError {
    /// Neither version 4 nor 6.
    Version,
    /// Fewer octets than the header says, or than a header has.
    Truncated,
    /// An IPv4 header length below five words, or longer than the packet.
    HeaderLength,
    /// The IPv4 header checksum is wrong.
    Checksum,
    /// A fragment.
    Fragment,
    /// An IPv6 extension header that is not skipped, or too many.
    Extension,
    /// An IPv6 packet from or to an IPv4-mapped address. No packet has one (RFC 4038 §4.2): whoever takes it for the
    /// IPv4 address would let it speak for an IPv4 host.
    Mapped,
}

/// Extension headers that are skipped before a packet is refused; RFC 8200 §4.1 has each at most once, but one twice.
const MAX_EXTENSIONS: usize = 4;
const V4_LEN: usize = 20;
const V6_LEN: usize = 40;

impl<'a> Packet<'a> {
    /// Reads a packet. The header checksum is verified, the payload's is not.
    ///
    /// # Errors
    ///
    /// [`PacketError`] if it is malformed, a fragment, or has an extension header that changes what it means.
    #[inline]
    pub fn parse(octets: &'a [u8]) -> Result<Self, PacketError> {
        match octets.first().map(|first| first >> 4) {
            Some(4) => parse_v4(octets),
            Some(6) => parse_v6(octets),
            Some(_) => Err(PacketError::Version),
            None => Err(PacketError::Truncated),
        }
    }

    /// The sum of the pseudo-header for a payload of this packet's protocol.
    #[inline]
    pub fn pseudo_sum(&self) -> checksum::Sum {
        pseudo_sum(self.source, self.destination, self.protocol, self.payload.len() as u32)
    }
}

/// The sum of the pseudo-header over `length` octets of transport header and data. Two addresses of different
/// families have none; that sum is empty.
#[inline]
pub(crate) fn pseudo_sum(
    source: IpAddr,
    destination: IpAddr,
    protocol: Protocol,
    length: u32,
) -> checksum::Sum {
    match (source, destination) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            checksum::Sum::pseudo_v4(a.octets(), b.octets(), protocol.number(), length)
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            checksum::Sum::pseudo_v6(a.octets(), b.octets(), protocol.number(), length)
        }
        _ => checksum::Sum::new(),
    }
}

#[inline]
fn parse_v4(octets: &[u8]) -> Result<Packet<'_>, PacketError> {
    let (fixed, _) = octets.split_first_chunk::<V4_LEN>().ok_or(PacketError::Truncated)?;
    let &[first, _, l0, l1, _, _, f0, f1, _, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = fixed;
    let header_len = usize::from(first & 0x0f) * 4;
    let total = usize::from(u16::from_be_bytes([l0, l1]));
    if header_len < V4_LEN || total < header_len {
        return Err(PacketError::HeaderLength);
    }
    let octets = octets.get(..total).ok_or(PacketError::Truncated)?;
    let (header, payload) = octets.split_at_checked(header_len).ok_or(PacketError::Truncated)?;
    let sum = checksum::Sum::new();
    // Almost no header has options, and a length known beforehand makes the sum a handful of additions.
    let is_right =
        if header_len == V4_LEN { checksum::verify(sum, fixed) } else { checksum::verify(sum, header) };
    if !is_right {
        return Err(PacketError::Checksum);
    }
    // More fragments, or an offset.
    if u16::from_be_bytes([f0, f1]) & 0x3fff != 0 {
        return Err(PacketError::Fragment);
    }
    Ok(Packet {
        source: IpAddr::V4(Ipv4Addr::new(s0, s1, s2, s3)),
        destination: IpAddr::V4(Ipv4Addr::new(d0, d1, d2, d3)),
        protocol: Protocol::from_number(protocol),
        payload,
        octets,
    })
}

#[inline]
fn parse_v6(octets: &[u8]) -> Result<Packet<'_>, PacketError> {
    let (fixed, rest) = octets.split_first_chunk::<V6_LEN>().ok_or(PacketError::Truncated)?;
    let ([_, _, _, _, l0, l1, next, _], addresses) =
        fixed.split_first_chunk().ok_or(PacketError::Truncated)?;
    let (source, rest_of_header) = addresses.split_first_chunk::<16>().ok_or(PacketError::Truncated)?;
    let destination = rest_of_header.first_chunk::<16>().ok_or(PacketError::Truncated)?;
    let (source, destination) = (Ipv6Addr::from(*source), Ipv6Addr::from(*destination));
    if is_mapped(source) || is_mapped(destination) {
        return Err(PacketError::Mapped);
    }
    let length = usize::from(u16::from_be_bytes([*l0, *l1]));
    let payload = rest.get(..length).ok_or(PacketError::Truncated)?;
    let (next, payload) = skip_extensions(*next, payload)?;
    Ok(Packet {
        source: IpAddr::V6(source),
        destination: IpAddr::V6(destination),
        protocol: Protocol::from_number(next),
        payload,
        octets: octets.get(..V6_LEN + length).unwrap_or(octets),
    })
}

/// True of ::ffff:0:0/96.
#[inline]
pub(crate) fn is_mapped(address: Ipv6Addr) -> bool {
    address.to_bits() >> 32 == 0xffff
}

/// Goes past headers that do not concern us: hop-by-hop and destination options (RFC 8200 §4.3, §4.6).
fn skip_extensions(mut next: u8, mut payload: &[u8]) -> Result<(u8, &[u8]), PacketError> {
    for _ in 0..=MAX_EXTENSIONS {
        match IpNumber(next) {
            IpNumber::IPV6_HEADER_HOP_BY_HOP | IpNumber::IPV6_DESTINATION_OPTIONS => {
                let header =
                    Ipv6RawExtHeaderSlice::from_slice(payload).map_err(|_| PacketError::Truncated)?;
                next = header.next_header().0;
                payload = payload.get(header.slice().len()..).unwrap_or_default();
            }
            IpNumber::IPV6_FRAGMENTATION_HEADER => return Err(PacketError::Fragment),
            IpNumber::IPV6_ROUTE_HEADER
            | IpNumber::AUTHENTICATION_HEADER
            | IpNumber::ENCAPSULATING_SECURITY_PAYLOAD
            | IpNumber::MOBILITY_HEADER
            | IpNumber::HIP
            | IpNumber::SHIM6 => return Err(PacketError::Extension),
            _ => return Ok((next, payload)),
        }
    }
    Err(PacketError::Extension)
}

impl fmt::Display for PacketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => "neither IPv4 nor IPv6",
            Self::Truncated => "packet is shorter than its header says",
            Self::HeaderLength => "impossible header length",
            Self::Checksum => "header checksum is wrong",
            Self::Fragment => "a fragment of a packet",
            Self::Extension => "extension header that is not understood",
            Self::Mapped => "IPv4-mapped address in an IPv6 packet",
        })
    }
}

impl core::error::Error for PacketError {}
