//! How large segments are: what is offered, what is believed, and what is never exceeded (RFC 6691, RFC 9293 §3.7.1).

mod common;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use common::{Fate, Lab, secs};
use cordial_stack::TcpConfig;
use cordial_tcp::LEAST_MSS;
use cordial_wire::{Flags, Options, Segment, SeqNum};

/// What two hosts offered each other, and the largest segment either sent, header and data.
struct Sizes {
    offered: (u16, u16),
    data: usize,
    packet: usize,
}

/// A transfer of a megabyte with losses, so that there are segments with SACK blocks too; IP headers count `ip` octets.
fn transfer(mut lab: Lab, config: TcpConfig, ip: usize) -> Sizes {
    let listener = lab.listen();
    let offered = Rc::new(Cell::new((0, 0)));
    let (largest_data, largest_packet) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let (seen, data, whole) = (Rc::clone(&offered), Rc::clone(&largest_data), Rc::clone(&largest_packet));
    lab.fault(move |passing| {
        let segment = &passing.segment;
        if let Some(mss) = segment.options.mss.filter(|_| segment.flags.contains(Flags::SYN)) {
            let (a, b) = seen.get();
            seen.set(if passing.to_b { (mss, b) } else { (a, mss) });
        }
        data.set(segment.payload.len().max(data.get()));
        whole.set((ip + segment.header_len() + segment.payload.len()).max(whole.get()));
        let is_lost = passing.nth % 50 == 20 && !segment.payload.is_empty();
        if is_lost { Fate::Lost } else { Fate::Arrives }
    });
    let client = lab.connect_with(&Arc::new(config));
    lab.run();
    let server = lab.b.stack.accept(lab.now, listener).expect("open");
    // Both ways, so that there are blocks beside data.
    lab.b.write(lab.now, server, &[8; 200_000]).unwrap();
    let octets = vec![7; 300_000];
    assert_eq!(lab.transfer(client, server, &octets).len(), octets.len());
    lab.run_for(secs(5));
    Sizes { offered: offered.get(), data: largest_data.get(), packet: largest_packet.get() }
}

/// RFC6691-2-a, RFC6691-2-b: the MSS counts the fixed headers alone, and whoever sends takes its options off.
#[test]
fn the_mss_counts_no_options_and_segments_do() {
    for timestamps in [true, false] {
        let config = TcpConfig { timestamps, sack: false, ..TcpConfig::default() };
        let sizes = transfer(Lab::new(), config.clone(), 20);
        assert_eq!(sizes.offered, (1460, 1460));
        assert_eq!(sizes.data, if timestamps { 1448 } else { 1460 });
        let sizes = transfer(Lab::v6(), config, 40);
        assert_eq!((sizes.offered, sizes.data), ((1440, 1440), if timestamps { 1428 } else { 1440 }));
    }
}

/// MAY-3: an MSS is told also where it is what a peer would presume. MUST-67: it is never more than the link carries, nor than
/// what is put together of fragments, less the headers.
#[test]
fn every_syn_names_an_mss_that_can_be_received() {
    for (mtu, fragments, mss) in [
        (576, 1 << 20, 536),
        (1500, 1 << 20, 1460),
        (1500, 65_535, 1460),
        (65_535, 1 << 20, 65_495),
        (65_535, 30_000, 29_960),
        (1500, 1000, 960),
        (1500, 0, 536),
    ] {
        let at = |config: &mut cordial_stack::Config| {
            config.links[0].mtu = mtu;
            config.limits.fragments = fragments;
        };
        let sizes = transfer(Lab::with(at, at), TcpConfig::default(), 20);
        assert_eq!(sizes.offered, (mss, mss), "MTU {mtu}, {fragments} octets of fragments");
    }
}

/// RFC6691-x-a: whatever options a segment has, no packet is larger than the link carries.
#[test]
fn no_packet_is_larger_than_the_link() {
    for mtu in [576, 1006, 1500, 9000, 65_535] {
        let at = |config: &mut cordial_stack::Config| config.links[0].mtu = mtu;
        for (lab, ip) in [(Lab::with(at, at), 20), (Lab::between("fd00::1", "fd00::2", at, at), 40)] {
            let sizes = transfer(lab, TcpConfig::default(), ip);
            assert!(sizes.packet <= usize::from(mtu), "{} over {mtu}", sizes.packet);
            assert!(sizes.packet + 12 >= usize::from(mtu).min(30_000), "{} over {mtu}", sizes.packet);
        }
    }
}

/// MUST-16: less than the smallest MSS of most stacks is kept to as well, where the SYN left no trace but a
/// cookie, too.
#[test]
fn a_small_mss_is_kept_to_with_a_cookie_too() {
    for (cache, offered) in [(10, 100), (0, 100), (0, LEAST_MSS), (0, 300)] {
        let mut lab = Lab::with(|_| {}, |b| b.limits.syn_cache = cache);
        let listener = lab.listen();
        let to_80 = |flags, seq, ack_number| {
            let options = Options { mss: (flags == Flags::SYN).then_some(offered), ..Options::default() };
            let (source, destination, window) = (5000, 80, 5000);
            Segment { source, destination, seq, ack_number, flags, window, options, ..Segment::default() }
        };
        let answered = |lab: &mut Lab, segment: &Segment<'_>| {
            let packet = lab.packet(true, segment);
            lab.answers(&packet)
        };
        let syn_ack = answered(&mut lab, &to_80(Flags::SYN, SeqNum(1000), SeqNum(0)));
        let iss = Segment::parse(&syn_ack[0][20..]).expect("a SYN-ACK").seq;
        answered(&mut lab, &to_80(Flags::ACK, SeqNum(1001), iss + 1));
        let server = lab.b.stack.accept(lab.now, listener).expect("open");
        lab.b.write(lab.now, server, &[1; 1000]).expect("open");
        let sent = lab.b.drain(lab.now);
        let data: Vec<usize> = sent
            .iter()
            .map(|packet| Segment::parse(&packet[20..]).expect("a segment").payload.len())
            .collect();
        let largest = data.iter().copied().max();
        assert!(largest.is_some_and(|len| 0 < len && len <= usize::from(offered)), "{offered}: {data:?}");
    }
}

/// TCP_MAXSEG: what we offer and what we send, as caller and, by the stack's settings, as the called.
#[test]
fn a_limit_of_the_user_s_holds_both_ways() {
    let limited =
        |max_segment| TcpConfig { max_segment, timestamps: false, sack: false, ..TcpConfig::default() };
    let sizes = transfer(Lab::new(), limited(700), 20);
    assert_eq!((sizes.offered, sizes.data), ((700, 1460), 700));
    let called = Lab::with(|_| {}, |b| b.tcp = Arc::new(limited(700)));
    let sizes = transfer(called, TcpConfig { timestamps: false, ..TcpConfig::default() }, 20);
    assert_eq!((sizes.offered, sizes.data), ((1460, 700), 700));
    // Less than the least is the least.
    let sizes = transfer(Lab::new(), limited(0), 20);
    assert_eq!(sizes.offered, (LEAST_MSS, 1460));
}
