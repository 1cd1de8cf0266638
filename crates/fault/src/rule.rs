//! One fault: what befalls which segments.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::talk::{End, Meaning, Sight};

/// One fault, as somebody wrote it. It prints as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// The text, its spaces put in order.
    pub(crate) name: Arc<str>,
    /// What it does.
    pub verb: Verb,
    /// To which segments.
    pub which: Which,
}

/// What befalls a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verb {
    /// It is lost.
    Drop,
    /// It arrives this much later.
    Delay(Duration),
    /// It arrives twice.
    Duplicate,
    /// The next one overtakes it.
    Reorder,
    /// One bit of it is turned over.
    Corrupt,
    /// It is lost if its packet, IP header included, has more octets.
    BlackHole(u64),
    /// Once so many octets of data have passed, its connection is reset.
    ResetAfter(u64),
}

/// Which segments of each connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Which {
    /// What they are; none: anything.
    pub meaning: Option<Meaning>,
    /// Which of them.
    pub nth: Nth,
    /// Who sends them; none: either.
    pub sender: Option<Sender>,
    /// How often it happens.
    pub chance: Chance,
}

/// Which of the segments that are alike, counted from 1 in each connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Nth {
    /// All of them.
    Every,
    /// That one.
    Only(u32),
    /// That one, and so on: the third, the sixth, the ninth.
    EachOf(u32),
}

/// Who sends.
pub type Sender = End;

/// How often something happens, in parts per million.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Chance(pub u32);

impl Chance {
    /// Always.
    pub const CERTAIN: Self = Self(1_000_000);
}

impl Rule {
    /// As it was written.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// True if it draws from chance, so that a seed is needed to repeat what it did.
    pub fn is_by_chance(&self) -> bool {
        self.which.chance < Chance::CERTAIN || self.verb == Verb::Corrupt
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Which {
    /// Every segment there is.
    pub const ANY: Self = Self { meaning: None, nth: Nth::Every, sender: None, chance: Chance::CERTAIN };

    /// True if a segment is of the kind that is counted.
    pub fn is_alike(&self, sight: &Sight) -> bool {
        self.sender.is_none_or(|sender| sender == sight.from)
            && self.meaning.is_none_or(|meaning| sight.is(meaning))
    }
}

impl Nth {
    /// True if the `count`th, from 1, is meant.
    pub fn is_met_by(self, count: u32) -> bool {
        match self {
            Self::Every => true,
            Self::Only(nth) => count == nth,
            Self::EachOf(nth) => count.is_multiple_of(nth),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nth_is_met_once_and_each_nth_again_and_again() {
        let met = |nth: Nth| (1..=9).filter(|&count| nth.is_met_by(count)).collect::<Vec<u32>>();
        assert_eq!(met(Nth::Every), (1..=9).collect::<Vec<_>>());
        assert_eq!(met(Nth::Only(1)), [1]);
        assert_eq!(met(Nth::Only(3)), [3]);
        assert_eq!(met(Nth::EachOf(3)), [3, 6, 9]);
        assert_eq!(met(Nth::EachOf(1)).len(), 9);
    }
}
