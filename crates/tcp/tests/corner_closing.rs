//! Corner cases of closing, each by its number in the list of corner cases.

mod common;

use std::time::Duration;

use common::notation::parse;
use common::solo::{Solo, bare, plain, seconds};
use common::{Close, Pair};
use cordial_tcp::{CloseCause, Half, HalfOpen, Phase, ReadError, TcpConfig, WriteError, listen, reset_for};
use cordial_wire::SeqNum;

const FIN: u16 = 0x01;

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// Opens, lets `order` say who closes when, loses what `lose` says of the segments sent from the first FIN on (by
/// sender and number there), and sees both ends to CLOSED.
fn goodbye(what: &str, order: fn(&mut Pair), lose: impl Fn(usize, u64) -> bool + 'static) -> Pair {
    let mut pair = Pair::new(5);
    for end in &mut pair.ends {
        end.close = Close::Never;
    }
    pair.keep_log = true;
    pair.connect(0);
    pair.run_until(secs(1), |end| end.phase() == Phase::Established);
    order(&mut pair);
    let mut counts = [0; 2];
    pair.drop = Box::new(move |who, _, _| {
        counts[who] += 1;
        lose(who, counts[who])
    });
    assert!(pair.run_out(secs(600)), "{what}: {:#?}", pair.log);
    for (who, end) in pair.ends.iter_mut().enumerate() {
        assert_eq!((end.saw_end, end.failed), (true, None), "{what}, end {who}");
        let cause = end.connection().and_then(|connection| connection.close_cause());
        assert_eq!(cause, Some(CloseCause::Graceful), "{what}, end {who}");
    }
    pair
}

/// Every single loss of the four segments, every one twice, every pair of losses.
fn under_every_loss(order: fn(&mut Pair), waits: [bool; 2]) {
    let pair = goodbye("no loss", order, |_, _| false);
    assert_eq!(pair.waited, waits, "TIME-WAIT is the closer's: {:#?}", pair.log);
    for (who, nth) in (0..2).flat_map(|who| (1..=3).map(move |nth| (who, nth))) {
        goodbye(&format!("{nth} of {who}"), order, move |from, n| from == who && n == nth);
        goodbye(&format!("{nth} of {who} twice"), order, move |from, n| {
            from == who && (n == nth || n == nth + 1)
        });
        for (other, second) in (0..2).flat_map(|who| (1..=3).map(move |nth| (who, nth))) {
            let what = format!("{nth} of {who} and {second} of {other}");
            goodbye(&what, order, move |from, n| (from, n) == (who, nth) || (from, n) == (other, second));
        }
    }
}

#[test]
fn corner_c44_active_and_passive_close_under_every_loss() {
    under_every_loss(
        |pair| (pair.ends[0].close, pair.ends[1].close) = (Close::Written, Close::Answering),
        [true, false],
    );
    under_every_loss(
        |pair| (pair.ends[0].close, pair.ends[1].close) = (Close::Answering, Close::Written),
        [false, true],
    );
}

#[test]
fn corner_c45_simultaneous_close_under_every_loss() {
    let both: fn(&mut Pair) =
        |pair| (pair.ends[0].close, pair.ends[1].close) = (Close::Written, Close::Written);
    under_every_loss(both, [true, true]);
    // In CLOSING a FIN that comes again is answered.
    let mut solo = Solo::in_state(Phase::Closing);
    assert_eq!(solo.answers("FIN+ACK seq=101 ack=301"), ["ACK seq=302 ack=102"]);
    assert_eq!(solo.phase(), Phase::Closing);
}

#[test]
fn corner_c46_three_segments() {
    let mut solo = Solo::in_state(Phase::FinWait1);
    assert_eq!(solo.answers("FIN+ACK seq=101 ack=302"), ["ACK seq=302 ack=102"]);
    assert_eq!(solo.phase(), Phase::TimeWait, "never in FIN-WAIT-2 nor CLOSING");
    // The other end: the ACK of their FIN rides on ours.
    let mut solo = Solo::in_state(Phase::Established);
    assert_eq!(solo.answers("FIN+ACK seq=101 ack=301"), [""; 0]);
    solo.shutdown();
    assert_eq!(solo.sent(), ["FIN+ACK seq=301 ack=102"]);
    assert_eq!(solo.answers("ACK seq=102 ack=302"), [""; 0]);
    assert_eq!(solo.phase(), Phase::Closed);
}

