//! The view without a terminal: events and keys in, cells out.

#[path = "../../../../trace/tests/common/mod.rs"]
mod common;

use cordial::Instant;
use cordial_gateway::Exit;
use cordial_trace::Lang;
use cordial_trace::event::Side::Client;
use cordial_trace::event::{At, Event, Group, Process, What};
use cordial_trace::ladder::width;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{
    Event as Input, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use super::export::picture;
use super::keys::{Effect, input};
use super::model::{Focus, Model, Overlay, Vitals};
use super::view;
use common::{healthy_and_refused, left_in_close_wait};

/// One that was closed in order, one that was refused, one that waits in CLOSE_WAIT.
fn events() -> Vec<Event> {
    let mut scene = healthy_and_refused();
    left_in_close_wait(&mut scene);
    scene.drain();
    scene.trace.settle(Instant::from_millis(1_000), &mut scene.events);
    let mut events = std::mem::take(&mut scene.events);
    let process = What::Process(Process::new("curl", 4711));
    let known = Event::new(Instant::from_millis(200), Group(1), At::End(Client), process);
    events.push(Event { id: 1_000, ..known });
    events
}

fn model() -> Model {
    let mut model = Model::new("cordial run -- curl http://10.0.0.1:8080/".to_owned(), Lang::En, false, true);
    events().iter().for_each(|event| model.event(event));
    model.tick(Instant::from_millis(95_000), Vitals::default());
    model
}

/// The screen, line by line, without what is blank at their ends.
fn screen(model: &mut Model, columns: u16, rows: u16) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("memory takes everything");
    terminal.draw(|frame| view::draw(frame, model)).expect("memory takes everything");
    let buffer = terminal.backend().buffer();
    let line = |y| {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..columns {
            // Behind a wide character stands a cell that is not drawn.
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            skip = width(symbol).saturating_sub(1);
        }
        line.trim_end().to_owned()
    };
    (0..rows).map(line).collect()
}

