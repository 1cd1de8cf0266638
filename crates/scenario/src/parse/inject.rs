//! Segments that neither end sent: `inject to server @1s RST seq=expected+100`.

use std::net::SocketAddr;
use std::time::Duration;

use cordial_trace::words::Phrase;
use cordial_wire::Flags;

use super::value::{self, AN_END, pair};
use super::words::{Words, expected, one_of};
use crate::error::Wrong;
use crate::scenario::{Injection, Number};
use crate::text::Word;

const NAMES: &[&str] = &["seq", "ack", "len", "win", "of", "from", "port", "every"];

pub(super) fn read(mut words: Words<'_>) -> Result<Injection, Wrong> {
    let to = words.word(TO)?;
    if to.it != "to" {
        return Err(expected(to, TO));
    }
    let to = value::end(words.word(AN_END)?)?;
    let at = value::next_moment(&mut words)?.it;
    let mut injection = Injection {
        at,
        to,
        connection: 1,
        from: None,
        port: None,
        flags: flags(words.word(FLAGS)?)?,
        seq: Number::Expected(0),
        ack: Number::Expected(0),
        len: 0,
        window: 65_535,
        count: 1,
        every: Duration::ZERO,
    };
    while let Some(word) = words.next() {
        option(&mut injection, word)?;
    }
    Ok(injection)
}

fn option(injection: &mut Injection, word: Word<'_>) -> Result<(), Wrong> {
    if let Some(count) = word.it.strip_prefix('x') {
        let place = word.place.part(1..word.it.len());
        injection.count = value::number(crate::text::Located::new(count, place), 1, 10_000)?;
        return Ok(());
    }
    let (name, value) = pair(word).ok_or_else(|| expected(word, AN_OPTION))?;
    match name.it {
        "seq" => injection.seq = number(value)?,
        "ack" => {
            injection.ack = number(value)?;
            injection.flags |= Flags::ACK;
        }
        "len" => injection.len = value::number(value, 0, 1_400)?,
        "win" => injection.window = u16::try_from(value::number(value, 0, 65_535)?).unwrap_or(u16::MAX),
        "of" => injection.connection = value::number(value, 1, 10_000)?,
        "from" => injection.from = Some(address(value)?),
        "port" => injection.port = Some(value::port(value)?),
        "every" => injection.every = value::span(value)?,
        _ => return Err(one_of(name, NAMES)),
    }
    Ok(())
}

/// `SYN+ACK`, `RST`, `DATA`.
pub(super) fn flags(word: Word<'_>) -> Result<Flags, Wrong> {
    let mut flags = Flags::NONE;
    for name in word.it.split('+') {
        flags |= match name {
            "SYN" => Flags::SYN,
            "FIN" => Flags::FIN,
            "RST" => Flags::RST,
            "ACK" => Flags::ACK,
            "PSH" => Flags::PSH,
            "DATA" => Flags::ACK | Flags::PSH,
            _ => return Err(expected(word, FLAGS)),
        };
    }
    Ok(flags)
}

/// `6`, `expected`, `expected-1`, `abs:4000`.
fn number(word: Word<'_>) -> Result<Number, Wrong> {
    let text = word.it;
    let read = || {
        if let Some(absolute) = text.strip_prefix("abs:") {
            return absolute.parse().ok().map(Number::Absolute);
        }
        match text.strip_prefix("expected") {
            Some("") => Some(Number::Expected(0)),
            Some(offset) if offset.starts_with(['+', '-']) => {
                let offset: i64 = offset.parse().ok()?;
                Some(Number::Expected(offset)).filter(|_| offset.unsigned_abs() <= u64::from(u32::MAX))
            }
            Some(_) => None,
            None => text.parse().ok().map(Number::Relative),
        }
    };
    read().ok_or_else(|| expected(word, A_SEQ))
}

fn address(word: Word<'_>) -> Result<SocketAddr, Wrong> {
    let address: Option<SocketAddr> = word.it.parse().ok();
    address.filter(|at| at.is_ipv4() && at.port() > 0).ok_or_else(|| expected(word, AN_ADDRESS))
}

const TO: Phrase =
    Phrase::new("`to` and an end: inject to server @1s RST", "to 和一端：inject to server @1s RST");
const FLAGS: Phrase = Phrase::new(
    "a kind of segment: SYN, SYN+ACK, ACK, DATA, FIN+ACK, RST, RST+ACK",
    "段的种类：SYN、SYN+ACK、ACK、DATA、FIN+ACK、RST、RST+ACK",
);
const AN_OPTION: Phrase = Phrase::new(
    "seq=, ack=, len=, win=, of=, from=, port=, every= or x50",
    "seq=、ack=、len=、win=、of=、from=、port=、every= 或 x50",
);
const A_SEQ: Phrase = Phrase::new(
    "a number as ladders show it (6), `expected+100` above what the receiver expects, or abs:4000 as on the wire",
    "梯形图里的序号（6）、比接收方期待的多多少（expected+100），或线上的值（abs:4000）",
);
const AN_ADDRESS: Phrase = Phrase::new(
    "an IPv4 address with a port such as 10.0.0.66:4000",
    "带端口的 IPv4 地址，如 10.0.0.66:4000",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scenario;

    #[test]
    fn everything_is_said_in_both_languages() {
        for phrase in [TO, FLAGS, AN_OPTION, A_SEQ, AN_ADDRESS] {
            assert!(phrase.is_complete(), "{phrase:?}");
        }
    }

    #[test]
    fn a_forged_segment_has_numbers_of_several_kinds() {
        let text = "inject to server @1s RST seq=expected+100; to client @2s DATA seq=6 ack=abs:7 len=5 of=2\n\
                    inject to server @0 SYN seq=90 from=10.0.0.66:4000 x50 every=1ms";
        let all = Scenario::parse(text).expect("a scenario").injections;
        let [reset, data, flood] = all.as_slice() else { panic!("three") };
        assert_eq!((reset.it.flags, reset.it.seq), (Flags::RST, Number::Expected(100)));
        assert_eq!((data.it.seq, data.it.ack, data.it.len), (Number::Relative(6), Number::Absolute(7), 5));
        assert_eq!((flood.it.count, flood.it.every), (50, Duration::from_millis(1)));
        for wrong in ["seq=-1", "ack=expected6", "from=10.0.0.1", "len=9000", "x0", "sequence=1"] {
            let text = format!("inject to server @1s RST {wrong}");
            assert!(Scenario::parse(&text).is_err(), "{wrong}");
        }
    }
}
