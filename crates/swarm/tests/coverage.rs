//! Whatever the engine may refuse, and however connections may end: the swarm gets there.

use std::collections::BTreeSet;

use cordial_swarm::{Coverage, Kind, Plan};

/// What no scenario gives, and why.
const NEVER: &[(&str, &str)] = &[
    ("undecided", "simulated listeners decide at once"),
    ("undecided-full", "simulated listeners decide at once"),
    ("malformed", "a damaged segment has a wrong checksum first, and nobody forges one without a header"),
];

/// What only large scenarios give: of these there are too few among the first.
const RARE: &[&str] = &["too-many-holes", "syn-cache-full", "old-syn", "no-memory"];

/// Seeds that it may take.
const MOST: u64 = 2_000;

#[test]
fn every_refusal_and_every_end_comes_about() {
    let is_left = |name: &str| NEVER.iter().any(|(never, _)| *never == name) || RARE.contains(&name);
    let mut wanted: BTreeSet<&str> = [Kind::Refusal, Kind::Cause].into_iter().flat_map(Kind::all).collect();
    wanted.retain(|name| !is_left(name));
    let mut coverage = Coverage::default();
    for seed in 0..MOST {
        coverage.add(&Plan::draw(seed).run().coverage);
        let seen: BTreeSet<&str> =
            [Kind::Refusal, Kind::Cause].into_iter().flat_map(|kind| coverage.seen(kind)).collect();
        if wanted.is_subset(&seen) {
            return;
        }
    }
    panic!("not seen in {MOST} scenarios: {:?}", coverage.missing());
}
