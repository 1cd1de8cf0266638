//! Windows that shrink, close and open by little (RFC 9293 §3.8.6).

mod common;

use std::time::Duration;

use common::solo::{Solo, plain, seconds};
use cordial_tcp::{CloseCause, Phase, Room, TcpConfig};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

const HOUR: Duration = Duration::from_secs(3600);

/// Ten thousand octets in flight, then the peer's window shrinks.
fn shrunk_to(window: u32) -> Solo {
    let mut solo = Solo::established(plain());
    solo.arrive("ACK seq=101 ack=301 wnd=20000");
    solo.write(12_000);
    assert_eq!(solo.sent().len(), 10);
    solo.arrive(&format!("ACK seq=101 ack=301 wnd={window}"));
    solo
}

fn ends(sent: &[(u64, String)]) -> Vec<u32> {
    let range = |text: &str| {
        text.split("seq=").nth(1)?.split_whitespace().next()?.split("..").nth(1).map(str::to_owned)
    };
    sent.iter().filter_map(|(_, text)| range(text)?.parse().ok()).collect()
}

/// MUST-34: a usable window below zero breaks nothing, and once the window is back so is the transfer. SHLD-15: nothing new goes
/// out. SHLD-16: what lies inside goes out again. RFC7323-2.4-c: and nothing else does, first or again.
#[test]
fn inside_a_shrunken_window_old_octets_go_out_again_and_no_new_ones() {
    let mut solo = shrunk_to(2000);
    let sent = solo.pass(ms(3_000));
    assert!(sent.len() >= 3, "{sent:?}");
    assert_eq!(sent[0].1, "DATA seq=301..1301 ack=101");
    assert!(ends(&sent).iter().all(|&end| end <= 2301), "{sent:?}");
    solo.arrive("ACK seq=101 ack=2301 wnd=500");
    let sent = solo.pass(ms(10_000));
    assert_eq!(sent[0].1, "DATA seq=2301..2801 ack=101", "as much as the window takes");
    assert!(ends(&sent).iter().all(|&end| end <= 2801), "{sent:?}");
    solo.arrive("ACK seq=101 ack=2801 wnd=20000");
    while solo.connection.vars().queued > 0 {
        solo.pass(ms(1_000));
        let nxt = solo.connection.vars().snd_nxt.0;
        solo.arrive(&format!("ACK seq=101 ack={nxt} wnd=20000"));
    }
    assert_eq!(solo.connection.vars().snd_una.0, 301 + 12_000);
}

/// MUST-35: a window that shrinks to zero is probed by what is outstanding, one segment at a time and less and less often.
#[test]
fn a_window_that_shrank_to_nothing_is_probed() {
    let mut solo = shrunk_to(0);
    let sent = solo.pass(ms(7_000));
    assert_eq!(seconds(&sent), [0.2, 0.6, 1.4, 3.0, 6.2]);
    assert!(sent.iter().all(|(_, text)| text == "DATA seq=301..1301 ack=101"), "{sent:?}");
    solo.arrive("ACK seq=101 ack=301 wnd=20000");
    let sent = solo.pass(ms(13_000));
    assert_eq!(sent[0].1, "DATA seq=301..1301 ack=101");
    solo.arrive("ACK seq=101 ack=1301 wnd=20000");
    assert_eq!(solo.sent().len(), 2, "and on from there");
}

/// SHLD-17: what lies beyond the edge may stay unacknowledged for long: the peer answers.
#[test]
fn octets_beyond_the_edge_end_nothing() {
    let mut solo = shrunk_to(2000);
    solo.arrive("ACK seq=101 ack=2301 wnd=0");
    let until = solo.elapsed() + HOUR;
    while solo.elapsed() < until {
        if !solo.pass(ms(1_000)).is_empty() {
            solo.arrive("ACK seq=101 ack=2301 wnd=0");
        }
    }
    assert_eq!((solo.phase(), solo.cause()), (Phase::Established, None));
}

