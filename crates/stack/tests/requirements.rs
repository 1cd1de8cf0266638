//! What RFC 1122, RFC 4443 and RFC 8200 ask of a host below TCP: packets to it, and what it says about them.

mod common;

use std::net::IpAddr;

use common::{Lab, ms};
use cordial_ip::icmp::{self, Echo, EchoKind, Meaning, Message};
use cordial_ip::{Fragment, Header, Packet, Progress, Protocol, Reassembly, split, udp};
use cordial_stack::Bind;
use cordial_wire::checksum::Sum;
use cordial_wire::{Flags, Segment};

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// A packet to `b`.
fn to_b(lab: &Lab, protocol: Protocol, payload: &[u8]) -> Vec<u8> {
    between(lab.a.address, lab.b.address, protocol, payload)
}

fn between(source: IpAddr, destination: IpAddr, protocol: Protocol, payload: &[u8]) -> Vec<u8> {
    let header = Header { source, destination, protocol, payload_len: payload.len(), identification: 7 };
    let mut out = vec![0; Header::len_to(destination)];
    header.emit(&mut out).expect("it fits");
    out.extend_from_slice(payload);
    out
}

fn syn(lab: &Lab) -> Vec<u8> {
    let syn = Segment { source: 1000, destination: 80, flags: Flags::SYN, ..Segment::default() };
    lab.packet(true, &syn)
}

/// Type, code and the four octets behind the checksum of the only answer, and what it quotes.
fn complaint(answers: &[Vec<u8>]) -> (u8, u8, u32, Vec<u8>) {
    let [answer] = answers else { panic!("one answer: {answers:?}") };
    let packet = Packet::parse(answer).expect("a packet");
    assert!(icmp::parse(&packet).is_some(), "its checksum is right");
    let &[kind, code, _, _, a, b, c, d, ref quoted @ ..] = packet.payload else { panic!("too short") };
    (kind, code, u32::from_be_bytes([a, b, c, d]), quoted.to_vec())
}

/// The header of an IPv4 packet with options of so many words, to be filled in; the checksum is put right afterwards.
fn with_options(packet: &[u8], options: &[u8]) -> Vec<u8> {
    let (header, payload) = packet.split_at(20);
    let mut out = [header, options, payload].concat();
    out[0] = 0x45 + (options.len() / 4) as u8;
    let length = out.len() as u16;
    out[2..4].copy_from_slice(&length.to_be_bytes());
    resum(&mut out, 20 + options.len());
    out
}

fn resum(packet: &mut [u8], header_len: usize) {
    packet[10..12].fill(0);
    let mut sum = Sum::new();
    sum.add(&packet[..header_len]);
    packet[10..12].copy_from_slice(&sum.finish().to_be_bytes());
}

/// RFC1122-3.2.1.1-a: what is neither version 4 nor 6 is dropped in silence.
#[test]
fn other_versions_of_ip_are_dropped_in_silence() {
    let mut lab = Lab::new();
    lab.listen();
    let mut packet = syn(&lab);
    assert_eq!(lab.answers(&packet).len(), 1);
    packet[0] = 0x55;
    resum(&mut packet, 20);
    assert!(lab.answers(&packet).is_empty());
    assert_eq!(lab.b.stack.counters().ip_in_hdr_errors, 1);
}

/// RFC1122-3.2.1.2-a: a header with a bit turned over is dropped in silence, and counted.
#[test]
fn a_header_with_a_wrong_checksum_is_dropped_in_silence() {
    for bit in 8..160 {
        let mut lab = Lab::new();
        lab.listen();
        let mut packet = syn(&lab);
        packet[bit / 8] ^= 1 << (bit % 8);
        assert!(lab.answers(&packet).is_empty(), "bit {bit}");
        let counters = lab.b.stack.counters();
        assert_eq!((counters.ip_in_hdr_errors, counters.tcp_in_segs), (1, 0), "bit {bit}");
    }
}

