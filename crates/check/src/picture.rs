//! The picture of a run: a ladder of its steps.

use cordial_stack::Phase;
use cordial_tcp::Rule as Reason;
use cordial_trace::event::{Segment, Side};
use cordial_trace::ladder::{Reach, Step as Line, StepLane, Style, steps};
use cordial_trace::measure;
use cordial_trace::words::Phrase;

use crate::property::Property;
use crate::run::{Delay, Manner, Run, Step, What};
use crate::script::Call;
use crate::words;

/// Draws a run. `broken` is the property that it is about, said where it breaks.
pub fn ladder(run: &Run, style: &Style, broken: Option<Property>) -> Vec<String> {
    let style = Style { absolute: true, ..*style };
    let painter = Painter { run, style: &style, broken };
    let mut lines = vec![Line {
        label: painter.step(0),
        states: run.begins.map(Some),
        lane: StepLane::Blank,
        notes: Vec::new(),
    }];
    let mut shown = run.begins;
    for (at, step) in run.steps.iter().enumerate() {
        lines.extend(painter.lines(at, step, shown));
        shown = step.after;
    }
    if let Some(property) = broken {
        lines.push(painter.verdict(property, shown));
    }
    steps(&lines, &style, [words::STEP_TITLE, words::NETWORK_TITLE].map(|phrase| phrase.text(style.lang)))
}

struct Painter<'a> {
    run: &'a Run,
    style: &'a Style,
    broken: Option<Property>,
}

