//! The bugs that RFC 2525 lists, each where it would show.

mod common;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use common::solo::{Solo, plain, seconds};
use common::{Close, Faults, Pair};
use cordial_tcp::{Keepalive, Phase, ReadError, TcpConfig};

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// A peer whose window is never in the way.
fn with_room() -> Solo {
    let mut solo = Solo::established(plain());
    solo.arrive("ACK seq=101 ack=301 wnd=65535");
    solo
}

fn acknowledge(solo: &mut Solo, ack: u32) -> usize {
    solo.arrive(&format!("ACK seq=101 ack={ack} wnd=65535"));
    solo.sent().len()
}

/// RFC2525-2.1-a: a connection begins with slow start: its first flight is the initial window.
#[test]
fn the_first_flight_is_the_initial_window() {
    let mut solo = with_room();
    solo.write(60_000);
    assert_eq!(solo.sent().len(), 10, "ten segments (RFC 6928)");
}

/// RFC2525-2.2-a: after a timeout slow start begins from one segment; RFC2525-2.14-a: and that is all that goes out, not
/// everything that was under way.
#[test]
fn a_timeout_sends_one_segment_and_slow_start_begins_anew() {
    let mut solo = with_room();
    solo.write(60_000);
    assert_eq!(solo.sent().len(), 10);
    let again: Vec<_> = solo.pass(ms(300)).into_iter().map(|(_, segment)| segment).collect();
    assert_eq!(again, ["DATA seq=301..1301 ack=101"]);
    assert_eq!(solo.connection.vars().cwnd, 1_000);
    let flights: Vec<_> = [1_301, 3_301, 6_301].map(|ack| acknowledge(&mut solo, ack)).into();
    assert_eq!(flights, [2, 3, 4], "one more for each ACK");
}

/// RFC2525-2.3-a: a server's window is set although the SYN named no MSS; after a lost SYN-ACK it is one segment.
#[test]
fn a_server_begins_with_the_initial_window_whatever_the_syn_named() {
    let mut solo = Solo::passive(plain(), "SYN seq=100", "ACK seq=101 ack=301 wnd=65535");
    solo.write(60_000);
    let sent = solo.sent();
    assert_eq!((sent.len(), sent.first().map(String::as_str)), (10, Some("DATA seq=301..837 ack=101")));
    let mut solo = Solo::connecting(plain());
    solo.pass(ms(1_500));
    solo.arrive("SYN+ACK seq=100 ack=301 mss=1000 wnd=65535");
    solo.sent();
    solo.write(60_000);
    assert_eq!(solo.sent().len(), 1, "the SYN was lost");
}

/// RFC2525-2.4-a: one position, one octet, however often it is sent and however it is cut.
#[test]
fn what_is_sent_again_is_what_was_sent() {
    for seed in 0..4 {
        let mut pair = Pair::new(seed);
        pair.faults = Faults { lose: 80, duplicate: 20, reorder: 100 };
        (pair.ends[0].to_write, pair.ends[1].to_write) = (200_000, 50_000);
        pair.ends[1].close = Close::Answering;
        let said: Rc<RefCell<BTreeMap<(usize, u32), u8>>> = Rc::default();
        let (heard, again) = (Rc::clone(&said), Rc::new(RefCell::new(0)));
        let counted = Rc::clone(&again);
        pair.drop = Box::new(move |who, _, segment| {
            let mut heard = heard.borrow_mut();
            for (n, &octet) in segment.payload.iter().enumerate() {
                let before = heard.insert((who, (segment.seq + n as u32).0), octet);
                assert!(before.is_none_or(|before| before == octet), "{who} at {segment}");
                *counted.borrow_mut() += usize::from(before.is_some());
            }
            false
        });
        pair.connect(0);
        assert!(pair.run(secs(900)), "seed {seed}");
        assert_eq!(said.borrow().len(), 250_000, "seed {seed}");
        assert!(*again.borrow() > 5_000, "seed {seed}: {} octets went out again", again.borrow());
    }
}

/// RFC2525-2.5-a: what comes ahead of a hole is kept.
#[test]
fn what_comes_ahead_of_a_hole_is_kept() {
    let mut solo = Solo::in_state(Phase::Established);
    solo.arrive("DATA seq=111..121 ack=301");
    assert_eq!(solo.answers("DATA seq=101..111 ack=301"), ["ACK seq=301 ack=121"]);
    assert_eq!(solo.read(100), Ok(20));
}

