//! Who has the terminal: while the view does, the program writes elsewhere.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;

use cordial_trace::event::readable;
use rustix::fs::{Mode, OFlags};
use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};

/// Our standard streams as the program is to inherit them. Set before it is forked; dropping it gives them back to us.
///
/// What of them is the terminal is taken away: input becomes empty, output goes into a [`Spool`]. What is a file or a
/// pipe stays.
#[derive(Debug)]
pub struct Stage {
    spool: Spool,
    stdin: Option<OwnedFd>,
    stdout: Option<OwnedFd>,
    stderr: OwnedFd,
}

/// What the program has written to the terminal so far, in a file without a name.
#[derive(Debug)]
pub struct Spool {
    file: File,
    /// It stands for standard output, not for standard error alone.
    has_stdout: bool,
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
        let file = nameless()?;
        let null = File::open("/dev/null")?;
        let stage = Self {
            stdin: stdin.is_terminal().then(|| keep(&stdin)).transpose()?,
            stdout: stdout.is_terminal().then(|| keep(&stdout)).transpose()?,
            stderr: keep(&stderr)?,
            spool: Spool { file, has_stdout: stdout.is_terminal() },
        };
        if stage.stdin.is_some() {
            dup2_stdin(&null)?;
        }
        if stage.stdout.is_some() {
            dup2_stdout(&stage.spool.file)?;
        }
        dup2_stderr(&stage.spool.file)?;
        Ok(stage)
    }

    /// Gives the streams back to us, and what the program will have written.
    pub fn restore(self) -> io::Result<Spool> {
        let file = self.spool.file.try_clone()?;
        Ok(Spool { file, has_stdout: self.spool.has_stdout })
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

/// A file that is gone when it is closed.
fn nameless() -> io::Result<File> {
    let directory = std::env::temp_dir();
    let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CLOEXEC;
    if let Ok(file) = rustix::fs::open(&directory, flags | OFlags::TMPFILE, Mode::RUSR | Mode::WUSR) {
        return Ok(file.into());
    }
    // Not every file system has files without a name.
    let path = directory.join(format!("cordial-output-{}", std::process::id()));
    let file = File::options().read(true).append(true).create_new(true).open(&path)?;
    std::fs::remove_file(path)?;
    Ok(file)
}

/// The end of the output that is shown.
const SHOWN: u64 = 64 << 10;

impl Spool {
    /// Its last lines, in characters that do not steer a terminal.
    pub fn tail(&self) -> String {
        let length = self.file.metadata().map_or(0, |metadata| metadata.len());
        let from = length.saturating_sub(SHOWN);
        let mut octets = vec![0; usize::try_from(length - from).unwrap_or(0)];
        let read = self.file.read_at(&mut octets, from).unwrap_or(0);
        octets.truncate(read);
        let text = String::from_utf8_lossy(&octets);
        let lines: Vec<String> = text.lines().map(|line| readable(&line.replace('\t', "    "))).collect();
        lines.join("\n")
    }

    /// Prints what was written from `from` on, as it is; gives where it ends.
    pub fn print(&self, from: u64) -> u64 {
        let mut reader = At { file: &self.file, place: from };
        // A terminal that has gone reads nothing.
        let _ = match self.has_stdout {
            true => io::copy(&mut reader, &mut io::stdout()).and_then(|_| io::stdout().flush()),
            false => io::copy(&mut reader, &mut io::stderr()).map(drop),
        };
        reader.place
    }
}

/// Reads from a place of its own, while another process appends.
struct At<'a> {
    file: &'a File,
    place: u64,
}

impl Read for At<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(into, self.place)?;
        self.place += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_of_what_was_written_is_shown_without_control_characters() {
        let mut file = nameless().expect("a temporary directory");
        file.write_all(b"one\ttwo\n\x1b[2Jthree\n").expect("room");
        let spool = Spool { file: file.try_clone().expect("a descriptor"), has_stdout: false };
        assert_eq!(spool.tail(), "one    two\n?[2Jthree");
        file.write_all(&vec![b'x'; SHOWN as usize]).expect("room");
        assert_eq!(spool.tail().len() as u64, SHOWN);
    }
}
