//! Names that try to steer the terminal.

use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use cordial_trace::Vantage;
use cordial_trace::event::Side::{Client, Server};
use cordial_trace::event::{At, Event, Process, What};

use crate::command::{explain, record};
use crate::file::{PCAPNG, file, name_block};
use crate::scene::*;
use crate::talk::Talk;

/// Clears the screen, colours, rings, turns the line round, hides.
const HOSTILE: &str = "ev\u{1b}[2J\u{1b}]0;t\u{7}il\u{9b}31m\u{202e}\u{200b}\r\u{2028}.com";

fn assert_harmless(text: &str) {
    let steers = |c: &char| c.is_control() && *c != '\n' || "\u{202e}\u{200b}\u{2028}".contains(*c);
    let found: Vec<char> = text.chars().filter(steers).collect();
    assert_eq!(found, [], "{text:?}");
    assert!(text.contains("ev"), "the name is there: {text}");
}

#[test]
fn names_of_a_capture_are_harmless() {
    let mut packets = Talk::v4().whole().packets;
    packets.extend(Talk::between("10.0.0.3:40000", "10.0.0.1:80").whole().packets);
    let head = file(PCAPNG, 101, &[], 65_535);
    let plain = file(PCAPNG, 101, &packets, 65_535);
    let capture = [&head, &name_block([10, 0, 0, 1], HOSTILE.as_bytes()), &plain[head.len()..]].concat();
    for words in [&["--all"][..], &["-c", "1"], &["-c", "1", "--exact", "--lang", "zh"]] {
        assert_harmless(&explain(words, &capture).out);
    }
}

#[test]
fn programs_and_names_of_a_record_are_harmless() {
    let mut scene = Scene::new(Vantage::OneEnd);
    whole(&mut scene);
    let mut events = scene.finish(150);
    let last = events.last().expect("events").clone();
    for (id, at, what) in [
        (last.id + 1, Client, What::Process(Process::new("ev", 1))),
        (last.id + 2, Server, What::Named(HOSTILE.to_owned())),
    ] {
        let cause = Vec::new();
        events.push(Event { id, at: At::End(at), what, ends: None, cause, ..last.clone() });
    }
    // As somebody else may have written it.
    let quoted = serde_json::to_string(HOSTILE).expect("text");
    let text = String::from_utf8(record(&events)).expect("text").replace("\"ev\"", &quoted);
    for words in [&["--all"][..], &["--json"], &["-c", "1", "--exact"]] {
        assert_harmless(&explain(words, text.as_bytes()).out);
    }
}

#[test]
fn names_of_files_are_harmless() {
    for words in [&["explain"][..], &["explain", "--lang", "zh"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_cordial"))
            .args(words)
            .arg(std::ffi::OsStr::from_bytes(HOSTILE.as_bytes()))
            .env("LC_ALL", "C.UTF-8")
            .output()
            .expect("the command can be run");
        assert_eq!(output.status.code(), Some(2));
        assert_harmless(&String::from_utf8(output.stderr).expect("text"));
    }
}
