use core::time::Duration;
use std::hash::{DefaultHasher, Hasher};

use super::*;
use crate::congestion::Controller;

const MSS: u32 = 1000;
const NOW: Instant = Instant::ZERO;

/// An ACK of `acked` octets while the window was full.
fn ack(reno: &mut NewReno, acked: u32) {
    let in_flight = reno.window();
    reno.on_ack(NOW, &AckSample { acked, in_flight, ..AckSample::default() });
}

fn signal(reno: &mut NewReno, signal: Signal) -> (u32, u32) {
    reno.on_signal(NOW, signal);
    (reno.window(), reno.ssthresh())
}

/// In congestion avoidance, with a window of twenty segments.
fn avoiding() -> NewReno {
    let mut reno = NewReno::new(MSS);
    assert_eq!(signal(&mut reno, Signal::Loss { in_flight: 40 * MSS }), (20 * MSS, 20 * MSS));
    signal(&mut reno, Signal::Recovered);
    reno
}

/// RFC 6928 §2: RFC6928-2-a.
#[test]
fn the_initial_window_is_ten_segments_up_to_14600_octets() {
    let table =
        [(536, 5_360), (1_460, 14_600), (1_461, 14_600), (7_300, 14_600), (7_301, 14_602), (8_960, 17_920)];
    for (mss, window) in table {
        assert_eq!(NewReno::new(mss).window(), window, "mss {mss}");
    }
}

/// RFC5681-3.1-d, RFC3465-2-a.
#[test]
fn in_slow_start_an_ack_counts_for_two_segments_at_most() {
    let mut reno = NewReno::new(MSS);
    ack(&mut reno, 300);
    assert_eq!(reno.window(), 10_300);
    ack(&mut reno, 2 * MSS);
    assert_eq!(reno.window(), 12_300);
    ack(&mut reno, 9 * MSS);
    assert_eq!(reno.window(), 14_300);
}

/// RFC5681-3.1-h: nothing but a loss ends it, not even 64 KiB.
#[test]
fn slow_start_doubles_the_window_each_round_trip() {
    let mut reno = NewReno::new(MSS);
    for window in [20, 40, 80, 160, 320] {
        (0..window / 4).for_each(|_| ack(&mut reno, 2 * MSS));
        assert_eq!(reno.window(), window * MSS);
    }
}

/// RFC5681-3.1-e.
#[test]
fn congestion_avoidance_adds_a_segment_for_each_window() {
    let mut reno = avoiding();
    (0..19).for_each(|_| ack(&mut reno, MSS));
    assert_eq!(reno.window(), 20 * MSS);
    ack(&mut reno, MSS);
    assert_eq!(reno.window(), 21 * MSS);
    (0..20).for_each(|_| ack(&mut reno, MSS));
    assert_eq!(reno.window(), 21 * MSS);
    ack(&mut reno, MSS);
    assert_eq!(reno.window(), 22 * MSS);
    // Who cuts its ACKs into small ones gets no more for them.
    (1..22 * MSS).for_each(|_| ack(&mut reno, 1));
    assert_eq!(reno.window(), 22 * MSS);
    ack(&mut reno, 1);
    assert_eq!(reno.window(), 23 * MSS);
}

/// RFC 5681 (4), RFC5681-3.1-f: half of what was in flight, which may be less than half the window.
#[test]
fn a_loss_halves_but_leaves_two_segments() {
    for (in_flight, window) in [(10_000, 5_000), (4_001, 2_000), (3_999, 2_000), (0, 2_000)] {
        let mut reno = NewReno::new(MSS);
        assert_eq!(signal(&mut reno, Signal::Loss { in_flight }), (window, window), "{in_flight}");
        let mut reno = NewReno::new(MSS);
        assert_eq!(signal(&mut reno, Signal::Ecn { in_flight }), (window, window), "{in_flight}");
    }
}

#[test]
fn the_window_stands_still_during_recovery_and_after() {
    let mut reno = avoiding();
    signal(&mut reno, Signal::Loss { in_flight: 20 * MSS });
    let in_recovery =
        AckSample { acked: 2 * MSS, in_flight: 20 * MSS, in_recovery: true, ..AckSample::default() };
    (0..50).for_each(|_| reno.on_ack(NOW, &in_recovery));
    assert_eq!(signal(&mut reno, Signal::Recovered), (10 * MSS, 10 * MSS));
}

/// RFC5681-3.1-g, RFC3465-2-a.
#[test]
fn after_a_timeout_slow_start_goes_up_to_ssthresh_a_segment_per_ack() {
    let mut reno = avoiding();
    assert_eq!(signal(&mut reno, Signal::Timeout { in_flight: 20 * MSS }), (MSS, 10 * MSS));
    for window in 2..=10 {
        ack(&mut reno, 2 * MSS);
        assert_eq!(reno.window(), window * MSS);
    }
    ack(&mut reno, 2 * MSS);
    assert_eq!(reno.window(), 10 * MSS, "congestion avoidance from here on");
}

