//! One run of a stream's octets, in chunks.

mod ring;
mod slices;
#[cfg(test)]
mod tests;

use crate::pool::{ChunkId, LARGE, Pool, SMALL, Size};
use ring::Ring;
pub use slices::Slices;

/// Positions served by one entry of the ring: a large chunk, a small one, or nothing.
const SPAN: u32 = LARGE as u32;
/// Positions served by a small chunk.
const BLOCK: u32 = SMALL as u32;
/// How far from the front octets may lie: the largest window there is (RFC 7323 §2.3).
const REACH: u32 = 1 << 30;

/// A run of octets from its front on, with gaps where nothing was written yet.
///
/// Offsets count from the front. The run is cut into spans of 4,096 positions; a span costs nothing until it is
/// written to, then a small chunk while all of it lies in one block of 256 positions, then a large one.
///
/// ```text
///          front                     end
///            v                        v
/// |        ..xxxxxx|                |xxx             |
/// |     large      |    nothing     |  small, block 0 |
/// ```
///
/// The chunks belong to a [`Pool`]; every call is to be given the same one. Dropping a run that is not empty keeps
/// its chunks from all others: [`clear`](Self::clear) it first.
#[derive(Clone, Debug, Default)]
pub struct Octets {
    /// The chunk of each span that overlaps front..end. The last one is there, unless the run is empty.
    ring: Ring,
    /// The position after the last that was written, counted from the front.
    end: u32,
    /// How far the front lies into its span.
    skipped: u16,
}

impl Octets {
    /// A run without octets. It has no memory.
    pub const fn new() -> Self {
        Self { ring: Ring::new(), end: 0, skipped: 0 }
    }

    /// True if nothing was written that the front has not passed.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.end == 0
    }

    /// Writes `octets` at the offset `at`, over what may be there, and says how many were stored.
    ///
    /// All of them, unless the pool gives no more or they lie more than 2³⁰ from the front: then a first part of
    /// them.
    pub fn write(&mut self, pool: &mut Pool, at: u32, octets: &[u8]) -> usize {
        let mut rest = octets.get(..REACH.saturating_sub(at) as usize).unwrap_or(octets);
        let reachable = rest.len();
        while !rest.is_empty() {
            let offset = at + (reachable - rest.len()) as u32;
            let position = u32::from(self.skipped) + offset;
            let count = self.write_in_span(pool, position, rest);
            if count == 0 {
                break;
            }
            self.end = self.end.max(offset + count as u32);
            rest = rest.get(count..).unwrap_or_default();
        }
        reachable - rest.len()
    }

    /// Moves the front forward and gives back the chunks that lie wholly behind it.
    pub fn advance(&mut self, pool: &mut Pool, octets: u32) {
        if octets >= self.end {
            return self.clear(pool);
        }
        let position = u32::from(self.skipped) + octets;
        for _ in 0..position / SPAN {
            if let Some(chunk) = self.ring.pop_front() {
                pool.give_back(chunk);
            }
        }
        self.end -= octets;
        self.skipped = (position % SPAN) as u16;
    }

    /// Up to `len` octets from the offset `at` on, as the chunks have them. What lies in a gap is unspecified; what
    /// lies past the end is left out.
    #[inline]
    pub fn slices<'a>(&'a self, pool: &'a Pool, at: u32, len: u32) -> Slices<'a> {
        let at = at.min(self.end);
        Slices::of_run(self, pool, at, len.min(self.end - at))
    }

    /// Forgets everything and gives back all chunks.
    pub fn clear(&mut self, pool: &mut Pool) {
        for span in 0..self.spans() {
            if let Some(chunk) = self.ring.get(span) {
                pool.give_back(chunk);
            }
        }
        self.ring.clear();
        (self.end, self.skipped) = (0, 0);
    }

    /// Spans that overlap front..end.
    #[inline]
    fn spans(&self) -> u32 {
        if self.is_empty() { 0 } else { (u32::from(self.skipped) + self.end).div_ceil(SPAN) }
    }

    /// Stores what of `octets` belongs into the span of `position`, and says how many that were.
    #[inline]
    fn write_in_span(&mut self, pool: &mut Pool, position: u32, octets: &[u8]) -> usize {
        let (span, start) = (position / SPAN, position % SPAN);
        let count = octets.len().min((SPAN - start) as usize);
        let Some((chunk, room)) = self.chunk_for(pool, span, start, count as u32) else { return 0 };
        let count = count.min((room.end - start) as usize);
        let within = (start - room.start) as usize;
        let place = pool.chunk_mut(chunk).get_mut(within..within + count);
        if let (Some(place), Some(octets)) = (place, octets.get(..count)) {
            place.copy_from_slice(octets);
        }
        count
    }

    /// A chunk to take `count` octets from `start` on, and which positions of its span it serves. If the pool is
    /// exhausted it may serve fewer than asked for.
    #[inline]
    fn chunk_for(&mut self, pool: &mut Pool, span: u32, start: u32, count: u32) -> Option<(ChunkId, Served)> {
        let one_block = start / BLOCK == (start + count - 1) / BLOCK;
        let block = start / BLOCK;
        let chunk = match self.ring.get(span) {
            Some(chunk) if chunk.size() == Size::Large => chunk,
            Some(chunk) if one_block && chunk.tag() == block => chunk,
            Some(chunk) if one_block && self.is_spent(span, chunk) => {
                self.ring.set(span, chunk.with_tag(block))
            }
            Some(chunk) => match promote(pool, chunk) {
                Some(large) => self.ring.set(span, large),
                None if chunk.tag() == block => chunk,
                None => return None,
            },
            None => {
                let large = if one_block { None } else { pool.take(Size::Large) };
                let small = || Some(pool.take(Size::Small)?.with_tag(block));
                let chunk = large.or_else(small)?;
                self.ring.set(span, chunk)
            }
        };
        Some((chunk, served(chunk)))
    }

    /// True if a small chunk's block lies behind the front, so that the chunk can serve another.
    fn is_spent(&self, span: u32, small: ChunkId) -> bool {
        span == 0 && served(small).end <= u32::from(self.skipped)
    }
}

/// The positions of a span that a chunk holds.
type Served = core::ops::Range<u32>;

#[inline]
fn served(chunk: ChunkId) -> Served {
    match chunk.size() {
        Size::Large => 0..SPAN,
        Size::Small => chunk.tag() * BLOCK..(chunk.tag() + 1) * BLOCK,
    }
}

/// A large chunk in place of a small one, with its octets where they belong. The small one is given back.
fn promote(pool: &mut Pool, small: ChunkId) -> Option<ChunkId> {
    let large = pool.take(Size::Large)?;
    let mut octets = [0; SMALL];
    octets.copy_from_slice(pool.chunk(small).get(..SMALL)?);
    let Served { start, end } = served(small);
    pool.chunk_mut(large).get_mut(start as usize..end as usize)?.copy_from_slice(&octets);
    pool.give_back(small);
    Some(large)
}
