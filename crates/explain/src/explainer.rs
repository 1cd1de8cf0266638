//! A stream of events to stories, connection by connection.

use std::collections::BTreeMap;

use cordial_trace::event::{Event, Group, What};

use crate::case::Case;
use crate::story::Story;

/// Follows every connection of a record and tells its story when it is complete.
#[derive(Clone, Debug, Default)]
pub struct Explainer {
    cases: BTreeMap<Group, Case>,
}

impl Explainer {
    /// One that has heard nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an event; the event that completes a connection gives its story.
    pub fn event(&mut self, event: &Event) -> Option<Story> {
        if let What::Started { server, .. } = event.what {
            self.cases.insert(event.group, Case::new(event, server));
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
}
