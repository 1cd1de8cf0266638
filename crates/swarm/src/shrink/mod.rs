//! The smallest plan that still fails in the same way.
//!
//! Parts are taken away in ever smaller pieces, then what is left is made plainer: shorter, rounder, as usual. A change
//! stays if the run still fails with the same [`Sort`]; then everything is tried again, until nothing helps any more or the
//! runs are used up.

mod parts;
mod plainer;

use crate::{Plan, Run, Sort};

/// What came of it.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// The smallest plan found.
    pub plan: Plan,
    /// Its run.
    pub run: Run,
    /// How many runs it took.
    pub runs: usize,
}

/// Shrinks a plan that fails with `sort`, in at most `most` runs. None if it does not fail so.
pub fn shrink(plan: &Plan, sort: &Sort, most: usize) -> Option<Shrunk> {
    let run = plan.run();
    let mut search = Search { sort, most, best: Shrunk { plan: plan.clone(), run, runs: 1 } };
    if !search.fails(&search.best.run) {
        return None;
    }
    while search.pass() {}
    Some(search.best)
}

struct Search<'a> {
    sort: &'a Sort,
    most: usize,
    best: Shrunk,
}

impl Search<'_> {
    /// Tries everything once; true if anything helped.
    fn pass(&mut self) -> bool {
        let mut has_helped = self.attempt(without_what_never_struck);
        for part in parts::ALL {
            has_helped |= self.fewer(part);
        }
        for change in plainer::ALL {
            // Each change has places where it may apply.
            let mut place = 0;
            while let Some(candidate) = change(&self.best.plan, place) {
                match self.holds(candidate) {
                    true => has_helped = true,
                    false => place += 1,
                }
                if self.is_spent() {
                    return false;
                }
            }
        }
        has_helped && !self.is_spent()
    }

    /// Takes parts of one kind away: all at once, halves, quarters, single ones.
    fn fewer(&mut self, part: &parts::Part) -> bool {
        let mut has_helped = false;
        let mut piece = (part.count)(&self.best.plan);
        while piece > 0 && !self.is_spent() {
            let mut begin = 0;
            while begin < (part.count)(&self.best.plan) && !self.is_spent() {
                let mut candidate = self.best.plan.clone();
                (part.remove)(&mut candidate, begin..begin + piece);
                match self.holds(candidate) {
                    true => has_helped = true,
                    false => begin += piece,
                }
            }
            piece /= 2;
        }
        has_helped
    }

    fn attempt(&mut self, change: impl Fn(&Shrunk) -> Option<Plan>) -> bool {
        change(&self.best).is_some_and(|candidate| self.holds(candidate))
    }

    /// Runs it, and keeps it if it fails as it should.
    fn holds(&mut self, candidate: Plan) -> bool {
        if self.is_spent() {
            return false;
        }
        let run = candidate.run();
        self.best.runs += 1;
        let is_it = self.fails(&run);
        if is_it {
            (self.best.plan, self.best.run) = (candidate, run);
        }
        is_it
    }

    fn fails(&self, run: &Run) -> bool {
        run.objections.iter().any(|objection| objection.sort() == *self.sort)
    }

    fn is_spent(&self) -> bool {
        self.best.runs >= self.most
    }
}

/// Faults that befell nothing and forgeries that found nothing change nothing.
fn without_what_never_struck(best: &Shrunk) -> Option<Plan> {
    let mut plan = best.plan.clone();
    let mut struck = best.run.struck.iter();
    plan.faults.retain(|_| struck.next().copied().unwrap_or(true));
    let mut forged = best.run.forged.iter();
    plan.forgeries.retain(|_| forged.next().copied().unwrap_or(true));
    let is_less =
        plan.faults.len() + plan.forgeries.len() < best.plan.faults.len() + best.plan.forgeries.len();
    is_less.then_some(plan)
}
