//! What ICMP says of the path (RFC 1191, RFC 8201), and how far it is believed (RFC 5927 §7.2).

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::notation::parse;
use common::solo::{MSS, Solo, plain};
use cordial_tcp::{Connection, HalfOpen, Phase, Refusal, Rule, TcpConfig};
use cordial_wire::SeqNum;

/// A router says that the segment at `quoted` was too long, and that `size` octets of options and data pass.
fn too_big(solo: &mut Solo, quoted: u32, size: u16) -> Result<Rule, Refusal> {
    solo.connection.on_too_big(solo.now, SeqNum(quoted), size, &mut solo.pool).did
}

fn mss(solo: &Solo) -> u16 {
    solo.connection.vars().snd_mss
}

/// Five full segments of 1,000 in flight, from 301 on.
fn in_flight() -> Solo {
    let mut solo = Solo::established(plain());
    solo.write(5000);
    assert_eq!(solo.sent().len(), 5);
    solo
}

/// RFC5927-4.1-a: only what quotes something in flight is believed: an edge each before, at and after.
#[test]
fn only_what_quotes_something_in_flight_is_believed() {
    for (quoted, did) in [
        (300, Err(Refusal::OutsideWindow)),
        (301, Ok(Rule::PathMtu)),
        (5300, Ok(Rule::PathMtu)),
        (5301, Err(Refusal::OutsideWindow)),
    ] {
        let mut solo = in_flight();
        assert_eq!(too_big(&mut solo, quoted, 600), did, "{quoted}");
        assert_eq!(mss(&solo), if did.is_ok() { 600 } else { 1000 });
    }
}

/// RFC5927-7.2-a: a message about a packet no longer than what it says passes is not believed.
#[test]
fn what_was_no_longer_than_what_passes_was_not_too_big() {
    let mut solo = Solo::established(plain());
    solo.write(700);
    assert_eq!(solo.sent().len(), 1);
    assert_eq!(too_big(&mut solo, 301, 900), Err(Refusal::NotTooBig));
    assert_eq!(too_big(&mut solo, 301, 700), Err(Refusal::NotTooBig));
    assert_eq!(mss(&solo), 1000);
    assert_eq!(too_big(&mut solo, 301, 699), Ok(Rule::PathMtu));
    assert_eq!(mss(&solo), 699);
}

/// RFC5927-7.2-c: nothing as long was acknowledged yet, so the message is believed at once, and what it is about goes out
/// again in smaller segments.
#[test]
fn before_anything_so_long_was_acknowledged_a_message_is_believed_at_once() {
    let mut solo = in_flight();
    assert_eq!(too_big(&mut solo, 301, 800), Ok(Rule::PathMtu));
    assert_eq!(solo.reasons(), [301, 1101, 1901, 2701, 3501, 4301, 5101].map(|seq| (seq, Rule::PathMtu)));
}

/// RFC5927-7.2-b: what passed before is believed to pass until the timer says that nothing does.
#[test]
fn a_message_that_progress_contradicts_is_forgotten() {
    let mut solo = in_flight();
    solo.arrive("ACK seq=101 ack=1301");
    assert_eq!(too_big(&mut solo, 1301, 600), Ok(Rule::PathMtuDoubted));
    assert_eq!(mss(&solo), 1000);
    assert_eq!(solo.sent(), [""; 0]);
    solo.arrive("ACK seq=101 ack=2301");
    let again = solo.pass(Duration::from_secs(2));
    assert_eq!((again[0].1.as_str(), mss(&solo)), ("DATA seq=2301..3301 ack=101", 1000));
}

/// RFC5927-7.2-b: with no progress the message was true, and the first timeout (MAXSEGRTO = 1) has segments shrink.
#[test]
fn a_message_in_doubt_is_believed_when_the_timer_comes() {
    let mut solo = in_flight();
    solo.arrive("ACK seq=101 ack=1301");
    assert_eq!(too_big(&mut solo, 1301, 600), Ok(Rule::PathMtuDoubted));
    let again = solo.pass(Duration::from_millis(1001));
    assert_eq!((again[0].1.as_str(), mss(&solo)), ("DATA seq=1301..1901 ack=101", 600));
}

