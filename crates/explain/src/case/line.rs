//! One direction's sequence space, as it was seen to fill.

use cordial_tcp::Instant;
use cordial_wire::SeqNum;

use crate::holes::{Hole, Holes};

/// Positions of one direction, counted from its SYN without ever wrapping: the SYN is at 0, data begins at 1. Where no
/// SYN was seen, the first number that was counts as 1.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    /// The number of the position `reach`.
    anchor: Option<SeqNum>,
    /// The first position past everything that was sent.
    pub(crate) reach: i64,
    /// The first position that the other end has not acknowledged.
    pub(crate) acked: i64,
    /// Positions below `reach` that were never seen.
    gaps: Holes<Gap>,
    /// Octets that were acknowledged and never seen, beyond those of `gaps`.
    missed: u64,
}

/// What is known of positions that others overtook.
#[derive(Clone, Copy, Debug)]
struct Gap {
    opened: Opener,
    is_acked: bool,
}

/// The segment that left a gap behind it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opener {
    pub(crate) time: Instant,
    pub(crate) ip_id: Option<u16>,
    /// Its TSval.
    pub(crate) clock: Option<u32>,
}

/// What became of some positions.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arrival {
    /// They continue what was there.
    Next,
    /// They leave a gap.
    Ahead,
    /// They fill a gap, of which this opened it.
    Fills(Opener),
    /// They fill a gap that was acknowledged already: the capture missed, or delayed, what came by before.
    Known,
    /// They were all seen before.
    Again,
    /// They are nowhere near.
    Strange,
}

/// A distance that no window spans (RFC 7323 §2.3).
const FAR: i64 = 1 << 30;

impl Line {
    pub(crate) fn is_anchored(&self) -> bool {
        self.anchor.is_some()
    }

    /// Says that `seq` has position `at`, and that nothing beyond was sent.
    pub(crate) fn anchor(&mut self, seq: SeqNum, at: i64) {
        *self = Self { anchor: Some(seq), reach: at, acked: at.min(1), gaps: Holes::default(), missed: 0 };
    }

    /// The position of a number: the one that is nearest to what was sent last.
    pub(crate) fn place(&self, seq: SeqNum) -> Option<i64> {
        let anchor = self.anchor?;
        Some(self.reach + i64::from(seq.0.wrapping_sub(anchor.0).cast_signed()))
    }

    /// Positions that were sent and not acknowledged.
    pub(crate) fn outstanding(&self) -> u64 {
        u64::try_from(self.reach - self.acked).unwrap_or_default()
    }

    /// Octets that the other end has and that were never seen.
    pub(crate) fn missed(&self) -> u64 {
        let open = self.gaps.iter().filter(|gap| gap.note.is_acked).map(Hole::len).sum::<u64>();
        self.missed + open
    }

    /// Notes that `start..end` were seen.
    pub(crate) fn sent(&mut self, start: i64, end: i64, by: Opener) -> Arrival {
        if start > self.reach + FAR || end < self.reach - FAR {
            return Arrival::Strange;
        }
        if start > self.reach {
            self.open(start, Gap { opened: by, is_acked: false });
            self.extend(end);
            return Arrival::Ahead;
        }
        let fills = self.gaps.fill(start, end);
        let is_new = end > self.reach;
        if is_new {
            self.extend(end);
        }
        match fills {
            Some(gap) if gap.is_acked => Arrival::Known,
            Some(gap) => Arrival::Fills(gap.opened),
            None if is_new => Arrival::Next,
            None => Arrival::Again,
        }
    }

    /// Notes that everything before `ack` was acknowledged; true if that is news.
    pub(crate) fn acknowledged(&mut self, ack: i64, by: Opener) -> bool {
        if ack <= self.acked || ack > self.reach + FAR {
            return false;
        }
        if ack > self.reach {
            self.open(ack, Gap { opened: by, is_acked: true });
            self.extend(ack);
        }
        self.acked = ack;
        for gap in self.gaps.iter_mut() {
            gap.note.is_acked |= gap.end <= ack;
        }
        true
    }

    fn extend(&mut self, end: i64) {
        let by = end - self.reach;
        // `by` is below `FAR`: it fits.
        self.anchor = self.anchor.map(|anchor| anchor + u32::try_from(by).unwrap_or_default());
        self.reach = end;
    }

    /// Leaves a gap from `reach` to `end`.
    fn open(&mut self, end: i64, note: Gap) {
        let oldest = self.gaps.open(Hole { start: self.reach, end, note });
        self.missed += oldest.filter(|gap| gap.note.is_acked).map_or(0, |gap| gap.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(number: u32) -> Opener {
        Opener { time: Instant::from_millis(number.into()), ip_id: None, clock: None }
    }

    fn line() -> Line {
        let mut line = Line::default();
        line.anchor(SeqNum(u32::MAX), 0);
        line.sent(0, 1, by(1));
        line
    }

    #[test]
    fn positions_do_not_wrap() {
        let mut line = line();
        assert_eq!(line.place(SeqNum(0)), Some(1));
        for i in 0..5_i64 {
            line.sent(1 + (i << 29), 1 + ((i + 1) << 29), by(2));
        }
        assert_eq!(line.reach, 1 + (5 << 29));
        assert_eq!(line.place(SeqNum(5 << 29)), Some(line.reach));
    }

    #[test]
    fn a_gap_is_filled_piece_by_piece() {
        let mut line = line();
        assert!(matches!(line.sent(301, 401, by(7)), Arrival::Ahead));
        assert!(
            matches!(line.sent(101, 201, by(8)), Arrival::Fills(opener) if opener.time == Instant::from_millis(7))
        );
        assert!(matches!(line.sent(101, 201, by(9)), Arrival::Again));
        assert!(matches!(line.sent(1, 101, by(10)), Arrival::Fills(_)));
        assert!(matches!(line.sent(201, 301, by(11)), Arrival::Fills(_)));
        assert!(matches!(line.sent(1, 401, by(12)), Arrival::Again));
        assert!(matches!(line.sent(301, 501, by(13)), Arrival::Next));
    }

    #[test]
    fn what_is_acknowledged_unseen_was_missed_until_it_shows() {
        let mut line = line();
        line.sent(101, 201, by(2));
        line.acknowledged(201, by(3));
        assert_eq!(line.missed(), 100);
        line.acknowledged(301, by(4));
        assert_eq!((line.missed(), line.reach), (200, 301));
        assert!(matches!(line.sent(1, 101, by(5)), Arrival::Known));
        assert_eq!(line.missed(), 100);
    }

    #[test]
    fn more_gaps_than_are_kept_are_still_counted() {
        let mut line = line();
        for i in 0..100 {
            line.sent(11 + 20 * i, 21 + 20 * i, by(2));
        }
        line.acknowledged(2_001, by(3));
        assert!(line.missed() >= 32 * 10);
        assert!(matches!(line.sent(1 << 40, (1 << 40) + 1, by(4)), Arrival::Strange));
    }
}