/// RFC5681-3.1-f: ssthresh is held when the same segment times out again.
#[test]
fn a_second_timeout_without_an_ack_leaves_ssthresh() {
    let mut reno = avoiding();
    signal(&mut reno, Signal::Timeout { in_flight: 20 * MSS });
    assert_eq!(signal(&mut reno, Signal::Timeout { in_flight: MSS }), (MSS, 10 * MSS));
    ack(&mut reno, MSS);
    assert_eq!(signal(&mut reno, Signal::Timeout { in_flight: 2 * MSS }), (MSS, 2 * MSS), "another segment");
}

#[test]
fn a_mistaken_reaction_is_taken_back() {
    let mut reno = avoiding();
    signal(&mut reno, Signal::Timeout { in_flight: 20 * MSS });
    signal(&mut reno, Signal::Timeout { in_flight: MSS });
    ack(&mut reno, MSS);
    assert_eq!(signal(&mut reno, Signal::Undo), (20 * MSS, 20 * MSS));
    assert_eq!(signal(&mut reno, Signal::Undo), (20 * MSS, 20 * MSS), "but once");
    let mut marked = avoiding();
    signal(&mut marked, Signal::Ecn { in_flight: 20 * MSS });
    assert_eq!(signal(&mut marked, Signal::Undo), (10 * MSS, 10 * MSS), "a mark is no mistake");
}

/// RFC5681-4.1-a.
#[test]
fn a_restart_after_idling_begins_with_the_initial_window_at_most() {
    let idle = Signal::Restart(Duration::from_secs(3));
    assert_eq!(signal(&mut avoiding(), idle), (10 * MSS, 20 * MSS));
    let mut reno = avoiding();
    signal(&mut reno, Signal::Loss { in_flight: 6 * MSS });
    assert_eq!(signal(&mut reno, idle), (3 * MSS, 3 * MSS));
}

/// RFC 5681 §3.1: one segment, but slow start is not over before it began.
#[test]
fn a_lost_syn_opens_with_one_segment() {
    assert_eq!(signal(&mut NewReno::new(MSS), Signal::SynLost), (MSS, u32::MAX));
}

#[test]
fn a_window_that_was_not_used_does_not_grow() {
    let sample =
        |in_flight, app_limited| AckSample { acked: MSS, in_flight, app_limited, ..AckSample::default() };
    let grown = |sample| {
        let mut reno = NewReno::new(MSS);
        reno.on_ack(NOW, &sample);
        reno.window() > 10 * MSS
    };
    assert!(!grown(sample(9 * MSS, true)));
    assert!(grown(sample(9 * MSS + 1, true)), "no room for a full segment");
    assert!(grown(sample(2 * MSS, false)), "several ACKs before anything is sent");
}

#[test]
fn an_ack_of_nothing_changes_nothing() {
    let mut reno = avoiding();
    let before = reno;
    ack(&mut reno, 0);
    assert_eq!(reno, before);
}

#[test]
fn a_new_segment_size_counts_from_then_on() {
    let mut reno = NewReno::new(536);
    reno.set_mss(1460);
    assert_eq!(reno.window(), 14_600, "nothing happened yet: the initial window");
    ack(&mut reno, 1460);
    reno.set_mss(1000);
    assert_eq!(reno.window(), 16_060, "octets in flight are as many as before");
    let mut one = NewReno::new(536);
    signal(&mut one, Signal::SynLost);
    one.set_mss(1460);
    assert_eq!(one.window(), 1460);
    one.set_mss(0);
    assert!(one.window() > 0);
}

#[test]
fn no_numbers_overflow() {
    let mut reno = NewReno::new(u32::MAX);
    (0..10).for_each(|_| ack(&mut reno, u32::MAX));
    signal(&mut reno, Signal::Loss { in_flight: u32::MAX });
    (0..10).for_each(|_| ack(&mut reno, u32::MAX));
    let mut reno = NewReno::new(MSS);
    (0..1_000_000).for_each(|_| ack(&mut reno, u32::MAX));
    assert_eq!(reno.window(), MAX_WINDOW);
}

fn fingerprint(controller: &Controller) -> u64 {
    let mut hasher = DefaultHasher::new();
    controller.fingerprint(NOW, &mut hasher);
    hasher.finish()
}

#[test]
fn a_controller_behaves_the_same_in_place_and_boxed() {
    let mut inline = Controller::NewReno(NewReno::new(MSS));
    let mut boxed = Controller::Other(NewReno::new(MSS).boxed_clone());
    for controller in [&mut inline, &mut boxed] {
        let sample = AckSample { acked: MSS, in_flight: 10 * MSS, ..AckSample::default() };
        controller.on_sent(NOW, &Sent { octets: MSS, in_flight: 0, retransmission: false });
        controller.on_ack(NOW, &sample);
        controller.on_signal(NOW, Signal::Loss { in_flight: 11 * MSS });
        controller.set_mss(900);
        assert_eq!((controller.window(), controller.ssthresh(), controller.pacing()), (5_500, 5_500, None));
    }
    assert_eq!(fingerprint(&inline), fingerprint(&boxed));
    let before = boxed.clone();
    boxed.on_signal(NOW, Signal::Loss { in_flight: 4 * MSS });
    assert_eq!(before.window(), 5_500, "a clone goes its own way");
    assert_ne!(fingerprint(&before), fingerprint(&boxed));
}

#[test]
fn it_is_small() {
    assert!(size_of::<NewReno>() <= 32 && size_of::<Controller>() <= 32);
}
