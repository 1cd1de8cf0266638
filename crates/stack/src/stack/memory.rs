//! Writers that wait for memory: who comes first is told first.

use core::time::Duration;

use cordial_tcp::{CHUNK, Instant};

use super::Stack;
use crate::connections::{News, Starved};
use crate::{Chance, Observer};

/// Writers told after one input. Each of them writes, which is an input too: so all are told soon, and none of the inputs
/// costs much.
const TOLD: usize = 8;

/// When the next are told if nothing happens at all.
const QUIET: Duration = Duration::from_millis(10);

impl<C: Chance, O: Observer> Stack<C, O> {
    /// Puts it last among those that wait for memory, if it does.
    #[inline]
    pub(super) fn note_starved(&mut self, at: u32) {
        if self.connections.get(at).is_some_and(|socket| socket.tcp.waits_for_memory(&self.pool)) {
            self.starved.push(&mut Starved(&mut self.connections), at);
        }
    }

    /// It waits no longer.
    pub(super) fn forget_starved(&mut self, at: u32) {
        self.starved.remove(&mut Starved(&mut self.connections), at);
    }

    /// Tells those who have waited longest for memory that there is some: a chunk for each. Whoever comes too late for
    /// it waits again.
    #[inline]
    pub(super) fn offer_memory(&mut self) {
        if self.starved.is_empty() {
            return;
        }
        for _ in 0..TOLD.min(self.pool.available() / CHUNK) {
            let Some(at) = self.starved.head() else { return };
            self.forget_starved(at);
            self.note(at, News::WRITABLE);
        }
    }

    /// When to look again whether there is memory for those who wait: only if there was some left.
    pub(super) fn next_offer(&self) -> Option<Instant> {
        let waits = !self.starved.is_empty() && self.pool.available() >= CHUNK;
        waits.then(|| self.now + QUIET)
    }
}
