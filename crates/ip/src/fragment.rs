//! Fragments of packets (RFC 791 §3.2, RFC 8200 §4.5): read, put together, and made.

mod reassembly;
mod split;

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cordial_wire::checksum::{self, Sum};

use crate::{PacketError, Problem, Protocol};

pub use reassembly::{Progress, Reassembly};
pub use split::{Fragments, split};

/// A piece of a packet that was cut up on its way or by its sender.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fragment<'a> {
    /// Which packet it is a piece of.
    pub key: FragmentKey,
    /// What the whole packet carries; over IPv6 only the first fragment's word counts.
    pub protocol: Protocol,
    /// Octets of the packet's payload in front of these.
    pub offset: u16,
    /// It is not the last piece.
    pub more: bool,
    /// Its octets.
    pub octets: &'a [u8],
}

/// What the fragments of one packet have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FragmentKey {
    /// Who sent them.
    pub source: IpAddr,
    /// Whom they are for.
    pub destination: IpAddr,
    /// IPv4 numbers the packets of each protocol for themselves; 0 over IPv6.
    pub protocol: u8,
    /// The packet's number.
    pub identification: u32,
}

const V4_LEN: usize = 20;
const V6_LEN: usize = 40;
const FRAGMENT_LEN: usize = 8;
/// Octets of the longest payload: what IPv4 has room for beside its header, and IPv6 without one.
const MOST_V4: usize = 65_535 - V4_LEN;
const MOST_V6: usize = 65_535;
/// Extension headers in front of the fragment header that are skipped.
const MAX_EXTENSIONS: usize = 4;
/// Where the length stands in an IPv6 header, and the offset in a fragment header.
const PAYLOAD_LENGTH_AT: usize = 4;
const OFFSET_AT: usize = 2;
/// Offsets count in units of so many octets.
const UNIT: usize = 8;

mod next {
    pub(super) const HOP_BY_HOP: u8 = 0;
    pub(super) const FRAGMENT: u8 = 44;
    pub(super) const DESTINATION_OPTIONS: u8 = 60;
}

impl<'a> Fragment<'a> {
    /// Reads a packet that [`Packet::parse`](crate::Packet::parse) refused as a fragment.
    ///
    /// # Errors
    ///
    /// [`PacketError::Fragment`] if no packet has such a piece: it would end beyond the longest packet, has nothing in
    /// it, is not a whole number of units though more is to follow, or would hide part of a TCP header in the second piece
    /// (RFC 1858 §3). Over IPv6 the sender is to hear of some of this ([`PacketError::Parameter`], RFC 8200 §4.5). Else as
    /// for a packet.
    pub fn parse(octets: &'a [u8]) -> Result<Self, PacketError> {
        let (fragment, header_len) = match octets.first().map(|first| first >> 4) {
            Some(4) => parse_v4(octets)?,
            Some(6) => parse_v6(octets)?,
            Some(_) => return Err(PacketError::Version),
            None => return Err(PacketError::Truncated),
        };
        let most = if fragment.key.source.is_ipv4() { MOST_V4 } else { MOST_V6 };
        let len = fragment.octets.len();
        let is_whole_units = !fragment.more || len.is_multiple_of(UNIT);
        let fits = usize::from(fragment.offset) + len <= most;
        let problem = |code, at: usize| PacketError::Parameter(Problem { code, at: at as u16 });
        let is_v6 = fragment.key.source.is_ipv6();
        match (is_whole_units, fits) {
            (false, _) if is_v6 => Err(problem(0, PAYLOAD_LENGTH_AT)),
            (_, false) if is_v6 => Err(problem(0, header_len - FRAGMENT_LEN + OFFSET_AT)),
            (true, true) if len > 0 && fragment.has_whole_header() => Ok(fragment),
            (true, true) if len > 0 && is_v6 && fragment.offset == 0 => Err(problem(3, 0)),
            _ => Err(PacketError::Fragment),
        }
    }

