//! Timestamps and PAWS (RFC 7323 §3 to §5).

mod common;

use std::time::Duration;

use common::notation::parse;
use common::solo::{Solo, plain};
use cordial_tcp::{Keepalive, Phase, Refusal, Rule, TcpConfig, reset_for};
use cordial_wire::{Segment, Timestamps};

fn stamped() -> TcpConfig {
    TcpConfig { timestamps: true, ..plain() }
}

/// ESTABLISHED with timestamps; TS.Recent is 1,000.
fn established() -> Solo {
    Solo::established_with(stamped(), "mss=1012 ts=1000:5000")
}

fn stamps(solo: &mut Solo) -> Vec<Option<Timestamps>> {
    solo.headers().iter().map(|(header, _)| header.options.timestamps).collect()
}

/// What the next ACK echoes.
fn echo(solo: &mut Solo) -> u32 {
    solo.now = solo.now + Duration::from_millis(50);
    solo.connection.on_timer(solo.now, &mut solo.pool);
    stamps(solo).first().copied().flatten().expect("a timestamp").echo
}

/// RFC7323-3.2-a: all segments of a connection that agreed on timestamps have them: ACKs, octets, also sent again, probes of
/// both kinds, the FIN. Where only one end offered, none has.
#[test]
fn timestamps_are_on_every_segment_or_on_none() {
    for agreed in [true, false] {
        let keepalive = Some(Keepalive { idle: Duration::from_secs(9), ..Keepalive::default() });
        let options = if agreed { "mss=1012 ts=1000:5000" } else { "mss=1012" };
        let mut solo = Solo::established_with(TcpConfig { keepalive, ..stamped() }, options);
        let ts = |value: u32| if agreed { format!(" ts={value}:5000") } else { String::new() };
        let mut all = Vec::new();
        let step = |solo: &mut Solo, all: &mut Vec<_>, wait: u64| {
            solo.now = solo.now + Duration::from_millis(wait);
            solo.connection.on_timer(solo.now, &mut solo.pool);
            let sent = stamps(solo);
            assert!(!sent.is_empty());
            all.extend(sent);
        };
        step_on(&mut solo, &format!("DATA seq=101..201 ack=301{}", ts(1001)));
        step(&mut solo, &mut all, 50);
        solo.write(10);
        step(&mut solo, &mut all, 0);
        step(&mut solo, &mut all, 1500);
        step_on(&mut solo, &format!("ACK seq=201 ack=311 wnd=0{}", ts(1002)));
        step(&mut solo, &mut all, 12_000);
        solo.write(10);
        step(&mut solo, &mut all, 12_000);
        step_on(&mut solo, &format!("ACK seq=201 ack=311 wnd=5000{}", ts(1003)));
        step(&mut solo, &mut all, 0);
        solo.shutdown();
        step(&mut solo, &mut all, 0);
        assert!(all.len() >= 7 && all.iter().all(|stamp| stamp.is_some() == agreed), "{agreed} {all:?}");
    }
}

fn step_on(solo: &mut Solo, text: &str) {
    assert!(solo.arrive(text).did.is_ok(), "{text}");
}

/// RFC7323-3.2-b: without an ACK there is nothing to echo: our SYN says zero, and what the peer's says changes nothing.
#[test]
fn a_syn_echoes_nothing() {
    let mut solo = Solo::connecting(stamped());
    assert_eq!(stamps(&mut solo)[0].expect("offered").echo, 0);
    let passive = |echo: u32| {
        let syn = format!("SYN seq=100 mss=1012 ts=7:{echo}");
        Solo::passive(stamped(), &syn, "ACK seq=101 ack=301 ts=8:5000").connection.vars()
    };
    assert_eq!(passive(0), passive(777));
}

