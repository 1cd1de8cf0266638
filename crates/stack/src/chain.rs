//! Queues through the connections themselves: standing in one costs no allocation, leaving it no search.

use crate::list::NONE;

/// A place in a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Link {
    prev: u32,
    next: u32,
}

/// In `prev`: it stands in no chain.
const OUT: u32 = u32::MAX - 1;

impl Link {
    pub const OUT: Self = Self { prev: OUT, next: OUT };

    /// True if it stands in a chain.
    #[inline]
    pub const fn is_in(self) -> bool {
        self.prev != OUT
    }

    /// Who stands behind it.
    pub fn next(self) -> Option<u32> {
        (self.is_in() && self.next != NONE).then_some(self.next)
    }
}

/// Where the links of one kind of chain are found.
pub(crate) trait Links {
    /// The link of the thing at `index`.
    fn link(&mut self, index: u32) -> Option<&mut Link>;
}

/// A queue. All calls are to be given the links of the same things.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Chain {
    head: u32,
    tail: u32,
}

impl Chain {
    pub const EMPTY: Self = Self { head: NONE, tail: NONE };

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.head == NONE
    }

    #[inline]
    pub fn head(&self) -> Option<u32> {
        (self.head != NONE).then_some(self.head)
    }

    /// Moves the head to the tail.
    #[inline]
    pub fn rotate(&mut self, links: &mut impl Links) {
        if let Some(head) = self.head().filter(|&head| head != self.tail) {
            self.remove(links, head);
            self.push(links, head);
        }
    }

    /// Puts it at the tail, unless it stands in a chain already.
    #[inline]
    pub fn push(&mut self, links: &mut impl Links, index: u32) {
        let tail = self.tail;
        let Some(link) = links.link(index).filter(|link| !link.is_in()) else { return };
        *link = Link { prev: tail, next: NONE };
        self.tail = index;
        match links.link(tail) {
            Some(last) => last.next = index,
            None => self.head = index,
        }
    }

    /// Takes it out, if it stands in this chain.
    #[inline]
    pub fn remove(&mut self, links: &mut impl Links, index: u32) {
        let Some(link) = links.link(index).filter(|link| link.is_in()) else { return };
        let Link { prev, next } = core::mem::replace(link, Link::OUT);
        match links.link(prev) {
            Some(before) => before.next = next,
            None => self.head = next,
        }
        match links.link(next) {
            Some(after) => after.prev = prev,
            None => self.tail = prev,
        }
    }
}
