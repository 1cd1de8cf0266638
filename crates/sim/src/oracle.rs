//! What must hold of every run, whatever the network does to it.
//!
//! Each oracle watches with its own eyes: packets as they leave and reach hosts, what programs wrote and read, and what
//! the stacks say of themselves. What it objects to is a [`Violation`], a value.

use std::fmt;

use cordial_stack::Instant;
use cordial_trace::Lang;
use cordial_trace::words::Phrase;

use crate::{Property, Target};

/// Who objects.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Oracle {
    /// Octets read are those written, in order, by the peer in the same incarnation; none are missing after a graceful
    /// end.
    Stream,
    /// Every segment on the wire is one that its sender may send.
    Legal,
    /// Half-open connections end in time.
    HalfOpen,
    /// Connections end once the network heals and both programs have closed.
    Ends,
    /// Tables, pools and timers are empty after everything has ended.
    Empty,
}

/// Something that must not be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// Who objects.
    pub oracle: Oracle,
    /// Which of the properties is broken, where it is one of these.
    pub property: Option<Property>,
    /// When.
    pub time: Instant,
    /// The segment that shows it.
    pub segment: Option<Target>,
    /// What is wrong.
    pub(crate) phrase: Phrase,
    pub(crate) fills: Vec<(&'static str, String)>,
}

impl Oracle {
    /// All.
    pub const ALL: [Self; 5] = [Self::Stream, Self::Legal, Self::HalfOpen, Self::Ends, Self::Empty];

    /// In lower case with hyphens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Legal => "legal-segment",
            Self::HalfOpen => "half-open",
            Self::Ends => "both-end",
            Self::Empty => "empty-tables",
        }
    }
}

impl Violation {
    /// What is wrong, in a sentence.
    pub fn text(&self, lang: Lang) -> String {
        let fills: Vec<_> = self.fills.iter().map(|(name, text)| (*name, text.as_str())).collect();
        self.phrase.fill(lang, &fills)
    }

    /// A name for this kind of violation: the same in two runs that go wrong in the same way, whatever the numbers.
    pub fn kind(&self) -> (Oracle, &'static str) {
        (self.oracle, self.phrase.en)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.time, self.oracle.name())?;
        if let Some(property) = self.property {
            write!(f, " ({property})")?;
        }
        if let Some(segment) = self.segment {
            write!(f, " {segment}")?;
        }
        write!(f, ": {}", self.text(Lang::En))
    }
}
