//! Whether what was expected came.

mod calls;
mod history;
mod segments;
mod states;
mod words;

use std::time::Duration;

use cordial_explain::Story;
use cordial_trace::Lang;
use cordial_trace::event::Event;
use cordial_trace::words::Phrase;

use crate::claim::{Claim, GRACE, Table};
use crate::run::{Made, Sample};
use crate::scenario::Scenario;
use crate::text::Place;
pub(crate) use history::History;
use words::Came;
pub(crate) use words::moment;

/// Something that was expected and did not come.
#[derive(Clone, PartialEq, Debug)]
pub struct Unmet {
    place: Place,
    /// The claim as it is written.
    claim: String,
    came: Came,
}

impl Unmet {
    /// The line of the claim, from 1.
    pub fn line(&self) -> usize {
        self.place.line
    }

    /// What was expected, and what came instead.
    pub fn text(&self, lang: Lang) -> String {
        let (line, came) = (self.place.line.to_string(), self.came.text(lang));
        UNMET.fill(lang, &[("line", &line), ("claim", &self.claim), ("came", &came)])
    }
}

const UNMET: Phrase =
    Phrase::new("line {line}: expected `{claim}`; {came}.", "第 {line} 行：期望“{claim}”；{came}。");

/// What a run left behind.
pub(crate) struct Evidence<'a> {
    pub(crate) events: &'a [Event],
    pub(crate) stories: &'a [Story],
    pub(crate) made: &'a [Made],
    pub(crate) samples: &'a [Sample],
}

/// Every claim that does not hold, in the order of the file.
pub(crate) fn judge(scenario: &Scenario, evidence: &Evidence<'_>) -> Vec<Unmet> {
    let history = History::of(evidence.events);
    let mut unmet = Vec::new();
    for claim in &scenario.claims {
        let Err(came) = one(&claim.it, &history, evidence) else { continue };
        let line = scenario.text().lines().nth(claim.place.line - 1).unwrap_or_default();
        let written = line.get(claim.place.start..claim.place.end).unwrap_or_default().trim();
        unmet.push(Unmet { place: claim.place, claim: written.to_owned(), came });
    }
    unmet
}

fn one(claim: &Claim, history: &History, evidence: &Evidence<'_>) -> Result<(), Came> {
    match claim {
        Claim::Verdict { connection, id } => verdict(*connection, id, evidence.stories),
        Claim::Enters(end, state, at) => states::enters(history, *end, *state, *at),
        Claim::Is(end, state, at) => states::is(history, *end, *state, *at),
        Claim::Never(end, state) => states::never(history, *end, *state),
        Claim::Passes(end, expected) => states::passes(history, *end, expected),
        Claim::Sends { connection, from, kind, count } => {
            segments::count(history, *connection, *from, *kind, *count)
        }
        Claim::SendsAt { end, kind, moments } => segments::moments(history, *end, *kind, moments),
        Claim::Segment(name, traits) => segments::traits(history, *name, traits),
        Claim::Order { segments, arrive } => segments::order(history, segments, *arrive),
        Claim::Reads(end, octets) => states::reads(history, *end, *octets),
        Claim::Call { host, name, nth, result, at } => {
            calls::result(evidence.made, *host, name, *nth, *result, *at)
        }
        Claim::Timer { end, timer, span, at } => states::timer(history, *end, *timer, *span, *at),
        Claim::Variable { end, variable, value, at } => {
            let found = history.variable(*end, *variable, *at + GRACE);
            if found == Some(*value) { Ok(()) } else { Err(Came::Number(found)) }
        }
        Claim::Table { host, table, count, at } => {
            let sample = evidence.samples.iter().find(|sample| (sample.host, sample.at) == (*host, *at));
            let found = sample.map(|sample| match table {
                Table::HalfOpen => sample.half_open,
                Table::AcceptQueue => sample.accept_queue,
                Table::TimeWait => sample.time_wait,
                Table::Connections => sample.connections,
            });
            if found == Some(*count) { Ok(()) } else { Err(Came::Number(found)) }
        }
        Claim::Learns { end, what, at } => states::learns(history, *end, *what, *at),
        Claim::Connections(count) => {
            let found = history.connections().len() as u64;
            if found == *count { Ok(()) } else { Err(Came::Number(Some(found))) }
        }
    }
}

fn verdict(connection: u32, id: &str, stories: &[Story]) -> Result<(), Came> {
    let told = stories.iter().find(|story| story.group.0 == connection);
    let ids: Vec<&str> = told.iter().flat_map(|story| &story.verdicts).map(|verdict| verdict.id()).collect();
    if ids.contains(&id) { Ok(()) } else { Err(Came::Verdicts(ids.join(", "))) }
}

/// True if something that was to happen at `expected` happened at `at`.
fn is_at(at: Duration, expected: Duration) -> bool {
    at >= expected && at <= expected + GRACE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        assert!(UNMET.is_complete());
    }
}
