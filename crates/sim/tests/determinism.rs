//! One seed gives one run.

mod common;

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::Command;

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
    let violations = world.finish();
    assert!(violations.is_empty(), "seed {seed}: {}\n{}", common::list(&violations), world.compact());
    world
}

/// One number for each record.
fn digest(seed: u64) -> u64 {
    // Its keys are always the same.
    let mut hasher = DefaultHasher::new();
    json(&run(seed)).hash(&mut hasher);
    hasher.finish()
}

const SEEDS: u64 = 1_000;
/// Set for the other process, which prints its digests.
const OTHER: &str = "CORDIAL_SIM_DIGESTS";
/// Before each digest that is printed.
const MARK: &str = "digest ";

#[test]
fn a_thousand_seeds_give_the_same_record_in_two_processes() {
    let ours: Vec<u64> = (0..SEEDS).map(digest).collect();
    if std::env::var_os(OTHER).is_some() {
        return ours.iter().for_each(|digest| println!("\n{MARK}{digest}"));
    }
    let program = std::env::current_exe().expect("this test");
    let this = "a_thousand_seeds_give_the_same_record_in_two_processes";
    let output = Command::new(program).args(["--exact", this, "--nocapture"]).env(OTHER, "1").output();
    let text = String::from_utf8(output.expect("it runs again").stdout).expect("text");
    let theirs = text.lines().filter_map(|line| line.strip_prefix(MARK)?.parse::<u64>().ok());
    assert_eq!(theirs.collect::<Vec<_>>(), ours);
    assert_eq!(ours.iter().collect::<BTreeSet<_>>().len(), ours.len(), "another seed, another run");
}
