//! The pane of reasons: what led to the row that is looked at, and what it changed.

use cordial_stack::Call;
use cordial_tcp::{Half, Phase};
use cordial_trace::event::{At, Basis, Change, Ends, Event, Segment, Side, TimerChange, Value, What};
use cordial_trace::{Lang, measure};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Paragraph, Wrap};

use super::{ascii, block, labelled};
use crate::run::tui::model::Model;
use crate::run::tui::store::Entry;
use crate::run::tui::words;

/// Causes that are walked back.
const CAUSES: usize = 3;

pub(super) fn draw(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let block = block(model, words::WHY.text(model.lang), false);
    let text = Paragraph::new(lines(model)).wrap(Wrap { trim: false }).block(block);
    frame.render_widget(text, area);
}

fn lines(model: &Model) -> Vec<Line<'static>> {
    let Some(entry) = model.current().and_then(|group| model.store.entry(group)) else { return Vec::new() };
    let Some(row) = entry.ladder.row(model.row()) else { return Vec::new() };
    let Some(id) = row.event else { return vec![Line::raw(words::NOT_AN_EVENT.text(model.lang))] };
    match entry.event(id) {
        Some(event) => reasons(model, entry, event),
        None => vec![Line::raw(words::GONE.text(model.lang))],
    }
}

fn reasons(model: &Model, entry: &Entry, event: &Event) -> Vec<Line<'static>> {
    let lang = model.lang;
    let mut lines = vec![Line::raw(ascii(model, &what(event, lang)))];
    let mut cause = event.cause.first().and_then(|id| entry.event(*id));
    for _ in 0..CAUSES {
        let Some(earlier) = cause else { break };
        lines.push(labelled(model, words::CAUSED_BY, &what(earlier, lang)));
        cause = earlier.cause.first().and_then(|id| entry.event(*id));
    }
    if !event.rule.is_empty() {
        lines.push(labelled(model, words::RULE, &rule(event)));
    }
    if let Some(changes) = event.ends.as_ref().map(|ends| states(ends, lang)).filter(|text| !text.is_empty())
    {
        lines.push(labelled(model, words::STATE, &changes));
    }
    let timers: Vec<String> = event.timers.iter().map(timer).collect();
    let timers = if timers.is_empty() { words::NO_TIMERS.text(lang).to_owned() } else { timers.join(" ") };
    lines.push(labelled(model, words::TIMERS, &timers));
    if !event.vars.is_empty() {
        let vars: Vec<String> = event.vars.iter().map(|(name, value)| variable(name, *value)).collect();
        lines.push(labelled(model, words::VARS, &vars.join(" ")));
    }
    if let What::Segment { segment, .. } = &event.what
        && segment.payload_len > 0
    {
        let octets: Vec<String> =
            segment.head.as_slice().iter().map(|octet| format!("{octet:02x}")).collect();
        lines.push(labelled(
            model,
            words::OCTETS,
            &format!("{} ... ({})", octets.join(" "), segment.payload_len),
        ));
    }
    lines
}

/// What happened, in a few words.
fn what(event: &Event, lang: Lang) -> String {
    let end = match event.at {
        At::End(side) => end(side, lang),
        _ => "",
    };
    match &event.what {
        What::Segment { segment, .. } => {
            let from = segment.id.sender;
            let way = words::SENT
                .fill(lang, &[("from", self::end(from, lang)), ("to", self::end(from.other(), lang))]);
            format!("{}   {way}", segment_text(segment))
        }
        What::Timer => words::TIMER.fill(lang, &[("end", end)]),
        What::Call(call) => words::CALL.fill(lang, &[("end", end), ("call", &self::call(*call))]),
        What::Queues { .. } => words::QUEUES.text(lang).to_owned(),
        What::Icmp { kind, code } => {
            words::ICMP.fill(lang, &[("kind", &kind.to_string()), ("code", &code.to_string())])
        }
        _ => String::new(),
    }
}

fn segment_text(segment: &Segment) -> String {
    let mut text = format!("#{} {} seq={}", segment.number, segment.flags, segment.rel.0);
    if segment.payload_len > 0 {
        text.push_str(&format!("..{}", segment.rel.0 + u64::from(segment.payload_len)));
    }
    if let Some(ack) = segment.rel.1 {
        text.push_str(&format!(" ack={ack}"));
    }
    format!("{text} win={}", segment.window)
}

fn call(call: Call) -> String {
    match call {
        Call::Connect => "connect()".to_owned(),
        Call::Accept => "accept()".to_owned(),
        Call::Answer => "answer()".to_owned(),
        Call::Write(n) => format!("write({n})"),
        Call::Read(n) => format!("read() = {n}"),
        Call::Shutdown(Half::Read) => "shutdown(RD)".to_owned(),
        Call::Shutdown(Half::Write) => "shutdown(WR)".to_owned(),
        Call::Shutdown(Half::Both) => "shutdown(RDWR)".to_owned(),
        Call::Release => "close()".to_owned(),
        Call::Abort => "abort()".to_owned(),
    }
}

/// `rfc9293:3.10.7.4/fin` as `RFC 9293 3.10.7.4, fin`, and the short reason.
fn rule(event: &Event) -> String {
    let text = match event.rule.strip_prefix("rfc").and_then(|rest| rest.split_once(':')) {
        Some((number, rest)) => {
            let (section, name) = rest.split_once('/').unwrap_or((rest, ""));
            let name = if name.is_empty() { String::new() } else { format!(", {}", name.replace('/', ", ")) };
            format!("RFC {number} {section}{name}")
        }
        None => event.rule.to_owned(),
    };
    match event.trigger {
        "" => text,
        trigger if text.ends_with(trigger) => text,
        trigger => format!("{text} ({trigger})"),
    }
}

/// The states that changed; one that only follows from what passed stands in brackets.
fn states(ends: &Ends, lang: Lang) -> String {
    let name = |state: Option<Phase>| state.map_or("?", Phase::name);
    let changed = [Side::Client, Side::Server].into_iter().filter_map(|side| {
        let end = ends.of(side);
        if end.before == end.after {
            return None;
        }
        let after = match end.basis {
            Basis::Engine => name(end.after).to_owned(),
            Basis::Inferred => format!("[{}]", name(end.after)),
        };
        Some(format!("{} {} -> {after}", self::end(side, lang), name(end.before)))
    });
    changed.collect::<Vec<_>>().join("; ")
}

fn timer(change: &TimerChange) -> String {
    let name = change.timer.name();
    match change.change {
        Change::Set(span) | Change::Restarted(span) => format!("+{name} {}", measure::timer(span)),
        Change::Expired => format!("!{name}"),
        Change::Cancelled => format!("-{name}"),
    }
}

fn variable(name: &str, value: Value) -> String {
    match value {
        Value::Count(count) => format!("{name}={count}"),
        Value::Span(span) => format!("{name}={}", measure::span(span).replace(' ', "")),
    }
}

fn end(side: Side, lang: Lang) -> &'static str {
    match side {
        Side::Client => words::CLIENT.text(lang),
        Side::Server => words::SERVER.text(lang),
    }
}
