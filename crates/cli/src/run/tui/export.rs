//! The ladder that is looked at, as a file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};

use cordial_trace::ladder::{Caption, Style};

use super::model::Model;
use super::words;

/// Writes the ladder that is looked at into a new file; says how that went.
pub fn export(model: &Model) -> String {
    let Some((group, text)) = picture(model) else { return words::NO_CONNECTION.text(model.lang).to_owned() };
    match write_new(group, &text) {
        Ok(file) => words::EXPORTED.fill(model.lang, &[("file", &file)]),
        Err(error) => words::NOT_EXPORTED.fill(model.lang, &[("why", &error.to_string())]),
    }
}

/// The ladder that is looked at, under what was said of it, and its connection's number.
pub fn picture(model: &Model) -> Option<(u32, String)> {
    let group = model.current()?;
    let line = model.store.line(group, model.now)?;
    let mut ladder = model.store.entry(group)?.ladder.clone();
    ladder.finish();
    let style =
        Style { ascii: model.ascii, lang: model.lang, numbered: true, fine: true, ..Style::default() };
    let story = line.story.as_ref();
    let headline = story.map_or_else(String::new, |story| story.headline(model.lang));
    let lines = story.map_or_else(Vec::new, |story| story.lines(model.lang, style.width));
    let lines: Vec<String> = lines.iter().map(|line| model.masked(line)).collect();
    let names = BTreeMap::new();
    let title = if model.hides { "cordial run" } else { &model.title };
    let caption = Caption {
        title,
        number: group.0,
        all: None,
        headline: &headline,
        lines: &lines,
        names: &names,
        conditions: "",
    };
    let mut text = ladder.draw(&style, &caption);
    if model.hides {
        let who = [words::CLIENT, words::SERVER].map(|end| format!("{} ", end.text(model.lang)));
        let kept = text.lines().filter(|line| !who.iter().any(|end| line.starts_with(end.as_str())));
        text = kept.map(|line| format!("{line}\n")).collect();
    }
    Some((group.0, text))
}

/// Files of one connection that may be there already.
const COPIES: u32 = 100;

fn write_new(group: u32, text: &str) -> io::Result<String> {
    for copy in 1..=COPIES {
        let name = match copy {
            1 => format!("cordial-{group}.txt"),
            copy => format!("cordial-{group}-{copy}.txt"),
        };
        match File::create_new(&name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            file => return file?.write_all(text.as_bytes()).map(|()| name),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
