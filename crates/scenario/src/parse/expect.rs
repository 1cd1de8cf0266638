//! What is expected: `expect verdict C07; server CLOSED @1520ms; no RST`.

use std::time::Duration;

use cordial_tcp::{Phase, Refusal};
use cordial_trace::event::{Side, Timer};
use cordial_trace::words::Phrase;
use cordial_wire::Flags;

use super::value::{
    self, A_MOMENT, A_NUMBER, A_SEGMENT, A_SPAN, AN_AMOUNT, AN_END, next_moment, pair, take_moment,
};
use super::words::{Words, expected, one_of};
use crate::claim::{Claim, End, Errno, Kind, Knowledge, Outcome, Table, Trait, Variable};
use crate::error::Wrong;
use crate::text::{Located, Word};

/// States as they are printed.
const STATES: [Phase; 11] = [
    Phase::Closed,
    Phase::Listen,
    Phase::SynSent,
    Phase::SynReceived,
    Phase::Established,
    Phase::FinWait1,
    Phase::FinWait2,
    Phase::CloseWait,
    Phase::Closing,
    Phase::LastAck,
    Phase::TimeWait,
];

const KINDS: &[(&str, Kind)] = &[
    ("segments", Kind::Any),
    ("data", Kind::Data),
    ("DATA", Kind::Data),
    ("ACK", Kind::BareAck),
    ("SYN", Kind::Control(Flags::SYN)),
    ("SYN+ACK", Kind::Control(and_ack(Flags::SYN))),
    ("FIN", Kind::Control(Flags::FIN)),
    ("FIN+ACK", Kind::Control(and_ack(Flags::FIN))),
    ("RST", Kind::Control(Flags::RST)),
    ("RST+ACK", Kind::Control(and_ack(Flags::RST))),
];

/// A bit together with ACK.
const fn and_ack(bit: Flags) -> Flags {
    Flags::from_bits(bit.bits() | Flags::ACK.bits())
}

const TIMERS: &[(&str, Timer)] = &[
    ("rto", Timer::Retransmit),
    ("synack", Timer::SynAck),
    ("dack", Timer::DelayedAck),
    ("persist", Timer::Persist),
    ("keepalive", Timer::Keepalive),
    ("2msl", Timer::TimeWait),
    ("fin2", Timer::FinWait2),
    ("pmtu", Timer::PathMtu),
];

const TABLES: &[(&str, Table)] = &[
    ("half-open", Table::HalfOpen),
    ("accept-queue", Table::AcceptQueue),
    ("time-wait", Table::TimeWait),
    ("connections", Table::Connections),
];

const VARIABLES: &[(&str, Variable)] =
    &[("snd.una", Variable::SndUna), ("snd.nxt", Variable::SndNxt), ("rcv.nxt", Variable::RcvNxt)];

const CALLS: &[&str] = &["listen", "connect", "accept", "send", "read", "shutdown", "close", "abort"];

/// What may follow an end, besides a state.
const VERBS: &[&str] =
    &["never", "still", "passes", "sends", "reads", "sets", "hears", "is-heard", "never-heard"];

pub(super) fn read(claims: &mut Vec<Located<Claim>>, mut words: Words<'_>) -> Result<(), Wrong> {
    let head = words.word(A_CLAIM)?;
    let begin = head.place;
    let claim = claim(head, &mut words)?;
    let place = begin.to(words.place());
    claims.push(Located::new(claim, place));
    words.end()
}

