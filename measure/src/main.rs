//! Measurements, as `docs/performance.md` reports them: `cargo xtask measure [NAME ...]`.
//!
//! Two things that are compared run in turns within one process, so that what else the machine does falls on both.
//! Figures are medians; the spread is printed beside them.

mod crowd;
mod exchanges;
mod explain;
mod host;
mod pair;
mod rounds;
mod stream;
mod tunnel;
mod wire;

use std::process::ExitCode;

/// A measurement that went wrong, in words.
type Error = Box<dyn std::error::Error>;

/// Something that can be measured by its name.
struct Measurement {
    name: &'static str,
    what: &'static str,
    run: fn() -> Result<(), Error>,
}

/// All of them; those of [`BY_DEFAULT`] need nothing but this process.
const MEASUREMENTS: &[Measurement] = &[
    Measurement {
        name: "stream",
        what: "one connection in memory, MTU 1500, both checksums, beside smoltcp",
        run: stream::measure,
    },
    Measurement {
        name: "exchanges",
        what: "connect, request, reply, close, 1,000 at once, beside smoltcp",
        run: exchanges::measure,
    },
    Measurement {
        name: "crowd",
        what: "cost of a packet among 10 and among 100,000 connections",
        run: crowd::measure,
    },
    Measurement {
        name: "crowd-million",
        what: "the same at 1,000,000: takes 2 GB of memory",
        run: crowd::measure_million,
    },
    Measurement {
        name: "explain",
        what: "captures of 1,000,000 packets, explained; writes 2 GB into the temporary directory",
        run: explain::measure,
    },
    Measurement {
        name: "tunnel",
        what: "iperf3 through `cordial run` beside slirp4netns: needs root",
        run: tunnel::measure,
    },
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
        let Some(measurement) = MEASUREMENTS.iter().find(|known| known.name == name) else {
            eprint!("{}", usage(name));
            return ExitCode::from(2);
        };
        println!("\n{name}: {}", measurement.what);
        if let Err(error) = (measurement.run)() {
            eprintln!("{name}: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn usage(unknown: &str) -> String {
    let mut text = format!("no measurement `{unknown}`; there are:\n");
    for Measurement { name, what, .. } in MEASUREMENTS {
        text.push_str(&format!("  {name:<14} {what}\n"));
    }
    text
}
