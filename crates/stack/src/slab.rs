//! A table of things with names that do not outlive them.

use alloc::vec::Vec;

use crate::list::{PAGE, grow_page};

/// A table that grows by pages, so that growing never moves more than one of them. A place that is free again is the
/// next to be taken, under a new generation.
#[derive(Clone, Debug)]
pub(crate) struct Slab<T> {
    pages: Vec<Vec<Place<T>>>,
    free: u32,
    len: u32,
}

#[derive(Clone, Debug)]
struct Place<T> {
    /// How many have lived here before.
    generation: u32,
    holds: Holds<T>,
}

#[derive(Clone, Debug)]
enum Holds<T> {
    Value(T),
    Free { next: u32 },
}

/// No place.
const NONE: u32 = u32::MAX;

impl<T> Slab<T> {
    pub const fn new() -> Self {
        Self { pages: Vec::new(), free: NONE, len: 0 }
    }

    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Keeps `value` and says where: index and generation.
    pub fn insert(&mut self, value: T) -> (u32, u32) {
        self.len += 1;
        let free = self.free;
        if let Some(place) = self.place_mut(free) {
            let generation = place.generation;
            if let Holds::Free { next } = core::mem::replace(&mut place.holds, Holds::Value(value)) {
                self.free = next;
            }
            return (free, generation);
        }
        (self.append(value), 0)
    }

    fn append(&mut self, value: T) -> u32 {
        let full = self.pages.last().is_none_or(|page| page.len() == PAGE);
        if full {
            self.pages.push(Vec::new());
        }
        let (first, before) = (self.pages.len() == 1, self.pages.len().saturating_sub(1) * PAGE);
        let Some(page) = self.pages.last_mut() else { return NONE };
        grow_page(page, first);
        page.push(Place { generation: 0, holds: Holds::Value(value) });
        (before + page.len() - 1) as u32
    }

    #[inline]
    pub fn get(&self, index: u32) -> Option<&T> {
        match &self.pages.get(index as usize / PAGE)?.get(index as usize % PAGE)?.holds {
            Holds::Value(value) => Some(value),
            Holds::Free { .. } => None,
        }
    }

    #[inline]
    pub fn get_mut(&mut self, index: u32) -> Option<&mut T> {
        match &mut self.place_mut(index)?.holds {
            Holds::Value(value) => Some(value),
            Holds::Free { .. } => None,
        }
    }

    /// What `index` names, if it is still the one of that generation.
    #[inline]
    pub fn get_named(&self, index: u32, generation: u32) -> Option<&T> {
        (self.generation(index)? == generation).then(|| self.get(index))?
    }

    /// See [`get_named`](Self::get_named).
    #[inline]
    pub fn get_named_mut(&mut self, index: u32, generation: u32) -> Option<&mut T> {
        (self.generation(index)? == generation).then(|| self.get_mut(index))?
    }

    #[inline]
    pub fn generation(&self, index: u32) -> Option<u32> {
        Some(self.pages.get(index as usize / PAGE)?.get(index as usize % PAGE)?.generation)
    }

    pub fn remove(&mut self, index: u32) -> Option<T> {
        let free = self.free;
        let place = self.place_mut(index)?;
        if matches!(place.holds, Holds::Free { .. }) {
            return None;
        }
        place.generation = place.generation.wrapping_add(1);
        let Holds::Value(value) = core::mem::replace(&mut place.holds, Holds::Free { next: free }) else {
            return None;
        };
        self.free = index;
        self.len -= 1;
        Some(value)
    }

    /// Everything there is, by index. For what is rare: closing a listener, taking a fingerprint.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let places = self.pages.iter().flatten().enumerate();
        places.filter_map(|(index, place)| match &place.holds {
            Holds::Value(value) => Some((index as u32, value)),
            Holds::Free { .. } => None,
        })
    }

    #[inline]
    fn place_mut(&mut self, index: u32) -> Option<&mut Place<T>> {
        self.pages.get_mut(index as usize / PAGE)?.get_mut(index as usize % PAGE)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn a_name_finds_nothing_once_its_owner_is_gone() {
        let mut slab = Slab::new();
        let (index, generation) = slab.insert("first");
        assert_eq!(slab.get_named(index, generation), Some(&"first"));
        assert_eq!(slab.remove(index), Some("first"));
        assert_eq!(slab.remove(index), None);
        let (again, newer) = slab.insert("second");
        assert_eq!(again, index, "a free place is taken again");
        assert_eq!(slab.get_named(index, generation), None);
        assert_eq!(slab.get_named(again, newer), Some(&"second"));
    }

    #[test]
    fn it_grows_over_pages_and_goes_through_them_in_order() {
        let mut slab = Slab::new();
        let indices: Vec<u32> = (0..3 * PAGE).map(|n| slab.insert(n).0).collect();
        assert_eq!(slab.len(), 3 * PAGE);
        assert!(indices.iter().enumerate().all(|(n, &index)| slab.get(index) == Some(&n)));
        for &index in indices.iter().step_by(2) {
            slab.remove(index);
        }
        assert!(slab.iter().map(|(_, &n)| n).eq((0..3 * PAGE).filter(|n| n % 2 == 1)));
    }
}
