//! Connections in a line each, in columns.

use std::net::SocketAddr;
use std::time::Duration;

use cordial_tcp::{Instant, Phase};
use cordial_trace::ladder::{Style, cut, left, plain, right, width};
use cordial_trace::words::Phrase;
use cordial_trace::{Lang, measure};

use crate::line::Line;

/// Draws lines of connections, aligned, in as many columns as there are.
///
/// Where room is short the states go first, then the age; the verdict is cut at the right.
#[derive(Clone, Debug)]
pub struct Listing {
    style: Style,
    widths: [usize; COLUMNS],
}

/// Number, program, peer, states, age; the verdict takes what is left.
const COLUMNS: usize = 5;
const STATES: usize = 3;
const AGE: usize = 4;
const GAP: usize = 2;
/// The most that a program's name and a peer may take of a line.
const MOST_PROCESS: usize = 20;
const MOST_PEER: usize = 40;
/// What a verdict wants at least.
const LEAST_VERDICT: usize = 18;

/// The text of one line's cells.
struct Cells {
    columns: [String; COLUMNS],
    verdict: String,
}

impl Listing {
    /// A listing whose columns fit `lines`, their ages as of `now`. For pieces of a longer list give those that are
    /// shown: columns then fit what is seen.
    pub fn new<'a>(lines: impl IntoIterator<Item = &'a Line>, now: Instant, style: Style) -> Self {
        let mut widths = titles(style.lang).map(width);
        for line in lines {
            let cells = Cells::of(line, now, style.lang);
            for (widest, cell) in widths.iter_mut().zip(&cells.columns) {
                *widest = (*widest).max(width(cell));
            }
        }
        let mut listing = Self { style, widths };
        listing.squeeze();
        listing
    }

    /// Leaves out what there is no room for.
    fn squeeze(&mut self) {
        self.widths[1] = self.widths[1].min(MOST_PROCESS);
        let peer = self.widths[2].min(MOST_PEER);
        self.widths[2] = peer;
        let taken = |widths: &[usize; COLUMNS]| widths.iter().map(|w| w + GAP * usize::from(*w > 0)).sum();
        let is_over = |widths: &[usize; COLUMNS]| {
            let taken: usize = taken(widths);
            taken + LEAST_VERDICT > self.style.width
        };
        if is_over(&self.widths) {
            self.widths[2] = peer.min(28);
        }
        for column in [STATES, AGE] {
            if is_over(&self.widths) {
                self.widths[column] = 0;
            }
        }
        if is_over(&self.widths) {
            let over = taken(&self.widths) + LEAST_VERDICT - self.style.width;
            self.widths[2] = self.widths[2].saturating_sub(over).max(10);
        }
    }

    /// The titles of the columns.
    pub fn title(&self) -> String {
        let columns = titles(self.style.lang).map(str::to_owned);
        self.drawn(&Cells { columns, verdict: VERDICT.text(self.style.lang).to_owned() })
    }

    /// One connection's line, as of `now`; no line break.
    pub fn line(&self, line: &Line, now: Instant) -> String {
        self.drawn(&Cells::of(line, now, self.style.lang))
    }

    fn drawn(&self, cells: &Cells) -> String {
        let mut out = String::new();
        for (i, (cell, &columns)) in cells.columns.iter().zip(&self.widths).enumerate() {
            if columns == 0 {
                continue;
            }
            let text = shortened(cell, columns);
            out.push_str(&if i == 0 || i == AGE { right(&text, columns) } else { left(&text, columns) });
            out.push_str(&" ".repeat(GAP));
        }
        out.push_str(&cells.verdict);
        let text = if self.style.ascii { plain(&out) } else { out };
        cut(&text, self.style.width).trim_end().to_owned()
    }
}

impl Cells {
    fn of(line: &Line, now: Instant, lang: Lang) -> Self {
        let process = match &line.process {
            Some((_, process)) => format!("{} {}", process.name(), process.pid()),
            None => "?".to_owned(),
        };
        let [client, server] = line.states.map(|state| state.map_or("?", Phase::name));
        let columns = [
            format!("#{}", line.group.0),
            process,
            peer(line.peer(), line.peer_name()),
            format!("{client} / {server}"),
            age(line.age(now)),
        ];
        Self { columns, verdict: verdict(line, lang) }
    }
}

/// An address with what it is called in its place.
pub fn peer(address: SocketAddr, name: Option<&str>) -> String {
    name.map_or_else(|| address.to_string(), |name| format!("{name}:{}", address.port()))
}

/// How bad it is, the verdict that leads, its name, and the time that was lost; `...` before there is a story.
pub fn verdict(line: &Line, lang: Lang) -> String {
    let Some(lead) = line.verdicts().first() else { return "...".to_owned() };
    let cost = match line.cost() {
        Duration::ZERO => String::new(),
        cost => format!(" +{}", measure::span(cost)),
    };
    format!("{} {} {}{cost}", left(lead.level().word(lang), 4), lead.id(), lead.name(lang))
}

/// An age in few columns: `0.17 s`, `95 s`, `12 min`.
fn age(age: Duration) -> String {
    if age.is_zero() { "0 ms".to_owned() } else { measure::took(age) }
}

/// As much as fits, and a sign that there is more.
fn shortened(text: &str, columns: usize) -> String {
    match width(text) <= columns {
        true => text.to_owned(),
        false => format!("{}..", cut(text, columns.saturating_sub(2))),
    }
}

const VERDICT: Phrase = Phrase::new("verdict", "结论");
const TITLES: [Phrase; COLUMNS] = [
    Phrase::new("#", "#"),
    Phrase::new("program", "程序"),
    Phrase::new("peer", "对端"),
    Phrase::new("client / server", "客户端 / 服务器"),
    Phrase::new("time", "时长"),
];

fn titles(lang: Lang) -> [&'static str; COLUMNS] {
    TITLES.each_ref().map(|phrase| phrase.text(lang))
}
