//! `cordial why`: a rule switched off, and the shortest run in which that matters.
//!
//! ```text
//! RULE ─▶ Answer ─┬▶ words, two ladders ─▶ standard output
//!                 └▶ JSON lines
//! ```

mod json;
mod list;
mod telling;
mod words;

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::time::Instant;

use cordial_check::property::Property;
use cordial_check::{Answer, Bounds, RULES, Rule};
use cordial_trace::Lang;
use cordial_trace::event::readable;

use crate::args::Why;
use crate::locale::Reader;

/// Something breaks without the rule.
const BROKEN: u8 = 1;
/// Usage errors, and what cannot be written.
const USAGE: u8 = 2;

/// Answers, and gives the exit code to end with.
pub fn run(args: &Why) -> u8 {
    let reader = match args.output {
        Some(_) => Reader::of_file(&args.face),
        None => Reader::of_stdout(&args.face),
    };
    match why(args, &reader) {
        Ok(code) => code,
        Err(message) => {
            let _ = writeln!(io::stderr(), "cordial: {message}");
            USAGE
        }
    }
}

fn why(args: &Why, reader: &Reader) -> Result<u8, String> {
    let Some(name) = args.rule.as_deref().filter(|_| !args.list) else {
        say(args, reader.lang, list::list(reader).as_bytes())?;
        return Ok(0);
    };
    let rule = find(name, reader.lang)?;
    let property = args.property.as_deref().map(|name| property(name, reader.lang)).transpose()?;
    let began = Instant::now();
    let answer = Answer::find(rule, property, Bounds { states: args.states });
    let took = began.elapsed();
    let said = match args.json {
        true => json::lines(&answer, took).map_err(|error| error.to_string())?,
        false => telling::tell(&answer, took, reader).into_bytes(),
    };
    say(args, reader.lang, &said)?;
    Ok(if answer.counterexample().is_some() { BROKEN } else { 0 })
}

/// The rule of that name, or what was probably meant.
fn find(name: &str, lang: Lang) -> Result<&'static Rule, String> {
    let near = || RULES.iter().min_by_key(|rule| strsim::damerau_levenshtein(rule.name, name));
    RULES.iter().find(|rule| rule.name == name).ok_or_else(|| {
        let meant = near().map_or("", |rule| rule.name);
        words::NO_RULE.fill(lang, &[("name", &readable(name)), ("meant", meant)])
    })
}

fn property(name: &str, lang: Lang) -> Result<Property, String> {
    name.parse().map_err(|_| words::NO_PROPERTY.fill(lang, &[("name", &readable(name))]))
}

/// Writes where it is to go. A reader that has gone has seen enough.
fn say(args: &Why, lang: Lang, text: &[u8]) -> Result<(), String> {
    let written = match &args.output {
        Some(path) => File::create(path).and_then(|mut file| file.write_all(text)),
        None => io::stdout().write_all(text),
    };
    match (written, &args.output) {
        (Err(error), Some(path)) => {
            let places = [("file", &*readable(&path.display().to_string())), ("error", &*error.to_string())];
            Err(words::CANNOT_WRITE.fill(lang, &places))
        }
        (Err(error), None) if error.kind() != ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}
