//! Corner cases of TIME-WAIT, each by its number in the list of corner cases.

mod common;

use std::time::Duration;

use common::notation::parse;
use common::solo::{Solo, bare, plain};
use cordial_tcp::{Instant, Phase, Refusal, TcpConfig, TimeWait, TimeWaitNext};

const NOW: Instant = Instant::from_millis(60_000);

/// What is kept of a connection whose ISS was 300, the peer's 100; its last timestamp was 50.
fn time_wait(timestamps: bool) -> (TimeWait, TcpConfig) {
    let config = TcpConfig { timestamps, ..plain() };
    let ts = |value: u64| if timestamps { format!(" ts={value}:0") } else { String::new() };
    let mut solo = Solo::connecting(config.clone());
    solo.sent();
    solo.arrive(&format!("SYN+ACK seq=100 ack=301{}", ts(49)));
    solo.sent();
    solo.shutdown();
    solo.sent();
    let answers = solo.answers(&format!("FIN+ACK seq=101 ack=302{}", ts(50)));
    assert_eq!((answers, solo.phase()), (vec!["ACK seq=302 ack=102".to_owned()], Phase::TimeWait));
    let kept = solo.connection.take_time_wait(NOW).expect("it is in TIME-WAIT");
    assert_eq!(solo.phase(), Phase::Closed);
    (kept, config)
}

/// MUST-13.
#[test]
fn corner_c68_how_long_and_what_restarts_it() {
    let (mut kept, config) = time_wait(false);
    let due = kept.deadline().instant(NOW).expect("armed");
    let tick = Duration::from_micros(64);
    assert!(due >= NOW + Duration::from_secs(60) && due <= NOW + Duration::from_secs(60) + tick, "2MSL");
    assert!(!kept.is_over(NOW + Duration::from_millis(59_999)) && kept.is_over(due));

    let later = NOW + Duration::from_secs(40);
    for other in [
        "ACK seq=102 ack=302",
        "ACK seq=101 ack=302",
        "DATA seq=91..101 ack=302",
        "RST seq=102",
        "SYN seq=90",
    ] {
        let outcome = kept.on_segment(later, &parse(other), &config);
        assert_eq!(outcome.next, TimeWaitNext::Stay, "{other}");
        assert_eq!(kept.deadline().instant(later), Some(due), "{other} restarts nothing");
    }
    let outcome = kept.on_segment(later, &parse("FIN+ACK seq=101 ack=302"), &config);
    assert_eq!(outcome.next, TimeWaitNext::Restarted);
    let due = kept.deadline().instant(later).expect("armed");
    assert!(due >= later + Duration::from_secs(60) && due <= later + Duration::from_secs(60) + tick);
}

#[test]
fn corner_c69_whatever_arrives() {
    let ack = Some("ACK seq=302 ack=102");
    for (segment, answer) in [
        ("DATA seq=102..112 ack=302", ack),
        ("DATA seq=91..101 ack=302", ack),
        ("ACK seq=102 ack=302", None),
        ("SYN seq=90", None),
        ("RST seq=102", None),
        ("RST+ACK seq=102 ack=302", None),
        ("SYN+ACK seq=100 ack=301", ack),
    ] {
        let (mut kept, config) = time_wait(false);
        let outcome = kept.on_segment(NOW, &parse(segment), &config);
        assert_eq!(outcome.reply.as_ref().map(bare).as_deref(), answer, "{segment}");
        assert_eq!(outcome.next, TimeWaitNext::Stay, "{segment}");
    }
}

/// RFC 6191 §2, all of it (SHLD-4; RFC6191-2-a, RFC6191-2-b, RFC6191-2-c, RFC6191-2-d, RFC6191-2-e, RFC6191-2-f): whether the old connection had timestamps, whether the new one would, and how timestamp and
/// number compare with the last ones seen. The last number used is the FIN's, 101.
#[test]
fn corner_c70_a_syn_reopens_by_timestamp_or_number() {
    let newer = TimeWaitNext::Reopen { above: cordial_wire::SeqNum(302) };
    for (had, has, seq, reopens) in [
        // Timestamps before and now: newer, equal, older.
        (true, Some(51), 102, true),
        (true, Some(51), 101, true),
        (true, Some(51), 50, true),
        (true, Some(50), 102, true),
        (true, Some(50), 101, false),
        (true, Some(50), 50, false),
        (true, Some(49), 102, false),
        (true, Some(49), 50, false),
        // None now: the number decides.
        (true, None, 102, true),
        (true, None, 101, false),
        (true, None, 50, false),
        // None before, some now: honored.
        (false, Some(1), 102, true),
        (false, Some(1), 50, true),
        // None ever.
        (false, None, 102, true),
        (false, None, 101, false),
        (false, None, 50, false),
    ] {
        let (mut kept, mut config) = time_wait(had);
        config.timestamps = true;
        let ts = has.map_or(String::new(), |value: u32| format!(" ts={value}:0"));
        let outcome = kept.on_segment(NOW, &parse(&format!("SYN seq={seq}{ts}")), &config);
        let case = format!("had {had}, has {has:?}, seq {seq}");
        assert_eq!(outcome.next, if reopens { newer } else { TimeWaitNext::Stay }, "{case}");
        assert_eq!(outcome.reply, None, "silence, or a listener's answer: {case}");
        assert_eq!(outcome.did.err(), (!reopens).then_some(Refusal::OldSyn), "{case}");
    }
    // A SYN with timestamps where we would agree to none counts as one without.
    let (mut kept, config) = time_wait(false);
    assert_eq!(kept.on_segment(NOW, &parse("SYN seq=50 ts=1:0"), &config).next, TimeWaitNext::Stay);
}
