//! What a program does: `client connect; send 5; close @1000ms`.

use std::num::NonZeroU32;
use std::time::Duration;

use cordial_tcp::Half;
use cordial_trace::event::Side;
use cordial_trace::words::Phrase;

use super::each;
use super::settings::{A_KEEPALIVE, keepalive, switch};
use super::value::{self, AN_AMOUNT, pair};
use super::words::{Words, expected, one_of};
use crate::error::Wrong;
use crate::program::{Amount, Answer, Call, FAST_CALLERS, PORT, Program, Start, Step};
use crate::text::{Line, Located};

const CALLS: &[&str] = &[
    "listen",
    "unlisten",
    "connect",
    "accept",
    "send",
    "read",
    "shutdown",
    "close",
    "abort",
    "keepalive",
    "nodelay",
    "wait",
    "set",
];

pub(super) fn read(host: Side, line: Line<'_>) -> Result<Program, Wrong> {
    let mut steps = Vec::new();
    each(line, |words| {
        let place = words.place();
        steps.push(Located::new(step(words)?, place));
        Ok(())
    })?;
    Ok(Program { host, steps })
}

fn step(mut words: Words<'_>) -> Result<Step, Wrong> {
    let name = words.word(A_CALL)?;
    let mut call = match name.it {
        "listen" => {
            Call::Listen { port: PORT, backlog: None, answer: None, thinks: Duration::ZERO, fast_open: None }
        }
        "unlisten" => Call::Unlisten { port: PORT },
        "connect" => Call::Connect { from: None, to: PORT, waits: true },
        "accept" => Call::Accept { port: PORT },
        "send" => Call::Send(value::octets(words.word(AN_AMOUNT)?)?),
        "read" => Call::Read(amount(&mut words)?),
        "shutdown" => Call::Shutdown(half(&mut words)?),
        "close" => Call::Close,
        "abort" => Call::Abort,
        "keepalive" => Call::Keepalive(keepalive(words.word(A_KEEPALIVE)?)?),
        "nodelay" => Call::NoDelay(match words.peek() {
            Some(word) if !word.it.starts_with(['@', '+']) => {
                words.next();
                switch(word)?
            }
            _ => true,
        }),
        "wait" => Call::Wait,
        _ => return Err(one_of(name, CALLS)),
    };
    let mut start = Start::Next;
    while let Some(word) = words.peek() {
        if let Some(text) = word.it.strip_prefix("@!") {
            start = Start::Interrupting(value::span(Located::new(text, word.place.part(2..word.it.len())))?);
        } else if word.it.starts_with('@') {
            start = Start::At(value::moment(word)?);
        } else if let Some(text) = word.it.strip_prefix('+') {
            start = Start::After(value::span(Located::new(text, word.place.part(1..word.it.len())))?);
        } else if !option(&mut call, word)? {
            break;
        }
        words.next();
    }
    words.end()?;
    Ok(Step { call, start })
}

