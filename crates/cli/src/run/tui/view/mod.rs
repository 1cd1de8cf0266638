//! The model as it is drawn. Work is proportional to the screen, however many connections there are.

mod connections;
mod ladder;
mod overlay;
mod verdict;
mod why;

use cordial_gateway::Exit;
use cordial_trace::ladder::{Style as Drawing, cut, plain, width};
use cordial_trace::words::Phrase;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};

use super::model::{Focus, Model};
use super::words;

/// From this width on the ladder and the reasons stand side by side.
const WIDE: u16 = 130;
/// Below this height there is no room for more than one pane beside the connections.
const TALL: u16 = 24;

/// Draws everything, and tells the model where panes are.
pub fn draw(frame: &mut Frame<'_>, model: &mut Model) {
    if let Some(group) = model.current() {
        model.store.settle(group);
    }
    let area = frame.area();
    let [title, body, keys] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)]).areas(area);
    frame.render_widget(Paragraph::new(status(model, title.width)), title);
    frame.render_widget(Paragraph::new(bottom(model, keys.width)), keys);
    match area.height >= TALL {
        true => panes(frame, model, body),
        false => few_panes(frame, model, body),
    }
    overlay::draw(frame, model, body);
}

/// All panes.
fn panes(frame: &mut Frame<'_>, model: &mut Model, body: Rect) {
    let [list, middle, verdict, queues] = Layout::vertical([
        Constraint::Percentage(25),
        Constraint::Min(8),
        Constraint::Length(5),
        Constraint::Length(4),
    ])
    .areas(body);
    connections::draw(frame, model, list);
    let (ladder, why) = match body.width >= WIDE {
        true => {
            let [ladder, why] =
                Layout::horizontal([Constraint::Min(84), Constraint::Percentage(36)]).areas(middle);
            (ladder, why)
        }
        false => {
            let [ladder, why] =
                Layout::vertical([Constraint::Min(5), Constraint::Length(middle.height.min(18) / 2)])
                    .areas(middle);
            (ladder, why)
        }
    };
    ladder::draw(frame, model, ladder);
    why::draw(frame, model, why);
    verdict::draw(frame, model, verdict);
    verdict::draw_queues(frame, model, queues);
}

/// The pane that the keys move in, and what is said of the connection.
fn few_panes(frame: &mut Frame<'_>, model: &mut Model, body: Rect) {
    let below = if body.height >= 14 { 5 } else { 0 };
    let [main, verdict] = Layout::vertical([Constraint::Min(0), Constraint::Length(below)]).areas(body);
    match model.focus {
        Focus::Connections => connections::draw(frame, model, main),
        Focus::Ladder => ladder::draw(frame, model, main),
    }
    if below > 0 {
        match model.focus {
            Focus::Connections => verdict::draw(frame, model, verdict),
            Focus::Ladder => why::draw(frame, model, verdict),
        }
    }
}

/// The first line: the command, how many connections, what holds the view.
fn status(model: &Model, columns: u16) -> Line<'static> {
    let lang = model.lang;
    let (shown, all) = (model.store.shown().len().to_string(), model.store.len().to_string());
    let mut said = vec![words::CONNECTIONS.fill(lang, &[("shown", &shown), ("all", &all)])];
    if !model.filter.is_empty() {
        said.push(words::FILTERED.fill(lang, &[("filter", &model.filter)]));
    }
    said.push(match model.exit {
        Some(exit) => {
            let (phrase, code) = match exit {
                Exit::Signal(signal) => (words::ENDED_SIGNAL, signal.to_string()),
                other => (words::ENDED_CODE, other.code().to_string()),
            };
            words::ENDED.fill(lang, &[("how", &phrase.fill(lang, &[("code", &code)]))])
        }
        None => words::RUNNING.text(lang).to_owned(),
    });
    if model.is_frozen() {
        said.push(words::FROZEN.fill(lang, &[("n", &model.waiting().to_string())]));
    }
    let said = said.join(" · ");
    let room = usize::from(columns).saturating_sub(width(&said) + 3);
    let title = if model.hides { "cordial run" } else { &model.title };
    let text = format!("{} · {said}", cut(title, room.max(12)));
    Line::styled(fitted(model, &text, columns), style(model, Style::new().add_modifier(Modifier::REVERSED)))
}

/// The last line: what the last key did, else the keys.
fn bottom(model: &Model, columns: u16) -> Line<'static> {
    let text = match model.message.as_str() {
        "" => words::KEYS.text(model.lang).to_owned(),
        message => message.to_owned(),
    };
    Line::raw(fitted(model, &text, columns))
}

/// As much of `text` as fits, in the characters that the terminal has.
fn fitted(model: &Model, text: &str, columns: u16) -> String {
    cut(&ascii(model, text), usize::from(columns))
}

/// `text` in the characters that the terminal has.
fn ascii(model: &Model, text: &str) -> String {
    match model.ascii {
        true => plain(text).replace('←', "<").replace('→', ">"),
        false => text.to_owned(),
    }
}

/// A style, or none where there are no colours: reversed and bold stay.
fn style(model: &Model, style: Style) -> Style {
    match model.colour {
        true => style,
        false => Style { fg: None, bg: None, ..style },
    }
}

/// A pane's frame with a title; the one that the keys move in stands out.
fn block(model: &Model, title: &str, is_focused: bool) -> Block<'static> {
    let set = if model.ascii { ASCII_BORDER } else { border::PLAIN };
    let look = match is_focused {
        true => style(model, Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD)),
        false => Style::new(),
    };
    let title = format!(" {} ", ascii(model, title));
    Block::bordered().border_set(set).border_style(look).title(title)
}

const ASCII_BORDER: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// How text for people is drawn in `columns`.
fn drawing(model: &Model, columns: u16) -> Drawing {
    Drawing {
        width: usize::from(columns),
        ascii: model.ascii,
        colour: model.colour,
        lang: model.lang,
        absolute: false,
        numbered: true,
        fine: true,
    }
}

/// What keeps the selected line in sight: the first line of `room` to be drawn, of `all`.
fn first_of(selected: usize, room: usize, all: usize) -> usize {
    selected.saturating_sub(room / 2).min(all.saturating_sub(room))
}

/// A line with a label in front, in a column of its own.
fn labelled(model: &Model, label: Phrase, text: &str) -> Line<'static> {
    const LABEL: usize = 11;
    let label = cordial_trace::ladder::left(label.text(model.lang), LABEL);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    Line::from(vec![Span::styled(label, bold), Span::raw(ascii(model, text))])
}

/// Text with the three colours that ladders have.
fn painted(text: &str) -> Line<'static> {
    let mut spans = Vec::new();
    let mut look = Style::new();
    for (i, piece) in text.split("\x1b[").enumerate() {
        let rest = match (i, piece.split_once('m')) {
            (0, _) | (_, None) => piece,
            (_, Some((code, rest))) => {
                look = match code {
                    "34" => Style::new().fg(Color::Blue),
                    "38;5;208" => Style::new().fg(Color::Indexed(208)),
                    "38;5;205" => Style::new().fg(Color::Indexed(205)),
                    _ => Style::new(),
                };
                rest
            }
        };
        if !rest.is_empty() {
            spans.push(Span::styled(rest.to_owned(), look));
        }
    }
    Line::from(spans)
}
