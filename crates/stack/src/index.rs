//! From the two ends of a connection to where it is kept.

use alloc::vec::Vec;

use hashbrown::HashTable;

/// Where a connection is kept, in whatever form: table and place in four octets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    Connection(u32),
    HalfOpen(u32),
    TimeWaitV4(u32),
    TimeWaitV6(u32),
    Undecided(u32),
}

/// The table stands in the top bits.
const SHIFT: u32 = 29;
const PLACE: u32 = (1 << SHIFT) - 1;

impl Owner {
    #[inline]
    fn pack(self) -> u32 {
        match self {
            Self::Connection(place) => place & PLACE,
            Self::HalfOpen(place) => 1 << SHIFT | place & PLACE,
            Self::TimeWaitV4(place) => 2 << SHIFT | place & PLACE,
            Self::TimeWaitV6(place) => 3 << SHIFT | place & PLACE,
            Self::Undecided(place) => 4 << SHIFT | place & PLACE,
        }
    }

    #[inline]
    fn unpack(packed: u32) -> Self {
        let place = packed & PLACE;
        match packed >> SHIFT {
            0 => Self::Connection(place),
            1 => Self::HalfOpen(place),
            2 => Self::TimeWaitV4(place),
            3 => Self::TimeWaitV6(place),
            _ => Self::Undecided(place),
        }
    }
}

/// A hash table of [`Owner`]s. Keys and hashes are the owners' to tell.
///
/// All forms of a connection stand in one table, so that finding one, and finding that there is none, takes one look.
/// Once it has a page's worth of entries it is split into shards that grow by themselves: up to about a million
/// entries no insertion moves more than a page's worth.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    shards: Vec<HashTable<u32>>,
    len: usize,
}

const SHARDS: usize = 256;
/// Entries after which the one table is split.
const SPLIT: usize = 4096;

impl Index {
    pub const fn new() -> Self {
        Self { shards: Vec::new(), len: 0 }
    }

    /// The owner with this hash that `is_it` recognizes.
    #[inline]
    pub fn find(&self, hash: u64, mut is_it: impl FnMut(Owner) -> bool) -> Option<Owner> {
        let shard = self.shards.get(self.shard_of(hash))?;
        shard.find(hash, |&packed| is_it(Owner::unpack(packed))).map(|&packed| Owner::unpack(packed))
    }

    /// Enters an owner that is not there yet. `hash_of` is asked for the hashes of those that have to move.
    pub fn insert(&mut self, hash: u64, owner: Owner, hash_of: impl Fn(Owner) -> u64) {
        let rehash = |packed: &u32| hash_of(Owner::unpack(*packed));
        if self.shards.is_empty() {
            self.shards.push(HashTable::new());
        }
        if self.shards.len() == 1 && self.len >= SPLIT {
            self.split(rehash);
        }
        let at = self.shard_of(hash);
        if let Some(shard) = self.shards.get_mut(at) {
            shard.insert_unique(hash, owner.pack(), rehash);
            self.len += 1;
        }
    }

    /// Takes an owner out.
    pub fn remove(&mut self, hash: u64, owner: Owner) {
        let at = self.shard_of(hash);
        let Some(shard) = self.shards.get_mut(at) else { return };
        if let Ok(entry) = shard.find_entry(hash, |&packed| packed == owner.pack()) {
            entry.remove();
            self.len -= 1;
        }
    }

    /// Puts one owner in the place of another with the same key.
    pub fn replace(&mut self, hash: u64, old: Owner, new: Owner) {
        let at = self.shard_of(hash);
        let Some(shard) = self.shards.get_mut(at) else { return };
        if let Some(packed) = shard.find_mut(hash, |&packed| packed == old.pack()) {
            *packed = new.pack();
        }
    }

    fn split(&mut self, hash_of: impl Fn(&u32) -> u64) {
        let Some(whole) = self.shards.pop() else { return };
        self.shards.resize_with(SHARDS, HashTable::new);
        for packed in whole {
            let hash = hash_of(&packed);
            let at = self.shard_of(hash);
            if let Some(shard) = self.shards.get_mut(at) {
                shard.insert_unique(hash, packed, &hash_of);
            }
        }
    }

    /// Bits of the hash that the tables themselves use neither for the bucket nor for the tag.
    #[inline]
    fn shard_of(&self, hash: u64) -> usize {
        if self.shards.len() < SHARDS { 0 } else { (hash >> 48) as usize % SHARDS }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hash that spreads and can be told from the owner alone.
    fn hash(owner: Owner) -> u64 {
        (u64::from(owner.pack()) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
    }

    fn owners() -> impl Iterator<Item = Owner> {
        (0..20_000).map(|n| match n % 5 {
            0 => Owner::Connection(n),
            1 => Owner::HalfOpen(n),
            2 => Owner::TimeWaitV4(n),
            3 => Owner::TimeWaitV6(n),
            _ => Owner::Undecided(n),
        })
    }

    #[test]
    fn what_was_entered_is_found_across_the_split_and_what_was_taken_out_is_not() {
        let mut index = Index::new();
        for owner in owners() {
            index.insert(hash(owner), owner, hash);
        }
        assert_eq!(index.shards.len(), SHARDS);
        for owner in owners() {
            assert_eq!(index.find(hash(owner), |o| o == owner), Some(owner));
        }
        for owner in owners().step_by(2) {
            index.remove(hash(owner), owner);
        }
        for (n, owner) in owners().enumerate() {
            assert_eq!(index.find(hash(owner), |o| o == owner).is_some(), n % 2 == 1);
        }
        assert_eq!(index.len, 10_000);
    }

    #[test]
    fn one_form_of_a_connection_takes_the_place_of_another() {
        let mut index = Index::new();
        let (half, whole) = (Owner::HalfOpen(7), Owner::Connection(9));
        index.insert(1, half, |_| 1);
        index.replace(1, half, whole);
        assert_eq!(index.find(1, |_| true), Some(whole));
        assert_eq!(index.len, 1);
    }
}
