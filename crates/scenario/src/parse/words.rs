//! The words of a clause, read one after the other.

use std::vec;

use cordial_trace::words::Phrase;

use crate::error::Wrong;
use crate::nearest::nearest;
use crate::text::{Clause, Place, Word};

/// The words of a clause that were not read yet.
#[derive(Clone, Debug)]
pub(super) struct Words<'a> {
    rest: vec::IntoIter<Word<'a>>,
    end: Place,
}

impl<'a> Words<'a> {
    pub(super) fn of(clause: Clause<'a>) -> Self {
        Self { rest: clause.words.into_iter(), end: clause.end }
    }

    /// The next word, which stays.
    pub(super) fn peek(&self) -> Option<Word<'a>> {
        self.rest.as_slice().first().copied()
    }

    /// Where the next word stands, or would stand.
    pub(super) fn place(&self) -> Place {
        self.peek().map_or(self.end, |word| word.place)
    }

    /// The next word, if there is one.
    pub(super) fn next(&mut self) -> Option<Word<'a>> {
        self.rest.next()
    }

    /// The next word; `expected` says what was to stand here.
    pub(super) fn word(&mut self, expected: Phrase) -> Result<Word<'a>, Wrong> {
        let end = self.end;
        self.next().ok_or_else(|| Wrong::new(end, MISSING).with("what", expected))
    }

    /// True if the next word is this one, which is taken.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let is_it = self.peek().is_some_and(|next| next.it == word);
        if is_it {
            self.next();
        }
        is_it
    }

    /// Reads the next word if it is one of this kind.
    pub(super) fn take_as<T>(&mut self, read: impl FnOnce(Word<'a>) -> Option<T>) -> Option<T> {
        let value = read(self.peek()?)?;
        self.next();
        Some(value)
    }

    /// There is nothing more.
    pub(super) fn end(self) -> Result<(), Wrong> {
        match self.peek() {
            None => Ok(()),
            Some(word) => Err(Wrong::new(word.place, NOTHING_MORE).with("word", word.it)),
        }
    }
}

/// Something else was to stand here.
pub(super) fn expected(word: Word<'_>, what: Phrase) -> Wrong {
    Wrong::new(word.place, NOT_THIS).with("what", what).with("word", word.it)
}

/// One of these was to stand here.
pub(super) fn one_of(word: Word<'_>, known: &[&str]) -> Wrong {
    let list = known.join(", ");
    Wrong::new(word.place, ONE_OF)
        .with("list", list)
        .with("word", word.it)
        .meant(nearest(word.it, known.iter().copied()))
}

const MISSING: Phrase = Phrase::new("expected here: {what}.", "这里要写：{what}。");
const NOTHING_MORE: Phrase = Phrase::new(
    "`{word}` is one word too many: a `;` or the end of the line was expected.",
    "“{word}”多余：这里该是“;”或行尾。",
);
const NOT_THIS: Phrase = Phrase::new("expected {what}, not `{word}`.", "要写 {what}，不能写“{word}”。");
const ONE_OF: Phrase = Phrase::new("`{word}` is none of: {list}.", "“{word}”不在可写的词里：{list}。");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        for phrase in [MISSING, NOTHING_MORE, NOT_THIS, ONE_OF] {
            assert!(phrase.is_complete(), "{phrase:?}");
        }
    }
}
