//! Urgent data, both ways (RFC 9293 §3.8.5, RFC 6093).

mod common;

use std::time::Duration;

use common::solo::{Solo, plain};
use cordial_tcp::{Effects, Outcome, Room, TcpConfig};

fn urgent(solo: &mut Solo, octets: usize) {
    let taken = solo.connection.write_urgent(solo.now, &vec![7; octets], &mut solo.pool);
    assert_eq!(taken, Ok(octets));
}

fn arrive(solo: &mut Solo, text: &str, pointer: u16) -> Outcome {
    solo.arrive(&format!("{text} urg={pointer}"))
}

fn is_told(outcome: Outcome) -> bool {
    outcome.effects.contains(Effects::URGENT)
}

/// MUST-30, MUST-62, RFC6093-2-a: the pointer designates the octet after the last urgent one.
#[test]
fn an_urgent_octet_is_followed_by_what_the_pointer_designates() {
    let mut solo = Solo::established(plain());
    urgent(&mut solo, 1);
    assert_eq!(solo.sent(), ["URG+DATA seq=301..302 ack=101 urg=1"]);
    solo.arrive("ACK seq=101 ack=302");
    solo.write(5);
    assert_eq!(solo.sent(), ["DATA seq=302..307 ack=101"], "nothing urgent is left");
}

/// MUST-31: any length, over any number of segments; each says where the end is, and so does what is sent again.
#[test]
fn all_segments_up_to_the_end_of_urgent_data_tell_it() {
    let mut solo = Solo::established(plain());
    solo.write(500);
    urgent(&mut solo, 2000);
    solo.write(700);
    assert_eq!(
        solo.sent(),
        [
            "URG+DATA seq=301..1301 ack=101 urg=2500",
            "URG+DATA seq=1301..2301 ack=101 urg=1500",
            "URG+DATA seq=2301..3301 ack=101 urg=500",
            "DATA seq=3301..3501 ack=101",
        ]
    );
    let again = solo.pass(Duration::from_millis(250));
    assert_eq!(again[0].1, "URG+DATA seq=301..1301 ack=101 urg=2500");
}

/// The peer's mark is none of ours: what we send meanwhile goes out as long as ever.
#[test]
fn a_mark_that_nobody_has_read_yet_cuts_nothing_of_ours() {
    let mut solo = Solo::established(plain());
    solo.arrive("URG+DATA seq=101..111 ack=301 urg=5 wnd=60000");
    solo.write(2_000);
    let out = solo.connection.poll_segment(solo.now, Room { super_segment: 60_000 }, &solo.pool);
    assert_eq!(out.and_then(|out| out.gso).map(|size| size.get()), Some(1_000));
}

/// A mark further ahead than sixteen bits reach is told as far as they do, and exactly once it is near.
#[test]
fn a_mark_beyond_64_kib_is_told_by_and_by() {
    let mut solo = Solo::established(plain());
    solo.write(70_000);
    urgent(&mut solo, 1);
    let (end, mut told) = (301 + 70_001_u32, Vec::new());
    while solo.connection.vars().snd_una.0 != end {
        let room = Room { super_segment: 60_000 };
        while let Some(out) = solo.connection.poll_segment(solo.now, room, &solo.pool) {
            assert!(out.gso.is_none(), "one pointer would stand for many segments");
            told.push((out.header.seq.0, u32::from(out.header.urgent)));
        }
        let nxt = solo.connection.vars().snd_nxt.0;
        solo.arrive(&format!("ACK seq=101 ack={nxt} wnd=65535"));
    }
    assert_eq!(told.len(), 71);
    for (seq, pointer) in told {
        assert_eq!(pointer, (end - seq).min(65_535), "at {seq}");
    }
}

/// The peer is told at once, though its window is closed; and by each probe of it.
#[test]
fn a_closed_window_keeps_no_mark_back() {
    let mut solo = Solo::established(plain());
    solo.arrive("ACK seq=101 ack=301 wnd=0");
    urgent(&mut solo, 10);
    assert_eq!(solo.sent(), ["URG+ACK seq=301 ack=101 urg=10"]);
    let probes = solo.pass(Duration::from_secs(1));
    assert_eq!(probes[0].1, "URG+ACK seq=300 ack=101 urg=11");
}

/// What is urgent does not wait to grow (RFC 9293 §3.7.4 is about what is not).
#[test]
fn urgent_octets_do_not_wait_for_others() {
    let mut solo = Solo::established(plain());
    solo.write(10);
    solo.sent();
    urgent(&mut solo, 1);
    assert_eq!(solo.sent(), ["URG+DATA seq=311..312 ack=101 urg=1"]);
    solo.write(10);
    assert_eq!(solo.sent(), [""; 0], "what comes after waits again");
}

