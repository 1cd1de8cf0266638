//! The connections that lost time or went wrong, the costliest first.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use cordial_explain::{Level, Line};
use cordial_trace::event::Group;
use cordial_trace::ladder::Style;

use super::{tale, words};

/// Tales by kind, in bounded memory. A kind is the verdict that leads.
pub struct Tales {
    kinds: BTreeMap<&'static str, Kind>,
    /// How many of a kind are listed.
    listed: usize,
}

/// The costliest of one kind, and how many there were.
#[derive(Default)]
struct Kind {
    lines: Vec<Line>,
    count: u64,
}

/// Those of one kind that are told in sentences: a thousand alike say no more than three.
const TOLD: usize = 3;
/// Those that have a line at most.
const LISTED: usize = 10;
const ALL_LISTED: usize = 1_000;

/// What cost most time first; of those that cost none, the worst first.
type Rank = (Reverse<Duration>, Reverse<Option<Level>>, Group);

fn rank(line: &Line) -> Rank {
    (Reverse(line.cost()), Reverse(line.level()), line.group)
}

impl Tales {
    /// None yet; `all` if many of a kind are wanted.
    pub fn new(all: bool) -> Self {
        Self { kinds: BTreeMap::new(), listed: if all { ALL_LISTED } else { LISTED } }
    }

    /// A connection that is worth telling.
    pub fn push(&mut self, line: Line) {
        let Some(lead) = line.verdicts().first() else { return };
        let kind = self.kinds.entry(lead.id()).or_default();
        kind.count += 1;
        kind.lines.push(line);
        if kind.lines.len() >= 2 * self.listed {
            kind.sort(self.listed);
        }
    }

    /// The tales, what is left out, and how to see more; nothing if there are none.
    pub fn draw(&mut self, style: &Style) -> String {
        let listed = self.listed;
        self.kinds.values_mut().for_each(|kind| kind.sort(listed));
        let mut out = String::new();
        for line in self.sorted(0, TOLD) {
            out += &format!("\n{}\n", tale::heading(line, style));
            tale::sentences(line, style).iter().for_each(|text| out += &format!("{text}\n"));
        }
        let more = self.sorted(TOLD, usize::MAX);
        out += if more.is_empty() { "" } else { "\n" };
        more.iter().for_each(|line| out += &format!("{}\n", tale::heading(line, style)));
        out += &self.left_out(style);
        if let Some(first) = self.sorted(0, 1).first() {
            let n = first.group.0.to_string();
            out += &format!("\n{}\n", words::LADDER_HINT.fill(style.lang, &[("n", &n)]));
        }
        out
    }

    /// `most` of every kind behind the first `skipped`, in one order.
    fn sorted(&self, skipped: usize, most: usize) -> Vec<&Line> {
        let kinds = self.kinds.values();
        let mut lines: Vec<&Line> =
            kinds.flat_map(|kind| kind.lines.iter().skip(skipped).take(most)).collect();
        lines.sort_by_key(|line| rank(line));
        lines
    }

    /// How many of each kind are neither told nor listed.
    fn left_out(&self, style: &Style) -> String {
        let mut out = String::new();
        let mut example = None;
        for (id, kind) in &self.kinds {
            let n = kind.count - kind.lines.len() as u64;
            let Some(lead) = kind.lines.first().and_then(|line| line.verdicts().first()) else { continue };
            if n > 0 {
                let places = [("n", &*n.to_string()), ("kind", &*format!("{id} {}", lead.name(style.lang)))];
                out += &format!("{}\n", words::MORE_OF.fill(style.lang, &places));
                example.get_or_insert(*id);
            }
        }
        match example.filter(|_| self.listed == LISTED) {
            Some(id) => out + &format!("{}\n", words::ALL_HINT.fill(style.lang, &[("id", id)])),
            None => out,
        }
    }
}

impl Kind {
    fn sort(&mut self, listed: usize) {
        self.lines.sort_by_cached_key(rank);
        self.lines.truncate(listed);
    }
}
