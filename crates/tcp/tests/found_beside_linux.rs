//! Mistakes that showed when the same segments were given to Linux and to this engine (`crates/beside`).

mod common;

use std::time::Duration;

use common::solo::{Solo, plain};
use cordial_tcp::{CloseCause, Phase, TcpConfig, TimeWaitNext};

/// RFC 9293 §3.10.7.4, seventh: behind the peer's FIN there is nothing to be read, so nothing is left unread either.
/// The connection was reset, and TIME-WAIT left out.
#[test]
fn octets_behind_the_fin_do_not_reset_what_nobody_holds() {
    let mut solo = Solo::established(plain());
    solo.release();
    solo.sent();
    solo.arrive("FIN+ACK seq=101 ack=301");
    assert_eq!(solo.phase(), Phase::Closing);
    solo.sent();
    let outcome = solo.arrive("DATA seq=102..112 ack=302");
    assert_eq!(outcome.reply.map(|reply| reply.to_string()), Some("ACK seq=302 ack=102".into()), "no reset");
    assert_eq!(solo.phase(), Phase::TimeWait);
}

/// The same in LAST-ACK: there the ACK of our FIN ends it well.
#[test]
fn octets_behind_the_fin_in_last_ack_do_not_either() {
    let mut solo = Solo::established(plain());
    solo.arrive("FIN+ACK seq=101 ack=301");
    solo.release();
    solo.sent();
    assert!(solo.arrive("DATA seq=102..112 ack=302").reply.is_none(), "no reset");
    assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::Graceful)));
}

/// Somebody guesses a FIN ahead of a hole; the peer's own, in order, still ends the stream. The guess was kept, and the
/// stream never ended.
#[test]
fn a_fin_in_order_counts_though_another_came_ahead_of_a_hole() {
    let mut solo = Solo::established(plain());
    solo.arrive("FIN+DATA seq=111..121 ack=301");
    assert_eq!(solo.sent(), ["ACK seq=301 ack=101"]);
    solo.arrive("FIN+ACK seq=101 ack=301");
    solo.pass(Duration::from_millis(50));
    assert_eq!(solo.phase(), Phase::CloseWait);
}

/// A FIN between octets that wait behind a hole, and octets behind a FIN that does: somebody's guess, both of them. What
/// comes in order goes on, and the peer's own FIN ends it. The first FIN was passed over and kept, and nothing counted any
/// more; behind the second octets were cut off.
#[test]
fn a_fin_that_what_is_held_contradicts_stops_nothing() {
    for order in [
        ["DATA seq=151..201 ack=301", "FIN+ACK seq=176 ack=301"],
        ["FIN+ACK seq=176 ack=301", "DATA seq=151..201 ack=301"],
    ] {
        let mut solo = Solo::established(plain());
        for segment in order {
            solo.arrive(segment);
        }
        solo.arrive("DATA seq=101..151 ack=301");
        assert_eq!(solo.connection.vars().rcv_nxt.0, 201, "{order:?}");
        solo.arrive("DATA seq=201..211 ack=301");
        assert_eq!(solo.phase(), Phase::Established);
        solo.arrive("FIN+ACK seq=211 ack=301");
        assert_eq!((solo.phase(), solo.connection.vars().rcv_nxt.0), (Phase::CloseWait, 212), "{order:?}");
    }
}

/// The peer's FIN in order ends the stream, whatever else was guessed to come behind it.
#[test]
fn a_fin_in_order_counts_though_octets_came_behind_it() {
    let mut solo = Solo::established(plain());
    solo.arrive("DATA seq=151..201 ack=301");
    solo.sent();
    solo.arrive("FIN+DATA seq=101..121 ack=301");
    assert_eq!(solo.phase(), Phase::CloseWait);
    let acks: Vec<_> = solo.pass(Duration::from_millis(50)).into_iter().map(|(_, ack)| ack).collect();
    assert_eq!(acks, ["ACK seq=301 ack=122"]);
}

/// RFC 9293 §3.8.6.2.1: Max(SND.WND) counts the window of a SYN that met ours. It was forgotten, and the first small
/// window after it was filled at once with a silly segment.
#[test]
fn the_window_of_a_crossed_syn_counts_for_the_largest() {
    let mut solo = Solo::connecting(TcpConfig { nodelay: true, ..plain() });
    solo.sent();
    solo.arrive("SYN seq=100 mss=1000 wnd=5000");
    solo.sent();
    solo.arrive("ACK seq=101 ack=301 wnd=10");
    solo.write(100);
    assert_eq!(solo.sent(), [""; 0], "10 of 5,000 octets are not worth a segment");
}

/// The same where windows are scaled: neither SYN's is (RFC 7323 §2.2). The one of the SYN-ACK was, and as the largest it
/// held back what fills the true one, and let an ACK count that was older than any (RFC 5961 §5.2).
#[test]
fn the_window_of_a_crossed_syn_ack_is_not_scaled() {
    let mut solo = Solo::connecting(TcpConfig { window_scaling: true, ..plain() });
    solo.sent();
    solo.arrive("SYN seq=100 mss=1000 ws=4 wnd=5000");
    solo.sent();
    solo.arrive("SYN+ACK seq=100 ack=301 mss=1000 ws=4 wnd=5000");
    assert_eq!(solo.sent(), ["ACK seq=301 ack=101"]);
    solo.arrive("ACK seq=101 ack=301 wnd=160");
    solo.write(4_000);
    assert_eq!(solo.sent().len(), 2, "half of the largest window, 2,560 octets, is worth sending");
}

/// RFC 7323 §4.3, (2), holds in TIME-WAIT as well: what an acceptable segment brings is the newest timestamp, and a SYN
/// has to be newer than that (RFC 6191 §2). The one of the FIN was kept for the whole wait.
#[test]
fn time_wait_keeps_the_newest_timestamp() {
    let mut solo = Solo::connecting(TcpConfig { timestamps: true, ..plain() });
    solo.sent();
    solo.arrive("SYN+ACK seq=100 ack=301 mss=1000 ts=1000:5000");
    solo.sent();
    solo.shutdown();
    solo.sent();
    solo.arrive("FIN+ACK seq=101 ack=302 ts=1010:5000");
    let config = solo.connection.config().clone();
    let mut kept = solo.connection.take_time_wait(solo.now).expect("both have said goodbye");
    let mut arrive = |text: &str| kept.on_segment(solo.now, &common::notation::parse(text), &config).next;
    assert_eq!(arrive("ACK seq=102 ack=302 ts=1200:5000"), TimeWaitNext::Stay);
    assert_eq!(arrive("SYN seq=90000 ts=1100:0"), TimeWaitNext::Stay, "older than the ACK");
    assert!(matches!(arrive("SYN seq=90000 ts=1201:0"), TimeWaitNext::Reopen { .. }));
}
