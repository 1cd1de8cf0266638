//! All rules in force, with smaller budgets than the chore has: nothing breaks, and every edge of the diagram is taken.

use cordial_check::budget::Budget;
use cordial_check::edges::{DIAGRAM, Edges};
use cordial_check::forms::FORMS;
use cordial_check::scenario::{Scenario, Setting};
use cordial_check::{Bounds, Found, search};

/// The form with so many losses, duplicates and delays.
fn found(name: &str, [losses, duplicates, delays]: [u8; 3]) -> (Found, Scenario) {
    let form = FORMS.iter().find(|form| form.name == name).expect("a form");
    let budget = Budget { losses, duplicates, delays, ..form.scenario.budget };
    let scenario = Scenario { budget, ..*form.scenario };
    let setting = Setting { scenario: Box::leak(Box::new(scenario)), harness: None };
    (search(setting, &[], Bounds::default()), scenario)
}

#[test]
fn nothing_that_is_claimed_breaks_and_every_edge_of_the_diagram_is_taken() {
    let mut edges = Edges::default();
    for (name, budget) in [
        ("in-succession", [1, 0, 0]),
        ("in-succession", [0, 0, 1]),
        ("both-call", [1, 0, 0]),
        ("given-up", [0, 0, 0]),
        ("given-up", [1, 0, 0]),
        ("opened-fast", [1, 1, 0]),
        ("opened-fast-again", [0, 1, 0]),
    ] {
        let (found, scenario) = found(name, budget);
        assert!(found.is_exhausted, "{name}");
        for claim in scenario.claims {
            assert_eq!(found.run(*claim), None, "{name} {budget:?}: {claim}");
        }
        edges = edges.with(found.edges);
    }
    for (from, to) in DIAGRAM {
        assert!(edges.has(*from, *to), "{from} -> {to}");
    }
}