/// RFC7323-3.2-c, RFC7323-3.2-d: once timestamps are agreed on, what has none is dropped without a word, as often as it comes,
/// also where it would end the handshake.
#[test]
fn a_segment_without_a_timestamp_is_dropped_in_silence() {
    let mut solo = established();
    for _ in 0..100 {
        assert_eq!(solo.arrive("DATA seq=101..201 ack=301").did, Err(Refusal::NoTimestamp));
        assert_eq!(solo.sent(), [""; 0]);
    }
    assert_eq!((solo.phase(), solo.connection.vars().unread), (Phase::Established, 0));
    step_on(&mut solo, "DATA seq=101..201 ack=301 ts=1001:5000");
    assert_eq!(solo.connection.vars().unread, 100);

    let now = solo.now;
    let mut half = cordial_tcp::HalfOpen::new(
        now,
        &parse("SYN seq=100 mss=1012 ts=7:0"),
        cordial_wire::SeqNum(300),
        0,
        &stamped(),
    );
    let outcome = half.on_segment(now, &parse("ACK seq=101 ack=301"), 1000, &stamped());
    assert_eq!((outcome.did, outcome.reply), (Err(Refusal::NoTimestamp), None));
}

/// RFC7323-3.2-e: where they were not agreed on, a timestamp is passed over, however old it would be; and none is sent.
#[test]
fn a_timestamp_that_nobody_agreed_on_is_passed_over() {
    let mut solo = Solo::established(plain());
    step_on(&mut solo, "DATA seq=101..201 ack=301 ts=4294967280:1");
    step_on(&mut solo, "DATA seq=201..301 ack=301 ts=4294967270:1");
    assert_eq!(solo.connection.vars().unread, 200);
    solo.pass(Duration::from_millis(50));
    solo.write(10);
    assert_eq!(stamps(&mut solo), [None]);
}

/// RFC7323-4.1-a: our clock ticks once a millisecond of real time. RFC7323-5.4-a: so it ticks more than once in the time that
/// 2³¹ octets take at 10 Gbit/s, 1.7 s, and it goes round in 49 days, which is longer than any segment lives.
#[test]
fn the_clock_keeps_pace_with_time() {
    let mut solo = established();
    let mut value = |wait: Duration| {
        solo.now = solo.now + wait;
        solo.arrive("DATA seq=50..60 ack=301 ts=1000:5000");
        stamps(&mut solo)[0].expect("agreed").value
    };
    let mut last = value(Duration::ZERO);
    for millis in [1, 10, 999, 1717, 3_600_000, 86_400_000, 40 * 86_400_000] {
        let next = value(Duration::from_millis(millis));
        let ticks = f64::from(next.wrapping_sub(last));
        assert!((ticks / millis as f64 - 1.0).abs() < 0.05, "{ticks} in {millis} ms");
        last = next;
    }
}

/// RFC7323-4.1-b: a round trip is read off an echo only if the ACK moves SND.UNA.
#[test]
fn an_echo_that_acknowledges_nothing_new_measures_nothing() {
    let config = TcpConfig { sack: true, ..stamped() };
    let mut solo = Solo::established_with(config, "mss=1012 sackok ts=1000:5000");
    let mss = u32::from(solo.connection.vars().snd_mss);
    solo.write(3 * mss as usize);
    solo.sent();
    solo.pass(Duration::from_millis(250));
    // The first again is acknowledged, so the other two go out again.
    step_on(&mut solo, &format!("ACK seq=101 ack={} ts=1001:5200", 301 + mss));
    assert_eq!(solo.sent().len(), 2);
    let before = solo.connection.vars().srtt;
    solo.now = solo.now + Duration::from_millis(90);
    let sent_at = (solo.now.as_millis() - 90) as u32;
    let (una, third) = (301 + mss, 301 + 2 * mss);
    let sacked = format!("sack={third}..{}", third + mss);
    step_on(&mut solo, &format!("ACK seq=101 ack={una} ts=1002:{sent_at} {sacked}"));
    assert_eq!(solo.connection.vars().srtt, before);
    step_on(&mut solo, &format!("ACK seq=101 ack={third} ts=1003:{sent_at}"));
    assert_ne!(solo.connection.vars().srtt, before, "this one does");
}

