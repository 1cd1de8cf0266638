//! Octets both ways over a wire with faults, in virtual time.

mod common;

use std::time::Duration;

use common::{Faults, Pair};

/// Sends `octets` each way under `faults`; panics, naming the seed, unless every octet arrives and both ends close.
fn transfer(seed: u64, octets: usize, faults: Faults, adjust: impl Fn(&mut Pair)) -> Duration {
    let mut pair = Pair::new(seed);
    pair.faults = faults;
    adjust(&mut pair);
    let began = pair.now;
    for end in &mut pair.ends {
        end.to_write = octets;
    }
    pair.connect(0);
    let over = pair.run(Duration::from_secs(7200));
    let took = pair.now - began;
    let phases = [pair.ends[0].phase(), pair.ends[1].phase()];
    for (who, end) in pair.ends.iter().enumerate() {
        assert_eq!(end.read, octets, "end {who}, seed {seed}: {} after {took:?}", end.phase());
        assert!(end.saw_end, "end {who} saw no end, seed {seed}: {phases:?} {:?} after {took:?}", end.failed);
        assert_eq!(end.failed, None, "end {who}, seed {seed}");
    }
    assert!(over, "seed {seed}: {} and {} after {took:?}", pair.ends[0].phase(), pair.ends[1].phase());
    took
}

#[test]
fn a_clean_wire_carries_everything() {
    let took = transfer(1, 4 << 20, Faults::default(), |_| {});
    println!("4 MiB each way, 20 ms round trip: {took:?}");
}

#[test]
fn super_segments_carry_everything() {
    transfer(2, 4 << 20, Faults::default(), |pair| pair.super_segments = 65_000);
}

#[test]
fn loss_duplication_and_reordering_lose_nothing() {
    for seed in 0..20 {
        for lose in [10, 50] {
            let faults = Faults { lose, duplicate: 10, reorder: 50 };
            let took = transfer(seed, 1 << 20, faults, |_| {});
            println!("seed {seed} loss {lose}: {took:?}");
        }
    }
}
