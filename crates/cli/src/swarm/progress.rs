//! How far it is, for whoever waits at a terminal.

use std::io::{IsTerminal, stderr};
use std::ops::Range;
use std::time::{Duration, Instant};

use cordial_trace::Lang;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::words;

/// A bar on standard error, if that is a terminal.
pub struct Progress {
    bar: Option<ProgressBar>,
    began: Instant,
    /// With a time to stop, the bar is that of the time.
    time: Option<Duration>,
    lang: Lang,
}

impl Progress {
    /// For these seeds, or this time.
    pub fn new(seeds: Range<u64>, time: Option<Duration>, lang: Lang) -> Self {
        let len = time.map_or(seeds.end - seeds.start, |time| time.as_secs().max(1));
        let bar = stderr().is_terminal().then(|| bar(len));
        Self { bar, began: Instant::now(), time, lang }
    }

    /// So many seeds were run, and some failed.
    pub fn at(&mut self, ran: u64, failed: u64) {
        let Some(bar) = &self.bar else { return };
        let elapsed = self.began.elapsed();
        bar.set_position(if self.time.is_some() { elapsed.as_secs() } else { ran });
        let rate = format!("{:.0}", ran as f64 / elapsed.as_secs_f64().max(0.001));
        let places = [("ran", &*ran.to_string()), ("failed", &*failed.to_string()), ("rate", &*rate)];
        bar.set_message(words::SO_FAR.fill(self.lang, &places));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

fn bar(len: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(len), ProgressDrawTarget::stderr_with_hz(8));
    let style = ProgressStyle::with_template("{bar:40} {percent:>3}%  {msg}  {eta}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
