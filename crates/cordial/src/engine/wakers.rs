//! Tasks that wait, and tasks to be woken once the lock is given back.

use std::mem;
use std::task::Waker;

use smallvec::SmallVec;

use super::seats::{Seats, Ticket};

/// The tasks that wait for one thing.
///
/// A future has a seat of its own, which it gives up when it is dropped. Whoever polls without a future has nothing to
/// drop: there is one place for all of them, and the last who polled has it, as with tokio's sockets.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    last: Option<Waker>,
    /// From the first future on: most connections are only polled.
    futures: Option<Box<Seats>>,
}

impl Waiters {
    /// Whoever polls takes the place of whoever polled before.
    pub(super) fn poll(&mut self, waker: &Waker, woken: &mut Woken) {
        match &mut self.last {
            Some(last) => renew(last, waker, woken),
            None => self.last = Some(waker.clone()),
        }
    }

    /// A future takes a seat, or keeps the one it has.
    pub(super) fn sit(&mut self, ticket: Option<Ticket>, waker: &Waker, woken: &mut Woken) -> Ticket {
        let seats = self.futures.get_or_insert_default();
        if let Some(ticket) = ticket
            && let Some(known) = seats.waker_mut(ticket)
        {
            renew(known, waker, woken);
            return ticket;
        }
        seats.sit(waker.clone())
    }

    /// A future is gone. Its waker is handed out, unless it was woken.
    pub(super) fn leave(&mut self, ticket: Ticket) -> Option<Waker> {
        self.futures.as_mut()?.leave(ticket)
    }

    /// Moves all of them over, to be woken.
    pub(crate) fn wake(&mut self, woken: &mut Woken) {
        woken.wake.extend(self.last.take());
        if let Some(seats) = &mut self.futures {
            woken.wake.extend(seats.rise());
        }
    }
}

/// A task may poll with another waker each time.
fn renew(known: &mut Waker, waker: &Waker, woken: &mut Woken) {
    if !known.will_wake(waker) {
        woken.outdated = Some(mem::replace(known, waker.clone()));
    }
}

/// Tasks to wake. Waking may run anything, and so may dropping a waker: both happen after the lock was given back, when
/// this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Woken {
    wake: SmallVec<[Waker; 4]>,
    /// Only to be dropped. A call lets one task wait, so that it replaces one at most.
    outdated: Option<Waker>,
}

impl Woken {
    /// Adds one.
    pub(crate) fn push(&mut self, waker: Waker) {
        self.wake.push(waker);
    }
}

impl Drop for Woken {
    fn drop(&mut self) {
        self.wake.drain(..).for_each(Waker::wake);
    }
}
