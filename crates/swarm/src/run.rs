//! One run of a plan.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use cordial_sim::{Bound, Endless, World};
use cordial_stack::Instant;

use crate::acts::acts;
use crate::build::Built;
use crate::{Coverage, Forgery, Objection, Plan, judge};

/// What a run of a plan came to.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// What is wrong with it; nothing is what is hoped for.
    pub objections: Vec<Objection>,
    /// What was seen.
    pub coverage: Coverage,
    /// How often something happened.
    pub steps: u64,
    /// Which of the plan's faults befell a segment.
    pub struck: Vec<bool>,
    /// Which of the plan's forgeries found what they were aimed at.
    pub forged: Vec<bool>,
}

/// When a run that does not end is stopped. Whatever TCP waits for takes hours at most.
const BOUND: Bound = Bound { time: Duration::from_secs(7 * 24 * 3600), steps: 3_000_000 };

impl Plan {
    /// Runs it.
    pub fn run(&self) -> Run {
        self.guarded(false).0
    }

    /// Runs it and keeps its record: the run, and the world as it was left. None is left of one that panicked.
    pub fn record(&self) -> (Run, Option<World>) {
        self.guarded(true)
    }

    fn guarded(&self, keeps_record: bool) -> (Run, Option<World>) {
        // Nothing that a panic may leave half done is looked at: the world is made inside.
        match catch_unwind(AssertUnwindSafe(|| self.perform(keeps_record))) {
            Ok((run, world)) => (run, Some(world)),
            Err(panic) => {
                let objections = vec![Objection::Panic(message(&*panic))];
                (Run { objections, ..Run::default() }, None)
            }
        }
    }

    fn perform(&self, keeps_record: bool) -> (Run, World) {
        let mut built = self.build();
        built.world.set_bound(BOUND);
        if keeps_record {
            built.world.keep_record();
            built.world.keep_packets();
        }
        let mut run = Run { forged: vec![false; self.forgeries.len()], ..Run::default() };
        if let Err(endless) = self.pass_time(&mut built, &mut run) {
            run.objections.push(Objection::Endless(endless));
        }
        let violations = built.world.finish();
        run.objections.extend(violations.into_iter().map(Objection::Oracle));
        if run.objections.is_empty() {
            run.objections = judge::ended(self, &built, &acts(self, &built));
        }
        run.coverage = Coverage::of(&built.world, keeps_record);
        run.steps = built.world.steps();
        run.struck = built.struck.borrow().clone();
        (run, built.world)
    }

    fn pass_time(&self, built: &mut Built, run: &mut Run) -> Result<(), Endless> {
        let mut forgeries: Vec<(usize, &Forgery)> = self.forgeries.iter().enumerate().collect();
        forgeries.sort_by_key(|(_, forgery)| forgery.at);
        for (place, forgery) in forgeries {
            built.world.run_until(Instant::ZERO + forgery.at)?;
            if let Some(forged) = run.forged.get_mut(place) {
                *forged = forgery.strike(&mut built.world);
            }
        }
        // Who waits is seen just before the programs end.
        built.world.run_until(Instant::ZERO + self.ends.saturating_sub(Duration::from_nanos(1)))?;
        run.objections = judge::waiting(self, built, &acts(self, built));
        built.world.run_out()
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}
