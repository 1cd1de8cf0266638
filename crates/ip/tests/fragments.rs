//! Packets cut up and put together again.

use std::net::{IpAddr, SocketAddr};

use cordial_ip::{Fragment, Packet, PacketError, Problem, Progress, Reassembly, split, udp};
use proptest::prelude::*;

const V4: [&str; 2] = ["10.0.0.1:1000", "10.0.0.2:2000"];
const V6: [&str; 2] = ["[fd00::1]:1000", "[fd00::2]:2000"];

fn datagram([from, to]: [&str; 2], len: usize) -> Vec<u8> {
    let at = |text: &str| text.parse::<SocketAddr>().expect("an address");
    let octets: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
    udp::packet(at(from), at(to), &octets).expect("short enough")
}

fn cut(packet: &[u8], mtu: usize) -> Vec<Vec<u8>> {
    split(packet, mtu, 0xbeef).expect("a packet of ours").collect()
}

fn parse(octets: &[u8]) -> Fragment<'_> {
    assert_eq!(Packet::parse(octets), Err(PacketError::Fragment));
    Fragment::parse(octets).expect("a fragment")
}

/// The payload of what the fragments give in this order, and after how many it was there.
fn put_together(fragments: &[Vec<u8>]) -> Option<(Vec<u8>, usize)> {
    let mut reassembly = Reassembly::new(parse(fragments.first()?).key);
    for (count, fragment) in fragments.iter().enumerate() {
        match reassembly.add(&parse(fragment)) {
            Progress::Waiting => {}
            Progress::Whole(packet) => return Some((packet, count + 1)),
            Progress::Refused => return None,
        }
    }
    None
}

fn refused(fragments: &[Vec<u8>]) -> bool {
    let mut reassembly = Reassembly::new(parse(&fragments[0]).key);
    fragments.iter().map(|fragment| reassembly.add(&parse(fragment))).any(|p| p == Progress::Refused)
}

#[test]
fn the_longest_datagram_is_cut_up_and_put_together() {
    for (ends, most, mtu) in [(V4, 65_507, 1500), (V4, 65_507, 576), (V6, 65_527, 1280)] {
        let packet = datagram(ends, most);
        let fragments = cut(&packet, mtu);
        assert!(fragments.iter().all(|fragment| fragment.len() <= mtu));
        let (whole, count) = put_together(&fragments).expect("all are there");
        assert_eq!(count, fragments.len());
        let (old, new) = (Packet::parse(&packet).unwrap(), Packet::parse(&whole).unwrap());
        assert_eq!((old.source, old.destination, old.protocol), (new.source, new.destination, new.protocol));
        assert_eq!(old.payload, new.payload);
        assert!(udp::parse(&new, true).is_ok(), "the checksum holds");
    }
}

#[test]
fn a_fragment_that_comes_twice_changes_nothing() {
    let packet = datagram(V4, 5000);
    let mut fragments = cut(&packet, 1500);
    fragments.insert(1, fragments[0].clone());
    fragments.insert(3, fragments[2].clone());
    assert!(put_together(&fragments).is_some());
}

#[test]
fn fragments_that_overlap_refuse_the_packet_for_good() {
    for ends in [V4, V6] {
        let (a, b) = (cut(&datagram(ends, 4000), 1500), cut(&datagram(ends, 4000), 1300));
        assert!(refused(&[a[0].clone(), b[1].clone()]), "from within the one before");
        assert!(refused(&[a[1].clone(), b[0].clone(), b[1].clone()]), "into the one behind");
        assert!(refused(&[b[1].clone(), a[0].clone()]), "around the start of another");
        let mut reassembly = Reassembly::new(parse(&a[0]).key);
        reassembly.add(&parse(&a[0]));
        assert_eq!(reassembly.add(&parse(&b[1])), Progress::Refused);
        for fragment in &a {
            assert_eq!(reassembly.add(&parse(fragment)), Progress::Refused, "and stays so");
        }
    }
}

#[test]
fn the_same_place_with_other_octets_is_an_overlap() {
    let a = cut(&datagram(V6, 3000), 1500);
    let mut other = a[0].clone();
    *other.last_mut().unwrap() ^= 1;
    assert!(refused(&[a[0].clone(), other]));
}

