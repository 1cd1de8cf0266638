//! What happens when nothing happens: every timer, in virtual time.

mod common;

use std::time::Duration;

use common::solo::{Solo, plain, seconds};
use cordial_tcp::{CloseCause, HalfOpen, HalfOpenNext, Instant, Keepalive, Phase, Rule, TcpConfig};
use cordial_wire::{Flags, Segment, SeqNum};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

const DAY: Duration = secs(86_400);

/// MUST-23: at least 180 s. RFC6298-2-a: the first time after 1 s.
/// Shows RFC1122-4.2.3.5-a.
#[test]
fn a_syn_is_sent_eight_times_and_given_up_after_255_seconds() {
    let mut solo = Solo::connecting(plain());
    let sent = solo.pass(secs(254));
    assert_eq!(seconds(&sent), [0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 63.0, 127.0]);
    assert!(sent.iter().all(|(_, segment)| segment == "SYN seq=300"));
    assert_eq!((solo.phase(), solo.cause()), (Phase::SynSent, None));
    assert_eq!(solo.pass(secs(2)), []);
    assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::Unanswered)));
}

#[test]
fn a_syn_ack_is_sent_six_times_and_given_up_after_63_seconds() {
    let config = plain();
    let mut now = Instant::from_millis(1_000);
    let syn = Segment { seq: SeqNum(100), flags: Flags::SYN, window: 5000, ..Segment::default() };
    let mut half = HalfOpen::new(now, &syn, SeqNum(300), 0, &config);
    let mut sent = Vec::new();
    loop {
        now = half.deadline().instant(now).expect("armed");
        let outcome = half.on_timer(now, 1000, &config);
        let at = now.as_millis() / 1000 - 1;
        if outcome.next == HalfOpenNext::Forget {
            assert_eq!((at, outcome.did, outcome.reply), (63, Ok(Rule::GiveUpHalfOpen), None));
            break;
        }
        assert_eq!(outcome.reply.expect("a SYN-ACK").flags, Flags::SYN | Flags::ACK);
        sent.push(at);
    }
    assert_eq!(sent, [1, 3, 7, 15, 31]);
}

/// RFC 6298 §5.5: twice as long each time, never earlier (RFC6298-5-b, RFC6298-5-c). R2 (RFC 9293 §3.8.3) is at least 100 s.
#[test]
fn unacknowledged_octets_are_sent_at_doubling_intervals_and_given_up_after_r2() {
    let mut solo = Solo::established(plain());
    solo.write(10);
    let sent = solo.pass(secs(99));
    assert_eq!(seconds(&sent), [0.0, 0.2, 0.6, 1.4, 3.0, 6.2, 12.6, 25.4, 51.0]);
    assert!(sent.iter().all(|(_, segment)| segment == "DATA seq=301..311 ack=101"));
    assert_eq!(solo.phase(), Phase::Established);
    assert_eq!(solo.pass(secs(10)), [], "given up without a word");
    assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::TimedOut)));
}

/// R2 counts from the last progress, not from the beginning.
#[test]
fn progress_puts_off_giving_up() {
    let mut solo = Solo::established(plain());
    solo.write(3000);
    solo.sent();
    for acked in [1301, 2301] {
        solo.pass(secs(95));
        solo.arrive(&format!("ACK seq=101 ack={acked}"));
    }
    solo.pass(secs(95));
    assert_eq!(solo.phase(), Phase::Established);
    // The timeout has grown to two minutes meanwhile, and three retransmissions come first (R1).
    solo.pass(secs(5 * 120));
    assert_eq!(solo.cause(), Some(CloseCause::TimedOut));
}

/// RFC6298-5-a: it starts with what is sent, and stops when all is acknowledged.
#[test]
fn no_timer_runs_while_there_is_nothing_to_wait_for() {
    let mut solo = Solo::established(plain());
    assert!(!solo.connection.deadline(solo.now).is_set());
    solo.write(10);
    solo.sent();
    assert!(solo.connection.vars().timers.retransmit.is_set());
    solo.arrive("ACK seq=101 ack=311");
    assert!(!solo.connection.deadline(solo.now).is_set(), "{:?}", solo.connection.vars().timers);
}

fn with_keepalive() -> Solo {
    Solo::established(TcpConfig { keepalive: Some(Keepalive::default()), ..plain() })
}

#[test]
fn an_idle_peer_is_probed_nine_times_and_reset() {
    let mut solo = with_keepalive();
    let sent = solo.pass(secs(7200 + 8 * 75 + 1));
    let times: Vec<_> = (0..9).map(|n| f64::from(7200 + n * 75)).collect();
    assert_eq!(seconds(&sent), times);
    assert!(
        sent.iter().all(|(_, segment)| segment == "ACK seq=300 ack=101"),
        "one before SND.UNA, no data: {sent:?}"
    );
    assert_eq!(solo.phase(), Phase::Established);
    let last: Vec<_> = solo.pass(secs(75)).into_iter().map(|(_, segment)| segment).collect();
    assert_eq!(last, ["RST seq=301"]);
    assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::KeepaliveTimeout)));
}

