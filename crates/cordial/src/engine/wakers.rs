//! Tasks that wait, and tasks to be woken once the lock is given back.

use std::task::{Context, Waker};

use smallvec::SmallVec;

/// The tasks that wait for one thing. Mostly none or one, kept in place.
#[derive(Debug, Default)]
pub(crate) struct Waiters(SmallVec<[Waker; 1]>);

impl Waiters {
    /// Adds the task that polls. A task that waits already is not added twice.
    pub(crate) fn add(&mut self, cx: &Context<'_>) {
        if !self.0.iter().any(|waiting| waiting.will_wake(cx.waker())) {
            self.0.push(cx.waker().clone());
        }
    }

    /// Moves all of them over, to be woken.
    pub(crate) fn wake(&mut self, woken: &mut Woken) {
        woken.0.extend(self.0.drain(..));
    }

    /// True if nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Tasks to wake. Waking may run anything, so it happens after the lock was given back: when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Woken(SmallVec<[Waker; 4]>);

impl Woken {
    /// Adds one.
    pub(crate) fn push(&mut self, waker: Waker) {
        self.0.push(waker);
    }
}

impl Drop for Woken {
    fn drop(&mut self) {
        self.0.drain(..).for_each(Waker::wake);
    }
}
