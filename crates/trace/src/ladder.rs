//! Ladders: pictures of connections in text.
//!
//! One [`Fold`] makes rows of events; the box ([`Ladder`], [`Live`]) and the compact form ([`compact`](compact())) draw
//! them. Which rows there are does not depend on how they are drawn.

mod compact;
mod condense;
mod fold;
mod glyphs;
mod label;
mod live;
mod notes;
mod picture;
mod row;
mod steps;
mod style;

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use cordial_tcp::Instant;

use crate::event::{At, Basis, Ends, Event, Process, Side, What};
use crate::words::ladder as words;
use picture::{EARLY, Picture, TIME};

pub use compact::compact;
pub use fold::Fold;
pub use live::Live;
pub use row::{Lane, Note, Reach, Row, Say, Wait};
pub use steps::{Step, StepLane, steps};
pub use style::{Style, cut, left, right, width, wrap};

/// The ladder of one connection, to be drawn when it is complete.
#[derive(Clone, Debug)]
pub struct Ladder {
    fold: Fold,
    opening: Option<Opening>,
    /// The programs at the ends, and what the ends are called.
    processes: [Option<Process>; 2],
    named: [Option<String>; 2],
    ends: Option<Ends>,
    rows: VecDeque<Row>,
    /// Rows in the middle that were left out.
    left_out: usize,
    fresh: Vec<Row>,
}

/// Who talks, and since when.
#[derive(Clone, Copy, Debug)]
struct Opening {
    time: Instant,
    client: SocketAddr,
    server: SocketAddr,
}

/// What stands around a picture.
#[derive(Clone, Copy, Debug)]
pub struct Caption<'a> {
    /// What is watched: the command.
    pub title: &'a str,
    /// The connection's number.
    pub number: u32,
    /// How many there are, if that is known.
    pub all: Option<u32>,
    /// How it went, in a few words.
    pub headline: &'a str,
    /// What it means, in lines.
    pub lines: &'a [String],
    /// What addresses are called.
    pub names: &'a BTreeMap<IpAddr, String>,
    /// What is known of the network between them; empty where nothing is.
    pub conditions: &'a str,
}

/// Rows that a ladder keeps: of a longer one the first half and the last.
const MOST_ROWS: usize = 2_000;

impl Ladder {
    /// An empty ladder. `is_exact`: every segment and every timer has its row.
    pub fn new(is_exact: bool) -> Self {
        Self {
            fold: Fold::new(is_exact),
            opening: None,
            processes: [None, None],
            named: [None, None],
            ends: None,
            rows: VecDeque::new(),
            left_out: 0,
            fresh: Vec::new(),
        }
    }

    /// Takes an event of its connection.
    pub fn event(&mut self, event: &Event) {
        if let What::Started { client, server, .. } = event.what {
            self.opening = Some(Opening { time: event.time, client, server });
        }
        if let At::End(side) = event.at {
            match &event.what {
                What::Process(process) => self.processes[side.index()] = Some(process.clone()),
                What::Named(name) => self.named[side.index()] = Some(name.clone()),
                _ => {}
            }
        }
        if self.ends.is_none() {
            self.ends = event.ends;
        }
        self.fold.event(event, &mut self.fresh);
        self.keep();
    }

    /// Completes the rows: nothing more will come.
    pub fn finish(&mut self) {
        self.fold.finish(&mut self.fresh);
        self.keep();
    }

    /// Makes rows of all that cannot change any more: for who looks while things happen.
    pub fn settle(&mut self) {
        self.fold.flush(&mut self.fresh);
        self.keep();
    }

