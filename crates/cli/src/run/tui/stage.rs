//! Who has the terminal: while the view does, the program writes elsewhere.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};

use super::spool::Spool;

/// Our standard streams as the program is to inherit them. Set before it is forked; dropping it gives them back to us.
///
/// What of them is the terminal is taken away: input becomes empty, output goes into a [`Spool`]. What is a file or a
/// pipe stays.
#[derive(Debug)]
pub struct Stage {
    spool: Spool,
    /// What the program is to inherit: its outlet.
    outlet: OwnedFd,
    stdin: Option<OwnedFd>,
    stdout: Option<OwnedFd>,
    stderr: OwnedFd,
}

/// Descriptors below are the standard streams.
const FIRST: i32 = 3;

impl Stage {
    /// Takes the terminal's streams out of the way.
    ///
    /// # Errors
    ///
    /// As the system gives them; everything is then as it was.
    pub fn set() -> io::Result<Self> {
        let (stdin, stdout, stderr) = (io::stdin(), io::stdout(), io::stderr());
        let keep = |stream: &dyn AsFd| fcntl_dupfd_cloexec(stream.as_fd(), FIRST);
        let (spool, outlet) = Spool::new(stdout.is_terminal())?;
        let null = File::open("/dev/null")?;
        let stage = Self {
            stdin: stdin.is_terminal().then(|| keep(&stdin)).transpose()?,
            stdout: stdout.is_terminal().then(|| keep(&stdout)).transpose()?,
            stderr: keep(&stderr)?,
            spool,
            outlet,
        };
        if stage.stdin.is_some() {
            dup2_stdin(&null)?;
        }
        if stage.stdout.is_some() {
            dup2_stdout(&stage.outlet)?;
        }
        dup2_stderr(&stage.outlet)?;
        Ok(stage)
    }

    /// Gives the streams back to us, and what the program will have written.
    pub fn restore(self) -> Spool {
        self.spool.clone()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // They were open a moment ago: this does not fail.
        let _ = self.stdin.as_ref().map(dup2_stdin);
        let _ = self.stdout.as_ref().map(dup2_stdout);
        let _ = dup2_stderr(&self.stderr);
    }
}
