//! A packet that a script injects, to octets.

use std::net::SocketAddr;

use cordial_ip::{Header, Protocol};
use cordial_wire::checksum::Sum;
use cordial_wire::{Flags, Segment, SeqNum};

use crate::flow::Flow;
use crate::script::{Ecn, Icmp, Ip, Number, Options, TcpOption, TcpPacket};

/// The IP packet with a segment that goes from the flow's remote end to the stack.
pub(crate) fn segment(packet: &TcpPacket, ip: Ip, flow: &Flow) -> Option<Vec<u8>> {
    let header = Segment {
        source: flow.remote.port(),
        destination: flow.local.port(),
        seq: SeqNum(packet.seq.value),
        ack_number: acknowledged(packet, flow),
        flags: packet.flags,
        window: packet.window.unwrap_or(0),
        urgent: packet.urgent.unwrap_or(0),
        ..Segment::default()
    };
    let options = options_area(&packet.options, flow);
    let mut tcp = vec![0; Segment::MIN_HEADER_LEN];
    header.emit_header(&mut tcp).ok()?;
    let words = ((Segment::MIN_HEADER_LEN + options.len()) / 4) as u8;
    // The header was written as one without options.
    if let Some(offset) = tcp.get_mut(12) {
        *offset = words << 4 | *offset & 0x0f;
    }
    tcp.extend_from_slice(&options);
    tcp.resize(tcp.len() + packet.len as usize, 0);
    around(flow.remote, flow.local, Protocol::Tcp, tcp, Segment::CHECKSUM_OFFSET, ip)
}

/// An ACK bit without a number acknowledges nothing of ours: it stands at our SYN.
fn acknowledged(packet: &TcpPacket, flow: &Flow) -> SeqNum {
    match packet.ack {
        Some(ack) => flow.to_wire(ack),
        None if packet.flags.contains(Flags::ACK) => flow.to_wire(Number { value: 0, absolute: false }),
        None => SeqNum(0),
    }
}

/// The options' octets, with ends of list up to a whole word. None fit beyond forty octets.
fn options_area(options: &Options, flow: &Flow) -> Vec<u8> {
    let Options::These(options) = options else { return Vec::new() };
    let mut area = Vec::new();
    options.iter().for_each(|option| put(&mut area, option, flow));
    area.resize(area.len().next_multiple_of(4), 0);
    area
}

/// Octets that options may take.
pub(crate) const MOST_OPTIONS: usize = 40;

/// Octets that these options take.
pub(crate) fn options_len(options: &Options, flow: &Flow) -> usize {
    options_area(options, flow).len()
}

fn put(area: &mut Vec<u8>, option: &TcpOption, flow: &Flow) {
    match option {
        TcpOption::Nop => area.push(1),
        TcpOption::End => area.push(0),
        TcpOption::Mss(mss) => tagged(area, 2, &mss.to_be_bytes()),
        TcpOption::WindowScale(shift) => tagged(area, 3, &[*shift]),
        TcpOption::SackPermitted => tagged(area, 4, &[]),
        TcpOption::Sack(blocks) => {
            let wire = |value| flow.to_wire(Number { value, absolute: false }).0.to_be_bytes();
            let octets: Vec<u8> =
                blocks.iter().flat_map(|&(start, end)| [wire(start), wire(end)]).flatten().collect();
            tagged(area, 5, &octets);
        }
        TcpOption::Timestamps { value, echo } => {
            let echo = flow.echo_to_wire(*echo);
            tagged(area, 8, &[value.to_be_bytes(), echo.to_be_bytes()].concat());
        }
        TcpOption::FastOpen { cookie, experimental: false } => tagged(area, 34, cookie),
        TcpOption::FastOpen { cookie, experimental: true } => {
            tagged(area, 254, &[&[0xf9, 0x89], cookie.as_slice()].concat());
        }
        TcpOption::Md5 => tagged(area, 19, &[0; 16]),
        TcpOption::Raw { kind: kind @ (0 | 1), .. } => area.push(*kind),
        TcpOption::Raw { kind, value } => tagged(area, *kind, value),
    }
}

fn tagged(area: &mut Vec<u8>, kind: u8, value: &[u8]) {
    area.extend_from_slice(&[kind, (value.len() + 2) as u8]);
    area.extend_from_slice(value);
}

