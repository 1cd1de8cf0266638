//! What an oracle objects to.

use std::fmt;

use cordial_stack::Instant;
use cordial_trace::Lang;
use cordial_trace::event::Transmission;
use cordial_trace::words::Phrase;

use crate::{Property, Target};

/// Who objects.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Oracle {
    /// Octets read are those written, in order, by the peer in the same incarnation; none are missing after a graceful
    /// end; an accepted connection has a peer that asked for it.
    Stream,
    /// Every segment on the wire is one that its sender may send.
    Legal,
    /// Half-open connections end in time.
    HalfOpen,
    /// Connections end once the network is whole and both programs have let go of them.
    Ends,
    /// Tables, pools and timers are empty after everything has ended.
    Empty,
    /// Who closes in good order ends by acknowledgment, and without a reset.
    Clean,
    /// Two ends have one connection between the same two ports.
    Single,
    /// Neither a stranger nor a segment of an earlier connection ends one.
    Stranger,
    /// A SYN that comes to somebody who listens and has room is answered.
    Honest,
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
    pub objection: Objection,
}

/// What is wrong, in words that are chosen later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Objection {
    phrase: Phrase,
    fills: Vec<(&'static str, String)>,
}

impl Oracle {
    /// All.
    pub const ALL: [Self; 9] = [
        Self::Stream,
        Self::Legal,
        Self::HalfOpen,
        Self::Ends,
        Self::Empty,
        Self::Clean,
        Self::Single,
        Self::Stranger,
        Self::Honest,
    ];

    /// In lower case with hyphens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Legal => "legal-segment",
            Self::HalfOpen => "half-open",
            Self::Ends => "both-end",
            Self::Empty => "empty-tables",
            Self::Clean => "clean-end",
            Self::Single => "one-connection",
            Self::Stranger => "no-stranger",
            Self::Honest => "gets-in",
        }
    }
}

impl Objection {
    pub(super) fn new(phrase: Phrase) -> Self {
        Self { phrase, fills: Vec::new() }
    }

    pub(super) fn with(mut self, place: &'static str, text: impl ToString) -> Self {
        self.fills.push((place, text.to_string()));
        self
    }

    /// It in a sentence.
    pub fn text(&self, lang: Lang) -> String {
        let fills: Vec<_> = self.fills.iter().map(|(name, text)| (*name, text.as_str())).collect();
        self.phrase.fill(lang, &fills)
    }
}

impl Violation {
    pub(super) fn new(oracle: Oracle, time: Instant, objection: Objection) -> Self {
        Self { oracle, property: None, time, segment: None, objection }
    }

    pub(super) fn of(self, property: Property) -> Self {
        Self { property: Some(property), ..self }
    }

    pub(super) fn by(self, sent: Option<&Transmission>) -> Self {
        let segment = sent.map(|sent| Target { group: sent.group, id: sent.segment.id });
        Self { segment, ..self }
    }

    /// What is wrong, in a sentence.
    pub fn text(&self, lang: Lang) -> String {
        self.objection.text(lang)
    }

    /// A name for this kind of violation: the same in two runs that go wrong in the same way, whatever the numbers.
    pub fn kind(&self) -> (Oracle, &'static str) {
        (self.oracle, self.objection.phrase.en)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}", self.time, self.oracle.name())?;
        if let Some(property) = self.property {
            write!(f, " ({property} {})", property.short())?;
        }
        if let Some(segment) = self.segment {
            write!(f, " {segment}")?;
        }
        write!(f, ": {}", self.text(Lang::En))
    }
}
