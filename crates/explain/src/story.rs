//! One connection in a headline and at most three lines.

use std::time::Duration;

use cordial_tcp::Instant;
use cordial_trace::event::Group;
use cordial_trace::ladder::{width, wrap};
use cordial_trace::words::Phrase;
use cordial_trace::{Lang, measure};

use crate::case::Case;
use crate::verdict::{Certainty, Entry, Finding, Level, NOTHING, Param, Verdict};
use crate::{closing, data, opening, pauses, resets, reuse, silence, vantage};
use cordial_trace::event::Side::{Client, Server};

/// What is to be said of one connection.
#[derive(Clone, Debug)]
pub struct Story {
    /// Which connection.
    pub group: Group,
    /// When it was complete.
    pub time: Instant,
    /// The verdicts that no other absorbs; the one that leads comes first.
    pub verdicts: Vec<Verdict>,
    /// Verdicts that hold as well and for which others speak: ids, each once.
    pub absorbed: Vec<&'static str>,
    /// From its first event to its last.
    life: Duration,
    is_closed: bool,
    /// Nothing cut it off: what went wrong was made good.
    is_recovered: bool,
}

/// The families, causes before symptoms, and what is at fault with the record itself last.
const FAMILIES: [&[Entry]; 8] = [
    reuse::TABLE,
    opening::TABLE,
    resets::TABLE,
    closing::TABLE,
    silence::TABLE,
    pauses::TABLE,
    data::TABLE,
    vantage::TABLE,
];

/// Every verdict there is.
pub(crate) fn entries() -> impl Iterator<Item = &'static Entry> {
    [&HEALTHY, &HICCUPS].into_iter().chain(FAMILIES.into_iter().flatten())
}

/// The ids of all verdicts there are: `S01`, `C07`, each once.
pub fn verdict_ids() -> impl Iterator<Item = &'static str> {
    entries().map(|entry| entry.id)
}

/// Those that can say anything of a single segment. A flood has a million of these.
const OF_ONE: [&[Entry]; 4] = [reuse::TABLE, opening::TABLE, closing::TABLE, vantage::TABLE];

static HEALTHY: Entry = Entry {
    id: "S01",
    slug: "healthy",
    name: "一切正常",
    level: Level::Ok,
    text: Phrase::new(
        "Healthy. Handshake took {ms}; {up} up, {down} down; {manner}.",
        "一切正常。握手用了 {ms}；上行 {up}，下行 {down}；{manner}。",
    ),
    advice: NOTHING,
    absorbs: &["H01", "C01", "C02", "C04", "C10", "D15"],
    rule: "rfc9293:3.5",
    raise: healthy,
};

static HICCUPS: Entry = Entry {
    id: "S02",
    slug: "hiccups",
    name: "小磕碰",
    level: Level::Ok,
    text: Phrase::new(
        "Fine overall: {n} hiccups cost {ms} in total.",
        "总体正常，{n} 处小磕碰一共耽误 {ms}。",
    ),
    advice: NOTHING,
    absorbs: &[],
    rule: "rfc9293:3.8.1",
    raise: |_| None,
};

fn healthy(case: &Case) -> Option<Finding> {
    let manner = closing::manner(case).filter(|_| case.is_closed_cleanly())?;
    let finding = Finding::new(Certainty::Certain)
        .with("up", Param::Octets(case.half(Client).octets()))
        .with("down", Param::Octets(case.half(Server).octets()))
        .with("manner", Param::Words(manner))
        .shown_by(&case.third)
        .shown_by(case.half(Client).fins.first())
        .shown_by(case.half(Server).fins.first());
    if case.is_midway() {
        return Some(finding.saying(HEALTHY_MIDWAY));
    }
    Some(match case.opening() {
        Some(opening) => finding.with("ms", measure::span(opening)),
        None if case.is_open() && case.is_one_way().is_none() => finding.saying(HEALTHY_OPENED),
        None => return None,
    })
}

const HEALTHY_MIDWAY: Phrase = Phrase::new(
    "Healthy as far as it was seen: {up} up, {down} down; {manner}.",
    "看到的部分一切正常：上行 {up}，下行 {down}；{manner}。",
);

