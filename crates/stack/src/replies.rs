//! Answers that belong to no connection's queue, and how many there may be.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

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

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

/// A token bucket that holds what one second gives.
#[derive(Clone, Debug)]
pub(crate) struct Bucket {
    per_second: u32,
    /// Billionths of a token.
    level: u64,
    filled: Instant,
}

const TOKEN: u64 = 1_000_000_000;

impl Bucket {
    pub fn new(per_second: u32) -> Self {
        Self { per_second, level: u64::from(per_second) * TOKEN, filled: Instant::ZERO }
    }

    /// Takes a token, if there is one.
    pub fn take(&mut self, now: Instant) -> bool {
        let full = u64::from(self.per_second) * TOKEN;
        let nanos = u64::try_from(now.since(self.filled).as_nanos()).unwrap_or(u64::MAX);
        self.level = self.level.saturating_add(nanos.saturating_mul(u64::from(self.per_second))).min(full);
        self.filled = self.filled.max(now);
        match self.level.checked_sub(TOKEN) {
            Some(rest) => {
                self.level = rest;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_a_second_s_worth_at_once_and_then_as_time_passes() {
        let mut bucket = Bucket::new(10);
        let taken = |bucket: &mut Bucket, now| (0..100).filter(|_| bucket.take(now)).count();
        assert_eq!(taken(&mut bucket, Instant::ZERO), 10);
        assert_eq!(taken(&mut bucket, Instant::from_millis(99)), 0);
        assert_eq!(taken(&mut bucket, Instant::from_millis(100)), 1);
        assert_eq!(taken(&mut bucket, Instant::from_millis(100_000)), 10);
        assert_eq!(taken(&mut Bucket::new(0), Instant::from_millis(5)), 0, "none a second: never");
    }
}
