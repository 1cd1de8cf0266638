//! IP packets, ICMP messages and datagrams: read, written, damaged.

use std::net::{IpAddr, SocketAddr};

use cordial_ip::icmp::{self, Echo, Meaning, Message};
use cordial_ip::udp::{self, UdpError};
use cordial_ip::{Header, Packet, PacketError, Protocol, Unreachable};
use cordial_wire::SeqNum;
use cordial_wire::checksum::Sum;
use proptest::prelude::*;

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn ends(v6: bool) -> (IpAddr, IpAddr) {
    if v6 { (ip("fd00::1"), ip("fd00::2")) } else { (ip("10.0.0.1"), ip("10.0.0.2")) }
}

fn packet(v6: bool, protocol: Protocol, payload: &[u8]) -> Vec<u8> {
    let (source, destination) = ends(v6);
    let header = Header { source, destination, protocol, payload_len: payload.len(), identification: 7 };
    let mut out = vec![0; Header::len_to(destination) + payload.len()];
    let len = header.emit(&mut out).expect("it fits");
    out[len..].copy_from_slice(payload);
    out
}

/// Puts the IPv4 header's checksum right after a change.
fn resum(packet: &mut [u8]) {
    packet[10..12].fill(0);
    let mut sum = Sum::new();
    let header_len = usize::from(packet[0] & 15) * 4;
    sum.add(&packet[..header_len]);
    packet[10..12].copy_from_slice(&sum.finish().to_be_bytes());
}

/// RFC791-3.1-a: what a link added behind the packet is no part of it.
#[test]
fn what_is_written_is_read_back() {
    for v6 in [false, true] {
        let (source, destination) = ends(v6);
        let octets = packet(v6, Protocol::Tcp, b"payload");
        let mut padded = octets.clone();
        padded.extend([0; 6]);
        let expected =
            Packet { source, destination, protocol: Protocol::Tcp, payload: b"payload", octets: &octets };
        assert_eq!(Packet::parse(&padded), Ok(expected), "padding is cut off");
    }
}

/// RFC8200-8.1-a: the pseudo-header of IPv6 has both addresses, the length of what is carried, and its protocol.
#[test]
fn checksums_over_ipv6_are_what_etherparse_has() {
    let (IpAddr::V6(source), IpAddr::V6(destination)) = ends(true) else { panic!("IPv6") };
    for len in [0, 1, 7, 1000] {
        let payload: Vec<u8> = (0..len).map(|at| at as u8).collect();
        let header = etherparse::Ipv6Header {
            source: source.octets(),
            destination: destination.octets(),
            ..Default::default()
        };
        let theirs =
            etherparse::UdpHeader::with_ipv6_checksum(5, 6, &header, &payload).expect("short").checksum;
        let ours = udp::packet((source, 5).into(), (destination, 6).into(), &payload).expect("short");
        assert_eq!(u16::from_be_bytes([ours[46], ours[47]]), theirs, "{len}");
        let tcp = etherparse::TcpHeader::new(5, 6, 7, 8);
        let sum = tcp.calc_checksum_ipv6(&header, &payload).expect("short");
        let whole = [&tcp.to_bytes()[..], &payload].concat();
        let whole = packet(true, Protocol::Tcp, &whole);
        let packet = Packet::parse(&whole).expect("a packet");
        let mut all = packet.pseudo_sum();
        all.add(packet.payload);
        assert_eq!(all.finish(), sum, "{len}");
    }
}

#[test]
fn etherparse_reads_the_same() {
    for v6 in [false, true] {
        let (source, destination) = ends(v6);
        let octets = packet(v6, Protocol::Udp, b"payload");
        let (headers, rest) = etherparse::IpHeaders::from_slice(&octets).expect("well formed");
        assert_eq!((rest.payload, rest.ip_number.0), (&b"payload"[..], 17));
        let addresses: (IpAddr, IpAddr) = match headers {
            etherparse::IpHeaders::Ipv4(header, _) => {
                assert!(header.dont_fragment && header.time_to_live == 64 && header.identification == 7);
                assert_eq!(header.header_checksum, header.calc_header_checksum());
                (header.source.into(), header.destination.into())
            }
            etherparse::IpHeaders::Ipv6(header, _) => {
                assert_eq!(header.hop_limit, 64);
                (header.source.into(), header.destination.into())
            }
        };
        assert_eq!(addresses, (source, destination));
    }
}

