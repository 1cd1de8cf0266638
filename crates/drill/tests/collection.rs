//! The collection in `drill/`: every script of it passes, and what it says of the stack is all that the stack sends.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use common::collection::{Script, collection, root};
use cordial_drill::{Outcome, Report, Settings, drill};
use cordial_trace::Lang;

/// True if it passes, silence included: the stack sent nothing that the script does not expect.
fn holds(report: &Report) -> bool {
    report.outcome == Outcome::Pass && report.unexpected.is_empty()
}

#[test]
fn every_script_passes_and_nothing_else_is_sent() {
    let mut wrong = Vec::new();
    for Script { topic, name, text } in collection() {
        let report = drill(&text, Settings::default());
        if !holds(&report) {
            let at = report.at.unwrap_or_default();
            let why = report.reason.map(|reason| reason.text(Lang::En)).unwrap_or_default();
            wrong.push(format!("{topic}/{name}:{at}: {:?}: {why} {:?}", report.outcome, report.unexpected));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// So no script passes for having asked too little: each packet that it expects is one that has to come.
#[test]
fn no_expectation_can_be_left_out() {
    for Script { topic, name, text } in collection() {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let mut words = line.split_whitespace();
            let (Some(time), Some(">")) = (words.next(), words.next()) else { continue };
            // Without one that may come at any time, that time does not pass, and nothing is missed.
            if time == "*" {
                continue;
            }
            // The time for it passes all the same, and a timer's tick more.
            let wait = format!("{time} `ss -tan`\n+.001 `ss -tan`");
            let without = [&lines[..at], &[wait.as_str()], &lines[at + 1..]].concat().join("\n");
            let report = drill(&without, Settings::default());
            assert!(!holds(&report), "{topic}/{name}: passes without line {}", at + 1);
        }
    }
}

#[test]
fn every_script_says_which_rule_it_pins() {
    for script in collection() {
        let header = script.header();
        let cites = header.contains("RFC ") || header.contains("cordial: ");
        assert!(cites && header.ends_with('.'), "{}/{}: {header}", script.topic, script.name);
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(script.name.chars().all(is_plain), "{}/{}", script.topic, script.name);
    }
}

#[test]
fn no_two_scripts_say_or_do_the_same() {
    let mut seen = BTreeMap::new();
    for script in collection() {
        let name = format!("{}/{}", script.topic, script.name);
        let events = script.events().map(str::trim).collect::<Vec<_>>().join("\n");
        for what in [script.header(), events, name.clone()] {
            let before = seen.insert(what, name.clone());
            assert_eq!(before, None, "{name}");
        }
    }
}

/// The tables of both languages name every topic with its number of scripts, and their sum.
#[test]
fn both_read_me_files_count_right() {
    let mut counts = BTreeMap::<String, usize>::new();
    for script in collection() {
        *counts.entry(script.topic).or_default() += 1;
    }
    let total: usize = counts.values().sum();
    assert!(total >= 150, "{total} scripts");
    let expected: BTreeSet<String> =
        counts.iter().map(|(topic, count)| format!("| `{topic}/` | {count} |")).collect();
    for file in ["README.md", "README.zh-CN.md"] {
        let text = fs::read_to_string(root().join(file)).expect("it can be read");
        let rows = text.lines().filter(|line| line.starts_with("| `"));
        let named: BTreeSet<String> =
            rows.map(|row| row.splitn(4, '|').take(3).collect::<Vec<_>>().join("|") + "|").collect();
        assert_eq!(named, expected, "{file}");
        assert!(text.contains(&total.to_string()), "{file} says how many there are: {total}");
    }
}
