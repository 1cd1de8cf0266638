//! Values: times, shares, rates, amounts, names of segments.

use std::time::Duration;

use cordial_trace::event::{SegmentId, Side};
use cordial_trace::words::Phrase;

use super::words::{Words, expected};
use crate::error::Wrong;
use crate::scenario::{Chance, SegmentName, Which};
use crate::text::{Located, Word};

/// The longest time that can be written: 30 days.
pub(super) const LONGEST: Duration = Duration::from_secs(30 * 24 * 3600);

/// The most octets that can be sent at once.
pub(super) const MOST_OCTETS: u64 = 64 << 20;

/// `10ms`, `1.5s`, `2min`.
pub(super) fn span(word: Word<'_>) -> Result<Duration, Wrong> {
    parse_span(word.it).ok_or_else(|| expected(word, A_SPAN))
}

/// `@1.3s`: a moment of the run.
pub(super) fn moment(word: Word<'_>) -> Result<Duration, Wrong> {
    let span = word.it.strip_prefix('@').and_then(parse_span);
    span.ok_or_else(|| expected(word, A_MOMENT))
}

/// A moment, if one stands here.
pub(super) fn take_moment(words: &mut Words<'_>) -> Result<Option<Located<Duration>>, Wrong> {
    match words.peek() {
        Some(word) if word.it.starts_with('@') => {
            words.next();
            Ok(Some(Located::new(moment(word)?, word.place)))
        }
        _ => Ok(None),
    }
}

/// The moment that stands here.
pub(super) fn next_moment(words: &mut Words<'_>) -> Result<Located<Duration>, Wrong> {
    let word = words.word(A_MOMENT)?;
    Ok(Located::new(moment(word)?, word.place))
}

fn parse_span(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let unit: u64 = match unit {
        "ns" => 1,
        "us" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "min" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        "" if number == "0" => 1,
        _ => return None,
    };
    let nanos = decimal(number, unit)?;
    Some(Duration::from_nanos(nanos)).filter(|span| *span <= LONGEST)
}

/// A decimal number times `unit`, which has to come out whole.
fn decimal(text: &str, unit: u64) -> Option<u64> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let is_number =
        |text: &str| !text.is_empty() && text.len() <= 12 && text.bytes().all(|octet| octet.is_ascii_digit());
    if !is_number(whole) || !is_number(rest) {
        return None;
    }
    let scale = 10_u64.checked_pow(u32::try_from(rest.len()).ok()?)?;
    let part = u128::from(rest.parse::<u64>().ok()?) * u128::from(unit);
    let whole = u128::from(whole.parse::<u64>().ok()?) * u128::from(unit);
    if part % u128::from(scale) != 0 {
        return None;
    }
    u64::try_from(whole + part / u128::from(scale)).ok()
}

/// `2.5%`.
pub(super) fn chance(word: Word<'_>) -> Result<Chance, Wrong> {
    let parts = word.it.strip_suffix('%').and_then(|number| decimal(number, 10_000));
    parts.filter(|parts| *parts <= Chance::ALWAYS.0.into()).map_or_else(
        || Err(expected(word, A_SHARE)),
        |parts| Ok(Chance(u32::try_from(parts).unwrap_or_default())),
    )
}

/// `10mbit`, in bits a second.
pub(super) fn rate(word: Word<'_>) -> Result<u64, Wrong> {
    let units = [("kbit", 1_000), ("mbit", 1_000_000), ("gbit", 1_000_000_000), ("bit", 1)];
    let read = |(name, unit): &(&str, u64)| decimal(word.it.strip_suffix(name)?, *unit);
    units.iter().find_map(read).filter(|rate| *rate > 0).ok_or_else(|| expected(word, A_RATE))
}

/// `5`, `64k`, `3m`: octets.
pub(super) fn octets(word: Word<'_>) -> Result<u64, Wrong> {
    let (number, unit) = match word.it.as_bytes().last() {
        Some(b'k') => (word.it.trim_end_matches('k'), 1 << 10),
        Some(b'm') => (word.it.trim_end_matches('m'), 1 << 20),
        _ => (word.it, 1),
    };
    decimal(number, unit).filter(|octets| *octets <= MOST_OCTETS).ok_or_else(|| expected(word, AN_AMOUNT))
}