/// RFC1191-6.4-a: of all the messages that one flight draws, the first has it sent again; the window counts the same
/// segments, smaller ones (RFC5681-3.1-i).
#[test]
fn a_burst_of_messages_is_one_retransmission_and_no_congestion() {
    let mut solo = Solo::established(plain());
    solo.write(20_000);
    assert_eq!((solo.sent().len(), solo.connection.vars().cwnd), (5, 10_000));
    let did: Vec<_> =
        [301, 1301, 2301, 3301, 4301].into_iter().map(|quoted| too_big(&mut solo, quoted, 800)).collect();
    assert_eq!((did[0], &did[1..]), (Ok(Rule::PathMtu), &[Err(Refusal::NotTooBig); 4][..]));
    let vars = solo.connection.vars();
    assert_eq!((vars.cwnd, vars.ssthresh), (8000, u32::MAX));
    let sent = solo.sent();
    assert_eq!(sent.len(), 7, "5,000 octets of window, each once: {sent:?}");
    assert_eq!(solo.sent(), [""; 0]);
}

/// RFC8201-5.4-a: too long a packet is no sign of congestion, also where the peer tells of what got through.
#[test]
fn a_packet_that_was_too_long_is_no_sign_of_congestion() {
    let mut solo = in_flight();
    assert_eq!(too_big(&mut solo, 301, 900), Ok(Rule::PathMtu));
    for _ in 0..4 {
        solo.arrive("ACK seq=101 ack=301");
    }
    let vars = solo.connection.vars();
    assert_eq!((vars.cwnd, vars.ssthresh), (9000, u32::MAX));
}

/// A second hop that carries even less: only what is too long for it goes out again.
#[test]
fn a_narrower_link_behind_the_first_is_heard_too() {
    let mut solo = in_flight();
    assert_eq!(too_big(&mut solo, 301, 900), Ok(Rule::PathMtu));
    solo.sent();
    assert_eq!(too_big(&mut solo, 301, 800), Ok(Rule::PathMtu));
    assert_eq!(solo.sent()[0], "DATA seq=301..1101 ack=101");
    assert_eq!(mss(&solo), 800);
}

/// RFC1191-6.3-a: a larger size is tried again after ten minutes, and not before.
#[test]
fn a_larger_size_is_tried_after_ten_minutes_and_not_before() {
    let mut solo = in_flight();
    assert_eq!(too_big(&mut solo, 301, 600), Ok(Rule::PathMtu));
    solo.sent();
    solo.arrive("ACK seq=101 ack=5301");
    solo.pass(Duration::from_millis(599_900));
    assert_eq!(mss(&solo), 600);
    solo.pass(Duration::from_millis(200));
    assert_eq!(mss(&solo), 1000);
    let before = solo.connection.vars().cwnd;
    assert_eq!(solo.write(1000), 1000);
    assert_eq!(solo.sent(), ["DATA seq=5301..6301 ack=101"]);
    assert!(solo.connection.vars().cwnd <= before, "RFC4821-4-b: no more octets because of larger segments");
    assert_eq!(too_big(&mut solo, 5301, 600), Ok(Rule::PathMtu), "and given up again at once");
}

/// RFC4821-4-b: smaller segments make the window no larger, counted in segments; larger ones not, counted in octets.
#[test]
fn the_window_shrinks_with_the_segments_and_does_not_grow_with_them() {
    let mut solo = in_flight();
    for at in [1301, 2301, 3301, 4301, 5301] {
        solo.arrive(&format!("ACK seq=101 ack={at}"));
    }
    let before = solo.connection.vars().cwnd;
    solo.connection.limit_path(solo.now, 500, solo.now + Duration::from_secs(5));
    let lowered = solo.connection.vars();
    assert_eq!((lowered.snd_mss, lowered.cwnd), (512, before * 512 / 1000));
    solo.now = solo.now + Duration::from_secs(6);
    let outcome = solo.connection.on_timer(solo.now, &mut solo.pool);
    assert_eq!(outcome.did, Ok(Rule::PathMtuRaise));
    let raised = solo.connection.vars();
    assert_eq!((raised.snd_mss, raised.cwnd), (1000, lowered.cwnd));
}

/// A SYN is never too long, and nothing is what a closed connection sent.
#[test]
fn a_message_about_a_syn_changes_nothing() {
    let mut solo = Solo::in_state(Phase::SynSent);
    assert_eq!(too_big(&mut solo, 300, 600), Err(Refusal::NotTooBig));
    let mut solo = Solo::in_state(Phase::Closed);
    assert_eq!(too_big(&mut solo, 301, 600), Err(Refusal::Closed));
}

