//! What befalls single segments: `drop c6`, `delay c1 500ms`, `dup c5 +3s`, `swap s3 s4`, `hold c1 until @2s`.

use std::time::Duration;

use cordial_trace::words::Phrase;

use super::each;
use super::value::{self, A_SEGMENT, A_SPAN};
use super::words::{Words, expected};
use crate::error::Wrong;
use crate::scenario::{Deed, Fault, SegmentName, Which};
use crate::text::{Line, Located};

pub(super) fn read(faults: &mut Vec<Located<Fault>>, line: Line<'_>) -> Result<(), Wrong> {
    let head = line.head.it;
    each(line, |words| clause(faults, head, words))
}

fn clause(faults: &mut Vec<Located<Fault>>, head: &str, mut words: Words<'_>) -> Result<(), Wrong> {
    if head == "swap" {
        return swap(faults, words);
    }
    let mut named = Vec::new();
    loop {
        let word = words.word(A_SEGMENT)?;
        named.push((value::which(word)?, word.place));
        let goes_on = match (head, words.peek()) {
            ("drop", next) => next.is_some(),
            (_, next) => next.is_some_and(|word| value::which(word).is_ok()),
        };
        if !goes_on {
            break;
        }
    }
    let deed = match head {
        "drop" => Deed::Drop,
        "delay" => {
            words.take("by");
            Deed::Delay(value::span(words.word(A_SPAN)?)?)
        }
        "hold" => {
            let word = words.word(UNTIL)?;
            if word.it != "until" {
                return Err(expected(word, UNTIL));
            }
            Deed::Hold(value::next_moment(&mut words)?.it)
        }
        _ => Deed::Duplicate(later(&mut words)?),
    };
    words.end()?;
    faults.extend(named.into_iter().map(|(which, place)| Located::new(Fault { which, deed }, place)));
    Ok(())
}

/// `+3s`, or nothing: at once.
fn later(words: &mut Words<'_>) -> Result<Duration, Wrong> {
    let Some(word) = words.next() else { return Ok(Duration::ZERO) };
    let text = word.it.strip_prefix('+').ok_or_else(|| expected(word, LATER))?;
    value::span(Located::new(text, word.place.part(1..word.it.len())))
}

fn swap(faults: &mut Vec<Located<Fault>>, mut words: Words<'_>) -> Result<(), Wrong> {
    let word = words.word(A_SEGMENT)?;
    let (first, place) = (value::segment(word)?, word.place);
    let word = words.word(A_SEGMENT)?;
    let second = value::segment(word)?;
    let follows = SegmentName {
        id: cordial_trace::event::SegmentId { count: first.id.count + 1, ..first.id },
        ..first
    };
    if second != follows {
        return Err(expected(word, THE_NEXT).with("next", follows.to_string()));
    }
    let which = Which {
        connection: first.connection,
        sender: first.id.sender,
        first: first.id.count,
        last: Some(first.id.count),
    };
    faults.push(Located::new(Fault { which, deed: Deed::Swap(second) }, place.to(word.place)));
    words.end()
}

const UNTIL: Phrase =
    Phrase::new("`until` and a moment: hold c1 until @2s", "until 和时刻：hold c1 until @2s");
const LATER: Phrase = Phrase::new("how much later the copy comes, such as +3s", "副本晚多久到，如 +3s");
const THE_NEXT: Phrase = Phrase::new(
    "{next}, the one sent next: only neighbours change places",
    "紧接着发的 {next}：只有相邻的两个能交换",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scenario;

    #[test]
    fn everything_is_said_in_both_languages() {
        assert!(UNTIL.is_complete() && LATER.is_complete() && THE_NEXT.is_complete());
    }

    #[test]
    fn faults_name_segments() {
        let text =
            "drop c6 2.s1 c8..\ndelay c1 500ms\ndup c5 +3s\nswap s3 s4\nhold c2 until @2s; 2.c1 until @3s";
        let faults = Scenario::parse(text).expect("a scenario").faults;
        let deeds: Vec<Deed> = faults.iter().map(|fault| fault.it.deed).collect();
        let s = Duration::from_secs;
        assert_eq!(deeds.len(), 8);
        assert_eq!(deeds[3..6], [Deed::Delay(Duration::from_millis(500)), Deed::Duplicate(s(3)), deeds[5]]);
        assert_eq!(deeds[6..], [Deed::Hold(s(2)), Deed::Hold(s(3))]);
        assert_eq!((faults[1].it.which.connection, faults[2].it.which.last), (2, None));
    }

    #[test]
    fn only_neighbours_are_swapped() {
        let error = Scenario::parse("swap s3 s5").expect_err("they are no neighbours");
        assert!(error.to_string().contains("s4, the one sent next"), "{error}");
    }
}
