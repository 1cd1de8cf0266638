//! A window that stays closed, and opens again: whoever answers is not given up (RFC 9293 §3.8.6.1, MUST-36, MUST-37).

mod common;

use std::time::Duration;

use common::solo::{Solo, plain};
use cordial_tcp::{CloseCause, Phase, TcpConfig};

const CLOSED: &str = "ACK seq=101 ack=301 wnd=0";

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
    for bound in [10, 30, 60] {
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
