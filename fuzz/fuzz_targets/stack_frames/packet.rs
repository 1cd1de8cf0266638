//! Packets made and judged without the help of the stack's own IP code.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cordial_wire::Segment;
use cordial_wire::checksum::{Sum, verify};

const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP: u8 = 1;
const ICMP6: u8 = 58;
/// What follows is a fragment's header (RFC 8200 §4.5).
const FRAGMENT: u8 = 44;

/// The addresses of a packet, its protocol, and what is behind its header.
pub struct Parts<'a> {
    pub source: IpAddr,
    pub destination: IpAddr,
    pub protocol: u8,
    pub payload: &'a [u8],
    /// Only a part of what the protocol's checksum is over.
    pub is_fragment: bool,
}

impl<'a> Parts<'a> {
    /// Takes a packet of ours apart, and fails if its header is not in order.
    pub fn of(packet: &'a [u8]) -> Self {
        match packet[0] >> 4 {
            4 => Self::of_four(packet),
            6 => Self::of_six(packet),
            version => panic!("a packet of version {version}"),
        }
    }

    fn of_four(packet: &'a [u8]) -> Self {
        assert_eq!(packet[0] & 15, 5, "we send no IPv4 options");
        assert_eq!(usize::from(u16::from_be_bytes([packet[2], packet[3]])), packet.len(), "total length");
        let (header, payload) = packet.split_at(20);
        assert!(verify(Sum::new(), header), "header checksum");
        let address =
            |at: usize| IpAddr::from(<[u8; 4]>::try_from(&header[at..at + 4]).expect("four octets"));
        // All but "don't fragment".
        let is_fragment = u16::from_be_bytes([header[6], header[7]]) & 0xbfff != 0;
        Self { source: address(12), destination: address(16), protocol: header[9], payload, is_fragment }
    }

    fn of_six(packet: &'a [u8]) -> Self {
        let (header, payload) = packet.split_at(40);
        assert_eq!(usize::from(u16::from_be_bytes([header[4], header[5]])), payload.len(), "payload length");
        let address =
            |at: usize| IpAddr::from(<[u8; 16]>::try_from(&header[at..at + 16]).expect("sixteen octets"));
        let is_fragment = header[6] == FRAGMENT;
        Self { source: address(8), destination: address(24), protocol: header[6], payload, is_fragment }
    }

    /// Fails unless the payload agrees with its checksum, or, where the device completes that, with the sum of the
    /// pseudo-header that it starts from.
    pub fn assert_checksum(&self, partial: bool) {
        if self.is_fragment {
            assert!(!partial && self.protocol != TCP, "a fragment is finished, and no segment");
            return;
        }
        let pseudo = pseudo_sum(self.source, self.destination, self.protocol, self.payload.len());
        let field = |at: usize| u16::from_be_bytes([self.payload[at], self.payload[at + 1]]);
        match self.protocol {
            TCP if partial => assert_eq!(field(16), pseudo.fold(), "pseudo-header sum of a segment"),
            UDP if partial => assert_eq!(field(6), pseudo.fold(), "pseudo-header sum of a datagram"),
            UDP if field(6) == 0 => assert!(self.source.is_ipv4(), "no checksum over IPv6"),
            TCP | UDP | ICMP6 => {
                assert!(verify(pseudo, self.payload), "checksum of protocol {}", self.protocol)
            }
            ICMP => assert!(verify(Sum::new(), self.payload), "checksum of an ICMP message"),
            other => panic!("we do not speak protocol {other}"),
        }
    }

    /// The segment, if it is one.
    pub fn segment(&self) -> Option<Segment<'a>> {
        (self.protocol == TCP).then(|| Segment::parse(self.payload).expect("a segment of ours can be read"))
    }
}

/// A packet with one segment, checksums right.
pub fn with_segment(source: IpAddr, destination: IpAddr, segment: &Segment<'_>) -> Vec<u8> {
    let mut octets = vec![0; segment.header_len()];
    segment.emit_header(&mut octets).expect("the room is as long as the header");
    octets.extend_from_slice(segment.payload);
    let mut sum = pseudo_sum(source, destination, TCP, octets.len());
    sum.add(&octets);
    octets[Segment::CHECKSUM_OFFSET..][..2].copy_from_slice(&sum.finish().to_be_bytes());
    with_header(source, destination, TCP, &octets)
}

/// An ICMP error of this type and code about `quoted`; where it is "too big" it says this MTU.
pub fn with_icmp(
    source: IpAddr,
    destination: IpAddr,
    (kind, code, mtu): (u8, u8, u16),
    quoted: &[u8],
) -> Vec<u8> {
    let mut octets = vec![kind, code, 0, 0, 0, 0];
    octets.extend_from_slice(&mtu.to_be_bytes());
    octets.extend_from_slice(&quoted[..quoted.len().min(120)]);
    let (protocol, mut sum) = match source {
        IpAddr::V4(_) => (ICMP, Sum::new()),
        IpAddr::V6(_) => (ICMP6, pseudo_sum(source, destination, ICMP6, octets.len())),
    };
    sum.add(&octets);
    octets[2..4].copy_from_slice(&sum.finish().to_be_bytes());
    with_header(source, destination, protocol, &octets)
}

fn with_header(source: IpAddr, destination: IpAddr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            header_four(source, destination, protocol, payload.len())
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            header_six(source, destination, protocol, payload.len())
        }
        _ => panic!("both ends are of one family"),
    };
    packet.extend_from_slice(payload);
    packet
}

fn header_four(source: Ipv4Addr, destination: Ipv4Addr, protocol: u8, len: usize) -> Vec<u8> {
    let [hi, lo] = (20 + len as u16).to_be_bytes();
    let mut header = vec![0x45, 0, hi, lo, 0, 0, 0x40, 0, 64, protocol, 0, 0];
    header.extend_from_slice(&source.octets());
    header.extend_from_slice(&destination.octets());
    let mut sum = Sum::new();
    sum.add(&header);
    header[10..12].copy_from_slice(&sum.finish().to_be_bytes());
    header
}

fn header_six(source: Ipv6Addr, destination: Ipv6Addr, protocol: u8, len: usize) -> Vec<u8> {
    let [hi, lo] = (len as u16).to_be_bytes();
    let mut header = vec![0x60, 0, 0, 0, hi, lo, protocol, 64];
    header.extend_from_slice(&source.octets());
    header.extend_from_slice(&destination.octets());
    header
}

fn pseudo_sum(source: IpAddr, destination: IpAddr, protocol: u8, len: usize) -> Sum {
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            Sum::pseudo_v4(source.octets(), destination.octets(), protocol, len as u32)
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            Sum::pseudo_v6(source.octets(), destination.octets(), protocol, len as u32)
        }
        _ => panic!("both ends are of one family"),
    }
}
