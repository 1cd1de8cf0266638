//! Many connections: lines, the summary, the filter, and who is behind a connection.

use super::harness::*;

/// Two hundred programs, one after another in four rows.
const TWO_HUNDRED: &str = "for row in 1 2 3 4; do
        (for i in $(seq 50); do curl -s -o /dev/null http://hello.cordial/; done) &
    done; wait; curl -s http://hello.cordial:81/";

#[test]
fn two_hundred_connections_are_lines_and_a_summary() {
    let scratch = Scratch::new();
    let ended = scratch.run(&["--events", "events.jsonl"], TWO_HUNDRED).expect_code(7);
    let lines: Vec<&str> = ended.stderr.lines().filter(|line| line.trim_start().starts_with('#')).collect();
    assert!(lines.len() >= 197, "{} lines: {ended}", lines.len());
    let healthy =
        lines.iter().filter(|line| line.contains("hello.cordial:80") && line.contains("OK   S01 healthy"));
    assert!(healthy.count() >= 190, "{ended}");
    ended.expect_stderr(&["197 more connections, one line each:", "client / server"]).expect_stderr(&[
        "202 connections: 200 healthy, 2 failed (2 refused)",
        "#201",
        "FAIL H04 refused",
    ]);
    let events = std::fs::read_to_string(scratch.file("events.jsonl")).expect("written");
    let named = events.lines().filter(|line| line.contains(r#""name":"app:process""#));
    let curls = named.clone().filter(|line| line.contains(r#""process":"curl","pid":"#)).count();
    // A program that has ended when it is looked for is not found; nobody else is ever named in its place.
    assert!(curls > 0 && curls == named.count(), "{curls} of 202 programs were found");
}

#[test]
fn a_program_that_stays_is_named_with_its_pid_on_either_end() {
    let scratch = Scratch::new();
    // It pauses between its requests, so it is there when it is looked for.
    let script = "echo \"pid $$\" >&2; \
        exec curl -s --rate 2/s --no-keepalive -o /dev/null 'http://hello.cordial/?[1-3]'";
    let ended = scratch.run(&[], script).expect_code(0);
    let pid = ended
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("pid "))
        .expect("the shell said it")
        .to_owned();
    assert!(ended.stderr.contains(&format!("(curl, pid {pid})")), "{ended}");
}

#[test]
fn the_filter_chooses_what_is_drawn_and_not_what_is_recorded() {
    let scratch = Scratch::new();
    let script = "curl -s -o /dev/null http://hello.cordial/; curl -s http://hello.cordial:81/";
    let options = ["--filter", "level:warn", "--events", "events.jsonl"];
    let ended = scratch.run(&options, script).expect_code(7).expect_stderr(&["H04 The machine answered"]);
    assert!(!ended.stderr.contains("S01") && ended.stderr.contains("--filter leaves out 1 more"), "{ended}");
    let events = std::fs::read_to_string(scratch.file("events.jsonl")).expect("written");
    assert_eq!(events.lines().filter(|line| line.contains("tcp:connection_started")).count(), 3, "{events}");
    let live = scratch.run(&["--filter", "port:81", "--ladder=live"], script).expect_code(7);
    assert!(!live.stderr.contains("S01") && live.stderr.contains("H04 The machine answered"), "{live}");
    let none = scratch.run(&["--filter", "port:5432"], script).expect_code(7);
    assert!(none.stderr.contains("no connection matches --filter; there were 3"), "{none}");
}

#[test]
fn a_bad_filter_is_located_and_nothing_is_run() {
    let scratch = Scratch::new();
    let ended = scratch.run(&["--filter", "port:80 prot:81", "--events", "events.jsonl"], "touch ran");
    let ended =
        ended.expect_code(125).expect_stderr(&["--filter: there is no field `prot`", "state:close_wait"]);
    assert!(ended.stderr.contains("    port:80 prot:81\n            ^^^^\n"), "{ended}");
    assert_eq!(scratch.names(), [] as [&str; 0]);
}

#[test]
fn ladders_are_drawn_on_request() {
    let scratch = Scratch::new();
    let script = "for i in 1 2 3 4 5 6 7; do curl -s -o /dev/null http://hello.cordial/; done";
    let drawn = |option: &str| {
        let ended = scratch.run(&[option], script).expect_code(0);
        ended.stderr.lines().filter(|line| line.starts_with("cordial run -- ")).count()
    };
    let counts = ["--ladder=end", "--ladder=all", "--ladder=2", "--ladder=lines", "--ladder=none"].map(drawn);
    assert_eq!(counts, [5, 7, 2, 0, 0]);
}
