//! A run: many sequences, both sides, every difference in its class.

use std::collections::BTreeMap;

use cordial_tcp::Phase;

use crate::class::{self, Class};
use crate::coverage::Coverage;
use crate::difference::{Difference, ladder, same};
use crate::sequence::{Sequence, Step};
use crate::{Observed, draw, engine, kernel};

/// How many sequences share a kernel: as many as go through a step in a few milliseconds.
pub const BATCH: usize = 500;

/// What a run came to.
#[derive(Debug, Default)]
pub struct Tally {
    /// Sequences that both went through.
    pub sequences: usize,
    /// Steps whose answers were compared, calls included.
    pub steps: usize,
    /// Sequences without any difference.
    pub same: usize,
    /// How often each class was seen, by name, and one of the sequences.
    pub classes: BTreeMap<&'static str, (usize, Sequence)>,
    /// What is in no class: by key, how often, and one of the sequences.
    pub unknown: BTreeMap<String, (usize, Sequence)>,
    /// Segments by state and kind.
    pub coverage: Coverage,
}

/// A difference that was found.
pub struct Found {
    /// The class it belongs to, if it is known.
    pub class: Option<&'static Class>,
    /// The class's name; of one that is not known, [`Difference::key`].
    pub key: String,
    /// What both sides did up to there.
    pub ladder: String,
}

impl Tally {
    /// Has both sides go through the sequences with these numbers.
    pub fn run(&mut self, seed: u64, numbers: impl Iterator<Item = u64>) {
        let sequences: Vec<Sequence> = numbers.map(|number| draw::sequence(seed, number)).collect();
        let linux = kernel::observe(&sequences.iter().collect::<Vec<_>>());
        let (known, unknown): (Vec<_>, Vec<_>) =
            sequences.iter().zip(linux).partition(|(sequence, linux)| is_known(sequence, linux));
        for (sequence, linux) in known {
            self.take(sequence, &linux);
        }
        // Once more, by themselves: on a busy machine a batch may last until the kernel's timers send something again.
        for (sequence, _) in unknown {
            if let [linux] = &kernel::observe(&[sequence])[..] {
                self.take(sequence, linux);
            }
        }
    }

    fn take(&mut self, sequence: &Sequence, linux: &[Observed]) {
        let ours = engine::observe(sequence);
        self.sequences += 1;
        let mut found_any = false;
        compare(sequence, linux, &ours, |at, before, found| {
            self.steps += 1;
            if let Some(Step::Segment(shape)) = at.and_then(|at| sequence.steps.get(at)) {
                self.coverage.note(before, shape.kind);
            }
            let Some(found) = found else { return };
            found_any = true;
            let first = || (0, sequence.clone());
            match found.class {
                Some(class) => self.classes.entry(class.name).or_insert_with(first).0 += 1,
                None => self.unknown.entry(found.key).or_insert_with(first).0 += 1,
            }
        });
        self.same += usize::from(!found_any);
    }
}

/// True if every difference is in a class.
fn is_known(sequence: &Sequence, linux: &[Observed]) -> bool {
    let mut is_known = true;
    compare(sequence, linux, &engine::observe(sequence), |_, _, found| {
        is_known &= found.is_none_or(|found| found.class.is_some());
    });
    is_known
}

/// Compares step by step, and tells of each: which step, the state before, what was found. Ends with the first
/// difference after which the two are not in the same state.
pub fn compare(
    sequence: &Sequence,
    linux: &[Observed],
    ours: &[Observed],
    mut tell: impl FnMut(Option<usize>, Phase, Option<Found>),
) {
    let mut before = Phase::Closed;
    for (place, (theirs, our)) in linux.iter().zip(ours).enumerate() {
        let at = place.checked_sub(1);
        if same(at.and_then(|at| sequence.steps.get(at)), theirs, our) {
            tell(at, before, None);
        } else {
            let difference = Difference { sequence, at, before, linux: theirs, ours: our };
            let class = class::of(&difference);
            let key = class.map_or_else(|| difference.key(), |class| class.name.into());
            let ladder = ladder(&difference, linux, ours);
            tell(at, before, Some(Found { class, key, ladder }));
            let goes_on = class.is_some_and(|class| class.goes_on);
            if !goes_on || theirs.state != our.state {
                return;
            }
        }
        before = our.state;
    }
}

/// What both sides did up to the first difference with this key, if there is one.
pub fn ladder_of(sequence: &Sequence, linux: &[Observed], key: &str) -> Option<String> {
    let mut ladder = None;
    compare(sequence, linux, &engine::observe(sequence), |_, _, found| {
        if let Some(found) = found
            && found.key == key
        {
            ladder.get_or_insert(found.ladder);
        }
    });
    ladder
}
