//! What a verdict points at: transmissions, resends, resets.

use std::ops::Deref;
use std::time::Duration;

use cordial_tcp::{Instant, Refusal};
use cordial_trace::event::{At, SegmentId};

/// A transmission as evidence.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Seen {
    pub(crate) id: SegmentId,
    pub(crate) number: u32,
    pub(crate) event: u64,
    pub(crate) time: Instant,
}

/// The first few of something, the newest, and how many there were.
#[derive(Clone, Debug)]
pub(crate) struct Many<T> {
    kept: Vec<T>,
    count: u32,
}

/// Entries kept of each list.
const KEPT: usize = 16;

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self { kept: Vec::new(), count: 0 }
    }
}

impl<T> Many<T> {
    /// Adds the newest. In a full list it takes the place of the one that was newest before.
    pub(crate) fn push(&mut self, item: T) {
        self.count = self.count.saturating_add(1);
        if self.kept.len() >= KEPT {
            self.kept.pop();
        }
        self.kept.push(item);
    }

    pub(crate) fn clear(&mut self) {
        self.kept.clear();
        self.count = 0;
    }

    /// How many there were, also beyond those that are kept.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.kept.iter_mut()
    }
}

impl<T> Deref for Many<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.kept
    }
}

impl<'a, T> IntoIterator for &'a Many<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.kept.iter()
    }
}

/// An ICMP error about the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Icmp {
    /// Who told of it: the end that received it, or a gateway that sent it.
    pub(crate) at: At,
    pub(crate) kind: u8,
    pub(crate) code: u8,
}

/// Data that was sent again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resend {
    pub(crate) seen: Seen,
    pub(crate) kind: ResendKind,
    /// Positions, the second behind the last.
    pub(crate) range: (i64, i64),
    /// Since these positions were sent before.
    pub(crate) age: Duration,
    /// Since that end sent any data.
    pub(crate) pause: Duration,
    /// The first copy had arrived.
    pub(crate) needless: bool,
}

/// What made an end send again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ResendKind {
    /// Nothing was heard for a retransmission timeout (RFC 6298 §5.4).
    Timeout,
    /// The receiver showed a hole (RFC 5681 §3.2, RFC 6675 §5).
    Fast,
    /// The last segment, to learn sooner whether it arrived (RFC 8985 §7).
    Probe,
    /// Nothing: the network made a second copy.
    Copy,
}

/// A reset, and how things stood when it passed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reset {
    pub(crate) seen: Seen,
    pub(crate) refused: Option<Refusal>,
    pub(crate) has_ack: bool,
    pub(crate) ack: Option<i64>,
    /// Whoever sent it had octets unread, as it says itself.
    pub(crate) unread: bool,
    /// Its number is the next that the other end expects.
    pub(crate) is_exact: bool,
    /// It answers a segment of another connection, not of this one.
    pub(crate) is_aside: bool,
    /// Its sender went on as if there had been none.
    pub(crate) is_ignored: bool,
    /// Its sender never sent it: the network says that it made it up.
    pub(crate) is_forged: bool,
    /// The other end's segment that it answers, if that had not been acknowledged, or was a probe.
    pub(crate) answers: Option<Seen>,
    /// That segment was a bare FIN.
    pub(crate) answers_fin: bool,
    /// Octets whose fate is unknown, of either end.
    pub(crate) in_doubt: u64,
    /// Its sender had sent data within the last round trip: no acknowledgment of that can have reached it.
    pub(crate) is_midstream: bool,
    /// It announces more room than its sender had before: octets were thrown away unread.
    pub(crate) made_room: bool,
}
