//! Where octets wait: chunks of two sizes, given out by number.

mod chunk;
mod page;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::send::Flight;

pub(crate) use chunk::{ChunkId, Size};
use page::Page;

/// Octets of a small chunk: a request, a command, a line typed.
pub const SMALL: usize = 256;
/// Octets of a large chunk: what bulk data lies in.
pub const LARGE: usize = 4096;

/// The part of an empty pool that one send queue may fill. Of a pool that is half full it is a quarter of that, and so
/// on by the square of what is free: queues whose peers take nothing become shorter the more of them there are, and
/// thousands leave room for the next.
const SHARE: usize = 64;

/// Pages without a tenant that keep their memory, so that a stream that comes and goes asks the allocator for
/// nothing: 1 MiB.
const SPARE_PAGES: usize = 256;

/// Logs of transmissions that wait for the next connection with something to send.
const SPARE_FLIGHTS: usize = 1024;

/// The chunks of one host, with one budget over all its connections.
///
/// Storage comes in pages of 4,096 octets: one large chunk, or sixteen small ones. A page is allocated when the
/// first chunk on it is, and never moves. What grows with the pool is a table of sixteen octets per page.
///
/// A clone has the same chunks under the same numbers, and no spare memory.
pub struct Pool {
    pages: Vec<Page>,
    /// Pages without a tenant; of these, `spare` have memory.
    vacant: Vec<u32>,
    /// Pages with some small chunks taken and some not, in no order. Each page knows its place here.
    shared: Vec<u32>,
    spare: usize,
    in_use: usize,
    limit: usize,
    /// Emptied logs of transmissions, their memory kept; not part of the budget.
    // Boxed, because the box is what goes from one connection to the next.
    #[allow(clippy::vec_box)]
    flights: Vec<Box<Flight>>,
}

impl Pool {
    /// An empty pool that gives out at most `limit_octets`, counting whole chunks.
    pub const fn new(limit_octets: usize) -> Self {
        Self {
            pages: Vec::new(),
            vacant: Vec::new(),
            shared: Vec::new(),
            spare: 0,
            in_use: 0,
            limit: limit_octets,
            flights: Vec::new(),
        }
    }

    /// Octets of all chunks given out.
    pub const fn in_use(&self) -> usize {
        self.in_use
    }

    /// The most [`in_use`](Self::in_use) may become.
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Octets not given out.
    pub const fn available(&self) -> usize {
        self.limit.saturating_sub(self.in_use)
    }

    /// The most octets a send queue may have for now: a [`SHARE`] by what is [available](Self::available), but a whole
    /// chunk as long as there is one.
    pub(crate) fn allowance(&self) -> u32 {
        let available = self.available();
        if available < LARGE {
            return 0;
        }
        let (free, all) = (available / LARGE, (self.limit / LARGE).max(1));
        let allowance = (free.saturating_mul(free) / all).saturating_mul(LARGE / SHARE).max(LARGE);
        u32::try_from(allowance).unwrap_or(u32::MAX)
    }

    /// A chunk with unspecified content; none when that would exceed the limit.
    pub(crate) fn take(&mut self, size: Size) -> Option<ChunkId> {
        let in_use = self.in_use.checked_add(size.octets()).filter(|&octets| octets <= self.limit)?;
        let id = match size {
            Size::Large => ChunkId::large(self.take_page()?),
            Size::Small => self.take_small()?,
        };
        self.in_use = in_use;
        Some(id)
    }

    /// Takes a chunk back. Its number may be given out again at once.
    pub(crate) fn give_back(&mut self, id: ChunkId) {
        let Some(page) = self.pages.get_mut(id.page() as usize) else { return };
        self.in_use = self.in_use.saturating_sub(id.size().octets());
        if id.size() == Size::Large {
            return self.vacate(id.page());
        }
        let was_full = page.is_full();
        page.release(id.slot());
        match (was_full, page.is_unused()) {
            (true, _) => self.share(id.page()),
            (false, true) => {
                self.unshare(id.page());
                self.vacate(id.page());
            }
            (false, false) => {}
        }
    }

