//! Ephemeral ports (RFC 6056).

use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use core::ops::RangeInclusive;

use crate::key::{Key, KeyHasher};

/// The double-hash algorithm (RFC 6056 §3.3.4): to one destination ports follow one another, so that a port is as
/// long unused as can be; where they begin is secret and differs between destinations; and a table of counters keeps
/// one destination's connections from telling how many went to others.
#[derive(Clone, Debug)]
pub(crate) struct Ports {
    offset: KeyHasher,
    bucket: KeyHasher,
    /// Counters, none until the first port is chosen.
    counters: Vec<u16>,
}

/// Counters: at a few thousand opens a second, two destinations rarely share one for long (RFC 6056 §3.3.4).
const COUNTERS: usize = 1024;

impl Ports {
    pub fn new(keys: [u64; 4]) -> Self {
        let [a, b, c, d] = keys;
        Self { offset: KeyHasher::new(a, b), bucket: KeyHasher::new(c, d), counters: Vec::new() }
    }

    /// Feeds what decides the next ports into `h`.
    pub fn fingerprint(&self, h: &mut impl Hasher) {
        let Self { offset: _, bucket: _, counters } = self;
        let used = counters.iter().enumerate().filter(|(_, count)| **count != 0);
        used.collect::<Vec<_>>().hash(h);
    }

    /// The first port of `range`, in the order that `to` (a key whose local port is 0) has, that `is_free`.
    ///
    /// It looks at each port once at most: a destination to which all are taken costs as many looks as there are
    /// ports.
    pub fn choose(
        &mut self,
        to: &Key,
        range: RangeInclusive<u16>,
        mut is_free: impl FnMut(u16) -> bool,
    ) -> Option<u16> {
        if self.counters.is_empty() {
            self.counters.resize(COUNTERS, 0);
        }
        let count = u32::from(range.end().checked_sub(*range.start())?) + 1;
        let offset = self.offset.hash(to) as u32 % count;
        let bucket = self.bucket.hash(to) as usize % COUNTERS;
        let counter = self.counters.get_mut(bucket)?;
        let first = offset + u32::from(*counter);
        for tried in 0..count {
            // Not from the counter itself: where that wraps the order would jump, past ports that were not tried.
            let port = *range.start() + ((first + tried) % count) as u16;
            *counter = counter.wrapping_add(1);
            if is_free(port) {
                return Some(port);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;

    use super::*;

    fn to(peer: &str) -> Key {
        Key::between("10.0.0.1:0".parse().unwrap(), peer.parse().unwrap())
    }

    /// Shows RFC6056-3.1-a.
    #[test]
    fn every_port_is_tried_once_and_then_there_is_none() {
        let mut ports = Ports::new([1, 2, 3, 4]);
        let key = to("10.0.0.2:80");
        let mut taken = BTreeSet::new();
        for _ in 0..100 {
            let port =
                ports.choose(&key, 40_000..=40_099, |port| !taken.contains(&port)).expect("one is left");
            assert!((40_000..=40_099).contains(&port) && taken.insert(port));
        }
        assert_eq!(ports.choose(&key, 40_000..=40_099, |port| !taken.contains(&port)), None);
        assert!(ports.choose(&key, 65_535..=65_535, |_| true).is_some());
    }

    /// Shows RFC6056-3.1-a: wherever the counter stands, and whatever the range, the last free port is found.
    #[test]
    fn no_free_port_is_overlooked_where_the_counter_wraps() {
        let mut ports = Ports::new([1, 2, 3, 4]);
        let key = to("10.0.0.2:80");
        for _ in 0..70 {
            let chosen = ports.choose(&key, 40_000..=40_999, |port| port == 40_123);
            assert_eq!(chosen, Some(40_123));
            ports.choose(&key, 40_000..=40_999, |_| false);
        }
    }

    #[test]
    fn destinations_begin_at_different_places() {
        let mut ports = Ports::new([1, 2, 3, 4]);
        let mut first = |peer| ports.choose(&to(peer), 1024..=65_535, |_| true);
        assert_ne!(first("10.0.0.2:80"), first("10.0.0.3:80"));
    }
}
