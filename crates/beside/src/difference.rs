//! Where two stacks did not do the same.

use cordial_tcp::Phase;

use crate::sequence::{Sequence, Step};
use crate::shape::Length;
use crate::{Kind, Observed};

/// The first step of a sequence in which the two did not do the same.
#[derive(Clone, Debug)]
pub struct Difference<'a> {
    /// The sequence.
    pub sequence: &'a Sequence,
    /// Which step; none: the opening itself.
    pub at: Option<usize>,
    /// The state before it.
    pub before: Phase,
    /// What Linux did.
    pub linux: &'a Observed,
    /// What we did.
    pub ours: &'a Observed,
}

impl<'a> Difference<'a> {
    /// The step that drew it.
    pub fn step(&self) -> Option<&'a Step> {
        self.at.and_then(|at| self.sequence.steps.get(at))
    }

    /// What its segment is meant as; none where the application called.
    pub fn kind(&self) -> Option<Kind> {
        match self.step()? {
            Step::Segment(shape) => Some(shape.kind),
            Step::Call(_) => None,
        }
    }

    /// What differences are counted by where no class is known: the state, the step, and both answers without numbers.
    pub fn key(&self) -> String {
        let step = match self.step() {
            None => "open".into(),
            Some(Step::Call(call)) => call.to_string().split(' ').next().unwrap_or_default().to_owned(),
            Some(Step::Segment(shape)) => format!("{} {}", shape.kind.name(), shape.flags),
        };
        format!("{} | {step} | Linux {} | ours {}", self.before, summary(self.linux), summary(self.ours))
    }
}

/// The control bits of the answers, as many alike as there are in a row counted as one.
fn summary(observed: &Observed) -> String {
    let mut replies: Vec<String> = observed.replies.iter().map(|reply| reply.flags.to_string()).collect();
    replies.dedup();
    let replies = if replies.is_empty() { "nothing".into() } else { replies.join(", ") };
    format!("{replies} -> {}", observed.state)
}

/// True if both did the same in this step. Of the answers to many segments only the last is compared: how often a
/// stack acknowledges while they come is its own affair (RFC 9293 §3.8.6.3 asks for every second).
pub fn same(step: Option<&Step>, linux: &Observed, ours: &Observed) -> bool {
    let many = matches!(step, Some(Step::Segment(shape)) if shape.length == Length::ToEdge);
    let replies = match many {
        true => linux.replies.last() == ours.replies.last(),
        false => linux.replies == ours.replies,
    };
    replies && linux.state == ours.state && linux.read == ours.read
}

/// All steps up to `at` with what each side did, for people.
pub fn ladder(difference: &Difference<'_>, linux: &[Observed], ours: &[Observed]) -> String {
    let sequence = difference.sequence;
    let last = difference.at.map_or(0, |at| at + 1);
    let mut text = format!("{sequence}\n");
    for (at, (linux, ours)) in linux.iter().zip(ours).enumerate().take(last + 1) {
        let step = match at.checked_sub(1).and_then(|at| sequence.steps.get(at)) {
            None => "open".to_owned(),
            Some(step) => step.to_string(),
        };
        if linux == ours {
            text.push_str(&format!("  {step}\n      both  {linux}\n"));
        } else {
            text.push_str(&format!("  {step}\n      Linux {linux}\n      ours  {ours}\n"));
        }
    }
    text
}
