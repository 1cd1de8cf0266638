//! RFC 9293 §3.10.7.4, CLOSING and LAST-ACK: both FINs sent, ours (301) not acknowledged; RCV.NXT 102.

use crate::bench::{Bench, table};

fn closing() -> Bench {
    Bench::established().close().then(&["FIN+ACK seq=101 ack=301"])
}

fn last_ack() -> Bench {
    Bench::established().then(&["FIN+ACK seq=101 ack=301"]).close()
}

/// Shows RFC9293-3.10.7.4-k.
#[test]
fn closing_waits_for_the_ack_of_our_fin() {
    table(
        closing,
        "
        ACK seq=102 ack=299             | CLOSING   | ACK seq=302 ack=102 | ack-too-old
        ACK seq=102 ack=301             | CLOSING   |                     | rfc9293:3.10.7.4/synchronized
        ACK seq=102 ack=302             | TIME_WAIT |                     | rfc9293:3.10.7.4/fin-acked
        ACK seq=102 ack=303             | CLOSING   | ACK seq=302 ack=102 | ack-of-unsent
        null seq=102                    | CLOSING   |                     | no-ack
        # Their FIN again. Its ACK is not looked at: the segment lies before the window.
        FIN+ACK seq=101 ack=301         | CLOSING   | ACK seq=302 ack=102 | outside-window
        DATA seq=102..112 ack=301       | CLOSING   | ACK seq=302 ack=102 | duplicate
        DATA seq=102..112 ack=302       | TIME_WAIT | ACK seq=302 ack=102 | rfc9293:3.10.7.4/fin-acked
        FIN+ACK seq=102 ack=301         | CLOSING   | ACK seq=302 ack=102 | duplicate
        ",
    );
}

#[test]
fn closing_and_resets() {
    table(
        closing,
        "
        RST seq=101                     | CLOSING   |                     | outside-window
        RST seq=102                     | CLOSED    |                     | rfc5961:3.2/reset
        RST+ACK seq=102 ack=302         | CLOSED    |                     | rfc5961:3.2/reset
        RST seq=103                     | CLOSING   | ACK seq=302 ack=102 | challenged
        RST seq=1100                    | CLOSING   | ACK seq=302 ack=102 | challenged
        RST seq=1103                    | CLOSING   |                     | outside-window
        SYN seq=100                     | CLOSING   | ACK seq=302 ack=102 | outside-window
        SYN seq=102                     | CLOSING   | ACK seq=302 ack=102 | challenged
        SYN+ACK seq=100 ack=301         | CLOSING   | ACK seq=302 ack=102 | outside-window
        SYN+FIN seq=102                 | CLOSING   | ACK seq=302 ack=102 | challenged
        ",
    );
}

/// Shows RFC9293-3.10.7.4-l.
#[test]
fn last_ack_waits_for_the_ack_of_our_fin() {
    table(
        last_ack,
        "
        ACK seq=102 ack=299             | LAST_ACK  | ACK seq=302 ack=102 | ack-too-old
        ACK seq=102 ack=301             | LAST_ACK  |                     | rfc9293:3.10.7.4/synchronized
        ACK seq=102 ack=302             | CLOSED    |                     | rfc9293:3.10.7.4/fin-acked
        ACK seq=102 ack=303             | LAST_ACK  | ACK seq=302 ack=102 | ack-of-unsent
        ACK seq=101 ack=302             | LAST_ACK  | ACK seq=302 ack=102 | outside-window
        null seq=102                    | LAST_ACK  |                     | no-ack
        FIN+ACK seq=101 ack=301         | LAST_ACK  | ACK seq=302 ack=102 | outside-window
        DATA seq=102..112 ack=301       | LAST_ACK  | ACK seq=302 ack=102 | duplicate
        DATA seq=102..112 ack=302       | CLOSED    |                     | rfc9293:3.10.7.4/fin-acked
        FIN+ACK seq=102 ack=301         | LAST_ACK  | ACK seq=302 ack=102 | duplicate
        ",
    );
}

#[test]
fn last_ack_and_resets() {
    table(
        last_ack,
        "
        RST seq=101                     | LAST_ACK  |                     | outside-window
        RST seq=102                     | CLOSED    |                     | rfc5961:3.2/reset
        RST seq=103                     | LAST_ACK  | ACK seq=302 ack=102 | challenged
        RST seq=1100                    | LAST_ACK  | ACK seq=302 ack=102 | challenged
        RST seq=1103                    | LAST_ACK  |                     | outside-window
        SYN seq=100                     | LAST_ACK  | ACK seq=302 ack=102 | outside-window
        SYN seq=102                     | LAST_ACK  | ACK seq=302 ack=102 | challenged
        SYN seq=70000                   | LAST_ACK  | ACK seq=302 ack=102 | outside-window
        SYN+ACK seq=100 ack=301         | LAST_ACK  | ACK seq=302 ack=102 | outside-window
        SYN+FIN seq=102                 | LAST_ACK  | ACK seq=302 ack=102 | challenged
        ",
    );
}

/// Everything was said and heard: a reset now is no error.
/// Shows RFC9293-3.10.7.4-e.
#[test]
fn a_reset_after_both_fins_is_a_graceful_end() {
    for make in [closing, last_ack] {
        let mut bench = make().then(&["RST seq=102"]);
        assert_eq!(bench.connection().close_cause(), Some(cordial_tcp::CloseCause::Graceful));
    }
}