/// Five thousand octets wait for a window that is closed.
fn closed() -> Solo {
    let mut solo = Solo::established(plain());
    solo.arrive("ACK seq=101 ack=301 wnd=0");
    solo.write(5_000);
    assert_eq!(solo.sent(), [""; 0]);
    solo
}

/// MUST-36: a closed window is probed; SHLD-29: first after a timeout; SHLD-30: then after twice as long each time. What the
/// answer to a probe says of the window counts, so that an update that was lost is made up for.
/// Shows RFC1122-4.2.2.17-a.
#[test]
fn a_closed_window_is_probed() {
    let mut solo = closed();
    let rto = solo.connection.vars().rto.as_secs_f64();
    let sent = solo.pass(ms(500_000));
    assert_eq!(seconds(&sent)[..7], [0.2, 0.6, 1.4, 3.0, 6.2, 12.6, 25.4]);
    assert!((rto - 0.2).abs() < 0.001 && sent.iter().all(|(_, text)| text == "ACK seq=300 ack=101"));

    let mut solo = closed();
    solo.pass(ms(1_000));
    solo.arrive("ACK seq=101 ack=301 wnd=5000");
    assert_eq!(solo.sent().len(), 5);
}

/// MUST-37: probes that are answered never end a connection, RFC6429-4-a: in 48 hours either; but who has to make room may
/// abort it then, and gets its memory back.
/// Shows RFC1122-4.2.2.17-a.
#[test]
fn a_window_may_stay_closed_for_two_days() {
    let mut solo = closed();
    let mut most = 0;
    while solo.elapsed() < 48 * HOUR {
        let probes = solo.pass(ms(60_000)).len();
        most = most.max(probes);
        if probes > 0 {
            solo.arrive("ACK seq=101 ack=301 wnd=0");
        }
    }
    assert!(most > 0 && solo.phase() == Phase::Established);
    let held = solo.pool.in_use();
    assert!(solo.abort().is_some());
    assert_eq!((solo.cause(), solo.pool.in_use()), (Some(CloseCause::Aborted), 0), "{held} octets");
}

/// MUST-38: a window that opens by 50 octets is not filled by 50 octets: it is used once a segment fits, or half of the largest
/// window seen.
#[test]
fn a_window_that_opens_by_little_is_not_filled_by_little() {
    let mut solo = closed();
    for window in (50..1000).step_by(50) {
        solo.arrive(&format!("ACK seq=101 ack=301 wnd={window}"));
        assert_eq!(solo.sent(), [""; 0], "{window}");
        solo.now = solo.now + ms(1);
    }
    solo.arrive("ACK seq=101 ack=301 wnd=1000");
    assert_eq!(solo.sent(), ["DATA seq=301..1301 ack=101"]);

    let mut small = Solo::connecting(plain());
    small.sent();
    small.arrive("SYN+ACK seq=100 ack=301 mss=1000 wnd=600");
    small.sent();
    small.write(5_000);
    assert_eq!(small.sent(), ["DATA seq=301..901 ack=101"], "all that the peer ever offered");
    small.arrive("ACK seq=101 ack=901 wnd=299");
    assert_eq!(small.sent(), [""; 0]);
    small.arrive("ACK seq=101 ack=901 wnd=300");
    assert_eq!(small.sent(), ["DATA seq=901..1201 ack=101"], "half of that");
}

/// RFC9293-3.8.6.2.1-a: what a small window holds back goes out after a while all the same, between 0.1 s and 1 s, however
/// long the timeout is.
#[test]
fn a_small_window_is_used_within_a_second() {
    for trip in [0, 3_000] {
        let mut solo = Solo::connecting(plain());
        solo.sent();
        solo.now = solo.now + ms(trip);
        solo.arrive("SYN+ACK seq=100 ack=301 mss=1000 wnd=5000");
        solo.sent();
        solo.arrive("ACK seq=101 ack=301 wnd=100");
        solo.write(5_000);
        assert_eq!(solo.sent(), [""; 0]);
        let began = solo.elapsed().as_millis() as u64;
        let sent = solo.pass(ms(1_001));
        assert_eq!(sent[0].1, "DATA seq=301..401 ack=101");
        assert!((100..=1_000).contains(&(sent[0].0 - began)), "{sent:?}");
    }
}

