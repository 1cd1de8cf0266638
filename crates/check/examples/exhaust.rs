//! All rules in force: looks at every state of a form, or of the short ones, and says how many there are and how fast.
//!
//! `exhaust [FORM ...] [--budget LOSSES/DUPLICATES/DELAYS] [--states N]`

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use cordial_check::budget::Budget;
use cordial_check::edges::{DIAGRAM, Edges};
use cordial_check::forms::{FORMS, Form};
use cordial_check::scenario::Scenario;
use cordial_check::{Bounds, Run, picture, search};
use cordial_trace::ladder::Style;

fn main() -> ExitCode {
    let Some(Asked { forms, bounds, budget }) = asked(std::env::args().skip(1)) else { return usage() };
    let mut edges = Edges::default();
    let mut is_well = true;
    let is_usual = forms.is_empty() && budget.is_none();
    let usual = FORMS.iter().filter(|form| form.states.is_some());
    let forms: Vec<&Form> = if forms.is_empty() { usual.collect() } else { forms };
    for (said, is_so, its) in all(&forms, bounds, budget) {
        print!("{said}");
        is_well &= is_so;
        edges = edges.with(its);
    }
    if is_usual {
        is_well &= every_edge(edges);
    }
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What is said of a form, whether all of it is as it has to be, and the edges that were taken.
type Outcome = (String, bool, Edges);

/// Searches one beside the other, two at a time: the first form takes as long as all others together. In the order of the
/// forms.
fn all(forms: &[&'static Form], bounds: Bounds, budget: Option<[u8; 3]>) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let search = || {
        let mut done = Vec::new();
        while let at = next.fetch_add(1, Ordering::Relaxed)
            && let Some(form) = forms.get(at)
        {
            done.push((at, exhaust(&with_budget(form, budget), bounds)));
        }
        done
    };
    let mut done = thread::scope(|scope| {
        let other = scope.spawn(search);
        let mut done = search();
        done.extend(other.join().expect("a search ends"));
        done
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

/// What the command line asks for.
struct Asked {
    forms: Vec<&'static Form>,
    bounds: Bounds,
    budget: Option<[u8; 3]>,
}

fn asked(words: impl Iterator<Item = String>) -> Option<Asked> {
    let mut asked = Asked { forms: Vec::new(), bounds: Bounds { states: u32::MAX }, budget: None };
    let mut words = words;
    while let Some(word) = words.next() {
        match word.as_str() {
            "--states" => asked.bounds.states = words.next()?.parse().ok()?,
            "--budget" => {
                let numbers: Vec<u8> =
                    words.next()?.split('/').map(|number| number.parse().ok()).collect::<Option<_>>()?;
                asked.budget = Some(numbers.try_into().ok()?);
            }
            name => asked.forms.push(FORMS.iter().find(|form| form.name == name)?),
        }
    }
    Some(asked)
}

/// The form with so many losses, duplicates and delays.
fn with_budget(form: &'static Form, budget: Option<[u8; 3]>) -> Form {
    let Some([losses, duplicates, delays]) = budget else { return *form };
    let budget = Budget { losses, duplicates, delays, ..form.scenario.budget };
    // It is one of a handful, and stays until the end.
    let scenario: &'static Scenario = Box::leak(Box::new(Scenario { budget, ..*form.scenario }));
    Form { scenario, states: None, ..*form }
}

fn usage() -> ExitCode {
    let names: Vec<&str> = FORMS.iter().map(|form| form.name).collect();
    eprintln!(
        "exhaust [FORM ...] [--budget LOSSES/DUPLICATES/DELAYS] [--states N]\nforms: {}",
        names.join(" ")
    );
    ExitCode::from(2)
}

/// All that is claimed has to hold, the claims to be about something, and the states to be as many as they were.
fn exhaust(form: &Form, bounds: Bounds) -> Outcome {
    let mut said = String::new();
    let mut say = |line: String| said.extend([line.as_str(), "\n"]);
    let began = Instant::now();
    let found = search(form.setting(), &[], bounds);
    let took = began.elapsed().as_secs_f64();
    say(format!(
        "{}: {} states, {} steps deep, {}, {:.1} s, {:.0} states/s, {} octets a state and {} for steps back",
        form.name,
        found.states,
        found.depth,
        if found.is_exhausted { "all of them" } else { "not all of them" },
        took,
        f64::from(found.states) / took,
        found.octets_per_state,
        found.octets_of_returns
    ));
    let mut is_well = true;
    for claim in form.scenario.claims {
        if let Some(actions) = found.run(*claim) {
            say(format!("{claim} is broken:"));
            let run = Run::of(form.setting(), actions);
            picture::ladder(&run, &Style::default(), Some(*claim)).into_iter().for_each(&mut say);
            is_well = false;
        }
    }
    for what in form.scenario.sometimes.iter().filter(|what| found.happened & what.bit() == 0) {
        say(format!("{what:?} never happens"));
        is_well = false;
    }
    if let Some(states) = form.states.filter(|states| *states != found.states) {
        say(format!("there were {states} states before"));
        is_well = false;
    }
    (said, is_well && found.is_exhausted, found.edges)
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
