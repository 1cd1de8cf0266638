//! Small entries that stand in queues: a table whose entries are linked through it.

use alloc::vec::Vec;

/// Entries in a page of a table: no more than these are ever moved at once. A power of two.
pub(crate) const PAGE: usize = 1024;

/// Makes room for one more in a page. The first page of a table grows with what it holds, so that a small table
/// stays small; the others are whole from the start.
pub(crate) fn grow_page<T>(page: &mut Vec<T>, first: bool) {
    if page.len() < page.capacity() {
        return;
    }
    // From four it doubles, and so comes to a whole page exactly.
    page.reserve_exact(if first { page.len().max(4) } else { PAGE });
}

/// No entry.
pub(crate) const NONE: u32 = u32::MAX;
/// In `prev`: the entry is free and `next` names the next free one.
const FREE: u32 = u32::MAX - 1;

/// A table of entries, each of which stands in one [`Fifo`].
#[derive(Clone, Debug)]
pub(crate) struct List<T> {
    pages: Vec<Vec<Entry<T>>>,
    free: u32,
    len: u32,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    value: T,
    prev: u32,
    next: u32,
}

/// A queue of a [`List`]'s entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fifo {
    head: u32,
    tail: u32,
}

impl Fifo {
    pub const EMPTY: Self = Self { head: NONE, tail: NONE };

    /// The entry that has stood longest.
    #[inline]
    pub fn head(&self) -> Option<u32> {
        (self.head != NONE).then_some(self.head)
    }
}

impl<T: Copy> List<T> {
    pub const fn new() -> Self {
        Self { pages: Vec::new(), free: NONE, len: 0 }
    }

    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Keeps `value` at the tail of `fifo` and says where.
    pub fn insert(&mut self, value: T, fifo: &mut Fifo) -> u32 {
        self.len += 1;
        let free = self.free;
        let index = match self.entry_mut(free) {
            Some(entry) => {
                entry.value = value;
                self.free = entry.next;
                free
            }
            None => self.append(value),
        };
        self.link(index, fifo);
        index
    }

    /// Takes the entry out of `fifo` and out of the table.
    pub fn remove(&mut self, index: u32, fifo: &mut Fifo) -> Option<T> {
        let value = *self.get(index)?;
        self.unlink(index, fifo);
        let free = self.free;
        let entry = self.entry_mut(index)?;
        (entry.prev, entry.next) = (FREE, free);
        self.free = index;
        self.len -= 1;
        Some(value)
    }

    /// Moves the entry to the tail of its queue.
    pub fn requeue(&mut self, index: u32, fifo: &mut Fifo) {
        if self.get(index).is_some() {
            self.unlink(index, fifo);
            self.link(index, fifo);
        }
    }

    /// Moves the entry to the tail of another queue.
    pub fn transfer(&mut self, index: u32, from: &mut Fifo, to: &mut Fifo) {
        if self.get(index).is_some() {
            self.unlink(index, from);
            self.link(index, to);
        }
    }

    #[inline]
    pub fn get(&self, index: u32) -> Option<&T> {
        let entry = self.pages.get(index as usize / PAGE)?.get(index as usize % PAGE)?;
        (entry.prev != FREE).then_some(&entry.value)
    }

    #[inline]
    pub fn get_mut(&mut self, index: u32) -> Option<&mut T> {
        let entry = self.entry_mut(index)?;
        (entry.prev != FREE).then_some(&mut entry.value)
    }

    /// Everything there is, by index. For what is rare.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let entries = self.pages.iter().flatten().enumerate();
        entries.filter(|(_, entry)| entry.prev != FREE).map(|(index, entry)| (index as u32, &entry.value))
    }

    fn append(&mut self, value: T) -> u32 {
        if self.pages.last().is_none_or(|page| page.len() == PAGE) {
            self.pages.push(Vec::new());
        }
        let (first, before) = (self.pages.len() == 1, self.pages.len().saturating_sub(1) * PAGE);
        let Some(page) = self.pages.last_mut() else { return NONE };
        grow_page(page, first);
        page.push(Entry { value, prev: NONE, next: NONE });
        (before + page.len() - 1) as u32
    }

    fn link(&mut self, index: u32, fifo: &mut Fifo) {
        let tail = core::mem::replace(&mut fifo.tail, index);
        match self.entry_mut(tail) {
            Some(last) => last.next = index,
            None => fifo.head = index,
        }
        if let Some(entry) = self.entry_mut(index) {
            (entry.prev, entry.next) = (tail, NONE);
        }
    }

    fn unlink(&mut self, index: u32, fifo: &mut Fifo) {
        let Some(&mut Entry { prev, next, .. }) = self.entry_mut(index) else { return };
        match self.entry_mut(prev) {
            Some(before) => before.next = next,
            None => fifo.head = next,
        }
        match self.entry_mut(next) {
            Some(after) => after.prev = prev,
            None => fifo.tail = prev,
        }
    }

    #[inline]
    fn entry_mut(&mut self, index: u32) -> Option<&mut Entry<T>> {
        self.pages.get_mut(index as usize / PAGE)?.get_mut(index as usize % PAGE)
    }
}

#[cfg(test)]
mod tests {
    use alloc::collections::VecDeque;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_page_is_larger_than_a_page() {
        let mut first: Vec<u32> = Vec::new();
        let mut sizes = Vec::new();
        for n in 0..PAGE as u32 {
            grow_page(&mut first, true);
            first.push(n);
            sizes.push(first.capacity());
        }
        sizes.dedup();
        assert_eq!(sizes, [4, 8, 16, 32, 64, 128, 256, 512, 1024]);
        let mut next: Vec<u32> = Vec::new();
        grow_page(&mut next, false);
        assert_eq!(next.capacity(), PAGE);
    }

    fn drain(list: &mut List<u32>, fifo: &mut Fifo) -> Vec<u32> {
        core::iter::from_fn(|| list.remove(fifo.head()?, fifo)).collect()
    }

    proptest! {
        /// Against a plain queue: insertions, removals from anywhere, moves to the tail.
        #[test]
        fn a_fifo_keeps_its_order(steps in proptest::collection::vec((0u8..4, any::<u16>()), 0..400)) {
            let (mut list, mut fifo) = (List::new(), Fifo::EMPTY);
            let mut model: VecDeque<(u32, u32)> = VecDeque::new();
            for (n, (what, which)) in steps.into_iter().enumerate() {
                let n = n as u32;
                let at = usize::from(which) % model.len().max(1);
                match (what, model.get(at).copied()) {
                    (0, Some((index, value))) => {
                        prop_assert_eq!(list.remove(index, &mut fifo), Some(value));
                        prop_assert_eq!(list.remove(index, &mut fifo), None);
                        model.remove(at);
                    }
                    (1, Some(entry)) => {
                        list.requeue(entry.0, &mut fifo);
                        model.remove(at);
                        model.push_back(entry);
                    }
                    _ => model.push_back((list.insert(n, &mut fifo), n)),
                }
                prop_assert_eq!(list.len(), model.len());
            }
            let expected: Vec<u32> = model.iter().map(|&(_, value)| value).collect();
            prop_assert_eq!(drain(&mut list, &mut fifo), expected);
        }
    }
}
