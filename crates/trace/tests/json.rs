//! The record as lines of JSON.

mod common;

use common::*;
use cordial_tcp::{Phase as P, Rule};
use cordial_trace::event::Side::{Client, Server};
use cordial_trace::{Event, Header, JsonLines, Source, Vantage};

fn lines(events: &[Event]) -> Vec<String> {
    let header = Header { title: "a \"test\"".to_owned(), source: Source::Live, seed: None };
    let mut json = JsonLines::new(Vec::new(), &header).expect("memory takes everything");
    for event in events {
        json.event(event).expect("memory takes everything");
    }
    let text = String::from_utf8(json.into_inner()).expect("JSON is text");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_header_and_one_object_a_line() {
    let mut scene = Scene::new(Vantage::OneEnd);
    whole(&mut scene);
    let events = scene.finish(200);
    let lines = lines(&events);
    assert_eq!(lines.len(), events.len() + 1);
    assert_eq!(
        lines[0],
        r#"{"file_schema":"https://cordial.example/112026/tcp-stream","serialization_format":"application/x-ndjson","title":"a \"test\"","trace":{"event_schemas":["https://cordial.example/112026/tcp","https://cordial.example/112026/net","https://cordial.example/112026/app","https://cordial.example/112026/explain"],"common_fields":{"time_format":"relative_to_epoch","reference_time":{"clock_type":"monotonic","epoch":"unknown"}},"source":"live"}}"#
    );
    for (line, id) in lines[1..].iter().zip(1_u64..) {
        let value: serde_json::Value = serde_json::from_str(line).expect("an object");
        assert_eq!(value["id"], id, "ids run on");
        let causes = value["cause"].as_array().expect("a list");
        assert!(causes.iter().all(|cause| cause.as_u64() < Some(id)), "a cause comes before: {line}");
    }
}

#[test]
fn a_repeated_segment_names_its_original_and_its_cause() {
    let mut scene = Scene::new(Vantage::OneEnd);
    scene.at(0).rto(Client, Some(1_000)).sent(Client, syn(), P::SynSent, Rule::ActiveOpen);
    scene.at(1_001).rto(Client, Some(2_000)).timer(Client, P::SynSent, Rule::Timeout);
    scene.sent(Client, syn().again(), P::SynSent, Rule::Timeout);
    let lines = lines(&scene.finish(1_002));
    assert_eq!(
        lines[3..5],
        [
            r#"{"id":3,"time":1001.0,"name":"tcp:timer_updated","group_id":"c1","tuple":"t1","at":"client","cause":[],"ends":{"client":["SYN_SENT","SYN_SENT"],"server":["?","?","inferred"]},"data":{"timers":[{"timer_type":"rexmit","event_type":"expired"},{"timer_type":"rexmit","event_type":"set","delta":2000.0}],"trigger":"rto","rule":"rfc6298:5.4/rto"}}"#,
            r#"{"id":4,"time":1001.0,"name":"tcp:segment_sent","group_id":"c1","tuple":"t1","at":"client","cause":[3],"ends":{"client":["SYN_SENT","SYN_SENT"],"server":["?","?","inferred"]},"data":{"segment_id":"c2","copy_of":"c1","header":{"flags":["syn"],"seq":1000,"rel":[0],"win":65535,"options":[{"mss":1460},{"ws":7},"sack_permitted"]},"raw":{"length":32,"payload_length":0},"trigger":"rto","rule":"rfc6298:5.4/rto"}}"#,
        ]
    );
}

#[test]
fn a_late_original_is_no_repetition() {
    let mut scene = Scene::new(Vantage::OneEnd);
    handshake(&mut scene);
    scene.at(40).got(Server, seg("ACK", 11).ack(1).data(b"0123456789"), P::Established, Rule::TextAhead);
    scene.at(41).got(Server, seg("ACK", 1).ack(1).data(b"0123456789"), P::Established, Rule::Text);
    scene.at(42).got(Server, seg("ACK", 1).ack(1).data(b"0123456789"), P::Established, Rule::Accepted);
    let lines = lines(&scene.finish(50));
    let data: Vec<&String> = lines.iter().filter(|line| line.contains(r#""payload_length":10"#)).collect();
    let copy_of = |line: &str| line.split_once("copy_of").map(|(_, rest)| rest[3..5].to_owned());
    let copies: Vec<Option<String>> = data.iter().map(|line| copy_of(line)).collect();
    assert_eq!(copies, [None, None, Some("c4".to_owned())]);
}

#[test]
fn what_the_inbox_cannot_hold_is_given_up_whole_and_counted() {
    let mut scene = Scene::new(Vantage::OneEnd);
    scene.inbox = cordial_trace::Inbox::new(0);
    let recorder = scene.inbox.recorder();
    scene.use_recorder(recorder);
    handshake(&mut scene);
    let events = scene.finish(50);
    assert!(events.is_empty(), "{events:?}");
    assert_eq!(scene.trace.dropped(), 1);
}

#[test]
fn an_answer_by_icmp_is_sent_and_an_error_is_received() {
    let mut scene = Scene::new(Vantage::OneEnd);
    scene.at(0).got(Server, syn(), P::Closed, Rule::SynUndecided);
    scene.at(5).icmp_answer(3, 1);
    let answer = lines(&scene.finish(10)).remove(3);
    assert!(
        answer.contains(r#""name":"net:icmp_sent","group_id":"c1","tuple":"t1","at":"server","cause":[2]"#),
        "{answer}"
    );
    assert!(answer.contains(r#""data":{"type":3,"code":1,"#), "{answer}");
    let mut scene = Scene::new(Vantage::OneEnd);
    scene.at(0).sent(Client, syn(), P::SynSent, Rule::ActiveOpen);
    scene.at(5).icmp(Client, 3, 1, P::Closed);
    let error = lines(&scene.finish(10)).remove(3);
    assert!(
        error.contains(r#""name":"net:icmp_received","group_id":"c1","tuple":"t1","at":"client""#),
        "{error}"
    );
}
