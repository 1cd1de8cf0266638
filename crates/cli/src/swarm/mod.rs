//! `cordial swarm`: random scenarios under oracles.
//!
//! ```text
//! seeds ─▶ Hunt: a thread per job ─▶ Catch: what failed, what was seen ─┬▶ smallest scenario, ladder, file
//!                                                                      └▶ words or JSON lines
//! ```

mod case;
mod hunt;
mod json;
mod progress;
mod telling;
mod words;

use std::io::{self, ErrorKind, Write};

use cordial_swarm::{ENOUGH, Missing};

use crate::args::Swarm;
use crate::locale::Reader;
use case::Case;
use hunt::{Catch, Hunt};

/// Something failed.
const FAILED: u8 = 1;
/// Usage errors, and what cannot be written.
const USAGE: u8 = 2;

/// Hunts, and gives the exit code to end with.
pub fn run(args: &Swarm) -> u8 {
    let reader = Reader::of_stdout(&args.face);
    match swarm(args, &reader) {
        Ok(code) => code,
        Err(message) => {
            let _ = writeln!(io::stderr(), "cordial: {message}");
            USAGE
        }
    }
}

fn swarm(args: &Swarm, reader: &Reader) -> Result<u8, String> {
    let caught = Hunt::of(args).run(reader.lang);
    let mut is_clean = true;
    for (seed, sort) in &caught.failures {
        is_clean = false;
        let case = Case::of(*seed, sort, args, reader)?;
        say(&if args.json { json::failure(&case) } else { telling::failure(&case, reader) })?;
    }
    say(&if args.json { json::summary(&caught, args) } else { telling::summary(&caught, args, reader) })?;
    is_clean &= !args.coverage || lacks(&caught).is_empty();
    Ok(if is_clean { 0 } else { FAILED })
}

/// What the coverage of a hunt lacks: what so many seeds have to show, and lines of the list that are no longer true.
fn lacks(caught: &Catch) -> Vec<Lack> {
    let gaps = if caught.ran >= ENOUGH { caught.coverage.gaps() } else { Vec::new() };
    let stale = caught.coverage.stale().into_iter().map(Lack::Stale);
    gaps.into_iter().map(Lack::Gap).chain(stale).collect()
}

/// What is wrong with a coverage.
enum Lack {
    /// Seen nowhere, and nothing says why.
    Gap(Missing),
    /// Seen, where the list says that it cannot be.
    Stale(Missing),
}

/// Writes the answer. A reader that has gone has seen enough.
fn say(text: &str) -> Result<(), String> {
    match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}
