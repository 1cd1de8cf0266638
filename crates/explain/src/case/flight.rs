//! What one end has sent and not yet heard of: when each position left, and how long answers take.

use std::collections::VecDeque;
use std::time::Duration;

use cordial_tcp::Instant;

/// Transmissions under way, oldest first. When there are many, neighbours share an entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flight {
    entries: VecDeque<Entry>,
    /// The shortest time from a segment to its acknowledgment, as seen from where we look.
    pub(crate) echo: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    end: i64,
    /// When its newest position was sent the last time.
    last: Instant,
    is_resent: bool,
}

/// Entries that are kept.
const MOST: usize = 64;

impl Flight {
    /// Positions up to `end` were sent for the first time.
    pub(crate) fn sent(&mut self, end: i64, now: Instant) {
        if self.entries.len() >= MOST {
            self.thin();
        }
        self.entries.push_back(Entry { end, last: now, is_resent: false });
    }

    /// The positions before `end` are sent again: how long ago they were sent, if they are still under way.
    pub(crate) fn resent(&mut self, end: i64, now: Instant) -> Option<Duration> {
        let entry = self.entries.iter_mut().find(|entry| end <= entry.end)?;
        let age = now.since(entry.last);
        entry.last = now;
        entry.is_resent = true;
        Some(age)
    }

    /// Everything before `ack` arrived. Gives how long the newest of it was under way, unless it was sent twice
    /// (Karn's rule, RFC 6298 §3).
    pub(crate) fn acknowledged(&mut self, ack: i64, now: Instant) -> Option<Duration> {
        let mut newest = None;
        let mut is_resent = false;
        while let Some(entry) = self.entries.front().filter(|entry| entry.end <= ack) {
            is_resent |= entry.is_resent;
            newest = Some(entry.last);
            self.entries.pop_front();
        }
        let took = now.since(newest.filter(|_| !is_resent)?);
        self.echo = Some(self.echo.map_or(took, |echo| echo.min(took)));
        Some(took)
    }

    /// Makes one entry of each two, the first of a pair giving way.
    fn thin(&mut self) {
        let mut keep = false;
        self.entries.retain(|_| {
            keep = !keep;
            !keep
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_gives_the_time_of_the_newest_it_covers() {
        let mut flight = Flight::default();
        flight.sent(10, Instant::from_millis(0));
        flight.sent(20, Instant::from_millis(5));
        flight.sent(30, Instant::from_millis(6));
        assert_eq!(flight.acknowledged(20, Instant::from_millis(25)), Some(Duration::from_millis(20)));
        assert_eq!(flight.resent(30, Instant::from_millis(206)), Some(Duration::from_millis(200)));
        assert_eq!(flight.acknowledged(30, Instant::from_millis(210)), None);
        assert_eq!(flight.echo, Some(Duration::from_millis(20)));
    }

    #[test]
    fn a_long_flight_stays_bounded_and_keeps_its_front_and_back() {
        let mut flight = Flight::default();
        for i in 1..=10_000 {
            flight.sent(i * 10, Instant::from_millis(0));
        }
        assert!(flight.entries.len() <= MOST);
        assert_eq!(flight.resent(10, Instant::from_millis(7)), Some(Duration::from_millis(7)));
        assert_eq!(flight.resent(100_000, Instant::from_millis(7)), Some(Duration::from_millis(7)));
        assert_eq!(flight.resent(100_001, Instant::from_millis(7)), None);
    }
}