/// RFC791-3.1-a: lengths of the header and of the packet that cannot be, and more of it than there is.
#[test]
fn an_ipv4_header_that_lies_is_refused() {
    let good = packet(false, Protocol::Tcp, &[0; 40]);
    let changed = |change: fn(&mut Vec<u8>)| {
        let mut octets = good.clone();
        change(&mut octets);
        Packet::parse(&octets).map(|packet| packet.payload.len())
    };
    assert_eq!(changed(|octets| octets[0] = 0x54), Err(PacketError::Version));
    assert_eq!(changed(|octets| octets[0] = 0x44), Err(PacketError::HeaderLength));
    assert_eq!(changed(|octets| octets[3] = 19), Err(PacketError::HeaderLength));
    assert_eq!(changed(|octets| octets[3] += 1), Err(PacketError::Truncated));
    assert_eq!(changed(|octets| octets[8] = 3), Err(PacketError::Checksum));
    let fragment = |octets: &mut Vec<u8>, bits| {
        (octets[6], octets[7]) = bits;
        resum(octets);
    };
    for bits in [(0x20, 0), (0, 1), (0x1f, 0xff)] {
        let mut octets = good.clone();
        fragment(&mut octets, bits);
        assert_eq!(Packet::parse(&octets), Err(PacketError::Fragment), "{bits:?}");
    }
    // Options are skipped.
    let mut options = good.clone();
    options[0] = 0x46;
    resum(&mut options);
    assert_eq!(Packet::parse(&options).map(|packet| packet.payload.len()), Ok(36));
}

#[test]
fn ipv6_options_are_skipped_and_other_extension_headers_refused() {
    let with = |next: u8, payload: &[u8]| {
        let mut octets = packet(true, Protocol::Tcp, payload);
        octets[6] = next;
        Packet::parse(&octets).map(|packet| (packet.protocol, packet.payload.len()))
    };
    let options = |next: u8| [next, 0, 1, 4, 0, 0, 0, 0];
    let payload = |headers: &[[u8; 8]]| [headers.concat(), vec![9; 20]].concat();
    assert_eq!(with(0, &payload(&[options(6)])), Ok((Protocol::Tcp, 20)));
    assert_eq!(with(0, &payload(&[options(60), options(17)])), Ok((Protocol::Udp, 20)));
    assert_eq!(with(44, &payload(&[options(6)])), Err(PacketError::Fragment));
    for unknown in [43, 50, 51, 135] {
        assert_eq!(with(unknown, &payload(&[options(6)])), Err(PacketError::Extension));
    }
    assert_eq!(with(0, &payload(&[options(60); 6])), Err(PacketError::Extension), "one after the other");
    assert_eq!(with(0, &[6, 200, 0, 0]), Err(PacketError::Truncated));
    assert_eq!(with(59, &[]), Ok((Protocol::Other(59), 0)));
}

/// RFC 4038 §4.2: such an address would speak for an IPv4 host.
#[test]
fn an_ipv6_packet_with_an_ipv4_mapped_address_is_refused() {
    let good = packet(true, Protocol::Tcp, &[0; 20]);
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1];
    assert!(Packet::parse(&good).is_ok());
    for at in [8, 24] {
        let mut octets = good.clone();
        octets[at..at + 16].copy_from_slice(&mapped);
        assert_eq!(Packet::parse(&octets), Err(PacketError::Mapped));
    }
}

/// An ICMP error from octets: its header, then what it quotes.
fn icmp_error(v6: bool, quotation: &[u8]) -> Vec<u8> {
    let (protocol, kind, code) = if v6 { (Protocol::Icmpv6, 1, 4) } else { (Protocol::Icmp, 3, 3) };
    let mut octets = packet(v6, protocol, &[&[kind, code, 0, 0, 0, 0, 0, 0], quotation].concat());
    let read = Packet::parse(&octets).unwrap();
    let mut sum = if v6 { read.pseudo_sum() } else { Sum::new() };
    sum.add(read.payload);
    let start = octets.len() - read.payload.len();
    octets[start + 2..start + 4].copy_from_slice(&sum.finish().to_be_bytes());
    octets
}

