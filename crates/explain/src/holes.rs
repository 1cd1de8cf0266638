//! Stretches of one direction that others overtook and that were not seen.

/// How many are kept; a receiver's list has no more either.
const MOST: usize = 32;

/// Holes in what was seen of one direction, the oldest first. Positions do not wrap.
#[derive(Clone, Debug)]
pub(crate) struct Holes<T>(Vec<Hole<T>>);

/// Positions that were not seen, and what is known of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hole<T> {
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) note: T,
}

impl<T> Default for Holes<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy> Holes<T> {
    /// Adds one behind all others. Gives the one that is kept no longer, if that makes too many.
    pub(crate) fn open(&mut self, hole: Hole<T>) -> Option<Hole<T>> {
        let oldest = (self.0.len() >= MOST).then(|| self.0.remove(0));
        self.0.push(hole);
        oldest
    }

    /// Takes `start..end` out. Gives what was known of the first hole that it touches.
    pub(crate) fn fill(&mut self, start: i64, end: i64) -> Option<T> {
        let touched = self.0.iter().find(|hole| hole.start < end && start < hole.end)?.note;
        let mut rest = Vec::with_capacity(self.0.len() + 1);
        for hole in self.0.drain(..) {
            let left = Hole { end: hole.end.min(start), ..hole };
            let right = Hole { start: hole.start.max(end), ..hole };
            if hole.end <= start || end <= hole.start {
                rest.push(hole);
            } else {
                rest.extend([left, right].into_iter().filter(|part| part.start < part.end));
            }
        }
        rest.truncate(MOST);
        self.0 = rest;
        Some(touched)
    }

    /// Forgets those that lie before `position`.
    pub(crate) fn forget_before(&mut self, position: i64) {
        self.0.retain(|hole| hole.end > position);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Hole<T>> {
        self.0.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Hole<T>> {
        self.0.iter_mut()
    }
}

impl<T> Hole<T> {
    /// Positions in it.
    pub(crate) fn len(&self) -> u64 {
        u64::try_from(self.end - self.start).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holes(all: &[(i64, i64)]) -> Holes<i64> {
        let mut holes = Holes::default();
        for &(start, end) in all {
            assert!(holes.open(Hole { start, end, note: start }).is_none());
        }
        holes
    }

    #[test]
    fn what_fills_them_is_taken_out() {
        let all = [(10, 20), (30, 40)];
        for (start, end, touched, left) in [
            (0, 10, None, vec![(10, 20), (30, 40)]),
            (20, 30, None, vec![(10, 20), (30, 40)]),
            (10, 11, Some(10), vec![(11, 20), (30, 40)]),
            (19, 31, Some(10), vec![(10, 19), (31, 40)]),
            (12, 18, Some(10), vec![(10, 12), (18, 20), (30, 40)]),
            (30, 40, Some(30), vec![(10, 20)]),
            (0, 50, Some(10), vec![]),
        ] {
            let mut holes = holes(&all);
            assert_eq!(holes.fill(start, end), touched, "{start}..{end}");
            let rest: Vec<_> = holes.iter().map(|hole| (hole.start, hole.end)).collect();
            assert_eq!(rest, left, "{start}..{end}");
        }
    }

    #[test]
    fn the_oldest_gives_way() {
        let all: Vec<_> = (0..MOST as i64).map(|i| (10 * i, 10 * i + 5)).collect();
        let mut holes = holes(&all);
        let oldest = holes.open(Hole { start: 10_000, end: 10_001, note: 0 });
        assert_eq!(oldest.map(|hole| hole.len()), Some(5));
        holes.forget_before(10_000);
        assert_eq!(holes.iter().count(), 1);
    }
}
