//! What swarm writes down, `cordial play` plays: the very same run.

use cordial_scenario::Scenario;
use cordial_swarm::Plan;
use cordial_trace::Event;
use cordial_trace::event::What;

/// Without what is said of the run afterwards.
fn happened(events: &[Event]) -> Vec<Event> {
    events.iter().filter(|event| !matches!(event.what, What::Verdict(_))).cloned().collect()
}

#[test]
fn a_scenario_that_is_written_down_is_played_as_it_was_drawn() {
    let mut played = 0;
    for seed in 0..120 {
        let plan = Plan::draw(seed);
        let (run, world) = plan.record();
        let written = plan.scenario(&run, None);
        let scenario = match Scenario::parse(&written.text) {
            Ok(scenario) => scenario,
            Err(error) => {
                panic!("seed {seed}: {}\n{}", error.explain("written", Default::default()), written.text)
            }
        };
        if !written.is_whole {
            continue;
        }
        let again =
            scenario.run(seed).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{}", written.text));
        let world = world.expect("no panic");
        assert!(happened(&again.events) == happened(world.events()), "seed {seed}:\n{}", written.text);
        assert_eq!(again.violations, world.violations(), "seed {seed}");
        played += 1;
    }
    assert!(played > 60, "{played} of 120 are whole");
}