/// RFC7323-4.2-a: of many samples in one round trip each counts for less. With 16 segments in flight 8 ACKs are expected:
/// the first of them moves the estimate by an eighth of what a single one would.
#[test]
fn many_samples_of_one_round_trip_count_for_less() {
    let moved = |segments: usize| {
        let mut solo = Solo::connecting(plain());
        solo.sent();
        solo.now = solo.now + Duration::from_millis(100);
        solo.arrive("SYN+ACK seq=100 ack=301 mss=1000 wnd=65535");
        solo.sent();
        // The congestion window grows to what is wanted, in round trips like the first.
        for _ in 0..3 {
            solo.write(20_000);
            while solo.connection.vars().queued > 0 {
                solo.sent();
                solo.now = solo.now + Duration::from_millis(100);
                let nxt = solo.connection.vars().snd_nxt.0;
                solo.arrive(&format!("ACK seq=101 ack={nxt} wnd=65535"));
            }
        }
        let before = solo.connection.vars().srtt.expect("measured");
        solo.write(segments * 1000);
        assert_eq!(solo.sent().len(), segments);
        solo.now = solo.now + Duration::from_millis(500);
        let una = solo.connection.vars().snd_una.0;
        let acked = una + 1000 * segments.min(2) as u32;
        solo.arrive(&format!("ACK seq=101 ack={acked} wnd=65535"));
        (solo.connection.vars().srtt.expect("measured") - before).as_secs_f64()
    };
    let (one, many) = (moved(1), moved(16));
    assert!((one - 0.050).abs() < 0.001, "an eighth of 400 ms: {one}");
    assert!((one / many - 8.0).abs() < 0.5, "{one} {many}");
}

/// RFC7323-4.3-a: an ACK that was held back echoes the first of those it waited for.
#[test]
fn a_held_back_ack_echoes_the_earliest() {
    let mut solo = established();
    step_on(&mut solo, "DATA seq=101..111 ack=301 ts=1001:5000");
    step_on(&mut solo, "DATA seq=111..116 ack=301 ts=1002:5000");
    step_on(&mut solo, "DATA seq=116..119 ack=301 ts=1003:5000");
    assert_eq!(echo(&mut solo), 1001);
}

/// RFC7323-4.3-b: behind a hole, the last segment that was in order is echoed. RFC7323-4.3-c: and what fills the hole, once it
/// does. RFC7323-5.3-b: what waited behind it is not judged again by then.
#[test]
fn a_hole_and_what_fills_it() {
    let mut solo = established();
    step_on(&mut solo, "DATA seq=101..111 ack=301 ts=1001:5000");
    assert_eq!(echo(&mut solo), 1001);
    step_on(&mut solo, "DATA seq=121..131 ack=301 ts=1003:5000");
    assert_eq!(echo(&mut solo), 1001);
    step_on(&mut solo, "DATA seq=131..141 ack=301 ts=1003:5000");
    assert_eq!(echo(&mut solo), 1001);
    step_on(&mut solo, "DATA seq=111..121 ack=301 ts=1005:5000");
    assert_eq!(echo(&mut solo), 1005);
    assert_eq!(solo.connection.vars().unread, 40);
}

/// RFC7323-4.3-d: TS.Recent moves on only to a timestamp that is not older, of a segment that begins at or before what was
/// acknowledged last.
#[test]
fn what_ts_recent_follows() {
    for (segment, recent) in [
        ("DATA seq=111..121 ack=301 ts=1009:5000", 1009),
        ("DATA seq=112..122 ack=301 ts=1009:5000", 1001),
        ("DATA seq=101..121 ack=301 ts=1009:5000", 1009),
        ("DATA seq=101..111 ack=301 ts=1009:5000", 1001),
        ("DATA seq=111..121 ack=301 ts=1001:5000", 1001),
        ("DATA seq=111..121 ack=301 ts=1000:5000", 1001),
        ("RST seq=115 ts=1009:5000", 1001),
    ] {
        let mut solo = established();
        step_on(&mut solo, "DATA seq=101..111 ack=301 ts=1001:5000");
        assert_eq!(echo(&mut solo), 1001);
        let _ = solo.arrive(segment);
        assert_eq!(echo(&mut solo), recent, "{segment}");
    }
}

