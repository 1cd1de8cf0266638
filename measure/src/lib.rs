//! Measurements, as `docs/performance.md` reports them: `cargo xtask measure [NAME ...]`.
//!
//! Two things that are compared run in turns within one process, so that what else the machine does falls on both.
//! Figures are medians; the spread is printed beside them.

pub mod blind;
mod crowd;
mod exchanges;
mod explain;
pub mod flood;
mod forge;
mod host;
mod pair;
mod rounds;
mod stream;
mod tunnel;
mod wire;

use peak_alloc::PeakAlloc;

/// Counts what is allocated: two additions for each call of the allocator, the same for all that is compared.
#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// A measurement that went wrong, in words.
pub type Error = Box<dyn std::error::Error>;

/// Something that can be measured by its name.
pub struct Measurement {
    /// What it is called.
    pub name: &'static str,
    /// What it measures, in a line.
    pub what: &'static str,
    /// Measures and prints.
    pub run: Run,
}

/// How a measurement is started.
#[derive(Clone, Copy)]
pub enum Run {
    /// It has one size.
    Fixed(fn() -> Result<(), Error>),
    /// It sends that many forged segments, or this many unless told otherwise.
    Segments(fn(u64) -> Result<(), Error>, u64),
}

/// All of them; those of [`BY_DEFAULT`] need nothing but this process.
pub const MEASUREMENTS: &[Measurement] = &[
    Measurement {
        name: "stream",
        what: "one connection in memory, MTU 1500, both checksums, beside smoltcp",
        run: Run::Fixed(stream::measure),
    },
    Measurement {
        name: "exchanges",
        what: "connect, request, reply, close, 1,000 at once, beside smoltcp",
        run: Run::Fixed(exchanges::measure),
    },
    Measurement {
        name: "crowd",
        what: "cost of a packet among 10 and among 100,000 connections",
        run: Run::Fixed(crowd::measure),
    },
    Measurement {
        name: "crowd-million",
        what: "the same at 1,000,000: takes 2 GB of memory",
        run: Run::Fixed(crowd::measure_million),
    },
    Measurement {
        name: "flood",
        what: "forged SYNs, and honest clients among them, with cookies, without, and beside smoltcp",
        run: Run::Segments(flood::measure, 1_000_000),
    },
    Measurement {
        name: "blind",
        what: "forged segments against one connection, by somebody who knows its addresses and ports",
        run: Run::Segments(blind::measure, 10_000_000),
    },
    Measurement {
        name: "explain",
        what: "captures of 1,000,000 packets, explained; writes 2 GB into the temporary directory",
        run: Run::Fixed(explain::measure),
    },
    Measurement {
        name: "tunnel",
        what: "iperf3 through `cordial run` beside slirp4netns: needs root",
        run: Run::Fixed(tunnel::measure),
    },
];

/// What runs when no name is given.
pub const BY_DEFAULT: &[&str] = &["stream", "exchanges", "crowd"];
