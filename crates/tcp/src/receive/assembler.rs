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

/// Positions from the first up to, not including, the second.
type Range = (SeqNum, SeqNum);

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
        let old = (start, end.min(nxt));
        let new = (start.max(nxt), end);
        let duplicate = match self.first_overlap(new) {
            known if is_empty(old) => known,
            // Known on both sides of RCV.NXT without a gap.
            Some(known) if known.0 == old.1 => Some((old.0, known.1)),
            _ => Some(old),
        };
        let stored = is_empty(new) || self.store(new, nxt);
        Inserted { stored, duplicate }
    }

    /// RCV.NXT, moved over the ranges that begin at or before `nxt`; these are forgotten.
    pub fn take_ready(&mut self, nxt: SeqNum) -> SeqNum {
        if self.ranges.is_empty() {
            return nxt;
        }
        let mut ready = nxt;
        self.ranges.retain(|&(start, end)| {
            let is_ahead = start.after(nxt);
            if !is_ahead {
                ready = ready.max(end);
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
        for &(start, end) in self.ranges.iter().take(up_to.min(SackBlocks::MAX)) {
            blocks.push(start, end);
        }
        blocks
    }

    /// The position after the last that arrived.
    pub fn highest(&self) -> Option<SeqNum> {
        self.ranges.iter().map(|&(_, end)| end).reduce(SeqNum::max)
    }

    /// The ranges, each `start..end`, the most recently changed first.
    pub fn ranges(&self) -> &[(SeqNum, SeqNum)] {
        &self.ranges
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
        self.ranges.retain(|&other| {
            let apart = !touches(range, other);
            if !apart {
                merged = (merged.0.min(other.0), merged.1.max(other.1));
            }
            apart
        });
        let is_new = self.ranges.len() == before;
        if is_new && before >= MAX_HOLES && range.0 != nxt {
            return false;
        }
        self.ranges.insert(0, merged);
        true
    }

    /// The first positions of a range that are known.
    fn first_overlap(&self, range: Range) -> Option<Range> {
        let overlaps = self.ranges.iter().filter_map(|&other| overlap(range, other));
        overlaps.reduce(|first, other| if other.0.before(first.0) { other } else { first })
    }
}

fn is_empty((start, end): Range) -> bool {
    end.at_or_before(start)
}

/// True if the two overlap or one begins where the other ends.
fn touches(a: Range, b: Range) -> bool {
    a.0.at_or_before(b.1) && b.0.at_or_before(a.1)
}

/// The positions in both.
fn overlap(a: Range, b: Range) -> Option<Range> {
    let both = (a.0.max(b.0), a.1.min(b.1));
    (!is_empty(both)).then_some(both)
}
