//! What is said of each script, and of all.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use cordial_drill::{Outcome, Profile, Report};
use cordial_trace::event::Group;
use cordial_trace::ladder::{Caption, Ladder, Style, plain};
use serde_json::json;

use super::score::Score;
use super::scripts::Script;
use super::words;
use crate::args::Drill;
use crate::locale::Reader;

/// Ladders under one script: of a flood of connections the last say what went wrong.
const MOST_LADDERS: usize = 3;

/// How it is said.
pub struct Telling<'a> {
    args: &'a Drill,
    style: Style,
}

impl<'a> Telling<'a> {
    pub fn new(args: &'a Drill, reader: &Reader) -> Self {
        let style = Style {
            width: usize::from(reader.columns).max(40),
            ascii: reader.ascii,
            colour: reader.color,
            lang: reader.lang,
            ..Style::default()
        };
        Self { args, style }
    }

    /// Says what came of a script; of one that passed, nothing.
    pub fn script(&self, out: &mut impl Write, script: &Script, report: &Report) -> io::Result<()> {
        if self.args.json {
            return self.json(out, script, report);
        }
        let left_over = self.args.strict_end && !report.unexpected.is_empty();
        if report.outcome == Outcome::Pass && !left_over {
            return Ok(());
        }
        writeln!(out, "{}", self.headline(script, report))?;
        if report.outcome == Outcome::Skip {
            return Ok(());
        }
        self.source(out, script, report)?;
        for line in report.printed.lines() {
            writeln!(out, "    | {line}")?;
        }
        if report.outcome == Outcome::Fail {
            self.ladders(out, script, report)?;
        }
        Ok(())
    }

    /// `FAIL file:12:3: why`
    fn headline(&self, script: &Script, report: &Report) -> String {
        let lang = self.style.lang;
        let (word, colour) = match report.outcome {
            Outcome::Pass => (words::LEFT_OVER, 33),
            Outcome::Fail => (words::FAIL, 31),
            Outcome::Skip => (words::SKIP, 33),
            Outcome::Unreadable => (words::UNREADABLE, 31),
        };
        let word = word.text(lang);
        let word = if self.style.colour { format!("\x1b[{colour}m{word}\x1b[0m") } else { word.to_owned() };
        let place = report.at.map(|at| format!(":{at}")).unwrap_or_default();
        let reason = match &report.reason {
            Some(reason) => reason.text(lang),
            None => report.unexpected.join("; "),
        };
        self.finished(format!("{word} {}{place}: {reason}", script.name))
    }

    /// The line it is about, and a mark under the place in it.
    fn source(&self, out: &mut impl Write, script: &Script, report: &Report) -> io::Result<()> {
        let Some(at) = report.at else { return Ok(()) };
        let Some(line) = script.text.lines().nth(at.line.saturating_sub(1) as usize) else { return Ok(()) };
        let number = at.line.to_string();
        let column = at.column.saturating_sub(1) as usize;
        // A tab before the mark is a tab above it.
        let before: String = line.chars().take(column).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        writeln!(out, "    {number} | {}", cordial_trace::event::readable(&line.replace('\t', " ")))?;
        writeln!(out, "    {} | {}^", " ".repeat(number.len()), before.replace('\t', " "))
    }

    /// The ladders of the script's connections.
    fn ladders(&self, out: &mut impl Write, script: &Script, report: &Report) -> io::Result<()> {
        let mut ladders: BTreeMap<Group, Ladder> = BTreeMap::new();
        for event in &report.events {
            ladders.entry(event.group).or_insert_with(|| Ladder::new(true)).event(event);
        }
        let all = ladders.len();
        for (group, mut ladder) in ladders.into_iter().skip(all.saturating_sub(MOST_LADDERS)) {
            ladder.finish();
            let caption = Caption {
                title: &script.name,
                number: group.0,
                all: u32::try_from(all).ok(),
                headline: "",
                lines: &[],
                names: &BTreeMap::new(),
                conditions: "",
            };
            write!(out, "{}", ladder.draw(&self.style, &caption))?;
        }
        Ok(())
    }

    fn json(&self, out: &mut impl Write, script: &Script, report: &Report) -> io::Result<()> {
        let lang = self.style.lang;
        let object = json!({
            "file": script.name,
            "result": report.outcome.name(),
            "line": report.at.map(|at| at.line),
            "reason": report.reason.as_ref().map(|reason| reason.text(lang)),
            "unexpected": report.unexpected,
        });
        writeln!(out, "{object}")
    }

    /// The last line: how many came to what.
    pub fn summary(&self, out: &mut impl Write, score: &Score, took: Duration) -> io::Result<()> {
        if self.args.json {
            return Ok(());
        }
        let lang = self.style.lang;
        let number = |count: u64| count.to_string();
        let profile = Profile::from(self.args.profile).to_string();
        let rate = format!("{:.0}", score.all as f64 / took.as_secs_f64().max(f64::MIN_POSITIVE));
        let took = format!("{:.1}", took.as_secs_f64());
        let counts = [
            number(score.all),
            number(score.passed),
            number(score.failed),
            number(score.skipped),
            number(score.unreadable),
        ];
        let [all, passed, failed, skipped, unreadable] = &counts;
        let mut line = words::SUMMARY.fill(
            lang,
            &[
                ("all", all),
                ("passed", passed),
                ("failed", failed),
                ("skipped", skipped),
                ("profile", &profile),
                ("t", &took),
                ("rate", &rate),
            ],
        );
        if score.unreadable > 0 {
            line += &words::AND_UNREADABLE.fill(lang, &[("n", unreadable)]);
        }
        if self.args.exact {
            line += &words::AND_LENIENT.fill(lang, &[("n", &number(score.lenient))]);
        }
        if self.args.strict_end {
            line += &words::AND_QUIET.fill(lang, &[("n", &number(score.quiet)), ("all", passed)]);
        }
        writeln!(out, "{}", self.finished(line))
    }

    fn finished(&self, text: String) -> String {
        if self.style.ascii { plain(&text) } else { text }
    }
}
