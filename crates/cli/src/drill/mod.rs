//! `cordial drill`: packetdrill scripts against this TCP.
//!
//! ```text
//! FILE…|DIR ─▶ scripts ─▶ cordial_drill ─▶ Report ─┬▶ Score ─▶ summary, exit code
//!                                                  └▶ telling: lines, ladders, JSON
//! ```

mod score;
mod scripts;
mod telling;
mod words;

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::time::Instant;

use cordial_drill::{Outcome, Settings, drill};
use cordial_trace::Lang;

use crate::args::Drill;
use crate::locale::Reader;
use score::Score;
use telling::Telling;

/// Usage errors, and what cannot be read or written.
const USAGE: u8 = 2;

/// Runs the scripts and gives the exit code.
pub fn run(args: &Drill) -> u8 {
    let reader = match args.output {
        Some(_) => Reader::of_file(&args.face),
        None => Reader::of_stdout(&args.face),
    };
    match all(args, &reader) {
        Ok(score) => score.exit_code(args),
        Err(message) => {
            // If nobody listens, nothing can be done about it.
            let _ = writeln!(io::stderr(), "cordial: {message}");
            USAGE
        }
    }
}

fn all(args: &Drill, reader: &Reader) -> Result<Score, String> {
    let files = scripts::find(&args.files, reader.lang)?;
    let mut out = output(args, reader.lang)?;
    let settings = Settings { profile: args.profile.into(), exact: args.exact };
    let telling = Telling::new(args, reader);
    let begun = Instant::now();
    let mut score = Score::default();
    for file in &files {
        let script = scripts::read(file, reader.lang)?;
        let mut report = drill(&script.text, settings);
        if args.strict && report.outcome == Outcome::Skip {
            report.outcome = Outcome::Fail;
        }
        // What the same script comes to when everything that may be forgiven is.
        let lenient = args.exact.then(|| drill(&script.text, Settings { exact: false, ..settings }).outcome);
        score.count(&report, lenient);
        let written = telling.script(&mut out, &script, &report);
        if goes_on(written, args, reader.lang)? == Reading::Over {
            return Ok(score);
        }
    }
    let written = telling.summary(&mut out, &score, begun.elapsed()).and_then(|()| out.flush());
    goes_on(written, args, reader.lang)?;
    Ok(score)
}

/// Whether somebody still reads.
#[derive(PartialEq, Eq)]
enum Reading {
    On,
    /// Whoever read has seen enough; what was found until then still counts.
    Over,
}

fn goes_on(written: io::Result<()>, args: &Drill, lang: Lang) -> Result<Reading, String> {
    match written {
        Ok(()) => Ok(Reading::On),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reading::Over),
        Err(error) => Err(cannot_write(args, &error, lang)),
    }
}

fn output(args: &Drill, lang: Lang) -> Result<Box<dyn Write>, String> {
    let Some(path) = &args.output else { return Ok(Box::new(io::stdout().lock())) };
    let file = File::create(path).map_err(|error| cannot_write(args, &error, lang))?;
    Ok(Box::new(io::BufWriter::new(file)))
}

fn cannot_write(args: &Drill, error: &io::Error, lang: Lang) -> String {
    match &args.output {
        Some(path) => {
            let places = [("file", &*path.display().to_string()), ("error", &*error.to_string())];
            words::CANNOT_WRITE.fill(lang, &places)
        }
        None => error.to_string(),
    }
}
