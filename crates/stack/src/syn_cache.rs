//! The SYN cache: half-open connections (RFC 4987 §3.3).

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
}

/// Queues, one for each number of retries; more than fifteen share the last.
const QUEUES: usize = 16;

/// Entries of the same number of retries wait equally long, so each number has a queue whose head is due first.
/// (Listeners whose settings differ in the first timeout may make one another wait, by no more than that difference.)
#[derive(Clone, Debug)]
pub(crate) struct SynCache {
    entries: List<Entry>,
    queues: [Fifo; QUEUES],
}

impl SynCache {
    pub const fn new() -> Self {
        Self { entries: List::new(), queues: [Fifo::EMPTY; QUEUES] }
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn insert(&mut self, key: Key, half: HalfOpen, listener: u32, link: LinkId) -> u32 {
        let queue = queue_of(&half);
        let entry = Entry { key, half, listener, link, queue: queue as u8 };
        let mut unused = Fifo::EMPTY;
        let fifo = self.queues.get_mut(queue).unwrap_or(&mut unused);
        self.entries.insert(entry, fifo)
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
        let queue = usize::from(self.entries.get(index)?.queue);
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
