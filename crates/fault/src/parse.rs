//! From the text of a rule to the rule.

use std::ops::Range;
use std::str::FromStr;
use std::time::Duration;

use crate::error::{RuleError, Why};
use crate::quantity;
use crate::rule::{Chance, Nth, Rule, Verb, Which};
use crate::talk::{End, Meaning};

/// Octets of the longest rule that is read.
const MOST_TEXT: usize = 200;

/// Verbs, and how each is used.
const VERBS: [(&str, &str); 9] = [
    ("drop", "drop 1st syn-ack"),
    ("delay", "delay fin 300ms"),
    ("dup", "dup data 5%"),
    ("duplicate", "duplicate data 5%"),
    ("reorder", "reorder 2%"),
    ("corrupt", "corrupt 0.1%"),
    ("loss", "loss 1%"),
    ("blackhole", "blackhole >1400"),
    ("rst", "rst after 1MB"),
];

/// What segments are called.
const NOUNS: [(&str, Option<Meaning>); 8] = [
    ("syn", Some(Meaning::Syn)),
    ("syn-ack", Some(Meaning::SynAck)),
    ("synack", Some(Meaning::SynAck)),
    ("ack", Some(Meaning::Ack)),
    ("data", Some(Meaning::Data)),
    ("fin", Some(Meaning::Fin)),
    ("rst", Some(Meaning::Rst)),
    ("segment", None),
];

/// The other words there are.
const WORDS: [&str; 7] = ["every", "last", "first", "from", "client", "server", "after"];

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let mut words = Words::of(text)?;
        let verb = words.next().ok_or_else(|| words.error_at_end(Why::Empty))?;
        let (verb, which) = match verb.lower.as_str() {
            "drop" => (Verb::Drop, words.which("drop 1st syn-ack")?),
            "dup" | "duplicate" => (Verb::Duplicate, words.which("dup data 5%")?),
            "reorder" => (Verb::Reorder, words.which("reorder 2%")?),
            "corrupt" => (Verb::Corrupt, words.which("corrupt 0.1%")?),
            "delay" => words.delay()?,
            "loss" => (Verb::Drop, words.loss()?),
            "blackhole" => words.black_hole()?,
            "rst" => words.reset()?,
            _ => {
                return Err(
                    words.error(&verb, Why::NoSuchVerb(nearest(&verb.lower, VERBS.map(|(name, _)| name))))
                );
            }
        };
        let name: Vec<&str> = text.split_whitespace().collect();
        Ok(Self { name: name.join(" ").into(), verb, which })
    }
}

/// A word and where it stands.
#[derive(Clone, Debug)]
struct Word {
    lower: String,
    at: Range<usize>,
}

/// The words of a rule, from the first that is not read yet.
struct Words<'a> {
    text: &'a str,
    rest: std::vec::IntoIter<Word>,
}

impl<'a> Words<'a> {
    fn of(text: &'a str) -> Result<Self, RuleError> {
        if text.len() > MOST_TEXT {
            return Err(RuleError::new(text, 0..text.len(), Why::TooLong));
        }
        let mut words = Vec::new();
        let mut start = None;
        for (i, c) in text.char_indices().chain([(text.len(), ' ')]) {
            match (start, c.is_whitespace()) {
                (None, false) => start = Some(i),
                (Some(from), true) => {
                    let lower = text.get(from..i).unwrap_or_default().to_ascii_lowercase();
                    words.push(Word { lower, at: from..i });
                    start = None;
                }
                _ => {}
            }
        }
        Ok(Self { text, rest: words.into_iter() })
    }

    fn next(&mut self) -> Option<Word> {
        self.rest.next()
    }

    /// The next word, unread.
    fn peek(&self) -> Option<&Word> {
        self.rest.as_slice().first()
    }

    fn error(&self, word: &Word, why: Why) -> RuleError {
        RuleError::new(self.text, word.at.clone(), why)
    }

    /// Something is missing behind the last word.
    fn error_at_end(&self, why: Why) -> RuleError {
        let end = self.text.trim_end().len();
        RuleError::new(self.text, end..end, why)
    }

    /// `delay fin 300ms`
    fn delay(&mut self) -> Result<(Verb, Which), RuleError> {
        const EXAMPLE: &str = "delay fin 300ms";
        let mut reading = Reading::default();
        let mut late = None;
        while let Some(word) = self.next() {
            let looks_like_time = word.lower.starts_with(|c: char| c.is_ascii_digit())
                && !word.lower.ends_with('%')
                && ordinal(&word.lower).is_none();
            if looks_like_time {
                let span =
                    quantity::duration(&word.lower).map_err(|why| self.error(&word, Why::Quantity(why)))?;
                self.once(&mut late, &word, span)?;
            } else {
                self.item(word, &mut reading)?;
            }
        }
        let late: Duration = late.ok_or_else(|| self.error_at_end(Why::NoQuantity(EXAMPLE)))?;
        // `delay 300ms` is every segment's.
        let which = if reading.is_empty() { Which::ANY } else { self.which_of(reading)? };
        Ok((Verb::Delay(late), which))
    }