impl Painter<'_> {
    fn say(&self, phrase: Phrase, places: &[(&str, &str)]) -> String {
        phrase.fill(self.style.lang, places)
    }

    fn step(&self, n: usize) -> String {
        self.say(words::STEP, &[("n", &n.to_string())])
    }

    fn end(&self, side: Side) -> &'static str {
        let phrase = if side == Side::Client { words::CLIENT } else { words::SERVER };
        phrase.text(self.style.lang)
    }

    /// The lines of one step: what happens, and what it sends that comes late.
    fn lines(&self, at: usize, step: &Step, shown: [Phase; 2]) -> Vec<Line> {
        let news = |side: Side| {
            let (was, is) = (shown[side as usize], step.after[side as usize]);
            (was != is).then_some(is)
        };
        let mut lines = vec![Line {
            label: self.step(at + 1),
            states: [news(Side::Client), news(Side::Server)],
            lane: self.lane(at, &step.what),
            notes: self.notes(at, step),
        }];
        for (delay, from, segment) in self.leaves(at) {
            let (reach, notes) = match delay {
                Delay::Crosses => (Reach::Leaves, Vec::new()),
                Delay::Late => (Reach::Held, vec![self.say(words::DELAYED, &[])]),
            };
            let lane = StepLane::Arrow { from, segment, reach };
            match (lines.as_mut_slice(), &step.what) {
                // The segment says what was called.
                ([only], What::Call { .. }) if matches!(only.lane, StepLane::Says { .. }) => {
                    (only.lane, only.notes) = (lane, notes);
                }
                _ => lines.push(Line { label: String::new(), states: [None; 2], lane, notes }),
            }
        }
        lines
    }

    /// The segments that a step sends and that others cross, or that come late.
    fn leaves(&self, at: usize) -> impl Iterator<Item = (Delay, Side, Box<Segment>)> {
        self.run.steps.iter().enumerate().filter_map(move |(then, step)| match &step.what {
            What::Segment { from, segment, sent, .. } if *sent == Some(at) => {
                Some((self.run.delay(then)?, *from, segment.clone()))
            }
            _ => None,
        })
    }

    /// Segments under way after a step that come late.
    fn late(&self, at: usize) -> usize {
        let is_under_way = |then: &usize| match self.run.steps.get(*then).map(|step| &step.what) {
            Some(What::Segment { sent: Some(sent), .. }) => {
                *sent <= at && self.run.delay(*then) == Some(Delay::Late)
            }
            _ => false,
        };
        (at + 1..self.run.steps.len()).filter(is_under_way).count()
    }

    fn lane(&self, at: usize, what: &What) -> StepLane {
        let says = |side, text| StepLane::Says { side, text, is_trouble: false };
        match what {
            What::Call { side, gives_up: true, .. } => says(*side, self.say(words::GIVES_UP, &[])),
            What::Call { side, call, .. } => says(*side, name(*call).to_owned()),
            What::Crash(side) => {
                StepLane::Says { side: *side, text: self.say(words::CRASHES, &[]), is_trouble: true }
            }
            What::Wait(span) => StepLane::Passes(self.say(words::PASSES, &[("t", &measure::span(*span))])),
            // The notes say what came due.
            What::Timer(_) => StepLane::Blank,
            What::Segment { from, segment, reach, manner, .. } => {
                // Where its sender sent it, if it did, there stands the rest of the arrow.
                let is_apart =
                    matches!(manner, Manner::Late | Manner::Forged) || self.run.delay(at).is_some();
                let reach = if is_apart { Reach::Arrives } else { *reach };
                StepLane::Arrow { from: *from, segment: segment.clone(), reach }
            }
        }
    }

    fn notes(&self, at: usize, step: &Step) -> Vec<String> {
        let mut notes = Vec::new();
        if let What::Segment { reach, manner, .. } = &step.what {
            notes.extend(match (manner, reach) {
                (Manner::Copied, _) => Some(self.say(words::COPIED, &[])),
                (Manner::Late, _) => Some(self.say(words::LATE, &[])),
                (Manner::Forged, _) => Some(self.say(words::FORGED, &[])),
                (Manner::InTurn, Reach::Held) => Some(self.say(words::DELAYED, &[])),
                (Manner::InTurn, _) if self.run.delay(at) == Some(Delay::Late) => {
                    Some(self.say(words::LATE, &[]))
                }
                (Manner::InTurn, _) => None,
            });
        }
        for &(side, reason) in &step.timers {
            notes.extend(timer(reason).map(|phrase| self.say(phrase, &[("end", self.end(side))])));
        }
        let moves = !matches!(step.what, What::Segment { reach: Reach::Held, .. });
        let held = step.held + self.late(at);
        if held > 0 && notes.is_empty() && moves {
            notes.push(self.say(words::HELD, &[("n", &held.to_string())]));
        }
        // What is said of one step is one sentence.
        let last = notes.pop();
        let comma = words::COMMA.text(self.style.lang);
        notes.into_iter().map(|note| note + comma).chain(last).collect()
    }

    fn verdict(&self, property: Property, states: [Phase; 2]) -> Line {
        let name = property.name();
        let places = [("property", &*property.to_string()), ("name", name.text(self.style.lang))];
        let side = match self.run.steps.last().map(|step| &step.what) {
            Some(What::Segment { from: Side::Server, .. } | What::Call { side: Side::Client, .. }) => {
                Side::Client
            }
            _ => Side::Server,
        };
        debug_assert_eq!(self.broken, Some(property));
        Line {
            label: String::new(),
            states: states.map(Some),
            lane: StepLane::Says { side, text: self.say(words::BROKEN, &places), is_trouble: true },
            notes: vec![self.say(words::SHORTEST, &[("n", &self.run.steps.len().to_string())])],
        }
    }
}

/// A call as programs spell it.
const fn name(call: Call) -> &'static str {
    match call {
        Call::Connect => "connect()",
        Call::ConnectFast => "connect() write() 1",
        Call::Accept => "accept()",
        Call::Write => "write() 1",
        Call::Read => "read()",
        Call::Finish => "shutdown(WR)",
        Call::Leave => "close()",
        Call::Unlisten => "close() LISTEN",
    }
}

/// A timer that is worth a word.
const fn timer(reason: Reason) -> Option<Phrase> {
    Some(match reason {
        Reason::Timeout => words::SENT_AGAIN,
        Reason::TimeWaitOver => words::TIME_WAIT_OVER,
        Reason::DelayedAck => words::DELAYED_ACK,
        Reason::WindowProbe => words::PROBE,
        Reason::GiveUpOpen | Reason::GiveUpHalfOpen | Reason::GiveUpData => words::GAVE_UP,
        _ => return None,
    })
}
