//! The process that stands between us and the program, so that nothing outlives a run.
//!
//! ```text
//!   we ◀── what became of the program ── guardian ── parent of ──▶ the program ──▶ what it starts
//!      ──── the socket closes when we end, however we end ────▶ ends everything below it
//! ```
//!
//! The guardian is the *subreaper* of all that the program starts: a process that loses its parent,
//! because it became a daemon or was left behind, becomes the guardian's child, whichever
//! namespace, session or group it has moved to. So it can be found, ended and reaped, also when we
//! were killed. The guardian has one thread, so the program's fate does not hang on one of ours.

use std::convert::Infallible;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socketpair};
use rustix::process::{Pid, WaitOptions, waitpid};

use crate::Exit;

mod family;
mod keeper;

/// Our end of a guardian. Dropping it makes the guardian end everything with SIGKILL, and waits
/// until it has.
#[derive(Debug)]
pub(crate) struct Guardian {
    pid: Pid,
    /// Gone once the guardian has been waited for.
    socket: Option<OwnedFd>,
}

/// What a guardian tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    /// The process that is to become the program.
    Forked(Pid),
    /// There is no such process: the guardian ends.
    Failed(Errno),
    /// The program was stopped, by the terminal or by somebody's signal.
    Stopped,
    /// The program goes on.
    Continued,
    /// The program has ended.
    Ended(Exit),
    /// The program left this many processes running, and they are being ended.
    Left(u32),
    /// This many processes could not be ended, and the guardian gives up.
    Remain(u32),
}

/// How to wait for news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Until there is some.
    Block,
    /// Not at all: [`Errno::AGAIN`] if there is none.
    Look,
}

impl Guardian {
    /// Forks a guardian, which forks a process that does `body`. It is given its parent's id.
    ///
    /// What runs between fork and exec makes system calls and nothing else, `body` included: other
    /// threads of ours may hold the allocator's lock.
    pub(crate) fn start(body: impl FnOnce(Pid) -> Infallible) -> io::Result<(Self, Pid)> {
        let (ours, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        // SAFETY: other threads may hold locks, the allocator's among them, which stay locked for
        // ever in the new process. It calls nothing but `keeper::run`, which takes none and never
        // returns.
        let pid = match unsafe { libc::fork() } {
            0 => keeper::run(&ours, &theirs, body),
            pid if pid > 0 => Pid::from_raw(pid).ok_or(io::ErrorKind::InvalidData)?,
            _ => return Err(io::Error::last_os_error()),
        };
        drop(theirs);
        let guardian = Self { pid, socket: Some(ours) };
        match guardian.news(Patience::Block) {
            Ok(Some(News::Forked(child))) => Ok((guardian, child)),
            Ok(Some(News::Failed(errno))) | Err(errno) => Err(errno.into()),
            Ok(_) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// The next news; `None` once the guardian has ended.
    pub(crate) fn news(&self, patience: Patience) -> Result<Option<News>, Errno> {
        let Some(socket) = &self.socket else { return Ok(None) };
        let flags = match patience {
            Patience::Block => RecvFlags::empty(),
            Patience::Look => RecvFlags::DONTWAIT,
        };
        let mut octets = [0; News::LEN];
        loop {
            match recv(socket, &mut octets[..], flags) {
                Err(Errno::INTR) => {}
                Ok((0, _)) | Err(Errno::CONNRESET) => return Ok(None),
                Ok(_) => return News::parse(octets).ok_or(Errno::PROTO).map(Some),
                Err(errno) => return Err(errno),
            }
        }
    }

    /// The guardian's process.
    #[cfg(test)]
    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Readable when there is news; `None` once it has been waited for.
    pub(crate) fn readable(&self) -> Option<BorrowedFd<'_>> {
        self.socket.as_ref().map(AsFd::as_fd)
    }

    /// Waits for its end. True if it ended as it should; false if somebody killed it, and what it
    /// watched over may still be there.
    pub(crate) fn finish(&mut self) -> bool {
        // The other end of it closes: what still runs is ended.
        if self.socket.take().is_none() {
            return true;
        }
        loop {
            match waitpid(Some(self.pid), WaitOptions::empty()) {
                Err(Errno::INTR) => {}
                // Somebody who waits for every child of ours has waited for it: we cannot tell.
                Err(_) | Ok(None) => return true,
                Ok(Some((_, status))) => return status.exit_status() == Some(0),
            }
        }
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        self.finish();
    }
}

impl News {
    const LEN: usize = 8;

    fn emit(self) -> [u8; Self::LEN] {
        let (kind, value) = match self {
            Self::Forked(pid) => (b'F', pid.as_raw_pid()),
            Self::Failed(errno) => (b'X', errno.raw_os_error()),
            Self::Stopped => (b'S', 0),
            Self::Continued => (b'C', 0),
            Self::Ended(Exit::Code(code)) => (b'E', code.into()),
            Self::Ended(Exit::Signal(number)) => (b'K', number.into()),
            Self::Left(number) => (b'L', i32::try_from(number).unwrap_or(i32::MAX)),
            Self::Remain(number) => (b'R', i32::try_from(number).unwrap_or(i32::MAX)),
        };
        let [v0, v1, v2, v3] = value.to_ne_bytes();
        [kind, 0, 0, 0, v0, v1, v2, v3]
    }

    fn parse(octets: [u8; Self::LEN]) -> Option<Self> {
        let [kind, _, _, _, v0, v1, v2, v3] = octets;
        let value = i32::from_ne_bytes([v0, v1, v2, v3]);
        Some(match kind {
            b'F' => Self::Forked(Pid::from_raw(value.max(0))?),
            b'X' => Self::Failed((1..4096).contains(&value).then(|| Errno::from_raw_os_error(value))?),
            b'S' => Self::Stopped,
            b'C' => Self::Continued,
            b'E' => Self::Ended(Exit::Code(value.try_into().ok()?)),
            b'K' => Self::Ended(Exit::Signal(value.try_into().ok()?)),
            b'L' => Self::Left(u32::try_from(value).ok()?),
            b'R' => Self::Remain(u32::try_from(value).ok()?),
            _ => return None,
        })
    }

    /// Tells it; if nobody listens any more, nobody wants to know.
    fn tell(self, socket: &OwnedFd) {
        let flags = match self {
            // Without a listener in time these are no news any more.
            Self::Stopped | Self::Continued => SendFlags::NOSIGNAL | SendFlags::DONTWAIT,
            _ => SendFlags::NOSIGNAL,
        };
        let _ = send(socket, &self.emit(), flags);
    }
}

#[cfg(test)]
mod tests;
