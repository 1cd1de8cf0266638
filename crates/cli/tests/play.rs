//! `cordial play`: what it prints, writes and ends with.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

fn cordial(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cordial"));
    command.args(args).env_clear().env("LANG", "C.UTF-8");
    command.output().expect("it runs")
}

fn play(args: &[&str]) -> (Option<i32>, String, String) {
    let output = cordial(&[&["play"], args].concat());
    let text = |octets: Vec<u8>| String::from_utf8(octets).expect("text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A directory of the test's own, gone when the test is over.
struct Room(PathBuf);

impl Room {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cordial-play-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn scenario(&self, text: &str) -> String {
        let file = self.file("my.scenario");
        fs::write(&file, text).expect("a file");
        file
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_lesson_is_drawn_in_english_and_chinese() {
    let (code, english, errors) = play(&["last-ack-lost"]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    for part in [
        "cordial play last-ack-lost                         #1 of 1 · NOTE last-ack-lost · recovered, +190 ms\n",
        "one-way 10 ms   rto_min 200 ms   2MSL 60 s\n",
        "   1.310               ├─ #10 ACK seq=7 ack=7 ──────✗ lost      │              +2msl 60s (client)\n",
        "   1.500               │◄═══════════ #11 ↻ FIN+ACK seq=6 ack=7 ═┤              +rto 400ms (server)\n",
        "  61.510        CLOSED │                                        │              !2msl (client)\n",
        "\nC07 The last ACK got lost",
        "cordial why no-time-wait",
    ] {
        assert!(english.contains(part), "{part} in\n{english}");
    }
    let (code, chinese, _) = play(&["--lang", "zh", "last-ack-lost"]);
    assert_eq!(code, Some(0));
    for part in [
        "第 1 条 / 共 1 条 · 提示 最后的 ACK 丢了",
        "✗ 丢失",
        "2msl 重新计时：60s",
        "\nC07 最后一个 ACK 丢了",
    ] {
        assert!(chinese.contains(part), "{part} in\n{chinese}");
    }
}

/// What an earlier connection left behind is told from what was sent on this one.
#[test]
fn what_is_old_is_drawn_as_old() {
    let (_, drawn, _) = play(&["wrong-night"]);
    let (_, second) = drawn.split_once("#2 of 2").expect("two connections");
    for part in [
        "   0.000        CLOSED │                                        │ TIME_WAIT    SYNq 0 ACCq 0\n",
        "   1.030               │         ╲━ DATA seq=-499999..-499994 ━►│              of an old connection,\n",
    ] {
        assert!(second.contains(part), "{part} in\n{second}");
    }
    // A FIN that was held comes while nobody waits for anything.
    let (_, drawn, _) = play(&["why-two-msl"]);
    assert!(drawn.contains("┆  25 s pass                             ┆\n  55.000 "), "{drawn}");
    let (_, drawn, _) = play(&["late-syn"]);
    let row = drawn.lines().find(|row| row.contains("#2 SYN seq=90")).expect("a row for the old SYN");
    assert!(
        row.starts_with("   0.005               │           ╲─ #2 SYN seq=90 mss=1460 ──►│ SYN_RCVD"),
        "{row}"
    );
}

#[test]
fn ascii_is_ascii() {
    let (code, text, _) = play(&["--ascii", "four-goodbyes"]);
    assert!(code == Some(0) && text.is_ascii(), "{text}");
}

#[test]
fn the_list_names_every_lesson_once_with_its_title() {
    let (code, list, _) = play(&["--list"]);
    assert_eq!(code, Some(0));
    for (number, name) in [("01", "three-steps"), ("17", "last-ack-lost"), ("28", "assassination")] {
        let line = |line: &&str| line.starts_with(&format!("  {number}  {name} "));
        assert_eq!(list.lines().filter(line).count(), 1, "{name} in\n{list}");
    }
    assert!(list.contains("The goodbye nobody heard"));
    assert!(play(&["--list", "--lang", "zh"]).1.contains("最后一声再见没听见"));
}

#[test]
fn what_does_not_come_as_expected_is_said_with_the_ladder_and_ends_with_1() {
    let room = Room::new("unmet");
    let text = "server listen; accept; read end; close\nclient connect; close @1s\nexpect segments 5; client reads 0\n";
    let file = room.scenario(text);
    let (code, out, errors) = play(&[&file]);
    assert_eq!((code, errors.as_str()), (Some(1), ""));
    assert!(out.contains("SYN+ACK seq=0 ack=1"), "{out}");
    assert!(
        out.ends_with("Not as expected (seed 1):\n  line 3: expected `segments 5`; there were 6.\n"),
        "{out}"
    );
    let (code, out, errors) = play(&["--json", &file]);
    assert!(code == Some(1) && out.starts_with('{') && errors.contains("expected `segments 5`"), "{errors}");
}

#[test]
fn what_makes_no_sense_is_shown_where_it_is_and_ends_with_2() {
    let room = Room::new("wrong");
    let (code, out, errors) = play(&[&room.scenario("client connect\nexpct no RST\n")]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(errors.contains("my.scenario:2:1: `expct` is none of: title, "), "{errors}");
    assert!(errors.ends_with("Did you mean `expect`?\n   |\n 2 | expct no RST\n   | ^^^^^\n"), "{errors}");
    let (code, _, errors) = play(&["--lang", "zh", &room.scenario("client connect\ndrop c9\n")]);
    assert!(code == Some(2) && errors.contains("my.scenario:2:6: c9 从未发出"), "{errors}");
    let (code, _, errors) = play(&["last-akc-lost"]);
    assert_eq!(code, Some(2));
    assert_eq!(
        errors,
        "cordial: there is no scenario `last-akc-lost`. Did you mean:  cordial play last-ack-lost\n"
    );
    for args in [&["./no/such.scenario"][..], &[], &["--seed", "x", "late-syn"], &["--list", "--json"]] {
        assert_eq!(play(args).0, Some(2), "{args:?}");
    }
}

#[test]
fn events_and_packets_go_to_files_that_explain_reads() {
    let room = Room::new("files");
    let (events, pcap, output) = (room.file("run.jsonl"), room.file("run.pcapng"), room.file("out.txt"));
    let (code, out, errors) =
        play(&["--events", &events, "--pcap", &pcap, "--output", &output, "last-ack-lost"]);
    assert_eq!((code, out.as_str(), errors.as_str()), (Some(0), "", ""));
    assert!(fs::read_to_string(&output).expect("a file").contains("✗ lost"));
    for line in fs::read_to_string(&events).expect("a file").lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("JSON");
    }
    for file in [&events, &pcap] {
        let output = cordial(&["explain", file]);
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success() && text.contains("\nC07 "), "{file}:\n{text}");
    }
    let (code, _, errors) = play(&["--events", &events, "--pcap", &events, "last-ack-lost"]);
    assert!(code == Some(2) && errors.contains("names the same file"), "{errors}");
    let (code, _, errors) = play(&["--output", &room.file("no/such/file"), "last-ack-lost"]);
    assert!(code == Some(2) && errors.contains("--output"), "{errors}");
}

#[test]
fn one_seed_gives_the_same_octets_in_two_processes() {
    let room = Room::new("seed");
    let file = room
        .scenario("net loss 20%\nserver listen; accept; read end; close\nclient connect; send 20k; close\n");
    let run = |seed: &str| play(&["--json", "--seed", seed, &file]).1;
    assert_eq!(run("7"), run("7"));
    assert_ne!(run("7"), run("8"));
}

#[test]
fn numbers_may_be_those_on_the_wire() {
    let (_, text, _) = play(&["late-syn"]);
    assert!(text.contains("RST seq=91") && text.contains("SYN seq=100"), "{text}");
    let (_, text, _) = play(&["--absolute", "syn-takes-a-number"]);
    assert!(text.contains("SYN seq=4294967295"), "{text}");
    // Those of an earlier connection lie before the first of this one.
    let (_, text, _) = play(&["wrong-night"]);
    assert!(text.contains("DATA seq=-499999..-499994"), "{text}");
}
