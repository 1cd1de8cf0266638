//! What is wrong with a run.

use std::fmt;

use cordial_sim::{Endless, Violation};
use cordial_stack::Instant;
use cordial_trace::Lang;
use cordial_trace::words::Phrase;

/// Something that must not be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Objection {
    /// An oracle objects.
    Oracle(Violation),
    /// A program saw what nothing in the scenario explains.
    Program {
        /// When.
        at: Instant,
        /// What, with places to fill.
        what: Phrase,
        /// What goes into them.
        fills: Vec<(&'static str, String)>,
        /// What a scenario file would have expected instead, where it has words for it.
        claim: Option<String>,
    },
    /// The run does not end.
    Endless(Endless),
    /// The engine panicked.
    Panic(String),
}

/// What kind of failure it is: the same in two runs that fail in the same way, whatever the numbers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Sort(&'static str, String);

impl Sort {
    /// Who objects: an oracle by its name, `program`, `endless` or `panic`.
    pub const fn who(&self) -> &'static str {
        self.0
    }
}

impl Objection {
    /// Its kind.
    pub fn sort(&self) -> Sort {
        match self {
            Self::Oracle(violation) => {
                let (oracle, phrase) = violation.kind();
                Sort(oracle.name(), phrase.to_owned())
            }
            Self::Program { what, .. } => Sort("program", what.en.to_owned()),
            Self::Endless(_) => Sort("endless", String::new()),
            // Numbers in a message are of this run alone.
            Self::Panic(said) => Sort("panic", said.chars().filter(|c| !c.is_ascii_digit()).collect()),
        }
    }

    /// What is wrong, in a sentence.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::Oracle(violation) => violation.text(lang),
            Self::Program { what, fills, .. } => {
                let fills: Vec<_> = fills.iter().map(|(name, text)| (*name, text.as_str())).collect();
                what.fill(lang, &fills)
            }
            Self::Endless(endless) => endless.text(lang),
            Self::Panic(said) => PANIC.fill(lang, &[("said", said)]),
        }
    }

    /// What a scenario file is to expect, so that the same run is not as expected there. Oracles object by themselves.
    pub(crate) fn claim(&self) -> Option<&str> {
        match self {
            Self::Program { claim, .. } => claim.as_deref(),
            _ => None,
        }
    }

    /// When; none if nobody knows.
    pub const fn time(&self) -> Option<Instant> {
        match self {
            Self::Oracle(violation) => Some(violation.time),
            Self::Program { at, .. } => Some(*at),
            Self::Endless(endless) => Some(endless.at),
            Self::Panic(_) => None,
        }
    }
}

pub(crate) const PANIC: Phrase = Phrase::new("the engine panicked: {said}", "引擎崩溃（panic）：{said}");

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.sort().who(), self.text(Lang::En))
    }
}
