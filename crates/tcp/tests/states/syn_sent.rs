//! RFC 9293 §3.10.7.3.

use crate::bench::{Bench, plain, table};

/// Shows RFC5961-3.2-d, RFC9293-3.10.7.3-a, RFC9293-3.10.7.3-c.
#[test]
fn resets() {
    table(
        || Bench::syn_sent(plain()),
        "
        # Only the ACK of our SYN proves one.
        RST+ACK seq=0 ack=300           | SYN_SENT |             | bad-handshake-ack
        RST+ACK seq=0 ack=301           | CLOSED   |             | rfc9293:3.10.7.3/rst
        RST+ACK seq=777 ack=301         | CLOSED   |             | rfc9293:3.10.7.3/rst
        RST+ACK seq=0 ack=302           | SYN_SENT |             | bad-handshake-ack
        RST+SYN+ACK seq=100 ack=301     | CLOSED   |             | rfc9293:3.10.7.3/rst
        RST seq=0                       | SYN_SENT |             | bad-reset
        RST seq=301                     | SYN_SENT |             | bad-reset
        ",
    );
}

/// Fifth step: an acceptable ACK without SYN changes nothing (RFC9293-3.10.7.3-f).
/// Shows RFC9293-3.10.7.3-a.
#[test]
fn acknowledgments() {
    table(
        || Bench::syn_sent(plain()),
        "
        # ISS < SEG.ACK =< SND.NXT, or a reset.
        SYN+ACK seq=100 ack=299         | SYN_SENT    | RST seq=299         | bad-handshake-ack
        SYN+ACK seq=100 ack=300         | SYN_SENT    | RST seq=300         | bad-handshake-ack
        SYN+ACK seq=100 ack=301         | ESTABLISHED | ACK seq=301 ack=101 | rfc9293:3.10.7.3/syn-ack
        SYN+ACK seq=100 ack=302         | SYN_SENT    | RST seq=302         | bad-handshake-ack
        SYN+ACK seq=100 ack=0           | SYN_SENT    | RST seq=0           | bad-handshake-ack
        SYN+ACK seq=4294967295 ack=301  | ESTABLISHED | ACK seq=301 ack=0   | rfc9293:3.10.7.3/syn-ack
        ACK seq=101 ack=300             | SYN_SENT    | RST seq=300         | bad-handshake-ack
        # Acceptable, but no SYN: dropped.
        ACK seq=101 ack=301             | SYN_SENT    |                     | ack-without-syn
        ACK seq=101 ack=302             | SYN_SENT    | RST seq=302         | bad-handshake-ack
        DATA seq=101..111 ack=301       | SYN_SENT    |                     | ack-without-syn
        DATA seq=101..111 ack=302       | SYN_SENT    | RST seq=302         | bad-handshake-ack
        ",
    );
}

/// Shows RFC9293-3.10.7.3-e, RFC9293-3.10.7.4-o, RFC9293-3.4-c.
#[test]
fn syns_and_the_rest() {
    table(
        || Bench::syn_sent(plain()),
        "
        SYN seq=100                     | SYN_RCVD    | SYN+ACK seq=300 ack=101 mss=1000 | rfc9293:3.10.7.3/syn
        SYN seq=300                     | SYN_RCVD    | SYN+ACK seq=300 ack=301 mss=1000 | rfc9293:3.10.7.3/syn
        SYN+DATA seq=100..111           | SYN_RCVD    | SYN+ACK seq=300 ack=101 mss=1000 | rfc9293:3.10.7.3/syn
        SYN+FIN seq=100                 | SYN_RCVD    | SYN+ACK seq=300 ack=101 mss=1000 | rfc9293:3.10.7.3/syn
        # Text and FIN that come with the SYN-ACK count.
        SYN+DATA seq=100..111 ack=301   | ESTABLISHED | ACK seq=301 ack=111              | rfc9293:3.10.7.3/syn-ack
        SYN+FIN+ACK seq=100 ack=301     | CLOSE_WAIT  | ACK seq=301 ack=102              | rfc9293:3.10.7.3/syn-ack
        SYN+FIN+DATA seq=100..111 ack=301 | CLOSE_WAIT | ACK seq=301 ack=112             | rfc9293:3.10.7.3/syn-ack
        # A FIN cannot be placed: SEG.SEQ cannot be validated.
        FIN+ACK seq=101 ack=301         | SYN_SENT    |                                  | ack-without-syn
        FIN seq=101                     | SYN_SENT    |                                  | ack-without-syn
        DATA seq=101..111               | SYN_SENT    |                                  | ack-without-syn
        null seq=101                    | SYN_SENT    |                                  | ack-without-syn
        ",
    );
}
