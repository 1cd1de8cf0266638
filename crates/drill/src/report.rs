//! What came of a script.

use cordial_trace::event::Event;

use crate::Said;
use crate::script::Place;

/// How a script ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    /// Everything came as it was written.
    Pass,
    /// Something came differently, or not at all.
    Fail,
    /// It asks for what this stack or this interpreter does not have.
    Skip,
    /// It is no script: its text is wrong.
    Unreadable,
}

impl Outcome {
    /// In one word, as `--json` prints it. An unreadable script is a failed one that never ran.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail | Self::Unreadable => "fail",
            Self::Skip => "skip",
        }
    }
}

/// What came of a script, and why.
#[derive(Clone, Debug)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// Where it ended, unless it passed.
    pub at: Option<Place>,
    /// Why it ended there.
    pub reason: Option<Said>,
    /// Packets that nothing in the script expected, when it was over: as they would be written. A script does not prove
    /// silence unless somebody looks.
    pub unexpected: Vec<String>,
    /// What the script printed.
    pub printed: String,
    /// The record of every connection, for a ladder.
    pub events: Vec<Event>,
}

/// Why a script goes no further.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stop {
    /// Where, unless it is the event at hand.
    pub(crate) at: Option<Place>,
    pub(crate) outcome: Outcome,
    pub(crate) said: Said,
}

impl Stop {
    pub(crate) fn fail(said: impl Into<Said>) -> Self {
        Self { at: None, outcome: Outcome::Fail, said: said.into() }
    }

    pub(crate) fn skip(said: impl Into<Said>) -> Self {
        Self { at: None, outcome: Outcome::Skip, said: said.into() }
    }

    /// About another place than the event's, unless one is known already.
    pub(crate) fn or_at(self, at: Place) -> Self {
        Self { at: self.at.or(Some(at)), ..self }
    }
}