    /// `1%`
    fn loss(&mut self) -> Result<Which, RuleError> {
        const EXAMPLE: &str = "loss 1%";
        let mut reading = Reading::default();
        while let Some(word) = self.next() {
            if word.lower != "from" && !word.lower.starts_with(|c: char| c.is_ascii_digit()) {
                return Err(self.error(&word, Why::NoUse(EXAMPLE)));
            }
            self.item(word, &mut reading)?;
        }
        if reading.chance.is_none() {
            return Err(self.error_at_end(Why::NoQuantity(EXAMPLE)));
        }
        self.which_of(reading)
    }

    /// `>1400`
    fn black_hole(&mut self) -> Result<(Verb, Which), RuleError> {
        const EXAMPLE: &str = "blackhole >1400";
        let word = self.next().ok_or_else(|| self.error_at_end(Why::NoQuantity(EXAMPLE)))?;
        let Some(size) = word.lower.strip_prefix('>') else {
            return Err(self.error(&word, Why::NoUse(EXAMPLE)));
        };
        let octets = if size.is_empty() {
            self.octets(EXAMPLE)?
        } else {
            quantity::octets(size).map_err(|why| self.error(&word, Why::Quantity(why)))?
        };
        Ok((Verb::BlackHole(octets), self.sender_only(EXAMPLE)?))
    }

    /// `after 1MB`
    fn reset(&mut self) -> Result<(Verb, Which), RuleError> {
        const EXAMPLE: &str = "rst after 1MB";
        match self.next() {
            Some(word) if word.lower == "after" => {}
            Some(word) => return Err(self.error(&word, Why::NoUse(EXAMPLE))),
            None => return Err(self.error_at_end(Why::NoQuantity(EXAMPLE))),
        }
        let octets = self.octets(EXAMPLE)?;
        Ok((Verb::ResetAfter(octets), self.sender_only(EXAMPLE)?))
    }

    fn octets(&mut self, example: &'static str) -> Result<u64, RuleError> {
        let word = self.next().ok_or_else(|| self.error_at_end(Why::NoQuantity(example)))?;
        quantity::octets(&word.lower).map_err(|why| self.error(&word, Why::Quantity(why)))
    }

    /// Nothing more than whose segments.
    fn sender_only(&mut self, example: &'static str) -> Result<Which, RuleError> {
        let mut reading = Reading::default();
        while let Some(word) = self.next() {
            if word.lower != "from" {
                return Err(self.error(&word, Why::NoUse(example)));
            }
            self.item(word, &mut reading)?;
        }
        self.which_of(reading)
    }

    /// Which segments, to the end of the rule.
    fn which(&mut self, example: &'static str) -> Result<Which, RuleError> {
        let mut reading = Reading::default();
        while let Some(word) = self.next() {
            self.item(word, &mut reading)?;
        }
        if reading.is_empty() {
            return Err(self.error_at_end(Why::OfWhich(example)));
        }
        self.which_of(reading)
    }

    /// One thing that is said of segments, beginning with `word`.
    fn item(&mut self, word: Word, reading: &mut Reading) -> Result<(), RuleError> {
        let text = word.lower.as_str();
        if text.ends_with('%') {
            let chance = quantity::percent(text).map_err(|why| self.error(&word, Why::Quantity(why)))?;
            return self.once(&mut reading.chance, &word, (chance, word.clone()));
        }
        if text == "from" {
            let sender = self.next().and_then(|next| match next.lower.as_str() {
                "client" => Some(End::Client),
                "server" => Some(End::Server),
                _ => None,
            });
            let sender = sender.ok_or_else(|| self.error(&word, Why::FromWhom))?;
            return self.once(&mut reading.sender, &word, sender);
        }
        if text == "last" {
            let noun = self.last(&word)?;
            return self.once(&mut reading.noun, &word, noun);
        }
        if let Some(nth) = self.number(&word)? {
            self.once(&mut reading.nth, &word, (nth, word.clone()))?;
            let is_named =
                self.peek().is_some_and(|next| next.lower == "last" || noun(&next.lower).is_some());
            if is_named || (nth == Nth::Every && self.peek().is_some_and(|next| next.lower.ends_with('%'))) {
                return Ok(());
            }
            return match self.next() {
                Some(unknown) => Err(self.unknown(&unknown)),
                None => Err(self.error(&word, Why::NumberOfWhat)),
            };
        }
        match noun(text) {
            Some(meaning) => {
                let noun = Noun { meaning, nth: Nth::Every };
                self.once(&mut reading.noun, &word, noun)
            }
            None => Err(self.unknown(&word)),
        }
    }

