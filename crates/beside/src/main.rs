//! The same segments for Linux and for Cordial. `cargo xtask beside` is the way to call it.

use std::process::ExitCode;

use clap::Parser;
use cordial_beside::run::{BATCH, Tally};
use cordial_beside::{kernel, report, shrink};

/// How many differences of a kind that is not known are shrunk and shown.
const MOST_SHOWN: usize = 12;

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
    /// List the keys of unknown differences and shrink only this many
    #[arg(long, default_value_t = MOST_SHOWN)]
    show: usize,
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
    print!("{}", report::summary(&tally));
    show(&cli, &tally);
    ExitCode::from(u8::from(!tally.unknown.is_empty()))
}

fn show(cli: &Cli, tally: &Tally) {
    let mut unknown: Vec<_> = tally.unknown.iter().collect();
    unknown.sort_by_key(|(key, (count, _))| (std::cmp::Reverse(*count), *key));
    for (key, (count, sequence)) in &unknown {
        println!("{count:>8}  {key}  (--seed {} --only {})", cli.seed, sequence.number);
    }
    let shown = unknown.into_iter().take(cli.show);
    for found in shrink::shrink(shown.map(|(key, (_, sequence))| (key.clone(), sequence.clone())).collect()) {
        match found.ladder {
            Some(ladder) => println!("\n{}\n{ladder}", found.key),
            None => println!("\n{}\n  did not come again: {}", found.key, found.sequence),
        }
    }
}
