//! Measurements, as `docs/performance.md` reports them: `cargo xtask measure [NAME ...]`.
//!
//! Two things that are compared run in turns within one process, so that what else the machine does falls on both.
//! Figures are medians; the spread is printed beside them.

mod crowd;
mod exchanges;
mod host;
mod pair;
mod rounds;
mod stream;
mod tunnel;
mod wire;

use std::process::ExitCode;

/// A measurement that went wrong, in words.
type Error = Box<dyn std::error::Error>;

/// Name, what it measures, what does it; the first three need nothing but this process.
const MEASUREMENTS: &[(&str, &str, fn() -> Result<(), Error>)] = &[
    ("stream", "one connection in memory, MTU 1500, both checksums, beside smoltcp", stream::measure),
    ("exchanges", "connect, request, reply, close, 1,000 at once, beside smoltcp", exchanges::measure),
    ("crowd", "cost of a packet among 10 and 100,000 idle connections", crowd::measure),
    ("crowd-million", "the same at 1,000,000 (takes 3 GB and a minute)", crowd::measure_million),
    (
        "tunnel",
        "iperf3 through `cordial run` beside slirp4netns; needs root or a TUN device",
        tunnel::measure,
    ),
];

/// What runs when no name is given.
const BY_DEFAULT: &[&str] = &["stream", "exchanges", "crowd"];

fn main() -> ExitCode {
    let named: Vec<String> = std::env::args().skip(1).collect();
    let mut names: Vec<&str> = named.iter().map(String::as_str).collect();
    if names.is_empty() {
        names.extend(BY_DEFAULT);
    }
    for name in names {
        let Some((_, what, measure)) = MEASUREMENTS.iter().find(|(known, ..)| *known == name) else {
            eprint!("{}", usage(name));
            return ExitCode::from(2);
        };
        println!("\n{name}: {what}");
        if let Err(error) = measure() {
            eprintln!("{name}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn usage(unknown: &str) -> String {
    let mut text = format!("no measurement `{unknown}`; there are:\n");
    for (name, what, _) in MEASUREMENTS {
        text.push_str(&format!("  {name:<14} {what}\n"));
    }
    text
}