    /// What stands behind `last`.
    fn last(&mut self, word: &Word) -> Result<Noun, RuleError> {
        let meaning = match self.next() {
            Some(next) if next.lower == "ack" => Meaning::LastAck,
            Some(next) if next.lower == "fin" => Meaning::LastFin,
            Some(next) if noun(&next.lower).is_none() => return Err(self.unknown(&next)),
            _ => return Err(self.error(word, Why::LastUnknown)),
        };
        // Sent again it is not yet again the last, as people say it.
        Ok(Noun { meaning: Some(meaning), nth: Nth::Only(1) })
    }

    /// `1st`, `every`, `every 3rd`; none if `word` is no number.
    fn number(&mut self, word: &Word) -> Result<Option<Nth>, RuleError> {
        let is_zero = |count: &u32| *count == 0;
        if word.lower == "every" {
            let Some(each) = self.peek().and_then(|next| ordinal(&next.lower)) else {
                return Ok(Some(Nth::Every));
            };
            let next = self.next();
            return match next {
                Some(next) if is_zero(&each) => Err(self.error(&next, Why::NoZeroth)),
                _ => Ok(Some(Nth::EachOf(each))),
            };
        }
        match ordinal(&word.lower) {
            Some(0) => Err(self.error(word, Why::NoZeroth)),
            count => Ok(count.map(Nth::Only)),
        }
    }

    fn unknown(&self, word: &Word) -> RuleError {
        let names = NOUNS.iter().map(|(name, _)| *name).chain(WORDS);
        self.error(word, Why::NoSuchWord(nearest(&word.lower, names)))
    }

    /// Puts something where nothing was said yet.
    fn once<T>(&self, place: &mut Option<T>, word: &Word, value: T) -> Result<(), RuleError> {
        match place.replace(value) {
            None => Ok(()),
            Some(_) => Err(self.error(word, Why::Twice)),
        }
    }

    fn which_of(&self, reading: Reading) -> Result<Which, RuleError> {
        let Reading { noun, nth, sender, chance } = reading;
        if let (Some((Nth::Only(_) | Nth::EachOf(_), _)), Some((_, percent))) = (&nth, &chance) {
            return Err(self.error(percent, Why::NumberAndPercent));
        }
        let noun = noun.unwrap_or(Noun { meaning: None, nth: Nth::Every });
        let chance = chance.map_or(Chance::CERTAIN, |(chance, _)| chance);
        let nth = match nth {
            Some((nth, word)) => {
                // The second last one is another than the last one said twice.
                let is_last = matches!(noun.meaning, Some(Meaning::LastAck | Meaning::LastFin));
                if is_last && nth != Nth::Every {
                    return Err(self.error(&word, Why::LastUnknown));
                }
                nth
            }
            None => noun.nth,
        };
        Ok(Which { meaning: noun.meaning, nth, sender, chance })
    }
}

/// What is known of the segments so far.
#[derive(Default)]
struct Reading {
    noun: Option<Noun>,
    nth: Option<(Nth, Word)>,
    sender: Option<End>,
    chance: Option<(Chance, Word)>,
}

impl Reading {
    fn is_empty(&self) -> bool {
        let Self { noun, nth, sender, chance } = self;
        noun.is_none() && nth.is_none() && sender.is_none() && chance.is_none()
    }
}

/// What segments are called, and which of them are meant where no number is said.
struct Noun {
    meaning: Option<Meaning>,
    nth: Nth,
}

fn noun(text: &str) -> Option<Option<Meaning>> {
    let text = text.strip_suffix('s').filter(|_| text == "segments").unwrap_or(text);
    NOUNS.iter().find_map(|(name, meaning)| (*name == text).then_some(*meaning))
}

/// `1st`, `2nd`, `3rd`, `4th`, `first`; whatever the ending.
fn ordinal(text: &str) -> Option<u32> {
    if text == "first" {
        return Some(1);
    }
    let digits = text.strip_suffix("st").or_else(|| text.strip_suffix("nd"));
    let digits = digits.or_else(|| text.strip_suffix("rd")).or_else(|| text.strip_suffix("th"))?;
    digits.bytes().all(|octet| octet.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// The name that was probably meant, if there is one that is near.
fn nearest(word: &str, names: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    let near = names.into_iter().map(|name| (strsim::damerau_levenshtein(word, name), name));
    let nearest = near.min_by_key(|(distance, _)| *distance).filter(|(distance, _)| *distance <= 2);
    nearest.map(|(_, name)| if name == "synack" { "syn-ack" } else { name })
}

#[cfg(test)]
mod tests;