    /// The octets of a chunk.
    #[inline]
    pub(crate) fn chunk(&self, id: ChunkId) -> &[u8] {
        let page = self.pages.get(id.page() as usize).and_then(Page::octets);
        page.and_then(|octets| octets.get(id.range())).unwrap_or_default()
    }

    /// The octets of a large chunk.
    #[inline]
    pub(crate) fn large_chunk(&self, id: ChunkId) -> &[u8; LARGE] {
        static NOTHING: [u8; LARGE] = [0; LARGE];
        self.pages.get(id.page() as usize).and_then(Page::octets).unwrap_or(&NOTHING)
    }

    /// The octets of a chunk, to be written.
    #[inline]
    pub(crate) fn chunk_mut(&mut self, id: ChunkId) -> &mut [u8] {
        let page = self.pages.get_mut(id.page() as usize).and_then(Page::octets_mut);
        page.and_then(|octets| octets.get_mut(id.range())).unwrap_or_default()
    }

    /// A log that an earlier flight left, to be emptied before use.
    pub(crate) fn take_flight(&mut self) -> Option<Box<Flight>> {
        self.flights.pop()
    }

    /// Keeps the log of a flight that is over, for the next one.
    pub(crate) fn keep_flight(&mut self, flight: Box<Flight>) {
        if self.flights.len() < SPARE_FLIGHTS && flight.is_worth_keeping() {
            self.flights.push(flight);
        }
    }

    fn take_small(&mut self) -> Option<ChunkId> {
        let number = match self.shared.last() {
            Some(&number) => number,
            None => {
                let number = self.take_page()?;
                self.share(number);
                number
            }
        };
        let page = self.pages.get_mut(number as usize)?;
        let slot = page.occupy()?;
        if page.is_full() {
            self.unshare(number);
        }
        Some(ChunkId::small(number, slot))
    }

    /// A page with memory and without tenants.
    fn take_page(&mut self) -> Option<u32> {
        let number = match self.vacant.pop() {
            Some(number) => number,
            None => {
                let number = u32::try_from(self.pages.len()).ok().filter(|&n| n < ChunkId::PAGES)?;
                self.pages.push(Page::default());
                number
            }
        };
        let had_memory = self.pages.get_mut(number as usize)?.furnish();
        self.spare -= usize::from(had_memory);
        Some(number)
    }

    /// The last tenant left.
    fn vacate(&mut self, number: u32) {
        let Some(page) = self.pages.get_mut(number as usize) else { return };
        let keep = self.spare < SPARE_PAGES;
        page.vacate(keep);
        self.spare += usize::from(keep);
        self.vacant.push(number);
    }

    fn share(&mut self, number: u32) {
        if let Some(page) = self.pages.get_mut(number as usize) {
            page.place = self.shared.len() as u32;
            self.shared.push(number);
        }
    }

    /// Takes a page off the shared ones; the last of them fills its place.
    fn unshare(&mut self, number: u32) {
        let Some(place) = self.pages.get(number as usize).map(|page| page.place) else { return };
        self.shared.swap_remove(place as usize);
        if let Some(&moved) = self.shared.get(place as usize)
            && let Some(page) = self.pages.get_mut(moved as usize)
        {
            page.place = place;
        }
    }
}

impl Clone for Pool {
    fn clone(&self) -> Self {
        // A page copies its memory only if somebody lives there.
        let (pages, vacant, shared) = (self.pages.clone(), self.vacant.clone(), self.shared.clone());
        let (in_use, limit) = (self.in_use, self.limit);
        Self { pages, vacant, shared, spare: 0, in_use, limit, flights: Vec::new() }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut pool = f.debug_struct("Pool");
        pool.field("in_use", &self.in_use).field("limit", &self.limit).field("pages", &self.pages.len());
        pool.finish_non_exhaustive()
    }
}
