//! Running the command.

use std::io::Write;
use std::process::{Command, Stdio};

use cordial_trace::event::Event;
use cordial_trace::{Header, JsonLines, Source};

use crate::file::{self, PCAP, Packet};

/// What a command said, and how it ended.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// `cordial explain WORDS... -` with this file on standard input.
pub fn explain(words: &[&str], file: &[u8]) -> Said {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cordial"))
        .arg("explain")
        .args(words)
        .arg("-")
        .env("LC_ALL", "C.UTF-8")
        .env("COLUMNS", "100")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command can be run");
    let mut stdin = child.stdin.take().expect("it is piped");
    let file = file.to_owned();
    // Who refuses a command line reads nothing.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&file)));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("it does not panic");
    let text = |octets: Vec<u8>| String::from_utf8(octets).expect("text");
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// A capture of these packets.
pub fn capture(packets: &[Packet]) -> Vec<u8> {
    file::file(PCAP, 101, packets, 65_535)
}

/// A record of these events.
pub fn record(events: &[Event]) -> Vec<u8> {
    let header = Header { title: "a test".to_owned(), source: Source::Live, seed: None };
    let mut json = JsonLines::new(Vec::new(), &header).expect("memory takes everything");
    events.iter().for_each(|event| json.event(event).expect("memory takes everything"));
    json.into_inner()
}
