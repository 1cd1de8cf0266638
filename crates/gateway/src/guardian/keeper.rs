//! What the guardian does: forks, waits, reaps, and ends what is left.
//!
//! All of it runs after a fork without exec, possibly of a process that had many threads: it makes
//! system calls, and neither allocates nor takes a lock nor panics.

use std::convert::Infallible;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, chdir, getpid, getppid, kill_process, set_child_subreaper, setsid,
    wait, waitpid,
};
use rustix::time::{ClockId, clock_gettime};

use super::News;
use super::family::{STOPPED, for_each_below};
use crate::Exit;
use crate::descriptors::{Closed, close, close_others};
use crate::signals::restore;

/// What is left when the program has ended may end by itself for so long: `tee`, say, that has the
/// last lines still to write.
const GRACE_MS: i64 = 100;
/// Then it is asked to end, and has so long to do so.
const FAREWELL_MS: i64 = 1_000;
/// Then it is killed: how often, with what in between, before what the kernel cannot end is left.
const PASSES: u32 = 500;
const BETWEEN_PASSES_MS: i64 = 10;
/// Before each of these, everything is stopped: in so many looks, which a process that cannot be
/// stopped, because it waits for a disk, does not hold up for long.
const HOLDS: u32 = 20;
const BETWEEN_HOLDS_MS: i64 = 1;

/// Becomes the guardian: forks the process that does `body`, and watches over it. `ours` is the
/// other end of `socket`.
pub(super) fn run(ours: &OwnedFd, socket: &OwnedFd, body: impl FnOnce(Pid) -> Infallible) -> ! {
    // Before the fork: whoever started us may ignore it, and then nobody could be waited for.
    set_default(libc::SIGCHLD);
    let before = block_everything();
    let we = getpid();
    let watched_by = getppid();
    // Without it, what loses its parent is ended only if it is found in the namespace.
    let _ = set_child_subreaper(Some(we));
    // SAFETY: what runs in the new process is `body`, of which the caller promises that it makes
    // system calls only; there is one thread.
    match unsafe { libc::fork() } {
        0 => {
            restore(&before);
            close(ours.as_raw_fd());
            close(socket.as_raw_fd());
            match body(we) {}
        }
        child
            if child > 0
                && let Some(program) = Pid::from_raw(child) =>
        {
            withdraw(socket);
            match child_signals() {
                Ok(arrivals) => {
                    News::Forked(program).tell(socket);
                    Keeper { socket, arrivals, program, watched_by, ended: false }.keep();
                }
                Err(errno) => {
                    // Nobody could be watched over: it must not begin.
                    let _ = kill_process(program, Signal::KILL);
                    let _ = waitpid(Some(program), WaitOptions::empty());
                    News::Failed(errno).tell(socket);
                }
            }
        }
        _ => News::Failed(last_errno()).tell(socket),
    }
    // SAFETY: ends the process at once; no destructor or exit handler of the parent's runs here.
    unsafe { libc::_exit(0) }
}

/// Lets go of everything that is the parent's: its terminal, its files, its directory.
fn withdraw(socket: &OwnedFd) {
    let _ = rustix::thread::set_name(c"cordial-guard");
    let _ = setsid();
    let _ = chdir(c"/");
    if let Ok(null) = rustix::fs::open(c"/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()) {
        let _ = rustix::stdio::dup2_stdin(&null);
        let _ = rustix::stdio::dup2_stdout(&null);
        let _ = rustix::stdio::dup2_stderr(&null);
    }
    let _ = close_others(Closed::All, socket.as_fd());
}

/// Readable when a child has changed.
fn child_signals() -> Result<OwnedFd, Errno> {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises the set that it is given, sigaddset is given that set, and
    // signalfd reads it; -1 asks for a new descriptor.
    let fd = unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGCHLD);
        libc::signalfd(-1, set.as_ptr(), libc::SFD_NONBLOCK | libc::SFD_CLOEXEC)
    };
    if fd < 0 {
        return Err(last_errno());
    }
    // SAFETY: the descriptor is new and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// The guardian at work.
struct Keeper<'a> {
    socket: &'a OwnedFd,
    arrivals: OwnedFd,
    program: Pid,
    /// Who is at the other end of the socket.
    watched_by: Option<Pid>,
    /// The program has ended.
    ended: bool,
}

/// Whether anybody is left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Some,
    None,
}

