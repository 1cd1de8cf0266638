//! The box ladder: rows as people read them.

use std::time::Duration;

use cordial_tcp::{Instant, Phase};
use cordial_wire::Flags;

use super::label::Words;
use super::notes;
use super::row::{Lane, Reach, Row, Say, Wait};
use super::style::{Colour, Style, cut, left, right, width, wrap};
use crate::event::{Basis, Ends, Segment, Side};
use crate::measure;
use crate::words::{Phrase, ladder as words, unreachable};

/// Draws the rows of one connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Picture {
    style: Style,
    /// What times count from.
    origin: Instant,
    /// Decimals of times; none: each has as many as it needs.
    decimals: Option<usize>,
    form: Form,
    /// Both ends are engines in virtual time: numbers wrap, and those in the upper half lie before the first; timers come
    /// due at ticks.
    is_virtual: bool,
    /// Columns between the two sides.
    inner: usize,
}

/// What there is room for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// Everything in one row.
    Wide,
    /// Notes stand under their row.
    Folded,
    /// States stand on the arrows as well.
    Narrow,
}

/// How long before a whole millisecond a row of virtual time may stand and still be shown at it: two ticks.
pub(super) const EARLY: Duration = Duration::from_micros(128);
/// Columns of the time.
pub(super) const TIME: usize = 8;
const CLIENT: usize = 13;
const LANE: usize = 42;
const SERVER: usize = 12;

impl Picture {
    pub(super) fn new(style: Style, origin: Instant, decimals: Option<usize>) -> Self {
        let columns = style.width.max(40);
        let (form, lane) = match columns {
            100.. => (Form::Wide, LANE),
            72.. => (Form::Folded, LANE.min(columns - TIME - CLIENT - SERVER - 3)),
            _ => (Form::Narrow, columns - TIME - 1),
        };
        Self { style, origin, decimals, form, is_virtual: false, inner: lane - 2 }
    }

    /// The same of two engines in virtual time.
    pub(super) fn virtual_time(self, is_virtual: bool) -> Self {
        Self { is_virtual, ..self }
    }

    /// The upper edge, with the titles of the columns. An end that is inferred stands in brackets.
    pub(super) fn top(&self, ends: &Ends) -> String {
        let words = [words::TIME_TITLE, words::NOTES_TITLE].map(|phrase| phrase.text(self.style.lang));
        self.titled(ends, words)
    }

    /// The upper edge with other words above the first and the last column.
    pub(super) fn titled(&self, ends: &Ends, [first, last]: [&str; 2]) -> String {
        let g = self.style.glyphs();
        let [open, close, ..] = g.corners;
        let title = |phrase: crate::words::Phrase, basis| match basis {
            Basis::Engine => phrase.text(self.style.lang).to_owned(),
            Basis::Inferred => format!("[{}]", phrase.text(self.style.lang)),
        };
        let client = title(words::CLIENT_TITLE, ends.client.basis);
        let server = title(words::SERVER_TITLE, ends.server.basis);
        let time = right(first, TIME);
        if self.form == Form::Narrow {
            let rest = self.inner.saturating_sub(width(&client) + width(&server) + 4);
            let rule = g.control.to_string().repeat(rest);
            return format!("{time} {open} {client} {rule} {server} {close}");
        }
        let rule = g.control.to_string().repeat(self.inner);
        let notes = match self.form {
            Form::Wide => last,
            _ => "",
        };
        let line = format!(
            "{time} {} {open}{rule}{close} {} {notes}",
            self.style.paint(Colour::Blue, &right(&client, CLIENT)),
            self.style.paint(Colour::Orange, &left(&server, SERVER)),
        );
        line.trim_end().to_owned()
    }

    /// The lower edge, with `text` behind it.
    pub(super) fn bottom(&self, text: &str) -> String {
        let g = self.style.glyphs();
        let [_, _, open, close] = g.corners;
        let rule = g.control.to_string().repeat(self.inner);
        let margin = " ".repeat(self.margin());
        format!("{margin}{open}{rule}{close} {text}").trim_end().to_owned()
    }

