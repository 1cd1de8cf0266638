//! Segments counted over both directions, as they were when the record was made.

use std::collections::HashMap;

use cordial_trace::event::{Group, SegmentId};

/// Transmissions whose number is still known, for what happens to them later.
const UNDER_WAY: u32 = 4_096;

/// The numbers of each connection's segments: the order in which they are first told.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    groups: HashMap<Group, Counted>,
}

#[derive(Clone, Debug, Default)]
struct Counted {
    last: u32,
    known: HashMap<SegmentId, u32>,
}

impl Numbers {
    /// The number of a transmission: a new one if it is told for the first time.
    pub(super) fn of(&mut self, group: Group, id: SegmentId) -> u32 {
        let counted = self.groups.entry(group).or_default();
        if let Some(&number) = counted.known.get(&id) {
            return number;
        }
        counted.last = counted.last.saturating_add(1);
        let number = counted.last;
        counted.known.insert(id, number);
        if counted.known.len() > 2 * UNDER_WAY as usize {
            counted.known.retain(|_, known| number - *known < UNDER_WAY);
        }
        number
    }

    /// A connection's record is complete.
    pub(super) fn forget(&mut self, group: Group) {
        self.groups.remove(&group);
    }
}