/// RFC1122-3.2.1.3-a: what is sent comes from an address of ours that is one host's.
#[test]
fn what_is_sent_comes_from_an_address_of_ours() {
    let mut lab = Lab::new();
    lab.listen();
    let us = lab.b.address;
    for packet in [
        syn(&lab),
        to_b(&lab, Protocol::Other(250), b"what is it?"),
        udp::packet(lab.a.at(5), lab.b.at(6), b"nobody").expect("short"),
    ] {
        let answer = lab.answers(&packet);
        assert_eq!(Packet::parse(&answer[0]).expect("a packet").source, us);
    }
    let foreign = Some("10.0.0.9:5".parse().expect("an address"));
    for from in [foreign, "10.0.0.255:5".parse().ok(), "224.0.0.1:5".parse().ok()] {
        let config = std::sync::Arc::clone(lab.b.stack.tcp_config());
        assert!(lab.b.stack.connect(lab.now, from, lab.a.at(80), &config).is_err(), "{from:?}");
        let id = lab.b.stack.udp_bind(Bind::Port(0)).expect("a port");
        assert!(lab.b.stack.udp_send(id, from, lab.a.at(80), b"no").is_err(), "{from:?}");
    }
}

/// RFC1122-3.2.1.3-b: what is not for us, or comes from nobody, is dropped in silence.
#[test]
fn what_is_not_for_us_or_from_nobody_is_dropped_in_silence() {
    let mut lab = Lab::new();
    lab.listen();
    let syn = Segment { source: 1000, destination: 80, flags: Flags::SYN, ..Segment::default() };
    for (source, destination) in [
        ("10.0.0.1", "10.0.0.3"),
        ("224.0.0.1", "10.0.0.2"),
        ("10.0.0.255", "10.0.0.2"),
        ("255.255.255.255", "10.0.0.2"),
        ("0.0.0.0", "10.0.0.2"),
        ("127.0.0.1", "10.0.0.2"),
    ] {
        let packet = common::packet(ip(source), ip(destination), &syn);
        assert!(lab.answers(&packet).is_empty(), "{source} to {destination}");
    }
    assert_eq!((lab.b.stack.half_open(), lab.b.stack.counters().ip_in_addr_errors), (0, 6));
}

/// MUST-57: a SYN to an address of many is discarded in silence. MUST-63: and so is one from an address that no single
/// host has, or from our own.
#[test]
fn a_syn_to_many_or_from_nobody_is_discarded_in_silence() {
    let syn = Segment { source: 1000, destination: 80, flags: Flags::SYN, ..Segment::default() };
    for (source, destination) in [
        ("10.0.0.1", "255.255.255.255"),
        ("10.0.0.1", "224.0.0.1"),
        ("10.0.0.1", "10.0.0.255"),
        ("10.0.0.1", "10.0.0.0"),
        ("fd00::1", "ff02::1"),
        ("224.0.0.5", "10.0.0.2"),
        ("255.255.255.255", "10.0.0.2"),
        ("127.0.0.1", "10.0.0.2"),
        ("10.0.0.2", "10.0.0.2"),
        ("0.0.0.0", "10.0.0.2"),
        ("::", "fd00::2"),
        ("::1", "fd00::2"),
        ("ff02::1", "fd00::2"),
        ("fd00::2", "fd00::2"),
    ] {
        let mut lab = if source.contains(':') { Lab::v6() } else { Lab::new() };
        lab.listen();
        let packet = common::packet(ip(source), ip(destination), &syn);
        assert!(lab.answers(&packet).is_empty(), "{source} to {destination}");
        assert_eq!(lab.b.stack.half_open(), 0, "{source} to {destination}");
    }
}

/// RFC1122-3.2.1.7-a: a packet that has no hops left has arrived, and none leaves with none.
#[test]
fn a_packet_without_hops_left_has_arrived() {
    for ttl in [0, 1] {
        let mut lab = Lab::with(|_| {}, |config| hop_limit(config, 0));
        lab.listen();
        let mut packet = syn(&lab);
        packet[8] = ttl;
        resum(&mut packet, 20);
        let answer = lab.answers(&packet);
        assert_eq!(answer[0][8], 1, "no packet leaves with none, even if asked for");
    }
}

fn hop_limit(config: &mut cordial_stack::Config, hops: u8) {
    config.tcp = cordial_stack::TcpConfig { hop_limit: hops, ..(*config.tcp).clone() }.into();
}

