//! What becomes of the signals that reach us while a program runs.
//!
//! The program is in our process group: what the user types at the terminal (Ctrl-C, Ctrl-\, Ctrl-Z,
//! a hang-up) has reached it already, and it decides; we stop when it has stopped, not when we are
//! asked to. What another process sends to us alone is passed on, and what one sends to the whole
//! group, as `timeout` does, is not: the program has it. A second Ctrl-C ends a program
//! that ignores the first; one that answers it, as interactive programs do, may be interrupted as
//! often as one likes.

use std::fs;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;
use std::time::Duration;

use rustix::process::{Pid, Signal, getpgid, getpgrp, getpid};

use crate::Child;

/// The signals that a [`Signals`] takes in.
const TAKEN: [Signal; 10] = [
    Signal::INT,
    Signal::TERM,
    Signal::HUP,
    Signal::QUIT,
    Signal::USR1,
    Signal::USR2,
    Signal::WINCH,
    // Those that stop. With TTOU blocked we may write to the terminal from the background too: the
    // ladders of a run that was put there come out when it is over.
    Signal::TSTP,
    Signal::TTIN,
    Signal::TTOU,
];

/// Those that a run without a program leaves to the kernel.
const DEADLY: [Signal; 5] = [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT, Signal::TSTP];

/// How long a process may take from a signal to us to one to its group.
const BETWEEN_THE_TWO: Duration = Duration::from_millis(20);

/// The signals by which users, terminals and supervisors talk to a program, read from a descriptor
/// and no longer deadly to us: SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and 2, SIGWINCH, SIGTSTP,
/// SIGTTIN, SIGTTOU. Those that we were started to ignore (`nohup`, a shell's background) are left
/// out: the program ignores them as well.
///
/// They are blocked in the thread that makes this and in every thread it starts later, so make it
/// in `main` before the runtime. Dropping it restores the signal mask of the thread that drops it.
/// The program is not affected, whether it was spawned before or after.
#[derive(Debug)]
pub struct Signals {
    fd: OwnedFd,
    before: libc::sigset_t,
}

/// A signal that reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Which.
    pub signal: Signal,
    /// Who sent it.
    pub sender: Sender,
}

/// Who sent a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// The terminal, to the program as well.
    Terminal,
    /// A process; none if it is not one that we can see.
    Process(Option<Pid>),
}

/// Whom a signal has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Us alone.
    Us,
    /// The program as well.
    Both,
}

impl Child {
    /// Whom this signal has reached, as far as it can be told.
    ///
    /// The kernel does not say whether a signal was sent to one process or to a group. A process of
    /// our group that sends to the whole of it gets the signal itself; one that wants to live on
    /// ignores it first (`timeout` does), while one that sends to us alone (a script's `kill $!`) has no
    /// reason to. And the processes of the program know nobody here but their group.
    pub(crate) fn reach(&self, heard: Heard) -> Reach {
        let is_shared = || getpgid(Some(self.pid())).is_ok_and(|group| group == getpgrp());
        let is_everybodys = match heard.sender {
            Sender::Terminal => true,
            Sender::Process(None) => false,
            Sender::Process(Some(pid)) => is_shared() && self.is_for_the_group(heard.signal, pid),
        };
        if is_everybodys { Reach::Both } else { Reach::Us }
    }

    fn is_for_the_group(&self, signal: Signal, sender: Pid) -> bool {
        let is_member = sender != getpid() && getpgid(Some(sender)).is_ok_and(|group| group == getpgrp());
        let has_ignored = || {
            // `timeout` signals us first and everybody next: it may be between the two.
            ignores(sender, signal) || {
                std::thread::sleep(BETWEEN_THE_TWO);
                ignores(sender, signal)
            }
        };
        is_member && (self.namespace().is_some_and(|inside| inside.has(sender)) || has_ignored())
    }
}

impl Signals {
    /// Blocks the signals in this thread and opens the descriptor they are read from.
    ///
    /// # Errors
    ///
    /// As the system gives them: out of descriptors, or no `signalfd`.
    pub fn block() -> io::Result<Self> {
        let taken = set_of(|signal| !is_ignored(signal));
        let mut before = MaybeUninit::uninit();
        // SAFETY: `taken` is an initialised set and `before` has room for one; both outlive the call.
        check(unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &taken, before.as_mut_ptr()) })?;
        // SAFETY: the call above succeeded and so has filled it in.
        let before = unsafe { before.assume_init() };
        let flags = libc::SFD_NONBLOCK | libc::SFD_CLOEXEC;
        // SAFETY: `taken` is an initialised set that outlives the call; -1 asks for a new descriptor.
        let fd = unsafe { libc::signalfd(-1, &taken, flags) };
        if fd < 0 {
            let error = io::Error::last_os_error();
            restore(&before);
            return Err(error);
        }
        // SAFETY: the descriptor is new and nobody else's.
        Ok(Self { fd: unsafe { OwnedFd::from_raw_fd(fd) }, before })
    }

    /// The next signal that has reached us, or `None` when there is none; never blocks.
    ///
    /// # Errors
    ///
    /// As `read` gives them.
    pub fn try_next(&mut self) -> io::Result<Option<Heard>> {
        let mut octets = [0; size_of::<libc::signalfd_siginfo>()];
        match rustix::io::read(&self.fd, &mut octets) {
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => return Ok(None),
            read => read?,
        };
        // SAFETY: the structure is made of integers: any octets are a value of it. The read need
        // not be aligned.
        let info = unsafe { ptr::read_unaligned(octets.as_ptr().cast::<libc::signalfd_siginfo>()) };
        let signal = TAKEN.into_iter().find(|signal| signal.as_raw() as u32 == info.ssi_signo);
        let sender = match info.ssi_code {
            libc::SI_KERNEL => Sender::Terminal,
            // From a process namespace that is not ours it is 0.
            _ => Sender::Process(i32::try_from(info.ssi_pid).ok().and_then(|id| Pid::from_raw(id.max(0)))),
        };
        Ok(signal.map(|signal| Heard { signal, sender }))
    }

    /// From here on the signals that end or stop a process (SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP) do so
    /// to this one: the program has ended, and nobody else would look at them. What has come until now was
    /// the program's.
    pub fn let_through(&mut self) {
        while let Ok(Some(_)) = self.try_next() {}
        let through = set_of(|signal| DEADLY.contains(&signal) && !is_member(&self.before, signal));
        // SAFETY: `through` is an initialised set that outlives the call; the old mask is not asked for.
        unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &through, ptr::null_mut()) };
    }
}

