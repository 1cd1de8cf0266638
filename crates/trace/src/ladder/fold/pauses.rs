//! Time that passes between two rows.

use std::time::Duration;

use cordial_tcp::Instant;
use cordial_wire::Flags;

use crate::event::{Segment, Side, Timer};
use crate::ladder::row::{Lane, Note, Reach, Row, Say, Wait};

/// Knows how long a pause has to be to get a row of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pauses {
    /// When the last row was.
    last: Option<Instant>,
    /// When the first segment left, and the time to the first answer.
    first_sent: Option<Instant>,
    round_trip: Option<Duration>,
}

/// A pause is worth a row from here on, or from twice the round-trip time.
const LEAST: Duration = Duration::from_millis(150);

impl Pauses {
    /// A segment was sent or arrived: the handshake tells the round-trip time.
    pub fn measure(&mut self, now: Instant, segment: &Segment) {
        let is_synack = segment.has(Flags::SYN) && segment.has(Flags::ACK);
        match self.first_sent {
            None => self.first_sent = Some(now),
            Some(first) if is_synack && !segment.again && self.round_trip.is_none() => {
                self.round_trip = Some(now.since(first));
            }
            Some(_) => {}
        }
        if segment.again && segment.has(Flags::SYN) {
            self.first_sent = Some(now);
        }
    }

    /// A row was given.
    pub fn shown(&mut self, row: &Row) {
        self.last = row.time.or(self.last);
    }

    /// The row that tells of the pause before `row`, if it is worth one. `is_hiding`: rows like it are being left out.
    /// `waits_for` is true for a side whose goodbye the other one waits for.
    pub fn before(&self, row: &Row, is_hiding: bool, waits_for: impl Fn(Side) -> bool) -> Option<Row> {
        let (last, now) = (self.last?, row.time?);
        let span = now.since(last);
        let least = self.round_trip.map_or(LEAST, |trip| LEAST.max(trip * 2));
        if span < least || (is_hiding && span < Duration::from_secs(1) && row.is_plain()) {
            return None;
        }
        let is_time_wait = |note: &Note| matches!(note, Note::Timer { timer: Timer::TimeWait, .. });
        let what = match &row.lane {
            Lane::Say { side, what: Say::TimerFires | Say::GivesUp } => Wait::HearsNothing(*side),
            // Its sender waits no longer, or for something else.
            Lane::Arrow { reach: Reach::Arrives, .. } => Wait::Passes,
            Lane::Arrow { from, segment, .. } if segment.again => Wait::HearsNothing(*from),
            Lane::Arrow { from, segment, .. } if segment.has(Flags::FIN) && waits_for(*from) => {
                Wait::StillWorking(*from)
            }
            Lane::Blank if row.notes.iter().any(is_time_wait) => Wait::NothingArrives,
            _ => Wait::Passes,
        };
        Some(Row { time: None, ..Row::new(now, Lane::Gap { span, what }) })
    }
}
