//! Window scaling (RFC 7323 §2).

mod common;

use std::sync::Arc;

use common::notation::parse;
use common::solo::{Solo, plain};
use cordial_tcp::{HalfOpen, Instant, Refusal, Rule, TcpConfig};
use cordial_wire::SeqNum;

fn scaling() -> TcpConfig {
    TcpConfig { window_scaling: true, ..plain() }
}

/// RFC7323-2.2-a: an offer that is not answered, and a SYN without one, leave windows as they stand, both ways.
#[test]
fn scaling_is_on_only_if_both_syns_offer_it() {
    for offered in [false, true] {
        let mut solo = Solo::connecting(scaling());
        assert_eq!(solo.headers()[0].0.options.window_scale, Some(7));
        solo.arrive(&format!("SYN+ACK seq=100 ack=301 mss=1000 {}", if offered { "ws=3" } else { "" }));
        let window = solo.headers()[0].0.window;
        solo.arrive("ACK seq=101 ack=301 wnd=100");
        let told = (solo.connection.vars().snd_wnd, window);
        assert_eq!(told, if offered { (800, 1024) } else { (100, 65_535) });
    }
    let syn_ack = |syn: &str| {
        let (config, now) = (scaling(), Instant::from_millis(5));
        HalfOpen::new(now, &parse(syn), SeqNum(300), 0, &config).syn_ack(now, 1000, &config)
    };
    assert_eq!(syn_ack("SYN seq=100 mss=1000").options.window_scale, None);
    assert_eq!(syn_ack("SYN seq=100 mss=1000 ws=0").options.window_scale, Some(7));
}

/// RFC7323-2.2-b: a scale on a segment without SYN changes nothing.
#[test]
fn a_scale_after_the_syns_is_ignored() {
    let mut solo = Solo::established_with(scaling(), "mss=1000 ws=2");
    solo.arrive("ACK seq=101 ack=301 wnd=100 ws=14");
    assert_eq!(solo.connection.vars().snd_wnd, 400);
    solo.arrive("ACK seq=101 ack=301 wnd=200");
    assert_eq!(solo.connection.vars().snd_wnd, 800);
}

/// RFC7323-2.2-c: the windows of SYN and SYN-ACK are as they stand; RFC7323-2.3-a: all others are shifted, the peer's by its
/// shift and ours by ours.
#[test]
fn windows_of_syns_are_never_shifted_and_all_others_are() {
    let mut solo = Solo::connecting(scaling());
    assert_eq!(solo.headers()[0].0.window, 65_535, "131,072 would not fit");
    solo.arrive("SYN+ACK seq=100 ack=301 mss=1000 wnd=1000 ws=3");
    assert_eq!(solo.connection.vars().snd_wnd, 1000);
    assert_eq!(u32::from(solo.headers()[0].0.window), solo.connection.vars().rcv_wnd >> 7);
    assert_eq!(solo.connection.vars().rcv_wnd, 131_072);
    solo.arrive("ACK seq=101 ack=301 wnd=100");
    assert_eq!(solo.connection.vars().snd_wnd, 800);
    let small = TcpConfig { receive_buffer: 3000, ..scaling() };
    let half = HalfOpen::new(solo.now, &parse("SYN seq=100 ws=7"), SeqNum(300), 0, &small);
    assert_eq!(half.syn_ack(solo.now, 1000, &small).window, 3000);
}

/// RFC7323-2.2-d: whoever may grow windows offers to scale, however small its own is.
#[test]
fn a_small_buffer_offers_scaling_too() {
    let mut solo =
        Solo::connecting(TcpConfig { receive_buffer: 4096, receive_buffer_max: 4096, ..scaling() });
    assert!(solo.headers()[0].0.options.window_scale.is_some());
}

/// RFC7323-2.3-b: a shift above 14 is 14, in either role.
#[test]
fn a_shift_above_fourteen_is_fourteen() {
    for shift in [14, 15, 255] {
        let mut solo = Solo::established_with(scaling(), &format!("mss=1000 ws={shift}"));
        solo.arrive("ACK seq=101 ack=301 wnd=3");
        assert_eq!(solo.connection.vars().snd_wnd, 3 << 14, "{shift}");
        let syn = format!("SYN seq=100 mss=1000 ws={shift}");
        let passive = Solo::passive(scaling(), &syn, "ACK seq=101 ack=301 wnd=3");
        assert_eq!(passive.connection.vars().snd_wnd, 3 << 14, "{shift}");
    }
}

/// RFC7323-2.3-c: a SYN-ACK that is sent again says what the first one did.
#[test]
fn a_syn_ack_sent_again_has_the_same_options() {
    let config = Arc::new(TcpConfig::default());
    let mut now = Instant::from_millis(5_000);
    let syn = parse("SYN seq=100 mss=1000 ws=3 sackok ts=7:0");
    let mut half = HalfOpen::new(now, &syn, SeqNum(300), 0, &config);
    let first = half.syn_ack(now, 1000, &config).options;
    assert!(first.mss.is_some() && first.window_scale.is_some() && first.sack_permitted);
    let unstamped = |mut options: cordial_wire::Options| {
        options.timestamps.as_mut().expect("agreed on").value = 0;
        options
    };
    now = half.deadline().instant(now).expect("armed");
    let outcome = half.on_timer(now, 1000, &config);
    assert_eq!(outcome.did, Ok(Rule::Timeout));
    assert_eq!(unstamped(outcome.reply.expect("a SYN-ACK").options), unstamped(first));
    let again = half.on_segment(now, &syn, 1000, &config).reply.expect("a SYN-ACK");
    assert_eq!(unstamped(again.options), unstamped(first));
}

/// RFC7323-2.4-a, RFC7323-2.4-b: small segments make the scaled window move its edge past the buffer's end and back, by less
/// than its unit. What was promised once is taken, up to the last octet, and not one beyond it.
#[test]
fn what_was_promised_is_taken_though_the_edge_moved_back() {
    let mut solo = Solo::established_with(scaling(), "mss=1000 ws=0");
    let (mut told, mut highest) = (Vec::new(), 101 + 131_072);
    for at in (101..3000).step_by(64) {
        solo.arrive(&format!("DATA seq={at}..{} ack=301", at + 64));
        solo.pass(std::time::Duration::from_millis(1));
        solo.arrive(&format!("DATA seq={at}..{} ack=301", at + 1));
        for (header, _) in solo.headers() {
            told.push(header.ack_number.0 + (u32::from(header.window) << 7));
        }
        highest = highest.max(*told.last().expect("a duplicate is answered"));
    }
    let last = *told.last().expect("some");
    assert!(last < highest && highest - last < 128, "the edge moved back: {told:?}");
    let at = |start: u32| format!("DATA seq={start}..{} ack=301", start + 1);
    assert_eq!(solo.arrive(&at(highest - 1)).did, Ok(Rule::TextAhead));
    assert_eq!(solo.arrive(&at(highest)).did, Err(Refusal::OutsideWindow));
}
