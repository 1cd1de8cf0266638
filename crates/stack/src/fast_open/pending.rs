//! How many callers a listener trusts by their cookies alone.

use alloc::collections::VecDeque;
use core::hash::{Hash, Hasher};
use core::num::NonZeroU32;
use core::time::Duration;

use cordial_tcp::Instant;

/// PendingFastOpenRequests (RFC 7413 §4.2): connections of a listener that were opened by a cookie and whose third segment
/// has not come. Whoever steals cookies can have no more than `limit` of them at once.
///
/// One that was reset counts on for as long as one that nobody answers would: else the resets of those in whose name
/// somebody calls would make room for more of the same (§5.1).
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    limit: NonZeroU32,
    open: u32,
    /// When those that were reset count no more, soonest first; no more than `limit`.
    reset: VecDeque<Instant>,
}

/// What a SYN-ACK that is never answered takes: five retries, doubled from one second on.
const COUNTS_ON: Duration = Duration::from_secs(63);

impl Pending {
    pub fn new(limit: NonZeroU32) -> Self {
        Self { limit, open: 0, reset: VecDeque::new() }
    }

    /// True if one more may be trusted.
    pub fn has_room(&mut self, now: Instant) -> bool {
        while self.reset.front().is_some_and(|&until| until <= now) {
            self.reset.pop_front();
        }
        u64::from(self.open) + (self.reset.len() as u64) < u64::from(self.limit.get())
    }

    /// One more is there.
    pub fn add(&mut self) {
        self.open += 1;
    }

    /// One has opened, or came to nothing.
    pub fn remove(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    /// One was reset.
    pub fn remove_reset(&mut self, now: Instant) {
        self.remove();
        self.reset.push_back(now + COUNTS_ON);
    }

    /// Feeds how many there are, and how long they count, into `h`.
    pub fn fingerprint(&self, now: Instant, h: &mut impl Hasher) {
        let Self { limit, open, reset } = self;
        (limit, open).hash(h);
        reset
            .iter()
            .map(|until| until.since(now))
            .filter(|left| !left.is_zero())
            .for_each(|left| left.hash(h));
    }
}
