//! How a ladder is drawn, and text of a certain width.

use unicode_width::UnicodeWidthStr;

use super::glyphs::{ASCII, Glyphs, UNICODE};
use crate::Lang;

/// How a ladder is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// Columns to draw in, 40 at least. From 100 on the picture has all its columns; below, timers and queues stand
    /// under their row; below 72, states stand on the arrows.
    pub width: usize,
    /// Only ASCII characters.
    pub ascii: bool,
    /// Colours, by ANSI escape sequences.
    pub colour: bool,
    /// The language.
    pub lang: Lang,
    /// Sequence numbers as on the wire instead of counted from 0.
    pub absolute: bool,
    /// Segments are numbered, as verdicts refer to them.
    pub numbered: bool,
    /// Times have six decimals even where three say everything: for the clock of real traffic. A ladder that is drawn
    /// as a whole and needs them has them anyhow.
    pub fine: bool,
}

impl Style {
    /// Plain text in English, 100 columns wide.
    pub const PLAIN: Self = Self {
        width: 100,
        ascii: false,
        colour: false,
        lang: Lang::En,
        absolute: false,
        numbered: false,
        fine: false,
    };
}

impl Default for Style {
    fn default() -> Self {
        Self::PLAIN
    }
}

/// A colour with a meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Colour {
    /// The client's.
    Blue,
    /// The server's.
    Orange,
    /// Trouble.
    Pink,
    /// None.
    Plain,
}

impl Style {
    pub(super) fn glyphs(&self) -> &'static Glyphs {
        if self.ascii { &ASCII } else { &UNICODE }
    }

    pub(super) fn paint(&self, colour: Colour, text: &str) -> String {
        let code = match colour {
            Colour::Blue => "34",
            Colour::Orange => "38;5;208",
            Colour::Pink => "38;5;205",
            Colour::Plain => "",
        };
        if !self.colour || code.is_empty() || text.trim().is_empty() {
            return text.to_owned();
        }
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// Columns that `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` and spaces up to `columns`.
pub fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Spaces and `text` up to `columns`.
pub fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// As much of `text` as fits into `columns`.
pub fn cut(text: &str, columns: usize) -> String {
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if width(&out) > columns {
            out.pop();
            break;
        }
    }
    out
}

/// `text` in lines of at most `columns`; the second and later ones begin with `indent`.
///
/// Lines break at spaces, and between Chinese characters, but not before their punctuation.
pub fn wrap(text: &str, columns: usize, indent: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words(text) {
        let is_fresh = line.trim().is_empty();
        if !is_fresh && width(&line) + width(word.trim_end()) > columns {
            lines.push(line.trim_end().to_owned());
            line = indent.to_owned();
            line.push_str(word.trim_start());
        } else {
            line.push_str(word);
        }
    }
    if !line.trim().is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Pieces that are not to be broken, each with the space behind it.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (at, c) in text.char_indices() {
        if before.is_some_and(|before| breaks_between(before, c)) {
            words.extend(text.get(start..at));
            start = at;
        }
        before = Some(c);
    }
    words.extend(text.get(start..));
    words
}

fn breaks_between(before: char, after: char) -> bool {
    let is_wide = |c: char| unicode_width::UnicodeWidthChar::width(c) == Some(2);
    let closes = |c: char| "，。；：、？！）》”’".contains(c);
    let opens = |c: char| "（《“‘".contains(c);
    if after.is_whitespace() || closes(after) || opens(before) {
        return false;
    }
    before.is_whitespace() || is_wide(before) || is_wide(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(wrap("one two three", 8, "  "), ["one two", "  three"]);
    }

    #[test]
    fn chinese_lines_break_anywhere_but_before_punctuation() {
        assert_eq!(wrap("数据没丢，这正是", 8, ""), ["数据没", "丢，这正", "是"]);
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(right("客户端", 8), "  客户端");
        assert_eq!(cut("客户端", 5), "客户");
    }
}
