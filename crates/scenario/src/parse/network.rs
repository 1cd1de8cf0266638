//! The network: `net delay 10ms loss 1%`, `net s->c delay 30ms`, `nat idle=300s reset`.

use cordial_trace::words::Phrase;

use super::each;
use super::value::{self, A_NUMBER, A_RATE, A_SHARE, A_SPAN, AN_AMOUNT};
use super::words::{Words, expected, one_of};
use crate::error::Wrong;
use crate::scenario::{Nat, Network, Path};
use crate::text::Line;

const SETTINGS: &[&str] = &["delay", "jitter", "rate", "loss", "dup", "reorder", "corrupt", "mtu", "queue"];

pub(super) fn net(network: &mut Network, line: Line<'_>) -> Result<(), Wrong> {
    each(line, |mut words| {
        if words.take("ipv6") {
            network.is_v6 = true;
            return words.end();
        }
        let [there, back] = &mut network.ways;
        if words.take("c->s") {
            return path(&mut [there], words);
        }
        if words.take("s->c") {
            return path(&mut [back], words);
        }
        path(&mut [there, back], words)
    })
}

fn path(ways: &mut [&mut Path], mut words: Words<'_>) -> Result<(), Wrong> {
    let name = words.word(SOMETHING)?;
    let mut next = Some(name);
    while let Some(name) = next {
        let mut changed = Path::default();
        let change: fn(&mut Path, &Path) = match name.it {
            "delay" => {
                changed.delay = value::span(words.word(A_SPAN)?)?;
                |path, with| path.delay = with.delay
            }
            "jitter" => {
                changed.jitter = value::span(words.word(A_SPAN)?)?;
                |path, with| path.jitter = with.jitter
            }
            "rate" => {
                changed.rate = Some(value::rate(words.word(A_RATE)?)?);
                |path, with| path.rate = with.rate
            }
            "loss" => {
                changed.loss = value::chance(words.word(A_SHARE)?)?;
                |path, with| path.loss = with.loss
            }
            "dup" => {
                changed.duplicate = value::chance(words.word(A_SHARE)?)?;
                |path, with| path.duplicate = with.duplicate
            }
            "reorder" => {
                changed.reorder = value::chance(words.word(A_SHARE)?)?;
                |path, with| path.reorder = with.reorder
            }
            "corrupt" => {
                changed.corrupt = value::chance(words.word(A_SHARE)?)?;
                |path, with| path.corrupt = with.corrupt
            }
            "mtu" => {
                let octets = value::number(words.word(A_NUMBER)?, 576, 65_535)?;
                changed.mtu = u16::try_from(octets).ok();
                changed.is_silent = words.take("silent");
                |path, with| (path.mtu, path.is_silent) = (with.mtu, with.is_silent)
            }
            "queue" => {
                let octets = value::octets(words.word(AN_AMOUNT)?)?;
                changed.queue = u32::try_from(octets).ok();
                |path, with| path.queue = with.queue
            }
            _ => return Err(one_of(name, SETTINGS)),
        };
        ways.iter_mut().for_each(|path| change(path, &changed));
        next = words.next();
    }
    Ok(())
}

pub(super) fn nat(network: &mut Network, line: Line<'_>) -> Result<(), Wrong> {
    let place = line.head.place;
    let mut idle = None;
    let mut resets = false;
    each(line, |mut words| {
        while let Some(word) = words.next() {
            match value::pair(word) {
                Some((name, span)) if name.it == "idle" => idle = Some(value::span(span)?),
                None if word.it == "reset" => resets = true,
                None if word.it == "silent" => resets = false,
                _ => return Err(expected(word, A_NAT)),
            }
        }
        Ok(())
    })?;
    let idle = idle.ok_or_else(|| Wrong::new(place, NO_IDLE))?;
    network.nat = Some(Nat { idle, resets });
    Ok(())
}

const SOMETHING: Phrase = Phrase::new(
    "delay, jitter, rate, loss, dup, reorder, corrupt, mtu, queue or ipv6",
    "delay、jitter、rate、loss、dup、reorder、corrupt、mtu、queue 或 ipv6",
);
const A_NAT: Phrase = Phrase::new("idle=TIME, reset or silent", "idle=时间、reset 或 silent");
const NO_IDLE: Phrase =
    Phrase::new("say how long it remembers: nat idle=300s", "要写明记多久，如 nat idle=300s");

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Scenario;
    use crate::scenario::Chance;

    #[test]
    fn everything_is_said_in_both_languages() {
        for phrase in [SOMETHING, A_NAT, NO_IDLE] {
            assert!(phrase.is_complete(), "{phrase:?}");
        }
    }

    #[test]
    fn a_setting_holds_for_both_ways_or_for_one() {
        let read = Scenario::parse("net delay 5ms loss 1%\nnet s->c delay 30ms").expect("a scenario");
        let [there, back] = read.network.ways;
        assert_eq!((there.delay, back.delay), (Duration::from_millis(5), Duration::from_millis(30)));
        assert_eq!((there.loss, back.loss), (Chance(10_000), Chance(10_000)));
    }
}
