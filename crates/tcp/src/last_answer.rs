//! How often a small entry of a table answers what has nothing in it.

use core::time::Duration;

use crate::{Deadline, Instant};

/// At most one answer in each half second, in one octet (RFC 5961 §7 and §10).
///
/// Two ends that disagree would else acknowledge each other's acknowledgments for ever: one in TIME-WAIT, say, and one that
/// an old SYN has just made half open. Each entry counts for itself, so that nobody reads off one what another was sent.
/// What is kept is the half second of the last answer, counted back from the entry's own deadline: as it moves, one begins
/// anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Default)]
pub(crate) struct LastAnswer(u8);

const SPAN: Duration = Duration::from_millis(500);

impl LastAnswer {
    /// None yet.
    pub(crate) const NONE: Self = Self(0);

    /// True if an answer may go out now; then it has.
    pub(crate) fn take(&mut self, now: Instant, deadline: Deadline) -> bool {
        let ahead = deadline.remaining(now).unwrap_or(0).max(0) as u32;
        // Two minutes later the same number comes again: one answer too few.
        let span = (ahead / (SPAN.as_nanos() / Deadline::TICK.as_nanos()) as u32 % 255) as u8 + 1;
        let may = self.0 != span;
        self.0 = span;
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_goes_out_in_each_half_second() {
        let begin = Instant::from_millis(7_000);
        let deadline = Deadline::after(begin, Duration::from_secs(60));
        let mut last = LastAnswer::NONE;
        let answers =
            (0..10_000).filter(|&ms| last.take(begin + Duration::from_millis(ms), deadline)).count();
        assert!((20..=21).contains(&answers), "{answers} in ten seconds");
        // Long past its deadline, and without one, it is silent after the first.
        for deadline in [deadline, Deadline::NONE] {
            let mut last = LastAnswer::NONE;
            let late = begin + Duration::from_secs(90);
            assert!(last.take(late, deadline) && !last.take(late + SPAN, deadline));
        }
    }
}
