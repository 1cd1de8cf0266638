//! The path probed for what it carries (RFC 4821), and black holes (RFC 2923 §2.1).

mod common;

use std::time::Duration;

use common::solo::{MSS, Solo, plain};
use cordial_tcp::{MtuProbing, Room, Rule, TcpConfig};

/// Probing from the opening on, from 600 octets up; both ends would take 1,000.
fn always() -> TcpConfig {
    TcpConfig { mtu_probing: MtuProbing::Always, mtu_probe_base: 600, ..plain() }
}

/// Open, with a window that holds back nothing.
fn open(config: TcpConfig) -> Solo {
    let mut solo = Solo::established(config);
    solo.arrive("ACK seq=101 ack=301 wnd=60000");
    solo
}

fn mss(solo: &Solo) -> u16 {
    solo.connection.vars().snd_mss
}

/// What goes out: where it begins, octets, and by which rule.
fn sent(solo: &mut Solo) -> Vec<(u32, usize, Rule)> {
    let room = Room { super_segment: 0 };
    let next = || {
        let out = solo.connection.poll_segment(solo.now, room, &solo.pool)?;
        Some((out.header.seq.0, out.body.len(), out.why))
    };
    core::iter::from_fn(next).collect()
}

/// A path that carries so many octets of data in a segment and says nothing; the peer acknowledges as RFC 9293 has it,
/// without selective acknowledgments. Runs until everything arrived; the sizes of the probes, and which of them arrived.
fn transfer(solo: &mut Solo, octets: usize, carries: impl Fn(usize) -> bool) -> Vec<(usize, bool)> {
    let (mut written, mut probes, mut expected) = (0, Vec::new(), None);
    let mut there: Vec<(u32, u32)> = Vec::new();
    let mut goal = None;
    for _ in 0..100_000 {
        if written < octets {
            written += solo.write(octets - written);
        }
        let vars = solo.connection.vars();
        let mut expects = *expected.get_or_insert(vars.snd_una.0);
        let end = *goal.get_or_insert(expects + octets as u32);
        if vars.snd_una.0 == end {
            return probes;
        }
        let flight = sent(solo);
        if flight.is_empty() {
            let due = solo.connection.deadline(solo.now).instant(solo.now).expect("something is due");
            solo.now = due;
            solo.connection.on_timer(solo.now, &mut solo.pool);
            continue;
        }
        for (seq, len, why) in flight {
            let arrives = carries(len);
            if why == Rule::MtuProbe {
                probes.push((len, arrives));
            }
            if !arrives {
                continue;
            }
            there.push((seq, seq + len as u32));
            while let Some(&(_, until)) =
                there.iter().find(|&&(from, until)| from <= expects && until > expects)
            {
                expects = until;
            }
            there.retain(|&(_, until)| until > expects);
            solo.now = solo.now + Duration::from_millis(1);
            solo.arrive(&format!("ACK seq=101 ack={expects} wnd=60000"));
        }
        expected = Some(expects);
    }
    panic!("it never ended: {:?}", solo.connection.vars());
}

/// RFC4821-7.2-a: it begins with the configured size, 1,024 octets with both headers unless told otherwise, and no less
/// than every path carries.
#[test]
fn it_begins_with_a_size_that_most_paths_carry() {
    assert_eq!(TcpConfig::default().mtu_probe_base, 1024 - 40);
    assert_eq!(mss(&open(always())), 600);
    assert_eq!(mss(&open(TcpConfig { mtu_probe_base: 984, ..always() })), 984);
    assert_eq!(mss(&open(TcpConfig { mtu_probe_base: 0, ..always() })), 512);
    assert_eq!(mss(&open(TcpConfig { mtu_probe_base: 5000, ..always() })), MSS);
    assert_eq!(mss(&open(TcpConfig { mtu_probing: MtuProbing::AfterBlackHole, ..always() })), MSS);
}

/// RFC4821-3-a, RFC4821-7.1-a: probes are segments of data, each half way between what passes and what is not tried;
/// RFC4821-7.3-a: the search ends where little is left to gain.
#[test]
fn the_search_halves_what_is_left_until_it_is_close_enough() {
    let mut solo = open(always());
    assert_eq!(
        transfer(&mut solo, 600_000, |len| len <= 850),
        [(800, true), (900, false), (850, true), (875, false), (862, false), (856, false),]
    );
    assert_eq!(mss(&solo), 850);
    let mut solo = open(always());
    let probes = transfer(&mut solo, 600_000, |_| true);
    assert!(probes.iter().all(|&(_, arrived)| arrived));
    assert!(mss(&solo) > MSS - 9, "{}", mss(&solo));
}

