//! Packets in pieces: what RFC 791, RFC 1122, RFC 1858, RFC 5722, RFC 6946 and RFC 8200 ask.

mod common;

use common::{Lab, ms, secs};
use cordial_ip::{Packet, split, udp};
use cordial_stack::{Bind, UdpId};
use cordial_wire::checksum::Sum;

/// `b` takes datagrams at port 2000.
fn with_socket(mut lab: Lab) -> (Lab, UdpId) {
    let id = lab.b.stack.udp_bind(Bind::Port(2000)).expect("free");
    (lab, id)
}

fn datagram(lab: &Lab, len: usize) -> Vec<u8> {
    let octets: Vec<u8> = (0..len).map(|at| (at % 241) as u8).collect();
    udp::packet(lab.a.at(1000), lab.b.at(2000), &octets).expect("short enough")
}

fn pieces(lab: &Lab, len: usize, number: u32) -> Vec<Vec<u8>> {
    split(&datagram(lab, len), 1280, number).expect("ours").collect()
}

fn received(lab: &mut Lab, id: UdpId) -> Option<usize> {
    lab.b.stack.udp_recv(id).map(|datagram| datagram.octets.len())
}

fn resum(packet: &mut [u8]) {
    packet[10..12].fill(0);
    let mut sum = Sum::new();
    sum.add(&packet[..20]);
    packet[10..12].copy_from_slice(&sum.finish().to_be_bytes());
}

/// RFC1122-3.3.2-a, RFC8200-4.5-a: fragments make a packet in any order; after sixty seconds without one of them the rest is
/// forgotten, and the sender is told if the first had come.
#[test]
fn fragments_make_a_packet_in_any_order_or_time_out() {
    for (lab, kind) in [(Lab::new(), 11), (Lab::v6(), 3)] {
        let (mut lab, id) = with_socket(lab);
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
            let all = pieces(&lab, 3000, 5);
            order.iter().for_each(|&at| assert!(lab.answers(&all[at]).is_empty()));
            assert_eq!(received(&mut lab, id), Some(3000));
        }
        for (missing, is_told) in [(0, false), (1, true), (2, true)] {
            let all = pieces(&lab, 3000, 6 + missing as u32);
            for (at, piece) in all.iter().enumerate() {
                (at != missing).then(|| lab.answers(piece));
            }
            lab.now = lab.now + ms(59_999);
            lab.b.stack.on_timer(lab.now);
            assert!(lab.b.drain(lab.now).is_empty());
            lab.now = lab.now + ms(1);
            lab.b.stack.on_timer(lab.now);
            let told = lab.b.drain(lab.now);
            assert_eq!(told.len(), usize::from(is_told), "without {missing}");
            if let [message] = told.as_slice() {
                let packet = Packet::parse(message).expect("a packet");
                assert_eq!(packet.payload[..2], [kind, 1]);
                assert!(all[0].starts_with(&packet.payload[8..]));
            }
            lab.answers(&all[missing]);
            assert_eq!(received(&mut lab, id), None);
            lab.now = lab.now + secs(61);
            lab.b.stack.on_timer(lab.now);
            lab.b.drain(lab.now);
        }
    }
}

/// RFC791-3.2-a: fragments belong together by both ends, protocol and number, and by nothing else.
#[test]
fn packets_whose_fragments_are_mixed_arrive_each() {
    for lab in [Lab::new(), Lab::v6()] {
        let (mut lab, id) = with_socket(lab);
        let (first, second) = (pieces(&lab, 2000, 1), pieces(&lab, 2100, 2));
        for (a, b) in first.iter().zip(&second) {
            lab.answers(a);
            lab.answers(b);
        }
        assert_eq!([received(&mut lab, id), received(&mut lab, id)], [Some(2000), Some(2100)]);
        let mixed = [&first[0], &second[1]].map(Clone::clone);
        mixed.iter().for_each(|piece| drop(lab.answers(piece)));
        assert_eq!(received(&mut lab, id), None);
    }
}

