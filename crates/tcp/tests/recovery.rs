//! What a loss does to the congestion window.

mod common;

use common::solo::{Solo, plain};
use cordial_tcp::Rule;

/// RFC5681-3.1-b: neither the SYN-ACK nor the ACK of it enlarges the window.
#[test]
fn the_handshake_leaves_the_window_as_it_began() {
    let called = Solo::established(plain());
    let answered = Solo::passive(plain(), "SYN seq=100 mss=1000", "ACK seq=101 ack=301");
    for solo in [called, answered] {
        assert_eq!(solo.connection.vars().cwnd, 10_000);
    }
}

/// RFC 5681 §3.2, step 6: the ACK that ends fast recovery leaves the window at ssthresh, and does not enlarge it yet.
#[test]
fn the_ack_that_ends_recovery_leaves_the_window_at_ssthresh() {
    let mut solo = Solo::established(plain());
    assert_eq!(solo.write(5000), 5000);
    assert_eq!(solo.sent().len(), 5);
    for _ in 0..3 {
        solo.arrive("ACK seq=101 ack=301");
    }
    assert_eq!(solo.sent(), ["DATA seq=301..1301 ack=101"]);
    solo.arrive("ACK seq=101 ack=5301");
    let vars = solo.connection.vars();
    assert_eq!((vars.ssthresh, vars.cwnd), (2500, 2500));
}

/// RFC 6582 §3.2: three duplicates repeat the first hole, a partial ACK the next one; each says by which rule.
#[test]
fn the_first_hole_is_fast_retransmit_and_the_next_ones_are_recovery() {
    let mut solo = Solo::established(plain());
    assert_eq!(solo.write(5000), 5000);
    let text = [301, 1301, 2301, 3301, 4301].map(|seq| (seq, Rule::SendText));
    assert_eq!(solo.reasons(), text);
    for _ in 0..3 {
        solo.arrive("ACK seq=101 ack=301");
    }
    assert_eq!(solo.reasons(), [(301, Rule::FastRetransmit)]);
    solo.arrive("ACK seq=101 ack=1301");
    assert_eq!(solo.reasons(), [(1301, Rule::Recovery)]);
}