/// RFC4821-7.1-a: whatever the path carries, each probe is longer than what is known to pass and not longer than what both
/// ends agreed on; a full segment's arrival, or loss, is none of a probe's.
#[test]
fn every_probe_lies_above_what_passes_and_at_most_at_what_may_pass() {
    for carries in (600..=1000).step_by(23) {
        let mut solo = open(always());
        let (mut low, mut high) = (600, usize::from(MSS));
        for (size, arrived) in transfer(&mut solo, 600_000, |len| len <= carries) {
            assert!(low < size && size <= high, "{low} < {size} <= {high}, path {carries}");
            if arrived { low = size } else { high = size - 1 }
        }
        assert!(high - low <= 8, "{low}..{high}");
        assert_eq!(usize::from(mss(&solo)), low);
    }
}

/// RFC4821-4-a: the loss of a probe by itself leaves the window alone; together with its neighbour's it does not.
#[test]
fn a_lost_probe_is_no_congestion_but_a_lost_neighbour_is() {
    for neighbour_arrives in [true, false] {
        let mut solo = open(always());
        solo.write(60_000);
        let flight = sent(&mut solo);
        assert_eq!(flight[0], (301, 800, Rule::MtuProbe));
        assert_eq!(flight[1], (1101, 600, Rule::SendText));
        let before = solo.connection.vars();
        for _ in 0..3 {
            solo.arrive("ACK seq=101 ack=301 wnd=60000");
        }
        let lost = sent(&mut solo);
        assert_eq!(lost[0], (301, 600, Rule::LostProbe), "in segments that pass");
        assert_eq!(lost[1], (901, 200, Rule::LostProbe));
        let after = solo.connection.vars();
        assert_eq!((after.cwnd, after.ssthresh), (before.cwnd, u32::MAX));
        if neighbour_arrives {
            solo.arrive("ACK seq=101 ack=6101 wnd=60000");
            assert_eq!(solo.connection.vars().ssthresh, u32::MAX);
        } else {
            // The hole that is left after the probe's is a loss like any other, when the timer comes.
            solo.arrive("ACK seq=101 ack=1101 wnd=60000");
            solo.pass(Duration::from_secs(1));
            assert!(solo.connection.vars().ssthresh < 6000);
        }
    }
}

/// RFC4821-7.4-a: no probe while something is missing or in doubt, or where too little would follow it.
#[test]
fn a_probe_goes_out_only_where_its_loss_would_be_noticed_for_what_it_is() {
    let is_probing = |solo: &mut Solo| sent(solo).iter().any(|&(.., why)| why == Rule::MtuProbe);
    let mut solo = open(always());
    solo.write(800 + 3 * 600 - 1);
    assert!(!is_probing(&mut solo), "too little follows");
    let mut solo = open(always());
    solo.write(800 + 3 * 600);
    assert!(is_probing(&mut solo));

    let mut solo = Solo::established(always());
    solo.arrive("ACK seq=101 ack=301 wnd=2599");
    solo.write(10_000);
    assert!(!is_probing(&mut solo), "the peer would not take what follows");

    let mut solo = open(always());
    solo.write(2000);
    assert!(!is_probing(&mut solo));
    solo.arrive("ACK seq=101 ack=301 wnd=60000");
    solo.write(10_000);
    assert!(!is_probing(&mut solo), "a duplicate ACK: something may be missing");
    solo.arrive("ACK seq=101 ack=901 wnd=60000");
    solo.arrive("ACK seq=101 ack=1501 wnd=60000");
    assert!(is_probing(&mut solo));

    let mut solo = open(always());
    solo.write(2000);
    sent(&mut solo);
    solo.pass(Duration::from_secs(2));
    solo.write(10_000);
    assert!(!is_probing(&mut solo), "the timer came");

    let mut solo = open(always());
    solo.write(30_000);
    assert!(is_probing(&mut solo));
    solo.arrive("ACK seq=101 ack=301 wnd=60000");
    assert!(!is_probing(&mut solo), "one at a time");
}

/// RFC4821-7.3-a: once it has ended, the search begins anew after ten minutes, and not before.
#[test]
fn the_search_begins_anew_after_ten_minutes() {
    let mut solo = open(always());
    transfer(&mut solo, 600_000, |len| len <= 850);
    solo.pass(Duration::from_secs(590));
    assert_eq!(transfer(&mut solo, 600_000, |_| true), []);
    solo.pass(Duration::from_secs(20));
    let probes = transfer(&mut solo, 600_000, |_| true);
    assert_eq!(probes[0], (925, true));
    assert!(mss(&solo) > MSS - 9);
}

