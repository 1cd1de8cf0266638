//! An IP packet that arrived.
//!
//! What its header has to say to be taken: RFC 791 §3.1, RFC 8200 §3.

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
    /// A field of the IP header that makes no sense, or asks for what is not known and says that its sender wants to hear
    /// of it.
    Parameter(Problem),
    /// An IPv6 packet from or to an IPv4-mapped address. No packet has one (RFC 4038 §4.2): whoever takes it for the
    /// IPv4 address would let it speak for an IPv4 host.
    Mapped,
}

/// What an ICMP parameter problem says (RFC 792, RFC 4443 §3.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Over IPv6: 0 a field that makes no sense, 1 a header that is not known, 2 an option that is not known. 0 over IPv4.
    pub code: u8,
    /// Where the field is, in octets from the start of the packet.
    pub at: u16,
}

/// Extension headers that are skipped before a packet is refused; RFC 8200 §4.1 has each at most once, but one twice.
const MAX_EXTENSIONS: usize = 4;
const V4_LEN: usize = 20;
const V6_LEN: usize = 40;
const FRAGMENT_LEN: usize = 8;
/// Where the fixed header of IPv6 names what follows it.
const NEXT_HEADER_AT: usize = 6;

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
    if header_len > V4_LEN
        && let Some(at) = header.get(V4_LEN..).and_then(bad_option)
    {
        return Err(PacketError::Parameter(Problem { code: 0, at: (V4_LEN + at) as u16 }));
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
    let (next, payload, _) = skip_extensions(*next, payload)?;
    Ok(Packet {
        source: IpAddr::V6(source),
        destination: IpAddr::V6(destination),
        protocol: Protocol::from_number(next),
        payload,
        octets: octets.get(..V6_LEN + length).unwrap_or(octets),
    })
}

/// Where an option lies whose length is impossible; what options say is skipped (RFC 1122 §3.2.1.8, RFC 9293 MUST-50).
fn bad_option(mut options: &[u8]) -> Option<usize> {
    let all = options.len();
    loop {
        let at = all - options.len();
        options = match options {
            // The end, of all or of what counts.
            [] | [0, ..] => return None,
            [1, rest @ ..] => rest,
            [_, length, ..] if *length >= 2 && options.len() >= usize::from(*length) => {
                options.get(usize::from(*length)..)?
            }
            _ => return Some(at),
        };
    }
}

/// True of ::ffff:0:0/96.
#[inline]
pub(crate) fn is_mapped(address: Ipv6Addr) -> bool {
    address.to_bits() >> 32 == 0xffff
}

/// Goes past headers that do not concern us: hop-by-hop and destination options (RFC 8200 §4.3, §4.6).
/// Also says where, in octets from the start of the packet, the number of what follows them stands.
fn skip_extensions(mut next: u8, mut payload: &[u8]) -> Result<(u8, &[u8], usize), PacketError> {
    let all = payload.len();
    let mut named_at = NEXT_HEADER_AT;
    for _ in 0..=MAX_EXTENSIONS {
        let at = V6_LEN + all - payload.len();
        match IpNumber(next) {
            IpNumber::IPV6_HEADER_HOP_BY_HOP | IpNumber::IPV6_DESTINATION_OPTIONS => {
                let header =
                    Ipv6RawExtHeaderSlice::from_slice(payload).map_err(|_| PacketError::Truncated)?;
                check_options(header.slice().get(2..).unwrap_or_default(), at + 2)?;
                next = header.next_header().0;
                named_at = at;
                payload = payload.get(header.slice().len()..).unwrap_or_default();
            }
            // So no fragment is taken for neighbour discovery (RFC 4861, as RFC 6980 §5 has it).
            IpNumber::IPV6_FRAGMENTATION_HEADER => return Err(PacketError::Fragment),
            IpNumber::IPV6_ROUTE_HEADER
            | IpNumber::AUTHENTICATION_HEADER
            | IpNumber::ENCAPSULATING_SECURITY_PAYLOAD
            | IpNumber::MOBILITY_HEADER
            | IpNumber::HIP
            | IpNumber::SHIM6 => return Err(PacketError::Extension),
            _ => return Ok((next, payload, named_at)),
        }
    }
    Err(PacketError::Extension)
}

