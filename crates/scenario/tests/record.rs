//! Every event that a run writes is read back as it was.

use std::collections::BTreeSet;

use cordial_explain::record::Record;
use cordial_scenario::{LIBRARY, Scenario};
use cordial_trace::event::{Group, Head, What};
use cordial_trace::{Event, Header, JsonLines, Source};

fn written(events: &[Event]) -> Vec<u8> {
    let header = Header { title: "a run".to_owned(), source: Source::Simulation, seed: Some(1) };
    let mut json = JsonLines::new(Vec::new(), &header).expect("memory takes everything");
    events.iter().for_each(|event| json.event(event).expect("memory takes everything"));
    json.into_inner()
}

fn read(octets: &[u8]) -> Vec<Event> {
    let mut record = Record::new(octets).expect("a record");
    let mut events = Vec::new();
    while record.next(&mut events).expect("memory can be read") {}
    assert_eq!(record.damage(), None);
    events
}

/// What is written of an event: all but the octets that its segment carried. What still comes when its connection is over
/// is counted anew.
fn comparable(event: &Event, over: &BTreeSet<Group>) -> Event {
    let mut event = event.clone();
    if let What::Segment { segment, .. } = &mut event.what {
        segment.head = Head::default();
        segment.number = if over.contains(&event.group) { 0 } else { segment.number };
    }
    event
}

#[test]
fn every_event_of_every_scenario_is_read_back() {
    let mut kinds = BTreeSet::new();
    for entry in LIBRARY.iter() {
        let run = Scenario::parse(entry.text).expect(entry.name).run(1).expect(entry.name);
        // Verdicts are not read, but found anew.
        let is_found = |event: &&Event| !matches!(event.what, What::Verdict(_));
        let events: Vec<Event> = run.events.iter().filter(is_found).cloned().collect();
        let octets = written(&events);
        let back = read(&octets);
        let mut over = BTreeSet::new();
        for (event, back) in events.iter().zip(&back) {
            assert_eq!(comparable(event, &over), comparable(back, &over), "{}", entry.name);
            if let What::Closed { .. } = event.what {
                over.insert(event.group);
            }
        }
        assert_eq!(events.len(), back.len(), "{}", entry.name);
        let text = String::from_utf8(octets).expect("JSON is text");
        let names = text.lines().filter_map(|line| line.split_once("\"name\":\"")?.1.split_once('"'));
        kinds.extend(names.map(|(name, _)| name.to_owned()));
    }
    for kind in
        ["app:return", "simulation:marker", "net:segment_lost", "net:segment_delayed", "net:segment_forged"]
    {
        assert!(kinds.contains(kind), "{kind} is among {kinds:?}");
    }
}
