//! RFC 9293 §3.10.7.4, FIN-WAIT-1 (SND.UNA 301, our FIN at 301) and FIN-WAIT-2 (SND.UNA 302).

use crate::bench::{Bench, table};

fn fin_wait_1() -> Bench {
    Bench::established().close()
}

#[test]
fn fin_wait_1_resets_and_syns() {
    table(
        fin_wait_1,
        "
        RST seq=100                     | FIN_WAIT_1 |                     | outside-window
        RST seq=101                     | CLOSED     |                     | rfc5961:3.2/reset
        RST+ACK seq=101 ack=302         | CLOSED     |                     | rfc5961:3.2/reset
        RST seq=102                     | FIN_WAIT_1 | ACK seq=302 ack=101 | challenged
        RST seq=1100                    | FIN_WAIT_1 | ACK seq=302 ack=101 | challenged
        RST seq=1101                    | FIN_WAIT_1 |                     | bad-reset
        RST seq=1102                    | FIN_WAIT_1 |                     | outside-window
        SYN seq=100                     | FIN_WAIT_1 | ACK seq=302 ack=101 | outside-window
        SYN seq=101                     | FIN_WAIT_1 | ACK seq=302 ack=101 | challenged
        SYN seq=5000                    | FIN_WAIT_1 | ACK seq=302 ack=101 | outside-window
        SYN+ACK seq=100 ack=301         | FIN_WAIT_1 | ACK seq=302 ack=101 | outside-window
        SYN+FIN seq=101                 | FIN_WAIT_1 | ACK seq=302 ack=101 | challenged
        null seq=101                    | FIN_WAIT_1 |                     | no-ack
        ",
    );
}

/// Shows RFC9293-3.10.7.4-j.
#[test]
fn fin_wait_1_acknowledgments_text_and_fin() {
    table(
        fin_wait_1,
        "
        ACK seq=101 ack=299             | FIN_WAIT_1 | ACK seq=302 ack=101 | ack-too-old
        ACK seq=101 ack=301             | FIN_WAIT_1 |                     | rfc9293:3.10.7.4/synchronized
        ACK seq=101 ack=302             | FIN_WAIT_2 |                     | rfc9293:3.10.7.4/fin-acked
        ACK seq=101 ack=303             | FIN_WAIT_1 | ACK seq=302 ack=101 | ack-of-unsent
        ACK seq=100 ack=302             | FIN_WAIT_1 | ACK seq=302 ack=101 | outside-window
        DATA seq=101..111 ack=301       | FIN_WAIT_1 | ACK later           | rfc9293:3.10.7.4/text
        DATA seq=101..111 ack=302       | FIN_WAIT_2 | ACK later           | rfc9293:3.10.7.4/fin-acked
        DATA seq=102..112 ack=301       | FIN_WAIT_1 | ACK seq=302 ack=101 | rfc9293:3.10.7.4/text-ahead
        DATA seq=91..101 ack=301        | FIN_WAIT_1 | ACK seq=302 ack=101 | outside-window
        DATA seq=1101..1111 ack=301     | FIN_WAIT_1 | ACK seq=302 ack=101 | outside-window
        FIN+ACK seq=102 ack=302         | FIN_WAIT_2 | ACK seq=302 ack=101 | rfc9293:3.10.7.4/fin-acked
        FIN+ACK seq=100 ack=301         | FIN_WAIT_1 | ACK seq=302 ack=101 | outside-window
        FIN seq=101                     | FIN_WAIT_1 |                     | no-ack
        FIN+ACK seq=101 ack=303         | FIN_WAIT_1 | ACK seq=302 ack=101 | ack-of-unsent
        # A FIN that acknowledges ours: the close in three segments.
        FIN+ACK seq=101 ack=302         | TIME_WAIT  | ACK seq=302 ack=102 | rfc9293:3.10.7.4/fin
        FIN+DATA seq=101..111 ack=302   | TIME_WAIT  | ACK seq=302 ack=112 | rfc9293:3.10.7.4/fin
        ",
    );
}

