//! ICMP messages from octets.
//!
//! Which error means what: RFC 9293 §3.9.2.2; a source quench means nothing any more (RFC 6633 §3),
//! and a redirect nothing to one who has one way out (RFC 792).

use core::net::SocketAddr;

use cordial_wire::{SeqNum, checksum};
use etherparse::icmpv4::DestUnreachableHeader;
use etherparse::icmpv6::DestUnreachableCode;
use etherparse::{IcmpEchoHeader, Icmpv4Slice, Icmpv4Type, Icmpv6Slice, Icmpv6Type};

use super::{Echo, Error, Meaning, Message, Quoted};
use crate::header::{parse_quoted, quoted_len};
use crate::{Packet, Protocol};

/// Reads the ICMP message in `packet`. None if it is none, or damaged.
pub fn parse<'a>(packet: &Packet<'a>) -> Option<Message<'a>> {
    match packet.protocol {
        Protocol::Icmp if packet.source.is_ipv4() => {
            checksum::verify(checksum::Sum::new(), packet.payload).then(|| parse_v4(packet.payload))?
        }
        Protocol::Icmpv6 if packet.source.is_ipv6() => {
            checksum::verify(packet.pseudo_sum(), packet.payload).then(|| parse_v6(packet.payload))?
        }
        _ => None,
    }
}

fn parse_v4(octets: &[u8]) -> Option<Message<'_>> {
    let slice = Icmpv4Slice::from_slice(octets).ok()?;
    let meaning = match slice.header().icmp_type {
        Icmpv4Type::EchoRequest(header) => return Some(Message::EchoRequest(echo(header, slice.payload()))),
        Icmpv4Type::EchoReply(header) => return Some(Message::EchoReply(echo(header, slice.payload()))),
        Icmpv4Type::DestinationUnreachable(why) => match why {
            DestUnreachableHeader::Protocol | DestUnreachableHeader::Port => Meaning::Hard,
            DestUnreachableHeader::FragmentationNeeded { next_hop_mtu } => {
                Meaning::TooBig { mtu: u32::from(next_hop_mtu) }
            }
            _ => Meaning::Soft,
        },
        Icmpv4Type::TimeExceeded(_) | Icmpv4Type::ParameterProblem(_) => Meaning::Soft,
        Icmpv4Type::Unknown { type_u8: SOURCE_QUENCH, .. } => Meaning::Ignored,
        _ => return Some(Message::Other),
    };
    let quoted = quoted(slice.payload(), 4)?;
    Some(Message::Error(Error { kind: slice.type_u8(), code: slice.code_u8(), meaning, quoted }))
}

const SOURCE_QUENCH: u8 = 4;
/// Types of ICMPv6 from here on are no errors (RFC 4443 §2.1).
const FIRST_INFORMATIONAL: u8 = 128;

fn parse_v6(octets: &[u8]) -> Option<Message<'_>> {
    let slice = Icmpv6Slice::from_slice(octets).ok()?;
    let meaning = match slice.header().icmp_type {
        Icmpv6Type::EchoRequest(header) => return Some(Message::EchoRequest(echo(header, slice.payload()))),
        Icmpv6Type::EchoReply(header) => return Some(Message::EchoReply(echo(header, slice.payload()))),
        Icmpv6Type::DestinationUnreachable(DestUnreachableCode::Port) => Meaning::Hard,
        Icmpv6Type::PacketTooBig { mtu } => Meaning::TooBig { mtu },
        Icmpv6Type::DestinationUnreachable(_)
        | Icmpv6Type::TimeExceeded(_)
        | Icmpv6Type::ParameterProblem(_) => Meaning::Soft,
        // An error of a kind that is not known goes to whom it is about (RFC 4443 §2.4 (a)).
        _ if slice.type_u8() < FIRST_INFORMATIONAL => Meaning::Soft,
        _ => return Some(Message::Other),
    };
    let quoted = quoted(slice.payload(), 6)?;
    Some(Message::Error(Error { kind: slice.type_u8(), code: slice.code_u8(), meaning, quoted }))
}

fn echo(header: IcmpEchoHeader, octets: &[u8]) -> Echo<'_> {
    Echo { id: header.id, sequence: header.seq, octets }
}

/// What an error quotes of the packet it is about, which is of its own IP version.
fn quoted(quotation: &[u8], version: u8) -> Option<Quoted> {
    let (source, destination, protocol, payload) = parse_quoted(quotation, version).ok()?;
    let total_len = quoted_len(quotation);
    // Ports and sequence number: the eight octets every error has to quote (RFC 792).
    let &[s0, s1, d0, d1, q0, q1, q2, q3] = payload.first_chunk::<8>()?;
    Some(Quoted {
        source: SocketAddr::new(source, u16::from_be_bytes([s0, s1])),
        destination: SocketAddr::new(destination, u16::from_be_bytes([d0, d1])),
        protocol,
        total_len,
        seq: SeqNum(u32::from_be_bytes([q0, q1, q2, q3])),
    })
}
