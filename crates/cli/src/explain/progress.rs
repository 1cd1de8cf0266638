//! How far it is, for whoever waits at a terminal.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is done sooner needs no bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar on standard error, if that is a terminal, and only once it takes a while.
pub struct Progress {
    began: Instant,
    len: Option<u64>,
    bar: Option<ProgressBar>,
    is_wanted: bool,
}

impl Progress {
    /// For `len` octets, if it is known how many there are. Nobody knows how long standard input goes on.
    pub fn new(len: Option<u64>) -> Self {
        let is_wanted = stderr().is_terminal() && len.is_some();
        Self { began: Instant::now(), len, bar: None, is_wanted }
    }

    /// So many octets are read.
    pub fn at(&mut self, octets: u64) {
        if !self.is_wanted || self.began.elapsed() < PATIENCE {
            return;
        }
        let len = self.len;
        self.bar.get_or_insert_with(|| bar(len)).set_position(octets);
    }

    /// Takes the bar away.
    pub fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

fn bar(len: Option<u64>) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(len, ProgressDrawTarget::stderr_with_hz(8));
    let style = ProgressStyle::with_template("{bar:40} {percent:>3}%  {bytes}/{total_bytes}  {eta}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
