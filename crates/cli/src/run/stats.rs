//! What was counted, for `--stats`: of every connection, of the tables, of the host.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cordial::{Counters, Fact, Host, Info, Instant, Observe, Table};
use cordial_trace::Lang;

use super::words;

/// Connections that are over and kept to be told at the end: the last ones, about a megabyte.
const MOST_KEPT: usize = 2_048;

/// What is known of connections that are over, gathered while they end.
#[derive(Debug, Clone, Default)]
pub struct Stats(Arc<Mutex<Ended>>);

#[derive(Debug, Default)]
struct Ended {
    connections: VecDeque<(Instant, Info)>,
    left_out: u64,
}

/// What there is to tell at the end.
#[derive(Debug)]
pub struct Report {
    now: Instant,
    /// Each with the moment its times are counted from: those that are over, in the order of their ends, and then those
    /// that are not.
    connections: Vec<(Instant, Info)>,
    left_out: u64,
    established: usize,
    tables: Vec<Table>,
    counters: Counters,
}

/// Passes facts on, and takes in what is known of who has ended.
struct Watcher<F> {
    facts: Option<F>,
    stats: Stats,
}

impl<F: FnMut(Instant, &Fact<'_>) + Send> Observe for Watcher<F> {
    fn fact(&mut self, now: Instant, fact: &Fact<'_>) {
        if let Some(facts) = &mut self.facts {
            facts(now, fact);
        }
    }

    fn ended(&mut self, now: Instant, info: &Info) {
        self.stats.lock().take(now, info);
    }
}

impl Ended {
    fn take(&mut self, now: Instant, info: &Info) {
        if self.connections.len() == MOST_KEPT {
            self.connections.pop_front();
            self.left_out += 1;
        }
        self.connections.push_back((now, *info));
    }
}

impl Stats {
    /// What the stack calls: facts go on to `facts`, if there is somebody.
    pub fn observer<F>(&self, facts: Option<F>) -> impl Observe + use<F>
    where
        F: FnMut(Instant, &Fact<'_>) + Send,
    {
        Watcher { facts, stats: self.clone() }
    }

    /// What there is to tell of `host` now.
    pub fn report(&self, host: &Host) -> Report {
        let now = host.now();
        let open = host.infos().into_iter().filter(|info| info.cause.is_none()).map(|info| (now, info));
        let ended = self.lock();
        Report {
            now,
            connections: ended.connections.iter().copied().chain(open).collect(),
            left_out: ended.left_out,
            established: host.established(),
            tables: host.tables(),
            counters: host.counters(),
        }
    }

    /// Every change is whole, whoever panics elsewhere.
    fn lock(&self) -> MutexGuard<'_, Ended> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Report {
    /// For people: a line for each connection, as `ss -ti` has them, the tables, and what was counted, as `nstat` has it.
    /// What is nothing is left out.
    pub fn text(&self, lang: Lang) -> String {
        let mut text = String::new();
        let shown = self.connections.len().to_string();
        // A string takes everything.
        let _ = writeln!(text, "{}", words::STATS_CONNECTIONS.fill(lang, &[("n", &shown)]));
        for (now, info) in &self.connections {
            let _ = writeln!(text, "  {}", info.at(*now));
        }
        if self.left_out > 0 {
            let left_out = self.left_out.to_string();
            let _ = writeln!(text, "  {}", words::STATS_LEFT_OUT.fill(lang, &[("n", &left_out)]));
        }
        let mut in_use = self.tables.iter().filter(|table| table.used > 0).peekable();
        if in_use.peek().is_some() {
            let _ = writeln!(text, "{}", words::STATS_TABLES.text(lang));
        }
        for Table { name, used, limit, .. } in in_use {
            let _ = writeln!(text, "  {name:<28} {used} / {limit}");
        }
        let _ = writeln!(text, "{}", words::STATS_COUNTERS.text(lang));
        for (name, value) in self.counted() {
            let _ = writeln!(text, "  {name:<28} {value}");
        }
        text
    }

    /// For programs: a name and a JSON object for each connection, and one for the host.
    pub fn lines(&self) -> Vec<(Instant, &'static str, String)> {
        let of_connections = self.connections.iter();
        let mut lines: Vec<_> =
            of_connections.map(|(now, info)| (*now, "stats:connection", info.at(*now).json())).collect();
        let mut host = String::from(r#"{"counters":{"#);
        push_numbers(&mut host, self.counted());
        host.push_str(r#"},"tables":{"#);
        for (place, Table { name, used, limit, .. }) in self.tables.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            let _ = write!(host, r#"{comma}"{name}":[{used},{limit}]"#);
        }
        let _ = write!(host, r#"}},"connections_left_out":{}}}"#, self.left_out);
        lines.push((self.now, "stats:host", host));
        lines
    }

    /// What was counted, and how many are established, by the names that others know.
    fn counted(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let established = ("TcpCurrEstab", self.established as u64);
        let counters = self.counters.all().map(|counter| (counter.name(), counter.value));
        std::iter::once(established).chain(counters).filter(|&(_, value)| value > 0)
    }
}

fn push_numbers(out: &mut String, numbers: impl Iterator<Item = (&'static str, u64)>) {
    for (place, (name, value)) in numbers.enumerate() {
        let comma = if place > 0 { "," } else { "" };
        let _ = write!(out, r#"{comma}"{name}":{value}"#);
    }
}
