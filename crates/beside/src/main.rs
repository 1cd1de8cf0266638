//! The same segments for Linux and for Cordial. `cargo xtask beside` is the way to call it.

use std::process::ExitCode;

use clap::Parser;
use cordial_beside::run::{BATCH, Tally};
use cordial_beside::{kernel, report};

/// Where the differences are written down.
const PAGE: &str = "docs/differences-from-linux.md";

#[derive(Debug, Parser)]
#[command(about = "The same segments for Linux and for Cordial: how do their answers differ?")]
struct Cli {
    /// What the sequences are drawn from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many
    #[arg(long, default_value_t = 500)]
    sequences: u64,
    /// Only the sequence with this number
    #[arg(long)]
    only: Option<u64>,
    /// Differences of no known class that are shrunk and shown
    #[arg(long, default_value_t = 12)]
    show: usize,
    /// Writes the page of differences
    #[arg(long)]
    page: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Err(error) = kernel::enter() {
        eprintln!("beside: {error}");
        return ExitCode::from(2);
    }
    let numbers = cli.only.map_or(0..cli.sequences, |only| only..only + 1);
    let mut tally = Tally::default();
    for first in numbers.clone().step_by(BATCH) {
        tally.run(cli.seed, first..(first + BATCH as u64).min(numbers.end));
    }
    println!("seed {}, {}", cli.seed, report::settings());
    println!("{}{}", report::summary(&tally), report::unknown(&tally, cli.show));
    if !tally.unknown.is_empty() {
        return ExitCode::FAILURE;
    }
    if cli.page
        && let Err(error) = std::fs::write(PAGE, report::page(&tally, cli.seed))
    {
        eprintln!("{PAGE}: {error}");
        return ExitCode::from(2);
    }
    ExitCode::SUCCESS
}