/// MUST-49: the time to live is a setting, 64 unless it is changed; all segments carry it, of a host and of a connection.
#[test]
fn the_time_to_live_is_a_setting() {
    for (v6, at) in [(false, 8), (true, 7)] {
        for hops in [64, 7] {
            let mut lab = match v6 {
                true => Lab::between("fd00::1", "fd00::2", |_| {}, |config| hop_limit(config, hops)),
                false => Lab::with(|_| {}, |config| hop_limit(config, hops)),
            };
            assert_eq!(cordial_stack::TcpConfig::default().hop_limit, 64);
            let listener = lab.listen();
            let packet = syn(&lab);
            assert_eq!(lab.answers(&packet)[0][at], hops, "SYN-ACK");
            let (_, server) = lab.open(listener);
            lab.b.write(lab.now, server, b"text").expect("open");
            assert_eq!(lab.b.drain(lab.now)[0][at], hops, "text");
            lab.b.stack.abort(lab.now, server);
            assert_eq!(lab.b.drain(lab.now)[0][at], hops, "reset");
        }
    }
}

/// RFC6437-3-a: all packets of a flow over IPv6 bear one label, which is not zero; other flows bear others.
#[test]
fn packets_of_a_flow_bear_one_label() {
    let label = |packet: &[u8]| u32::from_be_bytes([0, packet[1] & 15, packet[2], packet[3]]);
    let mut lab = Lab::v6();
    let listener = lab.listen();
    let mut labels = Vec::new();
    for port in 1000..1010 {
        let flow = Segment { source: port, destination: 80, flags: Flags::SYN, ..Segment::default() };
        let packet = lab.packet(true, &flow);
        labels.push(label(&lab.answers(&packet)[0]));
    }
    assert!(labels.iter().all(|&label| label != 0));
    labels.sort_unstable();
    labels.dedup();
    assert!(labels.len() > 8, "{labels:?}");
    let (client, server) = lab.open(listener);
    let mut ours = Vec::new();
    for len in [5, 3000, 1] {
        lab.b.write(lab.now, server, &vec![7; len]).expect("open");
        ours.extend(lab.b.drain(lab.now).iter().map(|packet| label(packet)));
    }
    lab.b.stack.abort(lab.now, server);
    ours.extend(lab.b.drain(lab.now).iter().map(|packet| label(packet)));
    assert!(ours.len() > 3 && ours.iter().all(|&other| other == ours[0] && other != 0), "{ours:?}");
    assert!(lab.a.stack.info(client).is_some());
}

/// MUST-50, RFC1122-3.2.1.8-a, MAY-10, MAY-11: options are gone past, also record route and timestamps; one whose length
/// is impossible is told of with a parameter problem that points at it.
#[test]
fn options_of_ip_are_gone_past_and_malformed_ones_told_of() {
    let fine: [&[u8]; 6] = [
        &[1, 1, 1, 0],
        &[0x9e, 4, 0, 0],
        &[7, 7, 4, 0, 0, 0, 0, 0],
        &[68, 8, 5, 0, 0, 0, 0, 0],
        &[0, 99, 99, 99],
        &[0x83, 3, 4, 0],
    ];
    for options in fine {
        let mut lab = Lab::new();
        lab.listen();
        let packet = with_options(&syn(&lab), options);
        let answer = lab.answers(&packet);
        let packet = Packet::parse(answer.first().expect("an answer")).expect("a packet");
        let segment = Segment::parse(packet.payload).expect("a segment");
        assert_eq!(segment.flags, Flags::SYN | Flags::ACK, "{options:?}");
    }
    for (options, at) in [
        ([0x9e, 1, 0, 0], 20),
        ([0x9e, 0, 0, 0], 20),
        ([0x9e, 5, 0, 0], 20),
        ([1, 1, 1, 0x9e], 23),
        ([1, 7, 9, 4], 21),
    ] {
        let mut lab = Lab::new();
        lab.listen();
        let packet = with_options(&syn(&lab), &options);
        let (kind, code, pointer, quoted) = complaint(&lab.answers(&packet));
        assert_eq!((kind, code, pointer >> 24), (12, 0, at), "{options:?}");
        assert_eq!(quoted, packet);
        assert_eq!(lab.b.stack.half_open(), 0);
    }
}

