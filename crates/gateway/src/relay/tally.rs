//! How many connections there may be, and what became of those there were.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What was relayed so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    moved: AtomicU64,
    turned_away: AtomicU64,
    lost: AtomicU64,
}

impl Tally {
    /// Octets that were handed on, both ways together.
    pub(crate) fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// Attempts to connect for which there was no descriptor.
    pub(crate) fn turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::Relaxed)
    }

    /// Connections that were open and broke off because the host's network failed or its peer fell silent.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    pub(super) fn add_moved(&self, octets: usize) {
        self.moved.fetch_add(octets as u64, Ordering::Relaxed);
    }

    pub(super) fn add_turned_away(&self) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn add_lost(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }
}

/// Room for a bounded number of connections, both those that go out and those that come in: each takes a descriptor.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    free: Arc<Semaphore>,
    tally: Arc<Tally>,
}

/// A connection's place in the room, until dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    tally: Arc<Tally>,
    _permit: OwnedSemaphorePermit,
}

impl Room {
    /// Room for this many.
    pub(crate) fn new(connections: usize) -> Self {
        let free = Semaphore::new(connections.min(Semaphore::MAX_PERMITS));
        Self { free: Arc::new(free), tally: Arc::default() }
    }

    /// A seat; none, and counted, if all are taken.
    pub(crate) fn take(&self) -> Option<Seat> {
        match Arc::clone(&self.free).try_acquire_owned() {
            Ok(permit) => Some(Seat { tally: Arc::clone(&self.tally), _permit: permit }),
            Err(_) => {
                self.tally.add_turned_away();
                None
            }
        }
    }

    /// What became of those who sat here.
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }
}

impl Seat {
    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }
}
