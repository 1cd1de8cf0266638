//! Any octets are explained, in every language: captures of both forms, records, and what is neither.
//!
//! The first octet chooses: a file as it is, or a script of packets that makes a capture (see [`script`]). Whatever is
//! read, connections begin and end once, numbers run on, and the events written as a record and read back are the same.
#![no_main]

mod script;

use std::collections::BTreeMap;

use cordial_explain::record::Record;
use cordial_explain::{Explainer, Recording, Story};
use cordial_trace::event::{Event, Group, Head, What};
use cordial_trace::ladder::{Caption, Ladder, Style};
use cordial_trace::{Header, JsonLines, Lang, Source};
use libfuzzer_sys::fuzz_target;

/// Octets of a file, and of a script, that are looked at: longer ones only take longer.
const LONGEST: usize = 4_096;
const LONGEST_SCRIPT: usize = 6 * 48;

fuzz_target!(|octets: &[u8]| {
    let Some((&form, rest)) = octets.split_first() else { return };
    match form % 2 {
        0 => explain(rest.get(..LONGEST).unwrap_or(rest)),
        _ => explain(&script::capture(rest.get(..LONGEST_SCRIPT).unwrap_or(rest))),
    }
});

fn explain(file: &[u8]) {
    let Ok(mut recording) = Recording::new(file) else { return };
    let mut explainer = Explainer::new();
    let mut connections = Connections::default();
    let mut events = Vec::new();
    let mut stories = 0;
    while let Some(event) = recording.next().expect("memory can be read") {
        if let Some(story) = explainer.event(&event) {
            stories += 1;
            connections.tell(&story);
        }
        connections.take(&event);
        events.push(event);
    }
    if let Some(damage) = recording.damage() {
        assert!(!damage.text(Lang::En).is_empty() && !damage.text(Lang::Zh).is_empty());
    }
    // A record says what it likes; a capture is told by us.
    if recording.counts().is_some() {
        connections.check(&events, stories);
        assert_read_back(&events);
    }
}

/// What was heard of each connection.
#[derive(Default)]
struct Connections {
    ladders: BTreeMap<Group, Ladder>,
    closed: u64,
}

impl Connections {
    fn take(&mut self, event: &Event) {
        if let What::Started { .. } = event.what {
            self.ladders.insert(event.group, Ladder::new(event.group.0.is_multiple_of(2)));
        }
        if let Some(ladder) = self.ladders.get_mut(&event.group) {
            ladder.event(event);
        }
        self.closed += u64::from(matches!(event.what, What::Closed { .. }));
    }

    fn tell(&mut self, story: &Story) {
        let names = BTreeMap::new();
        for lang in [Lang::En, Lang::Zh] {
            let (headline, lines) = (story.headline(lang), story.lines(lang, 100));
            assert!(!lines.is_empty() || story.verdicts.is_empty());
            let Some(mut ladder) = self.ladders.get(&story.group).cloned() else { continue };
            ladder.finish();
            let number = story.group.0;
            let caption = Caption {
                title: "",
                conditions: "",
                number,
                all: None,
                headline: &headline,
                lines: &lines,
                names: &names,
            };
            assert!(!ladder.draw(&Style { lang, ..Style::default() }, &caption).is_empty());
        }
    }

    fn check(&self, events: &[Event], stories: u64) {
        assert_eq!((self.ladders.len() as u64, stories), (self.closed, self.closed));
        for (event, id) in events.iter().zip(1_u64..) {
            assert_eq!(event.id, id, "numbers run on");
            assert!(event.cause.iter().all(|&cause| cause < id), "a cause comes before");
        }
    }
}

/// Events are the same after they were written and read, but for the octets they carry.
fn assert_read_back(events: &[Event]) {
    let header = Header { title: String::new(), source: Source::Capture, seed: None };
    let mut json = JsonLines::new(Vec::new(), &header).expect("memory takes everything");
    events.iter().for_each(|event| json.event(event).expect("memory takes everything"));
    let lines = json.into_inner();
    let mut record = Record::new(&lines[..]).expect("it has a header");
    let mut back = Vec::new();
    while record.next(&mut back).expect("memory can be read") {}
    assert_eq!(record.damage(), None);
    assert_eq!(back.len(), events.len());
    for (back, event) in back.iter().zip(events) {
        let mut event = event.clone();
        if let What::Segment { segment, .. } = &mut event.what {
            segment.head = Head::default();
        }
        // A reason that is no rule's is not written.
        event.trigger = back.trigger;
        assert_eq!(*back, event);
    }
}
