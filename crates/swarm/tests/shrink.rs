//! A failure gets as small as it can, and is played as it was found.

use std::time::Duration;

use cordial_scenario::Scenario;
use cordial_sim::CLIENT;
use cordial_swarm::{Aim, Forgery, Number, Plan, Sort, shrink};
use cordial_trace::Group;
use cordial_wire::Flags;

/// A reset with the exact number. No stranger could know it, so nothing explains what it does.
const RESET: Forgery = Forgery {
    at: Duration::from_millis(500),
    to: CLIENT,
    aim: Aim::Connection(Group(1)),
    flags: Flags::RST,
    seq: Number::Expected(0),
    ack: None,
    len: 0,
    window: 0,
};

/// A seed's scenario with such a reset, and how it fails; none if nobody notices.
fn failing(seed: u64) -> Option<(Plan, Sort)> {
    let mut plan = Plan::draw(seed);
    plan.forgeries.push(RESET);
    let sort = plan.run().objections.first()?.sort();
    (sort.who() == "program").then_some((plan, sort))
}

#[test]
fn a_failure_shrinks_to_what_it_needs() {
    let mut shrunk_ones = 0;
    for (plan, sort) in (0..60).filter_map(failing) {
        let shrunk = shrink(&plan, &sort, 1_000).expect("it fails");
        assert!(shrunk.run.objections.iter().any(|objection| objection.sort() == sort));
        // A wire, a listener, two ends of a connection, the reset, and what notices it.
        assert!(shrunk.plan.size() <= 10, "seed {}: {:#?}", plan.seed, shrunk.plan);
        assert!(shrunk.plan.size() < plan.size());
        shrunk_ones += 1;
    }
    assert!(shrunk_ones > 3, "{shrunk_ones} fail");
}

#[test]
fn the_file_of_a_failure_is_not_as_expected_when_played() {
    let mut noticed = 0;
    for (plan, sort) in (0..60).filter_map(failing) {
        let shrunk = shrink(&plan, &sort, 1_000).expect("it fails");
        let (run, _) = shrunk.plan.record();
        let objection = run.objections.iter().find(|objection| objection.sort() == sort);
        let written = shrunk.plan.scenario(&run, objection);
        let scenario = Scenario::parse(&written.text).expect("it can be read");
        if written.is_whole && written.text.contains("expect ") {
            let again = scenario.run(plan.seed).expect("it can be played");
            assert!(!again.is_as_expected(), "seed {}:\n{}", plan.seed, written.text);
            noticed += 1;
        }
    }
    assert!(noticed > 3, "{noticed} are noticed");
}
