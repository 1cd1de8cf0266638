//! From a captured packet to its IP packet.

use etherparse::{EtherType, ether_type};

use super::frame::{Frame, Link};

/// VLAN tags that are gone through.
const TAGS: usize = 4;

/// The IP packet of a frame, as far as it was captured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Network<'a> {
    pub(super) octets: &'a [u8],
    /// Octets of the link's header before it.
    pub(super) offset: u32,
    /// The innermost VLAN.
    pub(super) vlan: Option<u16>,
}

/// Why a frame has no IP packet for us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NoNetwork {
    /// Its link-layer header is not one that is read.
    UnknownLink,
    /// It holds something else: ARP and the like.
    NotIp,
    /// It is cut off within the link's header.
    Cut,
}

/// Finds the IP packet.
pub(super) fn network<'a>(frame: &Frame<'a>) -> Result<Network<'a>, NoNetwork> {
    let octets = frame.octets;
    match frame.link {
        Link::Raw => Ok(Network { octets, offset: 0, vlan: None }),
        Link::Loopback => Ok(Network { octets: after(octets, 4)?, offset: 4, vlan: None }),
        Link::Ethernet => typed(octets, 12, 14),
        Link::Cooked => typed(octets, 14, 16),
        Link::Cooked2 => typed(octets, 0, 20),
        Link::Other(_) => Err(NoNetwork::UnknownLink),
    }
}

/// A header of `len` octets that has the type of what follows at `at`.
fn typed(octets: &[u8], at: usize, len: usize) -> Result<Network<'_>, NoNetwork> {
    let mut kind = be16(octets, at)?;
    let mut offset = len;
    let mut vlan = None;
    for _ in 0..TAGS {
        match EtherType(kind) {
            ether_type::IPV4 | ether_type::IPV6 => {
                let octets = after(octets, offset)?;
                return Ok(Network { octets, offset: offset as u32, vlan });
            }
            // A tag: twelve bits of number, then the type of what follows (IEEE 802.1Q).
            ether_type::VLAN_TAGGED_FRAME
            | ether_type::PROVIDER_BRIDGING
            | ether_type::VLAN_DOUBLE_TAGGED_FRAME => {
                vlan = Some(be16(octets, offset)? & 0x0fff);
                kind = be16(octets, offset + 2)?;
                offset += 4;
            }
            _ => return Err(NoNetwork::NotIp),
        }
    }
    Err(NoNetwork::NotIp)
}

fn after(octets: &[u8], offset: usize) -> Result<&[u8], NoNetwork> {
    octets.get(offset..).ok_or(NoNetwork::Cut)
}

fn be16(octets: &[u8], at: usize) -> Result<u16, NoNetwork> {
    let pair = after(octets, at)?.first_chunk::<2>().ok_or(NoNetwork::Cut)?;
    Ok(u16::from_be_bytes(*pair))
}
