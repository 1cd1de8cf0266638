//! Waiting for the program while signals arrive.

use std::io;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use crate::signals::Policy;
use crate::{Child, Exit, Signals};

/// A stop of this process, because the program has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It comes next.
    Begins,
    /// Somebody has let us go on.
    IsOver,
}

impl Child {
    /// Waits until the program has ended, and what it left running as well. Meanwhile the signals
    /// that reach us alone are passed on, and a second Ctrl-C ends a program that ignores the
    /// first. When the program is stopped, by Ctrl-Z say, so are we: `around` is called before and
    /// after, to give the terminal back, say.
    ///
    /// # Errors
    ///
    /// As the system gives them.
    pub fn attend(&mut self, signals: &mut Signals, mut around: impl FnMut(Stop)) -> io::Result<Exit> {
        let mut policy = Policy::new();
        loop {
            while let Some(heard) = signals.try_next()? {
                let action = policy.on(heard.signal, self.reach(heard), self.ignores(heard.signal));
                // A program that has become another user's is not ours to signal.
                let _ = action.apply(self);
            }
            if let Some(exit) = self.try_wait()? {
                return Ok(exit);
            }
            if self.is_stopped() {
                around(Stop::Begins);
                let stopped = self.stop_along();
                around(Stop::IsOver);
                stopped?;
                continue;
            }
            let Some(watch) = self.watch() else { continue };
            let mut ready = [PollFd::new(&watch, PollFlags::IN), PollFd::new(&*signals, PollFlags::IN)];
            match poll(&mut ready, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}
