//! How a program ended.

use std::fmt;

use rustix::process::WaitStatus;

/// How a program ended, and what we then end with: its own exit code, or 128+n like a shell's when
/// signal n ended it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It ended by itself, with this code.
    Code(u8),
    /// This signal ended it.
    Signal(u8),
}

impl Exit {
    /// Our own exit code for set-up and usage errors: the program was not run.
    pub const SETUP: u8 = 125;
    /// Our own exit code for a program that is there and cannot be executed.
    pub const CANNOT_EXECUTE: u8 = 126;
    /// Our own exit code for a program that was not found.
    pub const NOT_FOUND: u8 = 127;

    /// The exit code to pass on.
    pub const fn code(self) -> u8 {
        match self {
            Self::Code(code) => code,
            Self::Signal(number) => 128_u8.saturating_add(number),
        }
    }

    /// `None` for a process that was only stopped or continued.
    pub(crate) fn of(status: WaitStatus) -> Option<Self> {
        let code = status.exit_status().map(|code| Self::Code(code as u8));
        code.or_else(|| status.terminating_signal().map(|number| Self::Signal(number as u8)))
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(number) => write!(f, "ended by signal {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_counts_from_128() {
        assert_eq!(Exit::Code(3).code(), 3);
        assert_eq!(Exit::Signal(15).code(), 143);
        assert_eq!(Exit::Signal(200).code(), 255);
    }
}
