//! A case: what was done, and what has to be said of it.

use super::tap::{Recording, Tap};

/// One experiment with one or more captures.
pub struct Case {
    /// In the name of the files.
    pub name: &'static str,
    /// What really happened, in a sentence.
    pub cause: &'static str,
    /// Where it was captured, and what has to be said of that capture.
    pub taps: &'static [Tap],
    /// Does it.
    pub scene: fn(&'static [Tap]) -> Vec<Recording>,
}

/// What has to be said of one connection of a capture, in the order of their first packets.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// Verdicts that its story must have after causes have absorbed symptoms; the first one leads.
    pub says: &'static [&'static str],
    /// Verdicts that must be raised, whether or not another one then speaks for them.
    pub under: &'static [&'static str],
    /// Packets alone cannot tell which of these it is: one of them must be said, and no cause as certain.
    pub either: &'static [&'static str],
    /// Verdicts that are true as well. They may be said or left out.
    pub also: &'static [&'static str],
    /// The look-alikes: verdicts that the packets suggest and that are wrong. Everything that is not named here at
    /// all is wrong too; these are named because someone would fall for them.
    pub never: &'static [&'static str],
    /// What the English text of a verdict has to contain: who, how many, how long.
    pub words: &'static [(&'static str, &'static str)],
}

impl Told {
    pub const fn says(says: &'static [&'static str]) -> Self {
        Self { says, under: &[], either: &[], also: &[], never: &[], words: &[] }
    }

    pub const fn under(self, under: &'static [&'static str]) -> Self {
        Self { under, ..self }
    }

    pub const fn either(self, either: &'static [&'static str]) -> Self {
        Self { either, ..self }
    }

    pub const fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }

    pub const fn never(self, never: &'static [&'static str]) -> Self {
        Self { never, ..self }
    }

    pub const fn words(self, words: &'static [(&'static str, &'static str)]) -> Self {
        Self { words, ..self }
    }
}

/// A connection with nothing to say about: opened, closed by the first to do so in four steps.
pub const HEALTHY: Told = Told::says(&["S01"]).under(&["H01", "C01", "C10"]);
