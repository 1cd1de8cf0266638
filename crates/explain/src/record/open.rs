//! Connections whose record is not complete, and what is told of them when it never will be.
//!
//! A run that was killed, or goes on, tells no end of them; a record that somebody else wrote may begin any number.

use std::collections::BTreeMap;

use cordial_tcp::Instant;
use cordial_trace::Event;
use cordial_trace::event::{At, Group, What};

use crate::case::TOLD_EARLY;

/// The connections that go on, by their numbers and by when something was last told of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Open {
    groups: BTreeMap<Group, u64>,
    order: BTreeMap<u64, Group>,
    events: u64,
    /// The time of the newest event.
    now: Instant,
    /// The number of the newest event, and after which ones an end was told that the record does not tell.
    last_id: u64,
    ends: Vec<u64>,
    /// Connections that began.
    pub(super) begun: u32,
    /// Connections told before they were over.
    pub(super) told_early: u64,
}

impl Open {
    /// Notes an event. Gives the end of a connection that has to go before it: its number is used again, or there are
    /// `most` already.
    pub(super) fn note(&mut self, event: &Event, most: usize) -> Option<Event> {
        self.now = self.now.max(event.time);
        let end = match event.what {
            What::Started { .. } => self.begin(event.group, most),
            What::Closed { .. } | What::Warning(_) => {
                self.forget(event.group);
                None
            }
            _ if self.has(event.group) => {
                self.touch(event.group);
                None
            }
            _ => None,
        };
        self.last_id = self.last_id.max(event.id);
        end
    }

    fn begin(&mut self, group: Group, most: usize) -> Option<Event> {
        self.begun = self.begun.saturating_add(1);
        let end = if self.has(group) {
            Some((group, ""))
        } else if self.groups.len() >= most.max(1) {
            self.told_early += 1;
            self.order.values().next().map(|oldest| (*oldest, TOLD_EARLY))
        } else {
            None
        };
        let end = end.map(|(group, why)| {
            self.forget(group);
            self.end(group, why)
        });
        self.touch(group);
        end
    }

    /// True if a connection has begun and is not over.
    pub(super) fn has(&self, group: Group) -> bool {
        self.groups.contains_key(&group)
    }

    /// Moves the numbers of an event that was noted on by the ends before them.
    pub(super) fn move_on(&self, event: &mut Event) {
        if !self.ends.is_empty() {
            let moved = |id: u64| id.saturating_add(self.ends.partition_point(|&after| after < id) as u64);
            event.id = moved(event.id);
            event.cause.iter_mut().for_each(|id| *id = moved(*id));
        }
    }

    /// The end of a connection that the record does not tell.
    fn end(&mut self, group: Group, trigger: &'static str) -> Event {
        self.ends.push(self.last_id);
        Event {
            id: self.last_id.saturating_add(self.ends.len() as u64),
            time: self.now,
            group,
            at: At::Observer,
            cause: Vec::new(),
            ends: None,
            what: What::Closed { cause: None },
            timers: Vec::new(),
            vars: Vec::new(),
            trigger,
            rule: "",
        }
    }

    /// The ends of all that are left, in the order of their numbers.
    pub(super) fn finish(&mut self) -> Vec<Event> {
        self.order.clear();
        let groups = std::mem::take(&mut self.groups);
        groups.into_keys().map(|group| self.end(group, "")).collect()
    }

    fn touch(&mut self, group: Group) {
        self.events += 1;
        if let Some(before) = self.groups.insert(group, self.events) {
            self.order.remove(&before);
        }
        self.order.insert(self.events, group);
    }

    fn forget(&mut self, group: Group) {
        if let Some(place) = self.groups.remove(&group) {
            self.order.remove(&place);
        }
    }
}