#[test]
fn a_peer_that_answers_keepalives_is_never_given_up() {
    let mut solo = with_keepalive();
    let mut probes = 0;
    while solo.elapsed() < 3 * DAY {
        for _ in solo.pass(secs(60)) {
            probes += 1;
            solo.arrive("ACK seq=101 ack=301");
        }
    }
    assert_eq!(solo.phase(), Phase::Established);
    assert!((34..=36).contains(&probes), "one every two hours for three days: {probes}");
}

#[test]
fn what_is_heard_puts_the_keepalive_off() {
    let mut solo = with_keepalive();
    solo.pass(secs(7000));
    solo.arrive("DATA seq=101..111 ack=301");
    assert_eq!(seconds(&solo.pass(secs(7100))), [7000.0], "only the delayed ACK");
    assert_eq!(seconds(&solo.pass(secs(110))), [14_200.0]);
}

#[test]
fn without_keepalive_an_idle_connection_lasts_for_ever() {
    let mut solo = Solo::established(plain());
    assert_eq!(solo.pass(30 * DAY), []);
    assert_eq!(solo.phase(), Phase::Established);
}

/// A deadline's circle is 76 hours: turning it on late or leaving it for days must not confuse it.
#[test]
fn keepalive_may_come_and_go_after_days() {
    let mut solo = Solo::established(plain());
    solo.pass(5 * DAY);
    solo.connection.set_keepalive(solo.now, Some(Keepalive { idle: secs(10), interval: secs(5), probes: 2 }));
    let sent = solo.pass(secs(11));
    assert_eq!(sent.len(), 1, "{sent:?}");
    solo.arrive("ACK seq=101 ack=301");
    solo.connection.set_keepalive(solo.now, None);
    assert_eq!(solo.pass(3 * DAY), []);
    assert_eq!(solo.phase(), Phase::Established);
}

fn in_fin_wait_2(orphan: bool) -> Solo {
    let mut solo = Solo::established(plain());
    let _ = if orphan { solo.release() } else { solo.shutdown() };
    assert_eq!(solo.sent(), ["FIN+ACK seq=301 ack=101"]);
    solo.arrive("ACK seq=101 ack=302");
    assert_eq!(solo.phase(), Phase::FinWait2);
    solo
}

#[test]
fn an_orphan_leaves_fin_wait_2_after_60_seconds() {
    let mut solo = in_fin_wait_2(true);
    assert_eq!(solo.pass(secs(59)), []);
    assert_eq!(solo.phase(), Phase::FinWait2);
    assert_eq!(solo.pass(secs(2)), []);
    assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::OrphanTimeout)));
}

#[test]
fn a_held_connection_stays_in_fin_wait_2() {
    let mut solo = in_fin_wait_2(false);
    assert_eq!(solo.pass(2 * DAY), []);
    assert_eq!(solo.phase(), Phase::FinWait2);
    solo.release();
    solo.pass(secs(61));
    assert_eq!(solo.phase(), Phase::Closed);
}

/// The peer's window is closed with 100 octets waiting.
fn against_a_closed_window() -> Solo {
    let mut solo = Solo::connecting(plain());
    solo.sent();
    solo.arrive("SYN+ACK seq=100 ack=301 wnd=0 mss=1000");
    solo.sent();
    solo.write(100);
    solo
}

/// RFC 9293 §3.8.6.1: the first after a timeout, then at growing intervals.
#[test]
fn a_closed_window_is_probed_at_doubling_intervals_whatever_is_lost() {
    let mut solo = against_a_closed_window();
    let sent = solo.pass(secs(60));
    assert_eq!(seconds(&sent), [0.2, 0.6, 1.4, 3.0, 6.2, 12.6, 25.4, 51.0]);
    assert!(sent.iter().all(|(_, segment)| segment == "ACK seq=300 ack=101"), "{sent:?}");
}

/// MUST-37.
#[test]
fn a_peer_that_answers_probes_is_never_given_up() {
    let mut solo = against_a_closed_window();
    let mut times = Vec::new();
    while solo.elapsed() < DAY {
        for (at, _) in solo.pass(ms(100)) {
            times.push(at);
            solo.arrive("ACK seq=101 ack=301 wnd=0");
        }
    }
    assert_eq!(solo.phase(), Phase::Established);
    let gaps: Vec<_> = times.windows(2).map(|pair| (pair[1] - pair[0]) / 1000).collect();
    assert!(gaps.iter().all(|&gap| gap <= 120), "{gaps:?}");
    assert!(gaps.windows(2).all(|pair| pair[0] <= pair[1] + 1), "growing up to the bound: {gaps:?}");
    solo.arrive("ACK seq=101 ack=301 wnd=5000");
    assert_eq!(solo.sent(), ["DATA seq=301..401 ack=101"]);
}