/// RFC791-3.2-a, RFC6864-4-a: what leaves in fragments has a number of its own each and may be cut up further; what leaves
/// whole must not be, and its number says nothing.
#[test]
fn numbers_are_for_fragments() {
    let mut lab = Lab::new();
    let id = lab.b.stack.udp_bind(Bind::Port(2000)).expect("free");
    let mut numbers = Vec::new();
    for _ in 0..100 {
        lab.b.stack.udp_send(id, None, lab.a.at(5), &[0; 3000]).expect("sent");
        let sent = lab.b.drain(lab.now);
        assert!(sent.len() == 3 && sent.iter().all(|packet| packet[6] & 0x40 == 0));
        assert!(sent.iter().all(|packet| packet[4..6] == sent[0][4..6]), "one number");
        numbers.push([sent[0][4], sent[0][5]]);
    }
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 100, "none twice");
    lab.b.stack.udp_send(id, None, lab.a.at(5), &[0; 30]).expect("sent");
    let whole = lab.b.drain(lab.now).swap_remove(0);
    assert_eq!((whole[6] & 0x40, &whole[4..6]), (0x40, &[0, 0][..]));
}

/// RFC791-x-a: fragments that overlap refuse their packet; so does a first one too short for its transport header, and a
/// later one that begins inside it.
#[test]
fn fragments_that_overlap_or_hide_a_header_are_refused() {
    let (mut lab, id) = with_socket(Lab::new());
    let all = pieces(&lab, 3000, 5);
    let mut overlap = all[1].clone();
    overlap[7] -= 1;
    resum(&mut overlap);
    for piece in [&all[0], &overlap, &all[1], &all[2]] {
        lab.answers(piece);
    }
    assert_eq!(received(&mut lab, id), None, "teardrop");

    let listener = lab.listen();
    let syn = cordial_wire::Segment {
        source: 1000,
        destination: 80,
        flags: cordial_wire::Flags::SYN,
        ..Default::default()
    };
    let packet = lab.packet(true, &syn);
    for mtu in [28, 36] {
        for piece in split(&packet, mtu, 9).expect("ours") {
            assert!(lab.answers(&piece).is_empty(), "pieces of {mtu}");
        }
        assert_eq!(lab.b.stack.half_open(), 0, "pieces of {mtu}");
    }
    assert_eq!(lab.answers(&packet).len(), 1);
    assert_eq!(lab.b.stack.queued(listener), 0);
}

/// RFC8200-4.5-a: over IPv6 the sender is told of a fragment that is no whole number of units, of one that ends beyond the
/// longest packet, and of a first one that has not all headers; overlaps are refused in silence.
#[test]
fn impossible_fragments_over_ipv6_are_told_of() {
    let (mut lab, id) = with_socket(Lab::v6());
    let first = || pieces(&lab, 3000, 5);
    let (all, mut uneven, mut beyond) = (first(), first()[0].clone(), first()[1].clone());
    uneven.pop();
    let length = (uneven.len() - 40) as u16;
    uneven[4..6].copy_from_slice(&length.to_be_bytes());
    beyond[42..44].copy_from_slice(&[0xff, 0xf1]);
    // TCP, of whose header only eight octets are in the first fragment.
    let mut short = all[0][..56].to_vec();
    short[4..6].copy_from_slice(&[0, 16]);
    short[40] = 6;
    for (packet, code, at) in [(uneven, 0, 4), (beyond, 0, 42), (short, 3, 0)] {
        let said = lab.answers(&packet);
        let message = Packet::parse(said.first().expect("told")).expect("a packet");
        assert_eq!(message.payload[..2], [4, code], "{at}");
        assert_eq!(message.payload[4..8], [0, 0, 0, at]);
    }
    let mut overlap = all[1].clone();
    overlap[43] -= 8;
    for piece in [&all[0], &overlap, &all[1], &all[2]] {
        assert!(lab.answers(piece).is_empty());
    }
    lab.now = lab.now + secs(61);
    lab.b.stack.on_timer(lab.now);
    assert!(lab.b.drain(lab.now).is_empty());
    assert_eq!(received(&mut lab, id), None);
}

/// RFC6946-3-a: a packet in one fragment has to do with no other of the same number.
#[test]
fn a_packet_in_one_fragment_has_to_do_with_no_other() {
    let (mut lab, id) = with_socket(Lab::v6());
    let all = pieces(&lab, 2000, 5);
    let whole = datagram(&lab, 100);
    let mut atomic = whole[..40].to_vec();
    let length = (whole.len() - 40 + 8) as u16;
    atomic[4..6].copy_from_slice(&length.to_be_bytes());
    atomic[6] = 44;
    atomic.extend_from_slice(&[17, 0, 0, 0, 0, 0, 0, 5]);
    atomic.extend_from_slice(&whole[40..]);
    lab.answers(&all[0]);
    lab.answers(&atomic);
    assert_eq!(received(&mut lab, id), Some(100));
    lab.answers(&all[1]);
    assert_eq!(received(&mut lab, id), Some(2000));
}

