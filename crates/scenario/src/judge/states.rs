//! Claims about an end: its states, timers, what it read and what it knows.

use std::time::Duration;

use cordial_tcp::Phase;
use cordial_trace::event::Timer;

use super::history::{History, index};
use super::is_at;
use super::words::Came;
use crate::claim::{End, GRACE, Knowledge};

pub(super) fn enters(history: &History, end: End, state: Phase, at: Duration) -> Result<(), Came> {
    let states = known(history, end)?;
    let comes = states.iter().any(|(when, known)| *known == state && is_at(*when, at));
    if comes { Ok(()) } else { Err(Came::States(states.to_vec())) }
}

pub(super) fn is(history: &History, end: End, state: Phase, at: Duration) -> Result<(), Came> {
    let states = known(history, end)?;
    // Where it began it was before anything happened.
    let then = states.iter().rev().find(|(when, _)| *when <= at + GRACE).or(states.first());
    let is_it = then.is_some_and(|(_, known)| *known == state);
    if is_it { Ok(()) } else { Err(Came::States(states.to_vec())) }
}

pub(super) fn never(history: &History, end: End, state: Phase) -> Result<(), Came> {
    let states = history.states(end);
    let comes = states.iter().any(|(_, known)| *known == state);
    if comes { Err(Came::States(states.to_vec())) } else { Ok(()) }
}

/// The states after the one in which it began.
pub(super) fn passes(history: &History, end: End, expected: &[Phase]) -> Result<(), Came> {
    let states = known(history, end)?;
    let began = states.first().is_some_and(|(_, state)| matches!(state, Phase::Closed | Phase::Listen));
    let passed = states.iter().skip(usize::from(began)).map(|(_, state)| *state);
    if passed.eq(expected.iter().copied()) { Ok(()) } else { Err(Came::States(states.to_vec())) }
}

pub(super) fn reads(history: &History, end: End, octets: u64) -> Result<(), Came> {
    let read = history.connection(end.connection).map_or(0, |connection| connection.read[index(end.side)]);
    if read == octets { Ok(()) } else { Err(Came::Number(Some(read))) }
}

pub(super) fn timer(
    history: &History,
    end: End,
    timer: Timer,
    span: Duration,
    at: Option<Duration>,
) -> Result<(), Came> {
    let connection = history.connection(end.connection).ok_or(Came::NoConnection(end.connection))?;
    let of_it = connection.timers.iter().filter(|(_, side, which, _)| (*side, *which) == (end.side, timer));
    let set: Vec<(Duration, Duration)> = of_it.map(|(when, .., span)| (*when, *span)).collect();
    let is_so = |(when, known): &(Duration, Duration)| {
        known.abs_diff(span) <= GRACE && at.is_none_or(|at| is_at(*when, at))
    };
    if set.iter().any(is_so) { Ok(()) } else { Err(Came::Timers(set)) }
}

pub(super) fn learns(history: &History, end: End, what: Knowledge, at: Option<Duration>) -> Result<(), Came> {
    let connection = history.connection(end.connection).ok_or(Came::NoConnection(end.connection))?;
    let when = match what {
        Knowledge::Hears => connection.hears[index(end.side)],
        Knowledge::IsHeard => connection.is_heard[index(end.side)],
    };
    let holds = match (when, at) {
        (Some(when), Some(at)) => is_at(when, at),
        (None, None) => true,
        _ => false,
    };
    if holds { Ok(()) } else { Err(Came::Moments(when.into_iter().collect())) }
}

fn known(history: &History, end: End) -> Result<&[(Duration, Phase)], Came> {
    if history.connection(end.connection).is_none() {
        return Err(Came::NoConnection(end.connection));
    }
    let states = history.states(end);
    if states.is_empty() { Err(Came::Nothing) } else { Ok(states) }
}
