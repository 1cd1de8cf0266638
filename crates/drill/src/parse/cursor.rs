//! A place in a text that moves forward.

use super::{ParseError, Parsed};
use crate::Said;
use crate::script::Place;
use crate::words;

/// Reads a text character by character and knows where it is.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a str,
    at: Place,
    /// Right behind the last character that meant something.
    meant: Place,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let at = Place { line: 1, column: 1 };
        Self { rest: text, at, meant: at }
    }

    pub(crate) fn place(&self) -> Place {
        self.at
    }

    pub(crate) fn rest(&self) -> &'a str {
        self.rest
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    pub(crate) fn starts_with(&self, text: &str) -> bool {
        self.rest.starts_with(text)
    }

    /// Goes past one character.
    pub(crate) fn step(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = self.rest.get(c.len_utf8()..).unwrap_or_default();
        if c == '\n' {
            self.at = Place { line: self.at.line + 1, column: 1 };
        } else {
            self.at.column += 1;
        }
        if !c.is_whitespace() {
            self.meant = self.at;
        }
        Some(c)
    }

    /// Goes past `octets` of the text, a whole number of characters.
    fn skip(&mut self, octets: usize) -> &'a str {
        let (skipped, _) = self.rest.split_at_checked(octets).unwrap_or((self.rest, ""));
        for _ in skipped.chars() {
            self.step();
        }
        skipped
    }

    /// Goes past `text` if it stands here.
    pub(crate) fn eat(&mut self, text: &str) -> bool {
        let is_here = self.starts_with(text);
        if is_here {
            self.skip(text.len());
        }
        is_here
    }

    /// Goes past blanks, line ends and comments.
    pub(crate) fn space(&mut self) {
        let meant = self.meant;
        self.space_and_comments();
        self.meant = meant;
    }

    fn space_and_comments(&mut self) {
        loop {
            let blank = self.rest.len() - self.rest.trim_start().len();
            self.skip(blank);
            if self.starts_with("//") {
                self.line();
            } else if self.starts_with("/*") {
                let end = self.rest.find("*/").map_or(self.rest.len(), |at| at + 2);
                self.skip(end);
            } else {
                return;
            }
        }
    }

    /// Goes past blanks on this line only.
    pub(crate) fn blanks(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\r')) {
            self.step();
        }
    }

    /// Everything up to the end of the line, which stays.
    pub(crate) fn line(&mut self) -> &'a str {
        let end = self.rest.find('\n').unwrap_or(self.rest.len());
        self.skip(end)
    }

    /// Everything up to `end`, and goes past that.
    pub(crate) fn until(&mut self, end: &str) -> Option<&'a str> {
        let at = self.rest.find(end)?;
        let text = self.skip(at);
        self.skip(end.len());
        Some(text)
    }

    /// The characters from here on that `belong`.
    pub(crate) fn take_while(&mut self, mut belong: impl FnMut(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !belong(c)).unwrap_or(self.rest.len());
        self.skip(end)
    }

    /// A name, empty if none stands here.
    pub(crate) fn name(&mut self) -> &'a str {
        match self.peek() {
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                self.take_while(|c| c.is_ascii_alphanumeric() || c == '_')
            }
            _ => "",
        }
    }

    /// Goes past the word `text` if it stands here whole.
    pub(crate) fn eat_word(&mut self, text: &str) -> bool {
        let mut ahead = self.clone();
        let is_here = ahead.name() == text;
        if is_here {
            *self = ahead;
        }
        is_here
    }

    /// A number that is decimal, or hexadecimal after `0x`, and at most `most`.
    pub(crate) fn number(&mut self, most: u64) -> Parsed<u64> {
        let at = self.at;
        let (digits, radix) = match self.starts_with("0x") || self.starts_with("0X") {
            true => {
                self.skip(2);
                (self.take_while(|c| c.is_ascii_hexdigit()), 16)
            }
            false => (self.take_while(|c| c.is_ascii_digit()), 10),
        };
        if digits.is_empty() {
            return Err(self.expected_at(at, words::A_NUMBER));
        }
        let too_large = || ParseError::wrong(at, Said::new(words::TOO_LARGE).with("most", most));
        let number = u64::from_str_radix(digits, radix).map_err(|_| too_large())?;
        if number <= most { Ok(number) } else { Err(too_large()) }
    }

    /// A number of 8 bits.
    pub(crate) fn u8(&mut self) -> Parsed<u8> {
        Ok(self.number(u64::from(u8::MAX))? as u8)
    }

    /// A number of 16 bits.
    pub(crate) fn u16(&mut self) -> Parsed<u16> {
        Ok(self.number(u64::from(u16::MAX))? as u16)
    }

    /// A number of 32 bits.
    pub(crate) fn u32(&mut self) -> Parsed<u32> {
        Ok(self.number(u64::from(u32::MAX))? as u32)
    }

    /// Goes past `text`, which has to stand here after blanks.
    pub(crate) fn expect(&mut self, text: &str) -> Parsed<()> {
        self.space();
        if self.eat(text) {
            return Ok(());
        }
        Err(self.expected(Said::new(words::THE_SIGN).with("sign", text)))
    }

    /// Something else was expected here; what is missing at the end of a line is missing there.
    pub(crate) fn expected(&self, what: impl Into<Said>) -> ParseError {
        match self.at.line > self.meant.line && self.meant.column > 1 {
            true => {
                ParseError::wrong(self.meant, Said::new(words::EXPECTED_BEFORE_END).with_said("what", what))
            }
            false => self.expected_at(self.at, what),
        }
    }

    /// Something else was expected there.
    pub(crate) fn expected_at(&self, at: Place, what: impl Into<Said>) -> ParseError {
        let found: String =
            self.rest.lines().next().unwrap_or_default().trim_end().chars().take(24).collect();
        let said = match found.is_empty() {
            true => Said::new(words::EXPECTED_BEFORE_END),
            false => Said::new(words::EXPECTED).with("found", found),
        };
        ParseError::wrong(at, said.with_said("what", what))
    }
}
