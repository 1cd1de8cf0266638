//! What RFC 1122 §4.2 asks of a TCP in its own words.

mod common;

use std::time::Duration;

use common::solo::{Solo, plain};

/// The peer takes segments of 1,000 octets, and 1,200 at most. `queued` octets are written while `usable` may go out,
/// with a small segment on its way if `outstanding`. What goes out at once.
fn sent_of(queued: usize, usable: usize, outstanding: bool) -> (Solo, Vec<String>) {
    let mut solo = Solo::connecting(plain());
    solo.sent();
    solo.arrive("SYN+ACK seq=100 ack=301 mss=1000 wnd=1200");
    solo.sent();
    if outstanding {
        solo.write(1);
        assert_eq!(solo.sent(), ["DATA seq=301..302 ack=101"]);
    }
    let window = usable + usize::from(outstanding);
    solo.arrive(&format!("ACK seq=101 ack=301 wnd={window}"));
    solo.write(queued);
    let sent = solo.sent();
    (solo, sent)
}

/// RFC1122-4.2.3.4-a: when a segment goes out, by what is queued, what may go out, and whether something is outstanding.
/// (1) a whole one always; (2) all there is, and (3) half of the largest window, only where nothing is outstanding.
#[test]
fn the_senders_table_against_silly_windows() {
    for (queued, usable, idle, outstanding) in [
        (1100, 1000, 1000, 1000), // (1)
        (1000, 1000, 1000, 1000), // (1), and (2)
        (999, 1100, 999, 0),      // (2), and (3)
        (10, 1100, 10, 0),        // (2)
        (10, 10, 10, 0),          // (2), to the edge
        (900, 600, 600, 0),       // (3)
        (900, 599, 0, 0),         // one octet less
        (900, 10, 0, 0),
    ] {
        for (is_outstanding, expected) in [(false, idle), (true, outstanding)] {
            let start = 301 + u32::from(is_outstanding);
            let expected = (expected > 0).then(|| format!("DATA seq={start}..{} ack=101", start + expected));
            let (_, sent) = sent_of(queued, usable, is_outstanding);
            assert_eq!(sent, Vec::from_iter(expected), "{queued} of {usable}, outstanding: {is_outstanding}");
        }
    }
}

/// RFC1122-4.2.3.4-a: (4) what none of that lets go goes out when the override timer, of 0.1 s to 1 s, expires.
#[test]
fn what_a_small_window_holds_back_goes_out_in_the_end() {
    for usable in [599, 10] {
        let (mut solo, sent) = sent_of(900, usable, false);
        assert_eq!(sent, [""; 0]);
        let began = solo.elapsed().as_millis() as u64;
        let sent = solo.pass(Duration::from_secs(1));
        let (at, text) = sent.first().expect("the override");
        assert_eq!(*text, format!("DATA seq=301..{} ack=101", 301 + usable));
        assert!((100..=1000).contains(&(at - began)), "{sent:?}");
    }
}

/// RFC1122-4.2.2.20-a: the corrections to event processing. (f) the ACK that ends SYN-RECEIVED sets the window, and where
/// it was told; (g) one that acknowledges nothing new tells of the window all the same, and one of what was never sent
/// tells nothing.
#[test]
fn acknowledgments_set_the_window_as_corrected() {
    let mut solo = Solo::passive(plain(), "SYN seq=100 mss=1000 wnd=9000", "ACK seq=101 ack=301 wnd=4321");
    let window = |solo: &Solo| solo.connection.vars().snd_wnd;
    assert_eq!(window(&solo), 4321, "not the SYN's");
    solo.write(100);
    assert_eq!(solo.sent(), ["DATA seq=301..401 ack=101"]);
    solo.arrive("ACK seq=101 ack=301 wnd=3000");
    assert_eq!(window(&solo), 3000, "SND.UNA = SEG.ACK");
    solo.arrive("ACK seq=101 ack=401 wnd=2000");
    assert_eq!(window(&solo), 2000);
    solo.arrive("ACK seq=101 ack=301 wnd=9000");
    assert_eq!(window(&solo), 2000, "acknowledges less than is acknowledged");
    assert_eq!(solo.answers("ACK seq=101 ack=402 wnd=9000"), ["ACK seq=401 ack=101"], "never sent");
    assert_eq!(window(&solo), 2000);
}
