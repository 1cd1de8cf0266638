//! Whatever the engine may refuse, and however connections may end: the swarm gets there.

use std::collections::BTreeSet;

use cordial_sim::SERVER;
use cordial_swarm::{Coverage, ELSEWHERE, ENOUGH, Kind, Plan};

/// Verdicts take a record of each run; `cordial swarm --coverage` looks for them too.
#[test]
fn every_refusal_and_every_end_comes_about() {
    let is_elsewhere = |name: &str| ELSEWHERE.iter().any(|row| row.name == name);
    let mut wanted: BTreeSet<&str> = [Kind::Refusal, Kind::Cause].into_iter().flat_map(Kind::all).collect();
    wanted.retain(|name| !is_elsewhere(name));
    let mut coverage = Coverage::default();
    for seed in 0..ENOUGH {
        coverage.add(&Plan::draw(seed).run().coverage);
        let seen: BTreeSet<&str> =
            [Kind::Refusal, Kind::Cause].into_iter().flat_map(|kind| coverage.seen(kind)).collect();
        if wanted.is_subset(&seen) {
            return;
        }
    }
    panic!("not seen in {ENOUGH} scenarios: {:?}", coverage.gaps());
}

/// Fast open (RFC 7413) is not only set: servers give cookies, and take octets that ride on a SYN.
#[test]
fn octets_ride_on_syns() {
    let (mut given, mut taken) = (0, 0);
    for seed in 0..300 {
        let (_, world) = Plan::draw(seed).record();
        let counters = *world.expect("no panic").stack(SERVER).counters();
        given += counters.fast_open_cookie_reqd;
        taken += counters.fast_open_passive;
    }
    assert!(given > 0 && taken > 0, "{given} cookies, {taken} connections opened fast");
}

/// Probing for the path's MTU (RFC 4821) is not only set: segments go out that may be too long.
#[test]
fn paths_are_probed() {
    let is_probed = |seed| {
        let (_, world) = Plan::draw(seed).record();
        world.expect("no panic").events().iter().any(|event| event.rule == "rfc4821:7.4/mtu-probe")
    };
    assert!((0..300).any(is_probed));
}
