//! The window we offer.

mod common;

use std::time::Duration;

use common::solo::{Solo, plain};
use cordial_tcp::{Refusal, TcpConfig};

/// RFC 9293 §3.3.1: RCV.WND is what the peer was told, whatever more the buffer could take.
#[test]
fn without_scaling_the_window_ends_where_the_field_does() {
    let mut solo = Solo::established(TcpConfig { receive_buffer: 1 << 20, ..plain() });
    let window = |solo: &Solo| solo.connection.vars().rcv_wnd;
    assert_eq!(window(&solo), 65_535);

    // Beyond it a reset is not even worth a challenge (RFC 5961 §3.2), and octets are refused.
    let beyond = 101 + 65_535;
    assert_eq!(solo.arrive(&format!("RST seq={beyond}")).did, Err(Refusal::BadReset));
    assert_eq!(solo.arrive(&format!("RST seq={}", beyond - 1)).did, Err(Refusal::Challenged));
    let data = format!("DATA seq={beyond}..{} ack=301", beyond + 10);
    assert_eq!(solo.arrive(&data).did, Err(Refusal::OutsideWindow));
}

/// A reader that pauses and goes on: the window moves with what is acknowledged, closes and opens again.
#[test]
fn without_scaling_a_large_buffer_is_used_to_the_end() {
    const BUFFER: usize = 200_000;
    let mut solo = Solo::established(TcpConfig { receive_buffer: BUFFER as u32, ..plain() });
    let window = |solo: &Solo| solo.connection.vars().rcv_wnd;
    let mut next = 101;
    while window(&solo) > 0 {
        let octets = window(&solo).min(1000);
        assert!(solo.arrive(&format!("DATA seq={next}..{} ack=301", next + octets)).did.is_ok());
        next += octets;
        solo.sent();
        assert!(window(&solo) <= 65_535);
    }
    // Less than a segment at the end was not worth telling (RFC 9293 §3.8.6.2.2).
    let filled = (next - 101) as usize;
    assert!(filled <= BUFFER && filled > BUFFER - 1000, "{filled}");
    let mut read = 0;
    while read < filled {
        read += solo.read(BUFFER).expect("octets");
    }
    assert_eq!(solo.sent(), [format!("ACK seq=301 ack={next}")], "the window opened");
    assert_eq!(window(&solo), 65_535);
}

/// Octets of the peer are lost and come again, below SND.WL1, with an ACK that closes its window. What it never offered is
/// not used, though SND.UNA moves.
#[test]
fn a_window_that_closes_on_octets_that_come_again_is_closed() {
    let mut solo = Solo::established(plain());
    // A bare ACK behind the octets that were lost: SND.WL1 is 201.
    assert!(solo.arrive("ACK seq=201 ack=301 wnd=2000").did.is_ok());
    solo.write(3_000);
    assert_eq!(solo.sent(), ["DATA seq=301..1301 ack=101", "DATA seq=1301..2301 ack=101"]);
    assert!(solo.arrive("DATA seq=101..201 ack=2301 wnd=0").did.is_ok());
    let vars = solo.connection.vars();
    assert_eq!((vars.snd_una.0, vars.snd_wnd), (2301, 0));
    solo.pass(Duration::from_millis(50));
    assert_eq!(solo.connection.vars().snd_nxt.0, 2301, "no octet goes out");
}

/// An ACK that was overtaken by octets which came again speaks of a window further back, though its number is higher.
#[test]
fn an_ack_that_was_overtaken_opens_no_window() {
    let mut solo = Solo::established(plain());
    assert!(solo.arrive("ACK seq=101 ack=301 wnd=2000").did.is_ok());
    solo.write(3_000);
    solo.sent();
    assert!(solo.arrive("DATA seq=101..201 ack=2301 wnd=0").did.is_ok());
    let late = solo.arrive("ACK seq=201 ack=1301 wnd=1000");
    assert_eq!(solo.connection.vars().snd_wnd, 0, "{late:?}");
}
