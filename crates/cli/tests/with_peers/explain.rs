//! What `explain` says of the captures and records of real runs, and of what is none.

use std::process::{Command, Output, Stdio};

use super::harness::Scratch;

fn explain(scratch: &Scratch, words: &[&str]) -> Output {
    let words = ["explain"].iter().chain(words);
    scratch.cordial(words).output().expect("the command can be run")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// One run with a healthy connection and a refused one, recorded in both forms.
fn recorded() -> Scratch {
    let scratch = Scratch::new();
    let script = "curl -s http://hello.cordial/ > page; curl -s http://host.cordial:1/; true";
    scratch.run(&["--quiet", "--pcap", "run.pcapng", "--events", "run.jsonl"], script).expect_code(0);
    scratch
}

#[test]
fn a_capture_and_a_record_of_one_run_tell_the_same() {
    let scratch = recorded();
    for file in ["run.pcapng", "run.jsonl"] {
        let output = explain(&scratch, &["--check", "--all", file]);
        let text = said(&output);
        assert_eq!(output.status.code(), Some(1), "one was refused: {text}");
        assert!(text.contains("H04") && text.contains("healthy"), "{file}: {text}");
        let chinese = said(&explain(&scratch, &["--lang", "zh", file]));
        assert!(chinese.contains("被拒绝"), "{chinese}");
    }
}

#[test]
fn a_connection_is_drawn_when_it_is_asked_for() {
    let scratch = recorded();
    let text = said(&explain(&scratch, &["--connection", "1", "run.pcapng"]));
    assert!(text.contains("SYN_SENT") && text.contains("SYN+ACK") && text.contains("#1"), "{text}");
    let missing = explain(&scratch, &["--connection", "99", "run.pcapng"]);
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn json_has_every_event_and_verdict_and_can_be_explained_again() {
    let scratch = recorded();
    let json = explain(&scratch, &["--json", "-o", "again.jsonl", "run.pcapng"]);
    assert_eq!(json.status.code(), Some(0));
    let text = std::fs::read_to_string(scratch.file("again.jsonl")).expect("it was written");
    assert!(text.contains("explain:verdict") && text.contains("\"source\":\"pcap\""));
    assert_eq!(explain(&scratch, &["--check", "again.jsonl"]).status.code(), Some(1));
}

#[test]
fn standard_input_may_be_a_capture() {
    let scratch = recorded();
    let file = std::fs::File::open(scratch.file("run.pcapng")).expect("it was written");
    let output =
        scratch.cordial(["explain", "-"]).stdin(Stdio::from(file)).output().expect("the command can be run");
    assert!(output.status.success() && said(&output).contains("H04"));
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let scratch = recorded();
    let mut child = scratch
        .cordial(["explain", "--json", "run.pcapng"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command can be run");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), &*output.stderr), (Some(0), &[][..]));
}

#[test]
fn what_cannot_be_explained_is_refused_with_what_to_type_next() {
    let scratch = recorded();
    let path = |name: &str| scratch.file(name);
    std::fs::write(path("empty"), b"").expect("the folder can be written");
    std::fs::write(path("text"), b"12:00:00.1 IP 10.0.0.1.80 > 10.0.0.2.1234: Flags [S]\n")
        .expect("likewise");
    let zipped = Command::new("gzip").args(["-k", "run.pcapng"]).current_dir(path(".")).status();
    assert!(zipped.expect("gzip is there").success());
    for (file, next) in [
        ("nowhere", "tcpdump -i any -w nowhere"),
        ("empty", "tcpdump"),
        ("text", "tcpdump -w"),
        ("run.pcapng.gz", "gzip -dc run.pcapng.gz | cordial explain -"),
        (".", "directory"),
    ] {
        let output = explain(&scratch, &[file]);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{file}: {complaint}");
        assert!(complaint.contains(next) && said(&output).is_empty(), "{file}: {complaint}");
    }
    let same = explain(&scratch, &["-o", "run.pcapng", "run.pcapng"]);
    assert_eq!(same.status.code(), Some(2));
    assert!(std::fs::metadata(path("run.pcapng")).expect("it is still there").len() > 1_000);
}
