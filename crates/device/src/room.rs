//! Whether a descriptor takes more.

use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// What is known of the room behind a descriptor: there is some, until a send finds none.
#[derive(Debug, Default)]
pub(crate) struct Room {
    full: bool,
}

impl Room {
    /// True if a send may succeed: a system call only after one that found no room.
    pub(crate) fn is_there(&mut self, fd: impl AsFd) -> bool {
        if self.full {
            let mut fds = [PollFd::new(&fd, PollFlags::OUT)];
            // An error shows at the next send.
            self.full = poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) == Ok(0);
        }
        !self.full
    }

    /// A send failed with this.
    pub(crate) fn note(&mut self, errno: Errno) {
        self.full = matches!(errno, Errno::AGAIN | Errno::NOBUFS);
    }
}