/// RFC1122-3.2.2.1-a: a protocol that nobody here speaks is unreachable (code 2), and a port that nobody has (code 3).
/// RFC4443-3.1-a: over IPv6 that is code 4; and TCP answers with a reset instead.
#[test]
fn protocols_and_ports_that_nobody_has_are_unreachable() {
    let mut lab = Lab::new();
    let packet = to_b(&lab, Protocol::Other(250), b"what is it?");
    let (kind, code, _, quoted) = complaint(&lab.answers(&packet));
    assert_eq!((kind, code, quoted), (3, 2, packet));
    for (mut lab, expected) in [(Lab::new(), (3, 3)), (Lab::v6(), (1, 4))] {
        let packet = udp::packet(lab.a.at(5), lab.b.at(6), b"nobody").expect("short");
        let (kind, code, _, quoted) = complaint(&lab.answers(&packet));
        assert_eq!(((kind, code), quoted), (expected, packet));
        let packet = syn(&lab);
        let answer = lab.answers(&packet);
        let packet = Packet::parse(answer.first().expect("an answer")).expect("a packet");
        assert!(Segment::parse(packet.payload).expect("a segment").flags.contains(Flags::RST));
    }
}

/// RFC1122-3.2.2-a: no error about an error, about what went to or came from many, or about a later fragment.
#[test]
fn nothing_is_said_about_errors_crowds_and_later_fragments() {
    let mut lab = Lab::new();
    let (us, them) = (lab.b.address, lab.a.address);
    let original = between(us, them, Protocol::Udp, &[0; 8]);
    let error = icmp::unreachable(&Packet::parse(&original).expect("ours"), cordial_ip::Unreachable::Port);
    let strange = Protocol::Other(250);
    let whole = udp::packet(lab.a.at(5), lab.b.at(6), &[7; 3000]).expect("short");
    let later = split(&whole, 1500, 9).expect("ours").nth(1).expect("two");
    let mut with_options = with_options(&later, &[0x9e, 0, 0, 0]);
    resum(&mut with_options, 24);
    for packet in [
        error.expect("due"),
        between(them, ip("10.0.0.255"), strange, b"all of you"),
        between(them, ip("224.0.0.1"), strange, b"some of you"),
        between(ip("10.0.0.255"), us, strange, b"from all of us"),
        between(ip("224.0.0.1"), us, strange, b"from some of us"),
        between(ip("0.0.0.0"), us, strange, b"from nobody"),
        later,
        with_options,
    ] {
        assert!(lab.answers(&packet).is_empty(), "{packet:?}");
    }
    let fine = to_b(&lab, strange, b"from me");
    assert_eq!(lab.answers(&fine).len(), 1);
}

/// RFC1122-3.2.2-b: an error quotes the header and at least eight octets, unchanged, and is passed on by the protocol that
/// it quotes. RFC4443-2.4-a: over IPv6 as much as 1,280 octets hold, and not more often than a bucket of tokens allows.
#[test]
fn errors_quote_what_they_are_about_and_are_limited() {
    for (mut lab, most) in [(Lab::new(), 576), (Lab::v6(), 1280)] {
        for len in [0, 7, 100, 1400] {
            let packet = udp::packet(lab.a.at(5), lab.b.at(6), &vec![3; len]).expect("short");
            let answer = lab.answers(&packet);
            let (.., quoted) = complaint(&answer);
            assert!(answer[0].len() <= most && packet.starts_with(&quoted), "{len}");
            assert!(quoted == packet || answer[0].len() == most, "{len}: as much as there is room for");
        }
        let packet = udp::packet(lab.a.at(5), lab.b.at(6), b"nobody").expect("short");
        let said: usize = (0..1000).map(|_| lab.answers(&packet).len()).sum();
        assert_eq!(said, 96, "a hundred with the first four");
        lab.now = lab.now + ms(100);
        let said: usize = (0..1000).map(|_| lab.answers(&packet).len()).sum();
        assert_eq!(said, 10, "a hundred a second");
    }
}

