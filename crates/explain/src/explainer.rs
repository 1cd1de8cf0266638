//! A stream of events to stories, connection by connection.

use std::collections::BTreeMap;

use cordial_tcp::Instant;
use cordial_trace::event::{Event, Group, What};

use crate::case::Case;
use crate::story::Story;

/// Follows every connection of a record and tells its story when it is complete.
#[derive(Clone, Debug, Default)]
pub struct Explainer {
    cases: BTreeMap<Group, Box<Case>>,
}

impl Explainer {
    /// One that has heard nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an event; the event that completes a connection gives its story.
    pub fn event(&mut self, event: &Event) -> Option<Story> {
        if let What::Started { client, server, before } = event.what {
            self.cases.insert(event.group, Box::new(Case::new(event, client, server, before)));
        }
        if let What::Warning(_) = event.what {
            self.cases.remove(&event.group);
        }
        let case = self.cases.get_mut(&event.group)?;
        case.event(event);
        if !matches!(event.what, What::Closed { .. }) {
            return None;
        }
        let case = self.cases.remove(&event.group)?;
        Some(Story::of(event.group, event.time, &case))
    }

    /// The story of a connection that goes on, as it would be told if its record ended at `now`.
    pub fn so_far(&self, group: Group, now: Instant) -> Option<Story> {
        self.cases.get(&group).map(|case| Story::of(group, now, case))
    }
}