/// A number within bounds.
pub(super) fn number(word: Word<'_>, least: u32, most: u32) -> Result<u32, Wrong> {
    word.it.parse().ok().filter(|number| (least..=most).contains(number)).ok_or_else(|| {
        expected(word, A_NUMBER).with("least", least.to_string()).with("most", most.to_string())
    })
}

pub(super) fn port(word: Word<'_>) -> Result<u16, Wrong> {
    word.it.parse().ok().filter(|port| *port > 0).ok_or_else(|| expected(word, A_PORT))
}

/// `client` or `server`.
pub(super) fn end(word: Word<'_>) -> Result<Side, Wrong> {
    match word.it {
        "client" => Ok(Side::Client),
        "server" => Ok(Side::Server),
        _ => Err(expected(word, AN_END)),
    }
}

/// `2.client`: an end of the second connection; without a number, of the first.
pub(super) fn end_of(word: Word<'_>) -> Result<(u32, Side), Wrong> {
    let (connection, rest) = numbered(word);
    Ok((connection, end(rest)?))
}

/// A number and a dot before a word; without them the number is 1.
pub(super) fn numbered(word: Word<'_>) -> (u32, Word<'_>) {
    let split = word.it.split_once('.').and_then(|(number, rest)| {
        let number = number.parse().ok().filter(|number| (1..=10_000).contains(number))?;
        Some((number, Located::new(rest, word.place.part(word.it.len() - rest.len()..word.it.len()))))
    });
    split.unwrap_or((1, word))
}

/// `c6`, or `2.c6` for the second connection's.
pub(super) fn segment(word: Word<'_>) -> Result<SegmentName, Wrong> {
    let (connection, rest) = numbered(word);
    let id = segment_id(rest.it).ok_or_else(|| expected(word, A_SEGMENT))?;
    Ok(SegmentName { connection, id })
}

fn segment_id(text: &str) -> Option<SegmentId> {
    let sender = sender(text)?;
    let count = text.get(1..)?;
    let is_plain =
        count.len() <= 6 && !count.starts_with('0') && count.bytes().all(|octet| octet.is_ascii_digit());
    let count = count.parse().ok().filter(|_| is_plain)?;
    Some(SegmentId { sender, count })
}

fn sender(text: &str) -> Option<Side> {
    match text.as_bytes().first()? {
        b'c' => Some(Side::Client),
        b's' => Some(Side::Server),
        _ => None,
    }
}

/// One segment, `c3..c7`, `c3..`, or `c*`: all that the client sends.
pub(super) fn which(word: Word<'_>) -> Result<Which, Wrong> {
    let (connection, rest) = numbered(word);
    let read = || {
        let sender = sender(rest.it)?;
        if rest.it.get(1..)? == "*" {
            return Some(Which { connection, sender, first: 1, last: None });
        }
        let Some((first, last)) = rest.it.split_once("..") else {
            let id = segment_id(rest.it)?;
            return Some(Which { connection, sender, first: id.count, last: Some(id.count) });
        };
        let first = segment_id(first)?;
        if last.is_empty() {
            return Some(Which { connection, sender, first: first.count, last: None });
        }
        let last = segment_id(last).filter(|last| last.sender == sender && last.count >= first.count)?;
        Some(Which { connection, sender, first: first.count, last: Some(last.count) })
    };
    read().ok_or_else(|| expected(word, SEGMENTS))
}

/// `name=value`, if the word is that.
pub(super) fn pair(word: Word<'_>) -> Option<(Word<'_>, Word<'_>)> {
    let (name, value) = word.it.split_once('=')?;
    let name_place = word.place.part(0..name.len());
    let value_place = word.place.part(name.len() + 1..word.it.len());
    Some((Located::new(name, name_place), Located::new(value, value_place)))
}

