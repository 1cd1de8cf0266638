//! One seed gives one run.

mod common;

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use common::{exchange, json, linked, ms};
use cordial_sim::{Link, World};

/// A bad wire: a bit of everything.
fn bad() -> Link {
    let link = Link::with_delay(ms(20)).jittering(ms(5)).rated(500_000).queueing(20_000);
    link.lossy(4.0).duplicating(3.0).reordering(5.0).corrupting(2.0)
}

fn run(seed: u64) -> World {
    let mut world = linked(seed, bad());
    exchange(&mut world, 3_000, 3_000);
    world.run_out().expect("it ends");
    world.finish();
    world
}

#[test]
fn a_thousand_seeds_give_the_same_record_twice_and_no_other_gives_it() {
    let mut records = BTreeSet::new();
    for seed in 0..1_000 {
        let (first, second) = (json(&run(seed)), json(&run(seed)));
        assert!(first == second, "seed {seed}");
        let mut hasher = DefaultHasher::new();
        first.hash(&mut hasher);
        assert!(records.insert(hasher.finish()), "seed {seed} is like another");
    }
}

#[test]
fn bad_wires_break_nothing() {
    for seed in 0..300 {
        let mut world = run(seed);
        let violations = world.finish();
        assert!(violations.is_empty(), "seed {seed}: {}\n{}", common::list(&violations), world.compact());
    }
}
