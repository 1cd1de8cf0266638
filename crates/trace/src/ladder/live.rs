//! Ladders that are drawn while things happen.

use std::collections::{BTreeMap, BTreeSet};

use cordial_tcp::Instant;

use super::picture::Picture;
use super::{Caption, Ladder, Style, finish_lines, width};
use crate::event::{Event, Group};
use crate::words::ladder as words;

/// Draws connections as their events come, one picture at a time.
///
/// The connection that came first is drawn row by row. One that is complete before it is drawn as a whole in between:
/// the open picture says that it goes on below, and does. The others wait for their turn.
#[derive(Debug)]
pub struct Live {
    style: Style,
    is_exact: bool,
    ladders: BTreeMap<Group, Ladder>,
    /// Connections that are not drawn yet.
    hidden: BTreeSet<Group>,
    /// The connection whose picture is open.
    open: Option<Group>,
    /// Pictures that were begun and interrupted.
    begun: Vec<Group>,
    text: String,
}

impl Live {
    /// Nothing is drawn yet. `is_exact`: every segment and every timer has its row.
    pub fn new(style: Style, is_exact: bool) -> Self {
        Self {
            style,
            is_exact,
            ladders: BTreeMap::new(),
            hidden: BTreeSet::new(),
            open: None,
            begun: Vec::new(),
            text: String::new(),
        }
    }

    /// Takes an event.
    pub fn event(&mut self, event: &Event) {
        let is_exact = self.is_exact;
        let is_start = matches!(event.what, crate::event::What::Started { .. });
        match self.ladders.get_mut(&event.group) {
            Some(ladder) => ladder.event(event),
            // What comes after the end of a connection was told is not drawn.
            None if !is_start => {}
            None => {
                let mut ladder = Ladder::new(is_exact);
                ladder.event(event);
                self.ladders.insert(event.group, ladder);
            }
        }
    }

    /// Holds a connection's rows back until [`show`](Self::show) is called for it, or it closes.
    pub fn hide(&mut self, group: Group) {
        self.hidden.insert(group);
    }

    /// Draws a connection that was hidden, from its beginning.
    pub fn show(&mut self, group: Group) {
        self.hidden.remove(&group);
    }

    /// A connection is complete: its picture ends, with the headline and lines of `caption`.
    pub fn close(&mut self, group: Group, caption: &Caption<'_>) {
        self.hidden.remove(&group);
        let Some(mut ladder) = self.ladders.remove(&group) else { return };
        ladder.finish();
        if self.open != Some(group) {
            self.interrupt();
        }
        self.draw_rows(group, &mut ladder, caption);
        let picture = self.picture(ladder.origin());
        let mut lines = self.bottom(&picture, caption.headline);
        lines.extend(caption.lines.iter().cloned());
        lines.push(String::new());
        self.text.push_str(&finish_lines(lines, &self.style));
        self.open = None;
        self.begun.retain(|begun| *begun != group);
    }

    /// Forgets a connection that is no longer recorded.
    pub fn forget(&mut self, group: Group) {
        self.hidden.remove(&group);
        self.ladders.remove(&group);
        if self.open == Some(group) {
            self.interrupt();
        }
    }

    /// What is to be printed now. `caption` says what stands above a connection's picture.
    pub fn take<'a>(&mut self, caption: impl Fn(Group) -> Caption<'a>) -> String {
        if let Some(group) = self.open.or_else(|| self.next_shown())
            && let Some(mut ladder) = self.ladders.remove(&group)
        {
            ladder.settle();
            if !ladder.rows.is_empty() {
                self.draw_rows(group, &mut ladder, &caption(group));
            }
            self.ladders.insert(group, ladder);
        }
        std::mem::take(&mut self.text)
    }

    fn next_shown(&self) -> Option<Group> {
        self.ladders.keys().find(|group| !self.hidden.contains(group)).copied()
    }

    /// Draws what is new, and what stands above it if the picture is not open.
    fn draw_rows(&mut self, group: Group, ladder: &mut Ladder, caption: &Caption<'_>) {
        let picture = self.picture(ladder.origin());
        let mut lines = Vec::new();
        if self.open != Some(group) {
            if self.begun.contains(&group) {
                let n = group.0.to_string();
                lines.push(words::GOES_ON.fill(self.style.lang, &[("n", &n)]));
            } else {
                lines.extend(ladder.head(&self.style, &Caption { headline: "", ..*caption }));
                self.begun.push(group);
            }
            lines.extend(ladder.ends.map(|ends| picture.top(&ends)));
            self.open = Some(group);
        }
        for row in ladder.rows.drain(..) {
            lines.extend(picture.row(&row));
        }
        self.text.push_str(&finish_lines(lines, &self.style));
    }

    /// The lower edge with `text` behind it, or below it where there is no room.
    fn bottom(&self, picture: &Picture, text: &str) -> Vec<String> {
        let line = picture.bottom(text);
        match width(&line) <= self.style.width {
            true => vec![line],
            false => vec![picture.bottom(""), text.to_owned()],
        }
    }

    /// How many decimals a connection will need is not known while it goes on.
    fn picture(&self, origin: Instant) -> Picture {
        Picture::new(self.style, origin, self.style.fine.then_some(6))
    }

    /// Ends the open picture for now.
    fn interrupt(&mut self) {
        let Some(group) = self.open.take() else { return };
        let origin = self.ladders.get(&group).map_or_else(Default::default, Ladder::origin);
        let text = words::GOES_ON_BELOW.fill(self.style.lang, &[("n", &group.0.to_string())]);
        let mut lines = self.bottom(&self.picture(origin), &text);
        lines.push(String::new());
        self.text.push_str(&finish_lines(lines, &self.style));
    }
}