#[test]
fn an_error_quotes_a_packet_of_its_own_version_without_mapped_addresses() {
    let is_error = |v6, quotation: &[u8]| {
        matches!(icmp::parse(&Packet::parse(&icmp_error(v6, quotation)).unwrap()), Some(Message::Error(_)))
    };
    let (v4, v6) = (packet(false, Protocol::Tcp, &[1; 20]), packet(true, Protocol::Tcp, &[1; 20]));
    assert!(is_error(false, &v4) && is_error(true, &v6));
    assert!(!is_error(false, &v6) && !is_error(true, &v4));
    for at in [8, 24] {
        let mut mapped = v6.clone();
        mapped[at..at + 16].copy_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1]);
        assert!(!is_error(true, &mapped) && !is_error(false, &mapped));
    }
}

#[test]
fn an_echo_reply_has_what_the_request_had() {
    for v6 in [false, true] {
        let (protocol, kind, answer) = if v6 { (Protocol::Icmpv6, 128, 129) } else { (Protocol::Icmp, 8, 0) };
        let mut message = vec![kind, 0, 0, 0, 1, 2, 3, 4, b'x', b'y', b'z'];
        let mut octets = packet(v6, protocol, &message);
        let mut sum = if v6 { Packet::parse(&octets).unwrap().pseudo_sum() } else { Sum::new() };
        sum.add(&message);
        message[2..4].copy_from_slice(&sum.finish().to_be_bytes());
        let start = octets.len() - message.len();
        octets[start..].copy_from_slice(&message);

        let request = Packet::parse(&octets).unwrap();
        let echo = Echo { id: 0x0102, sequence: 0x0304, octets: b"xyz" };
        assert_eq!(icmp::parse(&request), Some(Message::EchoRequest(echo)));
        let reply = icmp::echo_reply(&request, &echo).expect("due");
        let reply = Packet::parse(&reply).unwrap();
        assert_eq!((reply.source, reply.destination), (request.destination, request.source));
        assert_eq!((reply.protocol, reply.payload[0]), (protocol, answer));
        assert_eq!(icmp::parse(&reply), Some(Message::EchoReply(echo)));
        octets[start + 9] ^= 4;
        assert_eq!(icmp::parse(&Packet::parse(&octets).unwrap()), None, "a wrong checksum");
    }
}

#[test]
fn an_unreachable_quotes_the_packet_it_is_about() {
    for v6 in [false, true] {
        for why in [Unreachable::Network, Unreachable::Host, Unreachable::Port, Unreachable::Admin] {
            let tcp = [0x03, 0xe8, 0, 80, 1, 2, 3, 4, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0];
            let original = packet(v6, Protocol::Tcp, &tcp);
            let original = Packet::parse(&original).unwrap();
            let error = icmp::unreachable(&original, why).expect("due");
            let error = Packet::parse(&error).unwrap();
            assert_eq!((error.source, error.destination), (original.destination, original.source));
            let Some(Message::Error(error)) = icmp::parse(&error) else { panic!("{why:?}") };
            assert_eq!(error.quoted.source, SocketAddr::new(original.source, 1000));
            assert_eq!(error.quoted.destination, SocketAddr::new(original.destination, 80));
            assert_eq!((error.quoted.protocol, error.quoted.seq), (Protocol::Tcp, SeqNum(0x0102_0304)));
            let hard = why == Unreachable::Port;
            assert_eq!(error.meaning, if hard { Meaning::Hard } else { Meaning::Soft });
        }
    }
}