#[test]
fn corner_c47_fin_with_data() {
    let small = || Solo::established(TcpConfig { receive_buffer: 1000, receive_buffer_max: 1000, ..plain() });
    let mut solo = small();
    solo.arrive("FIN+DATA seq=101..1101 ack=301");
    assert_eq!(
        (solo.phase(), solo.read(5000), solo.read(1)),
        (Phase::CloseWait, Ok(1000), Err(ReadError::End))
    );
    // One octet beyond the window: it and the FIN are cut off, to come again.
    let mut solo = small();
    solo.arrive("FIN+DATA seq=101..1102 ack=301");
    assert_eq!((solo.phase(), solo.read(5000)), (Phase::Established, Ok(1000)));
    assert_eq!(solo.read(1), Err(ReadError::WouldBlock), "the end has not come");
    solo.sent();
    solo.arrive("FIN+DATA seq=1101..1102 ack=301");
    assert_eq!((solo.phase(), solo.read(5000), solo.read(1)), (Phase::CloseWait, Ok(1), Err(ReadError::End)));
}

#[test]
fn corner_c48_fin_out_of_order() {
    let mut solo = Solo::in_state(Phase::Established);
    assert_eq!(solo.answers("FIN+DATA seq=111..121 ack=301"), ["ACK seq=301 ack=101"]);
    assert_eq!(solo.answers("FIN+DATA seq=111..121 ack=301"), ["ACK seq=301 ack=101"], "and again");
    assert_eq!(solo.answers("FIN+ACK seq=121 ack=301"), ["ACK seq=301 ack=101"], "and alone");
    assert_eq!((solo.phase(), solo.read(1)), (Phase::Established, Err(ReadError::WouldBlock)));
    solo.arrive("DATA seq=101..111 ack=301");
    assert_eq!(solo.phase(), Phase::CloseWait, "the hole is filled: text and FIN are in order");
    assert_eq!(
        (solo.read(100), solo.read(1), solo.read(1)),
        (Ok(20), Err(ReadError::End), Err(ReadError::End))
    );
    let sent = solo.pass(ms(41));
    assert_eq!(sent.last().map(|(_, ack)| ack.as_str()), Some("ACK seq=301 ack=122"), "{sent:?}");
    // The FIN alone ahead of a hole.
    let mut solo = Solo::in_state(Phase::Established);
    assert_eq!(solo.answers("FIN+ACK seq=111 ack=301"), ["ACK seq=301 ack=101"]);
    solo.arrive("DATA seq=101..111 ack=301");
    assert_eq!((solo.phase(), solo.connection.vars().rcv_nxt), (Phase::CloseWait, SeqNum(112)));
}

#[test]
fn corner_c49_data_again_or_beyond_after_the_fin() {
    for phase in [Phase::CloseWait, Phase::LastAck, Phase::Closing] {
        let mut solo = Solo::in_state(phase);
        let ack = format!("ACK seq={} ack=102", solo.connection.vars().snd_nxt);
        for late in ["DATA seq=91..101 ack=301", "FIN+DATA seq=91..101 ack=301", "DATA seq=102..112 ack=301"]
        {
            assert_eq!(solo.answers(late), [ack.as_str()], "{phase} {late}");
        }
        assert_eq!((solo.phase(), solo.connection.vars().rcv_nxt), (phase, SeqNum(102)));
        assert_eq!(solo.read(100), Err(ReadError::End), "ignored");
        // Nor do octets beyond the FIN reset a connection that nobody holds: the peer cannot have said them.
        solo.release();
        solo.sent();
        solo.arrive("DATA seq=102..112 ack=301");
        assert!(solo.phase() != Phase::Closed && solo.cause().is_none(), "{phase}");
    }
}

/// FIN in FIN-WAIT-2, and again: the ACK was lost.
#[test]
fn corner_c50_fin_again_in_time_wait() {
    let mut solo = Solo::in_state(Phase::TimeWait);
    let mut kept = solo.connection.take_time_wait(solo.now).expect("in TIME-WAIT");
    for _ in 0..3 {
        let later = solo.now + secs(50);
        let outcome = kept.on_segment(later, &parse("FIN+ACK seq=101 ack=302"), &plain());
        assert_eq!(outcome.reply.as_ref().map(bare).as_deref(), Some("ACK seq=302 ack=102"));
        assert!(!kept.is_over(later + secs(59)) && kept.is_over(later + secs(61)), "a full 2MSL again");
        solo.now = later;
    }
}

