//! `cordial play`: a scenario in virtual time, drawn and judged.
//!
//! ```text
//! NAME or FILE ─▶ Scenario ─▶ Run ─┬▶ ladders, what they mean ─▶ standard output
//!                                  ├▶ JSON lines, packets ─────▶ files
//!                                  └▶ exit code
//! ```

mod files;
mod list;
mod source;
mod words;

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use cordial_scenario::{Run, Scenario};
use cordial_trace::Lang;
use cordial_trace::event::readable;
use cordial_trace::ladder::Style;

use crate::args::Play;
use crate::locale::Reader;
use source::Source;

/// Not everything came as the scenario expects.
const NOT_AS_EXPECTED: u8 = 1;
/// Usage errors, scenarios that make no sense, and what cannot be read or written.
const USAGE: u8 = 2;

/// Plays, and gives the exit code to end with.
pub fn run(args: &Play) -> u8 {
    let reader = match args.output {
        Some(_) => Reader::of_file(&args.face),
        None => Reader::of_stdout(&args.face),
    };
    match play(args, &reader) {
        Ok(code) => code,
        Err(message) => {
            complain(&message);
            USAGE
        }
    }
}

fn play(args: &Play, reader: &Reader) -> Result<u8, String> {
    let Some(scenario) = args.scenario.as_deref().filter(|_| !args.list) else {
        say(args, reader.lang, list::list(reader).as_bytes())?;
        return Ok(0);
    };
    let source = Source::of(scenario, reader.lang)?;
    let parsed = Scenario::parse(&source.text).map_err(|error| error.explain(&source.file, reader.lang))?;
    let mut files = files::Files::open(args, reader.lang)?;
    let run = parsed.run(args.seed).map_err(|error| error.explain(&source.file, reader.lang))?;
    files.write(&run, &source.title(args))?;
    answer(args, reader, &source, &run)?;
    Ok(if run.is_as_expected() { 0 } else { NOT_AS_EXPECTED })
}

/// Ladders, or events, where they are to go.
fn answer(args: &Play, reader: &Reader, source: &Source, run: &Run) -> Result<(), String> {
    let style = Style {
        width: usize::from(reader.columns).max(40),
        ascii: reader.ascii,
        colour: reader.color,
        lang: reader.lang,
        absolute: args.absolute,
        numbered: false,
        fine: false,
    };
    let complaints = run.draw_complaints(&style);
    if args.json {
        let events = files::json(run, &source.title(args)).map_err(|error| error.to_string())?;
        say(args, reader.lang, &events)?;
        if !complaints.is_empty() {
            complain(complaints.trim_end());
        }
        return Ok(());
    }
    let mut text = run.draw(&style, &source.title(args));
    if !complaints.is_empty() {
        text.push('\n');
        text.push_str(&complaints);
    }
    say(args, reader.lang, text.as_bytes())
}

/// Writes the answer. A reader that has gone has seen enough.
fn say(args: &Play, lang: Lang, text: &[u8]) -> Result<(), String> {
    let result = match &args.output {
        Some(path) => File::create(path).and_then(|mut file| file.write_all(text)),
        None => io::stdout().lock().write_all(text).and_then(|()| io::stdout().flush()),
    };
    match (result, &args.output) {
        (Err(error), Some(path)) => Err(cannot_write("--output", path, &error, lang)),
        (Err(error), None) if error.kind() != ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}

fn cannot_write(flag: &str, path: &Path, error: &io::Error, lang: Lang) -> String {
    let file = readable(&path.display().to_string());
    words::CANNOT_WRITE.fill(lang, &[("flag", flag), ("file", &file), ("error", &error.to_string())])
}

/// Says on standard error what is wrong. If nobody listens, nothing can be done about it.
fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "cordial: {message}");
}