#[test]
fn a_peer_that_answers_no_probe_is_given_up_after_r2() {
    let mut solo = against_a_closed_window();
    solo.pass(secs(99));
    assert_eq!(solo.phase(), Phase::Established);
    solo.pass(secs(121));
    assert_eq!(solo.cause(), Some(CloseCause::TimedOut));
}

/// Long silence before the window closed is no reason to give up early: R2 counts from the first unanswered probe.
#[test]
fn silence_before_the_first_probe_does_not_count() {
    let mut solo = Solo::connecting(plain());
    solo.sent();
    solo.arrive("SYN+ACK seq=100 ack=301 wnd=0 mss=1000");
    solo.sent();
    solo.pass(secs(7200));
    solo.write(100);
    let sent = solo.pass(secs(60));
    assert_eq!(sent.len(), 8, "{sent:?}");
    assert_eq!(solo.phase(), Phase::Established);
}

#[test]
fn a_window_too_small_for_a_segment_is_used_when_the_persist_timer_says_so() {
    let mut solo = Solo::established(plain());
    solo.arrive("ACK seq=101 ack=301 wnd=100");
    solo.write(5000);
    assert_eq!(solo.sent(), [""; 0], "silly windows are not filled at once");
    let sent = solo.pass(secs(1));
    assert_eq!(
        sent.first().map(|(at, segment)| (*at, segment.as_str())),
        Some((200, "DATA seq=301..401 ack=101"))
    );
}

#[test]
fn one_small_segment_is_acknowledged_after_40_milliseconds() {
    let mut solo = Solo::established(plain());
    solo.arrive("DATA seq=101..111 ack=301");
    assert_eq!(solo.pass(ms(39)), []);
    assert_eq!(solo.pass(ms(2)), [(40, "ACK seq=301 ack=111".into())]);
    assert!(!solo.connection.deadline(solo.now).is_set());
}

/// RFC 9293 §3.8.6.3: at least every second full-sized segment.
#[test]
fn every_second_full_segment_is_acknowledged_at_once() {
    let mut solo = Solo::established(plain());
    solo.arrive("DATA seq=101..1101 ack=301");
    assert_eq!(solo.sent(), [""; 0]);
    solo.arrive("DATA seq=1101..2101 ack=301");
    assert_eq!(solo.sent(), ["ACK seq=301 ack=2101"]);
    solo.arrive("DATA seq=2101..3101 ack=301");
    assert_eq!(solo.sent(), [""; 0]);
    assert_eq!(solo.pass(ms(41)), [(40, "ACK seq=301 ack=3101".into())]);
}

#[test]
fn what_is_written_carries_the_acknowledgment() {
    let mut solo = Solo::established(plain());
    solo.arrive("DATA seq=101..111 ack=301");
    solo.write(5);
    assert_eq!(solo.sent(), ["DATA seq=301..306 ack=111"]);
    solo.arrive("ACK seq=111 ack=306");
    assert_eq!(solo.pass(secs(1)), [], "nothing is owed any more");
}

/// RFC 9293 §3.7.4.
#[test]
fn small_pieces_wait_for_what_is_outstanding() {
    let mut solo = Solo::established(plain());
    solo.write(10);
    assert_eq!(solo.sent(), ["DATA seq=301..311 ack=101"]);
    solo.write(10);
    solo.write(10);
    assert_eq!(solo.sent(), [""; 0]);
    solo.arrive("ACK seq=101 ack=311");
    assert_eq!(solo.sent(), ["DATA seq=311..331 ack=101"]);
    // A whole segment does not wait; the rest of it does.
    solo.write(1500);
    assert_eq!(solo.sent(), ["DATA seq=331..1331 ack=101"]);
    solo.arrive("ACK seq=101 ack=1331");
    assert_eq!(solo.sent(), ["DATA seq=1331..1831 ack=101"]);
}

#[test]
fn with_nodelay_small_pieces_go_out_at_once() {
    let mut solo = Solo::established(plain());
    solo.connection.set_nodelay(true);
    solo.write(10);
    assert_eq!(solo.sent(), ["DATA seq=301..311 ack=101"]);
    solo.write(10);
    assert_eq!(solo.sent(), ["DATA seq=311..321 ack=101"]);
}

#[test]
fn turning_nodelay_on_lets_go_of_what_waits() {
    let mut solo = Solo::established(plain());
    solo.write(10);
    solo.sent();
    solo.write(10);
    assert_eq!(solo.sent(), [""; 0]);
    solo.connection.set_nodelay(true);
    assert!(solo.connection.has_output());
    assert_eq!(solo.sent(), ["DATA seq=311..321 ack=101"]);
}

