//! What `cordial swarm` takes.

use std::num::NonZero;
use std::ops::Range;
use std::path::PathBuf;

use clap::Args;
use cordial_trace::words::Phrase;

use super::{Face, Reason};

/// Run random scenarios, each from a seed, and look for anything that must not be
///
/// A seed gives a network, programs and misfortunes: loss, forged segments, crashes, pulled cables, ports used again. Oracles
/// and a model of what programs may see watch every run. At the first seed that fails, the scenario is shrunk to the
/// smallest one that still fails in the same way, drawn, and written to a file.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code: 0 if nothing fails, 1 if something does; 2 when the usage is wrong or a file cannot be written.\n\n\
        Examples:\n  \
        cordial swarm\n  \
        cordial swarm --seeds 0..100000 --jobs 2\n  \
        cordial swarm --minutes 10\n  \
        cordial swarm --seeds 4711 --keep failures"
)]
pub struct Swarm {
    /// The seeds: A..B without B, or a single one [default: 0..2000; with --minutes there is no end]
    #[arg(long, value_name = "A..B", value_parser = seeds)]
    pub seeds: Option<Range<u64>>,

    /// Stop after M minutes, if the seeds are not used up before
    #[arg(long, value_name = "M", value_parser = minutes)]
    pub minutes: Option<f64>,

    /// Run N scenarios at a time; otherwise one for each processor
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZero<u16>>,

    /// Go on after a failure; each kind of failure is told once, with its first seed
    #[arg(long)]
    pub keep_going: bool,

    /// List what was seen of all refusals, ends and verdicts, and what was not
    #[arg(long)]
    pub coverage: bool,

    /// Write the scenarios of failures to DIR instead of the current directory
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub keep: PathBuf,

    /// Write an object per failure and one for the whole instead of text, as JSON lines
    #[arg(long)]
    pub json: bool,

    /// How it looks.
    #[command(flatten)]
    pub face: Face,
}

/// What is run without `--seeds`.
const USUAL: Range<u64> = 0..2_000;

impl Swarm {
    /// The seeds to run.
    pub fn range(&self) -> Range<u64> {
        match (&self.seeds, self.minutes) {
            (Some(seeds), _) => seeds.clone(),
            (None, Some(_)) => 0..u64::MAX,
            (None, None) => USUAL,
        }
    }
}

/// `0..2000` or `7`.
fn seeds(text: &str) -> Result<Range<u64>, Reason> {
    let number = |text: &str| text.parse::<u64>().map_err(|_| SEEDS);
    let range = match text.split_once("..") {
        Some((first, end)) => number(first)?..number(end)?,
        None => {
            let seed = number(text)?;
            seed..seed.checked_add(1).ok_or(SEEDS)?
        }
    };
    if range.is_empty() { Err(SEEDS) } else { Ok(range) }
}

fn minutes(text: &str) -> Result<f64, Reason> {
    let minutes = text.parse::<f64>().ok().filter(|minutes| (0.001..=1e6).contains(minutes));
    minutes.ok_or(MINUTES)
}

const SEEDS: Reason = Reason(Phrase::new(
    "say 0..2000, the first and the one after the last, or a single one, such as 7",
    "要写 0..2000（从第一个到最后一个的后一个），或一个种子，如 7",
));
const MINUTES: Reason =
    Reason(Phrase::new("say how many minutes, such as 10 or 0.5", "要写分钟数，如 10 或 0.5"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_range_or_one() {
        assert_eq!(seeds("0..2000").ok(), Some(0..2_000));
        assert_eq!(seeds("7").ok(), Some(7..8));
        for wrong in ["", "7..7", "8..7", "..", "1..", "-1", "0..x", "18446744073709551615"] {
            assert!(seeds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn minutes_are_a_number_above_zero() {
        assert_eq!(minutes("0.5").ok(), Some(0.5));
        for wrong in ["0", "-1", "inf", "NaN", "ten", ""] {
            assert!(minutes(wrong).is_err(), "{wrong}");
        }
    }
}
