//! Which chunk a span has.

use alloc::boxed::Box;
use alloc::vec;

use crate::pool::ChunkId;

/// Entries of the smallest ring on the heap, and of the largest that is kept when the run becomes empty: a
/// connection that once had much in flight and is idle now shall not pay for it.
const KEPT: usize = 4;

/// The chunks of consecutive spans, found by number in constant time.
///
/// A run of one span has its entry in place and no memory on the heap. Entries of spans that have no chunk, or are
/// not part of the run, are `None`.
#[derive(Clone, Debug, Default)]
pub(super) struct Ring {
    /// As many as a power of two.
    entries: Option<Box<[Option<ChunkId>]>>,
    /// The entry of the first span, where there are no `entries`.
    only: Option<ChunkId>,
    /// Where in `entries` the first span is.
    first: u32,
}

impl Ring {
    pub(super) const fn new() -> Self {
        Self { entries: None, only: None, first: 0 }
    }

    /// The chunk of a span.
    #[inline]
    pub(super) fn get(&self, span: u32) -> Option<ChunkId> {
        match &self.entries {
            Some(entries) => *entries.get(place(self.first, span, entries.len())?)?,
            None if span == 0 => self.only,
            None => None,
        }
    }

    /// Gives a span its chunk, and returns that.
    pub(super) fn set(&mut self, span: u32, chunk: ChunkId) -> ChunkId {
        if span as usize >= self.capacity() {
            self.grow(span as usize + 1);
        }
        match &mut self.entries {
            Some(entries) => {
                let place = place(self.first, span, entries.len());
                if let Some(entry) = place.and_then(|place| entries.get_mut(place)) {
                    *entry = Some(chunk);
                }
            }
            None => self.only = Some(chunk),
        }
        chunk
    }

    /// Takes the chunk of the first span; the second becomes the first.
    pub(super) fn pop_front(&mut self) -> Option<ChunkId> {
        let Some(entries) = &mut self.entries else { return self.only.take() };
        let chunk = entries.get_mut(self.first as usize)?.take();
        self.first = (self.first + 1) & (entries.len() as u32 - 1);
        chunk
    }

    /// Forgets all chunks, and the memory if it is large.
    pub(super) fn clear(&mut self) {
        (self.only, self.first) = (None, 0);
        match &mut self.entries {
            Some(entries) if entries.len() <= KEPT => entries.fill(None),
            entries => *entries = None,
        }
    }

    #[cfg(test)]
    pub(super) fn is_on_heap(&self) -> bool {
        self.entries.is_some()
    }

    fn capacity(&self) -> usize {
        self.entries.as_ref().map_or(1, |entries| entries.len())
    }

    /// Makes room for `spans`, the first span in front.
    fn grow(&mut self, spans: usize) {
        let mut grown = vec![None; spans.next_power_of_two().max(KEPT)].into_boxed_slice();
        match &self.entries {
            Some(entries) => {
                let (tail, head) = entries.split_at(self.first as usize);
                grown.iter_mut().zip(head.iter().chain(tail)).for_each(|(new, old)| *new = *old);
            }
            None => grown.iter_mut().take(1).for_each(|new| *new = self.only),
        }
        *self = Self { entries: Some(grown), only: None, first: 0 };
    }
}

/// Where a span's entry is in a ring of `len` entries; none if the ring is too short for it.
#[inline]
fn place(first: u32, span: u32, len: usize) -> Option<usize> {
    // A power of two: the remainder is a mask.
    let (first, span) = (first as usize, span as usize);
    (span < len).then_some((first + span) & (len - 1))
}
