//! `cordial swarm` as it is called.

use std::process::{Command, Output};

fn swarm(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cordial"));
    command.arg("swarm").args(args).env("LC_ALL", "C.UTF-8").env_remove("LANG").output().expect("it starts")
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

#[test]
fn scenarios_that_all_hold_end_with_0() {
    let out = swarm(&["--seeds", "0..40", "--jobs", "2"]);
    assert_eq!(out.status.code(), Some(0), "{}{}", text(&out.stdout), text(&out.stderr));
    assert!(text(&out.stdout).starts_with("40 scenarios, none failed"), "{}", text(&out.stdout));
}

#[test]
fn json_says_how_many_and_what_was_seen() {
    let seen = |jobs: &str| {
        let out = swarm(&["--seeds", "5..45", "--jobs", jobs, "--json", "--coverage"]);
        assert_eq!(out.status.code(), Some(0), "{}", text(&out.stdout));
        let line: serde_json::Value = serde_json::from_slice(&out.stdout).expect("an object");
        assert_eq!((line["result"].as_str(), line["ran"].as_u64()), (Some("clean"), Some(40)));
        assert_eq!(line["jobs"].to_string(), jobs);
        line["coverage"].clone()
    };
    let one = seen("1");
    assert!(one["refusal"]["seen"].as_array().is_some_and(|seen| !seen.is_empty()));
    assert_eq!(one, seen("2"), "how many run at a time changes nothing");
}

#[test]
fn nonsense_ends_with_2_and_says_what_to_type() {
    for (args, says) in [
        (["--seeds", "9..3"], "0..2000"),
        (["--seeds", "x"], "0..2000"),
        (["--minutes", "0"], "such as 10 or 0.5"),
        (["--jobs", "0"], "--jobs"),
    ] {
        let out = swarm(&args);
        assert_eq!(out.status.code(), Some(2), "{args:?}");
        assert!(text(&out.stderr).contains(says), "{args:?}: {}", text(&out.stderr));
    }
}

#[test]
fn in_chinese_as_well() {
    let out = swarm(&["--seeds", "0..5", "--lang", "zh"]);
    assert!(text(&out.stdout).starts_with("5 个场景，没有失败的"), "{}", text(&out.stdout));
}