fn claim(head: Word<'_>, words: &mut Words<'_>) -> Result<Claim, Wrong> {
    let (connection, bare) = value::numbered(head);
    match bare.it {
        "verdict" => {
            let word = words.word(A_VERDICT)?;
            Ok(Claim::Verdict { connection, id: verdict(word)? })
        }
        "never" => {
            let (connection, side) = value::end_of(words.word(AN_END)?)?;
            Ok(Claim::Never(End { connection, side }, state(words.word(A_STATE)?)?))
        }
        "no" => {
            let kind = kind(words.word(A_KIND)?)?;
            let connection = (head.it != bare.it).then_some(connection);
            Ok(Claim::Sends { connection, from: None, kind, count: 0 })
        }
        "segments" => {
            let count = value::number(words.word(A_NUMBER)?, 0, 1_000_000)?.into();
            let connection = (head.it != bare.it).then_some(connection);
            Ok(Claim::Sends { connection, from: None, kind: Kind::Any, count })
        }
        "connections" => Ok(Claim::Connections(value::number(words.word(A_NUMBER)?, 0, 1_000_000)?.into())),
        "order" | "arrive" => {
            let mut segments = Vec::new();
            while let Some(word) = words.next() {
                segments.push(value::segment(word)?);
            }
            match segments.len() {
                0 | 1 => Err(words.word(A_SEGMENT).err().unwrap_or_else(|| expected(head, A_SEGMENT))),
                _ => Ok(Claim::Order { segments, arrive: bare.it == "arrive" }),
            }
        }
        "client" | "server" => {
            let (connection, side) = value::end_of(head)?;
            of_end(End { connection, side }, words)
        }
        _ => match value::segment(head) {
            Ok(name) => Ok(Claim::Segment(name, traits(words)?)),
            Err(_) => Err(one_of(
                bare,
                &[
                    "verdict",
                    "client",
                    "server",
                    "never",
                    "no",
                    "segments",
                    "connections",
                    "order",
                    "arrive",
                    "c6",
                    "s2",
                ],
            )),
        },
    }
}

fn of_end(end: End, words: &mut Words<'_>) -> Result<Claim, Wrong> {
    let word = words.word(A_VERB)?;
    if let Some((_, table)) = TABLES.iter().find(|(name, _)| *name == word.it) {
        let count = value::number(words.word(A_NUMBER)?, 0, 1_000_000)?.into();
        return Ok(Claim::Table { host: end.side, table: *table, count, at: next_moment(words)?.it });
    }
    if let Some(call) = CALLS.iter().find(|name| **name == word.it) {
        return result(end.side, call, words);
    }
    if let Some((name, number)) = pair(word) {
        let variable = VARIABLES.iter().find(|(known, _)| *known == name.it);
        let names: Vec<&str> = VARIABLES.iter().map(|(name, _)| *name).collect();
        let (_, variable) = *variable.ok_or_else(|| one_of(name, &names))?;
        let value = value::number(number, 0, u32::MAX)?.into();
        return Ok(Claim::Variable { end, variable, value, at: next_moment(words)?.it });
    }
    match word.it {
        "never" => Ok(Claim::Never(end, state(words.word(A_STATE)?)?)),
        "still" => {
            let state = state(words.word(A_STATE)?)?;
            Ok(Claim::Is(end, state, next_moment(words)?.it))
        }
        "passes" => {
            let mut states = vec![state(words.word(A_STATE)?)?];
            while let Some(word) = words.next() {
                states.push(state(word)?);
            }
            Ok(Claim::Passes(end, states))
        }
        "sends" => sends(end, words),
        "reads" => reads(end, words),
        "sets" => timer(end, words),
        "hears" | "is-heard" => {
            let what = if word.it == "hears" { Knowledge::Hears } else { Knowledge::IsHeard };
            Ok(Claim::Learns { end, what, at: Some(next_moment(words)?.it) })
        }
        "never-heard" => Ok(Claim::Learns { end, what: Knowledge::IsHeard, at: None }),
        _ => match find_state(word.it) {
            Some(state) => Ok(Claim::Enters(end, state, next_moment(words)?.it)),
            None => {
                let states = STATES.iter().map(|state| state.name());
                let tables = TABLES.iter().map(|(name, _)| *name);
                let known: Vec<&str> =
                    states.chain(VERBS.iter().copied()).chain(tables).chain(CALLS.iter().copied()).collect();
                Err(one_of(word, &known))
            }
        },
    }
}

