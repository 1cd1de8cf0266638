//! Faults on the traffic of a real client: what the command line asks for happens, is drawn, and is recorded.

use serde_json::Value;

use super::harness::{Ended, Scratch};

const CURL: &str = "curl -sS -4 --max-time 20 http://hello.cordial/";

/// Says goodbye last: the server, which is the engine, goes first. Its FIN may come after its answer: curl waits for it.
const CURL_LAST: &str = "curl -sS -4 -0 --ignore-content-length --max-time 20 http://hello.cordial/";

/// What the greeting is without faults.
fn greeting(scratch: &Scratch) -> String {
    let ended = scratch.run(&["--quiet"], CURL).expect_code(0);
    assert!(ended.stdout.to_lowercase().contains("hello"), "{ended}");
    ended.stdout
}

/// Runs curl under these faults: it gets its answer all the same.
#[track_caller]
fn survives(scratch: &Scratch, options: &[&str], script: &str) -> Ended {
    let ended = scratch.run(&[options, &["--events", "events.jsonl"]].concat(), script).expect_code(0);
    assert_eq!(ended.stdout, greeting(scratch), "{ended}");
    ended
}

/// The events of the last run, by name.
fn events(scratch: &Scratch, name: &str) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(scratch.file("events.jsonl")).expect("the events were written");
    let events = text.lines().map(|line| serde_json::from_str(line).expect("JSON"));
    events.filter(|event: &serde_json::Value| event["name"] == name).collect()
}

/// Fails unless these words come in this order, each on a line after the last.
#[track_caller]
fn expect_in_order(text: &str, parts: &[&str]) {
    let mut lines = text.lines();
    for part in parts {
        assert!(lines.any(|line| line.contains(part)), "`{part}` does not come in its place:\n{text}");
    }
}

#[test]
fn without_the_last_ack_the_fin_comes_again_and_time_wait_answers() {
    let scratch = Scratch::new();
    for device in ["tun", "veth"] {
        // Here the kernel is in TIME_WAIT.
        let ended = survives(&scratch, &["--fault", "drop last ack", "--device", device], CURL);
        expect_in_order(
            &ended.stderr,
            &["last-ack-lost", "TIME_WAIT", "✗ lost", "↻ FIN+ACK", "CLOSED", "C07"],
        );
        assert!(ended.stderr.contains("fault: drop last ack"), "{ended}");
        let lost = events(&scratch, "net:segment_lost");
        assert_eq!(lost.len(), 1, "{lost:?}");
        assert_eq!(lost[0]["data"]["trigger"], "drop last ack");
        assert_eq!(lost[0]["at"], "network");
        assert_eq!(lost[0]["ends"]["client"][1], "TIME_WAIT");
        assert_eq!(lost[0]["ends"]["server"][1], "LAST_ACK");
    }
}

#[test]
fn where_the_engine_waits_it_answers_the_fin_that_comes_again_after_the_program_has_gone() {
    let scratch = Scratch::new();
    let ended = survives(&scratch, &["--fault", "drop last ack"], CURL_LAST);
    expect_in_order(&ended.stderr, &["last-ack-lost", "lost ✗", "↻ FIN+ACK", "CLOSED", "C07"]);
    assert!(ended.stderr.contains("2msl restarts"), "{ended}");
}

#[test]
fn what_is_lost_once_is_sent_again_and_named() {
    let scratch = Scratch::new();
    for (rule, verdict) in [
        ("drop 1st syn", "H02"),
        ("drop 1st syn-ack", "H07"),
        ("drop 1st data from client", "D01"),
        ("drop 1st data from server", "D0"),
        ("drop 1st fin", "C08"),
    ] {
        let ended = survives(&scratch, &["--fault", rule], CURL);
        let lost = events(&scratch, "net:segment_lost");
        assert_eq!((lost.len(), &lost[0]["data"]["trigger"]), (1, &rule.into()), "{ended}");
        let told = events(&scratch, "explain:verdict");
        let is_told = told
            .iter()
            .any(|event| event["data"]["verdict"].as_str().is_some_and(|id| id.starts_with(verdict)));
        assert!(is_told, "no {verdict} for {rule}: {ended}");
        assert!(ended.stderr.contains("↻"), "{ended}");
    }
}