/// RFC4821-7.8-a: a loss while a raised size stands its test has it go back, and the search goes on below.
#[test]
fn a_size_whose_segments_get_lost_is_given_up_again() {
    let mut solo = open(always());
    solo.write(60_000);
    assert_eq!(sent(&mut solo)[0], (301, 800, Rule::MtuProbe));
    solo.arrive("ACK seq=101 ack=1101 wnd=60000");
    assert_eq!(mss(&solo), 800);
    sent(&mut solo);
    for _ in 0..3 {
        solo.arrive("ACK seq=101 ack=1101 wnd=60000");
    }
    assert_eq!(mss(&solo), 600);
    solo.pass(Duration::from_secs(3));
    let probes = transfer(&mut solo, 0, |_| true);
    assert!(probes.iter().all(|&(size, _)| size < 800), "{probes:?}");
}

/// RFC4821-4-b: a larger size leaves the window as it is, in octets.
#[test]
fn a_larger_size_does_not_enlarge_the_window() {
    let mut solo = open(always());
    solo.write(60_000);
    sent(&mut solo);
    let before = solo.connection.vars().cwnd;
    solo.arrive("ACK seq=101 ack=1101 wnd=60000");
    let after = solo.connection.vars();
    assert_eq!((after.snd_mss, after.cwnd), (800, before + 800), "what was acknowledged, as ever");
}

/// RFC2923-2.1-a, RFC4821-7.7-a: full segments that vanish again and again make smaller ones, down to what every path
/// carries; and larger ones are looked for once something passes.
#[test]
fn a_black_hole_is_found_and_its_size_too() {
    for (carries, least) in [(850, 842), (560, 512), (984, 976)] {
        let config = TcpConfig { mtu_probing: MtuProbing::AfterBlackHole, mtu_probe_base: 700, ..plain() };
        let mut solo = open(config);
        transfer(&mut solo, 600_000, |len| len <= carries);
        let found = usize::from(mss(&solo));
        assert!((least..=carries).contains(&found), "path {carries}: {found}");
    }
}

/// RFC4821-7.7-a: so do segments that are not full, where they are longer than the path carries and not
/// longer than what probing begins with.
#[test]
fn a_black_hole_for_what_is_shorter_than_the_base_is_found() {
    let config = TcpConfig { mtu_probing: MtuProbing::AfterBlackHole, mtu_probe_base: 900, ..plain() };
    let mut solo = open(config);
    transfer(&mut solo, 850, |len| len <= 600);
}

/// RFC4821-7.7-a: an outage is no black hole for long: what passed before is found again.
#[test]
fn after_an_outage_the_full_size_comes_back() {
    let config = TcpConfig { mtu_probing: MtuProbing::AfterBlackHole, mtu_probe_base: 700, ..plain() };
    let mut solo = open(config);
    solo.write(5000);
    assert_eq!(sent(&mut solo).len(), 5);
    solo.pass(Duration::from_millis(1500));
    assert_eq!(mss(&solo), 700);
    solo.arrive("ACK seq=101 ack=5301 wnd=60000");
    transfer(&mut solo, 600_000, |_| true);
    assert!(mss(&solo) > MSS - 9, "{}", mss(&solo));
}

/// The default believes routers and asks nobody else.
#[test]
fn unless_asked_for_nothing_is_probed() {
    let mut solo = open(plain());
    solo.write(5000);
    sent(&mut solo);
    solo.pass(Duration::from_secs(60));
    assert_eq!(mss(&solo), MSS);
}

/// Behind our FIN nothing is probed: there is nothing to probe with (RFC 9293 §3.10.4).
#[test]
fn nothing_is_probed_behind_our_fin() {
    let mut solo = open(always());
    solo.write(100);
    solo.shutdown();
    solo.arrive("DATA seq=101..102 ack=301 wnd=60000");
    assert_eq!(sent(&mut solo).len(), 1);
    assert_eq!(solo.connection.vars().snd_nxt.0, 402);
    solo.arrive("ACK seq=102 ack=402 wnd=60000");
    assert_eq!((sent(&mut solo).len(), solo.connection.vars().queued), (0, 0));
    assert_eq!(solo.phase(), cordial_tcp::Phase::FinWait2);
}
