//! What arrived ahead of its turn.

#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use cordial_wire::{SackBlocks, SeqNum};

/// Ranges kept apart from each other. A peer that sends more is either losing every second segment or attacking;
/// it will send again what was not kept.
pub const MAX_HOLES: usize = 64;

/// The ranges of sequence space received ahead of RCV.NXT.
///
/// They are merged where they touch, and kept in the order they last changed, which is the order a SACK option
/// reports them in (RFC 2018 §4). Looking through at most 64 of them costs less than keeping them sorted as well.
/// While there are none there is no memory on the heap.
#[derive(Clone, Debug, Default)]
pub struct Assembler {
    /// Disjoint, none touching another, none empty; the most recently changed first.
    ranges: Vec<Range>,
}

/// Positions from `start` up to, not including, `end`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Range {
    start: SeqNum,
    end: SeqNum,
}

/// What became of a range that was inserted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Inserted {
    /// All of the range beyond RCV.NXT is now known; otherwise there were too many ranges, and nothing changed.
    pub stored: bool,
    /// The first part of the range that had arrived before, `start..end`, for a D-SACK (RFC 2883 §4).
    pub duplicate: Option<(SeqNum, SeqNum)>,
}

impl Assembler {
    /// Knows of no octets.
    pub const fn new() -> Self {
        Self { ranges: Vec::new() }
    }

    /// True if nothing was received ahead of RCV.NXT.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Notes that the positions `start..end` arrived while RCV.NXT is `nxt`.
    ///
    /// All three lie within 2³¹ of each other, as in any window. What lies before `nxt` is a duplicate. A range that
    /// begins at `nxt` is stored however many others there are: it makes no hole.
    pub fn insert(&mut self, nxt: SeqNum, start: SeqNum, end: SeqNum) -> Inserted {
        let arrived = Range { start, end };
        let old = Range { start, end: end.min(nxt) };
        let new = Range { start: start.max(nxt), end };
        let duplicate = if old.is_empty() { self.first_overlap(new) } else { Some(old) };
        let duplicate = duplicate.filter(|_| !arrived.is_empty()).map(|part| (part.start, part.end));
        let stored = new.is_empty() || self.store(new, nxt);
        Inserted { stored, duplicate }
    }

    /// RCV.NXT, moved over the ranges that begin at or before `nxt`; these are forgotten.
    pub fn take_ready(&mut self, nxt: SeqNum) -> SeqNum {
        if self.ranges.is_empty() {
            return nxt;
        }
        let mut ready = nxt;
        self.ranges.retain(|range| {
            let is_ahead = range.start.after(nxt);
            if !is_ahead {
                ready = ready.max(range.end);
            }
            is_ahead
        });
        if self.ranges.is_empty() {
            self.ranges = Vec::new();
        }
        ready
    }

    /// The ranges as a SACK option reports them: first the one with what arrived last, then those reported last
    /// (RFC 2018 §4). At most `up_to`.
    pub fn sack_blocks(&self, up_to: usize) -> SackBlocks {
        let mut blocks = SackBlocks::default();
        for range in self.ranges.iter().take(up_to.min(SackBlocks::MAX)) {
            blocks.push(range.start, range.end);
        }
        blocks
    }

    /// The position after the last that arrived.
    pub fn highest(&self) -> Option<SeqNum> {
        self.ranges.iter().map(|range| range.end).reduce(SeqNum::max)
    }

    /// How many ranges there are.
    pub const fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Merges a range with those that it touches and puts the result in front.
    fn store(&mut self, range: Range, nxt: SeqNum) -> bool {
        let mut merged = range;
        let before = self.ranges.len();
        // A merged range may be longer, but touches no more of the others: none of them touched it before.
        self.ranges.retain(|other| {
            let apart = !range.touches(*other);
            if !apart {
                merged = Range { start: merged.start.min(other.start), end: merged.end.max(other.end) };
            }
            apart
        });
        let is_new = self.ranges.len() == before;
        if is_new && before >= MAX_HOLES && range.start != nxt {
            return false;
        }
        self.ranges.insert(0, merged);
        true
    }

    /// The first positions of a range that are known.
    fn first_overlap(&self, range: Range) -> Option<Range> {
        let overlaps = self.ranges.iter().filter_map(|other| range.overlap(*other));
        overlaps.reduce(|first, other| if other.start.before(first.start) { other } else { first })
    }
}

impl Range {
    fn is_empty(self) -> bool {
        self.end.at_or_before(self.start)
    }

    /// True if the two overlap or one begins where the other ends.
    fn touches(self, other: Self) -> bool {
        self.start.at_or_before(other.end) && other.start.at_or_before(self.end)
    }

    /// The positions in both.
    fn overlap(self, other: Self) -> Option<Self> {
        let both = Self { start: self.start.max(other.start), end: self.end.min(other.end) };
        (!both.is_empty()).then_some(both)
    }
}
