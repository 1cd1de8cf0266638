//! Segments that neither end sent.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use cordial_sim::{Action, Edit, Forged, World};
use cordial_trace::event::Side;
use cordial_trace::words::Phrase;
use cordial_wire::{Flags, Segment, SeqNum};

use super::host;
use crate::claim::{End, Variable};
use crate::error::Wrong;
use crate::judge::History;
use crate::program::PORT;
use crate::scenario::{Injection, Number, Scenario};
use crate::text::Place;

/// One that is to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Forgery {
    pub(super) at: Duration,
    injection: Injection,
    /// Which of those that are alike.
    nth: u32,
    place: Place,
}

/// All of them in the order of their times.
pub(super) fn agenda(scenario: &Scenario) -> VecDeque<Forgery> {
    let all = scenario.injections.iter().flat_map(|located| {
        let (injection, place) = (located.it, located.place);
        (0..injection.count).map(move |nth| {
            let at = injection.at + injection.every.saturating_mul(nth);
            Forgery { at, injection, nth, place }
        })
    });
    let mut all: Vec<Forgery> = all.collect();
    all.sort_by_key(|forgery| forgery.at);
    all.into()
}

/// Puts one before its receiver.
pub(super) fn forge(world: &mut World, forgery: &Forgery) -> Result<(), Wrong> {
    let Forgery { injection, nth, place, .. } = *forgery;
    let ends = addresses(world, &injection, nth);
    let (source, destination) =
        ends.ok_or_else(|| Wrong::new(place, NO_CONNECTION).with("n", injection.connection.to_string()))?;
    let to = End { connection: injection.connection, side: injection.to };
    let unknown = || Wrong::new(place, NUMBER_UNKNOWN);
    let seq = number(world, injection.seq, to, true).ok_or_else(unknown)?;
    let ack = match injection.flags.contains(Flags::ACK) {
        true => number(world, injection.ack, to, false).ok_or_else(unknown)?,
        false => SeqNum(0),
    };
    let header = Segment {
        source: source.port(),
        destination: destination.port(),
        seq,
        ack_number: ack,
        flags: injection.flags,
        window: injection.window,
        ..Segment::default()
    };
    let segment = Edit { header, payload: vec![FORGED; injection.len as usize] };
    world.act(Action::Inject(host(injection.to), Forged { from: source, to: destination, segment }));
    Ok(())
}

/// What forged octets are: no pattern of a connection's.
const FORGED: u8 = b'!';

/// Who it says it is from, and where it goes.
fn addresses(world: &World, injection: &Injection, nth: u32) -> Option<(SocketAddr, SocketAddr)> {
    let ends = world.ends(cordial_trace::Group(injection.connection));
    let own = world.address(host(injection.to));
    if let Some(from) = injection.from {
        let offset = u16::try_from(nth).unwrap_or_default();
        let from = SocketAddr::new(from.ip(), from.port().wrapping_add(offset).max(1));
        let known = ends.map(|[client, server]| if injection.to == Side::Client { client } else { server });
        let port = injection.port.or(known.map(|at| at.port())).unwrap_or(PORT);
        return Some((from, SocketAddr::new(own, port)));
    }
    let [client, server] = ends?;
    Some(match injection.to {
        Side::Client => (server, client),
        Side::Server => (client, server),
    })
}

/// A number as it stands in a header. Those relative to nothing that is known are none.
fn number(world: &World, number: Number, to: End, is_seq: bool) -> Option<SeqNum> {
    let Number::Absolute(number) = number else {
        return relative_number(world, number, to, is_seq);
    };
    Some(SeqNum(number))
}

fn relative_number(world: &World, number: Number, to: End, is_seq: bool) -> Option<SeqNum> {
    let history = History::of(world.events());
    // Its numbers are the other end's, what it acknowledges is the receiver's.
    let owner = if is_seq { to.side.other() } else { to.side };
    let first = history.connection(to.connection).and_then(|it| it.first_number(owner));
    match number {
        Number::Absolute(number) => Some(SeqNum(number)),
        Number::Relative(number) => Some(first.unwrap_or_default() + number),
        Number::Expected(offset) => {
            let variable = if is_seq { Variable::RcvNxt } else { Variable::SndNxt };
            let known = history.variable(to, variable, Duration::MAX)?;
            let offset = u32::try_from(offset.rem_euclid(1 << 32)).unwrap_or_default();
            Some(first? + u32::try_from(known).ok()? + offset)
        }
    }
}

const NO_CONNECTION: Phrase = Phrase::new(
    "there is no connection {n} at that time: give its source, from=10.0.0.66:4000.",
    "那时还没有第 {n} 条连接：请写明来源，如 from=10.0.0.66:4000。",
);
const NUMBER_UNKNOWN: Phrase = Phrase::new(
    "nothing is expected there at that time: give numbers, seq=0 or seq=abs:4000.",
    "那时那一端还没有期待什么序号：请写明，如 seq=0 或 seq=abs:4000。",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        assert!(NO_CONNECTION.is_complete() && NUMBER_UNKNOWN.is_complete());
    }

    #[test]
    fn those_that_are_alike_follow_each_other() {
        let text =
            "inject to server @10ms SYN seq=0 from=10.0.0.66:4000 x3 every=5ms; to server @12ms RST seq=1";
        let moments: Vec<u128> =
            agenda(&Scenario::parse(text).expect("a scenario")).iter().map(|it| it.at.as_millis()).collect();
        assert_eq!(moments, [10, 12, 15, 20]);
    }
}
