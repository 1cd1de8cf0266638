//! Where sequence numbers (RFC 9293 §3.4.1, RFC 6528) and timestamps (RFC 7323 §5.4) begin.

mod common;

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use common::{Fate, Lab};
use cordial_stack::{Chance, Instant, Seeded, Tuple};

fn tuple(local: u16, peer: u16) -> Tuple {
    Tuple { local: SocketAddr::from(([10, 0, 0, 1], local)), peer: SocketAddr::from(([10, 0, 0, 2], peer)) }
}

/// A clock of 4 µs: a second later the same two ends begin 250,000 further on, past 2³² as well.
/// Shows MUST-8, SHLD-1.
#[test]
fn the_same_two_ends_begin_250_000_further_on_each_second() {
    let mut chance = Seeded::new([3; 32]);
    let ends = tuple(5000, 80);
    let mut now = Instant::from_millis(1);
    let mut before = chance.isn(now, &ends);
    for _ in 0..40_000 {
        now = now + Duration::from_secs(1);
        let next = chance.isn(now, &ends);
        assert_eq!(next.since(before), 250_000);
        before = next;
    }
}

/// One bit of the ends, or of the secret, and half of the bits are others; by either alone nobody can tell the rest.
/// Shows MUST-9.
#[test]
fn one_bit_of_the_ends_or_of_the_secret_changes_half_of_the_number() {
    let now = Instant::from_millis(1);
    let mut flipped = 0;
    let mut pairs = 0;
    for port in 1..=2000_u16 {
        let mut chance = Seeded::new([3; 32]);
        let one = chance.isn(now, &tuple(port, 80)).0;
        for bit in 0..16 {
            flipped += (one ^ chance.isn(now, &tuple(port ^ (1 << bit), 80)).0).count_ones();
            pairs += 1;
        }
        let mut secret = [3; 32];
        secret[usize::from(port) % 32] ^= 1 << (port % 8);
        flipped += (one ^ Seeded::new(secret).isn(now, &tuple(port, 80)).0).count_ones();
        pairs += 1;
    }
    let share = f64::from(flipped) / f64::from(pairs);
    assert!((15.8..16.2).contains(&share), "{share} of 32 bits change");
}

/// Ten thousand ends at one moment: their numbers look drawn from all of 2³². 1,000 cells of ten each; χ² with 999
/// degrees of freedom stays below 1,150 in all but a few runs of ten thousand, and this is one run.
/// Shows SHLD-1.
#[test]
fn numbers_of_other_ends_look_drawn_at_random() {
    let mut chance = Seeded::new([9; 32]);
    let mut cells = [0_u32; 1000];
    for n in 0..10_000_u16 {
        let number = chance.isn(Instant::from_millis(1), &tuple(n, 443)).0;
        cells[((u64::from(number) * 1000) >> 32) as usize] += 1;
    }
    let chi: f64 = cells.iter().map(|&count| (f64::from(count) - 10.0).powi(2) / 10.0).sum();
    assert!((850.0..1150.0).contains(&chi), "{chi}");
}

/// RFC7323-5.4-b: at one moment two connections tell clocks that have nothing to do with each other, while those of the same
/// two ends go on where the connection before left off.
#[test]
fn timestamps_begin_elsewhere_for_other_ends_and_go_on_for_the_same() {
    let mut lab = Lab::new();
    let told = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&told);
    lab.fault(move |passing| {
        if passing.to_b {
            seen.borrow_mut().push(passing.segment.options.timestamps.expect("offered").value);
        }
        Fate::Arrives
    });
    let config = Arc::clone(lab.a.stack.tcp_config());
    // Nobody listens: each call is refused, and its ends are free again.
    for (port, wait) in [(4000, 0), (4001, 5000), (4000, 0), (4001, 0)] {
        let now = lab.now;
        lab.a.stack.connect(now, Some(lab.a.at(port)), lab.b.at(81), &config).expect("a call");
        lab.run();
        lab.now = now + Duration::from_millis(wait);
    }
    let told = told.take();
    assert_eq!(told.len(), 4);
    let apart = told[1].wrapping_sub(told[0]);
    assert!((60_000..u32::MAX - 60_000).contains(&apart), "{told:?}");
    assert_eq!([told[2].wrapping_sub(told[0]), told[3].wrapping_sub(told[1])], [5000, 5000]);
}

/// RFC 9293 §3.4.2 would have a host that lost its memory wait for an MSL. Its numbers follow a clock and a secret that
/// was drawn anew, as every deployed host's do, so it calls at once.
/// Shows RFC9293-3.4.2-a.
#[test]
fn a_host_that_was_switched_off_and_on_calls_at_once() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    lab.open(listener);
    lab.a.boot(9, &[]);
    let before = lab.now;
    lab.open(listener);
    assert!(lab.now - before < Duration::from_millis(100));
}
