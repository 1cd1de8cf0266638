//! Who is on the link: what is asked, and what is answered.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cordial_ip::{Header, MacAddress, Neighbours, Packet, Protocol, arp, ndp};
use cordial_wire::checksum;
use etherparse::{ArpEthIpv4Packet, ArpOperation, Icmpv6Slice, Icmpv6Type};
use proptest::prelude::*;

const OWN: MacAddress = MacAddress([2, 0, 0, 0, 0, 1]);
const PEER: MacAddress = MacAddress([2, 0, 0, 0, 0, 2]);

fn link() -> Neighbours {
    Neighbours::new(OWN, PEER)
}

fn v4(last: u8) -> [u8; 4] {
    [10, 0, 0, last]
}

fn v6(last: u16) -> Ipv6Addr {
    Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, last)
}

fn arp_request(source: [u8; 4], target: [u8; 4]) -> [u8; arp::LEN] {
    let request = ArpEthIpv4Packet {
        operation: ArpOperation::REQUEST,
        sender_mac: PEER.0,
        sender_ipv4: source,
        target_mac: [0; 6],
        target_ipv4: target,
    };
    request.to_bytes()
}

/// What differs from one solicitation to another.
#[derive(Clone, Debug)]
struct Asked {
    source: Ipv6Addr,
    destination: Ipv6Addr,
    target: Ipv6Addr,
    options: Vec<u8>,
    hop_limit: u8,
    code: u8,
}

fn group(target: Ipv6Addr) -> Ipv6Addr {
    let [.., a, b, c] = target.octets();
    Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00 | u16::from(a), u16::from_be_bytes([b, c]))
}

impl Asked {
    fn new(source: Ipv6Addr, target: Ipv6Addr) -> Self {
        let [a, b, c, d, e, f] = PEER.0;
        let options = if source.is_unspecified() { vec![] } else { vec![1, 1, a, b, c, d, e, f] };
        Self { source, destination: group(target), target, options, hop_limit: 255, code: 0 }
    }

    fn packet(&self) -> Vec<u8> {
        let mut icmp = vec![135, self.code, 0, 0, 0, 0, 0, 0];
        icmp.extend(self.target.octets());
        icmp.extend(&self.options);
        let header = Header {
            source: self.source.into(),
            destination: self.destination.into(),
            protocol: Protocol::Icmpv6,
            payload_len: icmp.len(),
            identification: 0,
        };
        let mut sum = header.pseudo_sum();
        sum.add(&icmp);
        icmp[2..4].copy_from_slice(&sum.finish().to_be_bytes());
        let mut packet = vec![0; 40];
        header.emit(&mut packet).expect("it fits");
        packet[7] = self.hop_limit;
        packet.extend(icmp);
        packet
    }
}

/// RFC826-a: a request for an address of ours is answered to who asked.
#[test]
fn we_have_every_ipv4_address_but_the_peers() {
    let mut link = link();
    for target in [v4(1), v4(254), [192, 0, 2, 1], [8, 8, 8, 8]] {
        let reply = link.on_arp(&arp_request(v4(2), target)).expect("an answer");
        let expected = ArpEthIpv4Packet {
            operation: ArpOperation::REPLY,
            sender_mac: OWN.0,
            sender_ipv4: target,
            target_mac: PEER.0,
            target_ipv4: v4(2),
        };
        assert_eq!(reply, expected.to_bytes());
    }
    assert_eq!(link.on_arp(&arp_request(v4(2), v4(2))), None, "it announces itself");
    assert_eq!(link.on_arp(&arp_request(v4(3), v4(3))), None, "and another address of its own");
    assert!(link.on_arp(&arp_request(v4(2), v4(1))).is_some());
    assert_eq!(link.on_arp(&arp_request([0; 4], v4(9))), None, "a probe: it wants that address");
    assert_eq!(link.on_arp(&arp_request([0; 4], v4(2))), None);
    for nobodys in [[0; 4], [255; 4], [224, 0, 0, 1]] {
        assert_eq!(link.on_arp(&arp_request(v4(2), nobodys)), None, "{nobodys:?}");
    }
}