/// RFC4443-2.4-a: nothing is said about ICMPv6 errors, nor to or about many.
#[test]
fn over_ipv6_nothing_is_said_about_errors_and_crowds() {
    let mut lab = Lab::v6();
    let (us, them) = (lab.b.address, lab.a.address);
    let strange = Protocol::Other(250);
    let original = between(us, them, Protocol::Udp, &[0; 8]);
    let error = icmp::unreachable(&Packet::parse(&original).expect("ours"), cordial_ip::Unreachable::Port);
    for packet in [
        error.expect("due"),
        between(them, ip("ff02::1"), strange, b"all of you"),
        between(ip("ff02::1"), us, strange, b"from all of us"),
        between(ip("::"), us, strange, b"from nobody"),
    ] {
        assert!(lab.answers(&packet).is_empty(), "{packet:?}");
    }
}

/// RFC1122-3.2.2-c: an ICMP message of an unknown type is dropped in silence. RFC4443-2.4-b: and so is an informational one
/// over IPv6, while an unknown error is passed on to whom it is about.
#[test]
fn unknown_icmp_messages_are_dropped_in_silence() {
    let message = |lab: &Lab, kind: u8, quoted: &[u8]| {
        let (source, destination) = (lab.a.address, lab.b.address);
        let protocol = if source.is_ipv4() { Protocol::Icmp } else { Protocol::Icmpv6 };
        let mut icmp = [&[kind, 0, 0, 0, 0, 0, 0, 0], quoted].concat();
        let header = Header { source, destination, protocol, payload_len: icmp.len(), identification: 0 };
        let mut sum = if source.is_ipv4() { Sum::new() } else { header.pseudo_sum() };
        sum.add(&icmp);
        icmp[2..4].copy_from_slice(&sum.finish().to_be_bytes());
        between(source, destination, protocol, &icmp)
    };
    for (mut lab, kinds) in [(Lab::new(), [1, 2, 7, 200, 255]), (Lab::v6(), [150, 200, 201, 250, 255])] {
        for kind in kinds {
            let packet = message(&lab, kind, &[]);
            assert!(lab.answers(&packet).is_empty(), "type {kind}");
        }
        assert_eq!(lab.b.stack.counters().icmp_in_errors, 0, "each could be read");
    }
    let lab = Lab::v6();
    let quoted = common::packet(lab.b.address, lab.a.address, &Segment::default());
    let packet = message(&lab, 99, &quoted);
    let parsed = icmp::parse(&Packet::parse(&packet).expect("a packet"));
    assert!(matches!(parsed, Some(Message::Error(error)) if error.meaning == Meaning::Soft), "{parsed:?}");
}

/// RFC1122-3.2.2.6-a, RFC4443-4.1-a: an echo request comes back with the same octets, however many, from where it was sent
/// to.
#[test]
fn an_echo_comes_back_as_it_was_sent() {
    for mut lab in [Lab::new(), Lab::v6()] {
        for len in [0, 1, 1400, 1500, 10_000, 65_000] {
            let octets: Vec<u8> = (0..len).map(|at| at as u8).collect();
            let echo = Echo { id: 7, sequence: 9, octets: &octets };
            let (them, us) = (lab.a.address, lab.b.address);
            let request = icmp::echo_packet(them, us, EchoKind::Request, &echo).expect("short enough");
            let pieces: Vec<_> = match request.len() > 1500 {
                true => split(&request, 1500, 77).expect("ours").collect(),
                false => vec![request],
            };
            let sent: Vec<_> = pieces.iter().flat_map(|piece| lab.answers(piece)).collect();
            assert!(sent.iter().all(|packet| packet.len() <= 1500));
            let whole = put_together(&sent);
            let packet = Packet::parse(&whole).expect("a packet");
            assert_eq!((packet.source, packet.destination), (us, them));
            assert_eq!(icmp::parse(&packet), Some(Message::EchoReply(echo)), "{len}");
        }
    }
}

fn put_together(packets: &[Vec<u8>]) -> Vec<u8> {
    if let [whole] = packets {
        return whole.clone();
    }
    let fragments = || packets.iter().map(|packet| Fragment::parse(packet).expect("a fragment"));
    let mut reassembly = Reassembly::new(fragments().next().expect("there are some").key);
    let whole = fragments().find_map(|fragment| match reassembly.add(&fragment) {
        Progress::Whole(whole) => Some(whole),
        _ => None,
    });
    whole.expect("all of it")
}