/// `sends 3 FIN`, `sends no RST`, `sends SYN @0 @1s @3s`.
fn sends(end: End, words: &mut Words<'_>) -> Result<Claim, Wrong> {
    let word = words.word(A_COUNT)?;
    let from = Some(end.side);
    let connection = Some(end.connection);
    if word.it == "no" {
        return Ok(Claim::Sends { connection, from, kind: kind(words.word(A_KIND)?)?, count: 0 });
    }
    if word.it.starts_with(|c: char| c.is_ascii_digit()) {
        let count = value::number(word, 0, 1_000_000)?.into();
        return Ok(Claim::Sends { connection, from, kind: kind(words.word(A_KIND)?)?, count });
    }
    let kind = kind(word)?;
    let mut moments = vec![next_moment(words)?.it];
    while let Some(moment) = take_moment(words)? {
        moments.push(moment.it);
    }
    Ok(Claim::SendsAt { end, kind, moments })
}

/// `reads 5`.
fn reads(end: End, words: &mut Words<'_>) -> Result<Claim, Wrong> {
    let octets = value::octets(words.word(AN_AMOUNT)?)?;
    words.take("octets");
    Ok(Claim::Reads(end, octets))
}

/// `sets rto 200ms @1.3s`.
fn timer(end: End, words: &mut Words<'_>) -> Result<Claim, Wrong> {
    let names: Vec<&str> = TIMERS.iter().map(|(name, _)| *name).collect();
    let word = words.word(A_TIMER)?;
    let (_, timer) = *TIMERS.iter().find(|(name, _)| *name == word.it).ok_or_else(|| one_of(word, &names))?;
    let span = value::span(words.word(A_SPAN)?)?;
    let at: Option<Duration> = take_moment(words)?.map(|at| at.it);
    Ok(Claim::Timer { end, timer, span, at })
}

/// `connect 2 fails ECONNREFUSED @20ms`.
fn result(host: Side, name: &'static str, words: &mut Words<'_>) -> Result<Claim, Wrong> {
    let is_count = |word: Word<'_>| value::number(word, 1, 100_000).ok();
    let nth = words.take_as(is_count).unwrap_or(1);
    let word = words.word(A_RESULT)?;
    let result = match word.it {
        "works" | "ok" => Outcome::Works,
        "waits" => Outcome::Waits,
        "fails" => {
            let word = words.word(AN_ERROR)?;
            let errno = Errno::ALL.iter().find(|name| **name == word.it);
            Outcome::Fails(Errno(errno.ok_or_else(|| one_of(word, Errno::ALL))?))
        }
        _ => return Err(one_of(word, &["works", "fails", "waits"])),
    };
    let at = take_moment(words)?.map(|at| at.it);
    Ok(Claim::Call { host, name, nth, result, at })
}

/// `is ACK seq=7 ack=7 len=0 @1310ms`, `lost`, `refused outside-window`, `repeats c4`.
fn traits(words: &mut Words<'_>) -> Result<Vec<Trait>, Wrong> {
    let mut traits = Vec::new();
    let first = words.word(A_TRAIT)?;
    let mut next = Some(first);
    while let Some(word) = next {
        traits.push(one_trait(word, words)?);
        next = words.next();
    }
    Ok(traits)
}

