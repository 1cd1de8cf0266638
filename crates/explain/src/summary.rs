//! All connections of a run or a capture in a few lines.

use std::cmp::Reverse;
use std::time::Duration;

use cordial_tcp::Instant;
use cordial_trace::ladder::{Style, cut, plain};
use cordial_trace::measure;
use cordial_trace::words::Phrase;

use crate::line::{Line, Standing};
use crate::listing::Listing;
use crate::verdict::Level;

/// Counts connections as their stories are told, and remembers those that lost most time. Its size is fixed.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    connections: u64,
    healthy: u64,
    /// Nothing is wrong with them, and they are not over: open, half-open, still calling.
    open: u64,
    half_open: u64,
    calling: u64,
    recovered: u64,
    suspicious: u64,
    failed: u64,
    /// Of those that failed: refused, unreachable, without an answer.
    refused: u64,
    unreachable: u64,
    unanswered: u64,
    octets: [u64; 2],
    resends: u64,
    lost: Duration,
    /// Those that lost most or failed, the worst first.
    worst: Vec<Line>,
}

/// How many of the worst are named.
const NAMED: usize = 10;

impl Summary {
    /// Nothing counted yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a connection whose story has been told.
    pub fn add(&mut self, line: &Line) {
        self.connections += 1;
        let level = line.level().unwrap_or(Level::Ok);
        let outcome = match (level, line.standing()) {
            (Level::Ok | Level::Info, Standing::Closed) => &mut self.healthy,
            (Level::Ok | Level::Info, Standing::Open) => &mut self.open,
            (Level::Ok | Level::Info, Standing::HalfOpen) => &mut self.half_open,
            (Level::Ok | Level::Info, Standing::Unanswered) => &mut self.calling,
            (Level::Note, _) => &mut self.recovered,
            (Level::Warn, _) => &mut self.suspicious,
            (Level::Fail, _) => &mut self.failed,
        };
        *outcome += 1;
        let has = |id: &str| line.verdicts().iter().any(|verdict| verdict.id() == id);
        self.refused += u64::from(has("H04"));
        self.unreachable += u64::from(has("H06"));
        self.unanswered += u64::from(has("H03"));
        for (sum, octets) in self.octets.iter_mut().zip(line.octets) {
            *sum += octets;
        }
        self.resends += line.resends;
        let cost = line.cost();
        self.lost = self.lost.saturating_add(cost);
        if level > Level::Info && (level > Level::Note || !cost.is_zero()) {
            self.remember(line);
        }
    }

    /// Time lost first; of those that lost none, the worst first.
    fn remember(&mut self, line: &Line) {
        let rank = |line: &Line| (Reverse(line.cost()), Reverse(line.level()), line.group);
        let place = self.worst.partition_point(|other| rank(other) <= rank(line));
        if place < NAMED {
            self.worst.insert(place, line.clone());
            self.worst.truncate(NAMED);
        }
    }

    /// Connections counted.
    pub fn connections(&self) -> u64 {
        self.connections
    }

    /// Time lost in all.
    pub fn lost(&self) -> Duration {
        self.lost
    }

    /// In lines, each ended; ages as of `now`.
    pub fn draw(&self, now: Instant, style: &Style) -> String {
        let mut lines = self.counts(style);
        if !self.worst.is_empty() {
            lines.push(WORST.text(style.lang).to_owned());
            let listing = Listing::new(&self.worst, now, Style { width: style.width - 2, ..*style });
            lines.extend(self.worst.iter().map(|line| format!("  {}", listing.line(line, now))));
        }
        let drawn = lines.iter().map(|line| if style.ascii { plain(line) } else { line.clone() });
        drawn.map(|line| cut(&line, style.width) + "\n").collect()
    }

