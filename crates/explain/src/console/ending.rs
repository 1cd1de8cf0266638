//! What is kept for the end of a run, and drawn then.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use cordial_tcp::Instant;
use cordial_trace::event::Group;
use cordial_trace::ladder::{Caption, Ladder, Style, plain};
use cordial_trace::words::Phrase;

use super::{Faces, caption, sentences};
use crate::line::Line;
use crate::listing::Listing;
use crate::summary::Summary;
use crate::verdict::Level;

/// Connections whose stories are told: the worst as ladders, the others as lines, all of them counted.
#[derive(Debug, Default)]
pub(super) struct Ending {
    drawn: BTreeMap<Rank, (Ladder, Line)>,
    listed: BTreeMap<Rank, Line>,
    summary: Summary,
    /// Lines that were too many to keep.
    untold: u64,
    /// Connections that the filter kept out.
    filtered: u64,
}

/// The worst first, then the first.
type Rank = (Reverse<Option<Level>>, Group);

/// Ladders and lines that are kept at most. Those of healthy connections give way.
const LADDERS: usize = 1_000;
const LINES: usize = 1_000;

/// Connections from which on there is a summary, also when all have their ladders.
const SUMMED: u64 = 6;

fn rank(line: &Line) -> Rank {
    (Reverse(line.level()), line.group)
}

impl Ending {
    /// Keeps a connection whose story is told. Without a ladder it is only counted and has its line; if it was drawn
    /// already, not even that.
    pub(super) fn keep(&mut self, line: Line, ladder: Option<Ladder>, faces: &Faces) {
        self.summary.add(&line);
        let Some(mut ladder) = ladder else { return };
        ladder.finish();
        self.drawn.insert(rank(&line), (ladder, line));
        if self.drawn.len() > faces.ladders.min(LADDERS)
            && let Some((rank, (_, line))) = self.drawn.pop_last()
        {
            self.listed.insert(rank, line);
        }
        if self.listed.len() > LINES {
            self.listed.pop_last();
            self.untold += 1;
        }
    }

    /// Counts a connection that the filter kept out.
    pub(super) fn leave_out(&mut self) {
        self.filtered += 1;
    }

    /// Connections of which nothing is shown but that they were there.
    pub(super) fn untold(&self) -> u64 {
        self.untold
    }

    /// Ladders, then lines, then the summary; `all` connections were there.
    pub(super) fn draw(&mut self, all: u32, now: Instant, faces: &Faces) -> String {
        let mut out = String::new();
        let drawn: BTreeMap<Group, (Ladder, Line)> =
            std::mem::take(&mut self.drawn).into_values().map(|kept| (kept.1.group, kept)).collect();
        for (ladder, line) in drawn.values() {
            separate(&mut out);
            out.push_str(&picture(ladder, line, all, faces));
        }
        let listed: BTreeMap<Group, Line> =
            std::mem::take(&mut self.listed).into_values().map(|line| (line.group, line)).collect();
        if !listed.is_empty() {
            separate(&mut out);
            self.list(&listed, now, &faces.style, !drawn.is_empty(), &mut out);
        }
        if !listed.is_empty() || self.summary.connections() >= SUMMED {
            separate(&mut out);
            out.push_str(&self.summary.draw(now, &faces.style));
        }
        self.say_filtered(&faces.style, &mut out);
        out
    }

    fn list(
        &self,
        listed: &BTreeMap<Group, Line>,
        now: Instant,
        style: &Style,
        are_more: bool,
        out: &mut String,
    ) {
        let n = listed.len().to_string();
        let phrase = if are_more { MORE_IN_LINES } else { IN_LINES };
        out.push_str(&format!("{}\n", phrase.fill(style.lang, &[("n", &n)])));
        let listing = Listing::new(listed.values(), now, *style);
        out.push_str(&format!("{}\n", listing.title()));
        for line in listed.values() {
            out.push_str(&format!("{}\n", listing.line(line, now)));
        }
        if self.untold > 0 {
            let text = NOT_LISTED.fill(style.lang, &[("n", &self.untold.to_string())]);
            out.push_str(&format!("{}\n", if style.ascii { plain(&text) } else { text }));
        }
    }

    fn say_filtered(&self, style: &Style, out: &mut String) {
        let phrase = match (self.filtered, self.summary.connections()) {
            (0, _) => return,
            (_, 0) => NONE_MATCH,
            _ => FILTERED,
        };
        separate(out);
        let n = self.filtered.to_string();
        out.push_str(&format!("{}\n", phrase.fill(style.lang, &[("n", &n)])));
    }
}

/// One connection's ladder and what is said below it.
fn picture(ladder: &Ladder, line: &Line, all: u32, faces: &Faces) -> String {
    let Some(story) = &line.story else { return String::new() };
    let (headline, lines) = (story.headline(faces.style.lang), sentences(story, &faces.style));
    let caption =
        Caption { all: Some(all), headline: &headline, lines: &lines, ..caption(faces, story.group) };
    let style = Style { numbered: story.level() > Level::Ok, ..faces.style };
    ladder.draw(&style, &caption)
}

/// An empty line between two parts.
fn separate(out: &mut String) {
    if !out.is_empty() {
        out.push('\n');
    }
}

const MORE_IN_LINES: Phrase =
    Phrase::new("{n} more connections, one line each:", "另外 {n} 条连接，每条一行：");
const IN_LINES: Phrase = Phrase::new("{n} connections, one line each:", "{n} 条连接，每条一行：");
const NOT_LISTED: Phrase = Phrase::new(
    "... and {n} more, none worse than these; --events FILE has them all",
    "…… 还有 {n} 条，没有比上面更糟的；用 --events FILE 可以都记下来",
);
const FILTERED: Phrase =
    Phrase::new("--filter leaves out {n} more connections", "--filter 另外略去了 {n} 条连接");
const NONE_MATCH: Phrase =
    Phrase::new("no connection matches --filter; there were {n}", "没有连接符合 --filter；一共有 {n} 条");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        for phrase in [MORE_IN_LINES, IN_LINES, NOT_LISTED, FILTERED, NONE_MATCH] {
            assert!(phrase.is_complete(), "{phrase:?}");
        }
    }
}
