//! A terminal with a shell at it, typed at and read by a test.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::harness::Scratch;

/// Ctrl-C, as a terminal sends it.
pub const CTRL_C: &str = "\x03";
/// End of file.
pub const CTRL_D: &str = "\x04";
/// Ctrl-Z.
pub const CTRL_Z: &str = "\x1a";
/// Ctrl-\.
pub const CTRL_BACKSLASH: &str = "\x1c";

const PATIENCE: Duration = Duration::from_secs(60);

/// A shell with job control on a pseudo-terminal of `script`'s, in a test's folder. `$CORDIAL` is the command.
pub struct Terminal {
    script: Child,
    keys: Option<ChildStdin>,
    screen: Arc<Mutex<Vec<u8>>>,
    /// What has been looked at.
    seen: usize,
}

impl Terminal {
    /// Opens it.
    pub fn open(scratch: &Scratch) -> Self {
        let cordial = scratch.cordial(["run"]);
        let mut command = Command::new("script");
        command.args(["-q", "-e", "-c", "bash --norc --noprofile --noediting -i", "/dev/null"]);
        command.current_dir(scratch.file(""));
        for (name, value) in cordial.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.env("CORDIAL", cordial.get_program()).env("TERM", "xterm").env_remove("PROMPT_COMMAND");
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut script = started.unwrap_or_else(|error| panic!("script (package bsdutils): {error}"));
        let screen = Arc::new(Mutex::new(Vec::new()));
        let (mut out, shared) = (script.stdout.take().expect("piped"), Arc::clone(&screen));
        std::thread::spawn(move || {
            let mut octets = [0; 4096];
            while let Ok(length @ 1..) = out.read(&mut octets) {
                shared.lock().expect("nobody panics with it").extend(octets.iter().take(length));
            }
        });
        let mut terminal = Self { keys: script.stdin.take(), script, screen, seen: 0 };
        // Its prompt: it is there.
        terminal.shows("bash");
        terminal
    }

    /// Types it, as it is.
    #[track_caller]
    pub fn types(&mut self, text: &str) {
        let keys = self.keys.as_mut().expect("open");
        keys.write_all(text.as_bytes()).and_then(|()| keys.flush()).expect("the terminal is there");
    }

    /// Types a line.
    #[track_caller]
    pub fn enters(&mut self, line: &str) {
        self.types(&format!("{line}\n"));
    }

    /// Waits until the screen shows this, after what was waited for before. What is typed is shown as well: split words
    /// with quotes where the two must be told apart.
    #[track_caller]
    pub fn shows(&mut self, text: &str) {
        let begun = Instant::now();
        loop {
            if let Some(end) = find(&self.unseen(), text) {
                self.seen += end;
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "`{text}` is not shown: {}", self.all());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// What was shown since.
    pub fn unseen(&self) -> String {
        let screen = self.screen.lock().expect("nobody panics with it");
        String::from_utf8_lossy(screen.get(self.seen..).unwrap_or_default()).into_owned()
    }

    fn all(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().expect("nobody panics with it")).into_owned()
    }
}

/// Where `text` ends in `screen`, in octets.
fn find(screen: &str, text: &str) -> Option<usize> {
    screen.find(text).map(|at| at + text.len())
}

impl Drop for Terminal {
    /// A hang-up ends whatever is left at it.
    fn drop(&mut self) {
        self.keys = None;
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}
