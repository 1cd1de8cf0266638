//! The program, running.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Signal, getpgid, getpgrp, getpid, kill_process, kill_process_group, pidfd_open,
    pidfd_send_signal,
};
use rustix::termios::{tcgetpgrp, tcsetpgrp};

use crate::guardian::{Guardian, News, Patience};
use crate::owner::Sockets;
use crate::signals::ignores;
use crate::{Exit, Namespace};

/// A program that runs in a namespace of its own.
///
/// Dropping it ends the program. Either way nothing is left of it: processes that it started and
/// left behind are ended too, wherever they have moved to, also if we are killed (a guardian
/// process sees to that). The namespace itself stays until this is dropped.
#[derive(Debug)]
pub struct Child {
    pid: Pid,
    /// The process itself, whoever has its number by now; before Linux 5.3 there is no such thing.
    process: Option<OwnedFd>,
    guardian: Guardian,
    namespace: Option<Namespace>,
    /// Keeps the namespace, so that its kernel can still say goodbye when the program has ended.
    held: Option<OwnedFd>,
    /// By which the namespace's kernel can be asked about its sockets.
    sockets: Option<Sockets>,
    stopped: bool,
    /// How often it was stopped.
    stops: u64,
    left: u32,
    remain: u32,
    exit: Option<Exit>,
    /// Nothing of it is there any more.
    over: bool,
}

/// In which a program that goes on with us is heard to do so.
const A_MOMENT: Timespec = Timespec { tv_sec: 2, tv_nsec: 0 };

impl Child {
    /// Takes responsibility for the process `pid` and its guardian.
    pub(crate) fn new(pid: Pid, guardian: Guardian) -> Self {
        let process = pidfd_open(pid, PidfdFlags::empty()).ok();
        Self {
            pid,
            process,
            guardian,
            namespace: None,
            held: None,
            sockets: None,
            stopped: false,
            stops: 0,
            left: 0,
            remain: 0,
            exit: None,
            over: false,
        }
    }

    /// What the process reported of the namespace it made.
    pub(crate) fn lives_in(&mut self, namespace: Namespace) {
        self.namespace = Some(namespace);
        // Without it the last segments may be lost; nothing else depends on it.
        self.held = namespace.hold(self.pid).ok();
    }

    /// What the process sent to ask its kernel with.
    pub(crate) fn has_sockets(&mut self, sockets: Option<OwnedFd>) {
        self.sockets = sockets.map(Sockets::new);
    }

    /// The same, for who asks.
    pub(crate) fn sockets(&self) -> Option<Sockets> {
        self.sockets.clone()
    }

    /// Its process id; its own until it has ended.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// The network namespace it lives in.
    pub fn namespace(&self) -> Option<Namespace> {
        self.namespace
    }