#[test]
fn what_is_late_leaves_in_one_row_and_arrives_in_another() {
    let scratch = Scratch::new();
    let ended = survives(&scratch, &["--fault", "delay 1st fin 50ms"], CURL);
    expect_in_order(&ended.stderr, &["… held", "CLOSE_WAIT", "CLOSED"]);
    let arrival = ended.stderr.lines().find(|line| line.contains("CLOSE_WAIT")).unwrap_or_default();
    assert!(arrival.contains("╲─ FIN+ACK"), "{ended}");
    let late = events(&scratch, "net:segment_delayed");
    assert_eq!((late.len(), late[0]["data"]["delta"].as_f64()), (1, Some(50.0)), "{late:?}");
    let id = &late[0]["data"]["segment_id"];
    let received = events(&scratch, "tcp:segment_received");
    let arrived = received.iter().find(|event| &event["data"]["segment_id"] == id).expect("it arrives");
    let took = arrived["time"].as_f64().expect("a time") - late[0]["time"].as_f64().expect("a time");
    assert!(took >= 50.0, "{took} ms");
    assert_eq!(arrived["cause"][0], late[0]["id"]);
}

#[test]
fn what_is_doubled_or_overtaken_does_no_harm() {
    let scratch = Scratch::new();
    let ended = survives(&scratch, &["--fault", "dup data"], CURL);
    assert!(ended.stderr.contains("fault: dup data"), "{ended}");
    assert!(events(&scratch, "net:segment_duplicated").len() >= 2, "a request and its answer: {ended}");
    survives(&scratch, &["--fault", "reorder data", "--fault", "dup fin"], CURL);
    assert!(events(&scratch, "net:segment_reordered").len() >= 2);
    assert!(!events(&scratch, "net:segment_duplicated").is_empty());
}

#[test]
fn what_is_damaged_is_dropped_by_its_checksum_on_both_sides() {
    let scratch = Scratch::new();
    for device in ["tun", "veth"] {
        let rules = ["--fault", "corrupt 1st data from client", "--fault", "corrupt 1st data from server"];
        let ended = survives(&scratch, &[&rules[..], &["--device", device, "--stats"]].concat(), CURL);
        assert_eq!(events(&scratch, "net:segment_corrupted").len(), 2, "{ended}");
        let refused = events(&scratch, "tcp:segment_dropped");
        // Where the bit was one of the data offset, it is seen before the checksum is.
        let is_bad = |event: &&Value| {
            ["bad_checksum", "malformed"].iter().any(|trigger| event["data"]["trigger"] == *trigger)
        };
        let bad: Vec<_> = refused.iter().filter(is_bad).collect();
        assert_eq!(bad.len(), 1, "ours; the kernel keeps quiet about its own: {ended}");
        assert!(ended.stderr.contains("✗ damaged") && ended.stderr.contains("damaged ✗"), "{ended}");
        assert!(ended.stderr.contains("drew from seed"), "which bit is chance: {ended}");
    }
}

#[test]
fn a_black_hole_takes_long_packets_only() {
    let scratch = Scratch::new();
    // The answer is longer than that, the request is not.
    let options = ["--fault", "blackhole >200", "--events", "events.jsonl"];
    let ended = scratch.run(&options, "curl -sS -4 --max-time 6 http://hello.cordial/").expect_code(28);
    let lost = events(&scratch, "net:segment_lost");
    assert!(!lost.is_empty(), "{ended}");
    for event in &lost {
        assert!(event["data"]["raw"]["payload_length"].as_u64() > Some(100), "{event}");
    }
}

#[test]
fn after_so_many_octets_both_ends_see_a_reset() {
    let scratch = Scratch::new();
    let options = ["--fault", "rst after 100", "--events", "events.jsonl"];
    // 56: the connection was reset while curl was receiving. The answer may have been there before.
    let ended = scratch.run(&options, CURL);
    assert!([0, 56].contains(&ended.code()), "{ended}");
    assert!(ended.stderr.contains("forged") && ended.stderr.contains("fault: rst after 100"), "{ended}");
    let forged = events(&scratch, "net:segment_forged");
    let senders: Vec<&str> =
        forged.iter().filter_map(|event| event["data"]["segment_id"].as_str()?.get(..1)).collect();
    assert!(senders.contains(&"c") && senders.contains(&"s"), "{ended}");
    let closed = events(&scratch, "tcp:connection_closed");
    assert_eq!(closed[0]["data"]["cause"], "reset", "{ended}");
}

#[test]
fn a_path_takes_its_time() {
    let scratch = Scratch::new();
    let script =
        "curl -sS -4 --max-time 20 -o /dev/null -w '%{time_connect} %{time_total}' http://hello.cordial/";
    let ended = scratch.run(&["--quiet", "--delay", "60ms"], script).expect_code(0);
    let times: Vec<f64> = ended.stdout.split(' ').map(|time| time.parse().expect("seconds")).collect();
    // There and back once for the handshake, once more for the answer; the name takes as long again.
    assert!(times[0] >= 0.12 && times[1] >= times[0] + 0.12, "{ended}");
}

