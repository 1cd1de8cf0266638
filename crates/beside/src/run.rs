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
    /// How often each class was seen, by name.
    pub classes: BTreeMap<&'static str, usize>,
    /// What is in no class: by key, how often, and one of them.
    pub unknown: BTreeMap<String, (usize, Sequence)>,
    /// Segments by state and kind.
    pub coverage: Coverage,
}

/// What one sequence came to.
pub enum Found {
    /// A difference of a known class.
    Known(&'static Class),
    /// One that is in none: its key, and both sides' answers.
    Unknown(String, String),
}

impl Tally {
    /// Has both sides go through the sequences with these numbers.
    pub fn run(&mut self, seed: u64, numbers: impl Iterator<Item = u64>) {
        let sequences: Vec<Sequence> = numbers.map(|number| draw::sequence(seed, number)).collect();
        let linux = kernel::observe(&sequences.iter().collect::<Vec<_>>());
        for (sequence, linux) in sequences.iter().zip(linux) {
            self.take(sequence, &linux);
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
            found_any |= found.is_some();
            match found {
                None => {}
                Some(Found::Known(class)) => *self.classes.entry(class.name).or_default() += 1,
                Some(Found::Unknown(key, _)) => {
                    let place = self.unknown.entry(key).or_insert_with(|| (0, sequence.clone()));
                    place.0 += 1;
                }
            }
        });
        self.same += usize::from(!found_any);
    }

    /// Takes in what another part of the run came to.
    pub fn add(&mut self, other: Self) {
        self.sequences += other.sequences;
        self.steps += other.steps;
        self.same += other.same;
        for (name, count) in other.classes {
            *self.classes.entry(name).or_default() += count;
        }
        for (key, (count, sequence)) in other.unknown {
            self.unknown.entry(key).or_insert((0, sequence)).0 += count;
        }
        self.coverage.add(other.coverage);
    }
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
            let Some(class) = class::of(&difference) else {
                let text = ladder(&difference, linux, ours);
                return tell(at, before, Some(Found::Unknown(difference.key(), text)));
            };
            tell(at, before, Some(Found::Known(class)));
            if !class.goes_on || theirs.state != our.state {
                return;
            }
        }
        before = our.state;
    }
}

/// The first difference in no class: its key, and both sides' answers.
pub fn first_unknown(sequence: &Sequence, linux: &[Observed]) -> Option<(String, String)> {
    let mut unknown = None;
    compare(sequence, linux, &engine::observe(sequence), |_, _, found| {
        if let Some(Found::Unknown(key, text)) = found {
            unknown = Some((key, text));
        }
    });
    unknown
}
