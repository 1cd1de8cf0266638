//! Runs that do not end.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use cordial_stack::Instant;
use cordial_trace::words::Phrase;
use cordial_trace::{Lang, measure};

use super::World;

/// When a run that does not end is stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bound {
    /// Virtual time. 7 days: whatever TCP waits for by itself takes hours at most, and only keepalive goes on for ever.
    pub time: Duration,
    /// Things that happen. 2,000,000: some seconds of real time.
    pub steps: u64,
}

impl Default for Bound {
    fn default() -> Self {
        Self { time: Duration::from_secs(7 * 24 * 3600), steps: 2_000_000 }
    }
}

/// A run was stopped at a bound.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endless {
    /// When.
    pub at: Instant,
    /// How often something had happened.
    pub steps: u64,
    /// The bound.
    pub bound: Bound,
    /// What still went on: connections at all hosts, packets under way, calls that had not returned.
    pub left: [usize; 3],
}

impl World {
    pub(super) fn endless(&self) -> Endless {
        let connections = self.hosts.iter().map(|host| host.stack.connections()).sum();
        let left = [connections, self.packets.len(), self.programs.waiting().count()];
        Endless { at: self.now, steps: self.steps, bound: self.bound, left }
    }
}

impl Endless {
    /// What happened, in a sentence.
    pub fn text(&self, lang: Lang) -> String {
        const TIME: Phrase = Phrase::new(
            "the run did not end within {time} of virtual time (the bound): {connections} connections, {packets} packets and {calls} calls were left. Does a keepalive go on for ever?",
            "在虚拟时间 {time}（上限）之内没有结束：还有 {connections} 条连接、{packets} 个包、{calls} 个调用。是不是 keepalive 一直在跑？",
        );
        const STEPS: Phrase = Phrase::new(
            "the run did not end within {steps} steps (the bound), at {time} of virtual time: {connections} connections, {packets} packets and {calls} calls were left",
            "{steps} 步（上限）之内没有结束，虚拟时间 {time}：还有 {connections} 条连接、{packets} 个包、{calls} 个调用",
        );
        let is_time = self.steps < self.bound.steps;
        let time = if is_time { self.bound.time } else { self.at.since(Instant::ZERO) };
        let [connections, packets, calls] = self.left.map(|count| count.to_string());
        let fills = [
            ("time", measure::span(time)),
            ("steps", self.bound.steps.to_string()),
            ("connections", connections),
            ("packets", packets),
            ("calls", calls),
        ];
        let fills: Vec<_> = fills.iter().map(|(name, text)| (*name, text.as_str())).collect();
        if is_time { TIME.fill(lang, &fills) } else { STEPS.fill(lang, &fills) }
    }
}

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl Error for Endless {}