    /// One row, in one line or two.
    pub(super) fn row(&self, row: &Row) -> Vec<String> {
        let time = match row.time {
            Some(time) => right(&self.clock(time), TIME),
            None => " ".repeat(TIME),
        };
        self.line(&time, row, &self.lane(row), &notes::text(&row.notes, &self.style))
    }

    /// A line with `label` where the time stands and `lane` in the lane; notes may take more lines.
    pub(super) fn line(&self, label: &str, row: &Row, lane: &str, notes: &[String]) -> Vec<String> {
        if self.form == Form::Narrow {
            let mut lines = vec![format!("{label} {lane}")];
            lines.extend(self.folded(notes));
            return lines;
        }
        let [client, server] = self.states(row);
        let client = self.style.paint(Colour::Blue, &right(client, CLIENT));
        let server = self.style.paint(Colour::Orange, &left(server, SERVER));
        let (beside, below) = self.split_notes(notes);
        let line = format!("{label} {client} {lane} {server} {beside}");
        let mut lines = vec![line.trim_end().to_owned()];
        lines.extend(below);
        lines
    }

    /// As wide as a time.
    pub(super) fn label(&self, text: &str) -> String {
        right(text, TIME)
    }

    fn clock(&self, time: Instant) -> String {
        let since = time.since(self.origin);
        match self.decimals {
            // A whole number of ticks before or after a millisecond is that millisecond.
            Some(3) if self.is_virtual => measure::clock(since + EARLY, 3, TIME),
            Some(decimals) => measure::clock(since, decimals, TIME),
            None => measure::seconds(since),
        }
    }

    fn margin(&self) -> usize {
        match self.form {
            Form::Narrow => TIME + 1,
            _ => TIME + CLIENT + 2,
        }
    }

    /// What stands beside a row, and the lines for what does not fit there.
    fn split_notes(&self, notes: &[String]) -> (String, Vec<String>) {
        if self.form == Form::Folded {
            return (String::new(), self.folded(notes));
        }
        let room = self.style.width.max(100) - TIME - CLIENT - LANE - SERVER - 4;
        let lines = packed(notes, room);
        let mut lines = lines.into_iter();
        let beside = lines.next().unwrap_or_default();
        let blank = self.lane_of(' ', "", self.style.glyphs().side);
        let margin = " ".repeat(self.margin());
        let below = lines.map(|line| format!("{margin}{blank} {} {line}", " ".repeat(SERVER)));
        (beside, below.collect())
    }

    /// Notes in the lane, under their row.
    fn folded(&self, notes: &[String]) -> Vec<String> {
        let g = self.style.glyphs();
        let indent = format!("   {} ", g.dot);
        let lines = packed(notes, self.inner.saturating_sub(width(&indent) + 1));
        let line = |(at, text): (usize, String)| {
            let indent = if at == 0 { indent.clone() } else { " ".repeat(width(&indent)) };
            let lane = self.lane_of(' ', &format!("{indent}{text}"), g.side);
            format!("{}{lane}", " ".repeat(self.margin()))
        };
        lines.into_iter().enumerate().map(line).collect()
    }

    /// A lane with text at its left end.
    fn lane_of(&self, fill: char, text: &str, side: char) -> String {
        let text = cut(text, self.inner);
        let rest = fill.to_string().repeat(self.inner - width(&text));
        format!("{side}{text}{rest}{side}")
    }

    pub(super) fn lane(&self, row: &Row) -> String {
        let g = self.style.glyphs();
        match &row.lane {
            Lane::Blank => {
                let text = match self.form {
                    Form::Narrow => self.both_states(row),
                    _ => String::new(),
                };
                self.lane_of(' ', &text, g.side)
            }
            Lane::Arrow { from, segment, reach, is_edge } => {
                let tail = self.state_on_arrow(row, *from);
                let head = self.state_on_arrow(row, from.other());
                let arrow = Arrow { from: *from, segment, reach: *reach, is_edge: *is_edge, tail, head };
                let is_trouble = matches!(reach, Reach::Lost | Reach::Damaged | Reach::Held)
                    || segment.again
                    || segment.has(Flags::RST);
                let colour = if is_trouble { Colour::Pink } else { Colour::Plain };
                self.style.paint(colour, &self.arrow(&arrow))
            }
            Lane::Say { side, what } => {
                let colour = if *what == Say::Accept { Colour::Plain } else { Colour::Pink };
                self.said(row, *side, &self.saying(*what), colour)
            }
            Lane::Gap { span, what } => self.passing(&self.waiting(*span, *what)),
            Lane::More { segments, octets } => {
                let (n, size) = (segments.to_string(), measure::octets(*octets));
                let text = words::MORE.fill(self.style.lang, &[("n", &n), ("size", &size)]);
                let text = if self.style.ascii { text.replace('…', "..") } else { text };
                let indent = self.inner.saturating_sub(width(&text)) / 2;
                self.lane_of(' ', &format!("{}{text}", " ".repeat(indent)), g.side)
            }
        }
    }

