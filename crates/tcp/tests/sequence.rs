//! Arithmetic modulo 2³², and which segments are acceptable (RFC 9293 §3.4).

mod common;

use std::time::Duration;

use common::notation::parse;
use common::solo::{Solo, plain};
use common::{Faults, Pair};
use cordial_tcp::{Refusal, TcpConfig};
use cordial_wire::{Segment, SeqNum, Timestamps};

/// A conversation over a bad wire, all numbers relative to where each end began.
fn trace(a: u32, b: u32) -> Vec<(usize, u16, u32, u32, usize)> {
    let mut pair = Pair::new(5);
    pair.keep_log = true;
    pair.faults = Faults { lose: 20, duplicate: 10, reorder: 100 };
    (pair.ends[0].iss, pair.ends[1].iss) = (SeqNum(a), SeqNum(b));
    (pair.ends[0].to_write, pair.ends[1].to_write) = (100_000, 30_000);
    pair.connect(0);
    assert!(pair.run(Duration::from_secs(600)), "{a} {b}");
    assert_eq!((pair.ends[0].read, pair.ends[1].read), (30_000, 100_000));
    pair.passed
}

/// Wherever the numbers begin, so that they pass 2³² or 2³¹ on the way, the run is the same.
/// Shows RFC9293-3.4-a.
#[test]
fn a_run_does_not_depend_on_where_its_numbers_begin() {
    let numbers = [0, 0xffff_ff00, 0x7fff_fff0];
    let expected = trace(1000, 2000);
    assert!(expected.len() > 100);
    for a in numbers {
        for b in numbers {
            assert!(trace(a, b) == expected, "ISS {a:#x}, IRS {b:#x}");
        }
    }
}

/// Left edge 101, and so much of a window beyond it.
fn with_window(window: u32) -> Solo {
    let config = TcpConfig { receive_buffer: 1000, receive_buffer_max: 1000, ..plain() };
    let mut solo = Solo::established(config);
    if window == 0 {
        solo.arrive("DATA seq=101..1101 ack=301");
        solo.pass(Duration::from_millis(50));
    }
    solo
}

/// True if a segment gets past the first step.
fn is_acceptable(window: u32, segment: &str) -> bool {
    with_window(window).arrive(segment).did != Err(Refusal::OutsideWindow)
}

/// The four cases of RFC 9293 §3.4, each edge one before, at and one after.
///
/// Twice more is let in than the table says, as deployed: a segment without text at the right edge itself, from where a
/// peer that filled the window sends its ACKs, and one whose beginning and end both lie outside of a window that it
/// covers.
/// Shows RFC9293-3.4-b.
#[test]
fn the_four_cases_of_acceptability() {
    let table = [
        // Length 0, window 0: RCV.NXT alone.
        (0, "ACK seq=1100 ack=301", false),
        (0, "ACK seq=1101 ack=301", true),
        (0, "ACK seq=1102 ack=301", false),
        // Length 0, window 1000.
        (1000, "ACK seq=100 ack=301", false),
        (1000, "ACK seq=101 ack=301", true),
        (1000, "ACK seq=600 ack=301", true),
        (1000, "ACK seq=1100 ack=301", true),
        (1000, "ACK seq=1101 ack=301", true), // the first allowance
        (1000, "ACK seq=1102 ack=301", false),
        // With text, window 0: never.
        (0, "DATA seq=1100..1101 ack=301", false),
        (0, "DATA seq=1101..1102 ack=301", false),
        (0, "DATA seq=1102..1103 ack=301", false),
        // With text, window 1000: one end of it at least lies inside.
        (1000, "DATA seq=91..101 ack=301", false),
        (1000, "DATA seq=91..102 ack=301", true),
        (1000, "DATA seq=101..111 ack=301", true),
        (1000, "DATA seq=600..610 ack=301", true),
        (1000, "DATA seq=1100..1110 ack=301", true),
        (1000, "DATA seq=1101..1111 ack=301", false),
        (1000, "DATA seq=91..1111 ack=301", true), // the second
    ];
    for (window, segment, expected) in table {
        assert_eq!(is_acceptable(window, segment), expected, "window {window}: {segment}");
    }
}

/// What is unacceptable is answered by an ACK that says where we are.
/// Shows RFC9293-3.4-b.
#[test]
fn what_is_not_acceptable_draws_an_acknowledgment() {
    for segment in ["ACK seq=100 ack=301", "ACK seq=1102 ack=301", "DATA seq=91..101 ack=301"] {
        assert_eq!(with_window(1000).answers(segment), ["ACK seq=301 ack=101"], "{segment}");
    }
    assert_eq!(with_window(0).answers("DATA seq=1101..1102 ack=301"), ["ACK seq=301 ack=1101"]);
}

/// SYN, ten octets and FIN from 100 on take 100 to 111.
/// Shows RFC9293-3.4-c.
#[test]
fn syn_and_fin_take_a_number_each() {
    let mut solo = Solo::connecting(plain());
    solo.sent();
    let all = parse("SYN+FIN+DATA seq=100..111 ack=301");
    assert_eq!((all.payload.len(), all.len(), all.end()), (10, 12, SeqNum(112)));
    assert_eq!(solo.answers("SYN+FIN+DATA seq=100..111 ack=301"), ["ACK seq=301 ack=112"]);
}

/// RFC 9293 §3.4.3: after 2³² octets a number comes again. Timestamps tell the old segment from the new one.
/// Shows RFC9293-3.4.3-a.
#[test]
fn a_segment_of_one_circle_ago_is_told_by_its_timestamp() {
    const PIECE: u32 = 60_000;
    let mut solo = Solo::connecting(TcpConfig { receive_buffer: 1 << 20, ..TcpConfig::default() });
    solo.sent();
    let stamped = |value: u32| Some(Timestamps { value, echo: 0 });
    let mut answer = parse("SYN+ACK seq=100 ack=301 mss=60000");
    (answer.options.window_scale, answer.options.timestamps) = (Some(7), stamped(1000));
    solo.connection.on_segment(solo.now, &answer, &mut solo.pool);
    let octets = vec![7; PIECE as usize];
    let mut sent = 0_u64;
    let mut segment = Segment { payload: &octets, ..parse("DATA seq=101..102 ack=301") };
    // Five gigabytes at forty gigabits a second.
    while sent < 5 << 30 {
        segment.options.timestamps = stamped(1000 + (sent / 5_000_000) as u32);
        let outcome = solo.connection.on_segment(solo.now, &segment, &mut solo.pool);
        assert!(outcome.did.is_ok(), "{outcome:?} after {sent}");
        assert_eq!(solo.read(usize::MAX), Ok(octets.len()));
        segment.seq += PIECE;
        sent += u64::from(PIECE);
        solo.now = solo.now + Duration::from_micros(12);
        solo.sent();
    }
    let nxt = solo.connection.vars().rcv_nxt;
    assert_eq!(nxt, segment.seq);
    // 2³² octets ago the same number stood on the wire; that was some 859 ms ago.
    let old = Segment {
        options: cordial_wire::Options { timestamps: stamped(1100), ..segment.options },
        ..segment
    };
    assert_eq!(solo.connection.on_segment(solo.now, &old, &mut solo.pool).did, Err(Refusal::OldTimestamp));
    assert_eq!((solo.connection.vars().rcv_nxt, solo.read(1).is_err()), (nxt, true), "nothing was delivered");
}
