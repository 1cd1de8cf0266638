//! The pane of connections: a line each.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use cordial_explain::{Level, Line as Connection, Listing};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::{block, drawing, first_of, style};
use crate::run::tui::model::{Focus, Model};
use crate::run::tui::words;

/// Draws those that there is room for.
pub(super) fn draw(frame: &mut Frame<'_>, model: &mut Model, area: Rect) {
    let (shown, all) = (model.store.shown().len(), model.store.len());
    let title =
        words::CONNECTIONS.fill(model.lang, &[("shown", &shown.to_string()), ("all", &all.to_string())]);
    let block = block(model, &title, model.focus == Focus::Connections);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if shown == 0 {
        let phrase = if all == 0 { words::NO_CONNECTION } else { words::NONE_MATCH };
        frame.render_widget(Paragraph::new(phrase.text(model.lang)), inner);
        return;
    }
    let room = usize::from(inner.height.saturating_sub(1));
    let place = model.place();
    let first = first_of(place, room, shown);
    let lines = visible(model, first, room);
    let listing = Listing::new(&lines, model.now, drawing(model, inner.width.saturating_sub(1)));
    let mut drawn =
        vec![Line::styled(format!(" {}", listing.title()), Style::new().add_modifier(Modifier::BOLD))];
    for (i, line) in lines.iter().enumerate() {
        let is_selected = first + i == place;
        let text = format!("{}{}", if is_selected { '>' } else { ' ' }, listing.line(line, model.now));
        drawn.push(Line::styled(text, look(model, line, is_selected)));
    }
    frame.render_widget(Paragraph::new(drawn), inner);
    model.areas.connections = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    model.areas.first_connection = first;
}

/// The lines that are in sight, with what can be said of them by now.
fn visible(model: &Model, first: usize, room: usize) -> Vec<Connection> {
    let groups = model.store.shown().iter().skip(first).take(room);
    let lines = groups.filter_map(|group| model.store.line(*group, model.now));
    lines.map(|line| if model.hides { hidden(line) } else { line }).collect()
}

/// The line without what says who talks.
fn hidden(mut line: Connection) -> Connection {
    let nobody = |address: SocketAddr| {
        let ip = match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        SocketAddr::new(ip, address.port())
    };
    (line.client, line.server) = (nobody(line.client), nobody(line.server));
    line.names = [None, None];
    line
}

fn look(model: &Model, line: &Connection, is_selected: bool) -> Style {
    let trouble = match line.level() {
        Some(Level::Warn | Level::Fail) => Style::new().fg(Color::Indexed(205)),
        _ => Style::new(),
    };
    let look = if is_selected { trouble.add_modifier(Modifier::REVERSED) } else { trouble };
    style(model, look)
}