#[test]
fn corner_c51_last_ack_without_answer() {
    for lost in 1..6 {
        let order: fn(&mut Pair) =
            |pair| (pair.ends[0].close, pair.ends[1].close) = (Close::Written, Close::Answering);
        // The closer's first segment is its FIN, its second the final ACK.
        let pair = goodbye(&format!("{lost} final ACKs lost"), order, move |who, n| {
            who == 0 && n > 1 && n <= 1 + lost
        });
        let fins = pair.passed.iter().filter(|&&(who, flags, ..)| who == 1 && flags & FIN != 0).count();
        assert_eq!(fins as u64, lost + 1, "{:#?}", pair.log);
    }
    let mut solo = Solo::in_state(Phase::LastAck);
    let sent = solo.pass(secs(60));
    assert!(sent.iter().all(|(_, fin)| fin == "FIN+ACK seq=301 ack=102") && sent.len() >= 7, "{sent:?}");
    let gaps: Vec<_> = seconds(&sent).windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.windows(2).all(|pair| pair[1] > 1.9 * pair[0]), "backoff: {gaps:?}");
    solo.pass(secs(120));
    assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::TimedOut)));
}

#[test]
fn corner_c52_reset_in_last_ack_and_closing() {
    for phase in [Phase::LastAck, Phase::Closing] {
        let mut solo = Solo::in_state(phase);
        solo.arrive("RST seq=102");
        assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::Graceful)), "no error");
        assert_eq!(solo.read(1), Err(ReadError::End));
    }
}

/// The peer skipped TIME-WAIT and calls again: our challenge makes it reset the old connection first.
#[test]
fn corner_c53_a_new_syn_in_last_ack() {
    let mut solo = Solo::in_state(Phase::LastAck);
    let challenge = solo.answers("SYN seq=90000");
    assert_eq!(challenge, ["ACK seq=302 ack=102"]);
    // What a peer in SYN-SENT with ISS 90000 makes of that ACK (RFC 9293 §3.10.7.3).
    let reset = reset_for(&parse(&challenge[0])).as_ref().map(bare).expect("a reset");
    assert_eq!(reset, "RST seq=102");
    solo.arrive(&reset);
    assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::Graceful)));
    let syn = parse("SYN seq=90000");
    assert_eq!(listen(&syn), Ok(()), "its SYN comes again and is answered");
    let half = HalfOpen::new(solo.now, &syn, SeqNum(500), 0, &plain());
    assert_eq!(bare(&half.syn_ack(solo.now, 1000, &plain())), "SYN+ACK seq=500 ack=90001");
}

#[test]
fn corner_c54_close_wait_for_ever() {
    let mut solo = Solo::in_state(Phase::CloseWait);
    assert_eq!(solo.pass(secs(30 * 86_400)), []);
    assert_eq!(solo.phase(), Phase::CloseWait);
    solo.write(10);
    assert_eq!(solo.sent(), ["DATA seq=301..311 ack=102"], "and still good for writing");
}

#[test]
fn corner_c55_fin_wait_2_of_an_orphan() {
    let mut solo = Solo::in_state(Phase::FinWait2);
    solo.release();
    solo.pass(secs(59));
    assert_eq!(solo.phase(), Phase::FinWait2);
    solo.pass(secs(2));
    assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::OrphanTimeout)));
    assert_eq!(solo.answers("FIN+ACK seq=101 ack=302"), ["RST seq=302"], "a late FIN finds nobody");
    let mut solo = Solo::in_state(Phase::FinWait2);
    assert_eq!(solo.pass(secs(86_400)), [], "held: no timer");
    assert_eq!(solo.phase(), Phase::FinWait2);
}

#[test]
fn corner_c56_an_orphan_against_a_closed_window() {
    let mut solo = Solo::established(plain());
    solo.arrive("ACK seq=101 ack=301 wnd=0");
    solo.write(100);
    solo.release();
    assert_eq!(solo.phase(), Phase::FinWait1);
    let mut probes = 0;
    while solo.phase() != Phase::Closed && solo.elapsed() < secs(3600) {
        for _ in solo.pass(ms(100)) {
            probes += 1;
            solo.arrive("ACK seq=101 ack=301 wnd=0");
        }
    }
    assert_eq!((probes, solo.cause()), (8, Some(CloseCause::OrphanTimeout)), "answered or not");
}

