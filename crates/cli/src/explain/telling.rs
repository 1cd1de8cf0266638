//! What is said of all connections: ladders, tales, a summary.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::RangeInclusive;

use cordial_explain::capture::Counts;
use cordial_explain::{Filter, Level, Line, Story, Summary};
use cordial_tcp::Instant;
use cordial_trace::event::{Event, Group, What};
use cordial_trace::ladder::{Caption, Ladder, Style};
use cordial_trace::measure;
use cordial_trace::words::Phrase;

use super::faults::Faults;
use super::tales::Tales;
use super::{tale, words};
use crate::args::Explain;
use crate::locale::Reader;

/// Those that are listed as healthy with `--all`.
const LISTED: usize = 10_000;
/// Ladders that grow at the same time.
const LADDERS: usize = 512;
/// Events of a connection that is drawn without having been asked for.
const DRAWN: u64 = 2_000;

type Names = BTreeMap<IpAddr, String>;

/// Gathers what is to be said, in bounded memory.
pub struct Telling {
    title: String,
    style: Style,
    exact: bool,
    all: bool,
    chosen: Vec<RangeInclusive<u32>>,
    filter: Filter,
    /// Connections that the filter kept out.
    filtered: u64,
    lines: BTreeMap<Group, Box<Line>>,
    ladders: BTreeMap<Group, Ladder>,
    /// Those that were asked for while there were too many.
    not_drawn: u64,
    /// Connections that began.
    met: u64,
    /// Events of the first connection, while it may be the only one.
    events: u64,
    /// The ladder of the first connection, complete.
    only: Option<(Ladder, Line)>,
    tales: Tales,
    faults: Faults,
    healthy: Vec<Line>,
    summary: Summary,
    worst: Option<Level>,
    /// Something was printed already.
    has_drawn: bool,
}

impl Telling {
    /// For what the command line asks for.
    pub fn new(args: &Explain, filter: Filter, reader: &Reader, name: &str) -> Self {
        // Whoever picks some wants to see them.
        let all = args.all || !filter.is_empty();
        Self {
            title: format!("cordial explain {name}"),
            style: Style {
                width: usize::from(reader.columns).max(40),
                ascii: reader.ascii,
                colour: reader.color,
                lang: reader.lang,
                absolute: args.absolute,
                numbered: false,
                fine: false,
            },
            exact: args.exact,
            all,
            chosen: args.connection.clone(),
            filter,
            filtered: 0,
            lines: BTreeMap::new(),
            ladders: BTreeMap::new(),
            not_drawn: 0,
            met: 0,
            events: 0,
            only: None,
            tales: Tales::new(all),
            faults: Faults::default(),
            healthy: Vec::new(),
            summary: Summary::new(),
            worst: None,
            has_drawn: false,
        }
    }

    /// Takes an event.
    pub fn event(&mut self, event: &Event) {
        let group = event.group;
        if let What::Warning(_) = event.what {
            self.lines.remove(&group);
            self.ladders.remove(&group);
            return;
        }
        if let Some(mut line) = Line::of(event) {
            line.event(event);
            self.lines.insert(group, Box::new(line));
            self.meet(group);
        } else if let Some(line) = self.lines.get_mut(&group) {
            line.event(event);
        }
        if self.ladders.is_empty() {
            return;
        }
        if self.chosen.is_empty() {
            self.events += 1;
            if self.events > DRAWN {
                self.ladders.clear();
            }
        }
        if let Some(ladder) = self.ladders.get_mut(&group) {
            ladder.event(event);
        }
    }

    /// A connection begins: has it a ladder?
    fn meet(&mut self, group: Group) {
        self.met += 1;
        let is_only = self.chosen.is_empty() && self.met == 1;
        if self.is_chosen(group) && self.ladders.len() >= LADDERS {
            self.not_drawn += 1;
        } else if self.is_chosen(group) || is_only {
            self.ladders.insert(group, Ladder::new(self.exact));
        } else if self.chosen.is_empty() {
            self.ladders.clear();
            self.only = None;
        }
    }

    fn is_chosen(&self, group: Group) -> bool {
        self.chosen.iter().any(|range| range.contains(&group.0))
    }