#[test]
fn a_narrow_path_lets_through_what_it_says() {
    let scratch = Scratch::new();
    let script = "head -c 60000 /dev/zero > sent && \
                  curl -sS -4 --max-time 60 -o got -w '%{time_total}' -T sent http://host.cordial:$PORT/";
    let script = script.replace("$PORT", &echo().to_string());
    let ended = scratch.run(&["--quiet", "--rate", "1mbit"], &script).expect_code(0);
    // 60,000 octets one way and then the other, at a million bits a second.
    let took: f64 = ended.stdout.trim().parse().expect("seconds");
    assert!(took >= 0.96, "{ended}");
}

#[test]
fn the_seed_is_told_and_taken_and_recorded() {
    let scratch = Scratch::new();
    let ended = survives(&scratch, &["--fault", "loss 0%"], CURL);
    let told = ended.stderr.lines().find_map(|line| line.split_once("--seed ")).expect("a seed is told").1;
    assert!(told.parse::<u64>().is_ok(), "{ended}");
    let ended =
        survives(&scratch, &["--fault", "loss 0%", "--seed", "77"], CURL).expect_stderr(&["--seed 77"]);
    let text = std::fs::read_to_string(scratch.file("events.jsonl")).expect("the events were written");
    assert!(text.lines().next().is_some_and(|header| header.contains("\"seed\":77")), "{ended}");
    // What does not depend on chance needs none.
    let ended = survives(&scratch, &["--fault", "drop 9th rst"], CURL);
    assert!(!ended.stderr.contains("seed"), "{ended}");
}

#[test]
fn under_loss_a_transfer_arrives_whole_both_ways() {
    let scratch = Scratch::new();
    let options = [
        "--quiet",
        "--fault",
        "loss 3%",
        "--fault",
        "dup 3%",
        "--fault",
        "reorder 3%",
        "--fault",
        "corrupt 1%",
        "--seed",
        "1",
    ];
    let script = "head -c 300000 /dev/urandom > sent && curl -sS -4 --max-time 60 -o got -T sent http://host.cordial:$PORT/ \
                  && cmp sent got";
    let port = echo();
    scratch.run(&options, &script.replace("$PORT", &port.to_string())).expect_code(0);
}

/// A server on this machine that answers a request with its body; gives its port.
fn echo() -> u16 {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it is bound").port();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut request = Vec::new();
        let mut buffer = [0; 65_536];
        let (head, length) = loop {
            let count = stream.read(&mut buffer).expect("it speaks");
            request.extend_from_slice(&buffer[..count]);
            if let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
                let length =
                    head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                break (end + 4, length.unwrap_or(0));
            }
            assert!(count > 0, "it ended early");
        };
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").expect("it listens");
        while request.len() < head + length {
            let count = stream.read(&mut buffer).expect("it speaks");
            assert!(count > 0, "it ended early");
            request.extend_from_slice(&buffer[..count]);
        }
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).expect("it listens");
        stream.write_all(&request[head..]).expect("it listens");
    });
    port
}

#[test]
fn a_rule_that_is_none_is_located_and_the_program_is_not_run() {
    let scratch = Scratch::new();
    let ended = scratch.run(&["--fault", "drop 1st sinack"], "touch here").expect_code(125);
    let ended =
        ended.expect_stderr(&["did you mean `syn-ack`?", "    drop 1st sinack\n             ^^^^^^\n"]);
    let chinese = scratch.run(&["--lang", "zh", "--fault", "drop last data"], "touch here").expect_code(125);
    chinese.expect_stderr(&["哪个是最后一个", "    drop last data\n         ^^^^\n"]);
    for options in [["--rate", "10"], ["--delay", "soon"], ["--seed", "x"]] {
        scratch.run(&options, "touch here").expect_code(125);
    }
    let most = vec!["--fault=drop 1st syn"; 65];
    scratch.run(&most, "touch here").expect_code(125).expect_stderr(&["64 rules at most"]);
    assert!(!scratch.names().contains(&"here".to_owned()), "{ended}");
}

#[test]
fn faults_are_drawn_in_chinese_too() {
    let scratch = Scratch::new();
    let ended = survives(&scratch, &["--lang", "zh", "--fault", "drop last ack"], CURL);
    assert!(
        ["✗ 丢失", "故障：drop last ack", "C07"].iter().all(|part| ended.stderr.contains(part)),
        "{ended}"
    );
}
