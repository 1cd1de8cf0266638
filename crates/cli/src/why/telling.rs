//! The answer in words and pictures.

use std::time::Duration;

use cordial_check::{Answer, Property, Run, picture};
use cordial_trace::Lang;
use cordial_trace::ladder::{Style, left, plain, width, wrap};
use cordial_trace::measure;
use cordial_trace::words::Phrase;

use super::words;
use crate::locale::Reader;

/// Columns of each of two pictures side by side.
const HALF: usize = 96;

/// Everything that is said.
pub fn tell(answer: &Answer, took: Duration, reader: &Reader) -> String {
    let telling = Telling { answer, took, reader };
    let mut lines = telling.head();
    match (answer.property, answer.run()) {
        (Some(property), Some(run)) => lines.extend(telling.broken(property, &run)),
        _ if answer.is_cut_off() => lines.extend(telling.cut_off()),
        _ => lines.extend(telling.holds()),
    }
    let text = lines.into_iter().map(|line| line.trim_end().to_owned() + "\n").collect::<String>();
    if reader.ascii { plain(&text) } else { text }
}

struct Telling<'a> {
    answer: &'a Answer,
    took: Duration,
    reader: &'a Reader,
}

impl Telling<'_> {
    fn lang(&self) -> Lang {
        self.reader.lang
    }

    fn fill(&self, phrase: Phrase, places: &[(&str, &str)]) -> String {
        phrase.fill(self.lang(), places)
    }

    fn columns(&self) -> usize {
        usize::from(self.reader.columns).max(40)
    }

    fn style(&self, width: usize) -> Style {
        let Reader { lang, ascii, color, .. } = *self.reader;
        Style { width, ascii, colour: color, lang, ..Style::default() }
    }

    /// The rule, how it went, the property, and what happens instead.
    fn head(&self) -> Vec<String> {
        let rule = self.answer.rule;
        let title = rule.title.text(self.lang());
        let head = self.fill(words::HEAD, &[("rule", rule.name), ("title", title)]);
        let went = match self.answer.counterexample() {
            Some(run) => self.fill(words::VIOLATED, &[("n", &run.len().to_string())]),
            None if self.answer.is_cut_off() => self.fill(words::CUT_OFF, &[]),
            None => self.fill(words::HOLDS, &[]),
        };
        let mut lines = match width(&head) + 3 + width(&went) <= self.columns() {
            true => vec![format!("{head}   {went}")],
            false => self.wrapped(&head).into_iter().chain([went]).collect(),
        };
        if let Some(property) = self.answer.property {
            let (name, title) = (property.name(), property.title());
            let places = [
                ("property", &*property.to_string()),
                ("name", name.text(self.lang())),
                ("title", title.text(self.lang())),
            ];
            lines.extend(self.wrapped(&self.fill(words::PROPERTY, &places)));
        }
        lines.extend(self.wrapped(&self.fill(words::INSTEAD, &[("off", rule.off.text(self.lang()))])));
        if rule.scenario.has_equal_numbers() {
            lines.extend(self.wrapped(words::EQUAL_NUMBERS.text(self.lang())));
        }
        lines
    }

    fn broken(&self, property: Property, run: &Run) -> Vec<String> {
        let mut lines = self.pictures(property, run);
        lines.extend(self.wrapped(self.answer.rule.keep.text(self.lang())));
        let (states, on) = (self.answer.off.states.to_string(), &self.answer.on);
        let (seen, depth) = (on.states.to_string(), on.depth.to_string());
        let property_name = property.to_string();
        let next = self.next();
        let places =
            [("property", &*property_name), ("states", &*seen), ("depth", &*depth), ("next", &*next)];
        lines.extend(self.wrapped(&match (on.run(property), on.is_exhausted) {
            (Some(run), _) => {
                let n = run.len().to_string();
                self.fill(words::ON_BROKEN, &[("property", &property_name), ("n", &n)])
            }
            (None, true) => self.fill(words::ON_HOLDS, &places),
            (None, false) => self.fill(words::ON_BOUNDED, &places),
        }));
        let found = self.fill(words::OFF_FOUND, &[("states", &states)]);
        lines.extend(self.wrapped(&self.joined(&found, &self.took())));
        lines.extend(self.warning());
        lines
    }

    /// Neither found nor looked at everything.
    fn cut_off(&self) -> Vec<String> {
        let off = &self.answer.off;
        let (states, depth, next) = (off.states.to_string(), off.depth.to_string(), self.next());
        let places = [("off", &*states), ("depth", &*depth), ("next", &*next)];
        self.wrapped(&self.joined(&self.fill(words::CUT_OFF_AT, &places), &self.took()))
    }

    /// What to type to look ten times as far.
    fn next(&self) -> String {
        let Answer { rule, on, off, .. } = self.answer;
        let states = on.states.max(off.states).saturating_mul(10);
        let property = self.answer.asked.map(|asked| format!(" --property {asked}")).unwrap_or_default();
        format!("cordial why {}{property} --states {states}", rule.name)
    }

    fn holds(&self) -> Vec<String> {
        let Answer { rule, on, off, .. } = self.answer;
        let claims: Vec<String> = rule.scenario.claims.iter().map(ToString::to_string).collect();
        let claims = claims.join(" ");
        let said = match self.answer.property {
            Some(property) => self.fill(words::ASKED_HOLDS, &[("property", &property.to_string())]),
            None => self.fill(words::NOTHING, &[("claims", &claims)]),
        };
        let mut lines = self.wrapped(&said);
        if let Some(property) = self.answer.property.filter(|_| !self.answer.is_claimed()) {
            let places = [("property", &*property.to_string()), ("claims", &*claims)];
            lines.extend(self.wrapped(&self.fill(words::NOT_CLAIMED, &places)));
        }
        lines.extend(self.wrapped(rule.keep.text(self.lang())));
        let (with, without) = self.answer.price();
        let phrase = if with == without { words::PRICE_SAME } else { words::PRICE_MORE };
        lines.push(self.fill(phrase, &[("on", &with.to_string()), ("off", &without.to_string())]));
        let rest = if on.is_exhausted { words::ALL_OF_THEM } else { words::NOT_ALL };
        let rest = self.fill(rest, &[("next", &self.next())]);
        let depth = off.depth.max(on.depth).to_string();
        let places = [
            ("off", &*off.states.to_string()),
            ("on", &*on.states.to_string()),
            ("depth", &*depth),
            ("rest", &*rest),
        ];
        lines.extend(self.wrapped(&self.joined(&self.fill(words::BOUND, &places), &self.took())));
        lines.extend(self.warning());
        lines
    }

    /// The run, and beside it, or below, what comes of it with the rule.
    fn pictures(&self, property: Property, run: &Run) -> Vec<String> {
        let Some(beside) = self.answer.beside() else { return Vec::new() };
        let is_wide = self.columns() >= 2 * HALF + 2;
        let style = self.style(if is_wide { HALF } else { self.columns() });
        let (off, on) = (words::WITHOUT_RULE.text(self.lang()), words::WITH_RULE.text(self.lang()));
        let left_side = picture::ladder(run, &style, Some(property));
        let right_side = picture::ladder(&beside, &style, None);
        if !is_wide {
            return left_side.into_iter().chain([on.to_owned()]).chain(right_side).collect();
        }
        let [left_side, right_side] = [(off, left_side), (on, right_side)]
            .map(|(title, lines)| [title.to_owned()].into_iter().chain(lines).collect::<Vec<_>>());
        let count = left_side.len().max(right_side.len());
        let line = |lines: &[String], at: usize| lines.get(at).cloned().unwrap_or_default();
        (0..count).map(|at| format!("{}  {}", pad(&line(&left_side, at)), line(&right_side, at))).collect()
    }

    fn took(&self) -> String {
        self.fill(words::TOOK, &[("t", &measure::span(self.took))])
    }

    /// Two sentences in one line.
    fn joined(&self, first: &str, second: &str) -> String {
        let space = if self.lang() == Lang::En { " " } else { "" };
        format!("{first}{space}{second}")
    }

    fn warning(&self) -> Vec<String> {
        match self.answer.is_empty_claim() {
            true => self.wrapped(words::EMPTY.text(self.lang())),
            false => Vec::new(),
        }
    }

    fn wrapped(&self, text: &str) -> Vec<String> {
        wrap(text, self.columns(), "    ")
    }
}

/// As wide as a picture; colours take no room.
fn pad(line: &str) -> String {
    let mut bare = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\x1b') {
        bare.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    bare.push_str(rest);
    format!("{line}{}", left("", HALF.saturating_sub(width(&bare))))
}