    /// A descriptor that becomes readable when something has become of the program, for a reactor
    /// to poll; [`try_wait`](Self::try_wait) then takes note of it. `None` when it is over.
    pub fn watch(&self) -> Option<BorrowedFd<'_>> {
        self.guardian.readable()
    }

    /// Waits until the program has ended, and what it left running as well.
    ///
    /// # Errors
    ///
    /// As the system gives them.
    pub fn wait(&mut self) -> io::Result<Exit> {
        loop {
            self.take_note(Patience::Block)?;
            if let (true, Some(exit)) = (self.over, self.exit) {
                return Ok(exit);
            }
        }
    }

    /// How the program ended, or `None` while it, or something that it left running, is there. Does
    /// not block.
    ///
    /// # Errors
    ///
    /// As for [`wait`](Self::wait).
    pub fn try_wait(&mut self) -> io::Result<Option<Exit>> {
        while !self.over {
            match self.take_note(Patience::Look) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                noted => noted?,
            }
        }
        Ok(self.exit)
    }

    /// True if the program was stopped, by Ctrl-Z say, when [`try_wait`](Self::try_wait) last
    /// looked.
    pub fn is_stopped(&self) -> bool {
        self.stopped && self.exit.is_none()
    }

    /// How many processes the program left running when it ended. They had a moment to end by
    /// themselves, and another after SIGTERM, and then they were killed.
    pub fn left_running(&self) -> u32 {
        self.left
    }

    /// How many of those could not be ended, not by SIGKILL either.
    pub fn remaining(&self) -> u32 {
        self.remain
    }

    /// True if the program ignores this signal.
    pub(crate) fn ignores(&self, signal: Signal) -> bool {
        ignores(self.pid, signal)
    }

    /// Sends the program a signal; nothing happens if it has ended.
    ///
    /// # Errors
    ///
    /// `EPERM` if the program has become another user's.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        if self.exit.is_some() {
            return Ok(());
        }
        let sent = match &self.process {
            Some(process) => pidfd_send_signal(process, signal),
            None => kill_process(self.pid, signal),
        };
        // It has ended, and we have not been told yet.
        if sent == Err(Errno::SRCH) { Ok(()) } else { Ok(sent?) }
    }

    /// Stops this process because the program is stopped, so that the shell that waits for us
    /// takes the terminal back. Returns when either goes on, and then both do.
    ///
    /// # Errors
    ///
    /// As for [`try_wait`](Self::try_wait).
    pub(crate) fn stop_along(&mut self) -> io::Result<()> {
        let terminal = Terminal::of(self.pid);
        kill_process(getpid(), Signal::STOP)?;
        if let Some(terminal) = terminal {
            terminal.hand_on();
        }
        // A shell goes on with our process group, and then it is news in a moment that the program
        // does. A program in another group, or one that was left stopped, is told by us. A stop that
        // is new is another matter.
        let stops = self.stops;
        let group = getpgid(Some(self.pid)).ok();
        if let Some(news) = self.watch().filter(|_| group == Some(getpgrp())) {
            let _ = poll(&mut [PollFd::new(&news, PollFlags::IN)], Some(&A_MOMENT));
        }
        self.try_wait()?;
        if self.is_stopped() && self.stops == stops {
            self.stopped = false;
            if group == Some(self.pid) && self.process.is_some() {
                let _ = kill_process_group(self.pid, Signal::CONT);
            }
            self.signal(Signal::CONT)?;
        }
        Ok(())
    }

    fn take_note(&mut self, patience: Patience) -> io::Result<()> {
        match self.guardian.news(patience)? {
            Some(News::Stopped) => {
                self.stopped = true;
                self.stops += 1;
            }
            Some(News::Continued) => self.stopped = false,
            Some(News::Ended(exit)) => self.exit = Some(exit),
            Some(News::Left(number)) => self.left = number,
            Some(News::Remain(number)) => self.remain = number,
            Some(News::Forked(_) | News::Failed(_)) => {}
            None => self.conclude(),
        }
        Ok(())
    }

    /// The guardian has ended, which it does last.
    fn conclude(&mut self) {
        if !self.guardian.finish()
            && let Some(namespace) = self.namespace
        {
            namespace.end_all();
        }
        // Without a guardian the kernel has ended the program with SIGKILL.
        self.exit.get_or_insert(Exit::Signal(9));
        self.over = true;
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.over {
            self.conclude();
        }
    }
}

/// A terminal whose foreground was the program's, in a process group that is not ours: a shell that
/// stopped itself. Who continues us gives the foreground to our group, and knows of no other.
struct Terminal {
    terminal: OwnedFd,
    group: Pid,
}

impl Terminal {
    fn of(program: Pid) -> Option<Self> {
        let group = getpgid(Some(program)).ok().filter(|&group| group != getpgrp())?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let terminal = rustix::fs::open(c"/dev/tty", flags, Mode::empty()).ok()?;
        tcgetpgrp(&terminal).is_ok_and(|front| front == group).then_some(Self { terminal, group })
    }

    /// From our group to the program's, if ours has it now.
    fn hand_on(self) {
        if tcgetpgrp(&self.terminal).is_ok_and(|front| front == getpgrp()) {
            // A group that is gone has no use for it.
            let _ = tcsetpgrp(&self.terminal, self.group);
        }
    }
}

#[cfg(test)]
mod tests;
