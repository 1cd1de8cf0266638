//! The engine behind its lock.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use cordial_stack::Instant;

use super::{Engine, Turn};
use crate::Stopped;

/// What the tasks of a host share.
pub(crate) struct Shared {
    engine: Mutex<Engine>,
    /// Where the host's time begins.
    origin: tokio::time::Instant,
}

impl Shared {
    pub(crate) fn new(engine: Engine) -> Self {
        Self { engine: Mutex::new(engine), origin: tokio::time::Instant::now() }
    }

    /// The host's time.
    pub(crate) fn now(&self) -> Instant {
        let nanos = self.origin.elapsed().as_nanos();
        Instant::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// The moment of the runtime's clock that `at` is.
    pub(crate) fn runtime_instant(&self, at: Instant) -> tokio::time::Instant {
        self.origin + at.since(Instant::ZERO)
    }

    /// Makes a call into the stack, and does what follows from it: packets go out, tasks wake.
    pub(crate) fn call<R>(&self, call: impl FnOnce(&mut Engine, Instant) -> R) -> R {
        let mut engine = self.lock();
        let now = self.now();
        let result = call(&mut engine, now);
        engine.follow_up(now);
        unlock(engine);
        result
    }

    /// Looks without changing anything that others wait for.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&mut Engine) -> R) -> R {
        let mut engine = self.lock();
        let result = look(&mut engine);
        unlock(engine);
        result
    }

    /// One turn of the driver, which `waker` wakes.
    pub(crate) fn turn(&self, waker: &Waker, receive: bool, buffer: &mut [u8]) -> Turn {
        let mut engine = self.lock();
        let turn = engine.turn(self.now(), waker, receive, buffer);
        unlock(engine);
        turn
    }

    /// Ends the host.
    pub(crate) fn stop(&self, why: Stopped) {
        let mut engine = self.lock();
        engine.stop(why);
        unlock(engine);
    }

    /// A poisoned lock is used on: what panicked was a closure of the caller's, before the stack changed.
    fn lock(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the lock back, then wakes: waking may run anything.
fn unlock(mut engine: MutexGuard<'_, Engine>) {
    let woken = mem::take(&mut engine.woken);
    drop(engine);
    drop(woken);
}
