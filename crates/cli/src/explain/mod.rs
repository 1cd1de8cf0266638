//! `cordial explain`: what the connections of a capture did, in words.
//!
//! ```text
//! FILE or - ─▶ Recording ─▶ events ─┬▶ Explainer ─▶ stories ─┐
//!                                   ├▶ lines, ladders ───────┴▶ Telling ─▶ standard output
//!                                   └▶ JSON lines, verdicts among them ──▶
//! ```

mod session;
mod source;

mod faults;
mod tale;
mod tales;
mod telling;

mod progress;
mod waiting;
mod words;

use std::fs::File;
use std::io::{self, ErrorKind, Write};

use cordial_explain::{Filter, Level};
use cordial_trace::Lang;
use cordial_trace::event::readable;

use crate::args::Explain;
use crate::locale::Reader;
use session::{Interrupted, Session};
use source::Opened;

/// With `--check`: something is wrong.
const WRONG: u8 = 1;
/// Usage errors, and what cannot be read or written.
const USAGE: u8 = 2;

/// Explains, and gives the exit code to end with.
pub fn run(args: &Explain) -> u8 {
    let reader = match args.output {
        Some(_) => Reader::of_file(&args.face),
        None => Reader::of_stdout(&args.face),
    };
    match explain(args, &reader) {
        Ok(worst) => u8::from(args.check && worst >= Some(Level::Warn)) * WRONG,
        Err(message) => {
            complain(&message);
            USAGE
        }
    }
}

/// Gives the worst that was found, or why nothing could be.
fn explain(args: &Explain, reader: &Reader) -> Result<Option<Level>, String> {
    let filter = filter(args, reader.lang)?;
    let opened = source::open(&args.file, reader.lang)?;
    let out = output(args, &opened, reader.lang)?;
    let name = opened.name.clone();
    let mut session = Session::begin(args, filter, reader, opened)?;
    match session.run(out) {
        // Whoever read has seen enough; what was found until then still counts.
        Err(Interrupted::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(session.worst()),
        Err(Interrupted::Output(error)) => Err(cannot_write(args, &error, reader.lang)),
        Err(Interrupted::Input(error)) => {
            let places = [("file", &*name), ("error", &*error.to_string())];
            Err(words::CANNOT_READ.fill(reader.lang, &places))
        }
        Err(Interrupted::NoSuchConnection { wanted, there }) => {
            let places = [("wanted", &*wanted.to_string()), ("there", &*there.to_string())];
            Err(words::NO_SUCH_CONNECTION.fill(reader.lang, &places))
        }
        Ok(worst) => Ok(worst),
    }
}

/// What is shown of all that is there.
fn filter(args: &Explain, lang: Lang) -> Result<Filter, String> {
    let parsed = args.filter.as_deref().unwrap_or_default().parse::<Filter>();
    parsed.map_err(|error| format!("--filter: {}", error.explain(lang)))
}

/// Where the answer goes.
fn output(args: &Explain, opened: &Opened, lang: Lang) -> Result<Box<dyn Write>, String> {
    let Some(path) = &args.output else { return Ok(Box::new(io::stdout().lock())) };
    if opened.is_same(path) {
        return Err(words::SAME_FILE.fill(lang, &[("file", &readable(&path.display().to_string()))]));
    }
    let file = File::create(path).map_err(|error| cannot_write(args, &error, lang))?;
    Ok(Box::new(file))
}

fn cannot_write(args: &Explain, error: &io::Error, lang: Lang) -> String {
    match &args.output {
        Some(path) => {
            let places = [("file", &*readable(&path.display().to_string())), ("error", &*error.to_string())];
            words::CANNOT_WRITE.fill(lang, &places)
        }
        None => error.to_string(),
    }
}

/// Says on standard error what is wrong. If nobody listens, nothing can be done about it.
fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "cordial: {message}");
}
