//! ICMP messages to octets.

use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;

use cordial_wire::checksum::Sum;
use etherparse::icmpv4::DestUnreachableHeader;
use etherparse::icmpv6::DestUnreachableCode;
use etherparse::{IcmpEchoHeader, Icmpv4Header, Icmpv4Type, Icmpv6Header, Icmpv6Type};

use super::{Echo, EchoKind, Unreachable};
use crate::address::is_unicast;
use crate::{Header, Packet, Problem, Protocol};

/// Octets of the shortest MTU: an ICMPv4 error stays under what everyone can take (RFC 1812 §4.3.2.3), an ICMPv6
/// error under IPv6's least MTU (RFC 4443 §2.4 (c)).
const MOST_V4: usize = 576;
const MOST_V6: usize = 1280;

/// The IP packet that answers an echo request, its octets unchanged (RFC 1122 §3.2.2.6, RFC 4443 §4.2). None where
/// none is due: the request did not come from, or was not for, a single host.
pub fn echo_reply(request: &Packet<'_>, echo: &Echo<'_>) -> Option<Vec<u8>> {
    if !is_unicast(request.source) || !is_unicast(request.destination) {
        return None;
    }
    echo_packet(request.destination, request.source, EchoKind::Reply, echo)
}

/// The IP packet with an echo request or reply; none if it would be longer than IP allows, or the families differ.
pub fn echo_packet(source: IpAddr, destination: IpAddr, kind: EchoKind, echo: &Echo<'_>) -> Option<Vec<u8>> {
    let header = IcmpEchoHeader { id: echo.id, seq: echo.sequence };
    let head = match (destination, kind) {
        (IpAddr::V4(_), EchoKind::Request) => v4(Icmpv4Type::EchoRequest(header)),
        (IpAddr::V4(_), EchoKind::Reply) => v4(Icmpv4Type::EchoReply(header)),
        (IpAddr::V6(_), EchoKind::Request) => v6(Icmpv6Type::EchoRequest(header)),
        (IpAddr::V6(_), EchoKind::Reply) => v6(Icmpv6Type::EchoReply(header)),
    };
    packet(source, destination, head, echo.octets)
}

/// The IP packet that tells the sender of `original` that it cannot be delivered, from `original`'s destination.
///
/// None where none may be sent (RFC 1122 §3.2.2, RFC 4443 §2.4 (e)): about an ICMP error, about a packet to or from an
/// address that is not a single host's. Fragments other than the first never come this far.
pub fn unreachable(original: &Packet<'_>, why: Unreachable) -> Option<Vec<u8>> {
    let message = match original.source {
        IpAddr::V4(_) => v4(Icmpv4Type::DestinationUnreachable(match why {
            Unreachable::Network => DestUnreachableHeader::Network,
            Unreachable::Host => DestUnreachableHeader::Host,
            Unreachable::Port => DestUnreachableHeader::Port,
            Unreachable::Admin => DestUnreachableHeader::FilterProhibited,
        })),
        IpAddr::V6(_) => v6(Icmpv6Type::DestinationUnreachable(match why {
            Unreachable::Network => DestUnreachableCode::NoRoute,
            Unreachable::Host => DestUnreachableCode::Address,
            Unreachable::Port => DestUnreachableCode::Port,
            Unreachable::Admin => DestUnreachableCode::Prohibited,
        })),
    };
    error(original, message)
}

/// The IP packet that tells the sender of `original` that it is longer than a link on its way carries: at most `mtu`
/// octets pass (RFC 1191 §4, RFC 4443 §3.2). None where [`unreachable()`] gives none.
pub fn too_big(original: &Packet<'_>, mtu: u16) -> Option<Vec<u8>> {
    let message = match original.source {
        IpAddr::V4(_) => {
            let why = DestUnreachableHeader::FragmentationNeeded { next_hop_mtu: mtu };
            v4(Icmpv4Type::DestinationUnreachable(why))
        }
        IpAddr::V6(_) => v6(Icmpv6Type::PacketTooBig { mtu: mtu.into() }),
    };
    error(original, message)
}

