//! The window one end announces: when it was nothing, and for how long.

use std::time::Duration;

use cordial_tcp::Instant;

use super::evidence::{Many, Seen};

/// Pauses that an end asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    /// When it announced a window of nothing, while it does.
    since: Option<Instant>,
    /// The first time that it did.
    pub(crate) zero: Option<Seen>,
    /// The newest announcement of a window of nothing.
    pub(crate) zero_again: Option<Seen>,
    /// All pauses together.
    pub(crate) paused: Duration,
    /// The longest time over which it went on saying that there is no room.
    pub(crate) insisted: Duration,
    /// Probes of the other end since this one was heard.
    pub(crate) unheard: Many<Seen>,
    /// The newest, as sent.
    pub(crate) newest: Option<u16>,
}

impl Window {
    /// True while there is no room.
    pub(crate) fn is_closed(&self) -> bool {
        self.since.is_some()
    }

    /// Notes what a segment announces.
    pub(crate) fn announced(&mut self, window: u16, seen: &Seen) {
        self.newest = Some(window);
        self.unheard.clear();
        match (window, self.since) {
            (0, None) => {
                self.since = Some(seen.time);
                self.zero.get_or_insert(*seen);
            }
            (0, Some(since)) => {
                self.insisted = self.insisted.max(seen.time.since(since));
                self.zero_again = Some(*seen);
            }
            (1.., Some(_)) => self.ends(seen.time),
            (1.., None) => {}
        }
    }

    /// The pause is over, or the record is.
    pub(crate) fn ends(&mut self, now: Instant) {
        if let Some(since) = self.since.take() {
            self.paused += now.since(since);
        }
    }
}
