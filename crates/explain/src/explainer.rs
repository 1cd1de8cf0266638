//! A stream of events to stories, connection by connection.

use std::collections::BTreeMap;

use cordial_tcp::Instant;
use cordial_trace::event::{Event, Group, What};

use crate::case::Case;
use crate::story::Story;

/// Follows every connection of a record and tells its story when it is complete.
#[derive(Clone, Debug, Default)]
pub struct Explainer {
    followed: BTreeMap<Group, Followed>,
}

/// What is known of a connection.
#[derive(Clone, Debug)]
enum Followed {
    /// Its first events, as they are. Of a flood of SYNs nothing else ever comes, and a case takes far more room.
    Young(Vec<Event>),
    /// What they and all others meant.
    Grown(Box<Case>),
}

/// Events of a connection whose case is not opened yet: its beginning, and one segment.
const YOUNG: usize = 2;

impl Explainer {
    /// One that has heard nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an event; the event that completes a connection gives its story.
    pub fn event(&mut self, event: &Event) -> Option<Story> {
        match event.what {
            What::Started { .. } => {
                let mut events = Vec::with_capacity(YOUNG);
                events.push(event.clone());
                self.followed.insert(event.group, Followed::Young(events));
                None
            }
            What::Warning(_) => {
                self.followed.remove(&event.group);
                None
            }
            What::Closed { .. } => {
                let tell = |case: &mut Case| {
                    case.event(event);
                    Story::of(event.group, event.time, case)
                };
                match self.followed.remove(&event.group)? {
                    Followed::Young(events) => Case::of(&events).as_mut().map(tell),
                    Followed::Grown(mut case) => Some(tell(&mut case)),
                }
            }
            _ => {
                self.followed.get_mut(&event.group)?.event(event);
                None
            }
        }
    }

    /// The story of a connection that goes on, as it would be told if its record ended at `now`.
    pub fn so_far(&self, group: Group, now: Instant) -> Option<Story> {
        Some(match self.followed.get(&group)? {
            Followed::Young(events) => Story::of(group, now, &Case::of(events)?),
            Followed::Grown(case) => Story::of(group, now, case),
        })
    }
}

impl Followed {
    fn event(&mut self, event: &Event) {
        match self {
            Self::Young(events) if events.len() < YOUNG => events.push(event.clone()),
            Self::Young(events) => {
                let Some(mut case) = Case::of(events).map(Box::new) else { return };
                case.event(event);
                *self = Self::Grown(case);
            }
            Self::Grown(case) => case.event(event),
        }
    }
}