    /// What one end says or does, at its side of the lane.
    pub(super) fn said(&self, row: &Row, side: Side, text: &str, colour: Colour) -> String {
        let g = self.style.glyphs();
        // A state that changed stands at its side, where states stand on the arrows.
        let state = self.state_on_arrow(row, side);
        let text = match (side, state) {
            (Side::Client, "") => format!(" {text}"),
            (Side::Client, state) => format!(" {state} {dot} {text}", dot = g.dot),
            (Side::Server, "") => right(&format!("{text} "), self.inner),
            (Side::Server, state) => right(&format!("{text} {dot} {state} ", dot = g.dot), self.inner),
        };
        self.style.paint(colour, &self.lane_of(' ', &text, g.side))
    }

    /// Time that passes, with what is said of it.
    pub(super) fn passing(&self, text: &str) -> String {
        self.lane_of(' ', &format!("  {text}"), self.style.glyphs().gap)
    }

    /// States as printed; at the beginning also that one is not known.
    fn states(&self, row: &Row) -> [&'static str; 2] {
        let is_first = matches!(row.lane, Lane::Blank) && row.event.is_none() && row.after == row.states;
        row.states.map(|state| state.map_or(if is_first { "?" } else { "" }, Phase::name))
    }

    fn both_states(&self, row: &Row) -> String {
        let [client, server] = self.states(row);
        let client = format!(" {client}");
        let room = self.inner.saturating_sub(width(&client));
        format!("{client}{}", right(&format!("{server} "), room))
    }

