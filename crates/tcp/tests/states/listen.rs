//! RFC 9293 §3.10.7.2.

use crate::bench::{Bench, Subject, plain, table};

/// Shows RFC9293-3.10.7.2-a, RFC9293-3.10.7.2-b, RFC9293-3.10.7.2-c, RFC9293-3.10.7.4-o.
#[test]
fn only_a_syn_opens() {
    table(
        || Bench::new(Subject::Listener, plain()),
        "
        # First, RST: silence. Second, ACK: a reset.
        RST seq=101                     | LISTEN   |                                | not-syn
        RST+ACK seq=101 ack=301         | LISTEN   |                                | not-syn
        SYN+RST seq=100                 | LISTEN   |                                | not-syn
        SYN+RST+ACK seq=100 ack=301     | LISTEN   |                                | not-syn
        SYN+ACK seq=100 ack=301         | LISTEN   | RST seq=301                    | not-syn
        ACK seq=101 ack=301             | LISTEN   | RST seq=301                    | not-syn
        DATA seq=101..111 ack=301       | LISTEN   | RST seq=301                    | not-syn
        FIN+ACK seq=101 ack=301         | LISTEN   | RST seq=301                    | not-syn
        # Third, SYN. Text with it is not kept: the SYN-ACK acknowledges the SYN alone, and its sender repeats the text.
        SYN seq=100                     | SYN_RCVD | SYN+ACK seq=300 ack=101 mss=1000 | listen
        SYN seq=4294967295              | SYN_RCVD | SYN+ACK seq=300 ack=0 mss=1000   | listen
        SYN+DATA seq=100..111           | SYN_RCVD | SYN+ACK seq=300 ack=101 mss=1000 | listen
        SYN+PSH+URG seq=100             | SYN_RCVD | SYN+ACK seq=300 ack=101 mss=1000 | listen
        # SYN with FIN opens nothing anyone wants: dropped (a policy; the RFC would queue the FIN).
        SYN+FIN seq=100                 | LISTEN   |                                | syn-fin
        SYN+FIN+DATA seq=100..111       | LISTEN   |                                | syn-fin
        ",
    );
}

/// Fourth: neither SYN, ACK nor RST. Drop the segment and return.
#[test]
fn a_segment_without_syn_ack_or_rst_is_dropped_in_silence() {
    table(
        || Bench::new(Subject::Listener, plain()),
        "
        null seq=101                    | LISTEN   |                                | no-ack 
        DATA seq=101..111               | LISTEN   |                                | no-ack 
        FIN seq=101                     | LISTEN   |                                | no-ack 
        FIN+PSH+URG seq=101             | LISTEN   |                                | no-ack 
        ",
    );
}
