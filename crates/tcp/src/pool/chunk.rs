//! The number a chunk goes by.

use core::num::NonZeroU32;
use core::ops::Range;

use super::{LARGE, SMALL};

/// The two sizes of a chunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Size {
    Small,
    Large,
}

impl Size {
    /// How many octets that is.
    pub(crate) const fn octets(self) -> usize {
        match self {
            Self::Small => SMALL,
            Self::Large => LARGE,
        }
    }
}

/// Small chunks on a page.
const SLOTS: u32 = (LARGE / SMALL) as u32;

/// A chunk's number: its size, its page and, if it is small, its slot on the page.
///
/// ```text
///   31    30 .. 27     26 .. 4      3 .. 0
/// | large | 0 0 0 0 | page plus 1 |  slot  |
/// ```
///
/// The four zeros are left to whoever holds the number (see [`with_tag`](Self::with_tag)).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ChunkId(NonZeroU32);

impl ChunkId {
    /// How many pages can be numbered: 32 GiB of them.
    pub(crate) const PAGES: u32 = (1 << 23) - 1;
    const IS_LARGE: u32 = 1 << 31;
    const TAG_SHIFT: u32 = 27;
    const TAG: u32 = 0xf << Self::TAG_SHIFT;

    pub(super) const fn large(page: u32) -> Self {
        Self::new(page, Self::IS_LARGE)
    }

    pub(super) const fn small(page: u32, slot: u32) -> Self {
        Self::new(page, slot)
    }

    const fn new(page: u32, rest: u32) -> Self {
        match NonZeroU32::new(((page + 1) * SLOTS) | rest) {
            Some(number) => Self(number),
            // Not for a page below `PAGES`.
            None => Self(NonZeroU32::MAX),
        }
    }

    /// The same chunk with four bits of the holder's.
    pub(crate) const fn with_tag(self, tag: u32) -> Self {
        let bare = self.0.get() & !Self::TAG;
        match NonZeroU32::new(bare | ((tag << Self::TAG_SHIFT) & Self::TAG)) {
            Some(tagged) => Self(tagged),
            None => self,
        }
    }

    /// The holder's four bits.
    pub(crate) const fn tag(self) -> u32 {
        (self.0.get() & Self::TAG) >> Self::TAG_SHIFT
    }

    #[inline]
    pub(crate) const fn size(self) -> Size {
        if self.0.get() & Self::IS_LARGE != 0 { Size::Large } else { Size::Small }
    }

    #[inline]
    pub(super) const fn page(self) -> u32 {
        (self.0.get() & !Self::IS_LARGE & !Self::TAG) / SLOTS - 1
    }

    #[inline]
    pub(super) const fn slot(self) -> u32 {
        self.0.get() % SLOTS
    }

    /// Where on its page it lies.
    #[inline]
    pub(super) const fn range(self) -> Range<usize> {
        let start = self.slot() as usize * SMALL;
        start..start + self.size().octets()
    }
}
