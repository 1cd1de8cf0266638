//! Octets as they lie in memory, one slice per chunk.

use core::fmt;

use super::{Octets, SPAN, served};
use crate::pool::{LARGE, Pool, Size};

/// A part of a run, or of anything else, as slices in order.
///
/// Copying it is cheap and iterating uses up a copy, so a part can be gone through again.
///
/// ```
/// use cordial_tcp::{Octets, Pool};
///
/// let (mut pool, mut run) = (Pool::new(1 << 20), Octets::new());
/// run.write(&mut pool, 0, &[7; 5000]);
/// let part = run.slices(&pool, 1000, 4000);
/// assert_eq!(part.len(), 4000);
/// assert_eq!(part.map(<[u8]>::len).collect::<Vec<_>>(), [3096, 904]);
/// ```
#[derive(Clone, Copy)]
pub struct Slices<'a>(Source<'a>);

#[derive(Clone, Copy)]
enum Source<'a> {
    Plain(&'a [u8]),
    /// `len` octets of `run` from position `at` on, which counts from the beginning of the run's first span.
    Run {
        run: &'a Octets,
        pool: &'a Pool,
        at: u32,
        len: u32,
    },
}

/// What a gap reads as.
static GAP: [u8; LARGE] = [0; LARGE];

impl<'a> Slices<'a> {
    /// Nothing.
    pub const EMPTY: Self = Self::plain(&[]);

    /// One slice.
    #[inline]
    pub const fn plain(octets: &'a [u8]) -> Self {
        Self(Source::Plain(octets))
    }

    /// Part of a run: offsets that it has.
    #[inline]
    pub(super) fn of_run(run: &'a Octets, pool: &'a Pool, offset: u32, len: u32) -> Self {
        Self(Source::Run { run, pool, at: u32::from(run.skipped) + offset, len })
    }

    /// How many octets there are.
    #[inline]
    pub const fn len(&self) -> usize {
        match self.0 {
            Source::Plain(octets) => octets.len(),
            Source::Run { len, .. } => len as usize,
        }
    }

    /// True if there are none.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first `count` octets, or all if there are fewer, and the rest.
    pub fn split(self, count: usize) -> (Self, Self) {
        let count = count.min(self.len());
        match self.0 {
            Source::Plain(octets) => {
                let (first, rest) = octets.split_at_checked(count).unwrap_or_default();
                (Self::plain(first), Self::plain(rest))
            }
            Source::Run { run, pool, at, len } => {
                let count = count as u32;
                let rest = Source::Run { run, pool, at: at + count, len: len - count };
                (Self(Source::Run { run, pool, at, len: count }), Self(rest))
            }
        }
    }

    /// Copies as much as `out` holds and says how many octets that was.
    pub fn copy_to(&self, out: &mut [u8]) -> usize {
        let mut copied = 0;
        for slice in *self {
            let Some(room) = out.get_mut(copied..) else { break };
            let count = slice.len().min(room.len());
            if let (Some(room), Some(slice)) = (room.get_mut(..count), slice.get(..count)) {
                room.copy_from_slice(slice);
            }
            copied += count;
        }
        copied
    }
}

impl<'a> Iterator for Slices<'a> {
    type Item = &'a [u8];

    /// The next slice. It is never empty.
    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.is_empty() {
            return None;
        }
        match &mut self.0 {
            Source::Plain(octets) => Some(core::mem::take(octets)),
            Source::Run { run, pool, at, len } => {
                let slice = first_slice(run, pool, *at, *len);
                *at += slice.len() as u32;
                *len -= slice.len() as u32;
                Some(slice)
            }
        }
    }
}

/// As many octets from `at` on as lie side by side: up to `len`, at least one.
#[inline]
fn first_slice<'a>(run: &Octets, pool: &'a Pool, at: u32, len: u32) -> &'a [u8] {
    let (span, start) = (at / SPAN, at % SPAN);
    let len = len.min(SPAN - start);
    let Some(chunk) = run.ring.get(span) else { return gap(len) };
    if chunk.size() == Size::Large {
        return pool
            .large_chunk(chunk)
            .get(start as usize..(start + len) as usize)
            .unwrap_or_else(|| gap(len));
    }
    let served = served(chunk);
    if !served.contains(&start) {
        let gap_len = if start < served.start { len.min(served.start - start) } else { len };
        return gap(gap_len);
    }
    let (from, to) = (start - served.start, (start + len).min(served.end) - served.start);
    pool.chunk(chunk).get(from as usize..to as usize).unwrap_or_else(|| gap(len))
}

fn gap<'a>(len: u32) -> &'a [u8] {
    GAP.get(..len as usize).unwrap_or(&GAP)
}

impl Default for Slices<'_> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl fmt::Debug for Slices<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} octets", self.len())
    }
}
