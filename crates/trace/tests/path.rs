//! What a path in front of a stack does to segments: recorded and drawn, where the other end tells nothing.

mod common;

use common::{Scene, address, seg, syn};
use cordial_tcp::{Phase as P, Refusal, Rule};
use cordial_trace::event::Side::{Client, Server};
use cordial_trace::event::{Event, FAULT, Fate, RATE, What};
use cordial_trace::ladder::{Caption, Ladder, Style};
use cordial_trace::{Header, JsonLines, Lang, Source, Vantage};
use std::collections::BTreeMap;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// The server is our engine; a path lies between it and the client.
fn scene() -> Scene {
    Scene::new(Vantage::OneEnd)
}

fn opened() -> Scene {
    let mut scene = scene();
    common::handshake(&mut scene);
    scene
}

fn draw(events: &[Event], lang: Lang) -> String {
    let mut ladder = Ladder::new(true);
    events.iter().for_each(|event| ladder.event(event));
    ladder.finish();
    let names = BTreeMap::new();
    let caption = Caption {
        title: "test",
        number: 1,
        all: Some(1),
        headline: "",
        lines: &[],
        names: &names,
        conditions: "",
    };
    ladder.draw(&Style { lang, ..Style::default() }, &caption)
}

fn json(events: &[Event]) -> String {
    let header = Header { title: "test".into(), source: Source::Live, seed: None };
    let mut lines = JsonLines::new(Vec::new(), &header).expect("memory");
    events.iter().for_each(|event| lines.event(event).expect("memory"));
    String::from_utf8(lines.into_inner()).expect("text")
}

/// The states of both ends after the last event about the segment numbered so.
fn states(events: &[Event], number: u32) -> [Option<P>; 2] {
    let is_it =
        |event: &&Event| matches!(&event.what, What::Segment { segment, .. } if segment.number == number);
    let ends = events.iter().rfind(is_it).and_then(|event| event.ends).expect("it is told");
    [ends.client.after, ends.server.after]
}

/// One line of a ladder, its spaces put in order.
#[track_caller]
fn expect_line(ladder: &str, parts: &[&str]) {
    let has_all = |line: &str| parts.iter().all(|part| line.contains(part));
    assert!(ladder.lines().any(has_all), "no line with {parts:?}:\n{ladder}");
}

