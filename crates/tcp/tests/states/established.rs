//! RFC 9293 §3.10.7.4, ESTABLISHED and CLOSE-WAIT: ten octets in flight, SND.UNA 301, SND.NXT 311.

use crate::bench::{Bench, table};

fn established() -> Bench {
    Bench::established().write(10)
}

fn close_wait() -> Bench {
    let bench = Bench::established().then(&["FIN+ACK seq=101 ack=301"]).write(10);
    assert_eq!(bench.phase(), cordial_tcp::Phase::CloseWait);
    bench
}

/// Shows SHLD-2.
#[test]
fn resets_in_established() {
    table(
        established,
        "
        RST seq=100                     | ESTABLISHED |                     | outside-window
        RST seq=101                     | CLOSED      |                     | rfc5961:3.2/reset
        RST seq=102                     | ESTABLISHED | ACK seq=311 ack=101 | challenged
        RST seq=1100                    | ESTABLISHED | ACK seq=311 ack=101 | challenged
        RST seq=1101                    | ESTABLISHED |                     | bad-reset
        RST seq=1102                    | ESTABLISHED |                     | outside-window
        RST seq=4294967295              | ESTABLISHED |                     | outside-window
        # The ACK is not looked at, nor is text.
        RST+ACK seq=101 ack=301         | CLOSED      |                     | rfc5961:3.2/reset
        RST+ACK seq=101 ack=77777       | CLOSED      |                     | rfc5961:3.2/reset
        RST+ACK seq=102 ack=301         | ESTABLISHED | ACK seq=311 ack=101 | challenged
        RST+DATA seq=101..111 ack=301   | CLOSED      |                     | rfc5961:3.2/reset
        RST+DATA seq=91..111 ack=301    | ESTABLISHED |                     | bad-reset
        RST+SYN seq=101                 | CLOSED      |                     | rfc5961:3.2/reset
        RST+FIN seq=101                 | CLOSED      |                     | rfc5961:3.2/reset
        ",
    );
}

#[test]
fn syns_in_established() {
    table(
        established,
        "
        # RFC 5961 §4.2: wherever it stands, a challenge.
        SYN seq=100                     | ESTABLISHED | ACK seq=311 ack=101 | outside-window
        SYN seq=99                      | ESTABLISHED | ACK seq=311 ack=101 | outside-window
        SYN seq=101                     | ESTABLISHED | ACK seq=311 ack=101 | challenged
        SYN seq=1100                    | ESTABLISHED | ACK seq=311 ack=101 | challenged
        SYN seq=1101                    | ESTABLISHED | ACK seq=311 ack=101 | outside-window
        SYN+ACK seq=100 ack=301         | ESTABLISHED | ACK seq=311 ack=101 | outside-window
        SYN+ACK seq=100 ack=777         | ESTABLISHED | ACK seq=311 ack=101 | outside-window
        SYN+ACK seq=101 ack=311         | ESTABLISHED | ACK seq=311 ack=101 | challenged
        SYN+FIN seq=101                 | ESTABLISHED | ACK seq=311 ack=101 | challenged
        SYN+DATA seq=100..111           | ESTABLISHED | ACK seq=311 ack=101 | challenged
        ",
    );
}

