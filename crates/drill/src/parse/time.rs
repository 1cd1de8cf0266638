//! When: `0.1`, `+0.1`, `+0~+.04`, `0.1...0.3`, `*`.

use std::time::Duration;

use super::{Cursor, ParseError, Parsed};
use crate::script::Time;
use crate::words;

/// A time and, for a call that waits, when it must have returned.
pub(super) type Written = (Time, Option<Duration>);

/// The time that stands here, if one does.
pub(super) fn time(cursor: &mut Cursor<'_>) -> Parsed<Option<Written>> {
    if cursor.eat("*") {
        return Ok(Some((Time::Any, None)));
    }
    let at = cursor.place();
    let is_relative = cursor.eat("+");
    if is_relative {
        cursor.blanks();
    }
    if !is_relative && !starts_number(cursor) {
        return Ok(None);
    }
    let first = seconds(cursor)?;
    if cursor.eat("...") {
        cursor.blanks();
        let end_is_relative = cursor.eat("+");
        let end = seconds(cursor)?;
        if end < first && !end_is_relative {
            return Err(ParseError::wrong(at, words::TIME_BACKWARDS));
        }
        return Ok(Some((one(is_relative, first), Some(end))));
    }
    cursor.blanks();
    if !cursor.eat("~") {
        return Ok(Some((one(is_relative, first), None)));
    }
    cursor.blanks();
    cursor.eat("+");
    let last = seconds(cursor)?;
    if last < first {
        return Err(ParseError::wrong(at, words::TIME_BACKWARDS));
    }
    let range = if is_relative { Time::AfterBetween(first, last) } else { Time::Between(first, last) };
    Ok(Some((range, None)))
}

fn one(is_relative: bool, time: Duration) -> Time {
    if is_relative { Time::After(time) } else { Time::At(time) }
}

/// A digit, or a point with a digit behind it: a point alone is a flag.
fn starts_number(cursor: &Cursor<'_>) -> bool {
    let mut characters = cursor.rest().chars();
    match characters.next() {
        Some('.') => characters.next().is_some_and(|c| c.is_ascii_digit()),
        first => first.is_some_and(|c| c.is_ascii_digit()),
    }
}

/// Seconds with a fraction. An ellipsis is not a part of it.
fn seconds(cursor: &mut Cursor<'_>) -> Parsed<Duration> {
    let at = cursor.place();
    let whole = cursor.take_while(|c| c.is_ascii_digit());
    let mut fraction = "";
    if cursor.starts_with(".") && !cursor.starts_with("..") {
        cursor.eat(".");
        fraction = cursor.take_while(|c| c.is_ascii_digit());
    }
    if whole.is_empty() && fraction.is_empty() {
        return Err(cursor.expected_at(at, words::A_TIME));
    }
    let whole: u64 = if whole.is_empty() { Ok(0) } else { whole.parse() }
        .map_err(|_| ParseError::wrong(at, words::TIME_TOO_LONG))?;
    if whole > MOST_SECONDS {
        return Err(ParseError::wrong(at, words::TIME_TOO_LONG));
    }
    let nanos = fraction.chars().chain(std::iter::repeat('0')).take(9);
    let nanos = nanos.fold(0_u32, |sum, digit| sum * 10 + digit.to_digit(10).unwrap_or(0));
    Ok(Duration::new(whole, nanos))
}

/// A day: deadlines of the engine tell moments apart up to 38 hours.
const MOST_SECONDS: u64 = 24 * 3600;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Written> {
        time(&mut Cursor::new(text)).expect("a time")
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn every_way_to_write_a_time() {
        assert_eq!(read("0 socket"), Some((Time::At(ms(0)), None)));
        assert_eq!(read(".25 <"), Some((Time::At(ms(250)), None)));
        assert_eq!(read("1.5 <"), Some((Time::At(ms(1500)), None)));
        assert_eq!(read("+.1 <"), Some((Time::After(ms(100)), None)));
        assert_eq!(read("+0.010 <"), Some((Time::After(ms(10)), None)));
        assert_eq!(read("+0~+.04 >"), Some((Time::AfterBetween(ms(0), ms(40)), None)));
        assert_eq!(read("0.1~0.2 >"), Some((Time::Between(ms(100), ms(200)), None)));
        assert_eq!(read("* >"), Some((Time::Any, None)));
        assert_eq!(read("+0...0.3 read"), Some((Time::After(ms(0)), Some(ms(300)))));
        assert_eq!(read("0.1...0.200 read"), Some((Time::At(ms(100)), Some(ms(200)))));
        assert_eq!(read(". 1:1(0)"), None, "a point alone is a flag");
        assert_eq!(read("socket"), None);
    }

    #[test]
    fn times_that_cannot_be() {
        for text in ["+x", "0.3...0.1 read", "+.2~+.1 >", "999999999999999999999 <", "90000 <"] {
            let error = time(&mut Cursor::new(text)).expect_err(text);
            assert!(!error.is_dialect && error.at.line == 1, "{text}");
        }
    }
}
