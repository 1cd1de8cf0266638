//! The window we offer.

mod common;

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
