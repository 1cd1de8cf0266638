//! One connection in a few lines of text.

use cordial_explain::{Level, Line};
use cordial_trace::Lang;
use cordial_trace::ladder::{Style, cut, plain};

/// Who talks, and how it went: `#12  10.0.0.2:51514 -> example.org:443   NOTE syn-lost · recovered, +1.0 s`.
pub fn heading(line: &Line, style: &Style) -> String {
    let [client, server] = [(line.client, 0), (line.server, 1)].map(|(address, place)| {
        match line.names.get(place).and_then(Option::as_deref) {
            Some(name) => format!("{name}:{}", address.port()),
            None => address.to_string(),
        }
    });
    let headline = line.story.as_ref().map(|story| story.headline(style.lang)).unwrap_or_default();
    finished(format!("#{:<4} {client} -> {server}   {headline}", line.group.0), style)
}

/// What it means, indented; the segments that show it are numbered as the ladder numbers them.
pub fn sentences(line: &Line, style: &Style) -> Vec<String> {
    let Some(story) = &line.story else { return Vec::new() };
    let lines = story.lines(style.lang, style.width.saturating_sub(INDENT.len()).clamp(40, 100));
    lines.into_iter().map(|text| finished(format!("{INDENT}{text}"), style)).collect()
}

/// True if there is something to be told of it.
pub fn is_worth_telling(line: &Line) -> bool {
    line.level() > Some(Level::Info)
}

const INDENT: &str = "      ";

/// A line as it is printed.
pub fn finished(text: String, style: &Style) -> String {
    let text = if style.ascii && style.lang == Lang::En { plain(&text) } else { text };
    cut(&text, style.width).trim_end().to_owned()
}
