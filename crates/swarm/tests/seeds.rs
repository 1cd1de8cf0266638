//! Seeds give scenarios, and nothing fails in them.

use cordial_swarm::Plan;

/// More of them are run by `cordial swarm`.
#[test]
fn nothing_fails_in_some_hundred_scenarios() {
    for seed in 0..300 {
        let run = Plan::draw(seed).run();
        assert!(run.objections.is_empty(), "seed {seed}: {:?}", run.objections);
    }
}

#[test]
fn one_seed_gives_one_run() {
    for seed in (0..300).step_by(7) {
        let record = || {
            let (run, world) = Plan::draw(seed).record();
            let mut lines = Vec::new();
            world.expect("no panic").write_json("test", &mut lines).expect("memory takes everything");
            (run.steps, run.coverage, lines)
        };
        let (first, second) = (record(), record());
        assert!(first == second, "seed {seed}");
    }
}

#[test]
fn a_record_changes_nothing() {
    for seed in (0..300).step_by(11) {
        let plan = Plan::draw(seed);
        assert_eq!(plan.run().steps, plan.record().0.steps, "seed {seed}");
    }
}
