//! From the text of an expression to its terms.

use std::ops::Range;
use std::str::FromStr;

use cordial_tcp::Phase;
use regex::RegexBuilder;

use super::error::{FilterError, Why};
use super::network::Place;
use super::{Filter, Term, Test};
use crate::story::entries;
use crate::verdict::Level;

/// Memory that one regular expression may take, and an expression's length.
const MOST_REGEX: usize = 1 << 20;
const MOST_TEXT: usize = 4_096;

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        if text.len() > MOST_TEXT {
            return Err(FilterError::new(text, 0..text.len(), Why::TooLong));
        }
        let mut terms = Vec::new();
        let mut at = 0;
        while let Some(start) = next_term(text, at) {
            let (term, end) = Scanner { text }.term(start)?;
            terms.push(term);
            at = end;
        }
        Ok(Self { terms })
    }
}

/// Where the next term begins.
fn next_term(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    Some(at + rest.find(|c: char| !c.is_whitespace())?)
}

/// Reads one term at a time.
struct Scanner<'a> {
    text: &'a str,
}

impl Scanner<'_> {
    /// The term at `start` and where it ends.
    fn term(&self, start: usize) -> Result<(Term, usize), FilterError> {
        let body = start + usize::from(self.rest(start).starts_with('!'));
        let is_negated = body > start;
        let (test, end) = match self.rest(body).chars().next() {
            Some('/') => self.regex(body)?,
            Some(c) if !c.is_whitespace() => self.field(body)?,
            _ => return Err(self.error(start..body, Why::NothingNegated)),
        };
        Ok((Term { is_negated, test }, end))
    }

    /// `/…/` up to the next slash that no backslash stands before.
    fn regex(&self, start: usize) -> Result<(Test, usize), FilterError> {
        let open = start + 1;
        let mut is_escaped = false;
        let mut close = None;
        for (i, c) in self.rest(open).char_indices() {
            match c {
                '/' if !is_escaped => {
                    close = Some(open + i);
                    break;
                }
                _ => is_escaped = c == '\\' && !is_escaped,
            }
        }
        let Some(close) = close else {
            return Err(self.error(start..self.text.len(), Why::RegexOpen));
        };
        let pattern = self.piece(open..close).replace(r"\/", "/");
        let built = RegexBuilder::new(&pattern).case_insensitive(true).size_limit(MOST_REGEX).build();
        let regex = built.map_err(|error| {
            let text = error.to_string();
            let said = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            self.error(start..close + 1, Why::BadRegex(said))
        })?;
        Ok((Test::Regex(regex), close + 1))
    }

    /// `field:value`, the value between quotation marks where it has spaces.
    fn field(&self, start: usize) -> Result<(Test, usize), FilterError> {
        let rest = self.rest(start);
        let word_end = start + rest.find(char::is_whitespace).unwrap_or(rest.len());
        let Some(colon) = self.piece(start..word_end).find(':').map(|i| start + i) else {
            return Err(self.error(start..word_end, Why::NoColon));
        };
        let (field, value_start) = (self.piece(start..colon), colon + 1);
        let (value, end) = match self.rest(value_start).strip_prefix('"') {
            None => (self.piece(value_start..word_end), word_end),
            Some(quoted) => match quoted.find('"') {
                Some(length) => {
                    let close = value_start + 1 + length;
                    (self.piece(value_start + 1..close), close + 1)
                }
                None => return Err(self.error(value_start..self.text.len(), Why::QuoteOpen)),
            },
        };
        if !Filter::FIELDS.iter().any(|(name, _)| *name == named(field)) {
            return Err(self.error(start..colon, Why::NoSuchField(field.to_owned())));
        }
        let test = test(named(field), value);
        let test = test.ok_or_else(|| self.error(start..end, Why::BadValue(named(field).to_owned())))?;
        Ok((test, end))
    }

    fn rest(&self, start: usize) -> &str {
        self.text.get(start..).unwrap_or_default()
    }

    fn piece(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    fn error(&self, at: Range<usize>, why: Why) -> FilterError {
        FilterError::new(self.text, at, why)
    }
}

/// A field's own name, for one that has two.
fn named(field: &str) -> &str {
    match field {
        "name" => "host",
        "program" => "process",
        field => field,
    }
}

/// What a field's value asks for; none if it makes no sense there.
fn test(field: &str, value: &str) -> Option<Test> {
    if value.is_empty() {
        return None;
    }
    let lower = value.to_lowercase();
    Some(match field {
        "state" => Test::State(state(&lower)?),
        "port" => {
            let (first, last) = value.split_once('-').unwrap_or((value, value));
            let (first, last) = (first.parse().ok()?, last.parse().ok()?);
            (first <= last).then_some(Test::Port(first, last))?
        }
        "peer" => Test::Peer(Place::parse(value)?),
        "host" => Test::Name(lower),
        "process" => Test::Process(lower),
        "pid" => Test::Pid(value.parse().ok()?),
        "verdict" => is_verdict(value).then(|| Test::Verdict(value.to_owned()))?,
        "level" => Test::Level(LEVELS.into_iter().find(|level| level.name() == lower)?),
        _ => return None,
    })
}

/// True if there is a verdict of this id or name, or a family of this letter.
fn is_verdict(wanted: &str) -> bool {
    entries().any(|entry| {
        entry.id.eq_ignore_ascii_case(wanted)
            || entry.slug.eq_ignore_ascii_case(wanted)
            || entry.name == wanted
            || wanted.len() == 1
                && entry.id.get(..1).is_some_and(|family| family.eq_ignore_ascii_case(wanted))
    })
}

/// A state by its name, as the RFC or as `ss` writes it; `?` is one that is not known.
fn state(lower: &str) -> Option<Option<Phase>> {
    if lower == "?" {
        return Some(None);
    }
    let wanted = match lower.replace('-', "_").as_str() {
        "syn_received" => "syn_rcvd".to_owned(),
        "estab" => "established".to_owned(),
        wanted => wanted.to_owned(),
    };
    Some(Some(Phase::ALL.into_iter().find(|phase| phase.name().eq_ignore_ascii_case(&wanted))?))
}

const LEVELS: [Level; 5] = [Level::Ok, Level::Info, Level::Note, Level::Warn, Level::Fail];