/// What is too long is one stretch, cut anew, also where a loss was told of only a part of it: what the peer has of the
/// stretch counts once (RFC 6675 §4).
#[test]
fn what_a_timeout_lost_and_what_went_out_since_is_one_stretch() {
    let mut solo = Solo::established_with(
        TcpConfig { sack: true, nodelay: true, ..plain() },
        "mss=1000 sackok wnd=60000",
    );
    solo.write(3000);
    assert_eq!(solo.sent().len(), 3);
    solo.pass(Duration::from_millis(1100));
    solo.arrive("ACK seq=101 ack=701 wnd=60000");
    for octets in [700, 100] {
        solo.write(octets);
        assert_eq!(solo.sent().len(), 1);
    }
    assert_eq!(too_big(&mut solo, 3301, 600), Ok(Rule::PathMtu));
    solo.sent();
    solo.arrive("ACK seq=101 ack=701 wnd=60000 sack=1901..4001");
    solo.sent();
    solo.arrive("ACK seq=101 ack=1301 wnd=60000 sack=1901..4001");
    assert_eq!(solo.connection.vars().in_flight, 700, "600 sent again, and the last 100");
    solo.arrive("ACK seq=101 ack=4101 wnd=60000");
    assert_eq!(solo.connection.vars().queued, 0);
}

/// What was too long lies beyond a window that was taken back, and nothing before it is lost: nothing goes out again
/// now, but the timer runs, and it all gets through once the window opens (RFC 9293 SHLD-15, MUST-34).
#[test]
fn what_lies_beyond_a_window_taken_back_keeps_its_timer() {
    let mut solo = Solo::established(TcpConfig { nodelay: true, ..plain() });
    for octets in [50, 950] {
        solo.write(octets);
        assert_eq!(solo.sent().len(), 1);
    }
    solo.arrive("ACK seq=101 ack=301 wnd=40");
    assert_eq!(too_big(&mut solo, 351, 600), Ok(Rule::PathMtu));
    assert_eq!(solo.sent(), [""; 0]);
    assert!(solo.connection.vars().timers.retransmit.is_set());
    let again = solo.pass(Duration::from_secs(2));
    assert_eq!(again[0].1, "DATA seq=301..341 ack=101");
}

/// A server that answers before the third segment has come, its caller known by a cookie (RFC 7413 §4.2.2); nothing
/// was sent yet.
fn answering_early() -> Solo {
    let mut solo = Solo::connecting(plain());
    let config = Arc::new(plain());
    let syn = parse("SYN seq=100 mss=1000 wnd=60000");
    let half = HalfOpen::new(solo.now, &syn, SeqNum(300), 0, &config);
    solo.connection = Connection::from_fast_open(solo.now, &half, &syn, None, MSS, &config, &mut solo.pool);
    solo
}

/// What is known of the path counts for early answers too (RFC 8201 §5.2), until it is forgotten.
#[test]
fn early_answers_are_no_longer_than_the_path_is_known_to_carry() {
    let mut solo = answering_early();
    let until = solo.now + Duration::from_millis(500);
    solo.connection.limit_path(solo.now, 700, until);
    solo.write(1400);
    assert_eq!(solo.headers().iter().map(|(_, len)| *len).collect::<Vec<_>>(), [0, 700, 700]);
    solo.pass(Duration::from_millis(600));
    assert_eq!(mss(&solo), 1000);
}

/// The same where both called at once: what both ends take is known before our SYN is acknowledged.
#[test]
fn a_limit_told_between_two_crossing_syns_and_their_acks_counts() {
    let mut solo = Solo::connecting(plain());
    solo.sent();
    solo.arrive("SYN seq=100 mss=1000 wnd=60000");
    solo.connection.limit_path(solo.now, 700, solo.now + Duration::from_secs(600));
    solo.arrive("ACK seq=101 ack=301 wnd=60000");
    assert_eq!((solo.phase(), mss(&solo)), (Phase::Established, 700));
}

/// A router is believed of an early answer, but not of the SYN-ACK; the answer goes out again in smaller segments.
#[test]
fn an_early_answer_that_was_too_long_goes_out_again_at_once() {
    let mut solo = answering_early();
    solo.write(2000);
    assert_eq!(solo.sent().len(), 3);
    assert_eq!(too_big(&mut solo, 300, 700), Err(Refusal::NotTooBig), "that is the SYN-ACK");
    assert_eq!(too_big(&mut solo, 301, 700), Ok(Rule::PathMtu));
    assert_eq!(mss(&solo), 700);
    assert!(solo.connection.has_output());
    assert_eq!(solo.reasons(), [301, 1001, 1701].map(|seq| (seq, Rule::PathMtu)));
    assert_eq!(solo.phase(), Phase::SynReceived);
    solo.arrive("ACK seq=101 ack=2301 wnd=60000");
    assert_eq!((solo.phase(), mss(&solo), solo.sent()), (Phase::Established, 700, vec![]));
}