/// A word about how to call; false if it is none.
fn option(call: &mut Call, word: crate::text::Word<'_>) -> Result<bool, Wrong> {
    let pair = pair(word);
    match (call, pair) {
        (Call::Connect { waits, .. }, None) if word.it == "nowait" => *waits = false,
        (Call::Connect { from, .. }, Some((name, value))) if name.it == "from" => {
            *from = Some(value::port(value)?)
        }
        (Call::Connect { to, .. }, Some((name, value))) if ["port", "to"].contains(&name.it) => {
            *to = value::port(value)?;
        }
        (
            Call::Accept { port } | Call::Unlisten { port } | Call::Listen { port, .. },
            Some((name, value)),
        ) if name.it == "port" => {
            *port = value::port(value)?;
        }
        (Call::Listen { backlog, .. }, Some((name, value))) if name.it == "backlog" => {
            *backlog = Some(value::number(value, 1, 65_535)?);
        }
        (Call::Listen { answer, .. }, Some((name, value))) if name.it == "answer" => {
            *answer = Some(match value.it {
                "accept" => Answer::Accept,
                "ignore" => Answer::Ignore,
                "reset" => Answer::Reset,
                "unreachable" => Answer::Unreachable,
                "prohibited" => Answer::Prohibited,
                _ => return Err(one_of(value, &["accept", "ignore", "reset", "unreachable", "prohibited"])),
            });
        }
        (Call::Listen { fast_open, .. }, None) if word.it == "fast_open" => *fast_open = Some(FAST_CALLERS),
        (Call::Listen { fast_open, .. }, Some((name, value))) if name.it == "fast_open" => {
            *fast_open = NonZeroU32::new(value::number(value, 1, 65_535)?);
        }
        (Call::Listen { thinks, answer, .. }, Some((name, value))) if name.it == "thinks" => {
            *thinks = value::span(value)?;
            answer.get_or_insert(Answer::Accept);
        }
        (Call::Connect { .. }, Some((name, _))) => return Err(one_of(name, &["from", "port", "nowait"])),
        (Call::Accept { .. } | Call::Unlisten { .. }, Some((name, _))) => {
            return Err(one_of(name, &["port"]));
        }
        (Call::Listen { .. }, Some((name, _))) => {
            return Err(one_of(name, &["port", "backlog", "answer", "thinks", "fast_open"]));
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Which direction ends; without a word that in which it writes.
fn half(words: &mut Words<'_>) -> Result<Half, Wrong> {
    let Some(word) = words.peek().filter(|word| !word.it.starts_with(['@', '+'])) else {
        return Ok(Half::Write);
    };
    words.next();
    match word.it {
        "write" => Ok(Half::Write),
        "read" => Ok(Half::Read),
        "both" => Ok(Half::Both),
        _ => Err(one_of(word, &["write", "read", "both"])),
    }
}

/// How much to read; without a word what is there.
fn amount(words: &mut Words<'_>) -> Result<Amount, Wrong> {
    let Some(word) = words.peek().filter(|word| !word.it.starts_with(['@', '+'])) else {
        return Ok(Amount::Some);
    };
    words.next();
    Ok(match word.it {
        "end" => Amount::End,
        "nothing" => Amount::Nothing,
        _ => Amount::Exactly(value::octets(word).map_err(|_| expected(word, AN_AMOUNT_TO_READ))?),
    })
}

const A_CALL: Phrase =
    Phrase::new("a call such as connect, send 5 or close", "调用，如 connect、send 5、close");
const AN_AMOUNT_TO_READ: Phrase =
    Phrase::new("how many octets to read, `end` or `nothing`", "要读的字节数、end 或 nothing");

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Scenario;

    #[test]
    fn everything_is_said_in_both_languages() {
        assert!(A_CALL.is_complete() && AN_AMOUNT_TO_READ.is_complete());
    }

    #[test]
    fn a_line_is_a_program() {
        let text =
            "client connect from=51514 port=80 nowait; send 5; read end; close @1s\nserver listen backlog=4";
        let programs = Scenario::parse(text).expect("a scenario").programs;
        let [client, server] = programs.as_slice() else { panic!("two programs") };
        let calls: Vec<Call> = client.steps.iter().map(|step| step.it.call).collect();
        let connect = Call::Connect { from: Some(51_514), to: 80, waits: false };
        assert_eq!(calls, [connect, Call::Send(5), Call::Read(Amount::End), Call::Close]);
        assert_eq!(client.steps[3].it.start, Start::At(Duration::from_secs(1)));
        assert!(!client.reads_along() && !server.reads_along());
    }

    #[test]
    fn a_call_may_interrupt_and_a_direction_may_be_named() {
        let text = "client connect; shutdown both @!10s\nserver listen; unlisten port=8080 +1s; shutdown; shutdown read";
        let programs = Scenario::parse(text).expect("a scenario").programs;
        let steps: Vec<Step> =
            programs.iter().flat_map(|program| &program.steps).map(|step| step.it).collect();
        let interrupting =
            Step { call: Call::Shutdown(Half::Both), start: Start::Interrupting(Duration::from_secs(10)) };
        assert_eq!(steps[1], interrupting);
        assert_eq!(steps[3].call, Call::Unlisten { port: PORT });
        assert_eq!((steps[4].call, steps[5].call), (Call::Shutdown(Half::Write), Call::Shutdown(Half::Read)));
        let error = Scenario::parse("client shutdown all").expect_err("no direction");
        assert_eq!(error.column(), 17, "{error}");
    }

    #[test]
    fn a_listener_says_from_how_many_it_takes_octets_on_the_syn() {
        for (text, many) in
            [("", None), (" fast_open", Some(FAST_CALLERS)), (" fast_open=2", NonZeroU32::new(2))]
        {
            let scenario = Scenario::parse(&format!("server listen{text}")).expect(text);
            let Call::Listen { fast_open, .. } = scenario.programs[0].steps[0].it.call else {
                panic!("{text}")
            };
            assert_eq!(fast_open, many);
        }
        let error = Scenario::parse("server listen fast_open=0").expect_err("nobody at all");
        assert_eq!(error.column(), 25, "{error}");
    }

    #[test]
    fn who_never_reads_reads_along() {
        let programs =
            Scenario::parse("client connect; send 5; close\nclient connect; read nothing").expect("two");
        assert_eq!(programs.programs.iter().map(Program::reads_along).collect::<Vec<_>>(), [true, false]);
    }
}
