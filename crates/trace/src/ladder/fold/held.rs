//! A row that waits for what belongs to it.

use cordial_tcp::{Instant, Phase};

use crate::event::{Segment, Side};
use crate::ladder::row::{Lane, Row};

/// A row, and what of it may still change.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub row: Row,
    /// The states before it.
    pub before: [Option<Phase>; 2],
    /// The ends whose states it shows.
    pub touches: [bool; 2],
    /// The segment is still under way.
    pub is_open: bool,
    /// When something was last added to it.
    pub touched: Instant,
}

impl Held {
    /// A row that is complete, but for what the same moment may add to it.
    pub fn new(row: Row, before: [Option<Phase>; 2], touches: [bool; 2]) -> Self {
        let touched = row.time.unwrap_or_default();
        Self { row, before, touches, is_open: false, touched }
    }

    /// The same, under way if `is_open`.
    pub fn open(self, is_open: bool) -> Self {
        Self { is_open, ..self }
    }

    pub fn is(&self, segment: &Segment) -> bool {
        matches!(&self.row.lane, Lane::Arrow { segment: held, .. } if held.id == segment.id)
    }

    /// True if it is a segment that this side sent.
    pub fn has_left(&self, side: Side) -> bool {
        matches!(self.row.lane, Lane::Arrow { from, .. } if from == side)
    }
}