/// RFC8200-5-a: packets of 1,500 octets and more are put together; a link carries at least 1,280 over IPv6.
#[test]
fn packets_of_1500_octets_and_more_are_put_together() {
    let (mut lab, id) = with_socket(Lab::v6());
    for len in [1500 - 48, 1500 - 47, 9000, 65_000] {
        for piece in pieces(&lab, len, len as u32) {
            assert!(piece.len() <= 1280);
            lab.answers(&piece);
        }
        assert_eq!(received(&mut lab, id), Some(len));
    }
}

/// RFC8200-4.2: an option that is not known asks for the same in a packet that came in pieces as in a whole one. What is
/// quoted is the packet as it was put together.
#[test]
fn options_of_a_packet_in_pieces_are_told_of_too() {
    let (mut lab, id) = with_socket(Lab::v6());
    for (kind, told) in [(0x1e, None), (0x5e, None), (0x9e, Some((2, 42))), (0xde, Some((2, 42)))] {
        let mut whole = datagram(&lab, 2000);
        whole.splice(40..40, [17, 0, kind, 4, 0, 0, 0, 0]);
        let length = (whole.len() - 40) as u16;
        whole[4..6].copy_from_slice(&length.to_be_bytes());
        let mut pieces: Vec<_> = split(&whole, 1280, kind.into()).expect("a packet").collect();
        // Only now, so that whoever cuts it up does not stumble over the option.
        pieces[0][40] = 60;
        let said: Vec<_> = pieces.iter().flat_map(|piece| lab.answers(piece)).collect();
        let told_of = said.first().map(|message| {
            let message = Packet::parse(message).expect("a packet");
            assert_eq!(message.payload[0], 4);
            assert_eq!(message.payload[8 + 40..8 + 48], whole[40..48]);
            (message.payload[1], message.payload[7])
        });
        assert_eq!(told_of, told, "{kind:#x}");
        assert_eq!(received(&mut lab, id).is_some(), kind == 0x1e);
    }
}

/// RFC8200-4-a: extension headers are gone past; one that is not known is told of where it is named, and an option that is
/// not known becomes what its two highest bits say.
#[test]
fn headers_and_options_that_are_not_known_are_dealt_with_as_they_ask() {
    let (mut lab, id) = with_socket(Lab::v6());
    let whole = datagram(&lab, 10);
    let with = |next: u8, header: &[u8]| {
        let mut packet = whole[..40].to_vec();
        let length = (whole.len() - 40 + header.len()) as u16;
        packet[4..6].copy_from_slice(&length.to_be_bytes());
        packet[6] = next;
        [&packet, header, &whole[40..]].concat()
    };
    // A header, the option's place in it, and what is said of it.
    for (next, kind, told) in [
        (0, 0x1e, None),
        (60, 0x3e, None),
        (60, 0x5e, Some(None)),
        (0, 0x9e, Some(Some((2, 42)))),
        (60, 0xde, Some(Some((2, 42)))),
    ] {
        let said = lab.answers(&with(next, &[17, 0, kind, 4, 0, 0, 0, 0]));
        let told_of = said.first().map(|message| {
            let packet = Packet::parse(message).expect("a packet");
            assert_eq!(packet.payload[0], 4);
            (packet.payload[1], packet.payload[7])
        });
        assert_eq!(told_of, told.flatten(), "{kind:#x}");
        assert_eq!(received(&mut lab, id).is_some(), told.is_none(), "{kind:#x}");
    }
    for (packet, at) in [(with(250, &[]), 6), (with(60, &[250, 0, 1, 4, 0, 0, 0, 0]), 40)] {
        let said = lab.answers(&packet);
        let message = Packet::parse(said.first().expect("told")).expect("a packet");
        assert_eq!((&message.payload[..2], message.payload[7]), (&[4, 1][..], at));
    }
    assert!(lab.answers(&with(59, &[])).is_empty(), "nothing behind the header");
}

/// RFC8200-8.1-b: a datagram over IPv6 without a checksum is dropped; over IPv4 it may come.
#[test]
fn a_datagram_over_ipv6_needs_its_checksum() {
    for (lab, at, arrives) in [(Lab::new(), 26, true), (Lab::v6(), 46, false)] {
        let (mut lab, id) = with_socket(lab);
        let mut packet = datagram(&lab, 10);
        packet[at..at + 2].fill(0);
        assert!(lab.answers(&packet).is_empty());
        assert_eq!(received(&mut lab, id).is_some(), arrives);
        assert_eq!(lab.b.stack.counters().udp_in_errors, u64::from(!arrives));
    }
}
