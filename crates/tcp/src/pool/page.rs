//! Four thousand and ninety-six octets and who lives on them.

use alloc::boxed::Box;

use super::LARGE;

/// A large chunk, or sixteen small ones, or nothing.
#[derive(Default)]
pub(super) struct Page {
    memory: Option<Box<[u8; LARGE]>>,
    /// Which of the sixteen small chunks are taken.
    taken: u16,
    /// A large chunk lies here, or small ones may.
    tenanted: bool,
    /// Where the pool's list of shared pages has this one.
    pub(super) place: u32,
}

impl Page {
    #[inline]
    pub(super) fn octets(&self) -> Option<&[u8; LARGE]> {
        self.memory.as_deref()
    }

    #[inline]
    pub(super) fn octets_mut(&mut self) -> Option<&mut [u8; LARGE]> {
        self.memory.as_deref_mut()
    }

    /// Makes it ready for tenants; true if it had memory already.
    pub(super) fn furnish(&mut self) -> bool {
        self.tenanted = true;
        let had_memory = self.memory.is_some();
        self.memory.get_or_insert_with(|| Box::new([0; LARGE]));
        had_memory
    }

    /// The last tenant left; without `keep` the memory goes back to the allocator.
    pub(super) fn vacate(&mut self, keep: bool) {
        self.tenanted = false;
        self.memory = self.memory.take().filter(|_| keep);
    }

    /// Takes the first free slot.
    pub(super) fn occupy(&mut self) -> Option<u32> {
        let slot = self.taken.trailing_ones();
        self.taken |= 1u16.checked_shl(slot)?;
        Some(slot)
    }

    pub(super) fn release(&mut self, slot: u32) {
        self.taken &= !1u16.checked_shl(slot).unwrap_or(0);
    }

    pub(super) const fn is_full(&self) -> bool {
        self.taken == u16::MAX
    }

    pub(super) const fn is_unused(&self) -> bool {
        self.taken == 0
    }
}

impl Clone for Page {
    /// Memory that nobody lives on is not copied.
    fn clone(&self) -> Self {
        let memory = if self.tenanted { self.memory.clone() } else { None };
        Self { memory, taken: self.taken, tenanted: self.tenanted, place: self.place }
    }
}
