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

/// A capture of so many SYNs, each from another address.
fn calls(count: u32) -> Vec<u8> {
    let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 101, 0, 0, 0];
    for i in 0..count {
        let mut packet = [0_u8; 40];
        packet[..4].copy_from_slice(&[0x45, 0, 0, 40]);
        packet[8..10].copy_from_slice(&[64, 6]);
        packet[12..16].copy_from_slice(&(0x0a01_0000 + i).to_be_bytes());
        packet[16..20].copy_from_slice(&[10, 0, 0, 1]);
        packet[20..24].copy_from_slice(&[156, 64, 0, 80]);
        packet[32..36].copy_from_slice(&[0x50, 2, 0xff, 0xff]);
        [i / 1_000, i % 1_000 * 1_000, 40, 40].iter().for_each(|word| file.extend(word.to_le_bytes()));
        file.extend(packet);
    }
    file
}

#[test]
fn a_terminal_shows_how_far_it_is_also_of_standard_input() {
    let scratch = Scratch::new();
    let file = calls(4_000);
    let (first, rest) = file.split_at(file.len() / 2);
    std::fs::write(scratch.file("first"), first).expect("the folder can be written");
    std::fs::write(scratch.file("rest"), rest).expect("likewise");
    let cordial = env!("CARGO_BIN_EXE_cordial");
    let command = format!("(cat first; sleep 1; cat rest; sleep 0.3) | {cordial} explain - > said");
    let screen = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .current_dir(scratch.file("."))
        .env("LC_ALL", "C.UTF-8")
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .output()
        .expect("script is there");
    let shown = String::from_utf8_lossy(&screen.stdout).into_owned();
    assert!(shown.contains(" packets") && shown.contains("KiB"), "{shown:?}");
    assert!(!shown.contains('%'), "nobody knows how much there is: {shown:?}");
    let said = std::fs::read_to_string(scratch.file("said")).expect("it was written");
    assert!(said.contains("4000 packets") && !said.contains('\u{1b}'), "{said}");
}
