//! From a captured packet to its TCP segment.

use std::net::{IpAddr, SocketAddr};

use cordial_ip::icmp::{self, Message};
use cordial_tcp::Instant;
use cordial_trace::event::{Head, OnWire, SumState};
use cordial_wire::checksum::{Sum, verify};
use cordial_wire::{Flags, Options, SeqNum};
use etherparse::{IpNumber, LaxIpSlice, ip_number};

use super::frame::Frame;
use super::link::{NoNetwork, network};

/// Octets of the longest packet that is believed where its own header does not say.
const LONGEST: u32 = 1 << 24;

/// What a captured packet is to us.
#[derive(Clone, Copy, Debug)]
pub(super) enum Packet {
    /// A TCP segment, or its first fragment.
    Tcp(Tcp),
    /// An ICMP error about one.
    Icmp(IcmpError),
    /// A fragment behind the first.
    Fragment,
    /// Anything else.
    Other,
    /// Cut off or misshapen, so that nobody can say whose it is.
    Unreadable,
    /// On a link that is not read.
    UnknownLink,
}

/// A TCP segment that passed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tcp {
    pub(super) time: Instant,
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    pub(super) seq: SeqNum,
    pub(super) ack: Option<SeqNum>,
    pub(super) flags: Flags,
    pub(super) window: u16,
    pub(super) options: Options,
    pub(super) payload_len: u32,
    pub(super) head: Head,
    pub(super) on_wire: OnWire,
}

impl Tcp {
    pub(super) fn has(&self, flags: Flags) -> bool {
        self.flags.contains(flags)
    }

    /// A SYN that answers nothing.
    pub(super) fn is_call(&self) -> bool {
        self.has(Flags::SYN) && !self.has(Flags::ACK) && !self.has(Flags::RST)
    }

    /// Positions taken in sequence space.
    pub(super) fn len(&self) -> u32 {
        self.payload_len + u32::from(self.has(Flags::SYN)) + u32::from(self.has(Flags::FIN))
    }

    /// The position after its last.
    pub(super) fn end(&self) -> SeqNum {
        self.seq + self.len()
    }
}

/// An ICMP error that quotes a segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct IcmpError {
    pub(super) time: Instant,
    pub(super) kind: u8,
    pub(super) code: u8,
    /// Who had sent the segment: who is told.
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
}

/// The fields of an IP header that count here.
struct Ip<'a> {
    source: IpAddr,
    destination: IpAddr,
    payload: &'a [u8],
    /// Octets the payload had before the capture cut it.
    payload_len: u32,
    on_wire: OnWire,
}

/// Reads a packet; `number` is its own in the file, `time` counts from wherever the caller likes.
pub(super) fn read(frame: &Frame<'_>, number: u64, time: Instant) -> Packet {
    let network = match network(frame) {
        Ok(network) => network,
        Err(NoNetwork::UnknownLink) => return Packet::UnknownLink,
        Err(NoNetwork::NotIp) => return Packet::Other,
        Err(NoNetwork::Cut) => return Packet::Unreadable,
    };
    let Ok((slice, _)) = LaxIpSlice::from_slice(network.octets) else { return Packet::Unreadable };
    match slice.payload_ip_number() {
        ip_number::TCP => {}
        ip_number::ICMP | ip_number::IPV6_ICMP => return icmp_error(network.octets, time),
        ip_number::IPV6_FRAGMENTATION_HEADER | ip_number::IPV6_ROUTE_HEADER => return Packet::Unreadable,
        IpNumber(_) => return Packet::Other,
    }
    if fragment_offset(&slice) > 0 {
        return Packet::Fragment;
    }
    let wire_len = frame.wire_len.saturating_sub(network.offset).min(LONGEST);
    let mut ip = ip(&slice, network.octets, wire_len);
    ip.on_wire = OnWire { packet: number, interface: frame.interface, vlan: network.vlan, ..ip.on_wire };
    tcp(&ip, slice.is_fragmenting_payload(), time).map_or(Packet::Unreadable, Packet::Tcp)
}

fn fragment_offset(slice: &LaxIpSlice<'_>) -> u16 {
    match slice {
        LaxIpSlice::Ipv4(v4) => v4.header().fragments_offset().value(),
        LaxIpSlice::Ipv6(v6) if v6.payload().fragmented => {
            fragment(v6.extensions()).map_or(0, |(_, offset)| offset)
        }
        LaxIpSlice::Ipv6(_) => 0,
    }
}

/// Identification and offset of the fragment header among an IPv6 packet's extensions.
fn fragment(extensions: &etherparse::Ipv6ExtensionsSlice<'_>) -> Option<(u32, u16)> {
    extensions.clone().into_iter().find_map(|extension| match extension {
        etherparse::Ipv6ExtensionSlice::Fragment(header) => {
            Some((header.identification(), header.fragment_offset().value()))
        }
        _ => None,
    })
}

