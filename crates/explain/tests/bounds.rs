//! What is kept while a capture is read is bounded, and says so; what lies between link and IP is gone through.

#![allow(dead_code, reason = "what makes captures serves other tests as well")]

#[path = "capture/file.rs"]
mod file;
#[path = "capture/talk.rs"]
mod talk;

use std::net::IpAddr;

use cordial_explain::capture::{Capture, Counts, FlowLimits, Reader};
use cordial_explain::{Explainer, Filter, Story};
use cordial_trace::Lang;
use file::{PCAP, PCAPNG, Packet, file, head, name_block, record};
use talk::Talk;

fn stories(file: &[u8], limits: FlowLimits) -> (Counts, Vec<Story>) {
    let mut capture = Capture::with_limits(Reader::new(file).expect("a capture"), limits);
    let (mut events, mut explainer) = (Vec::new(), Explainer::new());
    while capture.next(&mut events).expect("memory can be read") {}
    let stories = events.iter().filter_map(|event| explainer.event(event)).collect();
    (capture.counts(), stories)
}

/// Ten connections that take turns, where only four are followed at once.
#[test]
fn a_connection_that_was_told_early_is_not_counted_again_when_it_goes_on() {
    let mut talks: Vec<Talk> =
        (0..10).map(|n| Talk::between(&format!("10.0.0.2:{}", 2_000 + n), "10.0.0.1:80")).collect();
    for (n, talk) in (0..).zip(&mut talks) {
        talk.at(n * 20).handshake();
    }
    for round in 0..30 {
        for (n, talk) in (0..).zip(&mut talks) {
            talk.at(1_000 + u64::from(round) * 20_000 + n).client("ACK", 1 + round * 5, 1, "hello");
        }
    }
    let mut packets: Vec<Packet> = talks.into_iter().flat_map(|talk| talk.packets).collect();
    packets.sort_by_key(|packet| packet.micros);
    let limits = FlowLimits { connections: 4, ..FlowLimits::default() };
    let (counts, stories) = stories(&file(PCAP, 101, &packets, 65_535), limits);
    assert_eq!((counts.connections, counts.told_early, stories.len()), (10, 6, 10));
    assert_eq!(counts.late, 6 * 30);
    let says = |story: &Story, words: &str| story.lines(Lang::En, 200).concat().contains(words);
    let early = stories.iter().filter(|story| says(story, "Still open when it was put aside")).count();
    let late = stories.iter().filter(|story| says(story, "when the record ended")).count();
    assert_eq!((early, late), (6, 4));
}

#[test]
fn another_call_from_the_ports_of_one_told_early_is_another_connection() {
    let mut packets = Vec::new();
    for n in 0..3_u64 {
        let mut talk = Talk::between(&format!("10.0.0.2:{}", 2_000 + n), "10.0.0.1:80");
        packets.extend(talk.at(n * 100).handshake().packets.split_off(0));
    }
    let mut talk = Talk::between("10.0.0.2:2000", "10.0.0.1:80");
    packets.extend(talk.again(77, 99).at(9_000).handshake().packets.split_off(0));
    let limits = FlowLimits { connections: 2, ..FlowLimits::default() };
    let (counts, _) = stories(&file(PCAP, 101, &packets, 65_535), limits);
    assert_eq!((counts.connections, counts.told_early, counts.late), (4, 2, 0));
}

#[test]
fn a_name_is_no_longer_than_a_name_can_be() {
    let name = [b'a'; 60_000];
    let file = [head(PCAPNG, 101), name_block([10, 0, 0, 1], &name)].concat();
    let mut capture = Capture::new(&file[..]).expect("a capture");
    while capture.next(&mut Vec::new()).expect("memory can be read") {}
    let names = capture.names().expect("a pcapng has names");
    assert_eq!(names.get(&IpAddr::from([10, 0, 0, 1])).map(String::len), Some(255));
}

/// Captures put one behind another: each section has its own interfaces.
#[test]
fn any_number_of_sections_may_follow_each_other() {
    let mut out = Vec::new();
    for _ in 0..5_000 {
        out.extend(head(PCAPNG, 101));
    }
    let packets = Talk::v4().whole().packets;
    out.extend(packets.iter().flat_map(|packet| record(PCAPNG, packet.micros, &packet.ip(), 65_535)));
    let mut capture = Capture::new(&out[..]).expect("a capture");
    while capture.next(&mut Vec::new()).expect("memory can be read") {}
    assert_eq!((capture.damage(), capture.counts().segments), (None, packets.len() as u64));
}

#[test]
fn an_ip_packet_is_found_behind_pppoe_and_behind_mpls() {
    let macs = [2_u8; 12];
    let heads: [&[u8]; 4] = [
        &[0x88, 0x64, 0x11, 0, 0, 7, 0, 50, 0x00, 0x21],
        &[0x81, 0x00, 0, 5, 0x88, 0x64, 0x11, 0, 0, 7, 0, 50, 0x00, 0x21],
        &[0x88, 0x47, 0, 1, 0x01, 64],
        &[0x88, 0x47, 0, 1, 0x00, 64, 0, 2, 0x01, 64],
    ];
    let packets = Talk::v4().whole().packets;
    for before in heads {
        let mut out = head(PCAP, 1);
        for packet in &packets {
            let frame = [&macs[..], before, &packet.ip()].concat();
            out.extend(record(PCAP, packet.micros, &frame, 65_535));
        }
        let (counts, stories) = stories(&out, FlowLimits::default());
        assert_eq!((counts.segments, stories.len()), (packets.len() as u64, 1), "{before:x?}");
        // Cut anywhere, it is no packet and no panic.
        for len in 0..before.len() + 12 {
            let mut out = head(PCAP, 1);
            let frame = [&macs[..], before, &packets[0].ip()].concat();
            out.extend(record(PCAP, 0, &frame, len));
            assert!(Capture::new(&out[..]).expect("a capture").next(&mut Vec::new()).is_ok());
        }
    }
}

#[test]
fn a_verdict_that_does_not_exist_is_refused_with_those_that_do() {
    for right in ["C05", "c05", "S01", "S02", "refused", "C", "一切正常"] {
        assert!(format!("verdict:{right}").parse::<Filter>().is_ok(), "{right}");
    }
    for wrong in ["C99", "Q", "nothing-like-it"] {
        let error = format!("verdict:{wrong}").parse::<Filter>().expect_err("no verdict");
        assert!(error.explain(Lang::En).contains("S01 healthy"), "{}", error.explain(Lang::En));
        assert!(error.explain(Lang::Zh).contains("S01 一切正常"));
        assert!(!error.explain(Lang::Zh).contains("worse"));
    }
}
