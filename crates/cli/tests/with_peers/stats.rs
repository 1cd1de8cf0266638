//! What `run --stats` says: of each connection, of the tables, of the host.

use super::harness::Scratch;

const CURL: &str = "curl -sS -4 http://hello.cordial/ > page";

/// The word that begins so, and what follows it.
fn word<'a>(line: &'a str, begins: &str) -> &'a str {
    line.split(' ').find_map(|word| word.strip_prefix(begins)).unwrap_or_default()
}

#[test]
fn every_connection_and_every_count_is_told_at_the_end() {
    let scratch = Scratch::new();
    let ended = scratch.run(&["--stats", "--ladder=none"], CURL).expect_code(0);
    let line = ended.stderr.lines().find(|line| line.contains(":80 ")).unwrap_or_else(|| panic!("{ended}"));
    assert!(line.contains(" ended:Graceful "), "{ended}");
    // What the page has, and the headers before it.
    let page = std::fs::metadata(scratch.file("page")).expect("it was fetched").len();
    let sent: u64 = word(line, "bytes_sent:").parse().unwrap_or(0);
    assert!(sent > page && word(line, "bytes_acked:") == sent.to_string(), "{ended}");
    assert!(word(line, "bytes_received:").parse::<u64>().is_ok_and(|octets| octets > 50), "{ended}");
    assert!(word(line, "rtt:").contains('/') && word(line, "wscale:").contains(','), "{ended}");
    let told =
        ended.stderr.lines().find_map(|line| line.trim().strip_prefix("TcpPassiveOpens")).map(str::trim);
    assert_eq!(told, Some("1"), "{ended}");
    let ended = scratch.run(&["--lang", "zh", "--stats", "--ladder=none"], CURL).expect_code(0);
    for heading in ["连接（1 条）：", "计数（"] {
        assert!(ended.stderr.contains(heading), "{ended}");
    }
    let ended = scratch.run(&["--ladder=none"], CURL).expect_code(0);
    assert!(!ended.stderr.contains("TcpPassiveOpens"), "nobody asked: {ended}");
}

#[test]
fn with_json_they_are_lines_of_the_record_which_can_still_be_explained() {
    let scratch = Scratch::new();
    let ended = scratch.run(&["--stats", "--json", "--output", "run.jsonl"], CURL).expect_code(0);
    assert!(!ended.stderr.contains("TcpPassiveOpens"), "they are in the record: {ended}");
    let text = std::fs::read_to_string(scratch.file("run.jsonl")).expect("the events were written");
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let named = |name: &str| -> Vec<_> { lines.iter().filter(|line| line["name"] == name).collect() };
    let [connection] = named("stats:connection")[..] else { panic!("{text}") };
    assert!(connection["data"]["bytes_acked"].as_u64() > Some(0), "{connection}");
    assert_eq!(connection["data"]["cause"], "Graceful");
    let [host] = named("stats:host")[..] else { panic!("{text}") };
    assert_eq!(host["data"]["counters"]["TcpPassiveOpens"], 1);
    assert_eq!(host["data"]["tables"]["syn_cache"][1], 4096);
    let explained = scratch.cordial(["explain", "--check", "run.jsonl"]).output().expect("it can be run");
    let said = String::from_utf8_lossy(&explained.stdout);
    assert_eq!(explained.status.code(), Some(0), "{said}");
    assert!(!said.contains("damaged"), "{said}");
}

/// A program that leaves a connection open: it is told as it is at the end.
#[test]
fn what_is_still_open_is_told_too() {
    let scratch = Scratch::new();
    let script = "bash -c 'exec 3<>/dev/tcp/hello.cordial/80; printf \"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n\" >&3; \
                  head -c 100 <&3 > page; kill -9 $$'";
    let ended = scratch.run(&["--stats", "--quiet"], script);
    assert!(
        ended.stderr.lines().any(|line| line.contains(":80 ") && line.contains("bytes_received:")),
        "{ended}"
    );
}