    fn state_on_arrow(&self, row: &Row, side: Side) -> &'static str {
        match (self.form, row.states[side.index()]) {
            (Form::Narrow, Some(state)) => state.name(),
            _ => "",
        }
    }

    fn arrow(&self, arrow: &Arrow<'_>) -> String {
        let g = self.style.glyphs();
        let dash = match arrow.segment {
            segment if segment.again => g.again,
            segment if segment.payload_len > 0 => g.data,
            _ => g.control,
        };
        let pad = |state: &str| if state.is_empty() { String::new() } else { format!(" {state} ") };
        let (tail, head) = (pad(arrow.tail), pad(arrow.head));
        let room = self.inner.saturating_sub(width(&tail) + width(&head));
        // What the arrow does at its end, in as many columns as it takes of the room.
        let end = match (arrow.reach, arrow.from) {
            (Reach::Whole | Reach::Arrives, Side::Client) => g.right.to_string(),
            (Reach::Whole | Reach::Arrives, Side::Server) => g.left.to_string(),
            (Reach::Lost, _) => self.cut_off(g.lost, words::LOST, arrow.from),
            (Reach::Damaged, _) => self.cut_off(g.lost, words::DAMAGED, arrow.from),
            (Reach::Held, _) => self.cut_off(g.held, words::HELD, arrow.from),
            (Reach::Leaves, Side::Client) => g.down.to_string(),
            (Reach::Leaves, Side::Server) => g.up.to_string(),
        };
        let begin = match (arrow.reach, arrow.from) {
            (Reach::Arrives, Side::Client) => g.down.to_string(),
            (Reach::Arrives, Side::Server) => g.up.to_string(),
            _ => String::new(),
        };
        let fixed = width(&begin) + width(&end) + 3;
        let words = Words { segment: arrow.segment, is_edge: arrow.is_edge, wraps: self.is_virtual };
        let reach = match arrow.reach {
            Reach::Whole => room,
            // A broken arrow leaves room for what happened to it, unless its numbers need it.
            _ => {
                let [short, long] = [7, 9].map(|tenths| room * tenths / 10 + width(&end));
                short.max(words.least(&self.style) + fixed + 1).min(long).min(room)
            }
        };
        let text = words.label(&self.style, reach.saturating_sub(fixed + 1));
        let dashes = dash.to_string().repeat(reach.saturating_sub(fixed + width(&text)));
        let blank = " ".repeat(room - reach);
        let near = if arrow.reach == Reach::Arrives { g.side } else { g.from_left };
        match (arrow.from, arrow.reach) {
            (Side::Client, Reach::Arrives) => {
                format!("{near}{tail}{blank}{begin}{dash} {text} {dashes}{end}{head}{}", g.side)
            }
            (Side::Client, _) => format!("{near}{tail}{dash} {text} {dashes}{end}{blank}{head}{}", g.side),
            (Side::Server, Reach::Arrives) => {
                format!("{}{head}{end}{dashes} {text} {dash}{begin}{blank}{tail}{near}", g.side)
            }
            (Side::Server, _) => {
                format!("{}{head}{blank}{end}{dashes} {text} {dash}{tail}{}", g.side, g.from_right)
            }
        }
    }

    /// How an arrow ends that does not reach the other side.
    fn cut_off(&self, mark: &str, word: Phrase, from: Side) -> String {
        let word = word.text(self.style.lang);
        match from {
            Side::Client => format!("{mark} {word}"),
            Side::Server => format!("{word} {mark}"),
        }
    }

    fn saying(&self, what: Say) -> String {
        let phrase = match what {
            Say::TimerFires => words::TIMER_FIRES,
            Say::GivesUp => words::GIVES_UP,
            Say::Accept => return "accept()".to_owned(),
            Say::Refused => words::REFUSED,
            Say::Fails { call, errno } => {
                return words::FAILS.fill(self.style.lang, &[("call", call), ("errno", errno)]);
            }
            Say::Crashes => words::CRASHES,
            Say::Reboots => words::REBOOTS,
            Say::Icmp { is_v6, kind, code } => return self.icmp(is_v6, kind, code),
        };
        phrase.text(self.style.lang).to_owned()
    }

    fn icmp(&self, is_v6: bool, kind: u8, code: u8) -> String {
        let lang = self.style.lang;
        let other =
            || words::ICMP_OTHER.fill(lang, &[("kind", &kind.to_string()), ("code", &code.to_string())]);
        let what = unreachable(is_v6, kind, code).map_or_else(other, |phrase| phrase.text(lang).to_owned());
        words::ICMP.fill(lang, &[("what", &what)])
    }

    fn waiting(&self, span: Duration, what: Wait) -> String {
        let (phrase, side) = match what {
            Wait::NothingArrives => (words::PASS_NOTHING, None),
            Wait::HearsNothing(side) => (words::HEARS_NOTHING, Some(side)),
            Wait::StillWorking(side) => (words::STILL_WORKING, Some(side)),
            Wait::Passes => (words::PASS, None),
        };
        let end = side.map_or("", |side| end_word(side, &self.style));
        phrase.fill(self.style.lang, &[("t", &measure::span(span)), ("end", end)])
    }
}

/// Notes in lines of at most `room` columns, as many of them in each as fit.
fn packed(notes: &[String], room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for note in notes.iter().flat_map(|note| wrap(note, room, "")) {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(&note) <= room => {
                line.push(' ');
                line.push_str(&note);
            }
            _ => lines.push(note),
        }
    }
    lines
}

/// An arrow to be drawn: tail and head are states that stand on it.
struct Arrow<'a> {
    from: Side,
    segment: &'a Segment,
    reach: Reach,
    is_edge: bool,
    tail: &'static str,
    head: &'static str,
}

/// `client` or `server`, as people read it.
pub(super) fn end_word(side: Side, style: &Style) -> &'static str {
    match side {
        Side::Client => words::CLIENT.text(style.lang),
        Side::Server => words::SERVER.text(style.lang),
    }
}
