//! RFC 9293 §3.10.7.4, TIME-WAIT: SND.NXT 302, RCV.NXT 102. Timestamps are RFC 6191's and stand in `corner_time_wait`.

use crate::bench::{Bench, plain, table};

fn time_wait() -> Bench {
    Bench::established().close().then(&["FIN+ACK seq=101 ack=302"])
}

/// RFC1337-3-a: believed, it would end the wait early.
/// Shows RFC9293-3.10.7.4-e.
#[test]
fn resets_are_ignored() {
    table(
        time_wait,
        "
        RST seq=101                     | TIME_WAIT |                     | reset-in-time-wait
        RST seq=102                     | TIME_WAIT |                     | reset-in-time-wait
        RST+ACK seq=102 ack=302         | TIME_WAIT |                     | reset-in-time-wait
        RST seq=103                     | TIME_WAIT |                     | reset-in-time-wait
        RST seq=5000                    | TIME_WAIT |                     | reset-in-time-wait
        ",
    );
}

/// RFC1337-3-a: the behavior of RFC 9293 itself, behind a switch: exactly RCV.NXT ends it.
/// Shows RFC9293-3.10.7.4-e.
#[test]
fn resets_are_believed_where_the_switch_says_so() {
    let believing = || {
        let mut bench = time_wait();
        bench.config =
            std::sync::Arc::new(cordial_tcp::TcpConfig { ignore_rst_in_time_wait: false, ..plain() });
        bench
    };
    table(
        believing,
        "
        RST seq=101                     | TIME_WAIT |                     | reset-in-time-wait
        RST seq=102                     | CLOSED    |                     | rfc5961:3.2/reset
        RST seq=103                     | TIME_WAIT |                     | reset-in-time-wait
        ",
    );
}

#[test]
fn a_syn_that_is_surely_newer_reopens() {
    table(
        time_wait,
        "
        # RCV.NXT − 1 is the FIN's own number, the last one used.
        SYN seq=100                     | TIME_WAIT |                     | old-syn
        SYN seq=101                     | TIME_WAIT |                     | old-syn
        SYN seq=102                     | LISTEN    |                     | rfc6191:2/reopen
        SYN seq=103                     | LISTEN    |                     | rfc6191:2/reopen
        SYN seq=2147483700              | LISTEN    |                     | rfc6191:2/reopen
        SYN seq=2147483800              | TIME_WAIT |                     | old-syn
        SYN+ACK seq=100 ack=301         | TIME_WAIT | ACK seq=302 ack=102 | outside-window
        SYN+ACK seq=5000 ack=302        | TIME_WAIT | ACK seq=302 ack=102 | outside-window
        ",
    );
}

#[test]
fn everything_else() {
    table(
        time_wait,
        "
        # The FIN again restarts the wait; anything else does not.
        FIN+ACK seq=101 ack=302         | TIME_WAIT | ACK seq=302 ack=102, 2MSL | rfc9293:3.10.7.4/time-wait/fin
        FIN+ACK seq=101 ack=301         | TIME_WAIT | ACK seq=302 ack=102, 2MSL | rfc9293:3.10.7.4/time-wait/fin
        FIN+DATA seq=91..101 ack=302    | TIME_WAIT | ACK seq=302 ack=102, 2MSL | rfc9293:3.10.7.4/time-wait/fin
        FIN+ACK seq=100 ack=302         | TIME_WAIT | ACK seq=302 ack=102 | outside-window
        FIN+ACK seq=102 ack=302         | TIME_WAIT | ACK seq=302 ack=102 | outside-window
        FIN seq=101                     | TIME_WAIT | ACK seq=302 ack=102 | outside-window
        ACK seq=102 ack=302             | TIME_WAIT |                     | duplicate
        ACK seq=102 ack=777             | TIME_WAIT |                     | duplicate
        ACK seq=101 ack=302             | TIME_WAIT | ACK seq=302 ack=102 | outside-window
        ACK seq=5000 ack=302            | TIME_WAIT | ACK seq=302 ack=102 | outside-window
        DATA seq=91..101 ack=302        | TIME_WAIT | ACK seq=302 ack=102 | outside-window
        DATA seq=102..112 ack=302       | TIME_WAIT | ACK seq=302 ack=102 | outside-window
        null seq=102                    | TIME_WAIT |                     | duplicate
        ",
    );
}