/// Opened without a third segment: both ends called.
const HEALTHY_OPENED: Phrase =
    Phrase::new("Healthy. {up} up, {down} down; {manner}.", "一切正常。上行 {up}，下行 {down}；{manner}。");

impl Story {
    pub(crate) fn of(group: Group, time: Instant, case: &Case) -> Self {
        let raised = raise(if case.is_lone() { &OF_ONE } else { &FAMILIES }, case);
        let mut others: Vec<&'static str> = raised.iter().map(Verdict::id).collect();
        let absorbed: Vec<&str> = raised.iter().flat_map(|verdict| verdict.entry.absorbs).copied().collect();
        let mut verdicts: Vec<Verdict> =
            raised.into_iter().filter(|verdict| !absorbed.contains(&verdict.id())).collect();
        // The worst first, then what cost most; causes stand before symptoms in the tables.
        verdicts.sort_by_key(|verdict| std::cmp::Reverse((verdict.level(), verdict.cost())));
        let is_recovered = case.gave_up.is_none() && case.resets().next().is_none();
        sum_up(case, is_recovered, &mut verdicts);
        others.retain(|id| !verdicts.iter().any(|verdict| verdict.id() == *id));
        let is_closed = case.cause.is_some();
        Self {
            group,
            time,
            verdicts,
            absorbed: others,
            life: case.last.since(case.began),
            is_closed,
            is_recovered,
        }
    }

    /// The worst of its verdicts.
    pub fn level(&self) -> Level {
        self.verdicts.iter().map(Verdict::level).max().unwrap_or(Level::Info)
    }

    /// Takes out what is about the capture as a whole, unless nothing else is left to lead.
    pub fn take_about_capture(&mut self) -> Vec<Verdict> {
        let is_taken = |verdict: &mut Verdict| verdict.is_about_capture();
        let first = usize::from(self.verdicts.iter().all(Verdict::is_about_capture));
        self.verdicts.extract_if(first.min(self.verdicts.len()).., is_taken).collect()
    }

    /// How it went in a few words: `closed after 0.17 s · OK healthy`, `NOTE syn-lost · recovered, +1.0 s`.
    pub fn headline(&self, lang: Lang) -> String {
        let Some(lead) = self.verdicts.first() else { return String::new() };
        let (level, name) = (lead.level().word(lang), lead.name(lang));
        // One word for both is enough: "一切正常".
        let verdict = if name.contains(level) { name.to_owned() } else { format!("{level} {name}") };
        let life = measure::took(self.life);
        match lead.level() {
            Level::Ok | Level::Info if self.is_closed => {
                let closed = CLOSED_AFTER.fill(lang, &[("t", &life)]);
                format!("{closed} · {verdict}")
            }
            Level::Ok | Level::Info => verdict,
            Level::Note if self.is_recovered && !lead.cost().is_zero() => {
                let cost = measure::span(lead.cost());
                format!("{verdict} · {}{}+{cost}", RECOVERED.text(lang), COMMA.text(lang))
            }
            Level::Note | Level::Warn | Level::Fail if self.life.is_zero() => verdict,
            Level::Note | Level::Warn | Level::Fail => format!("{verdict} · {life}"),
        }
    }

    /// What is said below the ladder: at most three lines of `columns`. A sentence that does not fit is left out as a
    /// whole.
    pub fn lines(&self, lang: Lang, columns: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for (i, verdict) in self.verdicts.iter().enumerate() {
            let mut text = format!("{}{}{}", verdict.id(), doubt(verdict, lang), verdict.text(lang));
            let segments = verdict.segments();
            if verdict.level() > Level::Ok && !segments.is_empty() {
                text.push_str(&SHOWN_BY.fill(lang, &[("segments", &segments)]));
            }
            let advised = format!("{text} {}", verdict.advice(lang));
            let room = MOST_LINES - lines.len();
            let fits = |text: &str| Some(wrap(text, columns, INDENT)).filter(|lines| lines.len() <= room);
            let is_worth_advice = i == 0 && verdict.level() > Level::Ok;
            let said = if is_worth_advice { fits(&advised).or_else(|| fits(&text)) } else { fits(&text) };
            match said {
                Some(said) => lines.extend(said),
                None if i == 0 => lines.extend(wrap(&text, columns, INDENT).into_iter().take(MOST_LINES)),
                None => break,
            }
        }
        debug_assert!(columns < 40 || lines.iter().all(|line| width(line) <= columns + 2));
        lines
    }
}

