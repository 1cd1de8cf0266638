//! The state of the view: what is selected, how it is looked at, what is being typed. Keys and events change it, the
//! view draws it, and nothing here touches a terminal.

use std::collections::VecDeque;

use cordial::{Counters, Instant};
use cordial_explain::{Filter, FilterError};
use cordial_gateway::Exit;
use cordial_trace::Lang;
use cordial_trace::event::{Event, Group};
use ratatui::layout::Rect;

use super::store::Store;

/// Everything that is drawn.
#[derive(Debug)]
pub struct Model {
    /// The command.
    pub title: String,
    /// The connections.
    pub store: Store,
    /// The language of everything.
    pub lang: Lang,
    /// ASCII characters only.
    pub ascii: bool,
    /// With colours.
    pub colour: bool,
    /// The connection that is looked at.
    pub selected: Option<Group>,
    /// The row of its ladder; none: the newest.
    pub row: Option<usize>,
    /// Which pane the keys move in.
    pub focus: Focus,
    /// What lies over the panes.
    pub overlay: Overlay,
    /// The filter as it was typed.
    pub filter: String,
    /// Times count from the run's beginning, not the connection's.
    pub from_start: bool,
    /// Addresses and names are not shown.
    pub hides: bool,
    /// What the last key did, where that does not show.
    pub message: String,
    /// The end of what the program wrote.
    pub output: String,
    /// The stack's own numbers.
    pub vitals: Vitals,
    /// The present, or the moment of the freeze.
    pub now: Instant,
    /// How the program ended.
    pub exit: Option<Exit>,
    /// Events that wait while the view is frozen.
    frozen: Option<VecDeque<Event>>,
    /// Where the panes were drawn last, for the mouse.
    pub areas: Areas,
}

/// Where the keys move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// The list of connections.
    Connections,
    /// The rows of one.
    Ladder,
}

/// What lies over the panes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Overlay {
    /// Nothing.
    None,
    /// What keys there are.
    Help,
    /// Everything that is said of the connection.
    Story,
    /// What the program wrote.
    Output,
    /// A filter is being typed: the text, and what is wrong with it.
    Filter(String, Option<FilterError>),
    /// What is to become of a program that still runs.
    Leave,
}

/// Numbers of the stack.
#[derive(Debug, Clone, Copy, Default)]
pub struct Vitals {
    /// Connections, half-open ones, and those in TIME-WAIT.
    pub connections: usize,
    pub half_open: usize,
    pub time_wait: usize,
    /// What it counts.
    pub counters: Counters,
}

/// Where panes are, and the first of what they show.
#[derive(Debug, Clone, Copy, Default)]
pub struct Areas {
    /// The lines of connections.
    pub connections: Rect,
    pub first_connection: usize,
    /// The rows of the ladder.
    pub ladder: Rect,
    pub first_row: usize,
}

/// Events that may wait while frozen.
const FROZEN: usize = 100_000;

impl Model {
    /// Nothing has happened yet.
    pub fn new(title: String, lang: Lang, ascii: bool, colour: bool) -> Self {
        Self {
            title,
            store: Store::default(),
            lang,
            ascii,
            colour,
            selected: None,
            row: None,
            focus: Focus::Connections,
            overlay: Overlay::None,
            filter: String::new(),
            from_start: false,
            hides: false,
            message: String::new(),
            output: String::new(),
            vitals: Vitals::default(),
            now: Instant::ZERO,
            exit: None,
            frozen: None,
            areas: Areas::default(),
        }
    }

    /// Takes an event of the record; while frozen it waits.
    pub fn event(&mut self, event: &Event) {
        match &mut self.frozen {
            Some(waiting) if waiting.len() < FROZEN => waiting.push_back(event.clone()),
            Some(_) => {
                self.thaw();
                self.store.event(event);
            }
            None => self.store.event(event),
        }
    }

    /// The present; ignored while frozen.
    pub fn tick(&mut self, now: Instant, vitals: Vitals) {
        if self.frozen.is_none() {
            self.now = now;
            self.vitals = vitals;
        }
    }

    /// True while the view stands still.
    pub fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// Events that wait.
    pub fn waiting(&self) -> usize {
        self.frozen.as_ref().map_or(0, VecDeque::len)
    }

    /// Lets the view stand still.
    pub fn freeze(&mut self) {
        self.frozen.get_or_insert_default();
    }

    /// Lets it go on.
    pub fn thaw(&mut self) {
        for event in self.frozen.take().unwrap_or_default() {
            self.store.event(&event);
        }
    }

    /// Shows only what `filter` lets through.
    pub fn set_filter(&mut self, text: &str, filter: Filter) {
        text.clone_into(&mut self.filter);
        self.store.set_filter(filter);
        self.select(0);
    }

    /// The place of the selected connection among those that are shown.
    pub fn place(&self) -> usize {
        let shown = self.store.shown();
        let Some(selected) = self.selected else { return 0 };
        match shown.binary_search(&selected) {
            Ok(place) => place,
            // It is gone: what stands in its place now.
            Err(place) => place.min(shown.len().saturating_sub(1)),
        }
    }

    /// The connection that is looked at.
    pub fn current(&self) -> Option<Group> {
        self.store.shown().get(self.place()).copied()
    }

    /// Looks at the connection at this place of those that are shown.
    pub fn select(&mut self, place: usize) {
        let shown = self.store.shown();
        let group = shown.get(place.min(shown.len().saturating_sub(1))).copied();
        if group != self.selected {
            self.row = None;
        }
        self.selected = group;
    }

    /// `text` about the current connection, without its addresses and names where those are hidden.
    pub fn masked(&self, text: &str) -> String {
        let entry = self.current().and_then(|group| self.store.entry(group));
        let (true, Some(entry)) = (self.hides, entry) else { return text.to_owned() };
        let line = &entry.line;
        let addresses = [line.client, line.server].map(|address| address.ip().to_string());
        let names = line.names.iter().flatten().cloned();
        addresses.into_iter().chain(names).fold(text.to_owned(), |text, secret| text.replace(&secret, "..."))
    }

    /// How many rows the ladder has.
    pub fn rows(&self) -> usize {
        let entry = self.current().and_then(|group| self.store.entry(group));
        entry.map_or(0, |entry| entry.ladder.rows().len())
    }

    /// The row that is looked at: the one that was chosen, else the newest.
    pub fn row(&self) -> usize {
        let newest = self.rows().saturating_sub(1);
        self.row.map_or(newest, |row| row.min(newest))
    }

    /// Moves by so many rows or connections.
    pub fn step(&mut self, focus: Focus, by: isize) {
        match focus {
            Focus::Connections => {
                let place = self.place().saturating_add_signed(by);
                self.select(place);
            }
            Focus::Ladder => {
                let row = self.row().saturating_add_signed(by);
                // At the end the view follows what happens.
                self.row = (row + 1 < self.rows()).then_some(row);
            }
        }
    }

    /// Chooses a row.
    pub fn choose_row(&mut self, row: usize) {
        self.row = (row + 1 < self.rows()).then_some(row);
    }
}
