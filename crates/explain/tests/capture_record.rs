//! Records read back: the same events, the same stories, damage by its line.

#[path = "../../trace/tests/common/mod.rs"]
mod common;

use common::*;
use cordial_explain::capture::{CaptureError, DamageKind, FlowLimits, Looks};
use cordial_explain::record::Record;
use cordial_explain::{Explainer, Recording, Story};
use cordial_stack::Call;
use cordial_tcp::{Phase as P, Rule};
use cordial_trace::event::Side::{Client, Server};
use cordial_trace::event::{FAULT, Fate, Group, Head, RATE, What};
use cordial_trace::{Event, Header, JsonLines, Lang, Source, Vantage};

fn recorded(events: &[Event]) -> Vec<u8> {
    let header = Header { title: "curl".to_owned(), source: Source::Live, seed: None };
    let mut json = JsonLines::new(Vec::new(), &header).expect("memory takes everything");
    events.iter().for_each(|event| json.event(event).expect("memory takes everything"));
    json.into_inner()
}

fn read(octets: &[u8]) -> (Vec<Event>, Option<(DamageKind, u64)>) {
    let mut record = Record::new(octets).expect("a record");
    let mut events = Vec::new();
    while record.next(&mut events).expect("memory can be read") {}
    (events, record.damage().map(|damage| (damage.kind, damage.offset)))
}

fn told(events: &[Event]) -> Vec<String> {
    let mut explainer = Explainer::new();
    let stories: Vec<Story> = events.iter().filter_map(|event| explainer.event(event)).collect();
    stories
        .iter()
        .map(|story| format!("{} {:?}", story.headline(Lang::En), story.lines(Lang::Zh, 100)))
        .collect()
}

/// What an event is after it was written down: without the octets that segments carried.
fn written(event: &Event) -> Event {
    let mut event = event.clone();
    if let What::Segment { segment, .. } = &mut event.what {
        segment.head = Head::default();
    }
    event
}

fn scenes() -> Vec<Vec<Event>> {
    let mut healthy = Scene::new(Vantage::OneEnd);
    whole(&mut healthy);

    let mut resent = Scene::new(Vantage::OneEnd);
    resent.at(0).rto(Client, Some(1_000)).sent(Client, syn(), P::SynSent, Rule::ActiveOpen);
    resent.at(1_001).rto(Client, Some(2_000)).timer(Client, P::SynSent, Rule::Timeout);
    resent.sent(Client, syn().again(), P::SynSent, Rule::Timeout);
    resent.at(1_010).got(Client, seg("SYN+ACK", 0).ack(1), P::Established, Rule::SynAcked);
    resent.sent(Client, seg("ACK", 1).ack(1), P::Established, Rule::SendAck);

    let mut refused = Scene::new(Vantage::OneEnd);
    refused.at(0).got(Server, syn(), P::Closed, Rule::NoConnection);
    refused.at(20).sent(Server, seg("RST+ACK", 0).ack(1), P::Closed, Rule::NoConnection);

    let mut aborted = Scene::new(Vantage::OneEnd);
    handshake(&mut aborted);
    aborted.at(50).call(Server, Call::Abort, P::Closed, Rule::Abort);
    aborted.sent(Server, seg("RST+ACK", 1).ack(1), P::Closed, Rule::Abort);

    let mut faulty = Scene::new(Vantage::OneEnd);
    faulty.at(0).path(Client, syn(), &[(Fate::Lost, "drop 1st syn")], FAULT);
    faulty.at(1_000).got(Server, syn(), P::SynReceived, Rule::ListenSyn);
    faulty.at(1_001).path(Client, seg("ACK", 1).ack(1), &[(Fate::Lost, "")], RATE);
    [healthy, resent, refused, aborted, faulty].map(|mut scene| scene.finish(5_000)).into()
}

#[test]
fn a_record_gives_the_events_and_stories_of_the_live_run() {
    for events in scenes() {
        let (back, damage) = read(&recorded(&events));
        assert_eq!(damage, None);
        assert_eq!(back, events.iter().map(written).collect::<Vec<Event>>());
        assert_eq!(told(&back), told(&events));
        assert!(!told(&events).is_empty());
    }
}

/// Shifts above 14 count as 14 (RFC 7323 §2.3), and are told as they stood in the segment; so are options that could not
/// be read to their end (RFC 9293 MUST-7).
#[test]
fn options_that_make_no_sense_come_back_as_they_were_told() {
    let mut events = scenes().remove(0);
    for event in &mut events {
        if let What::Segment { segment, .. } = &mut event.what {
            segment.options.window_scale = segment.options.window_scale.map(|_| 58);
            segment.options.malformed = segment.options.window_scale.is_some();
        }
    }
    let (back, _) = read(&recorded(&events));
    assert_eq!(back, events.iter().map(written).collect::<Vec<Event>>());
    let is_odd = |event: &Event| matches!(&event.what, What::Segment { segment, .. } if segment.options.window_scale == Some(58) && segment.options.malformed);
    assert!(back.iter().any(is_odd), "a SYN offers one");
}

