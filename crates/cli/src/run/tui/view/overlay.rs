//! What lies over the panes: help, the whole story, output, the filter being typed, a question.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Paragraph, Wrap};

use super::{ascii, block, verdict};
use crate::run::tui::model::{Model, Overlay};
use crate::run::tui::words;

pub(super) fn draw(frame: &mut Frame<'_>, model: &Model, body: Rect) {
    let lang = model.lang;
    let text = |phrase: cordial_trace::words::Phrase| -> Vec<Line<'static>> {
        phrase.text(lang).lines().map(|line| Line::raw(ascii(model, line))).collect()
    };
    let (title, lines, rows) = match &model.overlay {
        Overlay::None => return,
        Overlay::Help => (words::HELP, text(words::HELP_TEXT), 13),
        Overlay::Story => (words::STORY, verdict::all(model, body.width.saturating_sub(2)), body.height),
        Overlay::Output => (words::OUTPUT, output(model, body.height), body.height),
        Overlay::Leave => (words::HELP, text(words::LEAVE), 4),
        Overlay::Filter(typed, error) => {
            let mut lines = vec![Line::raw(format!("{typed}_"))];
            if let Some(error) = error {
                let mark = " ".repeat(error.column()) + "^";
                lines.extend([Line::raw(mark), Line::raw(error.reason(lang))]);
            } else {
                let fields: Vec<&str> =
                    cordial_explain::Filter::FIELDS.iter().map(|(name, _)| *name).collect();
                lines.push(Line::raw(format!("{}: /regex/ !", fields.join(": "))));
            }
            (words::FILTER, lines, 5)
        }
    };
    let height = rows.min(body.height);
    let area = Rect { y: body.y + body.height - height, height, ..body };
    frame.render_widget(Clear, area);
    let block = block(model, title.text(lang), true);
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }).block(block), area);
}

/// The last lines of what the program wrote.
fn output(model: &Model, rows: u16) -> Vec<Line<'static>> {
    if model.output.is_empty() {
        return vec![Line::raw(words::NO_OUTPUT.text(model.lang))];
    }
    let all: Vec<&str> = model.output.lines().collect();
    let room = usize::from(rows.saturating_sub(2));
    all.iter().skip(all.len().saturating_sub(room)).map(|line| Line::raw((*line).to_owned())).collect()
}
