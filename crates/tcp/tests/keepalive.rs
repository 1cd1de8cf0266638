//! Keepalive (RFC 9293 §3.8.4), in virtual time.

mod common;

use std::time::Duration;

use common::solo::{Solo, plain, seconds};
use cordial_tcp::{CloseCause, Keepalive, Phase, TcpConfig};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const DAY: Duration = secs(86_400);

/// A probe: one before SND.NXT, ACK set, no octets.
const PROBE: &str = "ACK seq=300 ack=101";

fn with(idle: u64, interval: u64, probes: u8) -> Solo {
    let mut solo = Solo::established(plain());
    let keepalive = Keepalive { idle: secs(idle), interval: secs(interval), probes };
    solo.connection.set_keepalive(solo.now, Some(keepalive));
    solo
}

/// MUST-25: off unless asked for. MUST-24: of two connections only the one that asks sends probes, until it asks no more.
/// MAY-5: there are keepalives.
/// Shows RFC1122-4.2.3.6-a.
#[test]
fn each_connection_asks_for_itself() {
    let mut quiet = Solo::established(plain());
    let mut asking = Solo::established(plain());
    asking.connection.set_keepalive(asking.now, Some(Keepalive::default()));
    assert_eq!(quiet.pass(DAY), []);
    assert_eq!(asking.pass(secs(7_201)).len(), 1);
    asking.arrive("ACK seq=101 ack=301");
    asking.connection.set_keepalive(asking.now, None);
    assert_eq!(asking.pass(DAY), []);
    assert_eq!((quiet.phase(), asking.phase()), (Phase::Established, Phase::Established));
}

/// MUST-26: no probe while the peer is heard, nor while something is outstanding, which is sent again by its own timer.
/// Shows RFC1122-4.2.3.6-a.
#[test]
fn probes_are_for_silence_with_nothing_outstanding() {
    let mut solo = with(10, 10, 9);
    for n in 0..100 {
        let sent = solo.pass(secs(9));
        assert!(sent.iter().all(|(_, segment)| !segment.starts_with("ACK seq=300 ")), "{sent:?}");
        solo.arrive(&format!("DATA seq={}..{} ack=301", 101 + n, 102 + n));
    }
    let mut solo = with(10, 10, 9);
    solo.write(10);
    let sent = solo.pass(secs(90));
    assert!(
        sent.len() > 5 && sent.iter().all(|(_, segment)| segment == "DATA seq=301..311 ack=101"),
        "{sent:?}"
    );
}

/// MUST-27: the silence is a setting. SHLD-12: a probe carries no octets, and stands one before SND.NXT.
/// Shows RFC1122-4.2.3.6-a.
#[test]
fn the_first_probe_comes_after_the_silence_that_was_asked_for() {
    for idle in [1, 7, 60, 100_000] {
        let mut solo = with(idle, 75, 9);
        assert_eq!(solo.pass(secs(idle) - Duration::from_millis(1)), [], "{idle}");
        assert_eq!(solo.pass(Duration::from_millis(2)), [(idle * 1_000, PROBE.to_owned())], "{idle}");
    }
}

/// MUST-28: two hours unless said otherwise. RFC2525-2.11-a: then 75 s from probe to probe, or as was asked for.
/// Shows RFC1122-4.2.3.6-a.
#[test]
fn the_defaults_are_two_hours_and_75_seconds() {
    let mut solo = Solo::established(TcpConfig { keepalive: Some(Keepalive::default()), ..plain() });
    assert_eq!(solo.pass(secs(7_199)), []);
    assert_eq!(seconds(&solo.pass(secs(302))), [7_200.0, 7_275.0, 7_350.0, 7_425.0, 7_500.0]);
    let mut solo = with(10, 3, 9);
    assert_eq!(seconds(&solo.pass(secs(17))), [10.0, 13.0, 16.0]);
}

/// MUST-29, RFC2525-2.9-a: one probe, or several, without an answer are no end; an answer starts the count anew; only after
/// as many as were asked for the connection is given up.
/// Shows RFC1122-4.2.3.6-a.
#[test]
fn one_lost_probe_is_no_end() {
    let mut solo = with(10, 5, 3);
    for round in 0..5 {
        let sent = solo.pass(secs(if round == 0 { 15 } else { 14 }));
        assert_eq!(sent.len(), if round == 0 { 2 } else { 1 }, "round {round}: {sent:?}");
        solo.pass(secs(1));
        solo.arrive("ACK seq=101 ack=301");
        assert_eq!(solo.phase(), Phase::Established);
    }
    let sent = solo.pass(secs(24));
    assert_eq!((sent.len(), solo.phase()), (3, Phase::Established));
    let last = solo.pass(secs(2));
    assert_eq!(last.iter().map(|(_, segment)| segment.as_str()).collect::<Vec<_>>(), ["RST seq=301"]);
    assert_eq!(solo.cause(), Some(CloseCause::KeepaliveTimeout));
}
