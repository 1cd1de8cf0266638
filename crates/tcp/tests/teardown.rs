//! How connections are closed (RFC 9293 §3.6), and what their users are told.

mod common;

use std::time::Duration;

use common::notation::parse;
use common::solo::{Solo, bare, plain};
use common::{Close, Faults, Pair};
use cordial_tcp::{CloseCause, Instant, Phase, ReadError, TcpConfig};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// MUST-12: the end of the stream and a reset are told apart, also behind octets that wait.
#[test]
fn a_goodbye_and_a_reset_are_told_apart() {
    for queued in [0, 10] {
        for (last, end) in [("FIN+ACK", ReadError::End), ("RST", ReadError::Closed(CloseCause::Reset))] {
            let mut solo = Solo::in_state(Phase::Established);
            if queued > 0 {
                solo.arrive(&format!("DATA seq=101..{} ack=301", 101 + queued));
            }
            solo.arrive(&format!("{last} seq={} ack=301", 101 + queued));
            if queued > 0 {
                assert_eq!(solo.read(100), Ok(queued), "{last}");
            }
            assert_eq!((solo.read(100), solo.read(100)), (Err(end), Err(end)), "{last} after {queued}");
        }
    }
}

/// MUST-13: who closes first waits for twice the MSL, whatever that is.
#[test]
fn who_closes_first_waits_for_twice_the_msl() {
    for msl in [TcpConfig::default().msl, secs(120), ms(500)] {
        let mut solo = Solo::established(TcpConfig { msl, ..plain() });
        solo.shutdown();
        assert_eq!(solo.sent(), ["FIN+ACK seq=301 ack=101"]);
        solo.arrive("ACK seq=101 ack=302");
        assert_eq!(solo.phase(), Phase::FinWait2);
        assert_eq!(solo.answers("FIN+ACK seq=101 ack=302"), ["ACK seq=302 ack=102"]);
        assert_eq!(solo.phase(), Phase::TimeWait);
        let now = Instant::from_millis(90_000);
        let kept = solo.connection.take_time_wait(now).expect("it waits");
        assert!(!kept.is_over(now + (2 * msl - ms(1))), "{msl:?}");
        assert!(kept.is_over(now + (2 * msl + ms(1))), "{msl:?}");
    }
    assert_eq!(TcpConfig::default().msl, secs(30));
}

/// SHLD-3, RFC2525-2.17-a: let go of with octets unread, a reset; RFC2525-2.16-a: octets for nobody, a reset as well.
#[test]
fn octets_that_nobody_will_read_are_answered_with_a_reset() {
    let mut solo = Solo::in_state(Phase::Established);
    solo.arrive("DATA seq=101..201 ack=301");
    assert_eq!(solo.release().reply.as_ref().map(bare).as_deref(), Some("RST seq=301"));
    assert_eq!(solo.sent(), [""; 0], "and no FIN");

    for acknowledged in [false, true] {
        let mut solo = Solo::in_state(Phase::Established);
        solo.release();
        assert_eq!(solo.sent(), ["FIN+ACK seq=301 ack=101"]);
        if acknowledged {
            solo.arrive("ACK seq=101 ack=302");
        }
        let reset = solo.arrive("DATA seq=101..201 ack=302").reply;
        assert_eq!(reset.as_ref().map(bare).as_deref(), Some("RST seq=302"));
        assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::UnreadData)));
    }
}

/// RFC9293-3.6-a: what was written before the close arrives before the FIN, also where one segment in ten is lost.
#[test]
fn what_was_written_arrives_before_the_fin() {
    for (seed, lose) in [(1, 0), (2, 100), (3, 100), (4, 100)] {
        let mut pair = Pair::new(seed);
        pair.faults = Faults { lose, ..Faults::default() };
        pair.ends[0].to_write = 50_000;
        pair.ends[1].close = Close::Answering;
        pair.connect(0);
        assert!(pair.run(secs(600)), "seed {seed}");
        assert_eq!((pair.ends[1].read, pair.ends[1].saw_end), (50_000, true), "seed {seed}");
    }
}

/// RFC9293-3.6-b: who has closed its half reads on until the peer's FIN. So does MAY-1's other way, a shutdown of writing.
#[test]
fn who_has_said_goodbye_still_listens() {
    let mut solo = Solo::in_state(Phase::FinWait2);
    for n in 0..10 {
        solo.arrive(&format!("DATA seq={}..{} ack=302", 101 + 1_000 * n, 1_101 + 1_000 * n));
    }
    assert_eq!(solo.read(1_000), Ok(1_000));
    solo.arrive("FIN+ACK seq=10101 ack=302");
    assert_eq!((solo.read(100_000), solo.read(1)), (Ok(9_000), Err(ReadError::End)));
    assert_eq!(solo.phase(), Phase::TimeWait);
}

/// RFC9293-3.6-e: the peer's FIN is acknowledged; ours waits for the user, for an hour if need be.
#[test]
fn our_fin_waits_for_the_user() {
    let mut solo = Solo::in_state(Phase::Established);
    solo.arrive("FIN+ACK seq=101 ack=301");
    let sent: Vec<_> = solo.pass(secs(3_600)).into_iter().map(|(_, segment)| segment).collect();
    assert_eq!((sent, solo.phase()), (vec!["ACK seq=301 ack=102".to_owned()], Phase::CloseWait));
    solo.shutdown();
    assert_eq!((solo.sent(), solo.phase()), (vec!["FIN+ACK seq=301 ack=102".to_owned()], Phase::LastAck));
}

/// C64: a gibibyte after our FIN, read as it comes: all of it arrives, memory stays flat, and what we send stands after the
/// FIN.
#[test]
fn a_gibibyte_after_our_fin() {
    let mut solo = Solo::in_state(Phase::FinWait2);
    let (mut at, mut most) = (101_u32, 0);
    let text = vec![7; 60_000];
    while at < 101 + (1 << 30) {
        let header = parse(&format!("ACK seq={at} ack=302"));
        let segment = cordial_wire::Segment { payload: &text, ..header };
        solo.connection.on_segment(solo.now, &segment, &mut solo.pool);
        at += text.len() as u32;
        assert_eq!(solo.read(1 << 20), Ok(text.len()));
        assert!(solo.sent().iter().all(|ack| ack.starts_with("ACK seq=302 ")));
        most = most.max(solo.pool.in_use());
    }
    assert_eq!(solo.connection.vars().rcv_nxt.0, at);
    assert!(most < 200_000, "{most} octets at most");
    // Half-closed for a day: nothing is sent, and nothing ends.
    assert_eq!((solo.pass(secs(86_400)).len(), solo.phase()), (0, Phase::FinWait2));
}