/// Shows RFC9293-3.10.7.4-i.
#[test]
fn acknowledgments_in_established() {
    table(
        established,
        "
        # No older than the connection itself, though the window would allow it.
        ACK seq=101 ack=299             | ESTABLISHED | ACK seq=311 ack=101 | ack-too-old
        ACK seq=101 ack=300             | ESTABLISHED |                     | rfc9293:3.10.7.4/synchronized
        ACK seq=101 ack=301             | ESTABLISHED |                     | rfc9293:3.10.7.4/synchronized
        ACK seq=101 ack=302             | ESTABLISHED |                     | rfc9293:3.10.7.4/synchronized
        ACK seq=101 ack=311             | ESTABLISHED |                     | rfc9293:3.10.7.4/synchronized
        ACK seq=101 ack=312             | ESTABLISHED | ACK seq=311 ack=101 | ack-of-unsent
        ACK seq=101 ack=2147483948      | ESTABLISHED | ACK seq=311 ack=101 | ack-of-unsent
        ACK seq=101 ack=0               | ESTABLISHED | ACK seq=311 ack=101 | ack-too-old
        # Where the segment stands comes first.
        ACK seq=100 ack=311             | ESTABLISHED | ACK seq=311 ack=101 | outside-window
        ACK seq=102 ack=311             | ESTABLISHED |                     | rfc9293:3.10.7.4/synchronized
        ACK seq=1101 ack=311            | ESTABLISHED |                     | rfc9293:3.10.7.4/synchronized
        ACK seq=1102 ack=311            | ESTABLISHED | ACK seq=311 ack=101 | outside-window
        null seq=101                    | ESTABLISHED |                     | no-ack
        null seq=100                    | ESTABLISHED | ACK seq=311 ack=101 | outside-window
        PSH+URG seq=101                 | ESTABLISHED |                     | no-ack
        ",
    );
}

/// RFC 5961 §5.2: SND.UNA − MAX.SND.WND, once more than a window has been acknowledged.
/// Shows MAY-12.
#[test]
fn the_oldest_acknowledgment_is_a_window_old() {
    let old = || {
        let mut bench = Bench::established();
        for at in [2301, 4301, 6301] {
            bench = bench.write(2000);
            bench.arrive(&format!("ACK seq=101 ack={at}"));
        }
        bench.write(10)
    };
    table(
        old,
        "
        ACK seq=101 ack=1300            | ESTABLISHED | ACK seq=6311 ack=101 | ack-too-old
        ACK seq=101 ack=1301            | ESTABLISHED |                      | rfc9293:3.10.7.4/synchronized
        ACK seq=101 ack=6311            | ESTABLISHED |                      | rfc9293:3.10.7.4/synchronized
        ACK seq=101 ack=6312            | ESTABLISHED | ACK seq=6311 ack=101 | ack-of-unsent
        DATA seq=101..111 ack=1300      | ESTABLISHED | ACK seq=6311 ack=101 | ack-too-old
        DATA seq=101..111 ack=1301      | ESTABLISHED | ACK later            | rfc9293:3.10.7.4/text
        ",
    );
}

/// Shows RFC9293-3.10.7.4-b, RFC9293-3.10.7.4-g, RFC9293-3.10.7.4-i.
#[test]
fn text_in_established() {
    table(
        established,
        "
        DATA seq=101..111 ack=311       | ESTABLISHED | ACK later           | rfc9293:3.10.7.4/text
        DATA seq=101..111 ack=301       | ESTABLISHED | ACK later           | rfc9293:3.10.7.4/text
        DATA seq=101..111 ack=312       | ESTABLISHED | ACK seq=311 ack=101 | ack-of-unsent
        DATA seq=101..111 ack=299       | ESTABLISHED | ACK seq=311 ack=101 | ack-too-old
        DATA seq=101..111               | ESTABLISHED |                     | no-ack
        # Straddling the left edge: the new part counts.
        DATA seq=91..101 ack=301        | ESTABLISHED | ACK seq=311 ack=101 | outside-window
        DATA seq=91..102 ack=301        | ESTABLISHED | ACK seq=311 ack=102 | rfc9293:3.10.7.4/text
        # Ahead, up to the right edge.
        DATA seq=102..112 ack=301       | ESTABLISHED | ACK seq=311 ack=101 | rfc9293:3.10.7.4/text-ahead
        DATA seq=1091..1101 ack=301     | ESTABLISHED | ACK seq=311 ack=101 | rfc9293:3.10.7.4/text-ahead
        DATA seq=1100..1110 ack=301     | ESTABLISHED | ACK seq=311 ack=101 | rfc9293:3.10.7.4/text-ahead
        DATA seq=1101..1111 ack=301     | ESTABLISHED | ACK seq=311 ack=101 | outside-window
        # The whole window, and one octet more: the excess is cut off.
        DATA seq=101..1101 ack=301      | ESTABLISHED | ACK later           | rfc9293:3.10.7.4/text
        DATA seq=101..1102 ack=301      | ESTABLISHED | ACK later           | rfc9293:3.10.7.4/text
        DATA seq=91..1111 ack=301       | ESTABLISHED | ACK seq=311 ack=1101 | rfc9293:3.10.7.4/text
        ",
    );
}