/// Goes past the options of a header, of which none is known here: what is to become of the packet then, the two highest
/// bits of an option's type say (RFC 8200 §4.2). `at` is where they begin in the packet.
fn check_options(mut options: &[u8], at: usize) -> Result<(), PacketError> {
    let all = options.len();
    while let &[kind, ref rest @ ..] = options {
        let here = (at + all - options.len()) as u16;
        if kind == option::PAD1 {
            options = rest;
            continue;
        }
        let beyond = rest.split_first().and_then(|(length, value)| value.get(usize::from(*length)..));
        let Some(beyond) = beyond else { return Err(PacketError::Parameter(Problem { code: 0, at: here })) };
        match kind >> 6 {
            0 => {}
            1 => return Err(PacketError::Extension),
            // Both tell the sender; a packet to a group does not come this far here.
            _ => return Err(PacketError::Parameter(Problem { code: 2, at: here })),
        }
        options = beyond;
    }
    Ok(())
}

mod option {
    pub(super) const PAD1: u8 = 0;
}

impl<'a> Packet<'a> {
    /// As much as is understood of a packet that [`parse`](Self::parse) refused for a [`Problem`], to be told of it: its
    /// ends, and what it carries so far as that can be seen. None if not even the ends are.
    pub fn of_header(octets: &'a [u8]) -> Option<Self> {
        match octets.first()? >> 4 {
            4 => {
                let fixed = octets.first_chunk::<V4_LEN>()?;
                let &[_, _, _, _, _, _, _, _, _, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = fixed;
                Some(Self {
                    source: [s0, s1, s2, s3].into(),
                    destination: [d0, d1, d2, d3].into(),
                    protocol: Protocol::from_number(protocol),
                    payload: octets.get(usize::from(octets.first()? & 0x0f) * 4..)?,
                    octets,
                })
            }
            6 => {
                let (fixed, payload) = octets.split_first_chunk::<V6_LEN>()?;
                let (source, destination) = (fixed.get(8..24)?, fixed.get(24..)?);
                let (protocol, payload) = last_header(*fixed.get(NEXT_HEADER_AT)?, payload);
                Some(Self {
                    source: <[u8; 16]>::try_from(source).ok()?.into(),
                    destination: <[u8; 16]>::try_from(destination).ok()?.into(),
                    protocol: Protocol::from_number(protocol),
                    payload,
                    octets,
                })
            }
            _ => None,
        }
    }

    /// Where the number of the packet's protocol stands, in octets from its start.
    pub fn protocol_at(&self) -> u16 {
        let payload = self.octets.get(V6_LEN..).filter(|_| self.source.is_ipv6());
        let next = self.octets.get(NEXT_HEADER_AT).copied().zip(payload);
        let found = next.and_then(|(next, payload)| skip_extensions(next, payload).ok());
        found.map_or(9, |(.., named_at)| named_at as u16)
    }
}

/// What stands behind all extension headers that have the usual form, whatever they say.
fn last_header(mut next: u8, mut payload: &[u8]) -> (u8, &[u8]) {
    for _ in 0..=MAX_EXTENSIONS {
        let len = match (IpNumber(next), payload) {
            (IpNumber::IPV6_FRAGMENTATION_HEADER, _) => FRAGMENT_LEN,
            (
                IpNumber::IPV6_HEADER_HOP_BY_HOP
                | IpNumber::IPV6_DESTINATION_OPTIONS
                | IpNumber::IPV6_ROUTE_HEADER,
                [_, units, ..],
            ) => (usize::from(*units) + 1) * 8,
            _ => break,
        };
        let (Some(&following), Some(rest)) = (payload.first(), payload.get(len..)) else { break };
        (next, payload) = (following, rest);
    }
    (next, payload)
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
            Self::Parameter(_) => "a field of the header makes no sense, or is not understood",
            Self::Mapped => "IPv4-mapped address in an IPv6 packet",
        })
    }
}

impl core::error::Error for PacketError {}