    /// Its rows so far; those in the middle of a long one are left out.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &Row> + DoubleEndedIterator {
        self.rows.iter()
    }

    /// The row at a place, counted from 0.
    pub fn row(&self, place: usize) -> Option<&Row> {
        self.rows.get(place)
    }

    /// The row at a place as it is drawn, in one line or more. Times count from `origin`, or from its own beginning.
    pub fn draw_row(&self, place: usize, style: &Style, origin: Option<Instant>) -> Vec<String> {
        let picture = Picture::new(*style, origin.unwrap_or(self.origin()), style.fine.then_some(6));
        self.rows.get(place).map(|row| picture.row(row)).unwrap_or_default()
    }

    /// The upper edge, with the titles of the columns; none while nothing is known of the ends.
    pub fn draw_top(&self, style: &Style) -> Option<String> {
        let picture = Picture::new(*style, self.origin(), None);
        self.ends.map(|ends| picture.top(&ends))
    }

    /// The whole picture; every line ends with a newline.
    pub fn draw(&self, style: &Style, caption: &Caption<'_>) -> String {
        let picture = Picture::new(*style, self.origin(), Some(self.decimals(style)));
        let picture = picture.virtual_time(self.is_of_both());
        let mut lines = self.head(style, caption);
        lines.extend(self.ends.map(|ends| picture.top(&ends)));
        for (i, row) in self.rows.iter().enumerate() {
            if self.left_out > 0 && i == MOST_ROWS / 2 {
                let n = self.left_out.to_string();
                lines.push(words::ROWS_LEFT_OUT.fill(style.lang, &[("n", &n)]));
            }
            lines.extend(picture.row(row));
        }
        lines.push(picture.bottom(""));
        lines.extend(caption.lines.iter().cloned());
        finish_lines(lines, style)
    }

    /// As many for every row, so that times can be compared at a glance: three where they say everything, else six, or
    /// as many as leave room for the latest.
    fn decimals(&self, style: &Style) -> usize {
        let times = || self.rows.iter().filter_map(|row| row.time).map(|time| time.since(self.origin()));
        let needs_more = match self.is_of_both() {
            // In virtual time only the ticks of timers lie between milliseconds.
            true => times().any(|time| (time + EARLY).subsec_micros() % 1_000 > LATE),
            false => times().any(|time| !time.subsec_micros().is_multiple_of(1_000)),
        };
        if !needs_more && !style.fine {
            return 3;
        }
        let seconds = times().max().unwrap_or_default().as_secs().to_string();
        TIME.saturating_sub(seconds.len() + 1).clamp(3, 6)
    }

    /// True if both ends tell.
    fn is_of_both(&self) -> bool {
        self.ends.is_some_and(|ends| [ends.client.basis, ends.server.basis] == [Basis::Engine; 2])
    }

    fn origin(&self) -> Instant {
        self.opening.map_or(Instant::ZERO, |opening| opening.time)
    }

    fn keep(&mut self) {
        for row in self.fresh.drain(..) {
            self.rows.push_back(row);
            if self.rows.len() > MOST_ROWS {
                self.rows.remove(MOST_ROWS / 2);
                self.left_out += 1;
            }
        }
    }

    /// The two lines above the picture.
    fn head(&self, style: &Style, caption: &Caption<'_>) -> Vec<String> {
        let number = caption.number.to_string();
        let place = match caption.all {
            Some(all) => words::NUMBER_OF.fill(style.lang, &[("n", &number), ("all", &all.to_string())]),
            None => words::NUMBER.fill(style.lang, &[("n", &number)]),
        };
        let said =
            if caption.headline.is_empty() { place } else { format!("{place} · {}", caption.headline) };
        let room = style.width.saturating_sub(width(&said) + 2);
        let mut lines = match width(caption.title).min(LEAST_TITLE) <= room {
            true => vec![format!("{}  {said}", style::left(&shortened(caption.title, room), room))],
            false => vec![shortened(caption.title, style.width), said],
        };
        if let Some(opening) = &self.opening {
            let [client, server] = self.who(opening, style, caption);
            match width(&client) + 3 + width(&server) <= style.width {
                true => lines.push(format!("{client}   {server}")),
                false => lines.extend([client, server]),
            }
            if !caption.conditions.is_empty() {
                match lines.last_mut() {
                    Some(line) if width(line) + 3 + width(caption.conditions) <= style.width => {
                        line.push_str("   ");
                        line.push_str(caption.conditions);
                    }
                    _ => lines.push(caption.conditions.to_owned()),
                }
            }
        }
        lines
    }

    fn who(&self, opening: &Opening, style: &Style, caption: &Caption<'_>) -> [String; 2] {
        // Said only where it tells the two apart.
        let is_engine = |side: Side| {
            let bases = self.ends.map(|ends| [ends.of(side).basis, ends.of(side.other()).basis]);
            bases == Some([Basis::Engine, Basis::Inferred])
        };
        let end = |side: Side, address: SocketAddr| {
            let named = self.named[side.index()].as_deref();
            let name = named.or_else(|| caption.names.get(&address.ip()).map(String::as_str));
            let process = self.processes[side.index()].as_ref();
            let process = process.map(|process| {
                let pid = process.pid().to_string();
                words::PROCESS.fill(style.lang, &[("name", process.name()), ("pid", &pid)])
            });
            let engine = is_engine(side).then_some(words::ENGINE.text(style.lang));
            let about: Vec<&str> = name.into_iter().chain(process.as_deref()).chain(engine).collect();
            let comma = words::COMMA.text(style.lang);
            let about = match about.is_empty() {
                true => String::new(),
                false => words::ABOUT.fill(style.lang, &[("about", &about.join(comma))]),
            };
            format!("{} {address}{about}", picture::end_word(side, style))
        };
        [end(Side::Client, opening.client), end(Side::Server, opening.server)]
    }
}

/// Microseconds by which a few timers in a row come late, each rounded up to a tick of 64 µs, and by how much early is
/// forgiven.
const LATE: u32 = 640 + EARLY.as_micros() as u32;

/// Columns of a title below which it has a line of its own.
const LEAST_TITLE: usize = 48;

/// As much of `text` as fits, and a sign that there is more.
fn shortened(text: &str, columns: usize) -> String {
    match width(text) <= columns {
        true => text.to_owned(),
        false => format!("{}...", cut(text, columns.saturating_sub(3))),
    }
}

/// Lines as they are printed: those in the ASCII set without the few other signs that sentences have.
fn finish_lines(lines: Vec<String>, style: &Style) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    match style.ascii {
        true => plain(&text),
        false => text,
    }
}

/// `text` with the few signs of our sentences that are not ASCII written in it. Other languages and names stay.
pub fn plain(text: &str) -> String {
    text.replace(['·', '—'], "-").replace('×', "x").replace('→', "->").replace('…', "..")
}