#[test]
fn what_is_not_known_is_passed_over() {
    let events = scenes().remove(0);
    let text = String::from_utf8(recorded(&events)).expect("JSON is text");
    let (header, rest) = text.split_once('\n').expect("a header");
    let new = r#"{"id":99,"time":0.0,"name":"tcp:snapshot","group_id":"c1","at":"client","data":{}}"#;
    let newer = format!("{header}\n{new}\n\n{}", rest.replace("\"win\":", "\"colour\":\"blue\",\"win\":"));
    let (back, damage) = read(newer.as_bytes());
    assert_eq!((back.len(), damage), (events.len(), None));
    assert_eq!(told(&back), told(&events));
}

#[test]
fn a_damaged_line_is_named_and_skipped() {
    let events = scenes().remove(0);
    let text = String::from_utf8(recorded(&events)).expect("JSON is text");
    let lines: Vec<&str> = text.lines().collect();
    for (damaged, wrong) in [("{\"id\":", 4), ("{\"id\":5,\"name\":\"tcp:segment_sent\"}", 6)] {
        let mut lines = lines.clone();
        lines[wrong - 1] = damaged;
        let (back, damage) = read((lines.join("\n") + "\n").as_bytes());
        assert_eq!(damage, Some((DamageKind::Line, wrong as u64)));
        assert_eq!(back.len(), events.len() - 1);
    }
    let (back, damage) = read(&text.as_bytes()[..text.len() - 10]);
    assert_eq!(damage, Some((DamageKind::LastLine, lines.len() as u64)));
    assert_eq!(back.len(), events.len(), "the end of the connection, which is not told, is made up for");
}

#[test]
fn other_json_is_no_record() {
    for octets in [&b"{}"[..], b"[1, 2]", b"{\"file_schema\":\"another\"}\n", b"{\"file_schema\":"] {
        let refused = Recording::new(octets).map(|_| ());
        assert!(matches!(refused, Err(CaptureError::NotACapture(Looks::Json))), "{refused:?}");
    }
}

#[test]
fn verdicts_among_events_take_numbers_of_their_own() {
    let lines = |file: &[u8]| {
        let mut recording = Recording::new(file).expect("a record");
        let (mut explainer, mut out) = (Explainer::new(), Vec::new());
        while let Some(event) = recording.next().expect("memory can be read") {
            let story = explainer.event(&event);
            let (time, group) = (event.time, event.group);
            out.push(event);
            for verdict in story.iter().flat_map(|story| &story.verdicts) {
                out.push(recording.verdict(time, group, verdict.cause(), verdict.note()));
            }
        }
        recorded(&out)
    };
    let once = lines(&recorded(&scenes().remove(3)));
    assert!(String::from_utf8_lossy(&once).contains("explain:verdict"));
    assert_eq!(lines(&once), once, "written, read and written again");
}

/// A run that was killed, or still goes on, tells no end.
#[test]
fn a_connection_whose_end_is_not_told_is_explained_as_it_stands() {
    let events = scenes().remove(0);
    let middle = events.len() / 2;
    let (back, damage) = read(&recorded(&events[..middle]));
    assert_eq!(damage, None);
    assert_eq!(back[..middle], events[..middle].iter().map(written).collect::<Vec<Event>>());
    let last = back.last().expect("events");
    assert!(matches!(last.what, What::Closed { cause: None }) && last.id > events[middle - 1].id, "{last:?}");
    assert_eq!((back.len(), told(&back).len()), (middle + 1, 1));
}

#[test]
fn connections_are_counted_whatever_their_numbers_are() {
    let text = String::from_utf8(recorded(&scenes().remove(0))).expect("JSON is text");
    let odd = text.replace("\"group_id\":\"c1\"", "\"group_id\":\"c4000000000\"");
    assert_ne!(odd, text);
    let mut recording = Recording::new(odd.as_bytes()).expect("a record");
    while recording.next().expect("memory can be read").is_some() {}
    assert_eq!(recording.connections(), 1);
}

#[test]
fn of_too_many_at_once_the_quiet_ones_are_told_early() {
    let mut lines: Vec<String> = Vec::new();
    let begins = scenes().remove(1);
    for i in 1..=5_u64 {
        for (place, event) in begins[..2].iter().enumerate() {
            let mut event = event.clone();
            event.group = Group(i as u32);
            event.id = 2 * i + place as u64 - 1;
            event.cause.clear();
            let text = String::from_utf8(recorded(&[event])).expect("JSON is text");
            if lines.is_empty() {
                lines.extend(text.lines().next().map(str::to_owned));
            }
            lines.extend(text.lines().nth(1).map(str::to_owned));
        }
    }
    let text = lines.join("\n") + "\n";
    let limits = FlowLimits { connections: 3, ..FlowLimits::default() };
    let mut record = Record::new(text.as_bytes()).expect("a record").with_limits(limits);
    let mut events = Vec::new();
    while record.next(&mut events).expect("memory can be read") {}
    assert_eq!((record.connections(), record.told_early(), record.damage()), (5, 2, None));
    let ends: Vec<u32> = events
        .iter()
        .filter(|event| matches!(event.what, What::Closed { .. }))
        .map(|event| event.group.0)
        .collect();
    assert_eq!(ends, [1, 2, 3, 4, 5]);
    let ids: Vec<u64> = events.iter().map(|event| event.id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "every event has a number of its own: {ids:?}");
    assert_eq!(told(&events).len(), 5);
}
