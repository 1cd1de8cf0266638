//! Corner cases of resets, each by its number in the list of corner cases.

mod common;

use common::notation::parse;
use common::solo::{Solo, bare, plain};
use cordial_tcp::{CloseCause, Phase, ReadError, WriteError, reset_for};

const SYNCHRONIZED: [Phase; 6] =
    [Phase::Established, Phase::FinWait1, Phase::FinWait2, Phase::CloseWait, Phase::Closing, Phase::LastAck];

/// RCV.NXT in a state of [`Solo::in_state`].
fn rcv_nxt(phase: Phase) -> u32 {
    if matches!(phase, Phase::CloseWait | Phase::Closing | Phase::LastAck) { 102 } else { 101 }
}

/// RFC5961-3.2-a, RFC5961-3.2-b, RFC5961-3.2-c. Exact: reset. In the window: a challenge. Elsewhere: silence. With an ACK, with octets, the same.
#[test]
fn corner_c33_resets_in_every_synchronized_state() {
    for phase in SYNCHRONIZED {
        let nxt = rcv_nxt(phase);
        let window = Solo::in_state(phase).connection.vars().rcv_wnd;
        for form in ["RST seq=N", "RST+ACK seq=N ack=301", "RST+ACK seq=N ack=7777777", "RST+PSH+URG seq=N"] {
            let at = |seq: u32| {
                let mut solo = Solo::in_state(phase);
                let answers = solo.answers(&form.replace('N', &seq.to_string()));
                (solo.phase(), answers.len(), solo.cause())
            };
            let graceful = matches!(phase, Phase::Closing | Phase::LastAck);
            let cause = if graceful { CloseCause::Graceful } else { CloseCause::Reset };
            assert_eq!(at(nxt), (Phase::Closed, 0, Some(cause)), "{phase} {form}");
            for inside in [nxt + 1, nxt + window / 2, nxt + window - 1] {
                assert_eq!(at(inside), (phase, 1, None), "{phase} {form} at {inside}");
            }
            for outside in
                [nxt - 1, nxt.wrapping_sub(1000), nxt + window, nxt + window + 1, nxt + (1 << 31) - 1]
            {
                assert_eq!(at(outside), (phase, 0, None), "{phase} {form} at {outside}");
            }
        }
        let mut solo = Solo::in_state(phase);
        assert_eq!(solo.answers(&format!("RST+DATA seq={nxt}..{}", nxt + 10)), [""; 0]);
        assert_eq!(solo.phase(), Phase::Closed, "octets of a reset are of no interest");
    }
}

/// Against a closed window nothing is acceptable, but a reset is.
#[test]
fn corner_c34_reset_with_a_closed_window() {
    let full = || {
        let mut solo = Solo::established(cordial_tcp::TcpConfig {
            receive_buffer: 1000,
            receive_buffer_max: 1000,
            ..plain()
        });
        solo.arrive("DATA seq=101..1101 ack=301");
        solo.pass(std::time::Duration::from_millis(50));
        assert_eq!(solo.connection.vars().rcv_wnd, 0);
        solo
    };
    for (seq, phase) in [(1100, Phase::Established), (1101, Phase::Closed), (1102, Phase::Established)] {
        let mut solo = full();
        assert_eq!(solo.answers(&format!("RST seq={seq}")), [""; 0]);
        assert_eq!(solo.phase(), phase, "{seq}");
    }
    let mut solo = full();
    solo.arrive("RST seq=1101");
    assert_eq!(solo.read(5000), Ok(1000), "what came before stays readable");
    assert_eq!(solo.read(1), Err(ReadError::Closed(CloseCause::Reset)));
}

/// RFC5961-3.2-f, RFC5961-3.2-b: the peer sent 1,000 octets that were lost, and aborted: its reset stands beyond the hole, and our challenge tells
/// it where a reset has to stand.
#[test]
fn corner_c35_reset_beyond_a_hole() {
    let mut solo = Solo::in_state(Phase::Established);
    let challenge = solo.answers("RST seq=1101");
    assert_eq!(challenge, ["ACK seq=301 ack=101"]);
    let exact = reset_for(&parse(&challenge[0])).expect("the peer has forgotten everything");
    assert_eq!(bare(&exact), "RST seq=101");
    solo.arrive(&bare(&exact));
    assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::Reset)));
}

/// Once the end of the stream was heard, the reader hears the end; the writer hears of the reset.
#[test]
fn corner_c36_reset_around_a_fin() {
    let mut solo = Solo::in_state(Phase::Established);
    solo.arrive("FIN+DATA seq=101..111 ack=301");
    solo.arrive("RST seq=112");
    assert_eq!((solo.phase(), solo.cause()), (Phase::Closed, Some(CloseCause::Reset)));
    assert_eq!((solo.read(100), solo.read(100)), (Ok(10), Err(ReadError::End)));
    let write = solo.connection.write(solo.now, &[b"x"], &mut solo.pool);
    assert_eq!(write, Err(WriteError::Closed(CloseCause::Reset)));

    let mut solo = Solo::in_state(Phase::Established);
    solo.arrive("DATA seq=101..111 ack=301");
    solo.arrive("RST seq=111");
    assert_eq!(solo.answers("FIN+ACK seq=111 ack=301"), ["RST seq=301"], "the FIN comes too late");
    assert_eq!((solo.read(100), solo.read(100)), (Ok(10), Err(ReadError::Closed(CloseCause::Reset))));
}

#[test]
fn corner_c41_abort_in_every_state() {
    for (phase, reset) in [
        (Phase::Closed, None),
        (Phase::SynSent, None),
        (Phase::SynReceived, Some("RST seq=301")),
        (Phase::Established, Some("RST seq=301")),
        (Phase::FinWait1, Some("RST seq=302")),
        (Phase::FinWait2, Some("RST seq=302")),
        (Phase::CloseWait, Some("RST seq=301")),
        (Phase::Closing, None),
        (Phase::LastAck, None),
        (Phase::TimeWait, None),
    ] {
        let mut solo = Solo::in_state(phase);
        assert_eq!(solo.abort().as_deref(), reset, "{phase}");
        assert_eq!((solo.phase(), solo.sent()), (Phase::Closed, vec![]), "{phase}");
        assert!(!solo.connection.deadline(solo.now).is_set(), "{phase}");
    }
    // The call was made, and the FIN was not sent: the peer in FIN-WAIT-2 would wait for it for ever.
    for written in [0, 10] {
        let mut solo = Solo::in_state(Phase::CloseWait);
        solo.write(written);
        solo.shutdown();
        assert_eq!(
            (solo.phase(), solo.abort().as_deref()),
            (Phase::LastAck, Some("RST seq=301")),
            "{written}"
        );
    }
    // Octets that were never read are worth a reset as long as the FIN is not acknowledged (RFC 2525 §2.17).
    let mut solo = Solo::in_state(Phase::Established);
    solo.arrive("FIN+DATA seq=101..111 ack=301");
    solo.shutdown();
    assert_eq!(solo.sent().len(), 1, "the FIN");
    let reply = solo.release().reply.map(|segment| bare(&segment));
    assert_eq!((solo.phase(), reply.as_deref()), (Phase::Closed, Some("RST seq=302")));
    // SND.NXT, also where less has been acknowledged; nothing queued follows.
    let mut solo = Solo::in_state(Phase::Established);
    solo.write(20_000);
    let sent = solo.sent().len() as u32;
    assert_eq!(solo.abort(), Some(format!("RST seq={}", 301 + sent * 1000)));
    assert_eq!((solo.sent(), solo.pool.in_use()), (vec![], 0));
}