#[test]
fn corner_c57_close_with_data_queued_and_a_closed_window() {
    let mut solo = Solo::established(plain());
    solo.arrive("ACK seq=101 ack=301 wnd=0");
    solo.write(100);
    solo.shutdown();
    assert_eq!((solo.sent(), solo.phase()), (vec![], Phase::FinWait1), "the FIN waits behind the data");
    let probes = solo.pass(secs(5));
    assert_eq!(seconds(&probes), [0.2, 0.6, 1.4, 3.0]);
    assert!(probes.iter().all(|(_, probe)| probe == "ACK seq=300 ack=101"), "{probes:?}");
    assert_eq!(solo.answers("ACK seq=101 ack=301 wnd=50"), [""; 0]);
    assert_eq!(solo.answers("ACK seq=101 ack=301 wnd=5000"), ["FIN+DATA seq=301..401 ack=101"]);
}

/// A policy: a FIN takes room in the window like any octet; a peer's FIN against our closed window is taken.
#[test]
fn corner_c58_fin_and_a_closed_window() {
    let mut solo = Solo::established(plain());
    solo.arrive("ACK seq=101 ack=301 wnd=0");
    solo.shutdown();
    assert_eq!(solo.sent(), [""; 0]);
    assert_eq!(solo.pass(secs(1)).len(), 2, "probes");
    assert_eq!(solo.answers("ACK seq=101 ack=301 wnd=1"), ["FIN+ACK seq=301 ack=101"]);

    let mut solo = Solo::established(TcpConfig { receive_buffer: 1000, receive_buffer_max: 1000, ..plain() });
    solo.arrive("DATA seq=101..1101 ack=301");
    solo.pass(ms(50));
    assert_eq!(solo.connection.vars().rcv_wnd, 0);
    solo.arrive("FIN+ACK seq=1101 ack=301");
    assert_eq!(
        (solo.phase(), solo.read(5000), solo.read(1)),
        (Phase::CloseWait, Ok(1000), Err(ReadError::End))
    );
}

/// RFC 2525 §2.17.
#[test]
fn corner_c59_close_with_unread_data() {
    let mut solo = Solo::in_state(Phase::Established);
    solo.arrive("DATA seq=101..111 ack=301");
    let outcome = solo.release();
    assert_eq!(outcome.reply.as_ref().map(bare).as_deref(), Some("RST seq=301"));
    assert_eq!(
        (solo.phase(), solo.cause(), solo.sent()),
        (Phase::Closed, Some(CloseCause::UnreadData), vec![])
    );
    assert_eq!(solo.pool.in_use(), 0);
    // All read: a goodbye like any other.
    let mut solo = Solo::in_state(Phase::Established);
    solo.arrive("DATA seq=101..111 ack=301");
    assert_eq!(solo.read(100), Ok(10));
    assert_eq!(solo.release().reply, None);
    assert_eq!(solo.sent(), ["FIN+ACK seq=301 ack=111"]);
}

/// RFC 2525 §2.16.
#[test]
fn corner_c60_data_after_close() {
    for phase in [Phase::FinWait1, Phase::FinWait2] {
        let mut solo = Solo::in_state(phase);
        solo.release();
        assert_eq!(solo.answers("DATA seq=101..111 ack=302"), ["RST seq=302"], "{phase}: nobody will read");
        assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::UnreadData)));
        let mut solo = Solo::in_state(phase);
        solo.arrive("DATA seq=101..111 ack=302");
        assert_eq!((solo.phase(), solo.read(100)), (Phase::FinWait2, Ok(10)), "{phase}: half-closed");
        let mut solo = Solo::in_state(phase);
        solo.release();
        assert_eq!(
            solo.answers("FIN+ACK seq=101 ack=302"),
            ["ACK seq=302 ack=102"],
            "{phase}: a FIN is no data"
        );
    }
}

/// A policy: what comes is acknowledged and thrown away.
#[test]
fn corner_c61_shutdown_of_the_reading_side() {
    let mut solo = Solo::in_state(Phase::Established);
    solo.arrive("DATA seq=101..111 ack=301");
    solo.connection.shutdown(solo.now, Half::Read, &mut solo.pool);
    assert_eq!((solo.read(100), solo.pool.in_use()), (Err(ReadError::End), 0));
    solo.pass(ms(50));
    let window = solo.connection.vars().rcv_wnd;
    for n in 0..200_u64 {
        let at = 111 + 1000 * n;
        solo.arrive(&format!("DATA seq={at}..{} ack=301", at + 1000));
        solo.sent();
    }
    assert_eq!((solo.phase(), solo.pool.in_use()), (Phase::Established, 0));
    assert_eq!(solo.connection.vars().rcv_nxt, SeqNum(111 + 200_000), "more than any buffer holds");
    assert!(solo.connection.vars().rcv_wnd >= window / 2, "the window does not close");
    solo.write(5);
    assert_eq!(solo.sent().len(), 1, "the other direction is open");
}