    /// How many went how, what was carried, and what was lost: two lines, neither cut nor ended.
    pub fn counts(&self, style: &Style) -> Vec<String> {
        let lang = style.lang;
        let counts = [
            (self.healthy, HEALTHY),
            (self.open, OPEN),
            (self.half_open, HALF_OPEN),
            (self.calling, CALLING),
            (self.recovered, RECOVERED),
            (self.suspicious, SUSPICIOUS),
            (self.failed, FAILED),
        ];
        let outcomes = said(&counts, lang);
        let causes =
            [(self.refused, REFUSED), (self.unreachable, UNREACHABLE), (self.unanswered, UNANSWERED)];
        let causes = match said(&causes, lang) {
            causes if causes.is_empty() => causes,
            causes => ABOUT.fill(lang, &[("about", &causes)]),
        };
        let all = self.connections.to_string();
        let phrase = if self.connections == 1 { ONE } else { ALL };
        let first = phrase.fill(lang, &[("n", &all), ("outcomes", &outcomes), ("causes", &causes)]);
        let [up, down] = self.octets.map(measure::octets);
        let (resends, lost) = (self.resends.to_string(), measure::span(self.lost));
        let second = match (self.resends, self.lost) {
            (0, Duration::ZERO) => SMOOTH.fill(lang, &[("up", &up), ("down", &down)]),
            _ => ROUGH.fill(lang, &[("up", &up), ("down", &down), ("resends", &resends), ("lost", &lost)]),
        };
        vec![first, second]
    }
}

/// Every count that is not zero, with its word.
fn said(counts: &[(u64, Phrase)], lang: cordial_trace::Lang) -> String {
    let said = counts.iter().filter(|(n, _)| *n > 0);
    let said: Vec<String> = said.map(|(n, phrase)| phrase.fill(lang, &[("n", &n.to_string())])).collect();
    said.join(COMMA.text(lang))
}

const COMMA: Phrase = Phrase::new(", ", "，");
const ALL: Phrase = Phrase::new("{n} connections: {outcomes}{causes}", "共 {n} 条连接：{outcomes}{causes}");
const ONE: Phrase = Phrase::new("{n} connection: {outcomes}{causes}", "共 {n} 条连接：{outcomes}{causes}");
const HEALTHY: Phrase = Phrase::new("{n} healthy", "正常 {n}");
const RECOVERED: Phrase = Phrase::new("{n} recovered", "已恢复 {n}");
const SUSPICIOUS: Phrase = Phrase::new("{n} to look at", "需留意 {n}");
const FAILED: Phrase = Phrase::new("{n} failed", "失败 {n}");
const ABOUT: Phrase = Phrase::new(" ({about})", "（{about}）");
const REFUSED: Phrase = Phrase::new("{n} refused", "被拒绝 {n}");
const UNREACHABLE: Phrase = Phrase::new("{n} unreachable", "不可达 {n}");
const UNANSWERED: Phrase = Phrase::new("{n} without an answer", "无回应 {n}");
const OPEN: Phrase = Phrase::new("{n} still open", "还开着 {n}");
const HALF_OPEN: Phrase = Phrase::new("{n} half-open", "半连接 {n}");
const CALLING: Phrase = Phrase::new("{n} not answered yet", "还没人应答 {n}");
const SMOOTH: Phrase = Phrase::new(
    "{up} up, {down} down; nothing was sent again, no time was lost",
    "上行 {up}，下行 {down}；没有重传，没有耽误时间",
);
const ROUGH: Phrase = Phrase::new(
    "{up} up, {down} down; segments sent again: {resends}; time lost: {lost}",
    "上行 {up}，下行 {down}；重传 {resends} 段；一共耽误 {lost}",
);
const WORST: Phrase =
    Phrase::new("What cost most time, and what went wrong:", "最耽误时间的，以及出了问题的：");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        for phrase in [
            ALL,
            ONE,
            HEALTHY,
            RECOVERED,
            SUSPICIOUS,
            FAILED,
            ABOUT,
            REFUSED,
            UNREACHABLE,
            UNANSWERED,
            OPEN,
            HALF_OPEN,
            CALLING,
            SMOOTH,
            ROUGH,
            WORST,
        ] {
            assert!(phrase.is_complete(), "{phrase:?}");
        }
    }
}
