//! `cordial doctor`: what of a run works on this machine, and what to change.

mod findings;
mod words;

use std::ffi::OsStr;
use std::io::{self, Write};

use cordial_gateway::doctor::{Examination, look_around};
use serde_json::json;

use crate::args;
use crate::locale::Reader;
use findings::{Finding, State};

/// Says what works; gives the exit code.
pub fn run(args: &args::Doctor) -> u8 {
    if args.look_around {
        return look_around();
    }
    // The path by which the kernel knows us, should ours be closed to the user inside.
    let look = ["/proc/self/exe", "doctor", "--look-around"].map(OsStr::new);
    let examination = Examination::of(&look);
    let reader = Reader::of_stdout(&args.face);
    let findings = Finding::all(&examination, reader.lang);
    let mut out = io::stdout().lock();
    // A reader that has gone needs no more lines.
    let _ = match args.json {
        true => write_json(&mut out, &findings, &examination),
        false => write_lines(&mut out, &findings, &examination, &reader),
    };
    u8::from(!examination.can_run())
}

/// The best device there is, as `run` would choose it.
fn device(examination: &Examination) -> Option<&'static str> {
    let tun = examination.tun.is_ok().then_some("tun");
    tun.or(examination.veth.is_ok().then_some("veth"))
}

fn write_json(out: &mut impl Write, findings: &[Finding], examination: &Examination) -> io::Result<()> {
    for finding in findings {
        let Finding { name, state, says, change, .. } = finding;
        writeln!(out, "{}", json!({ "check": name, "state": state.name(), "says": says, "change": change }))?;
    }
    let state = if examination.can_run() { State::Works } else { State::Missing };
    writeln!(out, "{}", json!({ "check": "run", "state": state.name(), "device": device(examination) }))
}

fn write_lines(
    out: &mut impl Write,
    findings: &[Finding],
    examination: &Examination,
    reader: &Reader,
) -> io::Result<()> {
    let widest = findings.iter().map(|finding| columns(finding.subject)).max().unwrap_or(0);
    for Finding { subject, state, says, change, .. } in findings {
        let gap = " ".repeat(widest.saturating_sub(columns(subject)) + 2);
        write!(out, "{} {subject}{gap}{says}", mark(*state, reader))?;
        if let Some(change) = change {
            let arrow = if reader.ascii { "->" } else { "→" };
            write!(out, "  {arrow} {change}")?;
        }
        writeln!(out)?;
    }
    let verdict = match device(examination) {
        Some("tun") => words::RUN_BY_TUN,
        Some(_) => words::RUN_BY_VETH,
        None => words::NO_RUN,
    };
    writeln!(out, "\n{}", verdict.text(reader.lang))
}

fn mark(state: State, reader: &Reader) -> String {
    let (unicode, ascii, color) = match state {
        State::Works => ("✓", "ok  ", 32),
        State::Limited => ("!", "some", 33),
        State::Missing => ("✗", "no  ", 31),
    };
    let mark = if reader.ascii { ascii } else { unicode };
    if reader.color { format!("\x1b[{color}m{mark}\x1b[0m") } else { mark.to_owned() }
}

/// How many columns these words take: ours are ASCII, or Chinese characters of two columns.
fn columns(text: &str) -> usize {
    text.chars().map(|character| if character.is_ascii() { 1 } else { 2 }).sum()
}
