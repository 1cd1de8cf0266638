//! Closing what a forked process has inherited and does not need. System calls only: it runs
//! between fork and exec.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use rustix::fs::{Mode, OFlags, RawDir};
use rustix::io::{Errno, FdFlags};

/// Which descriptors to close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    /// Those that a program would not inherit.
    OnExec,
    /// All.
    All,
}

/// Closes descriptors, except the standard streams and `keep`: a copy of, say, a pipe's end would
/// keep its reader waiting.
pub(crate) fn close_others(which: Closed, keep: BorrowedFd<'_>) -> Result<(), Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::open(c"/proc/self/fd", flags, Mode::empty())?;
    let kept = [keep.as_raw_fd(), directory.as_raw_fd()];
    let mut space = [MaybeUninit::<u8>::uninit(); 2048];
    let mut entries = RawDir::new(&directory, &mut space);
    while let Some(entry) = entries.next() {
        let name = entry?.file_name().to_str().ok().and_then(|name| name.parse::<RawFd>().ok());
        if let Some(fd) = name.filter(|fd| *fd > 2 && !kept.contains(fd))
            && (which == Closed::All || is_close_on_exec(fd))
        {
            close(fd);
        }
    }
    Ok(())
}

fn is_close_on_exec(fd: RawFd) -> bool {
    // SAFETY: the descriptor was listed as open a moment ago, in a process with one thread.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    rustix::io::fcntl_getfd(fd).is_ok_and(|flags| flags.contains(FdFlags::CLOEXEC))
}

/// Closes a descriptor whose owner lives in the process that we were forked from.
pub(crate) fn close(fd: RawFd) {
    // SAFETY: in the parent it stays open; here nothing but a list of steps runs, and it uses none
    // of these.
    unsafe { libc::close(fd) };
}