/// Shows RFC9293-3.10.7.4-b, RFC9293-3.10.7.4-g.
#[test]
fn fins_in_established() {
    table(
        established,
        "
        FIN+ACK seq=100 ack=301         | ESTABLISHED | ACK seq=311 ack=101 | outside-window
        # Held back: the program may close at once, and then our FIN carries it.
        FIN+ACK seq=101 ack=301         | CLOSE_WAIT  | ACK later           | rfc9293:3.10.7.4/fin
        FIN+ACK seq=102 ack=301         | ESTABLISHED | ACK seq=311 ack=101 | rfc9293:3.10.7.4/synchronized
        FIN seq=101                     | ESTABLISHED |                     | no-ack
        FIN+ACK seq=101 ack=312         | ESTABLISHED | ACK seq=311 ack=101 | ack-of-unsent
        FIN+DATA seq=101..111 ack=301   | CLOSE_WAIT  | ACK later           | rfc9293:3.10.7.4/fin
        FIN+DATA seq=91..101 ack=301    | CLOSE_WAIT  | ACK seq=311 ack=102 | rfc9293:3.10.7.4/fin
        FIN+DATA seq=91..100 ack=301    | ESTABLISHED | ACK seq=311 ack=101 | outside-window
        FIN+DATA seq=111..121 ack=301   | ESTABLISHED | ACK seq=311 ack=101 | rfc9293:3.10.7.4/text-ahead
        # After text that fills the window it stands on the edge and counts; beyond, it is cut off with the excess.
        FIN+DATA seq=101..1101 ack=301  | CLOSE_WAIT  | ACK later           | rfc9293:3.10.7.4/fin
        FIN+DATA seq=101..1102 ack=301  | ESTABLISHED | ACK later           | rfc9293:3.10.7.4/text
        FIN+PSH+URG+ACK seq=101 ack=301 | CLOSE_WAIT  | ACK later           | rfc9293:3.10.7.4/fin
        ",
    );
}

/// The reader has taken nothing and 1,000 octets wait: RCV.NXT 1101, window zero.
/// Shows MUST-66.
#[test]
fn a_closed_window_takes_only_what_stands_on_it() {
    let full = || {
        let mut bench = established();
        bench.arrive("DATA seq=101..1101 ack=301");
        let now = crate::bench::NOW + std::time::Duration::from_millis(50);
        let Bench { subject: crate::bench::Subject::Connection(connection), pool, .. } = &mut bench else {
            panic!("no connection")
        };
        connection.on_timer(now, pool);
        let acks: Vec<_> = std::iter::from_fn(|| {
            connection
                .poll_segment(now, cordial_tcp::Room { super_segment: 1000 }, pool)
                .map(|out| out.header)
        })
        .collect();
        assert_eq!(acks.first().map(|ack| ack.window), Some(0));
        bench
    };
    table(
        full,
        "
        ACK seq=1101 ack=311            | ESTABLISHED |                      | rfc9293:3.10.7.4/synchronized
        ACK seq=1100 ack=311            | ESTABLISHED | ACK seq=311 ack=1101 | outside-window
        ACK seq=1102 ack=311            | ESTABLISHED | ACK seq=311 ack=1101 | outside-window
        # A probe with an octet: its ACK counts, its octet does not.
        DATA seq=1101..1102 ack=311     | ESTABLISHED | ACK seq=311 ack=1101 | outside-window
        DATA seq=1102..1103 ack=311     | ESTABLISHED | ACK seq=311 ack=1101 | outside-window
        RST seq=1100                    | ESTABLISHED |                      | outside-window
        RST seq=1101                    | CLOSED      |                      | rfc5961:3.2/reset
        RST seq=1102                    | ESTABLISHED |                      | outside-window
        SYN seq=1101                    | ESTABLISHED | ACK seq=311 ack=1101 | challenged
        # A FIN needs no buffer.
        FIN+ACK seq=1101 ack=311        | CLOSE_WAIT  | ACK later            | rfc9293:3.10.7.4/fin
        FIN+DATA seq=1101..1102 ack=311 | ESTABLISHED | ACK seq=311 ack=1101 | outside-window
        ",
    );
}

