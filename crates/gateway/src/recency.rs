//! A bounded table in which what has been idle for longest makes way.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use tokio::time::Instant;

/// What is used now and then, by whoever holds it too.
pub(crate) trait Used {
    /// When it was used last. Never goes back.
    fn last_used(&self) -> Instant;
}

/// At most so many values. A look for the idlest costs as much as the uses since the last one: each value has its place
/// by a time at which it was used, and is put where it belongs only when that comes up first.
#[derive(Debug)]
pub(crate) struct Recency<K, V> {
    most: usize,
    values: HashMap<K, (Instant, V)>,
    by_use: BTreeSet<(Instant, K)>,
}

impl<K: Copy + Eq + Hash + Ord, V: Used> Recency<K, V> {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, values: HashMap::new(), by_use: BTreeSet::new() }
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.values.get_mut(key).map(|(_, value)| value)
    }

    /// Drops the idlest while there is no room for one more.
    pub(crate) fn make_room(&mut self) {
        while self.values.len() >= self.most
            && let Some((placed, key)) = self.by_use.pop_first()
        {
            match self.values.get_mut(&key) {
                // All others were used later, also those that have an older place than they deserve: they are behind.
                Some((_, value)) if value.last_used() <= placed => _ = self.values.remove(&key),
                Some((place, value)) => {
                    *place = value.last_used();
                    self.by_use.insert((*place, key));
                }
                None => {}
            }
        }
    }

    /// Puts a value in, in place of another under the same key.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.remove_if(&key, |_| true);
        self.make_room();
        let place = value.last_used();
        self.by_use.insert((place, key));
        self.values.insert(key, (place, value));
    }

    /// Drops a value if it is the one meant.
    pub(crate) fn remove_if(&mut self, key: &K, is_it: impl FnOnce(&V) -> bool) {
        if let Some((place, value)) = self.values.get(key)
            && is_it(value)
        {
            self.by_use.remove(&(*place, *key));
            self.values.remove(key);
        }
    }
}

#[cfg(test)]
impl<K: Copy + Eq + Hash + Ord, V: Used> Recency<K, V> {
    pub(crate) fn len(&self) -> usize {
        assert_eq!(self.values.len(), self.by_use.len());
        self.values.len()
    }

    pub(crate) fn set_most(&mut self, most: usize) {
        self.most = most;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;
    use std::time::Duration;

    use super::*;

    struct At(Rc<Cell<Instant>>);

    impl Used for At {
        fn last_used(&self) -> Instant {
            self.0.get()
        }
    }

    #[test]
    fn who_was_used_longest_ago_goes_first_whoever_came_first() {
        let origin = Instant::now();
        let at = |second| origin + Duration::from_secs(second);
        let uses: Vec<_> = (0..4).map(|n| Rc::new(Cell::new(at(n)))).collect();
        let mut table = Recency::new(3);
        for (key, used) in uses.iter().enumerate().take(3) {
            table.insert(key, At(Rc::clone(used)));
        }
        // Used again in the order 1, 0; so 2 has been idle for longest, then 1.
        uses[1].set(at(10));
        uses[0].set(at(11));
        table.insert(3, At(Rc::clone(&uses[3])));
        let has = |table: &mut Recency<usize, At>| [0, 1, 2, 3].map(|key| table.get_mut(&key).is_some());
        assert_eq!(has(&mut table), [true, true, false, true]);
        uses[3].set(at(12));
        table.make_room();
        assert_eq!(has(&mut table), [true, false, false, true]);
        table.remove_if(&0, |_| false);
        table.remove_if(&3, |_| true);
        assert_eq!((has(&mut table), table.len()), ([true, false, false, false], 1));
    }
}