fn small_buffer() -> Solo {
    let mut solo = Solo::established(TcpConfig { receive_buffer: 3000, receive_buffer_max: 3000, ..plain() });
    for at in [101, 1101, 2101] {
        solo.arrive(&format!("DATA seq={at}..{} ack=301", at + 1000));
        solo.sent();
    }
    assert_eq!(solo.connection.vars().rcv_wnd, 0);
    solo
}

fn window_told(solo: &mut Solo) -> Option<u16> {
    solo.headers().last().map(|(header, _)| header.window)
}

/// MUST-39: octets read one by one open no window until there is room for a segment; then it is told once.
/// Shows RFC1122-4.2.3.3-a.
#[test]
fn our_window_opens_by_a_worthwhile_piece() {
    let mut solo = small_buffer();
    for read in 1..1000 {
        solo.read(1).expect("there are octets");
        assert_eq!(window_told(&mut solo), None, "after {read}");
    }
    solo.read(1).expect("there are octets");
    assert_eq!(window_told(&mut solo), Some(1000));
}

/// MAY-8: who never reads keeps its window closed, and RFC9293-3.8.6.1-a: answers every probe of it, taking none of its octets.
#[test]
fn a_closed_window_answers_every_probe() {
    let mut solo = small_buffer();
    for _ in 0..100 {
        solo.now = solo.now + Duration::from_secs(100);
        solo.arrive("DATA seq=3101..3102 ack=301");
        let answer = solo.headers();
        assert_eq!(answer.len(), 1);
        assert_eq!((answer[0].0.ack_number.0, answer[0].0.window), (3101, 0));
        assert_eq!(solo.connection.vars().unread, 3000);
        solo.arrive("ACK seq=3100 ack=301");
        assert_eq!(window_told(&mut solo), Some(0), "nor is one without octets left unanswered");
    }
}

/// MUST-40: no ACK is held back for half a second; SHLD-18: but held back it is.
/// Shows RFC1122-4.2.3.2-a.
/// RFC5681-4.2-a.
#[test]
fn an_ack_waits_and_not_for_long() {
    for wait in [0, 7, 111, 499, 3_000] {
        let mut solo = Solo::established(TcpConfig::default());
        solo.pass(ms(wait));
        let began = solo.elapsed().as_millis() as u64;
        solo.arrive("DATA seq=101..201 ack=301");
        assert_eq!(solo.sent(), [""; 0], "not at once");
        let sent = solo.pass(ms(1_000));
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert!(sent[0].0 - began < 500, "{sent:?}");
    }
}

/// SHLD-19: of ten whole segments, every second is acknowledged at once.
/// Shows RFC1122-4.2.3.2-a.
/// RFC5681-4.2-a.
#[test]
fn every_second_whole_segment_is_acknowledged() {
    let mut solo = Solo::established(plain());
    let mut acks = 0;
    for segment in 0..10 {
        let at = 101 + 1000 * segment;
        solo.arrive(&format!("DATA seq={at}..{} ack=301", at + 1000));
        acks += solo.sent().len();
        solo.now = solo.now + ms(1);
    }
    assert!(acks >= 5, "{acks}");
}