/// Shows RFC9293-3.10.7.4-n.
#[test]
fn close_wait_hears_acknowledgments_and_nothing_else() {
    table(
        close_wait,
        "
        RST seq=101                     | CLOSE_WAIT |                     | outside-window
        RST seq=102                     | CLOSED     |                     | rfc5961:3.2/reset
        RST seq=103                     | CLOSE_WAIT | ACK seq=311 ack=102 | challenged
        RST seq=1100                    | CLOSE_WAIT | ACK seq=311 ack=102 | challenged
        RST seq=1103                    | CLOSE_WAIT |                     | outside-window
        SYN seq=102                     | CLOSE_WAIT | ACK seq=311 ack=102 | challenged
        SYN seq=100                     | CLOSE_WAIT | ACK seq=311 ack=102 | outside-window
        SYN+ACK seq=100 ack=301         | CLOSE_WAIT | ACK seq=311 ack=102 | outside-window
        ACK seq=102 ack=301             | CLOSE_WAIT |                     | rfc9293:3.10.7.4/synchronized
        ACK seq=102 ack=311             | CLOSE_WAIT |                     | rfc9293:3.10.7.4/synchronized
        ACK seq=102 ack=312             | CLOSE_WAIT | ACK seq=311 ack=102 | ack-of-unsent
        ACK seq=102 ack=299             | CLOSE_WAIT | ACK seq=311 ack=102 | ack-too-old
        ACK seq=101 ack=311             | CLOSE_WAIT | ACK seq=311 ack=102 | outside-window
        null seq=102                    | CLOSE_WAIT |                     | no-ack
        # The FIN again: its ACK was lost.
        FIN+ACK seq=101 ack=311         | CLOSE_WAIT | ACK seq=311 ack=102 | outside-window
        FIN+DATA seq=91..101 ack=311    | CLOSE_WAIT | ACK seq=311 ack=102 | outside-window
        # Nothing can follow a FIN.
        DATA seq=102..112 ack=311       | CLOSE_WAIT | ACK seq=311 ack=102 | duplicate
        DATA seq=112..122 ack=311       | CLOSE_WAIT | ACK seq=311 ack=102 | duplicate
        FIN+ACK seq=102 ack=311         | CLOSE_WAIT | ACK seq=311 ack=102 | duplicate
        SYN+FIN seq=102                 | CLOSE_WAIT | ACK seq=311 ack=102 | challenged
        ",
    );
}

/// RFC9293-3.5.2-b: what lies outside the window draws an empty ACK with SND.NXT and RCV.NXT, and moves nothing, in each of
/// the synchronized states.
#[test]
fn text_outside_the_window_draws_an_empty_ack_in_every_synchronized_state() {
    use cordial_tcp::Phase as P;
    let finished = || Bench::established().close();
    let states: [(P, Bench, u32, u32); 7] = [
        (P::Established, Bench::established(), 301, 101),
        (P::FinWait1, finished(), 302, 101),
        (P::FinWait2, finished().then(&["ACK seq=101 ack=302"]), 302, 101),
        (P::CloseWait, Bench::established().then(&["FIN+ACK seq=101 ack=301"]), 301, 102),
        (P::Closing, finished().then(&["FIN+ACK seq=101 ack=301"]), 302, 102),
        (P::LastAck, Bench::established().then(&["FIN+ACK seq=101 ack=301"]).close(), 302, 102),
        (P::TimeWait, finished().then(&["FIN+ACK seq=101 ack=302"]), 302, 102),
    ];
    for (phase, mut bench, nxt, expected) in states {
        assert_eq!(bench.phase(), phase);
        let [after, sent, did] = bench.arrive("DATA seq=50000..50010 ack=301");
        let answer = format!("ACK seq={nxt} ack={expected}");
        assert_eq!((after, sent, did), (phase.to_string(), answer, "outside-window".to_owned()));
    }
}