    /// False for the first of several that ends inside the transport header, and for one that begins inside TCP's: a
    /// filter on the way saw half of it (RFC 1858 §3, RFC 8200 §4.5).
    fn has_whole_header(&self) -> bool {
        let header = match self.protocol {
            Protocol::Tcp => 20,
            Protocol::Udp | Protocol::Icmp | Protocol::Icmpv6 => 8,
            Protocol::Other(_) => 0,
        };
        match self.offset {
            0 => !self.more || self.octets.len() >= header,
            offset => self.protocol != Protocol::Tcp || usize::from(offset) >= header,
        }
    }

    /// Where it ends in the packet's payload.
    fn end(&self) -> usize {
        usize::from(self.offset) + self.octets.len()
    }
}

/// The fragment, and how many octets of headers stand in front of its own: what a link puts behind them is in neither.
fn parse_v4(octets: &[u8]) -> Result<(Fragment<'_>, usize), PacketError> {
    let fixed = octets.first_chunk::<V4_LEN>().ok_or(PacketError::Truncated)?;
    let &[first, _, l0, l1, i0, i1, f0, f1, _, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = fixed;
    let header_len = usize::from(first & 0x0f) * 4;
    let total = usize::from(u16::from_be_bytes([l0, l1]));
    if header_len < V4_LEN || total < header_len {
        return Err(PacketError::HeaderLength);
    }
    let whole = octets.get(..total).ok_or(PacketError::Truncated)?;
    let (header, payload) = whole.split_at_checked(header_len).ok_or(PacketError::Truncated)?;
    if !checksum::verify(Sum::new(), header) {
        return Err(PacketError::Checksum);
    }
    let field = u16::from_be_bytes([f0, f1]);
    let key = FragmentKey {
        source: Ipv4Addr::new(s0, s1, s2, s3).into(),
        destination: Ipv4Addr::new(d0, d1, d2, d3).into(),
        protocol,
        identification: u16::from_be_bytes([i0, i1]).into(),
    };
    let fragment = Fragment {
        key,
        protocol: Protocol::from_number(protocol),
        offset: (field & 0x1fff) << 3,
        more: field & 0x2000 != 0,
        octets: payload,
    };
    Ok((fragment, header_len))
}

/// As [`parse_v4`]; the last of the headers is the fragment's.
fn parse_v6(octets: &[u8]) -> Result<(Fragment<'_>, usize), PacketError> {
    let (fixed, rest) = octets.split_first_chunk::<8>().ok_or(PacketError::Truncated)?;
    let (source, rest) = rest.split_first_chunk::<16>().ok_or(PacketError::Truncated)?;
    let (destination, rest) = rest.split_first_chunk::<16>().ok_or(PacketError::Truncated)?;
    let &[_, _, _, _, l0, l1, next, _] = fixed;
    let payload = rest.get(..usize::from(u16::from_be_bytes([l0, l1]))).ok_or(PacketError::Truncated)?;
    let (header, octets) = fragment_header(next, payload)?;
    let [next, _, o0, o1, i0, i1, i2, i3] = header;
    let field = u16::from_be_bytes([o0, o1]);
    let key = FragmentKey {
        source: Ipv6Addr::from(*source).into(),
        destination: Ipv6Addr::from(*destination).into(),
        protocol: 0,
        identification: u32::from_be_bytes([i0, i1, i2, i3]),
    };
    let fragment = Fragment {
        key,
        protocol: Protocol::from_number(next),
        offset: field & 0xfff8,
        more: field & 1 != 0,
        octets,
    };
    Ok((fragment, V6_LEN + payload.len() - octets.len()))
}

/// Goes past options to the fragment header, and gives it and what is behind it.
fn fragment_header(mut next: u8, mut payload: &[u8]) -> Result<([u8; FRAGMENT_LEN], &[u8]), PacketError> {
    for _ in 0..=MAX_EXTENSIONS {
        match next {
            next::FRAGMENT => {
                let (header, rest) = payload.split_first_chunk().ok_or(PacketError::Truncated)?;
                return Ok((*header, rest));
            }
            next::HOP_BY_HOP | next::DESTINATION_OPTIONS => {
                let &[following, units, ..] = payload else { return Err(PacketError::Truncated) };
                let len = (usize::from(units) + 1) * 8;
                payload = payload.get(len..).ok_or(PacketError::Truncated)?;
                next = following;
            }
            _ => return Err(PacketError::Extension),
        }
    }
    Err(PacketError::Extension)
}