/// RFC 2525 §2.15.
#[test]
fn a_fin_does_not_wait_for_what_is_outstanding() {
    let mut solo = Solo::established(plain());
    solo.write(10);
    solo.sent();
    solo.write(10);
    assert_eq!(solo.sent(), [""; 0]);
    solo.shutdown();
    assert_eq!(solo.sent(), ["FIN+DATA seq=311..321 ack=101"]);

    let mut solo = Solo::established(plain());
    solo.write(10);
    solo.sent();
    solo.shutdown();
    assert_eq!(solo.sent(), ["FIN+ACK seq=311 ack=101"]);
}

/// One ladder of backoff for an orphan, then silence.
#[test]
fn a_fin_that_nobody_acknowledges_is_given_up() {
    for orphan in [false, true] {
        let mut solo = Solo::established(plain());
        let _ = if orphan { solo.release() } else { solo.shutdown() };
        let sent = solo.pass(secs(50));
        assert_eq!(seconds(&sent), [0.0, 0.2, 0.6, 1.4, 3.0, 6.2, 12.6, 25.4], "orphan {orphan}");
        solo.pass(secs(200));
        let cause = if orphan { CloseCause::OrphanTimeout } else { CloseCause::TimedOut };
        assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(cause)));
    }
}

/// The retries of a segment are its own (R2, RFC 9293 §3.8.3). Those of the one before it leave nothing behind but a longer
/// timeout, as Karn's algorithm asks for where no round trip could be measured (RFC 6298 §3).
#[test]
fn a_fin_is_retried_as_often_whatever_was_retried_before() {
    let mut solo = Solo::established(plain());
    solo.write(10);
    let sent = solo.pass(secs(7));
    assert_eq!(seconds(&sent), [0.0, 0.2, 0.6, 1.4, 3.0, 6.2], "five retries");
    solo.arrive("ACK seq=101 ack=311");
    let _ = solo.release();
    let sent = solo.pass(secs(1_500));
    assert_eq!(sent.len(), 1 + 8, "{sent:?}");
    assert!(sent.iter().all(|(_, segment)| segment == "FIN+ACK seq=311 ack=101"), "{sent:?}");
    assert_eq!(solo.cause(), Some(CloseCause::OrphanTimeout));
}

/// Karn's rule: octets that went out once, but waited at the receiver for others that were lost, measure the timeout
/// and not the path. Where the peer echoes timestamps, these tell.
#[test]
fn what_waited_behind_a_hole_measures_nothing() {
    for timestamps in [false, true] {
        let mut solo = Solo::connecting(TcpConfig { timestamps, ..plain() });
        solo.sent();
        let ts =
            |value: u64, echo: u64| if timestamps { format!(" ts={value}:{echo}") } else { String::new() };
        solo.arrive(&format!("SYN+ACK seq=100 ack=301 mss=1012{}", ts(1, 5_000)));
        solo.sent();
        let two = 2 * u32::from(solo.connection.vars().snd_mss);
        solo.write(two as usize);
        let sent = solo.pass(ms(250));
        let times: Vec<_> = sent.iter().map(|&(at, _)| at).collect();
        assert_eq!(times, [0, 0, 200], "both, then the first again: {sent:?}");
        solo.arrive(&format!("ACK seq=101 ack={}{}", 301 + two, ts(2, 5_200)));
        let srtt = solo.connection.vars().srtt.expect("the handshake was measured");
        assert!(srtt <= ms(10), "timestamps {timestamps}: {srtt:?}");
    }
}

/// An echo from before the last transmission measures the timeout, which would grow with every answer that is lost.
#[test]
fn only_the_last_transmission_measures_the_path() {
    for (echo, measured) in [(5_000, false), (5_199, true), (5_200, true)] {
        let mut solo = Solo::connecting(TcpConfig { timestamps: true, ..plain() });
        solo.sent();
        solo.pass(ms(200));
        solo.arrive("SYN+ACK seq=100 ack=301 mss=1012 ts=1:5000");
        solo.sent();
        let opening = solo.connection.vars().srtt;
        assert_eq!(opening, Some(ms(200)));
        solo.write(10);
        let sent = solo.pass(ms(700));
        assert_eq!(sent.last().map(|&(at, _)| at), Some(200 + 600), "{sent:?}");
        solo.arrive(&format!("ACK seq=101 ack=311 ts=2:{}", echo + 600));
        assert_eq!(solo.connection.vars().srtt != opening, measured, "echo {echo}");
        assert_eq!(solo.connection.vars().backoff == 0, measured, "echo {echo}");
    }
}
