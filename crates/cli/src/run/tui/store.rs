//! What the panes can show: every connection's line, ladder and events, within bounds.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use cordial::Instant;
use cordial_explain::{Explainer, Filter, Line, Story};
use cordial_trace::event::{Event, Group, What};
use cordial_trace::ladder::Ladder;

/// Connections, followed event by event.
#[derive(Debug, Default)]
pub struct Store {
    entries: BTreeMap<Group, Entry>,
    /// Connections that the filter lets through, in order.
    shown: Vec<Group>,
    filter: Filter,
    explainer: Explainer,
    /// Closed connections, the oldest first: they give way.
    closed: VecDeque<Group>,
    events: usize,
    listeners: BTreeMap<SocketAddr, Queues>,
}

/// One connection.
#[derive(Debug)]
pub struct Entry {
    /// What its line says.
    pub line: Line,
    /// Its picture.
    pub ladder: Ladder,
    /// Its first events and its last.
    first: Vec<Event>,
    last: VecDeque<Event>,
}

/// The queues of a listener, used and maximum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Queues {
    /// Half-open connections.
    pub syn: Option<(u32, u32)>,
    /// Connections to be accepted.
    pub accept: Option<(u32, u32)>,
}

/// Events kept of one connection, from its beginning and up to now.
const FIRST: usize = 64;
const LAST: usize = 192;
/// Events kept in all: some 60 MB.
const EVENTS: usize = 150_000;
/// Connections kept.
const ENTRIES: usize = 20_000;
/// Listeners told apart.
const LISTENERS: usize = 64;

impl Store {
    /// Takes an event of the record.
    pub fn event(&mut self, event: &Event) {
        let group = event.group;
        if let Some(line) = Line::of(event) {
            self.make_room();
            let (first, last) = (Vec::new(), VecDeque::new());
            self.entries.insert(group, Entry { line, ladder: Ladder::new(false), first, last });
        }
        match &event.what {
            What::Warning(_) => self.forget(group),
            What::Verdict(_) => {}
            What::Process(_) | What::Named(_) => self.update(event, None),
            _ => {
                let story = self.explainer.event(event);
                self.update(event, story);
            }
        }
        if let What::Queues { syn, accept } = event.what {
            self.queues(group, Queues { syn, accept });
        }
    }

    fn update(&mut self, event: &Event, story: Option<Story>) {
        let is_full = self.events >= EVENTS;
        let Some(entry) = self.entries.get_mut(&event.group) else { return };
        entry.line.event(event);
        entry.ladder.event(event);
        self.events += entry.keep(event, is_full);
        if let Some(story) = story {
            entry.ladder.finish();
            entry.line.told(story);
            self.closed.push_back(event.group);
        }
        self.show_or_hide(event.group);
    }

    fn queues(&mut self, group: Group, news: Queues) {
        let Some(entry) = self.entries.get(&group) else { return };
        let at = entry.line.server;
        if self.listeners.len() >= LISTENERS && !self.listeners.contains_key(&at) {
            return;
        }
        let queues = self.listeners.entry(at).or_default();
        queues.syn = news.syn.or(queues.syn);
        queues.accept = news.accept.or(queues.accept);
    }

    /// Lets the oldest closed connections go where there are too many, or too many events.
    fn make_room(&mut self) {
        while self.entries.len() >= ENTRIES || self.events >= EVENTS {
            let Some(oldest) = self.closed.pop_front() else { break };
            self.forget(oldest);
        }
        if self.entries.len() >= ENTRIES
            && let Some(&oldest) = self.entries.keys().next()
        {
            self.forget(oldest);
        }
    }

    fn forget(&mut self, group: Group) {
        if let Some(entry) = self.entries.remove(&group) {
            self.events -= entry.first.len() + entry.last.len();
        }
        if let Ok(place) = self.shown.binary_search(&group) {
            self.shown.remove(place);
        }
    }

    fn show_or_hide(&mut self, group: Group) {
        let Some(entry) = self.entries.get(&group) else { return };
        match (self.filter.matches(&entry.line), self.shown.binary_search(&group)) {
            (true, Err(place)) => self.shown.insert(place, group),
            (false, Ok(place)) => drop(self.shown.remove(place)),
            _ => {}
        }
    }

    /// Shows those that this lets through.
    pub fn set_filter(&mut self, filter: Filter) {
        self.filter = filter;
        let entries = self.entries.iter().filter(|(_, entry)| self.filter.matches(&entry.line));
        self.shown = entries.map(|(group, _)| *group).collect();
    }

    /// The connections that are shown, in order.
    pub fn shown(&self) -> &[Group] {
        &self.shown
    }

    /// How many there are, shown or not.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// One of them.
    pub fn entry(&self, group: Group) -> Option<&Entry> {
        self.entries.get(&group)
    }

    /// Completes the rows of a ladder as far as they cannot change.
    pub fn settle(&mut self, group: Group) {
        if let Some(entry) = self.entries.get_mut(&group) {
            entry.ladder.settle();
        }
    }

    /// Its line, with what can be said of it by `now` while it goes on.
    pub fn line(&self, group: Group, now: Instant) -> Option<Line> {
        let mut line = self.entries.get(&group)?.line.clone();
        if line.story.is_none()
            && let Some(story) = self.explainer.so_far(group, now)
        {
            line.told(story);
        }
        Some(line)
    }

    /// The queues of each listener.
    pub fn listeners(&self) -> impl Iterator<Item = (SocketAddr, Queues)> {
        self.listeners.iter().map(|(at, queues)| (*at, *queues))
    }
}

impl Entry {
    /// Keeps an event; gives how many more there are now.
    fn keep(&mut self, event: &Event, is_full: bool) -> usize {
        if self.first.len() < FIRST && !is_full {
            self.first.push(event.clone());
            return 1;
        }
        if is_full && self.last.is_empty() {
            return 0;
        }
        self.last.push_back(event.clone());
        if self.last.len() <= LAST && !is_full {
            return 1;
        }
        self.last.pop_front();
        0
    }

    /// An event of it by number, if that is still kept.
    pub fn event(&self, id: u64) -> Option<&Event> {
        let first = self.first.binary_search_by_key(&id, |event| event.id);
        if let Ok(place) = first {
            return self.first.get(place);
        }
        let place = self.last.binary_search_by_key(&id, |event| event.id).ok()?;
        self.last.get(place)
    }
}