fn ip<'a>(slice: &LaxIpSlice<'a>, octets: &[u8], wire_len: u32) -> Ip<'a> {
    let (ttl, ip_id, dont_fragment, ecn, claimed) = match slice {
        LaxIpSlice::Ipv4(v4) => {
            let header = v4.header();
            let total = usize::from(header.total_len());
            // A length of nothing: the card was to fill it in, the packet being longer than the field can say.
            let claimed = if total < header.slice().len() { None } else { Some(total as u32) };
            (
                header.ttl(),
                Some(header.identification()),
                header.dont_fragment(),
                header.ecn().value(),
                claimed,
            )
        }
        LaxIpSlice::Ipv6(v6) => {
            let header = v6.header();
            let length = u32::from(header.payload_length());
            let claimed = (length > 0).then_some(length + etherparse::Ipv6Header::LEN as u32);
            let id = fragment(v6.extensions()).map(|(id, _)| id as u16);
            (header.hop_limit(), id, true, header.traffic_class() & 3, claimed)
        }
    };
    let ip_len = claimed.unwrap_or(wire_len);
    let payload = slice.payload().payload;
    // The payload goes to the end of the packet, or of what was captured.
    let available = (ip_len as usize).min(octets.len());
    let headers = available.saturating_sub(payload.len()) as u32;
    Ip {
        source: slice.source_addr(),
        destination: slice.destination_addr(),
        payload,
        payload_len: ip_len.saturating_sub(headers),
        on_wire: OnWire {
            packet: 0,
            ttl,
            ip_id,
            dont_fragment,
            ecn,
            ip_len,
            missing: ip_len.saturating_sub(available as u32),
            header_cut: false,
            checksum: SumState::Unknown,
            copies: 0,
            interface: 0,
            vlan: None,
        },
    }
}

/// The segment, if its fixed header was captured and its lengths can be.
fn tcp(ip: &Ip<'_>, is_fragment: bool, time: Instant) -> Option<Tcp> {
    let (fixed, rest) = ip.payload.split_first_chunk::<20>()?;
    let &[s0, s1, d0, d1, q0, q1, q2, q3, a0, a1, a2, a3, offset, bits, w0, w1, c0, c1, _, _] = fixed;
    let header_len = u32::from(offset >> 4) * 4;
    let area_len = header_len.checked_sub(20)? as usize;
    let payload_len = ip.payload_len.checked_sub(header_len)?;
    // What was cut off may have begun with the options: those that are whole are read.
    let area = rest.get(..area_len).unwrap_or(rest);
    let (options, _) = Options::parse(area);
    let flags = Flags::from_bits(u16::from_be_bytes([offset, bits]));
    let has_ack = flags.contains(Flags::ACK);
    let whole = ip.payload.get(..ip.payload_len as usize).filter(|_| !is_fragment);
    let checksum = whole.map_or(SumState::Unknown, |segment| {
        sum_state(ip.source, ip.destination, segment, u16::from_be_bytes([c0, c1]))
    });
    Some(Tcp {
        time,
        source: SocketAddr::new(ip.source, u16::from_be_bytes([s0, s1])),
        destination: SocketAddr::new(ip.destination, u16::from_be_bytes([d0, d1])),
        seq: SeqNum(u32::from_be_bytes([q0, q1, q2, q3])),
        ack: has_ack.then_some(SeqNum(u32::from_be_bytes([a0, a1, a2, a3]))),
        flags,
        window: u16::from_be_bytes([w0, w1]),
        options,
        payload_len,
        head: if payload_len > 0 { Head::of(rest.get(area_len..)) } else { Head::default() },
        on_wire: OnWire { header_cut: rest.len() < area_len, checksum, ..ip.on_wire },
    })
}

fn sum_state(source: IpAddr, destination: IpAddr, segment: &[u8], stored: u16) -> SumState {
    let len = segment.len() as u32;
    let pseudo = match (source, destination) {
        (IpAddr::V4(a), IpAddr::V4(b)) => Sum::pseudo_v4(a.octets(), b.octets(), ip_number::TCP.0, len),
        (IpAddr::V6(a), IpAddr::V6(b)) => Sum::pseudo_v6(a.octets(), b.octets(), ip_number::TCP.0, len),
        // No packet has two families.
        _ => return SumState::Unknown,
    };
    match (verify(pseudo, segment), stored == pseudo.fold()) {
        (true, _) => SumState::Good,
        (false, true) => SumState::PseudoOnly,
        (false, false) => SumState::Bad,
    }
}

/// An error about a TCP segment. One that is damaged or cut off tells nothing.
fn icmp_error(octets: &[u8], time: Instant) -> Packet {
    let Ok(packet) = cordial_ip::Packet::parse(octets) else { return Packet::Other };
    let Some(Message::Error(error)) = icmp::parse(&packet) else { return Packet::Other };
    if error.quoted.protocol != cordial_ip::Protocol::Tcp {
        return Packet::Other;
    }
    Packet::Icmp(IcmpError {
        time,
        kind: error.kind,
        code: error.code,
        source: error.quoted.source,
        destination: error.quoted.destination,
    })
}
