//! All rules in force: looks at every state of a form, or of the short ones, and says how many there are and how fast.
//!
//! `exhaust [FORM ...] [--states N]`

use std::process::ExitCode;
use std::time::Instant;

use cordial_check::edges::{DIAGRAM, Edges};
use cordial_check::forms::{FORMS, Form};
use cordial_check::{Bounds, Run, picture, search};
use cordial_trace::ladder::Style;

fn main() -> ExitCode {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    let mut bounds = Bounds { states: 200_000_000, kept: 50_000 };
    if let Some(at) = names.iter().position(|name| name == "--states") {
        let Some(Ok(states)) = names.get(at + 1).map(|number| number.parse()) else { return usage() };
        bounds.states = states;
        names.drain(at..=at + 1);
    }
    if names.iter().any(|name| FORMS.iter().all(|form| form.name != name)) {
        return usage();
    }
    let is_wanted = |form: &&Form| match names.is_empty() {
        true => form.states.is_some(),
        false => names.iter().any(|name| name == form.name),
    };
    let forms: Vec<&Form> = FORMS.iter().filter(is_wanted).collect();
    let mut edges = Edges::default();
    let mut is_well = true;
    for form in &forms {
        is_well &= exhaust(form, bounds, &mut edges);
    }
    if names.is_empty() {
        is_well &= every_edge(edges);
    }
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn usage() -> ExitCode {
    let names: Vec<&str> = FORMS.iter().map(|form| form.name).collect();
    eprintln!("exhaust [FORM ...] [--states N]\nforms: {}", names.join(" "));
    ExitCode::from(2)
}

/// True if all that is claimed holds, the claims are about something, and there are as many states as there were.
fn exhaust(form: &Form, bounds: Bounds, edges: &mut Edges) -> bool {
    let began = Instant::now();
    let found = search(form.setting(), &[], bounds);
    let took = began.elapsed().as_secs_f64();
    *edges = edges.with(found.edges);
    println!(
        "{}: {} states, {} steps deep, {}, {:.1} s, {:.0} states/s, {} octets a state",
        form.name,
        found.states,
        found.depth,
        if found.is_exhausted { "all of them" } else { "not all of them" },
        took,
        f64::from(found.states) / took,
        found.octets_per_state
    );
    let mut is_well = true;
    for claim in form.scenario.claims {
        if let Some(actions) = found.run(*claim) {
            println!("{claim} is broken:");
            let run = Run::of(form.setting(), actions);
            picture::ladder(&run, &Style::default(), Some(*claim)).iter().for_each(|line| println!("{line}"));
            is_well = false;
        }
    }
    for what in form.scenario.sometimes.iter().filter(|what| found.happened & what.bit() == 0) {
        println!("{what:?} never happens");
        is_well = false;
    }
    if let Some(states) = form.states.filter(|states| *states != found.states) {
        println!("there were {states} states before");
        is_well = false;
    }
    is_well && found.is_exhausted
}

/// True if every edge of the diagram was taken; the others are listed.
fn every_edge(edges: Edges) -> bool {
    let missing: Vec<_> = DIAGRAM.iter().filter(|(from, to)| !edges.has(*from, *to)).collect();
    println!("edges of the diagram: {} of {}", DIAGRAM.len() - missing.len(), DIAGRAM.len());
    for (from, to) in DIAGRAM {
        println!("  {} {from} -> {to}", if edges.has(*from, *to) { "yes" } else { " no" });
    }
    let others = edges.iter().filter(|edge| !DIAGRAM.contains(edge));
    others.for_each(|(from, to)| println!("  beside it: {from} -> {to}"));
    missing.is_empty()
}