fn one_trait(word: Word<'_>, words: &mut Words<'_>) -> Result<Trait, Wrong> {
    if word.it.starts_with('@') {
        return Ok(Trait::Sent(value::moment(word)?));
    }
    if let Some((name, number)) = pair(word) {
        let wire = number.it.strip_prefix("abs:").and_then(|text| text.parse().ok());
        let relative = || value::number(number, 0, u32::MAX);
        return Ok(match (name.it, wire) {
            ("seq", Some(wire)) => Trait::SeqOnWire(wire),
            ("ack", Some(wire)) => Trait::AckOnWire(wire),
            ("seq", None) => Trait::Seq(relative()?.into()),
            ("ack", None) => Trait::Ack(relative()?.into()),
            ("len", _) => Trait::Len(relative()?),
            ("win", _) => Trait::Window(u16::try_from(value::number(number, 0, 65_535)?).unwrap_or(u16::MAX)),
            ("sack", _) => sack(number)?,
            _ => return Err(one_of(name, &["seq", "ack", "len", "win", "sack"])),
        });
    }
    Ok(match word.it {
        "is" => Trait::Kind(kind(words.word(A_KIND)?)?),
        "lost" => Trait::Lost,
        "taken" => Trait::Taken,
        "arrives" => Trait::Arrives(value::moment(words.word(A_MOMENT)?)?),
        "repeats" => Trait::Repeats(value::segment(words.word(A_SEGMENT)?)?),
        "refused" => Trait::Refused(refusal(words.word(A_REASON)?)?),
        "copy" => {
            let word = words.word(A_COPY)?;
            if word.it != "refused" {
                return Err(one_of(word, &["refused"]));
            }
            Trait::CopyRefused(refusal(words.word(A_REASON)?)?)
        }
        _ => {
            return Err(one_of(
                word,
                &[
                    "is", "lost", "taken", "arrives", "repeats", "refused", "copy", "seq=", "ack=", "len=",
                    "win=", "sack=",
                ],
            ));
        }
    })
}

fn refusal(word: Word<'_>) -> Result<&'static str, Wrong> {
    let known: Vec<&'static str> = Refusal::ALL.iter().map(|refusal| refusal.name()).collect();
    known.iter().copied().find(|name| *name == word.it).ok_or_else(|| one_of(word, &known))
}

/// `1460..2920`.
fn sack(word: Word<'_>) -> Result<Trait, Wrong> {
    let read = word.it.split_once("..").and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    let (from, to) = read.ok_or_else(|| expected(word, A_BLOCK))?;
    Ok(Trait::Sack(from, to))
}

fn kind(word: Word<'_>) -> Result<Kind, Wrong> {
    let known: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    let found = KINDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word.it));
    found.map(|(_, kind)| *kind).ok_or_else(|| one_of(word, &known))
}

fn verdict(word: Word<'_>) -> Result<String, Wrong> {
    let is_id = word.it.len() == 3
        && word.it.starts_with(|c: char| c.is_ascii_uppercase())
        && word.it.bytes().skip(1).all(|octet| octet.is_ascii_digit());
    is_id.then(|| word.it.to_owned()).ok_or_else(|| expected(word, A_VERDICT))
}

fn find_state(text: &str) -> Option<Phase> {
    STATES.into_iter().find(|state| state.name() == text)
}

fn state(word: Word<'_>) -> Result<Phase, Wrong> {
    let known: Vec<&str> = STATES.iter().map(|state| state.name()).collect();
    find_state(word.it).ok_or_else(|| one_of(word, &known))
}

const A_CLAIM: Phrase = Phrase::new(
    "what is expected, such as: verdict C07, server CLOSED @1520ms, no RST, c6 lost",
    "期望，如 verdict C07、server CLOSED @1520ms、no RST、c6 lost",
);
const A_VERDICT: Phrase = Phrase::new("a verdict such as C07", "结论的编号，如 C07");
const A_STATE: Phrase = Phrase::new("a state such as ESTABLISHED", "状态，如 ESTABLISHED");
const A_KIND: Phrase = Phrase::new(
    "a kind of segment: segments, data, ACK, SYN, SYN+ACK, FIN, RST",
    "段的种类：segments、data、ACK、SYN、SYN+ACK、FIN、RST",
);
const A_COUNT: Phrase =
    Phrase::new("how many, `no`, or a kind of segment and moments", "个数、no，或段的种类和时刻");
