//! The capture of a run, as Wireshark's judgement has it.

use std::path::Path;
use std::process::Command;

use super::harness::{CERTAIN, Scratch, finish};
use super::servers::Nginx;

/// What a capture of our own stack must never show.
const FAULTS: &str = "_ws.malformed || tcp.analysis.retransmission || tcp.analysis.fast_retransmission || \
    tcp.analysis.spurious_retransmission || tcp.analysis.out_of_order || tcp.analysis.lost_segment || \
    tcp.checksum.status == \"Bad\" || udp.checksum.status == \"Bad\" || ip.checksum.status == \"Bad\"";

#[test]
fn a_capture_has_every_segment_once_and_in_order() {
    let (nginx, scratch) = (Nginx::start(), Scratch::new());
    std::fs::write(nginx.path("some"), vec![b'x'; 5_000_000]).expect("the folder can be written");
    let script = format!(
        "{CERTAIN} curl -sS http://hello.cordial/ && curl -sS -4 -o /dev/null {0} && curl -sS -6 -o /dev/null {0} && \
         head -c 3000000 /dev/zero | curl -sS -T - {1}",
        nginx.url("some"),
        nginx.url("put")
    );
    scratch.run(&["--quiet", "--pcap", "run.pcapng"], &script).expect_code(0);
    let capture = scratch.file("run.pcapng");

    assert_eq!(tshark(&capture, FAULTS), "");
    let syns = "tcp.flags.syn == 1 && tcp.flags.ack == 0";
    assert_eq!(tshark(&capture, syns).lines().count(), 4, "one connection for each curl");
    assert_eq!(tshark(&capture, "tcp.flags.fin == 1").lines().count(), 8, "both sides of each say goodbye");
    assert!(tshark(&capture, "http.request").lines().count() >= 4, "requests are readable");
    assert!(tshark(&capture, "dns").lines().count() >= 2, "names were asked for");
}

#[test]
fn a_capture_of_a_refusal_shows_the_syn_and_its_reset() {
    let scratch = Scratch::new();
    scratch.run(&["--quiet", "--pcap", "run.pcapng"], "curl -s -4 http://host.cordial:1/").expect_code(7);
    let capture = scratch.file("run.pcapng");
    assert_eq!(tshark(&capture, FAULTS), "");
    assert_eq!(tshark(&capture, "tcp.flags.reset == 1 && tcp.flags.ack == 1").lines().count(), 1);
}

/// The two records of one run tell of the same segments.
#[test]
fn events_and_capture_have_as_many_segments() {
    let scratch = Scratch::new();
    let script =
        "curl -sS http://hello.cordial/; curl -s http://host.cordial:1/; curl -sS -4 http://hello.cordial/";
    let options = ["--quiet", "--pcap", "run.pcapng", "--events", "run.jsonl"];
    scratch.run(&options, script).expect_code(0);
    let events = std::fs::read_to_string(scratch.file("run.jsonl")).expect("the events were written");
    let is_segment = |line: &&str| {
        ["tcp:segment_sent", "tcp:segment_received", "tcp:segment_dropped"]
            .iter()
            .any(|name| line.contains(&format!("\"name\":\"{name}\"")))
    };
    let told = events.lines().filter(is_segment).count();
    let captured = tshark(&scratch.file("run.pcapng"), "tcp && !icmp && !icmpv6").lines().count();
    assert!(told > 20, "{events}");
    assert_eq!(told, captured, "{events}");
}

/// The packets that a display filter finds, one a line, with checksums verified.
#[track_caller]
fn tshark(capture: &Path, filter: &str) -> String {
    let mut command = Command::new("tshark");
    command.args(["-n", "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]);
    command.args(["-o", "udp.check_checksum:TRUE", "-Y", filter, "-r"]).arg(capture);
    finish(command).expect_code(0).stdout
}
