//! The settings of an end: `server set msl=2s delayed_ack=off`.

use cordial_tcp::{Keepalive, MtuProbing};
use cordial_trace::words::Phrase;

use super::value::{self, pair};
use super::words::{Words, expected, one_of};
use crate::error::Wrong;
use crate::scenario::Settings;
use crate::text::{Located, Word};

const NAMES: &[&str] = &[
    "msl",
    "delayed_ack",
    "timestamps",
    "sack",
    "window_scaling",
    "nodelay",
    "keepalive",
    "syn_retries",
    "synack_retries",
    "orphan_retries",
    "fin_wait_2",
    "give_up",
    "receive_buffer",
    "send_buffer",
    "rto_min",
    "rto_initial",
    "syn_queue",
    "cookies",
    "ports",
    "rst_ends_time_wait",
    "refuse",
    "mtu",
    "accept_queue",
    "isn",
    "fast_open",
    "mtu_probing",
];

pub(super) fn read(settings: &mut Settings, mut words: Words<'_>) -> Result<(), Wrong> {
    let first = words.word(A_SETTING)?;
    set(settings, first)?;
    while let Some(word) = words.next() {
        set(settings, word)?;
    }
    Ok(())
}

fn set(settings: &mut Settings, word: Word<'_>) -> Result<(), Wrong> {
    let (name, value) = pair(word).ok_or_else(|| expected(word, A_SETTING))?;
    let count = |most| value::number(value, 0, most);
    match name.it {
        "msl" => settings.msl = Some(value::span(value)?),
        "delayed_ack" if value.it == "off" => settings.delayed_ack = Some(std::time::Duration::ZERO),
        "delayed_ack" => settings.delayed_ack = Some(value::span(value)?),
        "timestamps" => settings.timestamps = Some(switch(value)?),
        "sack" => settings.sack = Some(switch(value)?),
        "window_scaling" => settings.window_scaling = Some(switch(value)?),
        "nodelay" => settings.nodelay = Some(switch(value)?),
        "keepalive" => settings.keepalive = Some(keepalive(value)?),
        "syn_retries" => settings.syn_retries = Some(small(count(30)?)),
        "synack_retries" => settings.syn_ack_retries = Some(small(count(30)?)),
        "orphan_retries" => settings.orphan_retries = Some(small(count(30)?)),
        "fin_wait_2" => settings.orphan_fin_wait_2 = Some(value::span(value)?),
        "give_up" => settings.give_up_after = Some(value::span(value)?),
        "receive_buffer" => settings.receive_buffer = Some(buffer(value)?),
        "send_buffer" => settings.send_buffer = Some(buffer(value)?),
        "rto_min" => settings.rto_min = Some(value::span(value)?),
        "rto_initial" => settings.rto_initial = Some(value::span(value)?),
        "syn_queue" => settings.syn_queue = Some(value::number(value, 1, 65_536)?),
        "cookies" => settings.cookies = Some(switch(value)?),
        "ports" => settings.ports = u16::try_from(value::number(value, 1, 32_768)?).ok(),
        "rst_ends_time_wait" => settings.rst_ends_time_wait = Some(switch(value)?),
        "refuse" => settings.refuse = Some(switch(value)?),
        "mtu" => settings.mtu = u16::try_from(value::number(value, 576, 65_535)?).ok(),
        "accept_queue" => settings.accept_queue = Some(value::number(value, 1, 65_536)?),
        "fast_open" => settings.fast_open = Some(switch(value)?),
        "mtu_probing" => settings.mtu_probing = Some(probing(value)?),
        "isn" => settings.isn = numbers(value)?,
        _ => return Err(one_of(name, NAMES)),
    }
    Ok(())
}

/// `120s/10s/3`: idle, interval, probes; `120s`; `off`.
pub(super) fn keepalive(word: Word<'_>) -> Result<Option<Keepalive>, Wrong> {
    if word.it == "off" {
        return Ok(None);
    }
    let mut keepalive = Keepalive::default();
    for (place, part) in word.it.split('/').enumerate() {
        let begin = part.as_ptr().addr() - word.it.as_ptr().addr();
        let part = Located::new(part, word.place.part(begin..begin + part.len()));
        match place {
            0 => keepalive.idle = value::span(part)?,
            1 => keepalive.interval = value::span(part)?,
            2 => keepalive.probes = small(value::number(part, 1, 100)?),
            _ => return Err(expected(word, A_KEEPALIVE)),
        }
    }
    Ok(Some(keepalive))
}

pub(super) fn switch(word: Word<'_>) -> Result<bool, Wrong> {
    match word.it {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(expected(word, A_SWITCH)),
    }
}

fn buffer(word: Word<'_>) -> Result<u32, Wrong> {
    let octets = u32::try_from(value::octets(word)?).ok().filter(|octets| *octets > 0);
    octets.ok_or_else(|| expected(word, value::AN_AMOUNT))
}

fn probing(word: Word<'_>) -> Result<MtuProbing, Wrong> {
    match word.it {
        "off" => Ok(MtuProbing::Never),
        "black_hole" => Ok(MtuProbing::AfterBlackHole),
        "always" => Ok(MtuProbing::Always),
        _ => Err(expected(word, A_PROBING)),
    }
}

/// `100,4294967295`.
fn numbers(word: Word<'_>) -> Result<Vec<u32>, Wrong> {
    word.it.split(',').map(|text| text.parse().map_err(|_| expected(word, NUMBERS))).collect()
}

/// A number that was read within bounds below 256.
fn small(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

const A_SETTING: Phrase = Phrase::new("a setting such as msl=2s", "设置，如 msl=2s");
const A_SWITCH: Phrase = Phrase::new("on or off", "on 或 off");
const A_PROBING: Phrase = Phrase::new("off, black_hole or always", "off、black_hole 或 always");
pub(super) const A_KEEPALIVE: Phrase = Phrase::new(
    "silence, interval and number of probes such as 120s/10s/3, or off",
    "静默时间、间隔和探测次数，如 120s/10s/3，或 off",
);
const NUMBERS: Phrase = Phrase::new("sequence numbers such as 100,4294967295", "序列号，如 100,4294967295");

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Scenario;

    #[test]
    fn everything_is_said_in_both_languages() {
        for phrase in [A_SETTING, A_SWITCH, A_PROBING, A_KEEPALIVE, NUMBERS] {
            assert!(phrase.is_complete(), "{phrase:?}");
        }
    }

    #[test]
    fn settings_are_pairs_with_or_without_commas() {
        let text = "server set msl=2s, delayed_ack=off timestamps=off; keepalive=120s/10s/3 isn=1,4294967295";
        let [_, server] = Scenario::parse(text).expect("a scenario").settings;
        assert_eq!((server.msl, server.delayed_ack), (Some(Duration::from_secs(2)), Some(Duration::ZERO)));
        assert_eq!((server.timestamps, server.isn), (Some(false), vec![1, u32::MAX]));
        let keepalive = server.keepalive.flatten().expect("probes");
        assert_eq!((keepalive.interval, keepalive.probes), (Duration::from_secs(10), 3));
        let [client, _] = Scenario::parse("client set mtu_probing=black_hole").expect("a scenario").settings;
        assert_eq!(client.mtu_probing, Some(MtuProbing::AfterBlackHole));
    }

    #[test]
    fn every_name_is_known() {
        for name in NAMES {
            let error = Scenario::parse(&format!("server set {name}=?")).expect_err("no value");
            assert_eq!(error.column(), 13 + name.len(), "{name} wants a value: {error}");
        }
    }
}
