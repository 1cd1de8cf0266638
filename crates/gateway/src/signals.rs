//! What becomes of the signals that reach us while a program runs.
//!
//! The program is in our process group: what the user types at the terminal (Ctrl-C, Ctrl-\, Ctrl-Z,
//! a hang-up) has reached it already, and it decides; we stop when it has stopped, not when we are
//! asked to. What another process sends to us alone is passed on. A second Ctrl-C ends a program
//! that ignores the first; one that answers it, as interactive programs do, may be interrupted as
//! often as one likes.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;

use rustix::process::Signal;

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
    /// True if the terminal sent it, to the program as well; false if a process did, to us.
    pub from_terminal: bool,
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
        let from_terminal = info.ssi_code == libc::SI_KERNEL;
        Ok(signal.map(|signal| Heard { signal, from_terminal }))
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
pub enum Action {
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
    pub fn apply(self, child: &Child) -> io::Result<()> {
        match self {
            Self::Leave => Ok(()),
            Self::Forward(signal) => child.signal(signal),
            Self::Kill => child.signal(Signal::KILL),
        }
    }
}

/// Decides what becomes of each signal; remembers whether there was a SIGINT.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    interrupted: bool,
}

impl Policy {
    /// No signal so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// What to do about `heard`, which the program ignores or not.
    pub fn on(&mut self, heard: Heard, ignored: bool) -> Action {
        let again = heard.signal == Signal::INT && std::mem::replace(&mut self.interrupted, true);
        if again && ignored {
            Action::Kill
        } else if heard.from_terminal {
            Action::Leave
        } else {
            Action::Forward(heard.signal)
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

fn restore(mask: &libc::sigset_t) {
    // SAFETY: `mask` is an initialised set; the old mask is not asked for.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, mask, ptr::null_mut()) };
}

/// The pthread functions return the error instead of setting it.
fn check(error: libc::c_int) -> io::Result<()> {
    if error == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(error)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_interrupt_ends_a_program_that_ignores_it() {
        let typed = Heard { signal: Signal::INT, from_terminal: true };
        let mut policy = Policy::new();
        assert_eq!(policy.on(typed, true), Action::Leave);
        assert_eq!(policy.on(typed, true), Action::Kill);
        let sent = Heard { from_terminal: false, ..typed };
        let mut policy = Policy::new();
        assert_eq!(policy.on(sent, true), Action::Forward(Signal::INT));
        assert_eq!(policy.on(typed, true), Action::Kill);
    }

    #[test]
    fn a_program_that_answers_interrupts_gets_all_of_them() {
        let typed = Heard { signal: Signal::INT, from_terminal: true };
        let mut policy = Policy::new();
        for _ in 0..5 {
            assert_eq!(policy.on(typed, false), Action::Leave);
            let sent = Heard { from_terminal: false, ..typed };
            assert_eq!(policy.on(sent, false), Action::Forward(Signal::INT));
        }
    }

    #[test]
    fn other_signals_are_passed_on_unless_the_terminal_has_done_so() {
        let mut policy = Policy::new();
        for signal in TAKEN.into_iter().filter(|&signal| signal != Signal::INT) {
            for ignored in [false, true] {
                let heard = Heard { signal, from_terminal: true };
                assert_eq!(policy.on(heard, ignored), Action::Leave);
                let heard = Heard { signal, from_terminal: false };
                assert_eq!(policy.on(heard, ignored), Action::Forward(signal));
            }
        }
    }

    #[test]
    fn a_blocked_signal_is_read_instead_of_ending_us() {
        let mut signals = Signals::block().expect("a descriptor");
        assert_eq!(signals.try_next().expect("readable"), None);
        // SAFETY: raise has no preconditions. The signal goes to this thread, which blocks it.
        unsafe { libc::raise(libc::SIGTERM) };
        let heard = Heard { signal: Signal::TERM, from_terminal: false };
        assert_eq!(signals.try_next().expect("readable"), Some(heard));
        assert_eq!(signals.try_next().expect("readable"), None);
        // SAFETY: as above.
        unsafe { libc::raise(libc::SIGINT) };
        drop(signals); // still pending: it must not end the test
    }
}