/// SHLD-14: the right edge never moves back, in whatever pieces octets come and are read; the window of our SYN counts too.
#[test]
fn our_right_edge_never_moves_back() {
    for seed in 0..20 {
        let mut dice = common::Dice(seed);
        let mut solo = Solo::connecting(plain());
        let first = solo.headers()[0].0.window;
        solo.arrive("SYN+ACK seq=100 ack=301 mss=1000");
        let (mut edge, mut next) = (101 + u32::from(first), 101);
        for _ in 0..500 {
            for (header, _) in solo.headers() {
                let told = header.ack_number.0 + u32::from(header.window);
                assert!(told >= edge, "seed {seed}: {told} after {edge}");
                edge = told;
            }
            let octets = (dice.roll() % 1000) as u32 + 1;
            if next + octets <= edge {
                solo.arrive(&format!("DATA seq={next}..{} ack=301", next + octets));
                next += octets;
            }
            if dice.chance(400) {
                let _ = solo.read((dice.roll() % 3000) as usize);
            }
            solo.now = solo.now + ms(dice.roll() % 60);
            solo.connection.on_timer(solo.now, &mut solo.pool);
        }
        assert!(edge > 101 + 65_535, "seed {seed}: something was read");
    }
}

/// RFC9293-3.8.6-a: an older segment, by its number or by what it acknowledges, says nothing of the window.
#[test]
fn only_the_newest_segment_sets_the_window() {
    let window = |solo: &Solo| solo.connection.vars().snd_wnd;
    let mut solo = Solo::established(plain());
    solo.write(200);
    solo.sent();
    solo.arrive("ACK seq=201 ack=401 wnd=5000");
    solo.arrive("ACK seq=201 ack=351 wnd=60000");
    assert_eq!(window(&solo), 5000, "acknowledges less");
    solo.arrive("ACK seq=101 ack=401 wnd=60000");
    assert_eq!(window(&solo), 5000, "begins before");
    solo.arrive("ACK seq=201 ack=401 wnd=6000");
    assert_eq!(window(&solo), 6000, "the same numbers");
    solo.arrive("ACK seq=202 ack=401 wnd=7000");
    assert_eq!(window(&solo), 7000, "begins after");
}

/// Windows as a hostile peer might tell them, the largest there are among them: nothing breaks, and no more is in flight than
/// was ever offered.
#[test]
fn absurd_windows_break_nothing() {
    let config = TcpConfig { window_scaling: true, ..plain() };
    for seed in 0..50 {
        let mut dice = common::Dice(seed);
        let mut solo = Solo::established_with(config.clone(), "mss=1000 ws=255");
        let mut offered = 0_u64;
        for _ in 0..200 {
            let vars = solo.connection.vars();
            let window = [0, 1, 2, 0x7fff, 0xffff][(dice.roll() % 5) as usize];
            let acked = vars.snd_una.0 + (dice.roll() as u32 % (vars.snd_nxt.since(vars.snd_una) + 1));
            solo.arrive(&format!("ACK seq=101 ack={acked} wnd={window}"));
            offered = offered.max(u64::from(acked) + (window << 14));
            let _ = solo.connection.write(solo.now, &[&[7; 20_000]], &mut solo.pool);
            solo.now = solo.now + ms(dice.roll() % 2_000);
            solo.connection.on_timer(solo.now, &mut solo.pool);
            let room = Room { super_segment: 60_000 };
            while solo.connection.poll_segment(solo.now, room, &solo.pool).is_some() {}
            let nxt = u64::from(solo.connection.vars().snd_nxt.0);
            assert!(nxt <= offered.max(301 + 5000), "seed {seed}: {nxt} {offered}");
        }
    }
}

/// Copies that disagree: ahead of a hole the last counts, until the hole is filled; once in order, the first.
#[test]
fn of_conflicting_copies_the_last_counts_until_it_is_in_order() {
    let mut solo = Solo::established(plain());
    let mut arrive = |at: u32, octets: &'static [u8]| {
        let segment = common::notation::parse(&format!("ACK seq={at} ack=301"));
        let segment = cordial_wire::Segment { payload: octets, ..segment };
        let _ = solo.connection.on_segment(solo.now, &segment, &mut solo.pool);
    };
    arrive(103, b"cccc");
    arrive(105, b"DDDD");
    arrive(101, b"ab");
    arrive(101, b"XXXXXXXXe");
    let read = solo.connection.read_with(solo.now, &mut solo.pool, |slices| {
        let all = slices.concat();
        (all.len(), all)
    });
    assert_eq!(read.expect("octets"), b"abccDDDDe");
}
