//! The first thing anyone tries, and where its output goes.

use super::harness::Scratch;

/// Every state a connection goes through when all is well and the client closes first.
const STATES: [&str; 7] =
    ["SYN_SENT", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT_1", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT"];

const CURL: &str = "curl -sS --max-time 20 http://hello.cordial/";

#[test]
fn curl_prints_the_greeting_and_the_ladder_shows_the_whole_life() {
    let scratch = Scratch::new();
    let ended = scratch.run(&[], CURL).expect_code(0).expect_stderr(&STATES);
    assert!(ended.stdout.to_lowercase().contains("hello"), "{ended}");
    assert!(!ended.stdout.contains("SYN_SENT"), "the ladder keeps off stdout: {ended}");
    for part in ["CLIENT", "SERVER", "seq=", "ack=", "ealthy"] {
        assert!(ended.stderr.contains(part), "no {part}: {ended}");
    }
    assert_eq!(ended.stderr.matches("SYN+ACK").count(), 1, "one connection, one ladder: {ended}");
}

#[test]
fn the_greeting_comes_over_ipv4_and_over_ipv6() {
    let scratch = Scratch::new();
    let four = scratch.run(&["--quiet"], &format!("{CURL} -4")).expect_code(0);
    let six = scratch.run(&["--quiet"], &format!("{CURL} -6")).expect_code(0);
    assert!(!four.stdout.is_empty() && !six.stdout.is_empty(), "{four}\n{six}");
}

#[test]
fn the_same_in_chinese() {
    let scratch = Scratch::new();
    let ended = scratch.run(&["--lang", "zh"], CURL).expect_code(0).expect_stderr(&STATES);
    for part in ["客户端", "服务器", "一切正常"] {
        assert!(ended.stderr.contains(part), "no {part}: {ended}");
    }
    assert!(!ended.stderr.contains("Healthy"), "not half in English: {ended}");
}

#[test]
fn ascii_means_ascii() {
    let scratch = Scratch::new();
    let ended = scratch.run(&["--ascii"], CURL).expect_code(0).expect_stderr(&STATES);
    assert!(ended.stderr.is_ascii(), "{ended}");
}

#[test]
fn color_is_for_terminals_unless_asked_for() {
    let scratch = Scratch::new();
    let plain = scratch.run(&[], CURL).expect_code(0);
    assert!(!plain.stderr.contains('\x1b'), "a pipe is no terminal: {plain}");
    let colored = scratch.run(&["--color", "always"], CURL).expect_code(0);
    assert!(colored.stderr.contains('\x1b'), "{colored}");
    let never = scratch.run(&["--color", "never"], CURL).expect_code(0);
    assert!(!never.stderr.contains('\x1b'), "{never}");
}

#[test]
fn quiet_says_nothing_and_ladder_none_draws_nothing() {
    let scratch = Scratch::new();
    let quiet = scratch.run(&["--quiet"], CURL).expect_code(0);
    assert_eq!(quiet.stderr, "");
    let none = scratch.run(&["--ladder=none"], CURL).expect_code(0);
    assert!(!none.stderr.contains("SYN_SENT"), "{none}");
}

#[test]
fn live_and_end_ladders_show_the_same_segments() {
    let scratch = Scratch::new();
    for ladder in ["--ladder=live", "--ladder=end"] {
        scratch.run(&[ladder], CURL).expect_code(0).expect_stderr(&["SYN+ACK", "FIN", "ESTABLISHED"]);
    }
}

#[test]
fn output_takes_the_ladder_off_stderr() {
    let scratch = Scratch::new();
    let ended = scratch.run(&["--output", "ladder.txt"], CURL).expect_code(0);
    assert!(!ended.stderr.contains("SYN_SENT"), "{ended}");
    let ladder = std::fs::read_to_string(scratch.file("ladder.txt")).expect("the ladder was written");
    for state in STATES {
        assert!(ladder.contains(state), "no {state}: {ladder}");
    }
}

#[test]
fn json_takes_the_place_of_the_ladder() {
    let scratch = Scratch::new();
    let ended = scratch.run(&["--json"], CURL).expect_code(0);
    assert_is_stream(&ended.stderr);
    assert!(!ended.stderr.contains("CLIENT"), "{ended}");
    scratch.run(&["--json", "--output", "stream.jsonl"], CURL).expect_code(0);
    assert_is_stream(&std::fs::read_to_string(scratch.file("stream.jsonl")).expect("the stream was written"));
}

#[test]
fn events_go_to_their_file_beside_the_ladder() {
    let scratch = Scratch::new();
    scratch.run(&["--events", "events.jsonl"], CURL).expect_code(0).expect_stderr(&STATES);
    assert_is_stream(
        &std::fs::read_to_string(scratch.file("events.jsonl")).expect("the events were written"),
    );
}

/// A header, then objects with the names that everyone reads.
#[track_caller]
fn assert_is_stream(text: &str) {
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    assert!(header.contains("\"file_schema\""), "no header: {text}");
    let is_object = |line: &str| line.starts_with('{') && line.ends_with('}') && line.contains("\"name\"");
    assert!(lines.all(is_object), "{text}");
    let ids: Vec<u64> = text.lines().skip(1).filter_map(id).collect();
    assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>(), "every event once and in order: {text}");
    for name in ["tcp:connection_started", "tcp:segment_sent", "tcp:segment_received", "explain:verdict"] {
        assert!(text.contains(name), "no {name}: {text}");
    }
}

fn id(line: &str) -> Option<u64> {
    line.strip_prefix("{\"id\":")?.split(',').next()?.parse().ok()
}

/// A screen or two is read; the rest is there in a line each, and what went wrong is drawn first.
#[test]
fn of_many_connections_a_few_are_drawn_and_the_others_have_a_line() {
    let scratch = Scratch::new();
    let script = format!("for i in 1 2 3 4 5 6; do {CURL}; done; curl -s -4 http://host.cordial:1/; exit 0");
    let ended = scratch.run(&[], &script).expect_code(0).expect_stderr(&["#7 of 7", "refused", "#6  "]);
    assert_eq!(ended.stderr.matches("CLIENT").count(), 5, "{ended}");
    assert_eq!(ended.stderr.matches("one line each").count(), 1, "{ended}");
}
