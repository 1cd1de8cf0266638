//! Lines, clauses and words, each with its place.

use std::ops::Range;

/// Where something stands in a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// Octets of the line before it.
    pub start: usize,
    /// Octets of the line before its end.
    pub end: usize,
}

impl Place {
    /// From the beginning of this place to the end of another on the same line.
    pub(crate) fn to(self, end: Self) -> Self {
        Self { end: end.end.max(self.end), ..self }
    }

    /// The place right behind.
    pub(crate) fn behind(self) -> Self {
        Self { start: self.end, ..self }
    }

    /// A part of it.
    pub(crate) fn part(self, range: Range<usize>) -> Self {
        Self { line: self.line, start: self.start + range.start, end: self.start + range.end }
    }
}

/// Something that was written, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Located<T> {
    /// What.
    pub it: T,
    /// Where.
    pub place: Place,
}

impl<T> Located<T> {
    pub(crate) const fn new(it: T, place: Place) -> Self {
        Self { it, place }
    }
}

/// A word of a line.
pub(crate) type Word<'a> = Located<&'a str>;

/// A line that says something.
#[derive(Clone, Debug)]
pub(crate) struct Line<'a> {
    /// What kind of line it is.
    pub(crate) head: Word<'a>,
    /// What follows the first word, as it is written, without what surrounds it.
    pub(crate) rest: Word<'a>,
    /// What stands between semicolons, in words.
    pub(crate) clauses: Vec<Clause<'a>>,
}

/// What stands between two semicolons.
#[derive(Clone, Debug)]
pub(crate) struct Clause<'a> {
    pub(crate) words: Vec<Word<'a>>,
    /// Where the next word would stand.
    pub(crate) end: Place,
}

/// The lines of a file that say something: not those that are empty or only a comment.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.lines().enumerate().filter_map(|(at, line)| read(at + 1, line))
}

fn read(number: usize, line: &str) -> Option<Line<'_>> {
    let mut words = split(number, without_comment(line)).into_iter();
    let head = words.next().filter(|head| head.it != ";")?;
    let whole = line.get(head.place.end..).unwrap_or_default();
    let lead = whole.len() - whole.trim_start().len();
    let start = head.place.end + lead;
    let rest = Located::new(whole.trim(), Place { line: number, start, end: start + whole.trim().len() });
    let mut clauses = vec![Clause { words: Vec::new(), end: head.place.behind() }];
    for word in words {
        match (word.it, clauses.last_mut()) {
            (";", _) => clauses.push(Clause { words: Vec::new(), end: word.place.behind() }),
            (_, Some(clause)) => {
                clause.end = word.place.behind();
                clause.words.push(word);
            }
            (_, None) => {}
        }
    }
    Some(Line { head, rest, clauses })
}

/// The line up to a `#` that begins a word.
fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '#' if !quoted && (before.is_whitespace() || before == ';') => {
                return line.get(..at).unwrap_or_default();
            }
            _ => {}
        }
        before = c;
    }
    line
}

/// Words and semicolons. What stands between quotation marks is one word; a comma behind a word is no part of it.
fn split(number: usize, line: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut begun: Option<usize> = None;
    let mut quoted = false;
    for (at, c) in line.char_indices().chain([(line.len(), ' ')]) {
        quoted ^= c == '"';
        let ends = !quoted && (c.is_whitespace() || c == ';') || at == line.len();
        if !ends {
            begun.get_or_insert(at);
            continue;
        }
        if let Some(start) = begun.take() {
            let text = line.get(start..at).unwrap_or_default().trim_end_matches(',');
            if !text.is_empty() {
                let place = Place { line: number, start, end: start + text.len() };
                words.push(Located::new(text, place));
            }
        }
        if c == ';' {
            words.push(Located::new(";", Place { line: number, start: at, end: at + 1 }));
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_head_and_clauses_of_words() {
        let text = "\n# nothing\nclient  connect; send \"a; b\" @10ms   # why\n";
        let lines: Vec<Line<'_>> = lines(text).collect();
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].head.it, lines[0].head.place.line), ("client", 3));
        let words: Vec<Vec<&str>> =
            lines[0].clauses.iter().map(|clause| clause.words.iter().map(|word| word.it).collect()).collect();
        assert_eq!(words, [vec!["connect"], vec!["send", "\"a; b\"", "@10ms"]]);
    }

    #[test]
    fn a_comma_behind_a_word_is_no_part_of_it() {
        let words: Vec<&str> = split(1, "msl=2s, isn=1,2 ,").iter().map(|word| word.it).collect();
        assert_eq!(words, ["msl=2s", "isn=1,2"]);
    }

    #[test]
    fn a_number_sign_within_a_word_is_no_comment() {
        assert_eq!(without_comment("a#1 b # c"), "a#1 b ");
    }
}