/// The IP packet with an ICMP message about a segment that the flow's local end sent.
pub(crate) fn icmp(message: &Icmp, ip: Ip, flow: &Flow) -> Option<Vec<u8>> {
    let is_v4 = flow.local.is_ipv4();
    let (kind, code) = if is_v4 { message.kind.v4? } else { message.kind.v6? };
    let mtu = message.mtu.unwrap_or(0);
    let mut octets = vec![kind, code, 0, 0];
    octets.extend_from_slice(&mtu.to_be_bytes());
    octets.extend_from_slice(&quoted(message, flow)?);
    let protocol = if is_v4 { Protocol::Icmp } else { Protocol::Icmpv6 };
    around(flow.remote, flow.local, protocol, octets, 2, ip)
}

/// The packet that an ICMP message is about: IP header and TCP header, with the length of what they carried.
fn quoted(message: &Icmp, flow: &Flow) -> Option<Vec<u8>> {
    // One that quotes nothing in particular is about our SYN.
    let (number, len) = message.quoted.unwrap_or((Number { value: 0, absolute: false }, 0));
    let segment = Segment {
        source: flow.local.port(),
        destination: flow.remote.port(),
        seq: flow.to_wire(number),
        ..Segment::default()
    };
    let (source, destination) = (flow.local.ip(), flow.remote.ip());
    let payload_len = Segment::MIN_HEADER_LEN + len as usize;
    let header = Header { source, destination, protocol: Protocol::Tcp, payload_len, identification: 0 };
    let ip_len = Header::len_to(destination);
    let mut octets = vec![0; ip_len + Segment::MIN_HEADER_LEN];
    header.emit(&mut octets)?;
    segment.emit_header(octets.get_mut(ip_len..)?).ok()?;
    Some(octets)
}

/// Puts an IP header around a transport packet, and the checksum into it.
fn around(
    from: SocketAddr,
    to: SocketAddr,
    protocol: Protocol,
    mut payload: Vec<u8>,
    checksum_at: usize,
    ip: Ip,
) -> Option<Vec<u8>> {
    let (source, destination, payload_len) = (from.ip(), to.ip(), payload.len());
    let header = Header { source, destination, protocol, payload_len, identification: 0 };
    // Only ICMP over IPv4 sums no pseudo-header.
    let mut sum = if protocol == Protocol::Icmp { Sum::new() } else { header.pseudo_sum() };
    sum.add(&payload);
    *payload.get_mut(checksum_at..)?.first_chunk_mut()? = sum.finish().to_be_bytes();
    let mut octets = vec![0; Header::len_to(destination)];
    header.emit(&mut octets)?;
    mark(&mut octets, ip);
    octets.extend_from_slice(&payload);
    Some(octets)
}

/// Writes what the script says of the IP header into a header that is complete otherwise.
fn mark(header: &mut [u8], ip: Ip) {
    let ecn = ip.ecn.map_or(0, |ecn| match ecn {
        Ecn::No => 0,
        Ecn::Ect1 => 1,
        Ecn::Ect0 | Ecn::Ect01 => 2,
        Ecn::Ce => 3,
    });
    let tos = ip.tos.unwrap_or(0) & !3 | if ip.ecn.is_some() { ecn } else { ip.tos.unwrap_or(0) & 3 };
    match header {
        [version, second, third, fourth, _, _, _, hops, ..] if *version >> 4 == 6 => {
            let flow = ip.flow.unwrap_or(0).to_be_bytes();
            *version = 0x60 | tos >> 4;
            *second = tos << 4 | flow[1] & 0x0f;
            (*third, *fourth) = (flow[2], flow[3]);
            *hops = ip.ttl.unwrap_or(*hops);
        }
        [_, octet, _, _, _, _, _, _, ttl, ..] => {
            *octet = tos;
            *ttl = ip.ttl.unwrap_or(*ttl);
            sum_again(header);
        }
        _ => {}
    }
}

/// The checksum of an IPv4 header that was changed.
fn sum_again(header: &mut [u8]) {
    if let Some(field) = header.get_mut(10..12) {
        field.fill(0);
    }
    let mut sum = Sum::new();
    sum.add(header);
    if let Some(field) = header.get_mut(10..).and_then(|rest| rest.first_chunk_mut()) {
        *field = sum.finish().to_be_bytes();
    }
}
