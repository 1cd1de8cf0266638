//! From a captured packet to its IP packet.

use etherparse::{EtherType, ether_type};

use super::frame::{Frame, Link};

/// Headers before the IP packet that are gone through: VLAN tags, PPPoE, MPLS.
const HEADERS: usize = 4;
/// Labels of an MPLS stack that are gone through.
const LABELS: usize = 16;
/// Frames of a PPPoE session (RFC 2516 §4).
const PPPOE_SESSION: EtherType = EtherType(0x8864);
const MPLS: EtherType = EtherType(0x8847);
const MPLS_MULTICAST: EtherType = EtherType(0x8848);

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
    for _ in 0..=HEADERS {
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
            // Six octets of its own, then the protocol of the PPP frame (RFC 1661 §2).
            PPPOE_SESSION => {
                kind = match be16(octets, offset + 6)? {
                    0x0021 => ether_type::IPV4.0,
                    0x0057 => ether_type::IPV6.0,
                    0x0281 => MPLS.0,
                    _ => return Err(NoNetwork::NotIp),
                };
                offset += 8;
            }
            MPLS | MPLS_MULTICAST => {
                offset = behind_labels(octets, offset)?;
                // Nothing names what follows a stack of labels: an IP packet shows by its version (RFC 4928 §2).
                kind = match after(octets, offset)?.first().ok_or(NoNetwork::Cut)? >> 4 {
                    4 => ether_type::IPV4.0,
                    6 => ether_type::IPV6.0,
                    _ => return Err(NoNetwork::NotIp),
                };
            }
            _ => return Err(NoNetwork::NotIp),
        }
    }
    Err(NoNetwork::NotIp)
}

/// Where a stack of labels ends: the lowest bit of its third octet marks the last one (RFC 3032 §2.1).
fn behind_labels(octets: &[u8], mut offset: usize) -> Result<usize, NoNetwork> {
    for _ in 0..LABELS {
        let is_last = be16(octets, offset + 2)? & 0x0100 != 0;
        offset += 4;
        if is_last {
            return Ok(offset);
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