/// Nothing else will go out that could carry the ACK of their FIN: it goes at once.
/// Shows RFC9293-3.10.7.4-j.
#[test]
fn crossing_fins_are_answered_at_once() {
    table(
        fin_wait_1,
        "
        FIN+ACK seq=101 ack=301         | CLOSING    | ACK seq=302 ack=102 | rfc9293:3.10.7.4/fin
        FIN+DATA seq=101..111 ack=301   | CLOSING    | ACK seq=302 ack=112 | rfc9293:3.10.7.4/fin
        ",
    );
}

/// Shows RFC9293-3.10.7.4-j.
#[test]
fn fin_wait_2() {
    table(
        half_closed,
        "
        RST seq=100                     | FIN_WAIT_2 |                     | outside-window
        RST seq=101                     | CLOSED     |                     | rfc5961:3.2/reset
        RST seq=102                     | FIN_WAIT_2 | ACK seq=302 ack=101 | challenged
        RST seq=1100                    | FIN_WAIT_2 | ACK seq=302 ack=101 | challenged
        RST seq=1102                    | FIN_WAIT_2 |                     | outside-window
        SYN seq=100                     | FIN_WAIT_2 | ACK seq=302 ack=101 | outside-window
        SYN seq=101                     | FIN_WAIT_2 | ACK seq=302 ack=101 | challenged
        SYN+ACK seq=100 ack=301         | FIN_WAIT_2 | ACK seq=302 ack=101 | outside-window
        SYN+FIN seq=101                 | FIN_WAIT_2 | ACK seq=302 ack=101 | challenged
        ACK seq=101 ack=299             | FIN_WAIT_2 | ACK seq=302 ack=101 | ack-too-old
        ACK seq=101 ack=301             | FIN_WAIT_2 |                     | rfc9293:3.10.7.4/synchronized
        ACK seq=101 ack=302             | FIN_WAIT_2 |                     | rfc9293:3.10.7.4/synchronized
        ACK seq=101 ack=303             | FIN_WAIT_2 | ACK seq=302 ack=101 | ack-of-unsent
        null seq=101                    | FIN_WAIT_2 |                     | no-ack
        # The other half is open for as long as the peer likes.
        DATA seq=101..111 ack=302       | FIN_WAIT_2 | ACK later           | rfc9293:3.10.7.4/text
        DATA seq=91..111 ack=302        | FIN_WAIT_2 | ACK seq=302 ack=111 | rfc9293:3.10.7.4/text
        DATA seq=102..112 ack=302       | FIN_WAIT_2 | ACK seq=302 ack=101 | rfc9293:3.10.7.4/text-ahead
        DATA seq=91..101 ack=302        | FIN_WAIT_2 | ACK seq=302 ack=101 | outside-window
        DATA seq=1101..1111 ack=302     | FIN_WAIT_2 | ACK seq=302 ack=101 | outside-window
        FIN+ACK seq=100 ack=302         | FIN_WAIT_2 | ACK seq=302 ack=101 | outside-window
        FIN+ACK seq=101 ack=302         | TIME_WAIT  | ACK seq=302 ack=102 | rfc9293:3.10.7.4/fin
        FIN+ACK seq=101 ack=301         | TIME_WAIT  | ACK seq=302 ack=102 | rfc9293:3.10.7.4/fin
        FIN+DATA seq=101..111 ack=302   | TIME_WAIT  | ACK seq=302 ack=112 | rfc9293:3.10.7.4/fin
        FIN+ACK seq=102 ack=302         | FIN_WAIT_2 | ACK seq=302 ack=101 | rfc9293:3.10.7.4/synchronized
        FIN seq=101                     | FIN_WAIT_2 |                     | no-ack
        ",
    );
}

fn half_closed() -> Bench {
    fin_wait_1().then(&["ACK seq=101 ack=302"])
}