#[test]
fn what_is_too_big_is_told_with_what_would_pass() {
    for v6 in [false, true] {
        let original = packet(v6, Protocol::Tcp, &[7; 1400]);
        let original = Packet::parse(&original).unwrap();
        let error = icmp::too_big(&original, 1300).expect("due");
        let error = Packet::parse(&error).unwrap();
        assert_eq!((error.source, error.destination), (original.destination, original.source));
        let Some(Message::Error(error)) = icmp::parse(&error) else { panic!("it is an error") };
        assert_eq!(error.meaning, Meaning::TooBig { mtu: 1300 });
    }
    let octets = packet(false, Protocol::Icmp, &[3, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(icmp::too_big(&Packet::parse(&octets).unwrap(), 1300), None, "no error answers an error");
}

#[test]
fn no_error_answers_an_error_a_crowd_or_a_stranger() {
    let octets = packet(false, Protocol::Icmp, &[3, 1, 0, 0, 0, 0, 0, 0]);
    let error = Packet::parse(&octets).unwrap();
    assert_eq!(icmp::unreachable(&error, Unreachable::Host), None);
    let octets = packet(true, Protocol::Icmpv6, &[1, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(icmp::unreachable(&Packet::parse(&octets).unwrap(), Unreachable::Host), None);
    let octets = packet(false, Protocol::Udp, &[0; 8]);
    let datagram = Packet::parse(&octets).unwrap();
    assert!(icmp::unreachable(&datagram, Unreachable::Port).is_some());
    for (source, destination) in [
        ("224.0.0.1", "10.0.0.2"),
        ("0.0.0.0", "10.0.0.2"),
        ("10.0.0.1", "224.0.0.1"),
        ("10.0.0.1", "255.255.255.255"),
    ] {
        let strange = Packet { source: ip(source), destination: ip(destination), ..datagram };
        assert_eq!(icmp::unreachable(&strange, Unreachable::Port), None, "{source} to {destination}");
    }
}

#[test]
fn an_error_is_cut_to_what_everyone_can_take() {
    for (v6, most) in [(false, 576), (true, 1280)] {
        let original = packet(v6, Protocol::Udp, &[1; 1400]);
        let error = icmp::unreachable(&Packet::parse(&original).unwrap(), Unreachable::Port).expect("due");
        assert_eq!(error.len(), most);
    }
}

#[test]
fn a_datagram_is_read_back_and_a_damaged_one_is_not() {
    for v6 in [false, true] {
        let (source, destination) = ends(v6);
        let octets =
            udp::packet(SocketAddr::new(source, 53), SocketAddr::new(destination, 4000), b"name").unwrap();
        let packet = Packet::parse(&octets).unwrap();
        let datagram = udp::parse(&packet, true).expect("intact");
        assert_eq!((datagram.source, datagram.destination, datagram.octets), (53, 4000, &b"name"[..]));
        let start = octets.len() - 12;
        let mut damaged = octets.clone();
        damaged[start + 9] ^= 1;
        let packet = Packet::parse(&damaged).unwrap();
        assert_eq!(udp::parse(&packet, true), Err(UdpError::Checksum));
        assert!(udp::parse(&packet, false).is_ok(), "somebody vouched for it");
        let mut unsummed = octets.clone();
        unsummed[start + 6..start + 8].fill(0);
        let is_fine = udp::parse(&Packet::parse(&unsummed).unwrap(), true).is_ok();
        assert_eq!(is_fine, !v6, "only IPv4 does without");
        let mut longer = octets.clone();
        longer[start + 5] += 1;
        assert_eq!(udp::parse(&Packet::parse(&longer).unwrap(), true), Err(UdpError::Length));
    }
    assert_eq!(udp::packet("10.0.0.1:1".parse().unwrap(), "10.0.0.2:1".parse().unwrap(), &[0; 65_508]), None);
    assert_eq!(udp::packet("10.0.0.1:1".parse().unwrap(), "[fd00::1]:1".parse().unwrap(), b""), None);
}

proptest! {
    /// Whatever arrives gives a packet that lies within it, or an error.
    #[test]
    fn parsing_is_total(
        mut octets in proptest::collection::vec(any::<u8>(), 0..200),
        version in prop_oneof![Just(None), Just(Some(0x45)), Just(Some(0x60))],
        sum in any::<bool>(),
    ) {
        if let (Some(version), Some(first)) = (version, octets.first_mut()) {
            *first = version;
        }
        if sum && octets.len() >= 60 && octets[0] == 0x45 {
            (octets[2], octets[3], octets[6], octets[7]) = (0, octets.len() as u8, 0, 0);
            resum(&mut octets);
        }
        if let Ok(packet) = Packet::parse(&octets) {
            prop_assert!(packet.payload.len() < octets.len());
            let _ = icmp::parse(&packet);
            let _ = udp::parse(&packet, false);
            let _ = icmp::unreachable(&packet, Unreachable::Port);
            let _ = icmp::too_big(&packet, 1_000);
            let _ = icmp::echo_reply(&packet, &Echo { id: 0, sequence: 0, octets: packet.payload });
        }
    }
}