impl AsFd for Signals {
    /// Readable when [`try_next`](Signals::try_next) has something.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // What is pending was addressed to a program that has ended: it must not end us now.
        while let Ok(Some(_)) = self.try_next() {}
        restore(&self.before);
    }
}

/// Lets the signals through to a process between fork and exec: only system calls.
pub(crate) fn unblock() {
    let taken = set_of(|_| true);
    // SAFETY: `taken` is an initialised set that outlives the call; the old mask is not asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &taken, ptr::null_mut()) };
    // SAFETY: sets a disposition, not a handler: no code of ours can run by it. Rust programs
    // ignore SIGPIPE, and the programs they start would inherit that.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

/// What to do about a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// The program has it already.
    Leave,
    /// Pass it on.
    Forward(Signal),
    /// End the program with SIGKILL.
    Kill,
}

impl Action {
    /// Does it.
    ///
    /// # Errors
    ///
    /// As for [`Child::signal`].
    pub(crate) fn apply(self, child: &Child) -> io::Result<()> {
        match self {
            Self::Leave => Ok(()),
            Self::Forward(signal) => child.signal(signal),
            Self::Kill => child.signal(Signal::KILL),
        }
    }
}

/// Decides what becomes of each signal; remembers whether there was a SIGINT.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policy {
    interrupted: bool,
}

impl Policy {
    /// No signal so far.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// What to do about a signal, which the program ignores or not.
    pub(crate) fn on(&mut self, signal: Signal, reach: Reach, ignored: bool) -> Action {
        let again = signal == Signal::INT && std::mem::replace(&mut self.interrupted, true);
        match reach {
            _ if again && ignored => Action::Kill,
            Reach::Both => Action::Leave,
            Reach::Us => Action::Forward(signal),
        }
    }
}

/// Those of [`TAKEN`] that are wanted. System calls only.
fn set_of(wanted: impl Fn(Signal) -> bool) -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises the set it is given.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    for signal in TAKEN.into_iter().filter(|&signal| wanted(signal)) {
        // SAFETY: the set is initialised, and the number is a signal's.
        unsafe { libc::sigaddset(set.as_mut_ptr(), signal.as_raw()) };
    }
    // SAFETY: initialised above.
    unsafe { set.assume_init() }
}

fn is_member(set: &libc::sigset_t, signal: Signal) -> bool {
    // SAFETY: the set is initialised, and the number is a signal's.
    unsafe { libc::sigismember(set, signal.as_raw()) == 1 }
}

/// True if this process ignores that signal.
pub(crate) fn ignores(pid: Pid, signal: Signal) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_pid())).unwrap_or_default();
    is_in(ignored(&status), signal)
}

/// The signals that a process ignores, as `/proc/PID/status` has them: a bit each, in hex.
fn ignored(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok()).unwrap_or(0)
}

fn is_in(set: u64, signal: Signal) -> bool {
    let bit = u32::try_from(signal.as_raw()).ok().and_then(|number| number.checked_sub(1));
    bit.and_then(|bit| set.checked_shr(bit)).is_some_and(|set| set & 1 == 1)
}

fn is_ignored(signal: Signal) -> bool {
    let mut action = MaybeUninit::uninit();
    // SAFETY: no new action is given, and `action` has room for the present one.
    if unsafe { libc::sigaction(signal.as_raw(), ptr::null(), action.as_mut_ptr()) } != 0 {
        return false;
    }
    // SAFETY: the call above succeeded and so has filled it in.
    let action: libc::sigaction = unsafe { action.assume_init() };
    action.sa_sigaction == libc::SIG_IGN
}

/// Sets the signals that are blocked in this thread. One system call.
pub(crate) fn restore(mask: &libc::sigset_t) {
    // SAFETY: `mask` is an initialised set; the old mask is not asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, mask, ptr::null_mut()) };
}

/// The pthread functions return the error instead of setting it.
fn check(error: libc::c_int) -> io::Result<()> {
    if error == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(error)) }
}

#[cfg(test)]
mod tests;
