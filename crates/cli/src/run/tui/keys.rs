//! What keys and the mouse do.

use cordial_explain::Filter;
use cordial_trace::Lang;
use ratatui::crossterm::event::{
    Event as Input, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::{Position, Rect};

use super::model::{Focus, Model, Overlay};

/// What is to be done outside of the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// Write the ladder of the current connection to a file.
    Export,
    /// Pass Ctrl-C on to the program.
    Interrupt,
    /// Leave the view.
    Leave,
    /// End the program and leave.
    End,
}

/// A page is as many rows as a small terminal has.
const PAGE: isize = 10;
/// Longest filter that can be typed.
const LONGEST: usize = 500;

/// Takes a key, a click or a new size.
pub fn input(model: &mut Model, input: &Input) -> Effect {
    match input {
        Input::Key(key) if key.kind != KeyEventKind::Release => self::key(model, *key),
        Input::Mouse(mouse) => {
            self::mouse(model, *mouse);
            Effect::None
        }
        Input::Paste(text) => {
            if let Overlay::Filter(typed, _) = &mut model.overlay {
                typed.extend(text.chars().filter(|c| !c.is_control()).take(LONGEST));
            }
            Effect::None
        }
        _ => Effect::None,
    }
}

fn key(model: &mut Model, key: KeyEvent) -> Effect {
    model.message.clear();
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') if model.exit.is_some() => Effect::Leave,
            KeyCode::Char('c') => Effect::Interrupt,
            _ => Effect::None,
        };
    }
    match model.overlay.clone() {
        Overlay::None => pane_key(model, key.code),
        Overlay::Filter(typed, _) => {
            filter_key(model, typed, key.code);
            Effect::None
        }
        Overlay::Leave => leave_key(model, key.code),
        overlay => overlay_key(model, &overlay, key.code),
    }
}

/// The keys of the panes.
fn pane_key(model: &mut Model, code: KeyCode) -> Effect {
    match code {
        KeyCode::Char('j') | KeyCode::Down => model.step(model.focus, 1),
        KeyCode::Char('k') | KeyCode::Up => model.step(model.focus, -1),
        KeyCode::PageDown => model.step(model.focus, PAGE),
        KeyCode::PageUp => model.step(model.focus, -PAGE),
        KeyCode::Char('g') | KeyCode::Home => model.step(model.focus, isize::MIN),
        KeyCode::Char('G') | KeyCode::End => model.step(model.focus, isize::MAX),
        KeyCode::Right | KeyCode::Char('l') => step_event(model, 1),
        KeyCode::Left | KeyCode::Char('h') => step_event(model, -1),
        KeyCode::Enter => model.focus = Focus::Ladder,
        KeyCode::Esc => model.focus = Focus::Connections,
        KeyCode::Tab | KeyCode::BackTab => {
            model.focus = match model.focus {
                Focus::Connections => Focus::Ladder,
                Focus::Ladder => Focus::Connections,
            };
        }
        KeyCode::Char(' ') if model.is_frozen() => model.thaw(),
        KeyCode::Char(' ') => model.freeze(),
        KeyCode::Char('t') => model.from_start = !model.from_start,
        KeyCode::Char('p') => model.hides = !model.hides,
        KeyCode::Char('L') => {
            model.lang = match model.lang {
                Lang::En => Lang::Zh,
                Lang::Zh => Lang::En,
            };
        }
        KeyCode::Char('/') => model.overlay = Overlay::Filter(model.filter.clone(), None),
        KeyCode::Char('e') => model.overlay = Overlay::Story,
        KeyCode::Char('o') => model.overlay = Overlay::Output,
        KeyCode::Char('?') => model.overlay = Overlay::Help,
        KeyCode::Char('x') => return Effect::Export,
        KeyCode::Char('q') if model.exit.is_some() => return Effect::Leave,
        KeyCode::Char('q') => model.overlay = Overlay::Leave,
        _ => {}
    }
    Effect::None
}

/// Steps through what happened, and so stops following it.
fn step_event(model: &mut Model, by: isize) {
    model.focus = Focus::Ladder;
    model.step(Focus::Ladder, by);
}

/// Any key closes what lies over the panes, and the key that opened it is no other than that.
fn overlay_key(model: &mut Model, overlay: &Overlay, code: KeyCode) -> Effect {
    model.overlay = Overlay::None;
    let is_own = matches!(
        (overlay, code),
        (_, KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q' | ' '))
            | (Overlay::Help, KeyCode::Char('?'))
            | (Overlay::Story, KeyCode::Char('e'))
            | (Overlay::Output, KeyCode::Char('o'))
    );
    if is_own { Effect::None } else { pane_key(model, code) }
}

fn leave_key(model: &mut Model, code: KeyCode) -> Effect {
    model.overlay = Overlay::None;
    match code {
        KeyCode::Char('e') => Effect::End,
        KeyCode::Char('w') => Effect::Leave,
        _ => Effect::None,
    }
}

fn filter_key(model: &mut Model, mut typed: String, code: KeyCode) {
    match code {
        KeyCode::Esc => model.overlay = Overlay::None,
        KeyCode::Enter => match typed.parse::<Filter>() {
            Ok(filter) => {
                model.overlay = Overlay::None;
                model.set_filter(typed.trim(), filter);
            }
            Err(error) => model.overlay = Overlay::Filter(typed, Some(error)),
        },
        KeyCode::Backspace => {
            typed.pop();
            model.overlay = Overlay::Filter(typed, None);
        }
        KeyCode::Char(c) if typed.len() < LONGEST => {
            typed.push(c);
            model.overlay = Overlay::Filter(typed, None);
        }
        _ => {}
    }
}

fn mouse(model: &mut Model, mouse: MouseEvent) {
    let at = Position { x: mouse.column, y: mouse.row };
    let areas = model.areas;
    let focus = match (areas.connections.contains(at), areas.ladder.contains(at)) {
        (true, _) => Focus::Connections,
        (_, true) => Focus::Ladder,
        _ => return,
    };
    let line = |area: Rect, first: usize| first + usize::from(at.y.saturating_sub(area.y));
    match (mouse.kind, focus) {
        (MouseEventKind::Down(MouseButton::Left), Focus::Connections) => {
            model.focus = focus;
            model.select(line(areas.connections, areas.first_connection));
        }
        (MouseEventKind::Down(MouseButton::Left), Focus::Ladder) => {
            model.focus = focus;
            model.choose_row(line(areas.ladder, areas.first_row));
        }
        (MouseEventKind::ScrollDown, _) => model.step(focus, 3),
        (MouseEventKind::ScrollUp, _) => model.step(focus, -3),
        _ => {}
    }
}
