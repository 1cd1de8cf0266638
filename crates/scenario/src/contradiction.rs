//! What in a scenario cannot be, whatever happens: found before it runs.

use std::time::Duration;

use cordial_trace::words::Phrase;

use crate::claim::{Claim, Kind, Trait};
use crate::error::Wrong;
use crate::program::Start;
use crate::scenario::{Deed, Mishap, Scenario};
use crate::text::{Located, Place};

/// Nothing, or the first that is found.
pub(crate) fn find(scenario: &Scenario) -> Result<(), Wrong> {
    one_fate_each(scenario)?;
    in_time(scenario)?;
    claims_agree(&scenario.claims)?;
    reboots_follow_crashes(scenario)
}

/// No segment has two fates.
fn one_fate_each(scenario: &Scenario) -> Result<(), Wrong> {
    for (at, fault) in scenario.faults.iter().enumerate() {
        let before = scenario.faults.iter().take(at);
        if let Some(other) = before.into_iter().find(|other| other.it.which.meets(&fault.it.which)) {
            let line = other.place.line.to_string();
            return Err(Wrong::new(fault.place, TWO_FATES)
                .with("segment", fault.it.which.begin().to_string())
                .with("line", line));
        }
    }
    Ok(())
}

/// Nothing is to happen, or expected, after the end.
fn in_time(scenario: &Scenario) -> Result<(), Wrong> {
    let Some(until) = scenario.until else { return Ok(()) };
    let late = |at: Duration| at > until.it;
    let wrong = |place: Place| Err(Wrong::new(place, AFTER_END).with("line", until.place.line.to_string()));
    for step in scenario.programs.iter().flat_map(|program| &program.steps) {
        if matches!(step.it.start, Start::At(at) | Start::Interrupting(at) if late(at)) {
            return wrong(step.place);
        }
    }
    for injection in &scenario.injections {
        if late(injection.it.at) {
            return wrong(injection.place);
        }
    }
    for upset in &scenario.upsets {
        if late(upset.it.at) {
            return wrong(upset.place);
        }
    }
    for fault in &scenario.faults {
        if matches!(fault.it.deed, Deed::Hold(at) if late(at)) {
            return wrong(fault.place);
        }
    }
    for claim in &scenario.claims {
        if moments(&claim.it).into_iter().any(late) {
            return wrong(claim.place);
        }
    }
    Ok(())
}

/// When a claim is to hold.
fn moments(claim: &Claim) -> Vec<Duration> {
    match claim {
        Claim::Enters(_, _, at) | Claim::Is(_, _, at) => vec![*at],
        Claim::SendsAt { moments, .. } => moments.clone(),
        Claim::Segment(_, traits) => traits
            .iter()
            .filter_map(|it| match it {
                Trait::Sent(at) | Trait::Arrives(at) => Some(*at),
                _ => None,
            })
            .collect(),
        Claim::Call { at, .. } | Claim::Timer { at, .. } | Claim::Learns { at, .. } => {
            at.iter().copied().collect()
        }
        Claim::Variable { at, .. } | Claim::Table { at, .. } => vec![*at],
        Claim::Verdict { .. }
        | Claim::Never(..)
        | Claim::Passes(..)
        | Claim::Sends { .. }
        | Claim::Order { .. }
        | Claim::Reads(..)
        | Claim::Connections(_) => Vec::new(),
    }
}

/// No two claims exclude each other.
fn claims_agree(claims: &[Located<Claim>]) -> Result<(), Wrong> {
    for (at, claim) in claims.iter().enumerate() {
        let before = claims.iter().take(at);
        if let Some(other) = before.into_iter().find(|other| excludes(&other.it, &claim.it)) {
            return Err(Wrong::new(claim.place, EXCLUDED).with("line", other.place.line.to_string()));
        }
    }
    Ok(())
}

fn excludes(a: &Claim, b: &Claim) -> bool {
    one_way(a, b) || one_way(b, a)
}

