//! The SYN cache: half-open connections (RFC 4987 §3.3).

use alloc::collections::VecDeque;
use alloc::vec;
use alloc::vec::Vec;

use cordial_tcp::{Deadline, HalfOpen, Instant};

use crate::LinkId;
use crate::key::Key;
use crate::list::{Fifo, List};

/// A half-open connection and its place in the world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub key: Key,
    pub half: HalfOpen,
    /// The index of its listener, whose closing takes all of its entries away.
    pub listener: u32,
    pub link: LinkId,
    /// The queue it stands in.
    queue: u8,
    /// The bucket it stands in, where there are buckets.
    bucket: u16,
}

/// Queues, one for each number of retries; more than fifteen share the last.
const QUEUES: usize = 16;

/// Entries of the same number of retries wait equally long, so each number has a queue whose head is due first.
/// (Listeners whose settings differ in the first timeout may make one another wait, by no more than that difference.)
#[derive(Clone, Debug)]
pub(crate) struct SynCache {
    entries: List<Entry>,
    queues: [Fifo; QUEUES],
    /// Indices by a secret hash of both ends, oldest first; none where nobody is ever to give way.
    buckets: Vec<VecDeque<u32>>,
}

/// Entries in a bucket when they are spread evenly: enough that an honest caller's place outlives many newcomers, few
/// enough that the fate of one bucket is not that of all.
const BUCKET: u32 = 8;
/// The most entries of a bucket. So many come together by chance in one of 10¹⁰; and it bounds the work of taking one out.
const FULL_BUCKET: usize = 4 * BUCKET as usize;

impl SynCache {
    pub const fn new() -> Self {
        Self { entries: List::new(), queues: [Fifo::EMPTY; QUEUES], buckets: Vec::new() }
    }

    /// One of `limit` entries, of which the one that stood longest beside a newcomer gives way to it.
    pub fn giving_way(limit: u32) -> Self {
        let count = (limit / BUCKET).clamp(1, 1 << 16);
        Self { buckets: vec![VecDeque::new(); count as usize], ..Self::new() }
    }

    /// Who is to give way to a newcomer of this hash; none while there is room. `limit` bounds all entries.
    pub fn to_give_way(&self, hash: u64, limit: u32) -> Option<u32> {
        let bucket = self.buckets.get(self.bucket_of(hash))?;
        if self.len() < limit.max(1) as usize && bucket.len() < FULL_BUCKET {
            return None;
        }
        // Where nobody stands beside it, whoever has been waited for longest.
        bucket.front().copied().or_else(|| self.queues.iter().rev().find_map(Fifo::head))
    }