pub(super) const A_MOMENT: Phrase = Phrase::new("a moment such as @500ms or @1.3s", "时刻，如 @500ms、@1.3s");
pub(super) const AN_END: Phrase = Phrase::new("client or server", "client 或 server");
pub(super) const A_SPAN: Phrase = Phrase::new(
    "a time with its unit (us, ms, s, min, h), such as 10ms",
    "带单位的时间（us、ms、s、min、h），如 10ms",
);
pub(super) const A_SEGMENT: Phrase = Phrase::new(
    "a segment: c6 is the client's sixth, s2 the server's second, 2.c1 one of the second connection",
    "段的名字：c6 是客户端的第六个，s2 是服务器的第二个，2.c1 属于第二条连接",
);
const SEGMENTS: Phrase = Phrase::new(
    "segments: c6, c3..c7, c3.. or c*; 2.c1 for one of the second connection",
    "段：c6、c3..c7、c3.. 或 c*；第二条连接的写 2.c1",
);
pub(super) const A_SHARE: Phrase = Phrase::new("a share from 0% to 100%", "0% 到 100% 的比例");
pub(super) const A_RATE: Phrase = Phrase::new("a rate such as 64kbit or 10mbit", "速率，如 64kbit、10mbit");
pub(super) const AN_AMOUNT: Phrase =
    Phrase::new("octets up to 64m, such as 5, 10k or 2m", "字节数，最多 64m，如 5、10k、2m");
pub(super) const A_NUMBER: Phrase = Phrase::new("a number from {least} to {most}", "{least} 到 {most} 的数");
pub(super) const A_PORT: Phrase = Phrase::new("a port from 1 to 65535", "1 到 65535 的端口");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Place;

    fn word(text: &str) -> Word<'_> {
        Located::new(text, Place { line: 1, start: 0, end: text.len() })
    }

    #[test]
    fn everything_is_said_in_both_languages() {
        for phrase in
            [A_MOMENT, AN_END, A_SPAN, A_SEGMENT, SEGMENTS, A_SHARE, A_RATE, AN_AMOUNT, A_NUMBER, A_PORT]
        {
            assert!(phrase.is_complete(), "{phrase:?}");
        }
    }

    #[test]
    fn times_have_units() {
        assert_eq!(span(word("10ms")).ok(), Some(Duration::from_millis(10)));
        assert_eq!(span(word("1.5s")).ok(), Some(Duration::from_millis(1_500)));
        assert_eq!(span(word("0")).ok(), Some(Duration::ZERO));
        assert_eq!(moment(word("@2min")).ok(), Some(Duration::from_secs(120)));
        for wrong in
            ["10", "ms", "1,5s", "-1s", "1.s", ".5s", "1e3s", "31d", "99999999999999999999s", "0.1ns"]
        {
            assert!(span(word(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_rates_and_amounts() {
        assert_eq!(chance(word("2.5%")).ok(), Some(Chance(25_000)));
        assert!(chance(word("101%")).is_err() && chance(word("5")).is_err());
        assert_eq!(rate(word("1.5mbit")).ok(), Some(1_500_000));
        assert!(rate(word("0bit")).is_err() && rate(word("10mb")).is_err());
        assert_eq!(octets(word("64k")).ok(), Some(65_536));
        assert!(octets(word("65m")).is_err() && octets(word("k")).is_err());
    }

    #[test]
    fn segments_are_named_by_sender_and_count() {
        let name = segment(word("2.s13")).expect("a name");
        assert_eq!((name.connection, name.id.sender, name.id.count), (2, Side::Server, 13));
        for wrong in ["c", "c0", "x1", "c1x", "0.c1", "c-1", "C1", "c01"] {
            assert!(segment(word(wrong)).is_err(), "{wrong}");
        }
        let which = |text| which(word(text)).ok().map(|which| (which.connection, which.first, which.last));
        assert_eq!(which("c3..c7"), Some((1, 3, Some(7))));
        assert_eq!(which("3.c*"), Some((3, 1, None)));
        assert_eq!(which("s2.."), Some((1, 2, None)));
        assert_eq!(which("c7..c3"), None);
        assert_eq!(which("c7..s9"), None);
    }
}
