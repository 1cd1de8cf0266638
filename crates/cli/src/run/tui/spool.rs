//! What the program writes while the view has the terminal.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cordial_trace::Lang;
use cordial_trace::event::readable;
use rustix::pipe::{PipeFlags, pipe_with};

use super::words;

/// What the program has written to the terminal, as far as it is kept: the last of it.
#[derive(Debug, Clone)]
pub struct Spool {
    shared: Arc<Shared>,
    /// It stands for standard output, not for standard error alone.
    has_stdout: bool,
}

#[derive(Debug)]
struct Shared {
    kept: Mutex<Kept>,
    /// There is room, or there will be no more.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Kept {
    /// Where it comes from, until somebody collects it.
    source: Option<File>,
    octets: VecDeque<u8>,
    /// How many octets had to make room.
    left_out: u64,
    /// Somebody prints it: nothing is left out any more, the program waits as it does for a terminal.
    is_printed: bool,
    /// There will be no more.
    is_over: bool,
}

/// How much is kept. A program that writes more in a view has its first lines left out.
const KEPT: usize = 8 << 20;
/// The end of the output that is shown.
const SHOWN: usize = 64 << 10;
/// Read at once: what a pipe holds.
const PIECE: usize = 64 << 10;
/// How long the last octets may take from the pipe, when the program has ended.
const LAST: Duration = Duration::from_secs(1);

impl Spool {
    /// An empty one, and what to write into.
    ///
    /// # Errors
    ///
    /// As the system gives them: out of descriptors.
    pub fn new(has_stdout: bool) -> io::Result<(Self, OwnedFd)> {
        let (source, outlet) = pipe_with(PipeFlags::CLOEXEC)?;
        let kept = Kept { source: Some(source.into()), ..Kept::default() };
        let shared = Arc::new(Shared { kept: Mutex::new(kept), changed: Condvar::new() });
        Ok((Self { shared, has_stdout }, outlet))
    }

    /// Begins to take in what is written, on a thread of its own.
    ///
    /// # Errors
    ///
    /// If no thread can be started.
    pub fn collect(&self) -> io::Result<()> {
        let Some(mut source) = self.shared.lock().source.take() else { return Ok(()) };
        let shared = Arc::clone(&self.shared);
        std::thread::Builder::new().name("cordial-output".into()).spawn(move || {
            let mut piece = vec![0; PIECE];
            loop {
                match source.read(&mut piece) {
                    Ok(length @ 1..) => shared.add(piece.get(..length).unwrap_or_default()),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Ok(0) | Err(_) => break,
                }
            }
            shared.lock().is_over = true;
            shared.changed.notify_all();
        })?;
        Ok(())
    }

    /// Its last lines, in characters that do not steer a terminal.
    pub fn tail(&self) -> String {
        let octets: Vec<u8> = {
            let kept = self.shared.lock();
            let from = kept.octets.len().saturating_sub(SHOWN);
            kept.octets.range(from..).copied().collect()
        };
        let text = String::from_utf8_lossy(&octets);
        let lines: Vec<String> = text.lines().map(|line| readable(&line.replace('\t', "    "))).collect();
        lines.join("\n")
    }

    /// Prints what is there, as it is, and how much of it is not.
    pub fn print(&self, lang: Lang) {
        let (octets, left_out) = {
            let mut kept = self.shared.lock();
            kept.is_printed = true;
            (std::mem::take(&mut kept.octets), std::mem::take(&mut kept.left_out))
        };
        self.shared.changed.notify_all();
        if left_out > 0 {
            eprintln!("{}", words::LEFT_OUT.fill(lang, &[("n", &left_out.to_string())]));
        }
        // A terminal that has gone reads nothing.
        let (one, two) = octets.as_slices();
        let _ = match self.has_stdout {
            true => write(&mut io::stdout().lock(), one, two),
            false => write(&mut io::stderr().lock(), one, two),
        };
    }

    /// Prints the rest, when the program has ended.
    pub fn print_rest(&self, lang: Lang) {
        self.print(lang);
        let kept = self.shared.lock();
        // A process that has hidden from its end may have the pipe open still.
        let waited = self.shared.changed.wait_timeout_while(kept, LAST, |kept| !kept.is_over);
        drop(waited);
        self.print(lang);
    }
}

fn write(out: &mut dyn Write, one: &[u8], two: &[u8]) -> io::Result<()> {
    out.write_all(one)?;
    out.write_all(two)?;
    out.flush()
}

impl Shared {
    fn add(&self, piece: &[u8]) {
        let is_full = |kept: &mut Kept| kept.is_printed && kept.octets.len() >= KEPT;
        let kept = self.changed.wait_while(self.lock(), is_full);
        kept.unwrap_or_else(PoisonError::into_inner).add(piece);
    }

    /// Every change to it is whole, whoever panics elsewhere.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn add(&mut self, piece: &[u8]) {
        let too_many = (self.octets.len() + piece.len()).saturating_sub(KEPT);
        if !self.is_printed && too_many > 0 {
            let gone = self.octets.drain(..too_many.min(self.octets.len())).len();
            self.left_out += gone as u64;
        }
        self.octets.extend(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(what: &[u8]) -> Spool {
        let (spool, outlet) = Spool::new(false).expect("descriptors");
        spool.collect().expect("a thread");
        File::from(outlet).write_all(what).expect("it is read");
        let kept = spool.shared.lock();
        drop(spool.shared.changed.wait_while(kept, |kept| !kept.is_over).expect("nobody panics with it"));
        spool
    }

    #[test]
    fn the_tail_of_what_was_written_is_shown_without_control_characters() {
        assert_eq!(written(b"one\ttwo\n\x1b[2Jthree\n").tail(), "one    two\n?[2Jthree");
        assert_eq!(written(&vec![b'x'; 2 * SHOWN]).tail().len(), SHOWN);
    }

    #[test]
    fn what_is_kept_has_a_bound_and_what_is_left_out_is_counted() {
        let lines: String = (0..2_000_000).map(|n| format!("{n:07}\n")).collect();
        let spool = written(lines.as_bytes());
        assert!(spool.tail().ends_with("\n1999999"));
        let kept = spool.shared.lock();
        assert!(kept.octets.len() <= KEPT && kept.left_out > 0);
        assert_eq!(kept.octets.len() as u64 + kept.left_out, lines.len() as u64);
    }

    #[test]
    fn who_is_printed_waits_and_loses_nothing() {
        let mut kept = Kept { is_printed: true, ..Kept::default() };
        for _ in 0..2 {
            kept.add(&vec![b'x'; KEPT]);
        }
        assert_eq!((kept.octets.len(), kept.left_out), (2 * KEPT, 0));
        // And it is only added to when there is room.
        kept.octets.truncate(KEPT);
        let shared = Arc::new(Shared { kept: Mutex::new(kept), changed: Condvar::new() });
        let writer = {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || shared.add(b"more"))
        };
        shared.lock().octets.clear();
        shared.changed.notify_all();
        writer.join().expect("it goes on");
        assert!(shared.lock().octets.make_contiguous().ends_with(b"more"));
    }
}
