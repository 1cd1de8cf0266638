//! RFC 9293 §3.10.7.1.

use crate::bench::{Bench, Subject, plain, table};

/// No connection at all: a reset that its sender finds acceptable, silence towards a reset.
const ROWS: &str = "
    RST seq=101                     | CLOSED |                      |
    RST+ACK seq=101 ack=301         | CLOSED |                      |
    SYN seq=100                     | CLOSED | RST+ACK seq=0 ack=101 |
    SYN+DATA seq=100..111           | CLOSED | RST+ACK seq=0 ack=111 |
    SYN+FIN seq=100                 | CLOSED | RST+ACK seq=0 ack=102 |
    SYN+ACK seq=100 ack=301         | CLOSED | RST seq=301           |
    SYN+RST seq=100                 | CLOSED |                       |
    ACK seq=101 ack=301             | CLOSED | RST seq=301           |
    ACK seq=101 ack=0               | CLOSED | RST seq=0             |
    DATA seq=101..111 ack=301       | CLOSED | RST seq=301           |
    DATA seq=101..111               | CLOSED | RST+ACK seq=0 ack=111 |
    DATA seq=4294967290..4          | CLOSED | RST+ACK seq=0 ack=4   |
    FIN+ACK seq=101 ack=301         | CLOSED | RST seq=301           |
    FIN seq=101                     | CLOSED | RST+ACK seq=0 ack=102 |
    null seq=101                    | CLOSED | RST+ACK seq=0 ack=101 |
";

/// Shows RFC9293-3.10.7.1-a, RFC9293-3.10.7.1-b, RFC9293-3.5.2-a.
#[test]
fn nobody_is_there() {
    table(|| Bench::new(Subject::Nobody, plain()), ROWS);
}

/// A connection that is over answers as if it had never been.
#[test]
fn nobody_is_there_any_more() {
    let rows: String = ROWS
        .lines()
        .map(|row| if row.contains('|') { format!("{row} closed\n") } else { String::new() })
        .collect();
    table(|| Bench::established().then(&["RST seq=101"]), &rows);
}
