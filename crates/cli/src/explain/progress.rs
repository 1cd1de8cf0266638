//! How far it is, for whoever waits at a terminal.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use cordial_trace::Lang;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::words;

/// What is done sooner needs no bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar on standard error, if that is a terminal, and only once it takes a while.
pub struct Progress {
    began: Instant,
    len: Option<u64>,
    bar: Option<ProgressBar>,
    is_wanted: bool,
    lang: Lang,
}

impl Progress {
    /// For `len` octets, if it is known how many there are. Nobody knows how long standard input goes on: there it says
    /// how much was read.
    pub fn new(len: Option<u64>, lang: Lang) -> Self {
        let is_wanted = stderr().is_terminal();
        Self { began: Instant::now(), len, bar: None, is_wanted, lang }
    }

    /// So many octets are read, and packets among them.
    pub fn at(&mut self, octets: u64, packets: Option<u64>) {
        if !self.is_wanted || self.began.elapsed() < PATIENCE {
            return;
        }
        let len = self.len;
        let bar = self.bar.get_or_insert_with(|| bar(len));
        bar.set_position(octets);
        if let (None, Some(packets)) = (len, packets) {
            bar.set_message(words::READ.fill(self.lang, &[("n", &packets.to_string())]));
        }
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
    let style = ProgressStyle::with_template(match len {
        Some(_) => "{bar:40} {percent:>3}%  {bytes}/{total_bytes}  {eta}",
        None => "{spinner} {bytes}  {msg}",
    });
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
