//! A window that stays closed, and opens again: whoever answers is not given up (RFC 9293 §3.8.6.1, MUST-36, MUST-37).

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::solo::{MSS, Solo, plain};
use cordial_tcp::{CloseCause, Connection, Instant, Phase, TcpConfig};
use cordial_wire::SeqNum;

const CLOSED: &str = "ACK seq=101 ack=301 wnd=0";
const HOUR: Duration = Duration::from_secs(3_600);

/// Answers what goes out with a closed window until `end`, all but the transmission numbered `lost`; when they went out.
fn answered_until(solo: &mut Solo, end: Duration, lost: Option<usize>) -> Vec<u64> {
    let mut sent = Vec::new();
    while solo.elapsed() < end && solo.phase() != Phase::Closed {
        for (at, _) in solo.pass(Duration::from_millis(100)) {
            sent.push(at);
            if lost != Some(sent.len()) {
                solo.arrive(CLOSED);
            }
        }
    }
    sent
}

/// MUST-34, SHLD-17: octets are in flight, and the window shrinks to nothing. Each retransmission asks for it and is
/// answered; when it opens, they arrive a timeout later, however long that took.
#[test]
fn octets_behind_a_window_that_was_taken_back_go_out_when_it_opens() {
    for closed_for in [60, 103, 110, 180, 3_600] {
        let mut solo = Solo::established(TcpConfig::default());
        solo.write(10);
        solo.sent();
        solo.arrive(CLOSED);
        let sent = answered_until(&mut solo, Duration::from_secs(closed_for), None);
        assert!(!solo.connection.is_in_doubt(), "the peer answers: {sent:?}");
        solo.arrive("ACK seq=101 ack=301 wnd=5000");
        let after: Vec<_> = solo.pass(Duration::from_secs(1)).into_iter().map(|(_, text)| text).collect();
        assert_eq!(after.first().map(String::as_str), Some("DATA seq=301..311 ack=101"), "{closed_for} s");
        solo.arrive("ACK seq=101 ack=311 wnd=5000");
        assert_eq!(solo.phase(), Phase::Established);
    }
}

/// MUST-37, RFC6429-4-a: the waits between probes outgrow R2, and one of the probes is lost: it goes out again.
#[test]
fn a_lost_probe_is_no_silence() {
    for lost in [1, 8, 9, 10, 12] {
        let mut solo = Solo::established(TcpConfig::default());
        solo.arrive(CLOSED);
        solo.write(10);
        let probes = answered_until(&mut solo, Duration::from_secs(2_000), Some(lost));
        assert_eq!((solo.phase(), probes.len() > lost), (Phase::Established, true), "{probes:?}");
    }
}

/// The same beside the application's own bound: it is the length of a silence, and one try that was lost is none, be it
/// a probe or octets in flight that the window was taken from.
#[test]
fn a_lost_probe_is_no_silence_beside_the_users_own_bound() {
    for (in_flight, lost) in [(false, 5), (false, 10), (true, 5), (true, 10)] {
        let config = TcpConfig { user_timeout: Some(Duration::from_secs(30)), ..plain() };
        let mut solo = Solo::established(config);
        if !in_flight {
            solo.arrive(CLOSED);
        }
        solo.write(10);
        solo.sent();
        solo.arrive(CLOSED);
        let tries = answered_until(&mut solo, Duration::from_secs(600), Some(lost));
        assert_eq!((solo.phase(), tries.len() > lost), (Phase::Established, true), "{in_flight}: {tries:?}");
    }
}

/// MUST-37: whose every probe is answered is not given up, however long the host is up, and although something was lost
/// before the window closed: without timestamps the timeout stays backed off then (Karn's algorithm).
#[test]
fn whoever_answers_is_kept_at_any_uptime() {
    for hours in [0, 37, 40, 60, 75, 77, 115] {
        for user_timeout in [None, Some(Duration::from_secs(600))] {
            let config = TcpConfig { user_timeout, ..plain() };
            let mut solo = Solo::connecting(config.clone());
            let begin = Instant::ZERO + HOUR * hours;
            solo.now = begin;
            solo.connection = Connection::connect(begin, SeqNum(300), 0, MSS, &Arc::new(config));
            solo.sent();
            solo.arrive("SYN+ACK seq=100 ack=301 mss=1000");
            solo.write(10);
            solo.sent();
            assert_eq!(solo.pass(Duration::from_millis(250)).len(), 1, "once more");
            solo.arrive("ACK seq=101 ack=311 wnd=0");
            solo.write(10);
            while solo.now.since(begin) < Duration::from_secs(1_000) {
                for _ in solo.pass(Duration::from_millis(100)) {
                    solo.arrive("ACK seq=101 ack=311 wnd=0");
                }
            }
            assert_eq!(solo.phase(), Phase::Established, "{hours} h, {user_timeout:?}");
        }
    }
}