/// RFC826-a: nothing but a request is answered.
#[test]
fn only_requests_are_answered() {
    let good = arp_request(v4(2), v4(1));
    let mut padded = good.to_vec();
    padded.extend([0; 18]);
    assert!(link().on_arp(&padded).is_some(), "a link pads short frames");
    for (at, octet) in [(1, 6), (2, 0x86), (3, 1), (4, 8), (5, 16), (7, 2), (6, 1), (8, 0xff)] {
        let mut other = good;
        other[at] = octet;
        assert_eq!(link().on_arp(&other), None, "octet {at} is {octet}");
    }
    for short in 0..good.len() {
        assert_eq!(link().on_arp(&good[..short]), None, "{short} octets");
    }
}

/// RFC4861-7.2.3-a: who asks hears it with the flags of an answer, and from where.
#[test]
fn we_have_every_ipv6_address_but_the_peers() {
    let mut link = link();
    for target in [v6(1), v6(0xffff), "2001:db8::1".parse().expect("an address")] {
        for destination in [group(target), target] {
            let asked = Asked { destination, ..Asked::new(v6(2), target) };
            let answer = link.on_solicitation(&asked.packet()).expect("an answer");
            let packet = Packet::parse(&answer).expect("well formed");
            assert_eq!((packet.source, packet.destination), (target.into(), v6(2).into()));
            assert_eq!(answer[7], 255, "hop limit");
            assert!(checksum::verify(packet.pseudo_sum(), packet.payload));
            let icmp = Icmpv6Slice::from_slice(packet.payload).expect("well formed");
            let Icmpv6Type::NeighborAdvertisement(flags) = icmp.icmp_type() else { panic!("{icmp:?}") };
            assert!(flags.solicited && flags.r#override && flags.router);
            let mut rest = target.octets().to_vec();
            rest.extend([2, 1]);
            rest.extend(OWN.0);
            assert_eq!(icmp.payload(), rest);
        }
    }
    assert_eq!(link.on_solicitation(&Asked::new(v6(2), v6(2)).packet()), None);
    assert_eq!(link.on_solicitation(&Asked::new(Ipv6Addr::UNSPECIFIED, v6(9)).packet()), None, "a probe");
    assert!(link.on_solicitation(&Asked::new(v6(2), v6(1)).packet()).is_some());
}

/// RFC4861-7.2.3-a: an address that we hold is ours, also where the peer asks from nowhere, for it wants it for itself: all
/// on the link hear that it is taken. RFC826-a: over IPv4, who asked hears it.
#[test]
fn what_we_hold_the_peer_does_not_get() {
    let mut link = link();
    link.hold(v6(1).into());
    link.hold(Ipv4Addr::from(v4(1)).into());
    for nobodys in [IpAddr::from([0; 4]), Ipv6Addr::UNSPECIFIED.into(), group(v6(1)).into()] {
        link.hold(nobodys);
    }

    let probe = |target| Asked::new(Ipv6Addr::UNSPECIFIED, target);
    let defence = link.on_solicitation(&probe(v6(1)).packet()).expect("an answer");
    let packet = Packet::parse(&defence).expect("well formed");
    let all_nodes = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
    assert_eq!((packet.source, packet.destination), (v6(1).into(), all_nodes.into()));
    assert_eq!(defence[7], 255, "hop limit");
    assert!(checksum::verify(packet.pseudo_sum(), packet.payload));
    let icmp = Icmpv6Slice::from_slice(packet.payload).expect("well formed");
    let Icmpv6Type::NeighborAdvertisement(flags) = icmp.icmp_type() else { panic!("{icmp:?}") };
    assert!(!flags.solicited && flags.r#override, "{flags:?}");
    assert_eq!(icmp.payload(), [&v6(1).octets()[..], &[2, 1], &OWN.0].concat());
    let ours = link.on_arp(&arp_request([0; 4], v4(1))).expect("a reply");
    assert_eq!((&ours[8..14], &ours[14..18], &ours[24..28]), (&OWN.0[..], &v4(1)[..], &[0; 4][..]));

    assert_eq!(link.on_solicitation(&probe(v6(9)).packet()), None, "that one is free");
    assert_eq!(link.on_arp(&arp_request([0; 4], v4(9))), None);
    let elsewhere = Asked { destination: all_nodes, ..probe(v6(1)) };
    assert_eq!(link.on_solicitation(&elsewhere.packet()), None, "probes go to the target's group");

    // Who uses it all the same does not make it the peer's.
    assert_eq!(link.on_solicitation(&Asked::new(v6(1), v6(1)).packet()), None);
    assert_eq!(link.on_arp(&arp_request(v4(1), v4(1))), None);
    assert!(link.on_solicitation(&Asked::new(v6(2), v6(1)).packet()).is_some());
    assert!(link.on_arp(&arp_request(v4(2), v4(1))).is_some());
}

/// RFC4861-4.6-a: what RFC 4861 §7.1.1 has a solicitation be, each part wrong once.
#[test]
fn a_solicitation_that_is_not_valid_is_no_question() {
    let good = Asked::new(v6(2), v6(1));
    let is_answered = |asked: Asked| link().on_solicitation(&asked.packet()).is_some();
    assert!(is_answered(good.clone()));
    assert!(is_answered(Asked { options: vec![], ..good.clone() }), "unicast, it need not say from where");
    let unknown = [&[14, 1, 0, 0, 0, 0, 0, 0][..], &good.options].concat();
    assert!(is_answered(Asked { options: unknown, ..good.clone() }), "unknown options are skipped");

    assert!(!is_answered(Asked { hop_limit: 254, ..good.clone() }), "it has crossed a router");
    assert!(!is_answered(Asked { code: 1, ..good.clone() }));
    assert!(!is_answered(Asked { options: vec![1, 0, 0, 0, 0, 0, 0, 0], ..good.clone() }), "no length");
    assert!(!is_answered(Asked { options: vec![1, 2, 0, 0, 0, 0, 0, 0], ..good.clone() }), "too long");
    assert!(!is_answered(Asked { options: vec![1], ..good.clone() }));
    let multicast = Asked { destination: group(v6(1)), ..Asked::new(v6(2), group(v6(1))) };
    assert!(!is_answered(multicast), "a group is no host");

    let mut damaged = good.packet();
    damaged[42] ^= 1;
    assert_eq!(link().on_solicitation(&damaged), None, "checksum");
    let packet = good.packet();
    for short in 0..packet.len() {
        assert_eq!(link().on_solicitation(&packet[..short]), None, "{short} octets");
    }
}

/// RFC4861-x-a: a solicitation in fragments is none, not even one that is whole in its only fragment (RFC 6980 §5).
#[test]
fn a_solicitation_in_a_fragment_is_no_question() {
    let whole = Asked::new(v6(2), v6(1)).packet();
    assert!(link().on_solicitation(&whole).is_some());
    let (head, icmp) = whole.split_at(40);
    let fragment = |octets: &[u8], place: [u8; 2]| {
        let mut packet = head.to_vec();
        packet[4..6].copy_from_slice(&(octets.len() as u16 + 8).to_be_bytes());
        packet[6] = 44;
        packet.extend([58, 0, place[0], place[1], 0, 0, 0, 1]);
        packet.extend(octets);
        packet
    };
    let (first, rest) = icmp.split_at(24);
    for piece in [fragment(icmp, [0, 0]), fragment(first, [0, 1]), fragment(rest, [0, 24])] {
        assert_eq!(link().on_solicitation(&piece), None);
    }
}

/// RFC826-b, RFC4861-7.2.2-a, RFC4861-7.3-a: the peer is known before it has said anything, and by every frame it sends.
/// Nothing is asked for, nothing waits, and no silence makes it unknown. RFC1122-3.3.1-a: it is the way to everybody.
#[test]
fn the_peer_is_never_asked_for() {
    let mut link = link();
    assert_eq!(link.peer(), PEER, "before the first frame");
    let moved = MacAddress([2, 0, 0, 0, 0, 3]);
    link.heard_from(moved);
    for last in 1..=254 {
        let reply = ArpEthIpv4Packet {
            operation: ArpOperation::REPLY,
            sender_mac: [2, 0, 0, 0, 1, last],
            sender_ipv4: v4(last),
            target_mac: OWN.0,
            target_ipv4: v4(1),
        };
        assert_eq!(link.on_arp(&reply.to_bytes()), None, "an answer to nothing");
        assert_eq!(link.peer(), moved, "one peer, however many are told of");
    }
}

/// RFC4861-7.2.5-a: advertisements with any flags, for a known address and an unknown one, change nothing.
#[test]
fn advertisements_change_nothing() {
    let mut link = link();
    assert!(link.on_solicitation(&Asked::new(v6(2), v6(1)).packet()).is_some());
    for flags in (0..8_u8).map(|flags| flags << 5) {
        for target in [v6(2), v6(7)] {
            let options = vec![2, 1, 2, 0, 0, 0, 0, 9];
            let asked = Asked { destination: v6(1), options, ..Asked::new(target, target) };
            let mut packet = asked.packet();
            (packet[40], packet[44]) = (136, flags);
            packet[42..44].fill(0);
            let mut sum = Packet::parse(&packet).expect("well formed").pseudo_sum();
            sum.add(&packet[40..]);
            let sum = sum.finish().to_be_bytes();
            packet[42..44].copy_from_slice(&sum);
            assert_eq!(link.on_solicitation(&packet), None, "{flags:#x}");
            assert_eq!(link.peer(), PEER, "{flags:#x}");
        }
    }
    assert!(link.on_solicitation(&Asked::new(v6(2), v6(7)).packet()).is_some(), "nobody took it");
}

/// RFC5227-2.1-a, RFC4862-5.4-a: an address of ours is ours at once, without a probe, an announcement or a wait.
/// RFC5227-2.4-a: who announces it is the peer, which may have it, as it may what it probes and we do not hold: there is
/// no defence.
#[test]
fn addresses_are_neither_probed_nor_defended() {
    let mut link = link();
    assert!(link.on_arp(&arp_request(v4(2), v4(1))).is_some(), "the first frame on the link");
    assert!(link.on_solicitation(&Asked::new(v6(2), v6(1)).packet()).is_some());
    for _ in 0..2 {
        assert_eq!(link.on_arp(&arp_request(v4(1), v4(1))), None, "its announcement");
        assert_eq!(
            link.on_solicitation(&Asked::new(Ipv6Addr::UNSPECIFIED, v6(1)).packet()),
            None,
            "its probe"
        );
    }
}

#[test]
fn the_peer_is_where_it_was_last_heard() {
    let mut link = link();
    assert_eq!((link.own(), link.peer()), (OWN, PEER));
    for nobody in [OWN, MacAddress::BROADCAST, MacAddress([0; 6]), MacAddress([0x33, 0x33, 0, 0, 0, 1])] {
        link.heard_from(nobody);
        assert_eq!(link.peer(), PEER, "{nobody}");
    }
    let moved = MacAddress([2, 0, 0, 0, 0, 3]);
    link.heard_from(moved);
    assert_eq!(link.peer(), moved);
}

proptest! {
    /// Whatever comes: no panic, and no answer that claims an address the peer asked from.
    #[test]
    fn nothing_on_the_wire_hurts(octets in prop::collection::vec(any::<u8>(), 0..120)) {
        let mut link = link();
        if let Some(reply) = link.on_arp(&octets) {
            prop_assert_ne!(&reply[14..18], &reply[24..28]);
        }
        link.on_solicitation(&octets);
        prop_assert!(arp::Request::parse(&octets).is_none_or(|asked| asked.asker.is_individual()));
    }

    /// Solicitations bent in any one place are answered right or not at all.
    #[test]
    fn a_bent_solicitation_is_answered_to_its_source_or_not_at_all(
        source: u16, target: u16, at in 0_usize..72, octet: u8, extra in prop::collection::vec(any::<u8>(), 0..24),
    ) {
        let mut asked = Asked::new(v6(source), v6(target));
        asked.options.extend(extra);
        let mut packet = asked.packet();
        packet[at] = octet;
        let parsed = ndp::Solicitation::parse(&packet);
        let answer = link().on_solicitation(&packet);
        if let Some(answer) = answer {
            let answer = Packet::parse(&answer).expect("well formed");
            let parsed = parsed.expect("what is answered was understood");
            prop_assert_eq!(answer.destination, IpAddr::from(parsed.source));
            prop_assert_eq!(answer.source, IpAddr::from(parsed.target));
            prop_assert_ne!(answer.source, answer.destination);
        }
    }

    #[test]
    fn any_host_is_found_by_arp(source: [u8; 4], target: [u8; 4]) {
        let unicast = |a: [u8; 4]| (1..224).contains(&a[0]);
        let answer = link().on_arp(&arp_request(source, target));
        prop_assert_eq!(answer.is_some(), unicast(source) && unicast(target) && source != target);
        let _ = Ipv4Addr::from(source);
    }
}