/// What stands between its id and its text: how sure a verdict is, where it is not.
fn doubt(verdict: &Verdict, lang: Lang) -> String {
    let word = verdict.certainty().word(lang);
    word.map_or_else(|| " ".to_owned(), |word| IN_DOUBT.fill(lang, &[("word", word)]))
}

/// Every verdict of these families that there is evidence for.
fn raise(families: &[&'static [Entry]], case: &Case) -> Vec<Verdict> {
    let raised = |families: &[&'static [Entry]]| -> Vec<Verdict> {
        let entries = families.iter().copied().flatten();
        entries.filter_map(|entry| Some(Verdict::new(entry, (entry.raise)(case)?))).collect()
    };
    let verdicts = raised(families);
    debug_assert!(verdicts.iter().map(Verdict::id).eq(raised(&FAMILIES).iter().map(Verdict::id)));
    verdicts
}

const MOST_LINES: usize = 3;
const INDENT: &str = "    ";
const CLOSED_AFTER: Phrase = Phrase::new("closed after {t}", "{t} 后关闭");
const RECOVERED: Phrase = Phrase::new("recovered", "已恢复");
/// No space follows a Chinese full stop.
const SHOWN_BY: Phrase = Phrase::new(" [{segments}]", "[{segments}]");
const IN_DOUBT: Phrase = Phrase::new(" ({word}) ", "（{word}）");
const COMMA: Phrase = Phrase::new(", ", "，");

/// Puts the summary first where there is one.
fn sum_up(case: &Case, is_recovered: bool, verdicts: &mut Vec<Verdict>) {
    let worst = verdicts.first().map_or(Level::Ok, Verdict::level);
    let notes = verdicts.iter().filter(|verdict| verdict.level() == Level::Note);
    let (count, cost) = notes.fold((0, Duration::ZERO), |(n, sum), verdict| (n + 1, sum + verdict.cost()));
    if worst == Level::Note && is_recovered && count > 1 {
        let finding = Finding::new(Certainty::Certain)
            .with("n", count.to_string())
            .with("ms", measure::span(cost))
            .costing(cost);
        verdicts.insert(0, Verdict::new(&HICCUPS, finding));
    }
    if worst <= Level::Info
        && let Some(finding) = (HEALTHY.raise)(case)
    {
        verdicts.insert(0, Verdict::new(&HEALTHY, finding));
    }
    // What went as it should is said by whatever leads.
    let lead = verdicts.first().map(Verdict::id);
    verdicts.retain(|verdict| verdict.level() > Level::Ok || Some(verdict.id()) == lead);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = &'static Entry> {
        FAMILIES.into_iter().flatten().chain([&HEALTHY, &HICCUPS])
    }

    #[test]
    fn every_verdict_is_there_in_both_languages_with_the_same_places() {
        for entry in all() {
            assert!(entry.text.is_complete(), "{}", entry.id);
            assert!(entry.advice == NOTHING || entry.advice.is_complete(), "{}", entry.id);
            assert!(!entry.name.is_empty() && !entry.slug.is_empty(), "{}", entry.id);
        }
    }

    #[test]
    fn ids_are_unique_and_what_is_absorbed_exists() {
        let ids: Vec<&str> = all().map(|entry| entry.id).collect();
        for (i, id) in ids.iter().enumerate() {
            assert!(!ids[..i].contains(id), "{id} twice");
        }
        for entry in all() {
            for absorbed in entry.absorbs {
                assert!(ids.contains(absorbed), "{} absorbs {absorbed}", entry.id);
            }
        }
    }
}