    /// A connection's story is told. Gives its ladder if that was asked for.
    pub fn story(&mut self, story: Story, names: Option<&Names>) -> String {
        let group = story.group;
        let (line, ladder) = (self.lines.remove(&group), self.ladders.remove(&group));
        let Some(mut line) = line else { return String::new() };
        line.told(story);
        if let Some(names) = names {
            line.name_ends(names);
        }
        if !self.filter.matches(&line) {
            self.filtered += 1;
            return String::new();
        }
        self.worst = self.worst.max(line.level());
        self.summary.add(&line);
        if !self.chosen.is_empty() {
            return ladder.map(|ladder| self.draw(ladder, &line, None, names)).unwrap_or_default();
        }
        self.only = ladder.map(|ladder| (ladder, (*line).clone()));
        // Of many connections it is said once what is wrong with the capture.
        line.story.iter_mut().for_each(|story| self.faults.note(story.take_about_capture()));
        if tale::is_worth_telling(&line) {
            self.tales.push(*line);
        } else if self.all && self.healthy.len() < LISTED {
            self.healthy.push(*line);
        }
        String::new()
    }

    fn draw(&mut self, mut ladder: Ladder, line: &Line, all: Option<u32>, names: Option<&Names>) -> String {
        let Some(story) = &line.story else { return String::new() };
        ladder.finish();
        let lang = self.style.lang;
        let (headline, lines) = (story.headline(lang), story.lines(lang, self.style.width.clamp(40, 100)));
        let none = Names::new();
        let caption = Caption {
            title: &self.title,
            number: line.group.0,
            all,
            headline: &headline,
            lines: &lines,
            names: names.unwrap_or(&none),
            conditions: "",
        };
        let style = Style { numbered: story.level() > Level::Ok, ..self.style };
        let before = if std::mem::replace(&mut self.has_drawn, true) { "\n" } else { "" };
        before.to_owned() + &ladder.draw(&style, &caption)
    }

    /// The first connection that was asked for and is not among the `there` first.
    pub fn missing(&self, there: u32) -> Option<u32> {
        self.chosen.iter().map(|range| *range.start()).find(|&first| first > there)
    }

    /// The worst that was said.
    pub fn worst(&self) -> Option<Level> {
        self.worst
    }

    /// What is to be said at the end of `there` connections, of which `told_early` were not over.
    pub fn finish(
        &mut self,
        now: Instant,
        there: u32,
        told_early: u64,
        counts: Option<Counts>,
        names: Option<&Names>,
    ) -> String {
        if !self.chosen.is_empty() {
            let is_silent = !self.has_drawn && self.filtered > 0;
            return if is_silent { self.filtered_out(words::CHOSEN_FILTERED) } else { self.not_drawn() };
        }
        if let Some((ladder, line)) = self.only.take() {
            return self.draw(ladder, &line, Some(there), names);
        }
        let mut out = self.opening(now, there, counts);
        if told_early > 0 {
            out += &words::OF_THEM_EARLY.fill(self.style.lang, &[("n", &told_early.to_string())]);
        }
        out.push('\n');
        out += &self.faults.draw(self.summary.connections(), &self.style);
        out += &self.tales.draw(&self.style);
        if !self.healthy.is_empty() {
            self.healthy.sort_by_key(|line| line.group);
            out.push('\n');
            self.healthy.iter().for_each(|line| out += &format!("{}\n", tale::heading(line, &self.style)));
        }
        if self.summary.connections() > 0 {
            out.push('\n');
            self.summary.counts(&self.style).iter().for_each(|line| out += &format!("{line}\n"));
        }
        match (self.filtered, self.summary.connections()) {
            (0, _) => {}
            (_, 0) => out += &self.filtered_out(words::NONE_MATCH),
            _ => out += &self.filtered_out(words::FILTERED),
        }
        out
    }

    /// What was asked for and is not there.
    fn not_drawn(&self) -> String {
        if self.not_drawn == 0 {
            return String::new();
        }
        let (n, most) = (self.not_drawn.to_string(), LADDERS.to_string());
        words::NOT_DRAWN.fill(self.style.lang, &[("n", &n), ("most", &most)]) + "\n"
    }

    fn filtered_out(&self, phrase: Phrase) -> String {
        phrase.fill(self.style.lang, &[("n", &self.filtered.to_string())]) + "\n"
    }

    /// What it is about.
    fn opening(&self, now: Instant, there: u32, counts: Option<Counts>) -> String {
        let time = measure::took(now.since(Instant::ZERO));
        let n = if there == 1 { words::CONNECTION } else { words::CONNECTIONS };
        let n = n.fill(self.style.lang, &[("n", &there.to_string())]);
        let packets = counts.map(|counts| counts.packets.to_string()).unwrap_or_default();
        let fills = [("title", &*self.title), ("packets", &packets), ("t", &time), ("connections", &n)];
        match counts {
            Some(Counts { segments: 0, .. }) => words::NO_TCP.fill(self.style.lang, &fills),
            Some(_) => words::CAPTURE.fill(self.style.lang, &fills),
            None => words::RECORD.fill(self.style.lang, &fills),
        }
    }
}