const A_VERB: Phrase = Phrase::new(
    "a state and a moment, never, still, passes, sends, reads, sets, hears, a table or a call",
    "状态和时刻、never、still、passes、sends、reads、sets、hears、某个表或某个调用",
);
const A_TIMER: Phrase = Phrase::new("a timer such as rto", "定时器，如 rto");
const A_RESULT: Phrase = Phrase::new("works, fails or waits", "works、fails 或 waits");
const AN_ERROR: Phrase = Phrase::new("an error such as ECONNREFUSED", "错误，如 ECONNREFUSED");
const A_REASON: Phrase = Phrase::new("a reason such as outside-window", "原因，如 outside-window");
const A_TRAIT: Phrase = Phrase::new(
    "what it is: is ACK, seq=7, ack=7, len=0, @1.3s, arrives @1.3s, lost, taken, refused REASON, copy refused REASON, repeats c4",
    "它怎样：is ACK、seq=7、ack=7、len=0、@1.3s、arrives @1.3s、lost、taken、refused 原因、copy refused 原因、repeats c4",
);
const A_COPY: Phrase = Phrase::new("`refused` and a reason", "refused 和原因");
const A_BLOCK: Phrase = Phrase::new("a block such as 1461..2921", "一段序号，如 1461..2921");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scenario;

    #[test]
    fn everything_is_said_in_both_languages() {
        for phrase in [
            A_CLAIM, A_VERDICT, A_STATE, A_KIND, A_COUNT, A_VERB, A_TIMER, A_RESULT, AN_ERROR, A_REASON,
            A_TRAIT, A_BLOCK,
        ] {
            assert!(phrase.is_complete(), "{phrase:?}");
        }
    }

    #[test]
    fn every_kind_of_claim_is_read() {
        for text in [
            "verdict C07",
            "2.verdict H10",
            "server CLOSED @1520ms",
            "2.client still ESTABLISHED @5s",
            "server never ESTABLISHED",
            "never server ESTABLISHED",
            "client passes SYN_SENT, ESTABLISHED, CLOSED",
            "no RST",
            "segments 7",
            "2.segments 3",
            "connections 1",
            "client sends 3 FIN",
            "client sends no RST",
            "server sends SYN+ACK @10ms @1010ms",
            "order s4 s3",
            "arrive s4 s3",
            "c6 is ACK seq=7 ack=7 len=0 win=0 @1310ms",
            "c6 lost",
            "s2 refused outside-window arrives @1s",
            "c4 repeats 2.c3 seq=abs:100 sack=1461..2921",
            "c3 taken copy refused outside-window",
            "server reads 5",
            "client connect fails ECONNREFUSED @20ms",
            "client connect 3 works",
            "client read waits",
            "server sets rto 200ms @1.3s",
            "client rcv.nxt=1 @20ms",
            "server half-open 1 @500ms",
            "client hears @20ms",
            "server never-heard",
        ] {
            let read = Scenario::parse(&format!("expect {text}"));
            assert_eq!(
                read.map(|scenario| scenario.claims.len())
                    .map_err(|e| e.explain("f", cordial_trace::Lang::En)),
                Ok(1),
                "{text}"
            );
        }
    }

    #[test]
    fn what_cannot_be_expected_is_refused() {
        for text in [
            "",
            "verdict x",
            "server",
            "server CLOSED",
            "server CLOSED 5s",
            "never",
            "client sends 3",
            "order c1",
            "c6",
            "c6 is",
            "c6 was lost",
            "client connect fails",
            "client connect fails EFOO",
            "client half-open 1",
            "client reads",
            "client sets rto",
            "client rcv.wnd=5 @1s",
            "c1 refused because",
        ] {
            assert!(Scenario::parse(&format!("expect {text}")).is_err(), "{text}");
        }
    }
}
