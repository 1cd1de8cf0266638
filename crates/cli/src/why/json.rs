//! The answer as JSON lines: the events of the run, then what was found.

use std::io;
use std::time::Duration;

use cordial_check::property::Property;
use cordial_check::{Answer, Found};
use cordial_trace::{Header, JsonLines, Source};
use serde_json::{Value, json};

/// The lines.
///
/// # Errors
///
/// None in practice: everything is written to memory.
pub fn lines(answer: &Answer, took: Duration) -> io::Result<Vec<u8>> {
    let title = format!("cordial why {}", answer.rule.name);
    let mut out = JsonLines::new(Vec::new(), &Header { title, source: Source::Simulation, seed: None })?;
    if let Some(run) = answer.run() {
        run.events.iter().try_for_each(|event| out.event(event))?;
    }
    let mut lines = out.into_inner();
    serde_json::to_writer(&mut lines, &verdict(answer, took))?;
    lines.push(b'\n');
    Ok(lines)
}

fn verdict(answer: &Answer, took: Duration) -> Value {
    let (with, without) = answer.price();
    json!({
        "name": "check:answer",
        "data": {
            "rule": answer.rule.name,
            "property": answer.property.map(|property| property.to_string()),
            "result": result(answer),
            "steps": answer.counterexample().map(<[_]>::len),
            "off": found(&answer.off),
            "on": found(&answer.on),
            "claims": names(answer.rule.scenario.claims),
            "segments": { "on": with, "off": without },
            "equal_numbers": answer.rule.scenario.has_equal_numbers(),
            "is_empty_claim": answer.is_empty_claim(),
            "milliseconds": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        }
    })
}

fn result(answer: &Answer) -> &'static str {
    match (answer.counterexample().is_some(), answer.is_cut_off()) {
        (true, _) => "violated",
        (false, true) => "cut_off",
        (false, false) => "holds",
    }
}

fn found(found: &Found) -> Value {
    let broken = found
        .broken
        .iter()
        .map(|(property, run)| json!({ "property": property.to_string(), "steps": run.len() }));
    json!({
        "states": found.states,
        "depth": found.depth,
        "exhausted": found.is_exhausted,
        "broken": broken.collect::<Vec<_>>(),
    })
}

fn names(properties: &[Property]) -> Vec<String> {
    properties.iter().map(ToString::to_string).collect()
}