/// The IP packet that tells the sender of `original` that nobody here speaks what it carries (RFC 1122 §3.2.2.1, RFC 8200
/// §4). None where [`unreachable()`] gives none.
pub fn protocol_unreachable(original: &Packet<'_>) -> Option<Vec<u8>> {
    match original.source {
        IpAddr::V4(_) => {
            error(original, v4(Icmpv4Type::DestinationUnreachable(DestUnreachableHeader::Protocol)))
        }
        IpAddr::V6(_) => parameter_problem(original, Problem { code: 1, at: original.protocol_at() }),
    }
}

/// The IP packet that tells the sender of `original` which field of its header makes no sense (RFC 1122 §3.2.2.5, RFC 4443
/// §3.4). None where [`unreachable()`] gives none.
pub fn parameter_problem(original: &Packet<'_>, problem: Problem) -> Option<Vec<u8>> {
    let Problem { code, at } = problem;
    let [a0, a1] = at.to_be_bytes();
    let message = match original.source {
        // The field is an octet, and no header of IPv4 is longer than it can say.
        IpAddr::V4(_) => ([12, code, 0, 0, a1, 0, 0, 0], Protocol::Icmp),
        IpAddr::V6(_) => ([4, code, 0, 0, 0, 0, a0, a1], Protocol::Icmpv6),
    };
    error(original, message)
}

/// The IP packet that tells the sender of `first`, the first fragment of a packet, that the others did not arrive in time
/// (RFC 1122 §3.3.2, RFC 8200 §4.5). None where [`unreachable()`] gives none.
pub fn reassembly_timeout(first: &Packet<'_>) -> Option<Vec<u8>> {
    let message = match first.source {
        IpAddr::V4(_) => ([11, 1, 0, 0, 0, 0, 0, 0], Protocol::Icmp),
        IpAddr::V6(_) => ([3, 1, 0, 0, 0, 0, 0, 0], Protocol::Icmpv6),
    };
    error(first, message)
}

/// An error about a packet, from where it was to go, with as much of it as may be quoted.
fn error(original: &Packet<'_>, message: Head) -> Option<Vec<u8>> {
    if !is_unicast(original.source) || !is_unicast(original.destination) || is_icmp_error(original) {
        return None;
    }
    let most = if original.source.is_ipv4() { MOST_V4 - 20 - 8 } else { MOST_V6 - 40 - 8 };
    packet(original.destination, original.source, message, head(original.octets, most))
}

/// True if an error about it would answer an error: anything of ICMP but queries, the unknown being taken for errors.
fn is_icmp_error(packet: &Packet<'_>) -> bool {
    match packet.protocol {
        Protocol::Icmp => !matches!(packet.payload.first(), Some(0 | 8 | 13..=18)),
        Protocol::Icmpv6 => !matches!(packet.payload.first(), Some(128..)),
        _ => false,
    }
}

fn head(octets: &[u8], most: usize) -> &[u8] {
    octets.get(..most).unwrap_or(octets)
}

/// An ICMP header with its checksum left out, and the protocol it goes under.
type Head = ([u8; 8], Protocol);

fn v4(kind: Icmpv4Type) -> Head {
    let bytes = Icmpv4Header { icmp_type: kind, checksum: 0 }.to_bytes();
    (bytes.first_chunk().copied().unwrap_or_default(), Protocol::Icmp)
}

fn v6(kind: Icmpv6Type) -> Head {
    let bytes = Icmpv6Header { icmp_type: kind, checksum: 0 }.to_bytes();
    (bytes.first_chunk().copied().unwrap_or_default(), Protocol::Icmpv6)
}

fn packet(source: IpAddr, destination: IpAddr, (mut icmp, protocol): Head, body: &[u8]) -> Option<Vec<u8>> {
    let header =
        Header { source, destination, protocol, payload_len: icmp.len() + body.len(), identification: 0 };
    let mut out = vec![0; Header::len_to(destination)];
    header.emit(&mut out)?;
    // Only ICMPv6 counts the pseudo-header (RFC 4443 §2.3).
    let mut sum = if protocol == Protocol::Icmpv6 { header.pseudo_sum() } else { Sum::new() };
    sum.add(&icmp);
    sum.add(body);
    let [_, _, c0, c1, ..] = &mut icmp;
    [*c0, *c1] = sum.finish().to_be_bytes();
    out.extend_from_slice(&icmp);
    out.extend_from_slice(body);
    Some(out)
}
