//! RFC 9293 §3.10.7.4, SYN-RECEIVED by passive open.

use crate::bench::{Bench, Subject, plain, table};

fn half_open() -> Bench {
    Bench::new(Subject::Listener, plain()).then(&["SYN seq=100"])
}

#[test]
fn resets() {
    table(
        half_open,
        "
        # RFC 5961 §3.2: exactly RCV.NXT, or prove yourself; outside, silence.
        RST seq=100                     | SYN_RCVD |                     | outside-window
        RST seq=101                     | LISTEN   |                     | rfc5961:3.2/reset
        RST+ACK seq=101 ack=301         | LISTEN   |                     | rfc5961:3.2/reset
        RST+ACK seq=101 ack=777         | LISTEN   |                     | rfc5961:3.2/reset
        RST+DATA seq=101..111           | LISTEN   |                     | rfc5961:3.2/reset
        RST seq=102                     | SYN_RCVD | ACK seq=301 ack=101 | challenged
        RST+ACK seq=102 ack=301         | SYN_RCVD | ACK seq=301 ack=101 | challenged
        RST seq=1100                    | SYN_RCVD | ACK seq=301 ack=101 | challenged
        RST seq=1102                    | SYN_RCVD |                     | outside-window
        RST seq=4294967295              | SYN_RCVD |                     | outside-window
        ",
    );
}

/// The right edge itself is outside of the window: silence, as in the states that follow.
#[test]
fn a_reset_at_the_right_edge_is_outside() {
    table(half_open, "RST seq=1101 | SYN_RCVD | | bad-reset");
}

#[test]
fn syns() {
    table(
        half_open,
        "
        # The same again: the SYN-ACK again, which says what the RFC's ACK says, and more.
        SYN seq=100                     | SYN_RCVD | SYN+ACK seq=300 ack=101 mss=1000 | rfc9293:3.10.7.4/syn-received/syn
        SYN+DATA seq=100..111           | SYN_RCVD | SYN+ACK seq=300 ack=101 mss=1000 | rfc9293:3.10.7.4/syn-received/syn
        # Another in the window: back to LISTEN. Outside: an ACK.
        SYN seq=99                      | SYN_RCVD | ACK seq=301 ack=101 | outside-window
        SYN seq=101                     | LISTEN   |                     | challenged
        SYN seq=1100                    | LISTEN   |                     | challenged
        SYN seq=1101                    | SYN_RCVD | ACK seq=301 ack=101 | outside-window
        SYN seq=5000                    | SYN_RCVD | ACK seq=301 ack=101 | outside-window
        SYN+ACK seq=101 ack=301         | LISTEN   |                     | challenged
        # The same, with an ACK and octets that reach into the window: it begins nothing, and ends nothing.
        SYN+ACK seq=100 ack=301         | SYN_RCVD | ACK seq=301 ack=101 | outside-window
        SYN+ACK+DATA seq=100..111 ack=301 | SYN_RCVD | ACK seq=301 ack=101 | outside-window
        SYN+ACK seq=5000 ack=301        | SYN_RCVD | ACK seq=301 ack=101 | outside-window
        ",
    );
}

/// Shows RFC1122-4.2.2.20-a.
#[test]
fn acknowledgments() {
    table(
        half_open,
        "
        ACK seq=101 ack=300             | SYN_RCVD    | RST seq=300         | bad-handshake-ack
        ACK seq=101 ack=301             | ESTABLISHED |                     | rfc9293:3.10.7.4/syn-received/ack
        ACK seq=101 ack=302             | SYN_RCVD    | RST seq=302         | bad-handshake-ack
        ACK seq=101 ack=0               | SYN_RCVD    | RST seq=0           | bad-handshake-ack
        ACK seq=100 ack=301             | SYN_RCVD    | ACK seq=301 ack=101 | outside-window
        ACK seq=102 ack=301             | ESTABLISHED |                     | rfc9293:3.10.7.4/syn-received/ack
        ACK seq=1102 ack=301            | SYN_RCVD    | ACK seq=301 ack=101 | outside-window
        null seq=101                    | SYN_RCVD    |                     | no-ack
        DATA seq=101..111               | SYN_RCVD    |                     | no-ack
        ",
    );
}

#[test]
fn text_and_fin() {
    table(
        half_open,
        "
        DATA seq=101..111 ack=301       | ESTABLISHED | ACK later           | rfc9293:3.10.7.4/syn-received/ack
        DATA seq=101..111 ack=302       | SYN_RCVD    | RST seq=302         | bad-handshake-ack
        DATA seq=111..121 ack=301       | ESTABLISHED | ACK seq=301 ack=101 | rfc9293:3.10.7.4/syn-received/ack
        DATA seq=91..101 ack=301        | SYN_RCVD    | ACK seq=301 ack=101 | outside-window
        FIN+ACK seq=101 ack=301         | CLOSE_WAIT  | ACK later           | rfc9293:3.10.7.4/syn-received/ack
        FIN+DATA seq=101..111 ack=301   | CLOSE_WAIT  | ACK later           | rfc9293:3.10.7.4/syn-received/ack
        FIN+ACK seq=102 ack=301         | ESTABLISHED | ACK seq=301 ack=101 | rfc9293:3.10.7.4/syn-received/ack
        FIN seq=101                     | SYN_RCVD    |                     | no-ack
        SYN+FIN seq=101                 | LISTEN      |                     | challenged
        ",
    );
}
