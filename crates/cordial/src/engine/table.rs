//! What sockets keep beside the stack's tables, found by the stack's names.

use cordial_stack::{ConnId, ListenerId, SynId, UdpId};

/// Entries per page: growing by one never moves more than the list of pages.
const PAGE: usize = 1024;

/// A name the stack gives out.
pub(crate) trait Id: Copy + Eq {
    /// Where it lies: small and dense.
    fn index(self) -> usize;
}

macro_rules! ids {
    ($($name:ident),*) => {$(
        impl Id for $name {
            fn index(self) -> usize {
                self.index()
            }
        }
    )*};
}

ids!(ConnId, ListenerId, SynId, UdpId);

/// Values by name. A name whose place was taken by another since finds nothing.
#[derive(Debug)]
pub(crate) struct Table<I, T> {
    pages: Vec<Vec<Option<(I, T)>>>,
}

impl<I, T> Default for Table<I, T> {
    fn default() -> Self {
        Self { pages: Vec::new() }
    }
}

impl<I: Id, T> Table<I, T> {
    /// Puts a value in the place of `id`, whoever had it before.
    pub(crate) fn insert(&mut self, id: I, value: T) {
        let (page, slot) = (id.index() / PAGE, id.index() % PAGE);
        if self.pages.len() <= page {
            self.pages.resize_with(page + 1, Vec::new);
        }
        let Some(page) = self.pages.get_mut(page) else { return };
        if page.len() <= slot {
            page.resize_with(slot + 1, || None);
        }
        if let Some(slot) = page.get_mut(slot) {
            *slot = Some((id, value));
        }
    }

    /// The value of `id`.
    pub(crate) fn get(&self, id: I) -> Option<&T> {
        let slot = self.pages.get(id.index() / PAGE)?.get(id.index() % PAGE)?;
        slot.as_ref().filter(|(owner, _)| *owner == id).map(|(_, value)| value)
    }

    /// The value of `id`.
    pub(crate) fn get_mut(&mut self, id: I) -> Option<&mut T> {
        self.slot(id)?.as_mut().map(|(_, value)| value)
    }

    /// Takes the value of `id` out.
    pub(crate) fn remove(&mut self, id: I) -> Option<T> {
        self.slot(id)?.take().map(|(_, value)| value)
    }

    /// Every name and value, in the order of their places. For what happens once in a host's life.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (I, &mut T)> {
        self.pages.iter_mut().flatten().flatten().map(|(id, value)| (*id, value))
    }

    fn slot(&mut self, id: I) -> Option<&mut Option<(I, T)>> {
        let slot = self.pages.get_mut(id.index() / PAGE)?.get_mut(id.index() % PAGE)?;
        slot.as_ref().is_some_and(|(owner, _)| *owner == id).then_some(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Index and generation.
    #[derive(Clone, Copy, PartialEq, Eq, Debug)]
    struct Name(usize, u32);

    impl Id for Name {
        fn index(self) -> usize {
            self.0
        }
    }

    #[test]
    fn a_name_outlived_by_its_owner_finds_nothing() {
        let mut table = Table::default();
        table.insert(Name(3000, 1), "first");
        assert_eq!(table.get(Name(3000, 1)), Some(&"first"));
        assert_eq!(table.get(Name(3000, 2)), None);
        assert_eq!(table.remove(Name(3000, 2)), None);
        table.insert(Name(3000, 2), "second");
        assert_eq!(table.get_mut(Name(3000, 1)), None);
        assert_eq!(table.remove(Name(3000, 2)), Some("second"));
        assert_eq!(table.get(Name(3000, 2)), None);
        assert_eq!(table.get(Name(70_000, 0)), None);
    }

    #[test]
    fn all_are_visited_in_order() {
        let mut table = Table::default();
        for index in [2000, 1, 5] {
            table.insert(Name(index, 0), index);
        }
        let seen: Vec<_> = table.iter_mut().map(|(_, value)| *value).collect();
        assert_eq!(seen, [1, 5, 2000]);
    }
}
