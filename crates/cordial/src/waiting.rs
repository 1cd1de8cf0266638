//! Futures that wait, and leave nothing behind when they are dropped.

use std::future::poll_fn;
use std::task::Poll;

use crate::Host;
use crate::engine::{Caller, Engine, Seat};

/// A future's seat among those who wait, given up when it is dropped.
struct Waiting<'a> {
    host: &'a Host,
    seat: Option<Seat>,
}

impl Host {
    /// Polls until it is done, as a future with a seat of its own.
    pub(crate) async fn wait<T>(&self, mut poll: impl FnMut(Caller<'_>) -> Poll<T>) -> T {
        let mut waiting = Waiting { host: self, seat: None };
        poll_fn(|cx| poll(Caller::future(cx, &mut waiting.seat))).await
    }

    /// As [`wait`](Self::wait), and looks with each poll.
    pub(crate) async fn until<T>(&self, mut look: impl FnMut(&mut Engine, Caller<'_>) -> Poll<T>) -> T {
        self.wait(|caller| self.look(|engine| look(engine, caller))).await
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(seat) = self.seat.take() {
            // What is taken out is dropped after the lock, as is every waker.
            let _waker = self.host.look(|engine| engine.leave(seat));
        }
    }
}
