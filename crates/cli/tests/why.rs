//! `cordial why`, as it is typed.

use std::process::{Command, Output};

fn why(words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cordial"));
    command.arg("why").args(words).env_clear().env("LC_ALL", "C.UTF-8");
    command.output().expect("the command runs")
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

#[test]
fn a_rule_that_is_missed_is_answered_by_a_run() {
    let output = why(&["two-way-handshake"]);
    assert_eq!(output.status.code(), Some(1));
    let text = said(&output);
    for part in [
        "VIOLATED in 3 steps",
        "property P1 no-ghost",
        "step 3",
        "P1 violated",
        "SYN_RCVD",
        "all of them looked at",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_rule_that_costs_only_a_segment_holds() {
    let output = why(&["four-way-handshake"]);
    assert_eq!(output.status.code(), Some(0));
    let text = said(&output);
    assert!(text.contains("HOLDS") && text.contains("8 segments instead of 7"), "{text}");
}

#[test]
fn another_property_can_be_asked_about() {
    let output = why(&["no-time-wait", "--property", "p5"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("VIOLATED in 15 steps"));
    assert_eq!(why(&["two-way-handshake", "--property", "P2"]).status.code(), Some(0));
}

#[test]
fn a_rule_that_does_not_exist_is_refused_with_the_nearest() {
    for (words, meant) in [
        (vec!["two-way-handshak"], "two-way-handshake"),
        (vec!["no-timewait", "--lang", "zh"], "no-time-wait"),
        (vec!["one-msl", "--property", "P13"], "P12"),
        (vec!["one-msl", "--states", "0"], "0"),
        (vec![], "RULE"),
    ] {
        let output = why(&words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(meant), "{words:?}: {text}");
    }
}

#[test]
fn every_rule_is_listed_in_both_languages() {
    for lang in ["en", "zh"] {
        let output = why(&["--list", "--lang", lang]);
        assert_eq!(output.status.code(), Some(0));
        let text = said(&output);
        assert_eq!(cordial_check::RULES.iter().filter(|rule| text.contains(rule.name)).count(), 20, "{text}");
    }
}

#[test]
fn the_answer_is_said_in_chinese_too() {
    let text = said(&why(&["two-way-handshake", "--lang", "zh"]));
    for part in ["3 步就被打破", "性质 P1", "客户端", "第 3 步", "P1 被打破"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn ascii_is_ascii() {
    assert!(said(&why(&["accept-any-synack", "--ascii"])).is_ascii());
}

#[test]
fn the_run_is_told_as_events_and_the_answer_last() {
    let text = said(&why(&["two-way-close", "--json"]));
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let last = &lines[lines.len() - 1];
    assert_eq!(last["name"], "check:answer");
    assert_eq!(last["data"]["property"], "P4");
    assert_eq!(last["data"]["result"], "violated");
    assert!(
        lines.iter().any(|line| line["name"] == "tcp:segment_sent" || line["data"]["segment"].is_object())
    );
}

/// Where the terminal is wide enough the two pictures stand side by side.
#[test]
fn a_wide_terminal_has_both_pictures_side_by_side() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cordial"));
    command.args(["why", "two-way-handshake"]).env_clear().env("LC_ALL", "C.UTF-8").env("COLUMNS", "200");
    let text = said(&command.output().expect("the command runs"));
    assert!(text.lines().any(|line| line.matches("step 3").count() == 2), "{text}");
}

/// A search that was cut off is no proof.
#[test]
fn a_search_that_was_cut_off_says_so_and_what_to_type() {
    for (words, told, next) in [
        (vec!["four-way-handshake", "--states", "10"], "CUT OFF", "cordial why four-way-handshake --states"),
        (vec!["no-time-wait", "--states", "10"], "CUT OFF", "cordial why no-time-wait --states"),
        (vec!["one-msl", "--property", "P2", "--states", "10"], "CUT OFF", "one-msl --property P2 --states"),
        (vec!["one-msl", "--states", "10", "--lang", "zh"], "没看完", "cordial why one-msl --states"),
    ] {
        let output = why(&words);
        let text = said(&output).replace("\n    ", " ");
        assert_eq!(output.status.code(), Some(0), "{words:?}: {text}");
        assert!(text.contains(told) && text.contains(next), "{words:?}: {text}");
        assert!(!text.contains("HOLDS") && !text.contains("holds"), "{words:?}: {text}");
    }
    let text = said(&why(&["four-way-handshake", "--states", "10", "--json"]));
    assert!(text.contains(r#""result":"cut_off""#), "{text}");
}

/// Where a property holds that the scenario is not about, the answer says so.
#[test]
fn a_property_that_the_scenario_was_not_made_for_is_answered_with_a_warning() {
    let text = said(&why(&["two-way-handshake", "--property", "P8"]));
    assert!(text.contains("HOLDS") && text.contains("not made for P8") && text.contains("Warning"), "{text}");
}

/// What an answer takes for granted stands in it.
#[test]
fn an_answer_that_needs_equal_numbers_says_so_in_both_languages() {
    for (lang, told) in [("en", "begin at the same numbers"), ("zh", "从相同的序列号开始")] {
        for rule in cordial_check::RULES {
            let assumes = ["no-paws", "no-time-wait", "rst-ends-time-wait"].contains(&rule.name);
            assert_eq!(rule.scenario.has_equal_numbers(), assumes, "{}", rule.name);
        }
        let text = said(&why(&["rst-ends-time-wait", "--lang", lang])).replace("\n    ", " ");
        assert!(text.contains(told), "{text}");
        assert!(!said(&why(&["two-way-handshake", "--lang", lang])).contains(told));
    }
}
