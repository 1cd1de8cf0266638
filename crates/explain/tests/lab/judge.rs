//! Compares what is said of captures with what is true.

use std::collections::BTreeMap;
use std::fmt::Write;

use cordial_explain::{Certainty, Story, Verdict};
use cordial_trace::Lang;

use super::case::Told;

/// The verdicts that a capture alone can show, all of which the cases have to cover.
pub const FIRST_WAVE: [&str; 56] = [
    "H01", "H02", "H03", "H04", "H06", "H07", "H08", "H09", "H10", "H11", "H12", "H19", "H20", "H21", "H22",
    "D01", "D02", "D03", "D04", "D05", "D06", "D07", "D08", "D09", "D12", "D15", "D16", "D18", "C01", "C02",
    "C03", "C04", "C05", "C06", "C07", "C08", "C09", "C10", "C14", "C15", "C16", "C17", "C18", "R01", "R02",
    "R04", "X01", "X02", "X03", "X04", "X05", "X06", "X07", "X09", "S01", "S02",
];

/// The tally over many captures.
#[derive(Default)]
pub struct Judge {
    scores: BTreeMap<&'static str, Score>,
    /// What was wrong, a line each.
    complaints: Vec<String>,
}

#[derive(Default, Clone, Copy)]
struct Score {
    found: u32,
    wrong: u32,
    missed: u32,
}

impl Judge {
    /// Judges the stories of one capture.
    pub fn capture(&mut self, file: &str, expected: &[Told], stories: &[Story]) {
        if stories.len() != expected.len() {
            let (got, wanted) = (stories.len(), expected.len());
            self.complaints.push(format!("{file}: {got} connections instead of {wanted}"));
        }
        for (i, told) in expected.iter().enumerate() {
            match stories.get(i) {
                Some(story) => self.story(&format!("{file} #{}", i + 1), told, story),
                None => told.says.iter().for_each(|id| self.score(id).missed += 1),
            }
        }
    }

    /// A capture that could not be read.
    pub fn unreadable(&mut self, file: &str, error: &dyn std::fmt::Display) {
        self.complaints.push(format!("{file}: {error}"));
    }

    fn story(&mut self, place: &str, told: &Told, story: &Story) {
        let said: Vec<&'static str> = story.verdicts.iter().map(|verdict| verdict.id()).collect();
        let mut faults = Vec::new();
        for id in told.says {
            self.expect(id, said.contains(id), &mut faults);
        }
        for id in told.under {
            self.expect(id, said.contains(id) || story.absorbed.contains(id), &mut faults);
        }
        let is_true = |id| [told.says, told.under, told.either, told.also].iter().any(|ids| ids.contains(id));
        for id in said.iter().filter(|id| !is_true(id)) {
            self.score(id).wrong += 1;
            faults
                .push(format!("{id} is wrong{}", if told.never.contains(id) { " (look-alike)" } else { "" }));
        }
        faults.extend(undecided(told, story));
        faults.extend(wrong_lead(told, &said));
        faults.extend(wrong_words(told, story));
        faults.extend(story.verdicts.iter().filter_map(differs_in_chinese));
        if !faults.is_empty() {
            let headline = story.headline(Lang::En);
            let (faults, said) = (faults.join(", "), said.join(" "));
            let _ = write!(self.new_complaint(), "{place}: {faults}; said: {said} ({headline})");
        }
    }

    fn expect(&mut self, id: &'static str, is_there: bool, faults: &mut Vec<String>) {
        let score = self.score(id);
        if is_there {
            score.found += 1;
        } else {
            score.missed += 1;
            faults.push(format!("{id} is missing"));
        }
    }

    fn score(&mut self, id: &'static str) -> &mut Score {
        self.scores.entry(id).or_default()
    }

    fn new_complaint(&mut self) -> &mut String {
        self.complaints.push(String::new());
        self.complaints.last_mut().expect("just pushed")
    }

    /// The table, and every complaint.
    pub fn report(&self) -> String {
        let mut out = String::from("verdict  found  wrong  missed  precision  recall\n");
        for (id, score) in &self.scores {
            let Score { found, wrong, missed } = *score;
            let (precision, recall) = (percent(found, wrong), percent(found, missed));
            let _ = writeln!(out, "{id:7}  {found:5}  {wrong:5}  {missed:6}  {precision:>9}  {recall:>6}");
        }
        for complaint in &self.complaints {
            let _ = writeln!(out, "{complaint}");
        }
        out
    }

    /// Nothing was said that is not so, and nothing was missed.
    pub fn is_content(&self) -> bool {
        self.complaints.is_empty()
    }
}

/// Where packets cannot tell, one of the candidates has to be named, and not as certain. (R01 may be: it names a reset
/// and no cause.)
fn undecided(told: &Told, story: &Story) -> Option<String> {
    let named = || story.verdicts.iter().filter(|verdict| told.either.contains(&verdict.id()));
    if let Some(sure) =
        named().find(|verdict| verdict.certainty() == Certainty::Certain && verdict.id() != "R01")
    {
        return Some(format!("{} cannot be certain", sure.id()));
    }
    (!told.either.is_empty() && named().next().is_none())
        .then(|| format!("one of {} is missing", told.either.join(" ")))
}

/// What was said first is what has to lead, or a summary that is true.
fn wrong_lead(told: &Told, said: &[&'static str]) -> Option<String> {
    let (wanted, lead) = (told.says.first()?, said.first()?);
    let is_summary = matches!(*lead, "S01" | "S02") && told.also.contains(lead);
    (said.contains(wanted) && lead != wanted && !is_summary)
        .then(|| format!("{lead} leads instead of {wanted}"))
}

/// Texts that lack what they have to name.
fn wrong_words(told: &Told, story: &Story) -> Vec<String> {
    let text =
        |id| story.verdicts.iter().find(|verdict| verdict.id() == id).map(|verdict| verdict.text(Lang::En));
    let lacks = |(id, part): &(&'static str, &str)| {
        let text = text(*id)?;
        (!text.contains(part)).then(|| format!("{id} does not say '{part}': {text}"))
    };
    told.words.iter().filter_map(lacks).collect()
}

/// Both languages name the same numbers.
fn differs_in_chinese(verdict: &Verdict) -> Option<String> {
    let numbers = |lang| {
        let text = verdict.text(lang);
        let mut runs: Vec<String> = text
            .split(|c: char| !c.is_ascii_digit() && c != '.')
            .map(|run| run.trim_matches('.').to_owned())
            .filter(|run| !run.is_empty())
            .collect();
        runs.sort();
        runs
    };
    let (en, zh) = (numbers(Lang::En), numbers(Lang::Zh));
    (en != zh).then(|| format!("{} has numbers {en:?} in English and {zh:?} in Chinese", verdict.id()))
}

fn percent(found: u32, others: u32) -> String {
    match found + others {
        0 => "-".to_owned(),
        all => format!("{:.0}%", f64::from(found) * 100.0 / f64::from(all)),
    }
}