#[test]
fn ends_that_disagree_refuse_the_packet() {
    let (long, short) = (cut(&datagram(V4, 4000), 1500), cut(&datagram(V4, 2000), 1500));
    let (last, other) = (long.last().unwrap().clone(), short.last().unwrap().clone());
    assert!(refused(&[last.clone(), other.clone()]), "two ends");
    assert!(refused(&[other.clone(), long[1].clone()]), "more behind the end");
    assert!(refused(&[long[1].clone(), long[0].clone(), other]), "the end in the middle");
}

#[test]
fn impossible_fragments_are_no_fragments() {
    let good = cut(&datagram(V6, 3000), 1500);
    assert!(Fragment::parse(&good[0]).is_ok());
    // Not a multiple of eight though more follow.
    let mut odd = good[0].clone();
    odd.pop();
    let len = (odd.len() - 40) as u16;
    odd[4..6].copy_from_slice(&len.to_be_bytes());
    assert_eq!(Fragment::parse(&odd), Err(PacketError::Parameter(Problem { code: 0, at: 4 })));
    // Beyond the longest packet.
    let mut beyond = good[1].clone();
    beyond[42..44].copy_from_slice(&0xfff8_u16.to_be_bytes());
    let told = Err(PacketError::Parameter(Problem { code: 0, at: 42 }));
    assert_eq!(Fragment::parse(&beyond), told);
    // What a link puts behind a short packet moves nothing in it.
    beyond.extend([0; 6]);
    assert_eq!(Fragment::parse(&beyond), told);
    for len in 0..good[0].len() {
        assert!(Fragment::parse(&good[0][..len]).is_err());
    }
}

#[test]
fn holes_are_bounded() {
    let fragments = cut(&datagram(V4, 20_000), 76);
    let every_second: Vec<Vec<u8>> = fragments.into_iter().step_by(2).collect();
    assert!(every_second.len() > 100 && refused(&every_second));
    assert!(!refused(&every_second[..60]));
}

#[test]
fn what_is_no_packet_of_ours_is_not_cut_up() {
    let packet = datagram(V4, 100);
    assert!(split(&packet, 27, 1).is_none(), "no room for eight octets");
    assert!(split(&packet, 28, 1).is_some());
    assert!(split(&[], 1500, 1).is_none());
    assert!(split(&cut(&packet, 60)[0], 1500, 1).is_none(), "a fragment already");
}

proptest! {
    #[test]
    fn any_order_gives_the_packet_back(
        v6: bool, len in 0..20_000_usize, mtu in 576..3000_usize, order: prop::sample::Index, swaps in prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 0..10),
    ) {
        let packet = datagram(if v6 { V6 } else { V4 }, len);
        let mut fragments = cut(&packet, mtu);
        let count = fragments.len();
        if count > 1 {
            fragments.rotate_left(order.index(count));
            for (a, b) in swaps {
                fragments.swap(a.index(count), b.index(count));
            }
            let (whole, taken) = put_together(&fragments).expect("all are there");
            prop_assert_eq!(taken, count);
            prop_assert_eq!(Packet::parse(&whole).unwrap().payload, Packet::parse(&packet).unwrap().payload);
        }
    }

    #[test]
    fn no_octets_make_it_panic(octets in prop::collection::vec(any::<u8>(), 0..200), version in prop::sample::select(vec![4_u8, 6]), pieces in prop::collection::vec((0..40_u16, 0..60_usize, any::<bool>()), 0..40)) {
        let mut octets = octets;
        if let Some(first) = octets.first_mut() { *first = version << 4 | *first & 0x0f; }
        let _ = Fragment::parse(&octets);
        let _ = split(&octets, 576, 7).map(Iterator::count);
        let key = cordial_ip::FragmentKey { source: IpAddr::from([1; 4]), destination: IpAddr::from([2; 4]), protocol: 17, identification: 3 };
        let mut reassembly = Reassembly::new(key);
        let data = [7; 60];
        for (units, len, more) in pieces {
            let fragment = Fragment { key, protocol: cordial_ip::Protocol::Udp, offset: units * 8, more, octets: &data[..len] };
            let _ = reassembly.add(&fragment);
            prop_assert!(reassembly.cost() < 8192);
        }
    }
}
