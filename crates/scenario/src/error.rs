//! What is wrong with a scenario, and where.

use std::fmt;

use cordial_trace::Lang;
use cordial_trace::event::readable;
use cordial_trace::ladder::width;
use cordial_trace::words::Phrase;

use crate::text::Place;

/// A scenario that cannot be understood, or contradicts itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScenarioError {
    wrong: Box<Wrong>,
    /// The line it stands on.
    line: String,
}

/// An error that does not know its line's text yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Wrong {
    place: Place,
    what: Phrase,
    fills: Vec<(&'static str, Fill)>,
    /// What was probably meant.
    nearest: Option<String>,
}

/// What stands in a place of a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Fill {
    /// The same in every language.
    Text(String),
    /// Words of its own in each.
    Words(Phrase),
}

impl From<&str> for Fill {
    fn from(text: &str) -> Self {
        Self::Text(readable(text))
    }
}

impl From<String> for Fill {
    fn from(text: String) -> Self {
        Self::Text(readable(&text))
    }
}

impl From<Phrase> for Fill {
    fn from(words: Phrase) -> Self {
        Self::Words(words)
    }
}

impl Fill {
    fn text(&self, all: &[(&'static str, Self)], lang: Lang) -> String {
        let texts = all.iter().filter_map(|(name, fill)| match fill {
            Self::Text(text) => Some((*name, text.as_str())),
            Self::Words(_) => None,
        });
        match self {
            Self::Text(text) => text.clone(),
            Self::Words(words) => words.fill(lang, &texts.collect::<Vec<_>>()),
        }
    }
}

impl Wrong {
    pub(crate) fn new(place: Place, what: Phrase) -> Self {
        Self { place, what, fills: Vec::new(), nearest: None }
    }

    /// Fills a place of the sentence.
    pub(crate) fn with(mut self, name: &'static str, fill: impl Into<Fill>) -> Self {
        self.fills.push((name, fill.into()));
        self
    }

    /// Says what was probably meant.
    pub(crate) fn meant(mut self, word: Option<&str>) -> Self {
        self.nearest = word.map(str::to_owned);
        self
    }

    /// The error, in the text it was found in.
    pub(crate) fn within(self, text: &str) -> ScenarioError {
        let line = text.lines().nth(self.place.line.saturating_sub(1)).unwrap_or_default();
        let line = line.trim_end().chars().take(MOST_SHOWN).collect();
        ScenarioError { wrong: Box::new(self), line }
    }
}

/// Characters of a line that are shown.
const MOST_SHOWN: usize = 200;

impl ScenarioError {
    /// The line, from 1.
    pub fn line(&self) -> usize {
        self.wrong.place.line
    }

    /// The column in characters, from 1.
    pub fn column(&self) -> usize {
        self.line.get(..self.wrong.place.start).unwrap_or(&self.line).chars().count() + 1
    }

    /// What is wrong, in one line.
    pub fn reason(&self, lang: Lang) -> String {
        let Wrong { what, fills, nearest, .. } = &*self.wrong;
        // Words may have places of their own.
        let filled: Vec<(&str, String)> =
            fills.iter().map(|(name, fill)| (*name, fill.text(fills, lang))).collect();
        let fills: Vec<(&str, &str)> = filled.iter().map(|(name, text)| (*name, &**text)).collect();
        let mut said = what.fill(lang, &fills);
        if let Some(word) = nearest {
            said.push_str(&MEANT.fill(lang, &[("word", word)]));
        }
        said
    }

    /// What is wrong, and a picture of where: several lines, the last without a newline. `name` is the file's.
    pub fn explain(&self, name: &str, lang: Lang) -> String {
        let shown = readable(&self.line.replace('\t', " "));
        let before = self.line.get(..self.wrong.place.start).unwrap_or(&self.line);
        let marked = self.line.get(self.wrong.place.start..self.wrong.place.end).unwrap_or_default();
        let (space, marks) =
            (" ".repeat(width(&readable(before))), "^".repeat(width(&readable(marked)).max(1)));
        let number = self.wrong.place.line.to_string();
        let margin = " ".repeat(number.len());
        let said = self.reason(lang);
        let at = format!("{}:{number}:{}", readable(name), self.column());
        format!("{at}: {said}\n {margin} |\n {number} | {shown}\n {margin} | {space}{marks}")
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line(), self.column(), self.reason(Lang::En))
    }
}

impl std::error::Error for ScenarioError {}

const MEANT: Phrase = Phrase::new(" Did you mean `{word}`?", "是不是想写“{word}”？");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_points_at_the_place() {
        let place = Place { line: 2, start: 5, end: 7 };
        let what = Phrase::new("there is no `{word}`.", "没有“{word}”。");
        let wrong = Wrong::new(place, what).with("word", "x6").meant(Some("c6"));
        let error = wrong.within("net delay 1ms\ndrop x6 s1\n");
        assert_eq!(
            error.explain("my.scenario", Lang::En),
            "my.scenario:2:6: there is no `x6`. Did you mean `c6`?\n   |\n 2 | drop x6 s1\n   |      ^^"
        );
        assert!(error.explain("f", Lang::Zh).starts_with("f:2:6: 没有“x6”。是不是想写“c6”？"));
    }

    #[test]
    fn what_would_steer_a_terminal_is_not_repeated() {
        let wrong = Wrong::new(Place { line: 1, start: 0, end: 1 }, Phrase::new("no {word}", "没有 {word}"));
        let error = wrong.with("word", "\u{1b}[2J").within("\u{1b}[2J");
        assert!(!error.explain("f", Lang::En).contains('\u{1b}'));
    }
}