/// MUST-20: having been heard two days ago is no answer to a probe of today.
#[test]
fn what_was_heard_before_the_first_probe_is_no_answer() {
    for hours in [1, 37, 40, 60, 80] {
        let mut solo = Solo::established(plain());
        solo.arrive(CLOSED);
        solo.pass(HOUR * hours);
        solo.write(10);
        solo.pass(Duration::from_secs(300));
        assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::TimedOut)), "{hours} h");
    }
}

/// What nobody holds any more probes so often, counted from when it was let go: neither what was sent again before the
/// window closed counts, nor the probes while somebody held it.
#[test]
fn an_orphan_has_all_its_probes() {
    for (lost, held) in [(0, 0), (3, 0), (8, 0), (0, 500), (8, 500)] {
        let mut solo = Solo::established(plain());
        solo.write(10);
        solo.sent();
        let mut again = 0;
        while again < lost {
            again += solo.pass(Duration::from_millis(10)).len();
        }
        solo.arrive("ACK seq=101 ack=311 wnd=0");
        solo.write(10);
        let probes = |solo: &mut Solo, end: Duration| {
            let mut probes = 0;
            while solo.elapsed() < end && solo.phase() != Phase::Closed {
                for _ in solo.pass(Duration::from_millis(100)) {
                    probes += 1;
                    solo.arrive("ACK seq=101 ack=311 wnd=0");
                }
            }
            probes
        };
        let held = solo.elapsed() + Duration::from_secs(held);
        probes(&mut solo, held);
        assert_eq!(solo.phase(), Phase::Established);
        solo.release();
        assert_eq!(probes(&mut solo, HOUR), 8, "{lost} lost, held until {held:?}");
        assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::OrphanTimeout)));
    }
}

/// MUST-20: R1 probes that nobody answers, and R2, are enough.
#[test]
fn silence_behind_a_closed_window_ends_the_connection() {
    let mut solo = Solo::established(TcpConfig::default());
    solo.arrive(CLOSED);
    solo.write(10);
    answered_until(&mut solo, Duration::from_secs(300), None);
    for _ in 0..3 {
        assert_eq!(solo.phase(), Phase::Established);
        while solo.pass(Duration::from_secs(1)).is_empty() {}
    }
    solo.pass(Duration::from_secs(121));
    assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::TimedOut)));
}

/// MUST-21: the application's own bound is kept to the tick, while octets wait behind a closed window too.
#[test]
fn the_users_own_bound_ends_probing_in_time() {
    for bound in [10, 30, 60, 360_000] {
        let config = TcpConfig { user_timeout: Some(Duration::from_secs(bound)), ..plain() };
        let mut solo = Solo::established(config);
        solo.arrive(CLOSED);
        solo.write(10);
        let first = loop {
            if let Some(&(at, _)) = solo.pass(Duration::from_millis(1)).first() {
                break Duration::from_millis(at);
            }
        };
        let bound = Duration::from_secs(bound);
        solo.pass(first + bound - solo.elapsed() - Duration::from_millis(1));
        assert_eq!(solo.phase(), Phase::Established);
        solo.pass(Duration::from_millis(2));
        assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::TimedOut)), "{bound:?}");
    }
}

/// The window opens and closes again before anything can go out, over and over, as it may where packets come in bursts:
/// no probe is put off, nor the end of a connection that nobody holds.
#[test]
fn a_window_that_opens_for_no_time_puts_nothing_off() {
    let mut solo = Solo::established(TcpConfig::default());
    solo.arrive(CLOSED);
    solo.write(10);
    let mut sent = 0;
    let mut flap = |solo: &mut Solo, span: Duration| {
        let end = solo.elapsed() + span;
        while solo.elapsed() < end && solo.phase() != Phase::Closed {
            sent += solo.pass(Duration::from_millis(100)).len();
            solo.arrive("ACK seq=101 ack=301 wnd=5000");
            solo.arrive(CLOSED);
        }
        sent
    };
    assert!(flap(&mut solo, Duration::from_secs(10)) > 3);
    solo.release();
    flap(&mut solo, HOUR);
    assert_eq!(solo.phase(), Phase::Closed);
}

/// A peer that closes and opens its window over and over, and takes nothing, puts neither a retransmission off nor the end
/// of a connection that nobody holds.
#[test]
fn a_window_that_flaps_puts_nothing_off() {
    let flap = |solo: &mut Solo, span: Duration| {
        let (mut sent, end) = (0, solo.elapsed() + span);
        while solo.elapsed() < end && solo.phase() != Phase::Closed {
            solo.arrive(CLOSED);
            solo.arrive("ACK seq=101 ack=301 wnd=1");
            sent += solo.pass(Duration::from_millis(50)).len();
        }
        sent
    };
    for in_flight in [true, false] {
        let mut solo = Solo::established(TcpConfig::default());
        if !in_flight {
            solo.arrive(CLOSED);
        }
        solo.write(10);
        solo.sent();
        let sent = flap(&mut solo, Duration::from_secs(10));
        assert!(sent > 2, "in flight {in_flight}: {sent} sent");
        solo.release();
        flap(&mut solo, Duration::from_secs(3_600));
        assert_eq!(solo.phase(), Phase::Closed, "in flight {in_flight}");
    }
}
