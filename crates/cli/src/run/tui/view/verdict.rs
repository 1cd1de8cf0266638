//! The panes of the verdict and of the stack's queues.

use cordial_explain::{Certainty, Story};
use cordial_trace::ladder::wrap;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::{ascii, block, drawing, fitted};
use crate::run::tui::model::Model;
use crate::run::tui::words;

/// What is said of the connection, as far as there is room.
pub(super) fn draw(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let story = current(model);
    let mut title = words::VERDICT.text(model.lang).to_owned();
    if let Some(lead) = story.as_ref().and_then(|story| story.verdicts.first()) {
        let (certainty, segments) = (certainty(lead.certainty()).text(model.lang), lead.segments());
        let fills = [("certainty", certainty), ("segments", segments.as_str())];
        let how = words::EVIDENCE.fill(model.lang, &fills);
        title = format!("{title} {} {} · {how}", lead.id(), lead.name(model.lang));
    }
    let block = block(model, &title, false);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let lines = match &story {
        Some(story) => story.lines(model.lang, usize::from(inner.width.saturating_sub(2)).max(20)),
        None => vec![words::NO_VERDICT.text(model.lang).to_owned()],
    };
    let lines: Vec<Line<'_>> =
        lines.iter().map(|line| Line::raw(ascii(model, &model.masked(line)))).collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

/// Everything that is said of it, with what to do about each.
pub(super) fn all(model: &Model, columns: u16) -> Vec<Line<'static>> {
    let Some(story) = current(model) else { return vec![Line::raw(words::NO_VERDICT.text(model.lang))] };
    let lang = model.lang;
    let columns = usize::from(columns.saturating_sub(2)).max(20);
    let mut lines = vec![Line::raw(ascii(model, &story.headline(lang))), Line::raw("")];
    for verdict in &story.verdicts {
        let level = verdict.level().word(lang);
        let (certainty, segments) = (certainty(verdict.certainty()).text(lang), verdict.segments());
        let how = words::EVIDENCE.fill(lang, &[("certainty", certainty), ("segments", &segments)]);
        let text = format!("{} {level}: {} {}", verdict.id(), verdict.text(lang), verdict.advice(lang));
        let text = model.masked(&text);
        let said = wrap(&text, columns, "    ").into_iter().chain([format!("    {how}")]);
        lines.extend(said.map(|line| Line::raw(ascii(model, &line))));
    }
    lines
}

/// The story of the connection that is looked at, as far as it goes.
fn current(model: &Model) -> Option<Story> {
    model.store.line(model.current()?, model.now)?.story
}

fn certainty(certainty: Certainty) -> cordial_trace::words::Phrase {
    match certainty {
        Certainty::Certain => words::CERTAIN,
        Certainty::Likely => words::LIKELY,
        Certainty::Possible => words::POSSIBLE,
    }
}

/// Queues of listeners, and what the stack counts.
pub(super) fn draw_queues(frame: &mut Frame<'_>, model: &Model, area: Rect) {
    let block = block(model, words::STACK.text(model.lang), false);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let room = usize::from(inner.height.saturating_sub(1));
    let lang = drawing(model, inner.width).lang;
    let own = model.current().and_then(|group| Some(model.store.entry(group)?.line.server));
    // That of the connection that is looked at comes first.
    let mut listeners: Vec<_> = model.store.listeners().collect();
    listeners.sort_by_key(|(at, _)| (Some(*at) != own, *at));
    let mut lines: Vec<String> = Vec::new();
    for (at, queues) in listeners.into_iter().take(room) {
        let at = if model.hides { format!(":{}", at.port()) } else { at.to_string() };
        let (syn, accept) = (gauge(model, queues.syn), gauge(model, queues.accept));
        let fills = [("at", at.as_str()), ("syn", &syn), ("accept", &accept)];
        lines.push(words::LISTENER.fill(lang, &fills));
    }
    lines.push(counts(model));
    let lines: Vec<Line<'_>> = lines.iter().map(|line| Line::raw(fitted(model, line, inner.width))).collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

/// `[###.......] 3/10`.
fn gauge(model: &Model, queue: Option<(u32, u32)>) -> String {
    const CELLS: u32 = 10;
    let Some((used, max)) = queue else { return "?".to_owned() };
    let full = u64::from(used) * u64::from(CELLS);
    let cells = usize::try_from(full.div_ceil(u64::from(max.max(1))).min(CELLS.into())).unwrap_or(0);
    let mark = if used >= max { format!(" {}", words::FULL.text(model.lang)) } else { String::new() };
    format!("[{}{}] {used}/{max}{mark}", "#".repeat(cells), ".".repeat(CELLS as usize - cells))
}

fn counts(model: &Model) -> String {
    let vitals = &model.vitals;
    let counters = &vitals.counters;
    let text = |n: u64| n.to_string();
    let wide = |n: usize| n.to_string();
    let fills = [
        ("open", wide(vitals.connections)),
        ("half", wide(vitals.half_open)),
        ("tw", wide(vitals.time_wait)),
        ("in", text(counters.tcp_in_segs)),
        ("out", text(counters.tcp_out_segs)),
        ("again", text(counters.tcp_retrans_segs)),
        ("rst", text(counters.tcp_out_rsts)),
        ("drops", text(counters.listen_drops)),
    ];
    let fills: Vec<(&str, &str)> = fills.iter().map(|(name, value)| (*name, value.as_str())).collect();
    words::COUNTS.fill(model.lang, &fills)
}
