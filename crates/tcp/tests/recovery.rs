//! What a loss does to the congestion window.

mod common;

use common::solo::{Solo, plain};

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