fn one_way(a: &Claim, b: &Claim) -> bool {
    match (a, b) {
        (Claim::Never(end, state), Claim::Enters(other, entered, _) | Claim::Is(other, entered, _)) => {
            (end, state) == (other, entered)
        }
        (Claim::Never(end, state), Claim::Passes(other, states)) => end == other && states.contains(state),
        (Claim::Is(end, state, at), Claim::Is(other, entered, when)) => {
            (end, at) == (other, when) && state != entered
        }
        (Claim::Enters(end, state, at), Claim::Is(other, entered, when)) => {
            (end, at) == (other, when) && state != entered
        }
        (Claim::Reads(end, octets), Claim::Reads(other, count)) => end == other && octets != count,
        (Claim::Connections(a), Claim::Connections(b)) => a != b,
        (
            Claim::Sends { connection, from, kind, count },
            Claim::Sends { connection: other, from: sender, kind: what, count: n },
        ) => (connection, from, kind) == (other, sender, what) && count != n,
        (
            Claim::Sends { connection, from, kind: Kind::Control(flags), count: 0 },
            Claim::Segment(name, traits),
        ) => {
            connection.is_none_or(|connection| connection == name.connection)
                && from.is_none_or(|from| from == name.id.sender)
                && traits.iter().any(|it| matches!(it, Trait::Kind(Kind::Control(is)) if is.contains(*flags)))
        }
        _ => false,
    }
}

/// Who reboots, crashed before.
fn reboots_follow_crashes(scenario: &Scenario) -> Result<(), Wrong> {
    for upset in &scenario.upsets {
        let Mishap::Reboot(side) = upset.it.what else { continue };
        let crash = |other: &&Located<crate::scenario::Upset>| {
            other.it.what == Mishap::Crash(side) && other.it.at <= upset.it.at
        };
        if !scenario.upsets.iter().any(|other| crash(&other)) {
            return Err(Wrong::new(upset.place, NO_CRASH).with("end", side.name()));
        }
    }
    Ok(())
}

const TWO_FATES: Phrase = Phrase::new(
    "{segment} has another fate already, in line {line}.",
    "{segment} 在第 {line} 行已经另有安排。",
);
const AFTER_END: Phrase = Phrase::new(
    "that is after the end of the run (`until`, line {line}).",
    "这在运行结束（第 {line} 行的 until）之后。",
);
const EXCLUDED: Phrase =
    Phrase::new("this cannot hold together with line {line}.", "这和第 {line} 行不可能同时成立。");
const NO_CRASH: Phrase = Phrase::new(
    "the {end} does not crash before: add `crash {end} @...`.",
    "{end} 之前没有崩溃：先写 crash {end} @...。",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        for phrase in [TWO_FATES, AFTER_END, EXCLUDED, NO_CRASH] {
            assert!(phrase.is_complete(), "{phrase:?}");
        }
    }

    #[track_caller]
    fn refused(text: &str, line: usize, column: usize) {
        let error = Scenario::parse(text).expect_err("a contradiction");
        assert_eq!((error.line(), error.column()), (line, column), "{error}");
    }

    #[test]
    fn contradictions_are_found_where_they_are() {
        refused("drop c6\ndelay c6 500ms", 2, 7);
        refused("drop c3..\nswap c5 c6", 2, 6);
        refused("until 5s\nexpect server CLOSED @6s", 2, 8);
        refused("client connect; close @6s\nuntil 5s", 1, 17);
        refused("expect server never ESTABLISHED\nexpect server ESTABLISHED @1s", 2, 8);
        refused("expect no RST; c4 is RST", 1, 16);
        refused("expect server reads 5; server reads 6", 1, 24);
        refused("reboot server @2s", 1, 1);
        refused("crash server @3s\nreboot server @2s", 2, 1);
    }

    #[test]
    fn what_only_looks_alike_is_none() {
        let text = "drop c6\ndelay s6 500ms\ndrop 2.c6\nexpect no RST; 2.c4 is SYN\nexpect client never CLOSING; server CLOSING @1s";
        assert!(Scenario::parse(text).is_ok());
    }
}
