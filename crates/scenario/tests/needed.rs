//! What a scenario expects comes of what is done in it: without any one of its faults something else comes.

use cordial_scenario::{LIBRARY, Scenario};

/// What can be left out without making another scenario of it: what the network and strangers do.
const DEEDS: &[&str] = &[
    "drop", "delay", "hold", "dup", "swap", "inject", "crash", "reboot", "pull", "plug", "heal", "nat",
    "reorder",
];

/// Where it is the point that nothing comes of it.
const WITHOUT_EFFECT: &[(&str, &str)] = &[
    ("closed", "inject  to server @300ms RST seq=abs:100 of=1"),
    ("memory-loss-silent", "reboot  server @2s"),
    ("forgetful-road-keepalive", "nat     idle=300s"),
];

#[test]
fn no_fault_can_be_left_out() {
    let mut needless = Vec::new();
    let mut tried = 0;
    for entry in LIBRARY.iter() {
        let lines: Vec<&str> = entry.text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            if !line.split_whitespace().next().is_some_and(|word| DEEDS.contains(&word)) {
                continue;
            }
            tried += 1;
            let without = [&lines[..at], &lines[at + 1..]].concat().join("\n");
            let run = Scenario::parse(&without).and_then(|scenario| scenario.run(1));
            let is_known =
                WITHOUT_EFFECT.iter().any(|(name, its)| (*name, *its) == (entry.name, line.trim()));
            if run.is_ok_and(|run| run.is_as_expected()) != is_known {
                needless.push(format!("{}:{}: {line}", entry.name, at + 1));
            }
        }
    }
    assert!(needless.is_empty(), "{}", needless.join("\n"));
    assert!(tried > 100, "{tried} faults");
}
