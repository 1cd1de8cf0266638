//! The TIME-WAIT table.

use cordial_tcp::{Instant, TimeWait};

use crate::index::Owner;
use crate::key::{Key, KeyV4};
use crate::list::{Fifo, List};

#[derive(Clone, Copy, Debug)]
struct Entry<K> {
    key: K,
    state: TimeWait,
}

/// Connections that have said goodbye. IPv4 and IPv6 apart, so that neither pays for the other's addresses.
///
/// All wait equally long from when they were last armed, so the head of each queue is over first.
#[derive(Clone, Debug)]
pub(crate) struct TimeWaits {
    v4: List<Entry<KeyV4>>,
    v6: List<Entry<Key>>,
    v4_queue: Fifo,
    v6_queue: Fifo,
}

impl TimeWaits {
    pub const fn new() -> Self {
        Self { v4: List::new(), v6: List::new(), v4_queue: Fifo::EMPTY, v6_queue: Fifo::EMPTY }
    }

    pub fn len(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    pub fn insert(&mut self, key: Key, state: TimeWait) -> Owner {
        match key.v4() {
            Some(key) => Owner::TimeWaitV4(self.v4.insert(Entry { key, state }, &mut self.v4_queue)),
            None => Owner::TimeWaitV6(self.v6.insert(Entry { key, state }, &mut self.v6_queue)),
        }
    }

    #[inline]
    pub fn key(&self, owner: Owner) -> Option<Key> {
        match owner {
            Owner::TimeWaitV4(index) => self.v4.get(index).map(|entry| entry.key.key()),
            Owner::TimeWaitV6(index) => self.v6.get(index).map(|entry| entry.key),
            _ => None,
        }
    }

    pub fn state(&self, owner: Owner) -> Option<&TimeWait> {
        match owner {
            Owner::TimeWaitV4(index) => self.v4.get(index).map(|entry| &entry.state),
            Owner::TimeWaitV6(index) => self.v6.get(index).map(|entry| &entry.state),
            _ => None,
        }
    }

    pub fn state_mut(&mut self, owner: Owner) -> Option<&mut TimeWait> {
        match owner {
            Owner::TimeWaitV4(index) => self.v4.get_mut(index).map(|entry| &mut entry.state),
            Owner::TimeWaitV6(index) => self.v6.get_mut(index).map(|entry| &mut entry.state),
            _ => None,
        }
    }

    pub fn remove(&mut self, owner: Owner) -> Option<(Key, TimeWait)> {
        match owner {
            Owner::TimeWaitV4(index) => {
                self.v4.remove(index, &mut self.v4_queue).map(|entry| (entry.key.key(), entry.state))
            }
            Owner::TimeWaitV6(index) => {
                self.v6.remove(index, &mut self.v6_queue).map(|entry| (entry.key, entry.state))
            }
            _ => None,
        }
    }

    /// Its wait has begun anew.
    pub fn restart(&mut self, owner: Owner) {
        match owner {
            Owner::TimeWaitV4(index) => self.v4.requeue(index, &mut self.v4_queue),
            Owner::TimeWaitV6(index) => self.v6.requeue(index, &mut self.v6_queue),
            _ => {}
        }
    }

    /// The one whose wait is over first.
    pub fn oldest(&self, now: Instant) -> Option<(Owner, Instant)> {
        self.heads(now).into_iter().flatten().min_by_key(|&(_, over)| over)
    }

    fn heads(&self, now: Instant) -> [Option<(Owner, Instant)>; 2] {
        let over = |state: &TimeWait| state.deadline().instant(now).unwrap_or(now);
        let v4 = self.v4_queue.head();
        let v6 = self.v6_queue.head();
        [
            v4.and_then(|index| Some((Owner::TimeWaitV4(index), over(&self.v4.get(index)?.state)))),
            v6.and_then(|index| Some((Owner::TimeWaitV6(index), over(&self.v6.get(index)?.state)))),
        ]
    }

    /// Everything there is. For what is rare.
    pub fn iter(&self) -> impl Iterator<Item = (Key, &TimeWait)> {
        let v4 = self.v4.iter().map(|(_, entry)| (entry.key.key(), &entry.state));
        v4.chain(self.v6.iter().map(|(_, entry)| (entry.key, &entry.state)))
    }
}

const _: () =
    assert!(size_of::<Entry<KeyV4>>() == 36, "44 with its links: IPv4's budget is 64 with the index");
const _: () = assert!(size_of::<Entry<Key>>() == 60, "68 with its links: IPv6's budget is 80 with the index");