#[test]
fn a_syn_that_is_lost_begins_the_record_and_its_repetition_is_known() {
    let mut scene = scene();
    scene.at(0).path(Client, syn(), &[(Fate::Lost, "drop 1st syn")], FAULT);
    scene.at(1_000).got(Server, syn(), P::SynReceived, Rule::ListenSyn);
    let events = scene.finish(2_000);
    assert!(matches!(events[0].what, What::Started { client, .. } if client == address("10.0.0.2:51514")));
    assert_eq!(states(&events, 1), [Some(P::SynSent), None]);
    let What::Segment { segment, .. } = &events[2].what else { panic!("{events:?}") };
    assert!(segment.again && segment.copy_of.is_some_and(|first| first.to_string() == "c1"), "{segment:?}");
    let ladder = draw(&events, Lang::En);
    expect_line(&ladder, &["SYN_SENT", "├─ SYN seq=0", "✗ lost", "fault: drop 1st syn"]);
    expect_line(&ladder, &["═ ↻ SYN", "SYN_RCVD"]);
    let ladder = draw(&events, Lang::Zh);
    expect_line(&ladder, &["✗ 丢失", "故障：drop 1st syn"]);
    let text = json(&events);
    assert!(
        text.contains(r#""name":"net:segment_lost""#)
            && text.contains(r#""trigger":"drop 1st syn","rule":"--fault""#)
    );
}

#[test]
fn what_of_ours_is_lost_the_peer_has_not_heard() {
    let mut scene = opened();
    scene.at(100).sent(Server, seg("FIN+ACK", 1).ack(1), P::FinWait1, Rule::SendFin);
    scene.path(Server, seg("FIN+ACK", 1).ack(1), &[(Fate::Lost, "drop fin")], FAULT);
    let events = scene.finish(200);
    assert_eq!(states(&events, 4), [Some(P::Established), Some(P::FinWait1)]);
    let ladder = draw(&events, Lang::En);
    expect_line(&ladder, &["lost ✗", "FIN+ACK", "FIN_WAIT_1", "fault: drop fin"]);
    assert!(!ladder.contains("CLOSE_WAIT"), "{ladder}");
}

#[test]
fn what_of_ours_is_late_the_peer_hears_when_it_arrives() {
    let mut scene = opened();
    scene.at(100).sent(Server, seg("FIN+ACK", 1).ack(1), P::FinWait1, Rule::SendFin);
    scene.path(
        Server,
        seg("FIN+ACK", 1).ack(1),
        &[(Fate::Delayed(Some(300 * MS)), "delay fin 300ms")],
        FAULT,
    );
    scene.at(200).got(Server, seg("PSH+ACK", 1).ack(1).data(b"x"), P::FinWait1, Rule::Text);
    scene.at(400).got(Server, seg("ACK", 2).ack(2), P::FinWait2, Rule::FinAcked);
    let events = scene.finish(500);
    assert_eq!(states(&events, 4)[0], Some(P::Established));
    assert_eq!(states(&events, 5)[0], Some(P::Established));
    assert_eq!(states(&events, 6)[0], Some(P::CloseWait));
    expect_line(&draw(&events, Lang::En), &["held …", "FIN+ACK", "fault: delay fin"]);
}

#[test]
fn what_of_the_peers_is_late_is_named_when_it_leaves_and_known_when_it_arrives() {
    let mut scene = opened();
    let fin = seg("FIN+ACK", 1).ack(1);
    scene.at(100).path(Client, fin, &[(Fate::Delayed(Some(300 * MS)), "delay 1st fin 300ms")], FAULT);
    // Its repetition overtakes it, and looks the same.
    scene.at(300).got(Server, fin, P::CloseWait, Rule::Fin);
    scene.at(400).got_refused(Server, fin, Some(Refusal::OutsideWindow), P::CloseWait, Rule::Accepted);
    let events = scene.finish(500);
    let names: Vec<String> = events
        .iter()
        .filter_map(|event| match &event.what {
            What::Segment { segment, .. } => Some(segment.id.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(names[names.len() - 3..], ["c3", "c4", "c3"]);
    let (left, arrived) = (&events[events.len() - 4], &events[events.len() - 2]);
    assert_eq!(arrived.cause, [left.id]);
    let ladder = draw(&events, Lang::En);
    expect_line(&ladder, &["FIN_WAIT_1", "… held"]);
    expect_line(&ladder, &["╲─ FIN+ACK", "not taken"]);
}

#[test]
fn what_is_doubled_arrives_twice_under_one_name() {
    let mut scene = opened();
    let data = seg("PSH+ACK", 1).ack(1).data(b"x");
    scene.at(100).path(Client, data, &[(Fate::Duplicated, "dup data")], FAULT);
    scene.got(Server, data, P::Established, Rule::Text);
    scene.got_refused(Server, data, Some(Refusal::Duplicate), P::Established, Rule::Accepted);
    scene.at(200).got(Server, seg("PSH+ACK", 2).ack(1).data(b"y"), P::Established, Rule::Text);
    let events = scene.finish(300);
    let names: Vec<String> = events
        .iter()
        .filter_map(|event| match &event.what {
            What::Segment { segment, .. } if segment.payload_len > 0 => Some(segment.id.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(names, ["c3", "c3", "c3", "c4"]);
    expect_line(&draw(&events, Lang::En), &["DATA seq=1..2", "fault: dup data"]);
}

#[test]
fn what_is_damaged_is_drawn_once_and_its_arrival_is_recorded() {
    let mut scene = opened();
    scene.at(100).path(
        Client,
        seg("PSH+ACK", 1).ack(1).data(b"x"),
        &[(Fate::Corrupted, "corrupt data")],
        FAULT,
    );
    // Its numbers are not what they were.
    scene.got_refused(Server, seg("RST+SYN", 77), Some(Refusal::BadChecksum), P::Established, Rule::Accepted);
    let events = scene.finish(200);
    let dropped = &events[events.len() - 2];
    assert!(
        matches!(&dropped.what, What::Segment { fate: Fate::Dropped(Refusal::BadChecksum), segment } if segment.id.to_string() == "c3"),
        "{dropped:?}"
    );
    assert_eq!(states(&events, 4), [Some(P::Established); 2]);
    let ladder = draw(&events, Lang::En);
    expect_line(&ladder, &["✗ damaged", "fault: corrupt data"]);
    assert!(!ladder.contains("RST") && !ladder.contains("checksum"), "{ladder}");
}

#[test]
fn a_forged_reset_is_nobodys_and_still_ends_it() {
    let mut scene = opened();
    let [to_client, to_server] = [seg("RST", 1), seg("RST", 1)];
    scene.at(100).path(Server, to_client, &[(Fate::Forged, "rst after 1MB")], FAULT);
    scene.path(Client, to_server, &[(Fate::Forged, "rst after 1MB")], FAULT);
    scene.at(110).got(Server, to_server, P::Closed, Rule::Reset);
    let events = scene.finish(200);
    assert_eq!(states(&events, 4), [Some(P::Closed), Some(P::Established)]);
    assert_eq!(states(&events, 5), [Some(P::Closed); 2]);
    let ladder = draw(&events, Lang::En);
    expect_line(&ladder, &["◄", "─ RST seq=1", "forged"]);
    expect_line(&ladder, &["─ RST seq=1", "►", "CLOSED"]);
    assert_eq!(ladder.matches("forged").count(), 2, "{ladder}");
}

#[test]
fn a_full_queue_is_called_that() {
    let mut scene = opened();
    let data = seg("PSH+ACK", 1).ack(1).data(b"x");
    scene.at(100).sent(Server, data, P::Established, Rule::SendText);
    scene.path(Server, data, &[(Fate::Lost, "queue_full")], RATE);
    let events = scene.finish(200);
    expect_line(&draw(&events, Lang::En), &["lost ✗", "queue full (--rate)"]);
    expect_line(&draw(&events, Lang::Zh), &["丢失 ✗", "队列满了"]);
}

#[test]
fn what_befalls_nobody_that_is_recorded_is_not_told() {
    let mut scene = scene();
    scene.at(0).path(Client, seg("ACK", 1).ack(1), &[(Fate::Lost, "loss 1%")], FAULT);
    assert!(scene.finish(100).is_empty());
}