/// RFC2525-2.6-a: in congestion avoidance a round trip brings one segment, and nothing besides. RFC2525-2.8-a: after fast
/// recovery the window is ssthresh.
#[test]
fn recovery_ends_at_ssthresh_and_a_round_trip_brings_one_segment() {
    let mut solo = with_room();
    solo.write(1_000_000);
    assert_eq!(solo.sent().len(), 10);
    let mut acked = 301;
    for _ in 0..3 {
        acknowledge(&mut solo, acked);
    }
    acked = solo.connection.vars().snd_nxt.0;
    solo.arrive(&format!("ACK seq=101 ack={acked} wnd=65535"));
    let vars = solo.connection.vars();
    assert_eq!(vars.cwnd, vars.ssthresh);
    assert!((5_000..=6_000).contains(&vars.cwnd), "half of what was in flight: {}", vars.cwnd);
    solo.sent();
    for _ in 0..5 {
        let (before, end) = (solo.connection.vars().cwnd, solo.connection.vars().snd_nxt.0);
        while acked < end {
            acked += 1_000;
            acknowledge(&mut solo, acked);
        }
        let grown = solo.connection.vars().cwnd - before;
        assert!((1..=1_000).contains(&grown), "{grown} octets in a round trip");
    }
}

/// RFC2525-2.7-a: nothing known, the first timeout is a second.
#[test]
fn the_first_timeout_is_a_second() {
    let mut solo = Solo::connecting(plain());
    assert_eq!(seconds(&solo.pass(ms(1_100))), [0.0, 1.0]);
}

/// RFC2525-2.10-a: octets, SYN and FIN are sent again at doubling intervals. (Probes of an idle peer keep theirs, as RFC 9293
/// §3.8.4 has it.)
#[test]
fn every_kind_of_retransmission_backs_off() {
    let gaps = |sent: &[(u64, String)]| -> Vec<u64> {
        let times: Vec<_> = sent.iter().map(|(at, _)| *at).collect();
        times.windows(2).filter_map(|two| Some((two.get(1)? - two.first()?) / 100)).collect()
    };
    let mut syn = Solo::connecting(plain());
    assert_eq!(gaps(&syn.pass(secs(35))), [10, 20, 40, 80, 160]);
    let mut text = Solo::established(plain());
    text.write(10);
    assert_eq!(gaps(&text.pass(secs(7))), [2, 4, 8, 16, 32]);
    let mut fin = Solo::established(plain());
    fin.shutdown();
    assert_eq!(gaps(&fin.pass(secs(7))), [2, 4, 8, 16, 32]);
    let mut idle = Solo::established(plain());
    let keepalive = Keepalive { idle: secs(5), interval: secs(1), probes: 9 };
    idle.connection.set_keepalive(idle.now, Some(keepalive));
    assert_eq!(gaps(&idle.pass(secs(9))), [10, 10, 10, 10]);
}

/// RFC2525-2.12-a: a FIN behind octets behind a closed window: probes ask, and the answer to one lets all of it go.
#[test]
fn the_answer_to_a_probe_lets_the_data_and_the_fin_go() {
    let mut solo = Solo::established(plain());
    solo.arrive("ACK seq=101 ack=301 wnd=0");
    solo.write(100);
    solo.shutdown();
    assert_eq!(solo.sent(), [""; 0]);
    let probes = solo.pass(secs(4));
    assert_eq!(seconds(&probes), [0.2, 0.6, 1.4, 3.0]);
    assert_eq!(solo.answers("ACK seq=101 ack=301 wnd=5000"), ["FIN+DATA seq=301..401 ack=101"]);
}

/// RFC2525-2.13-a: no stretch ACKs: every second full segment is acknowledged.
#[test]
fn every_second_segment_is_acknowledged() {
    let mut solo = Solo::established(plain());
    let acks = (0..20_u32).map(|n| {
        let at = 101 + 1_000 * n;
        solo.answers(&format!("DATA seq={at}..{} ack=301", at + 1_000)).len()
    });
    assert_eq!(acks.sum::<usize>(), 10);
}

/// RFC2525-2.15-a: our FIN goes out at once, whatever is unacknowledged; the peer's is told to the reader at once, and its
/// acknowledgment waits no longer than any other.
#[test]
fn fins_are_prompt() {
    let mut solo = Solo::established(plain());
    solo.write(1_010);
    solo.sent();
    solo.write(10);
    solo.shutdown();
    let sent = solo.sent();
    assert!(sent.last().is_some_and(|last| last.starts_with("FIN+")), "{sent:?}");
    let mut solo = Solo::established(plain());
    solo.arrive("FIN+ACK seq=101 ack=301");
    assert_eq!(solo.read(1), Err(ReadError::End));
    assert_eq!(solo.pass(ms(41)), [(40, "ACK seq=301 ack=102".to_owned())]);
}

/// RFC2525-2.18-a: the MSS counts no options, so those that every segment carries are taken off its data.
#[test]
fn options_are_taken_off_the_data() {
    let mut solo = Solo::connecting(TcpConfig { timestamps: true, ..plain() });
    solo.sent();
    solo.arrive("SYN+ACK seq=100 ack=301 mss=1000 ts=5:0");
    solo.sent();
    solo.write(2_000);
    assert_eq!(solo.sent().first().map(String::as_str), Some("DATA seq=301..1289 ack=101"));
}