/// An ICMPv6 message to `b` from next door.
fn from_next_door(source: &str, hops: u8, kind: u8, body: &[u8]) -> Vec<u8> {
    let mut icmp = [&[kind, 0, 0, 0], body].concat();
    let (source, destination) = (ip(source), ip("fd00::2"));
    let protocol = Protocol::Icmpv6;
    let header = Header { source, destination, protocol, payload_len: icmp.len(), identification: 0 };
    let mut sum = header.pseudo_sum();
    sum.add(&icmp);
    icmp[2..4].copy_from_slice(&sum.finish().to_be_bytes());
    let mut packet = between(source, destination, protocol, &icmp);
    packet[7] = hops;
    packet
}

/// A router advertisement: five hops, an MTU of 1,280, and a prefix for addresses with these lifetimes in seconds.
fn router_advertisement(prefix: &str, valid: u32, preferred: u32) -> Vec<u8> {
    let IpAddr::V6(prefix) = ip(prefix) else { panic!("IPv6") };
    let mut body = vec![5, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0];
    body.extend([5, 1, 0, 0, 0, 0, 5, 0]);
    body.extend([3, 4, 64, 0xc0]);
    body.extend(valid.to_be_bytes());
    body.extend(preferred.to_be_bytes());
    body.extend([0; 4]);
    body.extend(prefix.octets());
    from_next_door("fe80::1", 255, 134, &body)
}

/// Hop limit and MSS of the answer to a SYN.
fn greeting(lab: &mut Lab, port: u16) -> (u8, Vec<u8>) {
    let syn = Segment { source: port, destination: 80, flags: Flags::SYN, ..Segment::default() };
    let packet = lab.packet(true, &syn);
    let answer = lab.answers(&packet).swap_remove(0);
    (answer[7], answer[60..64].to_vec())
}

/// RFC4861-6.3.4-a: no advertisement of a router changes hop limit or MTU. RFC4862-5.5.3-a: none gives us an address.
/// RFC4862-5.5.4-a: none takes one away, by whatever lifetime; connections go on.
#[test]
fn router_advertisements_are_not_heeded() {
    let mut lab = Lab::v6();
    let listener = lab.listen();
    let (client, server) = lab.open(listener);
    let before = greeting(&mut lab, 1000);
    assert_eq!((before.0, &before.1[..2]), (64, &[2, 4][..]));
    for (prefix, valid, preferred) in
        [("fd99::", u32::MAX, u32::MAX), ("fd99::", 7200, 0), ("fd00::", 1, 0), ("fd00::", 0, 0)]
    {
        let advertisement = router_advertisement(prefix, valid, preferred);
        assert!(lab.answers(&advertisement).is_empty(), "{prefix}");
    }
    let syn = Segment { source: 1001, destination: 80, flags: Flags::SYN, ..Segment::default() };
    let to_new = common::packet(ip("fd00::1"), ip("fd99::2"), &syn);
    assert!(lab.answers(&to_new).is_empty(), "no address of ours");
    lab.run_for(ms(10_000));
    assert_eq!(greeting(&mut lab, 1002), before);
    let octets = vec![7; 5000];
    assert_eq!(lab.transfer(client, server, &octets), octets);
}

/// RFC4861-8-a: a redirect changes nothing, forged or not.
#[test]
fn redirects_are_ignored() {
    let mut lab = Lab::v6();
    let listener = lab.listen();
    let (client, server) = lab.open(listener);
    let IpAddr::V6(elsewhere) = ip("fd00::66") else { panic!("IPv6") };
    let IpAddr::V6(peer) = ip("fd00::1") else { panic!("IPv6") };
    let body = [&[0; 4][..], &elsewhere.octets(), &peer.octets()].concat();
    for (source, hops) in [("fe80::1", 255), ("fe80::1", 64), ("fd00::7", 255), ("fd00::1", 1)] {
        let redirect = from_next_door(source, hops, 137, &body);
        assert!(lab.answers(&redirect).is_empty(), "{source}, {hops} hops");
    }
    let octets = vec![7; 5000];
    assert_eq!(lab.transfer(client, server, &octets), octets);
}