/// RFC7323-5.2-a: a reset is judged by its number, however old its timestamp.
#[test]
fn an_old_timestamp_keeps_no_reset_out() {
    let mut solo = established();
    let old = 1000_u32.wrapping_sub(1 << 30);
    assert_eq!(solo.arrive(&format!("RST seq=101 ts={old}:5000")).did, Ok(Rule::Reset));
    assert_eq!(solo.phase(), Phase::Closed);
}

/// RFC7323-5.2-b: a reset echoes what it answers, and says nothing of a clock; one of our own has the connection's timestamps.
#[test]
fn resets_have_timestamps() {
    for text in ["ACK seq=101 ack=301 ts=77:5", "DATA seq=101..111 ts=77:5"] {
        let reset = reset_for(&parse(text)).expect("a reset");
        assert_eq!(reset.options.timestamps, Some(Timestamps { value: 0, echo: 77 }), "{text}");
    }
    assert_eq!(
        reset_for(&parse("ACK seq=101 ack=301")).expect("a reset").options,
        Segment::default().options
    );
    let mut solo = established();
    let reset = solo.connection.abort(solo.now, &mut solo.pool).reply.expect("a reset");
    assert_eq!(reset.options.timestamps, Some(Timestamps { value: 5000, echo: 1000 }));
}

/// RFC7323-5.3-a: what is older than TS.Recent is answered and dropped, before it is asked where it lies. RFC7323-5.3-c:
/// older is meant on a circle.
#[test]
fn older_segments_are_answered_and_dropped() {
    for (value, taken) in
        [(999_u32, false), (1000, true), (1001, true), (0x8000_03e7, true), (0x8000_03e9, false)]
    {
        let mut solo = established();
        let did = solo.arrive(&format!("DATA seq=101..111 ack=301 ts={value}:5000")).did;
        if taken {
            assert_eq!(did, Ok(Rule::Text), "{value}");
        } else {
            assert_eq!((did, solo.sent().len()), (Err(Refusal::OldTimestamp), 1), "{value}");
        }
    }
    let mut solo = established();
    assert_eq!(solo.arrive("DATA seq=90001..90011 ack=301 ts=999:5000").did, Err(Refusal::OldTimestamp));
    let mut wrapping = Solo::established_with(stamped(), "mss=1012 ts=4294967280:5000");
    step_on(&mut wrapping, "DATA seq=101..111 ack=301 ts=5:5000");
}

/// RFC7323-5.5-a: after 24 days without a segment TS.Recent means nothing: the peer's clock may have gone half way round.
#[test]
fn what_was_seen_24_days_ago_keeps_nothing_out() {
    for (days, taken) in [(23, false), (25, true)] {
        let mut solo = established();
        solo.now = solo.now + Duration::from_secs(days * 86_400);
        let did = solo.arrive("DATA seq=101..111 ack=301 ts=900:5000").did;
        assert_eq!(did.is_ok(), taken, "{days} days: {did:?}");
    }
}

/// RFC7323-A-a: options take their room from the octets beside them.
#[test]
fn options_take_room_from_the_data() {
    let config = TcpConfig { sack: true, ..stamped() };
    let mut solo = Solo::established_with(config, "mss=1000 sackok ts=1000:5000");
    solo.write(988);
    let longest = |solo: &mut Solo| solo.headers().iter().map(|&(_, len)| len).max();
    assert_eq!(longest(&mut solo), Some(1000 - 12));
    for (blocks, at) in [(1, 201), (2, 401), (3, 601)] {
        let una = solo.connection.vars().snd_una.0;
        step_on(&mut solo, &format!("DATA seq={at}..{} ack={una} ts=1001:5000", at + 100));
        solo.write(3000);
        assert_eq!(longest(&mut solo), Some(1000 - 12 - 4 - 8 * blocks), "{blocks} blocks");
        let nxt = solo.connection.vars().snd_nxt.0;
        step_on(&mut solo, &format!("ACK seq=101 ack={nxt} ts=1001:5000"));
        while solo.connection.vars().queued > 0 {
            solo.sent();
            let nxt = solo.connection.vars().snd_nxt.0;
            step_on(&mut solo, &format!("ACK seq=101 ack={nxt} ts=1001:5000"));
        }
    }
}
