//! The shortest sequences that still show their differences.

use crate::run::ladder_of;
use crate::{Sequence, kernel};

/// A difference that is being shrunk.
#[derive(Clone, Debug)]
pub struct Shrunk {
    /// What is kept of it: [`Found::key`](crate::run::Found::key).
    pub key: String,
    /// The shortest sequence so far.
    pub sequence: Sequence,
    /// What both sides did; none if the difference has not come again yet.
    pub ladder: Option<String>,
}

/// Leaves out steps and options while the difference with the same key is still there. All are shrunk together: a
/// batch for each round. A difference that does not come again keeps its sequence and has no ladder.
pub fn shrink(differences: Vec<(String, Sequence)>) -> Vec<Shrunk> {
    let whole = |(key, sequence)| Shrunk { key, sequence, ladder: None };
    let mut all: Vec<Shrunk> = differences.into_iter().map(whole).collect();
    let themselves = (0..all.len()).map(|at| (at, all[at].sequence.clone())).collect();
    try_each(&mut all, themselves);
    loop {
        let seen = all.iter().enumerate().filter(|(_, shrunk)| shrunk.ladder.is_some());
        let candidates =
            seen.flat_map(|(at, shrunk)| plainer(&shrunk.sequence).map(move |plainer| (at, plainer)));
        let candidates = candidates.collect();
        if !try_each(&mut all, candidates) {
            return all;
        }
    }
}

/// Takes the first candidate of each that still shows its difference; true if any does.
fn try_each(all: &mut [Shrunk], candidates: Vec<(usize, Sequence)>) -> bool {
    let linux = kernel::observe(&candidates.iter().map(|(_, sequence)| sequence).collect::<Vec<_>>());
    let mut taken = vec![false; all.len()];
    for ((at, sequence), linux) in candidates.into_iter().zip(linux) {
        if taken[at] {
            continue;
        }
        if let Some(ladder) = ladder_of(&sequence, &linux, &all[at].key) {
            taken[at] = true;
            all[at] = Shrunk { key: all[at].key.clone(), sequence, ladder: Some(ladder) };
        }
    }
    taken.contains(&true)
}

/// The same with a step less, or with one thing less that is special.
fn plainer(sequence: &Sequence) -> impl Iterator<Item = Sequence> + use<> {
    let changes: [fn(&mut Sequence); 6] = [
        |sequence| sequence.small_buffer = false,
        |sequence| sequence.offer.more.clear(),
        |sequence| sequence.offer.timestamps = false,
        |sequence| sequence.offer.sack = false,
        |sequence| sequence.offer.window_scale = None,
        |sequence| sequence.iss = 1000,
    ];
    let (shorter, changed, whole) = (sequence.clone(), sequence.clone(), sequence.clone());
    let shorter = (0..sequence.steps.len()).map(move |at| {
        let mut candidate = shorter.clone();
        candidate.steps.remove(at);
        candidate
    });
    let changed = changes.into_iter().map(move |change| {
        let mut candidate = changed.clone();
        change(&mut candidate);
        candidate
    });
    shorter.chain(changed).filter(move |candidate| *candidate != whole)
}
