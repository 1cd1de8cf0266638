//! What is said of many connections together.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::command::{capture, explain};
use crate::file::{self, PCAP, Packet};
use crate::talk::Talk;

fn calls(count: u32) -> Vec<Packet> {
    let mut packets = Vec::new();
    for i in 0..count {
        let client = format!("10.{}.{}.2:40000", i / 250, i % 250);
        let mut talk = Talk::between(&client, "10.0.0.1:80");
        talk.at(u64::from(i)).client("SYN", 0, 0, "");
        packets.extend(talk.packets);
    }
    packets
}

#[test]
fn what_is_not_over_is_not_called_healthy() {
    let mut packets = Talk::v4().whole().packets;
    let mut half = Talk::between("10.0.0.3:40000", "10.0.0.1:80");
    half.at(200).client("SYN", 0, 0, "").at(210).server("SYN+ACK", 0, 1, "");
    let mut open = Talk::between("10.0.0.4:40000", "10.0.0.1:80");
    open.at(300).handshake().exchange();
    let mut call = Talk::between("10.0.0.5:40000", "10.0.0.1:80");
    call.at(500).client("SYN", 0, 0, "");
    packets.extend([half, open, call].into_iter().flat_map(|talk| talk.packets));
    let said = explain(&[], &capture(&packets)).out;
    let counted = "4 connections: 1 healthy, 1 still open, 1 half-open, 1 not answered yet\n";
    assert!(said.contains(counted), "{said}");
    let chinese = explain(&["--lang", "zh"], &capture(&packets)).out;
    assert!(chinese.contains("共 4 条连接：正常 1，还开着 1，半连接 1，还没人应答 1\n"), "{chinese}");
    let ladder = explain(&["-c", "2,4"], &capture(&packets)).out;
    assert!(ladder.contains("the third segment had not come"), "{ladder}");
    assert!(ladder.contains("had not been answered when the record ended"), "{ladder}");
}

/// A flood in which every SYN is sent twice: each of them is a failure, and they are all alike.
#[test]
fn a_thousand_failures_alike_are_told_in_a_few_lines() {
    let mut packets = calls(1_000);
    let again: Vec<Packet> =
        packets.iter().map(|packet| Packet { micros: packet.micros + 1_100_000, ..packet.clone() }).collect();
    packets.extend(again);
    packets.sort_by_key(|packet| packet.micros);
    let mut refused = Talk::between("10.9.0.2:40000", "10.0.0.1:81");
    refused.at(9_000).client("SYN", 0, 0, "").server("RST+ACK", 0, 1, "");
    packets.extend(refused.packets);
    let file = capture(&packets);
    let said = explain(&[], &file).out;
    assert!(said.lines().count() < 40, "{said}");
    assert_eq!(said.matches("H03 (likely) Nobody answered").count(), 3, "{said}");
    assert!(said.contains("... and 990 more: H03 syn-unanswered"), "{said}");
    assert!(said.contains("H04 The machine answered"), "another kind has its own place: {said}");
    assert!(said.contains("1001 connections: 1001 failed (1 refused, 1000 without an answer)"), "{said}");
    let all = explain(&["--filter", "verdict:H03"], &file).out;
    assert_eq!(all.matches("FAIL syn-unanswered").count(), 1_000);
}

#[test]
fn what_is_wrong_with_the_capture_is_said_once() {
    let mut packets = Talk::v4().whole().packets;
    for i in 3..13 {
        let mut talk = Talk::between(&format!("10.0.0.{i}:40000"), "10.0.0.1:80");
        talk.at(i * 1_000).client("SYN", 0, 0, "").server("RST+ACK", 0, 1, "");
        packets.extend(talk.packets);
    }
    // Cut in the middle of the options.
    let file = file::file(PCAP, 101, &packets, 45);
    let said = explain(&[], &file).out;
    assert_eq!(said.matches("X07 ").count(), 1, "{said}");
    assert!(said.contains("(11 of 11"), "{said}");
    let one = explain(&["-c", "2"], &file).out;
    let json = explain(&["--json"], &file).out;
    assert_eq!(json.matches("\"verdict\":\"X07\"").count(), 11, "the record has them all");
    assert!(one.contains("X07"), "{one}");
}

#[test]
fn a_record_of_a_run_that_was_killed_is_explained() {
    let json = explain(&["--json"], &capture(&Talk::v4().whole().packets)).out;
    let lines: Vec<&str> = json.lines().filter(|line| !line.contains("explain:verdict")).collect();
    let cut = lines[..lines.len() - 4].join("\n") + "\n";
    let said = explain(&[], cut.as_bytes());
    assert!(said.code == Some(0) && said.out.contains("Still open"), "{}{}", said.out, said.err);
}

/// Whoever reads no further still gets the answer by the exit code.
#[test]
fn a_reader_that_goes_away_does_not_make_it_right() {
    let mut refused = Talk::between("10.9.0.2:40000", "10.0.0.1:81");
    refused.client("SYN", 0, 0, "").server("RST+ACK", 0, 1, "");
    for words in [&["--check"][..], &["--check", "--json"], &["--check", "-c", "1"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cordial"))
            .arg("explain")
            .args(words)
            .arg("-")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the command can be run");
        drop(child.stdout.take());
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(&capture(&refused.packets)).expect("it is read");
        drop(stdin);
        assert_eq!(child.wait().expect("it ends").code(), Some(1), "{words:?}");
    }
}
