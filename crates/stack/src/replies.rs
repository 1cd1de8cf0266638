//! Answers that belong to no connection's queue, and how many there may be.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use core::time::Duration;

use cordial_tcp::Instant;
use cordial_wire::Segment;

use crate::key::Key;

/// Something to be sent that no connection will be asked for.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// A segment without data.
    Segment(Key, Segment<'static>),
    /// A whole packet: ICMP, or a datagram.
    Packet(Vec<u8>),
}

/// Answers that wait for one link.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replies {
    queue: VecDeque<Reply>,
}

impl Replies {
    /// False, and nothing kept, if there are `limit` already.
    pub fn push(&mut self, reply: Reply, limit: u32) -> bool {
        let has_room = self.queue.len() < limit as usize;
        if has_room {
            self.queue.push_back(reply);
        }
        has_room
    }

    #[inline]
    pub fn pop(&mut self) -> Option<Reply> {
        self.queue.pop_front()
    }

    /// Feeds what waits into `h`, first to last.
    pub fn fingerprint(&self, h: &mut impl Hasher) {
        let Self { queue } = self;
        queue.len().hash(h);
        for reply in queue {
            match reply {
                Reply::Packet(octets) => octets.hash(h),
                Reply::Segment(key, segment) => {
                    let mut octets = [0; Segment::MAX_HEADER_LEN];
                    (key, segment.emit_header(&mut octets).is_ok(), octets).hash(h);
                }
            }
        }
    }

    pub fn len(&self) -> usize {
        self.queue.len()
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

/// Token buckets for answers to strangers, each for a share of all addresses. What one peer drew from its own tells
/// nothing about other buckets': a count that all share could be read by anyone, and would say how many answers went
/// elsewhere, and so whether a guessed segment drew one. Who finds an address in the same bucket can read that one: so a
/// segment costs the same whether a connection has refused it or there is none.
///
/// A bucket gives what one second does at once. It is kept as the moment up to which its tokens are spent (the generic
/// cell rate algorithm): a moment not later than now is a full bucket.
#[derive(Clone, Debug)]
pub(crate) struct Buckets {
    per_second: u32,
    /// None until the first token is taken.
    spent_until: Vec<Instant>,
}

const BUCKETS: usize = 256;
const SECOND: u64 = 1_000_000_000;
const HALF_A_BUCKET: Duration = Duration::from_millis(500);

impl Buckets {
    /// Buckets that give `per_second` tokens all together, and each at least one unless there are none at all.
    pub const fn new(per_second: u32) -> Self {
        Self { per_second: per_second.div_ceil(BUCKETS as u32), spent_until: Vec::new() }
    }

    /// Takes a token from the bucket of the peer whose address has this hash, if there is one.
    pub fn take(&mut self, now: Instant, hash: u64) -> bool {
        if self.spent_until.is_empty() {
            self.spent_until.resize(BUCKETS, Instant::ZERO);
        }
        let Some(token) = SECOND.checked_div(u64::from(self.per_second)) else { return false };
        let full = Duration::from_nanos(token.saturating_mul(u64::from(self.per_second)));
        let Some(spent_until) = self.spent_until.get_mut(hash as usize % BUCKETS) else { return false };
        let spent = spent_until.since(now) + Duration::from_nanos(token);
        let has_one = spent <= full;
        if has_one {
            *spent_until = now + spent;
        }
        has_one
    }

    /// Feeds what is spent as of now into `h`. A bucket that is half full counts as full: it decides nothing before it is
    /// empty, and to tell all amounts apart would multiply the states of a search by them.
    pub fn fingerprint(&self, now: Instant, h: &mut impl Hasher) {
        let Self { per_second: _, spent_until } = self;
        let spent = spent_until.iter().map(|until| until.since(now)).enumerate();
        for bucket in spent.filter(|(_, spent)| *spent > HALF_A_BUCKET) {
            bucket.hash(h);
        }
        BUCKETS.hash(h);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: u32 = BUCKETS as u32;

    fn taken(buckets: &mut Buckets, millis: u64, hash: u64) -> usize {
        (0..100).filter(|_| buckets.take(Instant::from_millis(millis), hash)).count()
    }

    #[test]
    fn a_bucket_gives_a_second_s_worth_at_once_and_then_as_time_passes() {
        let mut buckets = Buckets::new(10 * ALL);
        assert_eq!(taken(&mut buckets, 0, 7), 10);
        assert_eq!(taken(&mut buckets, 99, 7), 0);
        assert_eq!(taken(&mut buckets, 100, 7), 1);
        assert_eq!(taken(&mut buckets, 100_000, 7), 10);
        assert_eq!(
            taken(&mut Buckets::new(3 * ALL), 5, 7),
            3,
            "a token that is no whole number of nanoseconds"
        );
    }

    #[test]
    fn what_one_bucket_gave_does_not_show_in_another() {
        let mut buckets = Buckets::new(10 * ALL);
        assert_eq!(taken(&mut buckets, 0, 7), 10);
        assert_eq!(taken(&mut buckets, 0, 8), 10);
        assert_eq!(taken(&mut buckets, 0, 7 + u64::from(ALL)), 0, "the same bucket");
    }

    #[test]
    fn few_a_second_are_one_for_each_bucket_and_none_are_none() {
        assert_eq!(taken(&mut Buckets::new(5), 5, 7), 1);
        assert_eq!(taken(&mut Buckets::new(0), 5, 7), 0);
    }
}
