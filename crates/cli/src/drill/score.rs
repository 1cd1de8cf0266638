//! How many scripts came to what.

use cordial_drill::{Outcome, Report};

use crate::args::Drill;

/// Counts of outcomes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Score {
    pub all: u64,
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
    pub unreadable: u64,
    /// Of those that passed, the ones after which nothing was left over.
    pub quiet: u64,
    /// Passed where all that may be forgiven was; counted only where it was not.
    pub lenient: u64,
}

impl Score {
    pub fn count(&mut self, report: &Report, lenient: Option<Outcome>) {
        self.all += 1;
        let place = match report.outcome {
            Outcome::Pass => &mut self.passed,
            Outcome::Fail => &mut self.failed,
            Outcome::Skip => &mut self.skipped,
            Outcome::Unreadable => &mut self.unreadable,
        };
        *place += 1;
        self.quiet += u64::from(report.outcome == Outcome::Pass && report.unexpected.is_empty());
        self.lenient += u64::from(lenient == Some(Outcome::Pass));
    }

    /// What the command ends with.
    pub fn exit_code(&self, args: &Drill) -> u8 {
        if self.unreadable > 0 {
            return super::USAGE;
        }
        let is_wrong = self.failed > 0 || (args.strict_end && self.quiet < self.passed);
        u8::from(is_wrong)
    }
}