/// MUST-32: told when it appears and when it moves on, with octets or without, and not when it stays.
#[test]
fn every_advance_of_the_pointer_is_told_once() {
    let mut solo = Solo::established(plain());
    assert!(is_told(arrive(&mut solo, "URG+DATA seq=101..106 ack=301", 10)));
    assert!(is_told(arrive(&mut solo, "URG+ACK seq=106 ack=301", 15)), "no octets, but 121 is further on");
    assert!(!is_told(arrive(&mut solo, "URG+ACK seq=106 ack=301", 15)));
    assert!(!is_told(arrive(&mut solo, "URG+ACK seq=106 ack=301", 3)), "a pointer does not move back");
    assert!(!is_told(arrive(&mut solo, "DATA seq=106..111 ack=301", 900)), "no URG, no pointer");
    assert_eq!(solo.connection.urgent_left(), 20);
}

/// MUST-31 and MUST-33: 3,000 urgent octets in three segments. How many are left is known until the last was read, all of
/// them come in line (RFC6093-6-a), and the mark is where a read stops.
#[test]
fn the_reader_knows_how_much_is_urgent() {
    let mut solo = Solo::established(plain());
    for at in [101, 1101, 2101] {
        arrive(&mut solo, &format!("URG+DATA seq={at}..{} ack=301", at + 1000), (3101 - at) as u16);
    }
    solo.arrive("DATA seq=3101..3201 ack=301");
    let known = |solo: &Solo| (solo.connection.urgent_left(), solo.connection.at_mark());
    assert_eq!(known(&solo), (3000, false));
    assert_eq!(solo.read(1000), Ok(1000));
    assert_eq!(known(&solo), (2000, false));
    assert_eq!(solo.read(9000), Ok(1999), "up to the mark");
    assert_eq!(known(&solo), (1, true));
    assert_eq!(solo.read(9000), Ok(101), "the urgent octet, and what follows");
    assert_eq!(known(&solo), (0, false));
}

/// The mark may be known long before its octets.
#[test]
fn a_mark_ahead_of_its_octets_waits_for_them() {
    let mut solo = Solo::established(plain());
    assert!(is_told(arrive(&mut solo, "URG+ACK seq=101 ack=301", 7)));
    assert_eq!((solo.connection.urgent_left(), solo.connection.at_mark()), (7, false));
    solo.arrive("DATA seq=101..107 ack=301");
    assert_eq!(solo.read(9000), Ok(6));
    assert!(solo.connection.at_mark());
    solo.arrive("DATA seq=107..120 ack=301");
    assert_eq!(solo.read(9000), Ok(13));
}

/// RFC 9293 §3.10.7.4, sixth step: once the peer's FIN came, and where nobody reads, URG is ignored; a pointer to what was
/// read already is none, nor one in a segment that is refused.
#[test]
fn a_pointer_that_means_nothing_changes_nothing() {
    let mut solo = Solo::established(plain());
    assert!(!is_told(arrive(&mut solo, "URG+ACK seq=101 ack=301", 0)));
    assert!(!is_told(arrive(&mut solo, "URG+DATA seq=99999..100010 ack=301", 10)), "outside the window");
    assert!(!is_told(arrive(&mut solo, "URG+ACK seq=101 ack=77777", 10)), "acknowledges what was never sent");
    solo.arrive("FIN+ACK seq=101 ack=301");
    assert!(!is_told(arrive(&mut solo, "URG+ACK seq=102 ack=301", 10)));
    assert_eq!(solo.connection.urgent_left(), 0);
}

/// A mark costs an idle connection nothing once it was passed: what it was kept in is given back.
#[test]
fn marks_that_were_passed_leave_nothing() {
    let mut solo = Solo::established(TcpConfig { nodelay: true, ..plain() });
    let before = format!("{:?}", solo.connection).contains("urgent: None");
    urgent(&mut solo, 3);
    arrive(&mut solo, "URG+DATA seq=101..104 ack=301", 3);
    solo.sent();
    solo.read(2).expect("up to the mark");
    solo.read(1).expect("the last");
    solo.arrive("ACK seq=104 ack=304");
    solo.write(1);
    solo.sent();
    assert!(before && format!("{:?}", solo.connection).contains("urgent: None"));
}

/// A mark beyond the peer's FIN is where the stream ends: no urgent octets are announced that cannot come.
#[test]
fn no_mark_lies_beyond_the_end_of_the_stream() {
    for read_first in [true, false] {
        let mut solo = Solo::established(plain());
        arrive(&mut solo, "URG+DATA seq=101..111 ack=301", 1000);
        assert_eq!(solo.connection.urgent_left(), 1000);
        if read_first {
            solo.read(10).expect("ten");
        }
        solo.arrive("FIN+ACK seq=111 ack=301");
        assert_eq!(solo.connection.urgent_left(), if read_first { 0 } else { 10 });
        while solo.read(10).is_ok() {}
        assert_eq!(solo.connection.urgent_left(), 0);
    }
}