    fn bucket_of(&self, hash: u64) -> usize {
        // The low bits choose the place in the index.
        (hash >> 32) as usize % self.buckets.len().max(1)
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn insert(&mut self, key: Key, hash: u64, half: HalfOpen, listener: u32, link: LinkId) -> u32 {
        let queue = queue_of(&half);
        let bucket = self.bucket_of(hash);
        let entry = Entry { key, half, listener, link, queue: queue as u8, bucket: bucket as u16 };
        let mut unused = Fifo::EMPTY;
        let fifo = self.queues.get_mut(queue).unwrap_or(&mut unused);
        let index = self.entries.insert(entry, fifo);
        if let Some(bucket) = self.buckets.get_mut(bucket) {
            bucket.push_back(index);
        }
        index
    }

    #[inline]
    pub fn get(&self, index: u32) -> Option<&Entry> {
        self.entries.get(index)
    }

    #[inline]
    pub fn get_mut(&mut self, index: u32) -> Option<&mut Entry> {
        self.entries.get_mut(index)
    }

    pub fn remove(&mut self, index: u32) -> Option<Entry> {
        let entry = self.entries.get(index)?;
        let queue = usize::from(entry.queue);
        if let Some(bucket) = self.buckets.get_mut(usize::from(entry.bucket)) {
            bucket.retain(|&other| other != index);
        }
        self.entries.remove(index, self.queues.get_mut(queue)?)
    }

    /// Puts an entry whose timer was armed again to the tail of the queue where it belongs now.
    pub fn requeue(&mut self, index: u32) {
        let Some(entry) = self.entries.get_mut(index) else { return };
        let (from, to) = (usize::from(entry.queue), queue_of(&entry.half));
        entry.queue = to as u8;
        match self.queues.get_disjoint_mut([from, to]) {
            Ok([from, to]) => self.entries.transfer(index, from, to),
            // The same one.
            Err(_) => {
                if let Some(queue) = self.queues.get_mut(to) {
                    self.entries.requeue(index, queue);
                }
            }
        }
    }

    /// One that is due.
    pub fn due(&self, now: Instant) -> Option<u32> {
        self.heads().find(|(_, deadline)| deadline.is_due(now)).map(|(index, _)| index)
    }

    /// When the next one is due.
    pub fn next_deadline(&self, now: Instant) -> Option<Instant> {
        self.heads().filter_map(|(_, deadline)| deadline.instant(now)).min()
    }

    pub fn iter(&self) -> impl Iterator<Item = (u32, &Entry)> {
        self.entries.iter()
    }

    fn heads(&self) -> impl Iterator<Item = (u32, Deadline)> {
        let heads = self.queues.iter().filter_map(Fifo::head);
        heads.filter_map(|index| Some((index, self.entries.get(index)?.half.deadline())))
    }
}

fn queue_of(half: &HalfOpen) -> usize {
    usize::from(half.retries()).min(QUEUES - 1)
}

#[cfg(test)]
mod tests {
    use cordial_tcp::TcpConfig;
    use cordial_wire::{Flags, Segment, SeqNum};

    use super::*;

    fn insert(cache: &mut SynCache, port: u16, hash: u64) -> u32 {
        let key = Key::between("10.0.0.1:80".parse().unwrap(), ([10, 0, 0, 2], port).into());
        let syn = Segment { flags: Flags::SYN, ..Segment::default() };
        let half = HalfOpen::new(Instant::ZERO, &syn, SeqNum(1), 0, &TcpConfig::default());
        cache.insert(key, hash, half, 0, LinkId(0))
    }

    /// RFC4987-3.5-a: whoever could make numbers that fall together would hit one bucket, and no more than 32 of it.
    #[test]
    fn a_flood_into_one_bucket_pushes_out_nobody_else() {
        const LIMIT: u32 = 256;
        let mut cache = SynCache::giving_way(LIMIT);
        let honest: Vec<u32> =
            (1..32).map(|bucket| insert(&mut cache, bucket, u64::from(bucket) << 32)).collect();
        for port in 1000..2000 {
            if let Some(oldest) = cache.to_give_way(0, LIMIT) {
                assert!(!honest.contains(&oldest));
                cache.remove(oldest);
            }
            insert(&mut cache, port, 0);
        }
        assert_eq!(cache.len(), 31 + 32);
        assert!(honest.iter().all(|&at| cache.get(at).is_some()));
    }

    #[test]
    fn the_oldest_beside_the_newcomer_gives_way_and_where_nobody_is_the_oldest_of_all() {
        let mut cache = SynCache::giving_way(16);
        let all: Vec<u32> = (0..16).map(|n| insert(&mut cache, n, u64::from(n < 12) << 32)).collect();
        assert_eq!(cache.to_give_way(1 << 32, 17), None, "there is room");
        assert_eq!(cache.to_give_way(1 << 32, 16), Some(all[0]));
        assert_eq!(cache.to_give_way(0, 16), Some(all[12]));
        for at in &all[12..] {
            cache.remove(*at);
        }
        assert_eq!(cache.to_give_way(0, 12), Some(all[0]), "nobody stands there");
        assert_eq!(SynCache::new().to_give_way(0, 0), None, "without buckets nobody gives way");
    }
}
