//! The pane of the ladder: the rows around the one that is looked at.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::{block, drawing, first_of, painted};
use crate::run::tui::model::{Focus, Model};
use crate::run::tui::words;

/// Draws as many rows as there is room for.
pub(super) fn draw(frame: &mut Frame<'_>, model: &mut Model, area: Rect) {
    let number = model.current().map_or(String::new(), |group| group.0.to_string());
    let title = words::LADDER.fill(model.lang, &[("n", &number)]);
    let block = block(model, &title, model.focus == Focus::Ladder);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let Some(entry) = model.current().and_then(|group| model.store.entry(group)) else { return };
    // One column for the mark of the selected row. The ladder needs 40.
    let style = drawing(model, inner.width.saturating_sub(1));
    let origin = model.from_start.then_some(cordial::Instant::ZERO);
    let (selected, rows) = (model.row(), entry.ladder.rows().len());
    let room = usize::from(inner.height.saturating_sub(1));
    let first = first_of(selected, room, rows);
    let mut lines: Vec<Line<'_>> = Vec::with_capacity(room + 1);
    lines.extend(entry.ladder.draw_top(&style).map(|top| painted(&format!(" {top}"))));
    for place in first..(first + room).min(rows) {
        // Where a row takes more than one line, the pane shows the first: the others are timers, which the pane of
        // reasons has.
        let Some(text) = entry.ladder.draw_row(place, &style, origin).into_iter().next() else { continue };
        let mark = if place == selected { '>' } else { ' ' };
        let line = painted(&format!("{mark}{text}"));
        lines.push(match place == selected {
            true => line.patch_style(Style::new().add_modifier(Modifier::REVERSED)),
            false => line,
        });
    }
    frame.render_widget(Paragraph::new(lines), inner);
    model.areas.ladder = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    model.areas.first_row = first;
}
