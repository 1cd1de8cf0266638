//! What stands beside the picture: timers, queues, calls.

use cordial_tcp::Refusal;

use super::picture::end_word;
use super::row::Note;
use super::style::Style;
use crate::event::{Change, Side, Timer};
use crate::measure;
use crate::words::{ladder as words, refusal};

/// The notes as they are printed: each queue, each timer, and whatever is said in words.
pub(super) fn text(notes: &[Note], style: &Style) -> Vec<String> {
    let is_queue = |note: &Note| matches!(note, Note::SynQueue(..) | Note::AcceptQueue(..));
    let is_timer = |note: &Note| matches!(note, Note::Timer { .. } | Note::Call(_));
    let of = |wanted: fn(bool, bool) -> bool| {
        notes.iter().filter(move |note| wanted(is_queue(note), is_timer(note))).map(|note| one(note, style))
    };
    let mut texts: Vec<String> = of(|is_queue, _| is_queue).chain(of(|_, is_timer| is_timer)).collect();
    texts.extend(
        of(|is_queue, is_timer| !is_queue && !is_timer).reduce(|said, more| joined(&said, &more, style)),
    );
    texts
}

/// Two things that are said of one row.
fn joined(first: &str, second: &str, style: &Style) -> String {
    let comma = match first.ends_with(['?', '？']) {
        true => " ",
        false => words::COMMA.text(style.lang),
    };
    format!("{first}{comma}{second}")
}

fn one(note: &Note, style: &Style) -> String {
    match *note {
        Note::Timer { of, timer, change } => timer_note(of, timer, change, style),
        Note::SynQueue(used, max) => queue("SYNq", used, max),
        Note::AcceptQueue(used, max) => queue("ACCq", used, max),
        Note::Call(call) => call.to_owned(),
        Note::NobodyListens => words::NOBODY_LISTENS.text(style.lang).to_owned(),
        Note::NotTaken(Refusal::Closed) => words::NO_CONNECTION.text(style.lang).to_owned(),
        Note::NotTaken(Refusal::Undecided) => words::UNDECIDED.text(style.lang).to_owned(),
        Note::NotTaken(why) => words::NOT_TAKEN.fill(style.lang, &[("why", refusal(why).text(style.lang))]),
        Note::WindowProbe => words::WINDOW_PROBE.text(style.lang).to_owned(),
        Note::KeepaliveProbe => words::KEEPALIVE_PROBE.text(style.lang).to_owned(),
        Note::Fault(name) => words::FAULT.fill(style.lang, &[("name", name)]),
        Note::QueueFull => words::QUEUE_FULL.text(style.lang).to_owned(),
        Note::Forged => words::FORGED.text(style.lang).to_owned(),
        Note::Earlier => words::EARLIER.text(style.lang).to_owned(),
        Note::Rewritten => words::REWRITTEN.text(style.lang).to_owned(),
    }
}

/// Used and maximum; a large maximum only where the queue is on its way there, for both queues have to fit beside a row.
fn queue(name: &str, used: u32, max: u32) -> String {
    let is_roomy = max >= 100 && used < max / 2;
    if is_roomy { format!("{name} {used}") } else { format!("{name} {used}/{max}") }
}

fn timer_note(of: Option<Side>, timer: Timer, change: Change, style: &Style) -> String {
    let name = match timer {
        Timer::Retransmit => "rto",
        Timer::SynAck => "synack",
        Timer::DelayedAck => "dack",
        Timer::Persist => "persist",
        Timer::Keepalive => "keepalive",
        Timer::TimeWait => "2msl",
        Timer::FinWait2 => "fin2",
        Timer::PathMtu => "pmtu",
    };
    let text = match change {
        Change::Set(span) => format!("+{name} {}", measure::timer(span)),
        Change::Restarted(span) => {
            return words::RESTARTS.fill(style.lang, &[("timer", name), ("t", &measure::timer(span))]);
        }
        Change::Expired => format!("!{name}"),
        Change::Cancelled => format!("-{name}"),
    };
    match of {
        Some(side) => {
            let end = words::OF_END.fill(style.lang, &[("end", end_word(side, style))]);
            format!("{text} {end}")
        }
        None => text,
    }
}
