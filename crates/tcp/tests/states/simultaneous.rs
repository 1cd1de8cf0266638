//! RFC 9293 §3.10.7.4, SYN-RECEIVED by simultaneous open.

use crate::bench::{Bench, plain, table};

fn crossed() -> Bench {
    Bench::syn_sent(plain()).then(&["SYN seq=100"])
}

#[test]
fn resets() {
    table(
        crossed,
        "
        RST seq=100                     | SYN_RCVD |                     | outside-window
        # Active open: the user hears that the connection was refused.
        RST seq=101                     | CLOSED   |                     | rfc5961:3.2/reset
        RST+ACK seq=101 ack=301         | CLOSED   |                     | rfc5961:3.2/reset
        RST seq=102                     | SYN_RCVD | ACK seq=301 ack=101 | challenged
        RST seq=1100                    | SYN_RCVD | ACK seq=301 ack=101 | challenged
        RST seq=1101                    | SYN_RCVD |                     | bad-reset
        RST seq=1102                    | SYN_RCVD |                     | outside-window
        ",
    );
}

#[test]
fn syns() {
    table(
        crossed,
        "
        # The peer's SYN-ACK repeats its SYN, and is what we wait for.
        SYN+ACK seq=100 ack=301         | ESTABLISHED | ACK seq=301 ack=101 | rfc9293:3.10.7.4/syn-received/ack
        SYN+ACK seq=100 ack=300         | SYN_RCVD    | ACK seq=301 ack=101 | outside-window
        SYN+ACK seq=100 ack=302         | SYN_RCVD    | ACK seq=301 ack=101 | outside-window
        SYN+ACK seq=99 ack=301          | SYN_RCVD    | ACK seq=301 ack=101 | outside-window
        SYN+ACK seq=101 ack=301         | SYN_RCVD    | ACK seq=301 ack=101 | challenged
        # The peer's SYN again: our SYN-ACK was lost, so it goes out again.
        SYN seq=100                     | SYN_RCVD    | SYN+ACK seq=300 ack=101 mss=1000 | rfc9293:3.10.7.4/syn-received/syn
        SYN seq=101                     | SYN_RCVD    | ACK seq=301 ack=101 | challenged
        SYN seq=1100                    | SYN_RCVD    | ACK seq=301 ack=101 | challenged
        SYN seq=5000                    | SYN_RCVD    | ACK seq=301 ack=101 | outside-window
        SYN+FIN seq=101                 | SYN_RCVD    | ACK seq=301 ack=101 | challenged
        ",
    );
}

#[test]
fn the_rest() {
    table(
        crossed,
        "
        ACK seq=101 ack=300             | SYN_RCVD    | RST seq=300         | bad-handshake-ack
        ACK seq=101 ack=301             | ESTABLISHED |                     | rfc9293:3.10.7.4/syn-received/ack
        ACK seq=101 ack=302             | SYN_RCVD    | RST seq=302         | bad-handshake-ack
        ACK seq=100 ack=301             | SYN_RCVD    | ACK seq=301 ack=101 | outside-window
        null seq=101                    | SYN_RCVD    |                     | no-ack
        DATA seq=101..111 ack=301       | ESTABLISHED | ACK later           | rfc9293:3.10.7.4/syn-received/ack
        DATA seq=111..121 ack=301       | ESTABLISHED | ACK seq=301 ack=101 | rfc9293:3.10.7.4/syn-received/ack
        DATA seq=101..111 ack=302       | SYN_RCVD    | RST seq=302         | bad-handshake-ack
        FIN+ACK seq=101 ack=301         | CLOSE_WAIT  | ACK later           | rfc9293:3.10.7.4/fin
        FIN+ACK seq=101 ack=302         | SYN_RCVD    | RST seq=302         | bad-handshake-ack
        FIN seq=101                     | SYN_RCVD    |                     | no-ack
        ",
    );
}
