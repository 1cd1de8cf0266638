//! What paths were found to carry.

use core::hash::{Hash, Hasher};
use core::net::IpAddr;

use cordial_tcp::Instant;
use hashbrown::HashTable;

use crate::list::{Fifo, List};

/// Path MTUs by the address at the other end (RFC 8201 §5.2), each until it is too old to be believed (RFC 1191 §6.3).
/// Over the bound the one that was learnt first goes: connections remember for themselves, new ones find out anew.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    list: List<Path>,
    /// Oldest first. All live equally long, so it is the first to be too old.
    ages: Fifo,
    index: HashTable<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Path {
    peer: IpAddr,
    hash: u64,
    mtu: u16,
    until: Instant,
}

impl Paths {
    pub const fn new() -> Self {
        Self { list: List::new(), ages: Fifo::EMPTY, index: HashTable::new() }
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The path to `peer`, whose address has this hash, carries `mtu` octets, and is taken to until that moment.
    pub fn learn(&mut self, peer: IpAddr, hash: u64, mtu: u16, until: Instant, limit: u32) {
        self.forget(peer, hash);
        while self.list.len() >= limit as usize {
            if !self.forget_oldest() {
                return;
            }
        }
        let at = self.list.insert(Path { peer, hash, mtu, until }, &mut self.ages);
        let list = &self.list;
        self.index.insert_unique(hash, at, |&at| list.get(at).map_or(0, |path| path.hash));
    }

    /// What the path to `peer` carries, and until when that is believed; none if it is not known to carry less than its
    /// first link.
    pub fn get(&self, now: Instant, peer: IpAddr, hash: u64) -> Option<(u16, Instant)> {
        let path = self.list.get(self.find(peer, hash)?).filter(|path| path.until > now)?;
        Some((path.mtu, path.until))
    }

    fn find(&self, peer: IpAddr, hash: u64) -> Option<u32> {
        self.index.find(hash, |&at| self.list.get(at).is_some_and(|path| path.peer == peer)).copied()
    }

    fn forget(&mut self, peer: IpAddr, hash: u64) {
        if let Some(at) = self.find(peer, hash) {
            self.remove(at);
        }
    }

    fn forget_oldest(&mut self) -> bool {
        self.ages.head().is_some_and(|at| self.remove(at))
    }

    fn remove(&mut self, at: u32) -> bool {
        let Some(path) = self.list.remove(at, &mut self.ages) else { return false };
        if let Ok(entry) = self.index.find_entry(path.hash, |&other| other == at) {
            entry.remove();
        }
        true
    }

    /// Feeds what is still believed into `h`, by address.
    pub fn fingerprint(&self, now: Instant, h: &mut impl Hasher) {
        let mut known: alloc::vec::Vec<_> =
            self.list.iter().map(|(_, path)| path).filter(|path| path.until > now).collect();
        known.sort_by_key(|path| path.peer);
        for path in known {
            (path.peer, path.mtu, path.until.since(now)).hash(h);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(n: u8) -> IpAddr {
        [10, 0, 0, n].into()
    }

    fn at(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1000)
    }

    #[test]
    fn a_path_is_known_until_it_is_too_old() {
        let mut paths = Paths::new();
        paths.learn(peer(1), 7, 1400, at(600), 10);
        assert_eq!(paths.get(at(599), peer(1), 7), Some((1400, at(600))));
        assert_eq!(paths.get(at(600), peer(1), 7), None);
        assert_eq!(paths.get(at(0), peer(2), 7), None, "another with the same hash");
    }

    #[test]
    fn what_is_learnt_again_replaces_what_was_known() {
        let mut paths = Paths::new();
        paths.learn(peer(1), 1, 1400, at(600), 10);
        paths.learn(peer(1), 1, 1300, at(700), 10);
        assert_eq!((paths.get(at(0), peer(1), 1), paths.list.len()), (Some((1300, at(700))), 1));
    }

    #[test]
    fn over_the_bound_the_oldest_goes() {
        let mut paths = Paths::new();
        for n in 0..20 {
            paths.learn(peer(n), n.into(), 1400, at(600 + u64::from(n)), 8);
        }
        let known: alloc::vec::Vec<_> =
            (0..20).filter(|&n| paths.get(at(0), peer(n), n.into()).is_some()).collect();
        assert_eq!(known, (12..20).collect::<alloc::vec::Vec<_>>());
        paths.learn(peer(1), 1, 1400, at(600), 0);
        assert_eq!(paths.list.len(), 0, "none are kept at all");
    }
}
