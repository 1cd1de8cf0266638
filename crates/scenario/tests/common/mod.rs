//! Scenarios of the library, played with several seeds.

use cordial_scenario::{Entry, LIBRARY, Scenario};
use cordial_trace::Lang;

/// What a scenario says does not hang on chance: it holds for each of these.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=3;

/// Plays every scenario of a lesson, or of a row of claims.
#[track_caller]
pub fn check(is_lesson: bool, number: u8) {
    let of_it: Vec<&Entry> =
        LIBRARY.iter().filter(|entry| (entry.is_lesson, entry.number) == (is_lesson, number)).collect();
    assert!(!of_it.is_empty(), "there is one");
    for entry in of_it {
        let scenario = Scenario::parse(entry.text)
            .unwrap_or_else(|error| panic!("{}", error.explain(entry.name, Lang::En)));
        for seed in SEEDS {
            let run =
                scenario.run(seed).unwrap_or_else(|error| panic!("{}", error.explain(entry.name, Lang::En)));
            let complaints = run.complaints(Lang::En);
            assert!(run.is_as_expected(), "{}, seed {seed}:\n  {}", entry.name, complaints.join("\n  "));
        }
    }
}
