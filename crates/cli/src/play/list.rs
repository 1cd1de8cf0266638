//! The scenarios that come with the command.

use cordial_scenario::{LIBRARY, Scenario};
use cordial_trace::ladder::{cut, left};

use super::words;
use crate::locale::Reader;

/// Columns of a name.
const NAME: usize = 30;

/// A line for each: its number, name, and title.
pub fn list(reader: &Reader) -> String {
    let mut out = String::new();
    for (heading, are_lessons) in [(words::LESSONS, true), (words::ROWS, false)] {
        out.push_str(heading.text(reader.lang));
        out.push('\n');
        for entry in LIBRARY.iter().filter(|entry| entry.is_lesson == are_lessons) {
            let title = Scenario::parse(entry.text).map(|scenario| scenario.about.title).unwrap_or_default();
            let line =
                format!("  {:02}  {} {}", entry.number, left(entry.name, NAME), title.text(reader.lang));
            out.push_str(cut(&line, usize::from(reader.columns).max(40)).trim_end());
            out.push('\n');
        }
    }
    out.push_str(words::HOW_TO_PLAY.text(reader.lang));
    out.push('\n');
    out
}
