//! How large segments are (RFC 9293 §3.7.1), and how much waits to be sent.

mod common;

use common::notation::parse;
use common::solo::{Solo, plain};
use cordial_tcp::{HalfOpen, Instant, TcpConfig};
use cordial_wire::SeqNum;

fn longest(solo: &mut Solo) -> usize {
    solo.write(4000);
    solo.headers().iter().map(|&(_, len)| len).max().expect("something is sent")
}

/// MUST-14: our SYN and our SYN-ACK (SHLD-5) name what we can take, and no segment is longer than what the peer named.
#[test]
fn both_ends_name_their_mss() {
    let mut solo = Solo::connecting(plain());
    assert_eq!(solo.headers()[0].0.options.mss, Some(1000));
    solo.arrive("SYN+ACK seq=100 ack=301 mss=700");
    solo.sent();
    assert_eq!(longest(&mut solo), 700);
    let now = Instant::from_millis(5);
    let half = HalfOpen::new(now, &parse("SYN seq=100 mss=700"), SeqNum(300), 0, &plain());
    assert_eq!(half.syn_ack(now, 1000, &plain()).options.mss, Some(1000));
}

/// MUST-15: a peer that names none takes 536.
#[test]
fn a_peer_that_names_no_mss_takes_536() {
    assert_eq!(longest(&mut Solo::established_with(plain(), "")), 536);
    assert_eq!(longest(&mut Solo::passive(plain(), "SYN seq=100", "ACK seq=101 ack=301")), 536);
}

/// MUST-16: the smaller of what both ends can take, less the options that every segment has.
#[test]
fn the_smaller_mss_counts_and_options_are_taken_off() {
    let config = TcpConfig { timestamps: true, ..plain() };
    for (theirs, longest_sent) in [(9000, 988), (1000, 988), (500, 488)] {
        let options = format!("mss={theirs} ts=1:5000");
        let mut solo = Solo::connecting(config.clone());
        solo.sent();
        solo.arrive(&format!("SYN+ACK seq=100 ack=301 {options}"));
        solo.sent();
        assert_eq!(longest(&mut solo), longest_sent, "{theirs}");
    }
}

/// RFC9293-A.4-a: with a low-water mark a writer waits for what is not sent, not for what is not acknowledged.
#[test]
fn a_low_water_mark_counts_unsent_octets_only() {
    let mut solo = Solo::established(TcpConfig { not_sent_low_water: Some(2_000), ..plain() });
    assert_eq!(solo.write(9_000), 9_000, "below the mark, all of a write is taken");
    assert_eq!(solo.write(1), 0);
    assert!(!solo.connection.is_writable(&solo.pool) && solo.connection.room(&solo.pool) == 0);
    solo.sent();
    // 5,000 are in flight, 4,000 wait.
    assert!(!solo.connection.take_room_again(&solo.pool));
    let outcome = solo.arrive("ACK seq=101 ack=2301 wnd=8000");
    assert!(!outcome.effects.contains(cordial_tcp::Effects::WRITABLE));
    solo.sent();
    assert_eq!(solo.connection.vars().snd_nxt.0, 9301);
    assert!(solo.connection.take_room_again(&solo.pool), "all is sent, and nothing more acknowledged");
    assert!(!solo.connection.take_room_again(&solo.pool), "told once");
    assert!(solo.connection.is_writable(&solo.pool));
    assert_eq!(solo.write(500), 500);
}
