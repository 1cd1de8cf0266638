//! Every rule: what breaks without it, and what holds with it.

use cordial_check::{Answer, Bounds, Property, RULES, Rule, search};

/// Of each rule the properties that break without it, and in how many steps at least.
const SHORTEST: &[(&str, &[(Property, usize)])] = &[
    ("two-way-handshake", &[(Property::P1, 3)]),
    ("accept-any-synack", &[(Property::P2, 7)]),
    ("four-way-handshake", &[]),
    ("silent-on-bad-ack", &[(Property::P12, 7)]),
    ("fixed-isn", &[(Property::P3, 20)]),
    ("no-simultaneous-open", &[(Property::P6, 16)]),
    ("no-syn-retransmit", &[(Property::P6, 5)]),
    ("no-cookies", &[(Property::P9, 13)]),
    ("syn-resets-established", &[(Property::P10, 9)]),
    ("accept-any-rst", &[(Property::P8, 3)]),
    ("no-window-check", &[(Property::P3, 9)]),
    ("no-paws", &[(Property::P3, 20)]),
    ("no-persist-timer", &[(Property::P6, 18)]),
    ("no-delayed-ack", &[]),
    ("fin-takes-no-number", &[(Property::P4, 9)]),
    ("no-fin-retransmit", &[(Property::P5, 12)]),
    ("two-way-close", &[(Property::P4, 9)]),
    ("no-time-wait", &[(Property::P3, 17), (Property::P5, 15)]),
    ("one-msl", &[(Property::P5, 18)]),
    ("rst-ends-time-wait", &[(Property::P3, 20)]),
];

fn rule(name: &str) -> &'static Rule {
    RULES.iter().find(|rule| rule.name == name).unwrap_or_else(|| panic!("no rule {name}"))
}

#[test]
fn without_a_rule_what_is_expected_breaks_in_so_many_steps_and_nothing_else_is_expected() {
    let shortest = |rule: &Rule| -> Vec<(Property, usize)> {
        let found = search(rule.without(), rule.breaks, Bounds::default());
        let steps = |property: &Property| found.run(*property).map_or(0, <[_]>::len);
        rule.breaks.iter().map(|property| (*property, steps(property))).collect()
    };
    let all: Vec<_> = RULES.iter().map(|rule| (rule.name, shortest(rule))).collect();
    let expected: Vec<_> = SHORTEST.iter().map(|(name, breaks)| (*name, breaks.to_vec())).collect();
    assert_eq!(all, expected);
}

#[test]
fn a_rule_that_costs_nothing_to_leave_out_breaks_nothing_that_is_claimed() {
    for rule in RULES.iter().filter(|rule| rule.breaks.is_empty()) {
        let answer = Answer::find(rule, None, Bounds::default());
        assert!(answer.off.is_exhausted, "{}", rule.name);
        assert_eq!(answer.property, None, "{}", rule.name);
        let (on, off) = answer.price();
        assert_eq!(off, on + 1, "{}: one segment more", rule.name);
    }
}

#[test]
fn with_every_rule_all_that_is_claimed_holds_and_is_about_something() {
    for rule in RULES {
        let found = search(rule.on(), &[], Bounds::default());
        assert!(found.is_exhausted, "{}", rule.name);
        for claim in rule.scenario.claims {
            assert_eq!(found.run(*claim), None, "{}: {claim}", rule.name);
        }
        for breaks in rule.breaks {
            assert!(rule.scenario.claims.contains(breaks), "{}: {breaks} is claimed", rule.name);
        }
        for what in rule.scenario.sometimes {
            assert_ne!(found.happened & what.bit(), 0, "{}: {what:?} never happens", rule.name);
        }
    }
}

#[test]
fn the_same_search_finds_the_same() {
    let rule = rule("no-time-wait");
    let [first, second] = [(); 2].map(|()| search(rule.without(), rule.breaks, Bounds::default()));
    assert_eq!((first.states, first.depth), (second.states, second.depth));
    assert_eq!(first.broken, second.broken);
}
