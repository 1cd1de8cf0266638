//! What befalls hosts and wires: `crash server @1s`, `reboot server @2s`, `pull @1s`, `plug server @2s`, `heal @3s`,
//! `exit client @4s`.

use cordial_trace::event::Side;

use super::value::{self, AN_END};
use super::{Words, each};
use crate::error::Wrong;
use crate::scenario::{Mishap, Upset};
use crate::text::{Line, Located};

pub(super) fn read(upsets: &mut Vec<Located<Upset>>, line: Line<'_>) -> Result<(), Wrong> {
    let head = line.head;
    each(line, |mut words| {
        let place = head.place.to(words.place());
        let what = match head.it {
            "crash" => Mishap::Crash(value::end(words.word(AN_END)?)?),
            "exit" => Mishap::Exit(value::end(words.word(AN_END)?)?),
            "heal" => Mishap::Heal,
            "reboot" => Mishap::Reboot(value::end(words.word(AN_END)?)?),
            "pull" => Mishap::Pull(ends(&mut words)?),
            _ => Mishap::Plug(ends(&mut words)?),
        };
        let at = value::next_moment(&mut words)?.it;
        upsets.push(Located::new(Upset { at, what }, place));
        words.end()
    })
}

/// One end, or without a word both.
fn ends(words: &mut Words<'_>) -> Result<[bool; 2], Wrong> {
    match words.peek() {
        Some(word) if !word.it.starts_with('@') => {
            words.next();
            let end = value::end(word)?;
            Ok([end == Side::Client, end == Side::Server])
        }
        _ => Ok([true, true]),
    }
}