impl Keeper<'_> {
    fn keep(mut self) {
        while !self.ended {
            if self.rest(None) == Watch::Over {
                // Killed, most likely, and with it goes all that it ran.
                return self.kill_all();
            }
            self.reap();
        }
        self.see_off();
    }

    /// Ends what the program left running: politely first.
    fn see_off(&mut self) {
        if self.wait_for_all(GRACE_MS) == Family::None {
            return;
        }
        News::Left(count_below()).tell(self.socket);
        let _ = for_each_below(getpid(), |pid, _| {
            let _ = kill_process(pid, Signal::TERM);
            let _ = kill_process(pid, Signal::CONT);
        });
        if self.wait_for_all(FAREWELL_MS) == Family::Some {
            self.kill_all();
        }
    }

    fn wait_for_all(&mut self, at_most_ms: i64) -> Family {
        let end = now_ms().saturating_add(at_most_ms);
        loop {
            let left = end - now_ms();
            match self.reap() {
                Family::None => return Family::None,
                Family::Some if left <= 0 => return Family::Some,
                Family::Some => {}
            }
            if self.rest(Some(left)) == Watch::Over {
                return Family::Some;
            }
        }
    }

    /// Ends everything with SIGKILL; tells what is still there after that.
    fn kill_all(&mut self) {
        for _ in 0..PASSES {
            self.hold_still();
            let _ = for_each_below(getpid(), |pid, _| {
                let _ = kill_process(pid, Signal::KILL);
            });
            self.pause(BETWEEN_PASSES_MS);
            if self.reap() == Family::None {
                return;
            }
        }
        News::Remain(count_below()).tell(self.socket);
    }

    /// Stops everything, until a look finds nothing that runs: what forks faster than it is killed would
    /// have children for ever, and what has stopped has no more.
    fn hold_still(&self) {
        for _ in 0..HOLDS {
            let mut runs = false;
            let _ = for_each_below(getpid(), |pid, state| {
                if state != STOPPED {
                    runs = true;
                    let _ = kill_process(pid, Signal::STOP);
                }
            });
            if !runs {
                return;
            }
            self.pause(BETWEEN_HOLDS_MS);
        }
    }

    /// Until a child has changed, or so long.
    fn pause(&self, ms: i64) {
        let _ = poll(&mut [PollFd::new(&self.arrivals, PollFlags::IN)], Some(&timespec(ms)));
    }

    /// Waits until a child has changed, or the other end of the socket has closed, or `ms` have
    /// passed.
    fn rest(&self, ms: Option<i64>) -> Watch {
        let mut ready = [PollFd::new(self.socket, PollFlags::IN), PollFd::new(&self.arrivals, PollFlags::IN)];
        let _ = poll(&mut ready, ms.map(timespec).as_ref());
        let mut octet = [0_u8];
        match recv(self.socket, &mut octet[..], RecvFlags::DONTWAIT) {
            Err(Errno::AGAIN | Errno::INTR) => Watch::Goes,
            // Nobody says anything to us: it has closed.
            _ => Watch::Over,
        }
    }

    /// Takes note of every child that has changed.
    fn reap(&mut self) -> Family {
        let mut room = [0; size_of::<libc::signalfd_siginfo>()];
        // One entry stands for any number of children.
        let _ = rustix::io::read(&self.arrivals, &mut room);
        let options = WaitOptions::NOHANG | WaitOptions::UNTRACED | WaitOptions::CONTINUED;
        loop {
            match wait(options) {
                Ok(Some((pid, status))) if pid == self.program && !self.ended => self.on_program(status),
                Ok(Some(_)) | Err(Errno::INTR) => {}
                Ok(None) => return Family::Some,
                Err(_) => return Family::None,
            }
        }
    }

    fn on_program(&mut self, status: WaitStatus) {
        if let Some(exit) = Exit::of(status) {
            self.ended = true;
            News::Ended(exit).tell(self.socket);
        } else if status.stopped() {
            News::Stopped.tell(self.socket);
        } else {
            News::Continued.tell(self.socket);
            // Who stopped along with the program goes on along with it.
            if let Some(watcher) = self.watched_by {
                let _ = kill_process(watcher, Signal::CONT);
            }
        }
    }
}

/// How many processes are below us.
fn count_below() -> u32 {
    let mut number = 0_u32;
    let _ = for_each_below(getpid(), |_, _| number = number.saturating_add(1));
    number
}

/// Whether the other end of the socket is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Watch {
    Goes,
    Over,
}

fn now_ms() -> i64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec.saturating_mul(1_000).saturating_add(now.tv_nsec / 1_000_000)
}

fn timespec(ms: i64) -> Timespec {
    let ms = ms.max(0);
    Timespec { tv_sec: ms / 1_000, tv_nsec: (ms % 1_000) * 1_000_000 }
}

fn set_default(signal: libc::c_int) {
    // SAFETY: sets a disposition, not a handler: no code of ours can run by it.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
}

/// Nothing that is sent to us by mistake, or to everybody, ends us. Gives the mask before.
fn block_everything() -> libc::sigset_t {
    let mut all = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: the first call initialises the first set, the second reads it and fills the other.
    // It cannot fail: the operation is known. sigemptyset sees to it that `before` is initialised
    // even so.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::sigemptyset(before.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), before.as_mut_ptr());
        before.assume_init()
    }
}

fn last_errno() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)
}
