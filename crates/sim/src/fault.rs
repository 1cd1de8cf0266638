//! Faults that befall single segments, by name.
//!
//! A segment is named as the record names it: sender and count, `c6` or `s2` ([`SegmentId`]), within one connection
//! ([`Group`]: `c1`, `c2`, … in the order in which they began). A rule is asked once for each transmission, as it leaves
//! its host; what the wires do to everybody's packets ([`Link`](crate::Link)) comes after that.

use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use cordial_stack::Instant;
use cordial_trace::Group;
use cordial_trace::event::{SegmentId, Side};
use cordial_wire::Segment;

use crate::HostId;

/// A segment that leaves its host.
#[derive(Clone, Copy, Debug)]
pub struct Passing<'a> {
    /// When.
    pub now: Instant,
    /// Who sends it.
    pub from: HostId,
    /// Its name in the record; none if it belongs to no connection there, as the reset that answers a stray segment.
    pub target: Option<Target>,
    /// True if all its positions were sent before.
    pub again: bool,
    /// The segment.
    pub segment: &'a Segment<'a>,
}

/// What becomes of a segment.
#[derive(Default)]
pub enum Fate {
    /// It goes on.
    #[default]
    Pass,
    /// It is lost.
    Drop,
    /// It goes on, this much later. Others overtake it.
    Delay(Duration),
    /// It goes on, and once more this much later.
    Duplicate(Duration),
    /// It waits until [`World::release`](crate::World::release) lets it go.
    Hold,
    /// It waits until the next segment of its sender and connection has gone, and follows at once.
    Swap,
    /// It goes on changed. The checksum is put right.
    Rewrite(Box<dyn FnOnce(&mut Edit)>),
}

impl fmt::Debug for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass => f.write_str("Pass"),
            Self::Drop => f.write_str("Drop"),
            Self::Delay(by) => f.debug_tuple("Delay").field(by).finish(),
            Self::Duplicate(after) => f.debug_tuple("Duplicate").field(after).finish(),
            Self::Hold => f.write_str("Hold"),
            Self::Swap => f.write_str("Swap"),
            Self::Rewrite(_) => f.write_str("Rewrite(..)"),
        }
    }
}

/// A segment that is being rewritten.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// Its header; the payload here is empty.
    pub header: Segment<'static>,
    /// Its octets of data.
    pub payload: Vec<u8>,
}

/// A rule: what becomes of the segments that pass.
pub(crate) type Rule = Box<dyn FnMut(&Passing<'_>) -> Fate>;

/// One transmission, as somebody writes it: `c6`, or `c2:s1` for the first of the server in the second connection.
/// Without a connection the first one is meant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Target {
    /// Which connection.
    pub group: Group,
    /// Which of its segments.
    pub id: SegmentId,
}

impl Target {
    /// A transmission by who sent it and the how-manieth it is, in the first connection.
    pub const fn new(sender: Side, count: u32) -> Self {
        Self { group: Group(1), id: SegmentId { sender, count } }
    }

    /// The same of this connection.
    #[must_use]
    pub const fn of(self, group: Group) -> Self {
        Self { group, ..self }
    }

    /// True if it is the one that passes.
    pub fn is(&self, passing: &Passing<'_>) -> bool {
        passing.target == Some(*self)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group {
            Group(1) => write!(f, "{}", self.id),
            group => write!(f, "{group}:{}", self.id),
        }
    }
}

/// What was written is not the name of a segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TargetError(String);

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} names no segment: c6, s2, or c2:s1 for one of the second connection", self.0)
    }
}

impl Error for TargetError {}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let (group, name) = match text.split_once(':') {
            Some((group, name)) => (group.strip_prefix('c').and_then(number), name),
            None => (Some(1), text),
        };
        let sender = match name.chars().next() {
            Some('c') => Some(Side::Client),
            Some('s') => Some(Side::Server),
            _ => None,
        };
        let count = name.get(1..).and_then(number);
        match (group, sender, count) {
            (Some(group), Some(sender), Some(count)) => Ok(Self::new(sender, count).of(Group(group))),
            _ => Err(TargetError(text.to_owned())),
        }
    }
}

/// A count from 1, without sign or leading zero.
fn number(text: &str) -> Option<u32> {
    let is_plain = text.starts_with(|c: char| matches!(c, '1'..='9'));
    is_plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_as_it_is_written() {
        for text in ["c1", "s12", "c2:s1", "c17:c4"] {
            assert_eq!(text.parse::<Target>().unwrap().to_string(), text);
        }
        assert_eq!("c1:s3".parse::<Target>(), "s3".parse());
        for text in ["", "c", "c0", "x3", "c-1", "c+1", "3", "s1:c1", "c1:", "c1:s0", "é1"] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }
}