fn press(model: &mut Model, code: KeyCode) -> Effect {
    input(model, &Input::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn type_in(model: &mut Model, text: &str) {
    for c in text.chars() {
        press(model, KeyCode::Char(c));
    }
}

fn has(screen: &[String], text: &str) -> bool {
    screen.iter().any(|line| line.contains(text))
}

#[test]
fn all_panes_are_drawn_side_by_side_where_there_is_room() {
    let screen = screen(&mut model(), 136, 32);
    let expected = [
        " 3 of 3 connections ",
        ">#1  curl 4711  10.0.0.1:8080  TIME_WAIT / CLOSED       0.14 s  OK   S01 healthy",
        "#2  ?          10.0.0.1:8080  CLOSED / CLOSED            0 ms  FAIL H04 refused",
        "#3  ?          10.0.0.1:8080  FIN_WAIT_1 / CLOSE_WAIT",
        " ladder #1 ",
        "0.100000    FIN_WAIT_1 ├─ #8 FIN+ACK seq=79 ack=121 ───────────►│ CLOSE_WAIT",
        ">0.140000               ├─ #11 ACK seq=80 ack=122 ──────────────►│ CLOSED",
        " why this row ",
        "#11 ACK seq=80 ack=122 win=",
        "caused by  #10 FIN+ACK seq=121 ack=80",
        "state      server LAST_ACK -> CLOSED",
        "timers     -rexmit",
        " verdict S01 healthy · certain",
        "S01 Healthy. Handshake took 20 ms; 78 B up, 120 B down; the client closed first, in four steps.",
        "SYN queue [..........] 0/4  accept queue [..........] 0/4",
        "j/k move",
    ];
    let missing: Vec<&str> = expected.into_iter().filter(|text| !has(&screen, text)).collect();
    assert_eq!(missing, [] as [&str; 0], "\n{}", screen.join("\n"));
}

#[test]
fn chinese_is_drawn_in_its_width_and_ascii_in_ascii() {
    let mut model = model();
    model.lang = Lang::Zh;
    let chinese = screen(&mut model, 100, 32);
    for text in ["3 条连接中的 3 条", "客户端 / 服务器", "这一行的来由", "一切正常", "半连接队列"]
    {
        assert!(has(&chinese, text), "{text}\n{}", chinese.join("\n"));
    }
    // Frames end in the same column, whatever stands before.
    let framed = chinese.iter().filter(|line| line.ends_with('│'));
    assert!(framed.clone().count() > 10 && framed.clone().all(|line| width(line) == 100), "{chinese:#?}");
    model.lang = Lang::En;
    model.ascii = true;
    for overlay in [Overlay::None, Overlay::Help, Overlay::Story] {
        model.overlay = overlay;
        let ascii: Vec<String> =
            screen(&mut model, 100, 32).iter().map(|line| line.replace("中文", "")).collect();
        let other = ascii.iter().find(|line| !line.is_ascii());
        assert_eq!(other, None, "{}", ascii.join("\n"));
    }
}

#[test]
fn every_size_is_drawn_in_every_state() {
    let overlays = [
        Overlay::None,
        Overlay::Help,
        Overlay::Story,
        Overlay::Output,
        Overlay::Leave,
        Overlay::Filter("prot:1".to_owned(), "prot:1".parse::<cordial_explain::Filter>().err()),
    ];
    for overlay in overlays {
        for (columns, rows) in [(1, 1), (3, 2), (20, 8), (40, 12), (71, 20), (72, 24), (100, 30), (250, 80)] {
            for (lang, focus) in [(Lang::En, Focus::Connections), (Lang::Zh, Focus::Ladder)] {
                let mut model = model();
                (model.lang, model.focus, model.overlay) = (lang, focus, overlay.clone());
                screen(&mut model, columns, rows);
                let mut empty = Model::new(String::new(), lang, true, false);
                empty.overlay = overlay.clone();
                screen(&mut empty, columns, rows);
            }
        }
    }
}

#[test]
fn on_a_small_screen_the_pane_in_use_is_drawn() {
    let mut model = model();
    let list = screen(&mut model, 60, 16);
    assert!(has(&list, "#2") && has(&list, "S01 Healthy") && !has(&list, "FIN+ACK"), "{}", list.join("\n"));
    press(&mut model, KeyCode::Enter);
    let ladder = screen(&mut model, 60, 16);
    assert!(has(&ladder, "#10 FIN+ACK") && has(&ladder, "caused by"), "{}", ladder.join("\n"));
}

#[test]
fn keys_move_through_connections_and_rows() {
    let mut model = model();
    assert_eq!(model.current(), Some(Group(1)));
    press(&mut model, KeyCode::Char('j'));
    press(&mut model, KeyCode::Char('j'));
    press(&mut model, KeyCode::Char('j'));
    assert_eq!(model.current(), Some(Group(3)));
    press(&mut model, KeyCode::Char('k'));
    assert!(has(&screen(&mut model, 100, 32), "H04 The machine answered"));
    press(&mut model, KeyCode::Home);
    press(&mut model, KeyCode::Left);
    assert!((model.focus, model.row() + 2) == (Focus::Ladder, model.rows()));
    press(&mut model, KeyCode::Char('g'));
    assert_eq!(model.row(), 0);
    press(&mut model, KeyCode::Right);
    assert!(has(&screen(&mut model, 100, 40), "#1 SYN seq=0"));
    press(&mut model, KeyCode::End);
    assert_eq!(model.row, None, "the newest row is followed");
    press(&mut model, KeyCode::Esc);
    assert_eq!(model.focus, Focus::Connections);
}

#[test]
fn the_mouse_selects_connections_and_rows() {
    let mut model = model();
    screen(&mut model, 136, 32);
    let click = |model: &mut Model, kind, column, row| {
        input(model, &Input::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
    };
    let areas = model.areas;
    let down = MouseEventKind::Down(MouseButton::Left);
    click(&mut model, down, 5, areas.connections.y + 2);
    assert_eq!(model.current(), Some(Group(3)));
    click(&mut model, MouseEventKind::ScrollUp, 5, areas.connections.y);
    assert_eq!(model.current(), Some(Group(1)));
    click(&mut model, down, 5, areas.ladder.y + 1);
    assert_eq!((model.focus, model.row()), (Focus::Ladder, areas.first_row + 1));
    click(&mut model, down, 5, 31);
    assert_eq!(model.row(), areas.first_row + 1, "a click beside the panes does nothing");
}

#[test]
fn a_filter_is_typed_corrected_and_applied() {
    let mut model = model();
    press(&mut model, KeyCode::Char('/'));
    type_in(&mut model, "stat:close_wait");
    press(&mut model, KeyCode::Enter);
    let wrong = screen(&mut model, 100, 32);
    assert!(
        has(&wrong, "there is no field `stat`") && has(&wrong, "stat:close_wait_"),
        "{}",
        wrong.join("\n")
    );
    for _ in 0.."stat:close_wait".len() {
        press(&mut model, KeyCode::Backspace);
    }
    type_in(&mut model, "state:close_wait");
    press(&mut model, KeyCode::Enter);
    let shown = screen(&mut model, 100, 32);
    assert!(has(&shown, "1 of 3 connections · filter: state:close_wait"), "{}", shown.join("\n"));
    assert_eq!((model.store.shown(), model.current()), (&[Group(3)][..], Some(Group(3))));
    press(&mut model, KeyCode::Char('/'));
    type_in(&mut model, " pid:1");
    press(&mut model, KeyCode::Enter);
    assert!(has(&screen(&mut model, 100, 32), "no connection matches the filter"));
}

#[test]
fn a_frozen_view_stands_still_and_then_catches_up() {
    let all = events();
    let mut model = Model::new("cordial run".to_owned(), Lang::En, false, true);
    let (early, late) = all.split_at(all.len() / 2);
    early.iter().for_each(|event| model.event(event));
    model.tick(Instant::from_millis(100), Vitals::default());
    press(&mut model, KeyCode::Char(' '));
    let before = screen(&mut model, 100, 32);
    late.iter().for_each(|event| model.event(event));
    model.tick(Instant::from_millis(5_000), Vitals::default());
    let frozen = screen(&mut model, 100, 32);
    assert_eq!(before[1..], frozen[1..], "only the first line says how many wait");
    assert!(has(&frozen, &format!("FROZEN, {} events wait", late.len())), "{}", frozen.join("\n"));
    press(&mut model, KeyCode::Char(' '));
    assert_eq!((model.waiting(), model.store.len()), (0, 3));
}

#[test]
fn hidden_addresses_are_nowhere_on_the_screen_nor_in_the_export() {
    let mut model = model();
    assert!(has(&screen(&mut model, 100, 32), "10.0.0.1"));
    press(&mut model, KeyCode::Char('p'));
    for overlay in [Overlay::None, Overlay::Story, Overlay::Help] {
        model.overlay = overlay;
        let hidden = screen(&mut model, 136, 40);
        assert!(!has(&hidden, "10.0.0.") && has(&hidden, "cordial run · 3 of 3"), "{}", hidden.join("\n"));
    }
    let (group, text) = picture(&model).expect("a connection is selected");
    assert!(group == 1 && text.contains("S01 Healthy") && !text.contains("10.0.0."), "{text}");
    model.hides = false;
    let (_, text) = picture(&model).expect("a connection is selected");
    assert!(text.contains("client 10.0.0.2:51514 (curl, pid 4711)"), "{text}");
}

#[test]
fn leaving_asks_only_while_the_program_runs() {
    let mut model = model();
    assert_eq!(press(&mut model, KeyCode::Char('q')), Effect::None);
    assert!(has(&screen(&mut model, 100, 32), "CMD is still running"));
    assert_eq!(press(&mut model, KeyCode::Char('n')), Effect::None);
    assert_eq!(model.overlay, Overlay::None);
    press(&mut model, KeyCode::Char('q'));
    assert_eq!(press(&mut model, KeyCode::Char('w')), Effect::Leave);
    press(&mut model, KeyCode::Char('q'));
    assert_eq!(press(&mut model, KeyCode::Char('e')), Effect::End);
    let interrupt = Input::Key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
    assert_eq!(input(&mut model, &interrupt), Effect::Interrupt);
    model.exit = Some(Exit::Code(3));
    assert!(has(&screen(&mut model, 100, 32), "CMD ended: exit code 3"));
    assert_eq!(press(&mut model, KeyCode::Char('q')), Effect::Leave);
    assert_eq!(input(&mut model, &interrupt), Effect::Leave);
}

#[test]
fn thousands_of_connections_are_kept_within_bounds_and_the_last_ones_are_reached() {
    let mut model = Model::new("cordial run".to_owned(), Lang::En, false, true);
    let template: Vec<Event> = events().into_iter().filter(|event| event.group == Group(1)).collect();
    let many = 21_000;
    for n in 1..=many {
        for (i, event) in template.iter().enumerate() {
            let id = u64::from(n) * 100 + i as u64;
            model.event(&Event { group: Group(n), id, ..event.clone() });
        }
    }
    assert!(model.store.len() <= 20_000, "{}", model.store.len());
    press(&mut model, KeyCode::End);
    assert_eq!(model.current(), Some(Group(many)));
    let shown = screen(&mut model, 136, 40);
    assert!(has(&shown, &format!(">#{many}")) && has(&shown, "FIN+ACK"), "{}", shown.join("\n"));
}
