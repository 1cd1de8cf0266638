//! The program, running.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process, pidfd_open, waitid, waitpid,
};

use crate::{Exit, Namespace};

/// A program that runs in a namespace of its own.
///
/// Dropping it ends the program. Either way nothing is left in its namespace: processes that it
/// started and left behind are ended too. The namespace itself stays until this is dropped.
#[derive(Debug)]
pub struct Child {
    pid: Pid,
    namespace: Option<Namespace>,
    /// Keeps the namespace, so that its kernel can still say goodbye when the program has ended.
    held: Option<OwnedFd>,
    /// By which the namespace's kernel can be asked about its sockets.
    sockets: Option<OwnedFd>,
    watch: Option<OwnedFd>,
    exit: Option<Exit>,
}

impl Child {
    /// Takes responsibility for the process `pid`, a child of ours nobody has waited for.
    pub(crate) fn new(pid: Pid) -> Self {
        Self { pid, namespace: None, held: None, sockets: None, watch: None, exit: None }
    }

    /// What the process reported of the namespace it made.
    pub(crate) fn lives_in(&mut self, namespace: Namespace) {
        self.namespace = Some(namespace);
        // Without it the last segments may be lost; nothing else depends on it.
        self.held = namespace.hold(self.pid).ok();
    }

    /// What the process sent to ask its kernel with.
    pub(crate) fn has_sockets(&mut self, sockets: Option<OwnedFd>) {
        self.sockets = sockets;
    }

    /// The same, for who asks.
    pub(crate) fn take_sockets(&mut self) -> Option<OwnedFd> {
        self.sockets.take()
    }

    /// Its process id; its own until [`wait`](Self::wait) has returned.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// The network namespace it lives in.
    pub fn namespace(&self) -> Option<Namespace> {
        self.namespace
    }

    /// A descriptor that becomes readable when the program has ended, for a reactor to poll;
    /// [`try_wait`](Self::try_wait) then has the answer.
    ///
    /// # Errors
    ///
    /// As the system gives them, if it can make neither a process descriptor nor (before
    /// Linux 5.3) a pipe and a thread that waits.
    pub fn ended(&mut self) -> io::Result<BorrowedFd<'_>> {
        let watch = match self.watch.take() {
            Some(watch) => watch,
            None => match pidfd_open(self.pid, PidfdFlags::empty()) {
                Ok(process) => process,
                Err(_) => watch_by_thread(self.pid)?,
            },
        };
        let watch: &OwnedFd = self.watch.insert(watch);
        Ok(watch.as_fd())
    }

    /// Waits until the program ends, then ends what it left running in its namespace.
    ///
    /// # Errors
    ///
    /// As `waitpid` gives them: `ECHILD` if somebody else has waited for it.
    pub fn wait(&mut self) -> io::Result<Exit> {
        loop {
            if let Some(exit) = self.wait_with(WaitOptions::empty())? {
                return Ok(exit);
            }
        }
    }

    /// How the program ended, or `None` while it runs. Does not block, except to end what the
    /// program left running.
    ///
    /// # Errors
    ///
    /// As for [`wait`](Self::wait).
    pub fn try_wait(&mut self) -> io::Result<Option<Exit>> {
        self.wait_with(WaitOptions::NOHANG)
    }

    /// Sends the program a signal; nothing happens if it has ended.
    ///
    /// # Errors
    ///
    /// `EPERM` if the program has become another user's.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        // Until it is waited for, the number is its own.
        if self.exit.is_none() {
            kill_process(self.pid, signal)?;
        }
        Ok(())
    }

    fn wait_with(&mut self, options: WaitOptions) -> io::Result<Option<Exit>> {
        if self.exit.is_none() {
            let status = match waitpid(Some(self.pid), options) {
                Err(Errno::INTR) => return Ok(None),
                status => status?,
            };
            self.exit = status.and_then(|(_, status)| Exit::of(status));
            if let (Some(_), Some(namespace)) = (self.exit, self.namespace) {
                namespace.end_all();
            }
        }
        Ok(self.exit)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.exit.is_none() && self.signal(Signal::KILL).is_ok() {
            // Nobody is left to be told.
            let _ = self.wait();
        }
    }
}

/// For kernels without process descriptors: a thread waits, and the pipe's end that it holds
/// closes when it is done. The process stays to be waited for.
fn watch_by_thread(pid: Pid) -> io::Result<OwnedFd> {
    let (watch, held) = pipe_with(PipeFlags::CLOEXEC)?;
    std::thread::Builder::new().name("cordial-wait".into()).spawn(move || {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(waitid(WaitId::Pid(pid), options), Err(Errno::INTR)) {}
        drop(held);
    })?;
    Ok(watch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    const LONG: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };

    fn sleeper() -> Child {
        // Whom to wait for is all that is taken over: what std keeps does nothing when dropped.
        #[allow(clippy::zombie_processes)]
        let child = std::process::Command::new("sleep").arg("300").spawn().expect("sleep runs");
        Child::new(Pid::from_child(&child))
    }

    fn is_readable(fd: BorrowedFd<'_>, patience: Timespec) -> bool {
        poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&patience)) == Ok(1)
    }

    #[test]
    fn the_descriptor_says_when_the_program_has_ended() {
        let mut child = sleeper();
        assert!(!is_readable(child.ended().expect("a descriptor"), Timespec { tv_sec: 0, tv_nsec: 0 }));
        assert_eq!(child.try_wait().expect("a child of ours"), None);
        child.signal(Signal::TERM).expect("a child of ours");
        assert!(is_readable(child.ended().expect("a descriptor"), LONG));
        assert_eq!(child.try_wait().expect("a child of ours"), Some(Exit::Signal(15)));
        assert_eq!(child.wait().expect("remembered"), Exit::Signal(15));
    }

    #[test]
    fn the_waiting_thread_says_the_same_as_a_process_descriptor() {
        let mut child = sleeper();
        let watch = watch_by_thread(child.pid()).expect("a pipe and a thread");
        assert!(!is_readable(watch.as_fd(), Timespec { tv_sec: 0, tv_nsec: 0 }));
        child.signal(Signal::KILL).expect("a child of ours");
        assert!(is_readable(watch.as_fd(), LONG));
        assert_eq!(child.wait().expect("still to be waited for"), Exit::Signal(9));
    }

    #[test]
    fn a_dropped_child_is_ended_and_reaped() {
        let child = sleeper();
        let pid = child.pid();
        drop(child);
        assert_eq!(waitpid(Some(pid), WaitOptions::NOHANG).map(|_| ()), Err(Errno::CHILD));
    }
}