#[test]
fn corner_c62_shutdown_twice_and_write_after() {
    let mut solo = Solo::in_state(Phase::Established);
    solo.shutdown();
    solo.shutdown();
    assert_eq!(solo.sent(), ["FIN+ACK seq=301 ack=101"]);
    solo.shutdown();
    assert_eq!(solo.sent(), [""; 0], "one FIN");
    let write = solo.connection.write(solo.now, &[b"x"], &mut solo.pool);
    assert_eq!(write, Err(WriteError::Shutdown));
    solo.release();
    solo.shutdown();
    assert_eq!((solo.sent(), solo.phase()), (vec![], Phase::FinWait1));
}

/// The peer says 10 MB after our FIN; every ACK of ours stands after the FIN.
#[test]
fn corner_c64_bulk_after_a_half_close() {
    let mut pair = Pair::new(9);
    pair.keep_log = true;
    pair.ends[1].close = Close::Answering;
    (pair.ends[0].to_write, pair.ends[1].to_write) = (10, 10_000_000);
    pair.connect(0);
    pair.run_until(secs(1), |end| matches!(end.phase(), Phase::FinWait2 | Phase::CloseWait));
    let before = pair.passed.len();
    assert!(pair.run(secs(600)));
    assert_eq!((pair.ends[0].read, pair.ends[1].read), (10_000_000, 10));
    let mut after = pair.passed[before..].iter().filter(|&&(who, ..)| who == 0);
    assert!(after.clone().count() > 1000);
    assert!(after.all(|&(_, _, seq, _, len)| (seq, len) == (12, 0)), "SYN, ten octets, FIN");
}

/// RFC 2525 §2.15: neither Nagle nor a delayed ACK holds a FIN back, and the reader learns of it at once.
#[test]
fn corner_c65_fin_is_not_delayed() {
    let mut pair = Pair::new(2);
    pair.ends[1].close = Close::Never;
    pair.ends[0].to_write = 2 * 1448 + 10;
    let began = pair.now;
    pair.connect(0);
    let heard = pair
        .run_until(secs(10), |end| matches!(end.phase(), Phase::FinWait1 | Phase::FinWait2) || end.saw_end);
    assert!(
        heard && pair.now - began <= ms(31),
        "SYN, SYN-ACK, data with the tail and the FIN: {:?}",
        pair.now - began
    );
}

/// A FIN alone counts in the window and is sent again under its own number.
#[test]
fn corner_c66_fin_in_sequence_space() {
    let mut solo = Solo::in_state(Phase::FinWait1);
    let vars = solo.connection.vars();
    assert_eq!((vars.snd_una, vars.snd_nxt, vars.in_flight), (SeqNum(301), SeqNum(302), 1));
    let again = solo.pass(secs(1));
    assert!(!again.is_empty() && again.iter().all(|(_, fin)| fin == "FIN+ACK seq=301 ack=101"), "{again:?}");
    // With text: partly acknowledged, the rest goes again with the FIN in its place.
    let mut solo = Solo::established(plain());
    solo.write(1500);
    solo.shutdown();
    assert_eq!(solo.sent(), ["DATA seq=301..1301 ack=101", "FIN+DATA seq=1301..1801 ack=101"]);
    solo.arrive("ACK seq=101 ack=1501");
    let again = solo.pass(secs(2));
    assert!(again.iter().all(|(_, fin)| fin == "FIN+DATA seq=1501..1801 ack=101"), "{again:?}");
    solo.arrive("ACK seq=101 ack=1801");
    assert_eq!(solo.phase(), Phase::FinWait1, "all but the FIN");
    let again = solo.pass(secs(10));
    assert!(again.iter().all(|(_, fin)| fin == "FIN+ACK seq=1801 ack=101") && !again.is_empty(), "{again:?}");
    solo.arrive("ACK seq=101 ack=1802");
    assert_eq!(solo.phase(), Phase::FinWait2);
}

/// The FIN is acknowledged selectively before what precedes it.
#[test]
fn corner_c66_selective_acknowledgment_of_a_fin() {
    let mut pair = Pair::new(4);
    pair.ends[0].to_write = 14_480;
    pair.ends[1].close = Close::Answering;
    // The first data segment of the caller is lost: SYN, ACK, data.
    pair.drop = Box::new(|who, nth, segment| who == 0 && nth <= 4 && !segment.payload.is_empty());
    pair.connect(0);
    assert!(pair.run_out(secs(600)));
    assert_eq!((pair.ends[1].read, pair.ends[1].saw_end), (14_480, true));
}
