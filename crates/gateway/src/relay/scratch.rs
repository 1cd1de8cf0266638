//! Buffers for reading from the host, lent for a moment each.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Octets of a buffer: a few of the largest segments there are, so that a system call moves much.
const OCTETS: usize = 256 << 10;

/// Buffers that are kept when nobody needs them: 2 MiB.
const KEPT: usize = 8;

/// A buffer, given back when dropped. A thousand idle connections share a few.
#[derive(Debug)]
pub(super) struct Scratch(Option<Box<[u8]>>);

static SPARE: Mutex<Vec<Box<[u8]>>> = Mutex::new(Vec::new());

impl Scratch {
    /// A buffer with whatever its last user left in it.
    pub(super) fn take() -> Self {
        let spare = spare().pop();
        Self(Some(spare.unwrap_or_else(|| vec![0; OCTETS].into_boxed_slice())))
    }

    /// The first `octets` of it, or all if it is shorter.
    pub(super) fn first(&mut self, octets: usize) -> &mut [u8] {
        let octets = octets.min(self.len());
        self.get_mut(..octets).unwrap_or_default()
    }
}

impl Deref for Scratch {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.0.as_deref_mut().unwrap_or_default()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let mut spare = spare();
        if spare.len() < KEPT {
            spare.extend(self.0.take());
        }
    }
}

/// Nothing that holds the lock can panic half-way.
fn spare() -> MutexGuard<'static, Vec<Box<[u8]>>> {
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}
