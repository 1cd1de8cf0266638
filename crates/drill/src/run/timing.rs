//! When an event is due, and how far off it may be.

use std::time::Duration;

use cordial_stack::Instant;

use crate::host::ORIGIN;
use crate::script::{Event, Time};

/// When an event is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Due {
    pub(super) earliest: Instant,
    /// The same as `earliest` unless a range was written; none if any time will do.
    pub(super) latest: Option<Instant>,
    /// How far outside of that it may still be.
    pub(super) tolerance: Duration,
    /// When a call that waits must have returned.
    pub(super) until: Option<Instant>,
}

impl Due {
    /// When `event` is due if times are counted from `base`. `tolerance` is the least there is; an eighth of the
    /// distance to the event before is allowed anyhow.
    pub(super) fn of(event: &Event, base: Instant, tolerance: Duration) -> Self {
        let (from, earliest, latest) = match event.time {
            Time::At(at) => (ORIGIN, at, Some(at)),
            Time::After(after) => (base, after, Some(after)),
            Time::Between(first, last) => (ORIGIN, first, Some(last)),
            Time::AfterBetween(first, last) => (base, first, Some(last)),
            Time::Any => (base, Duration::ZERO, None),
        };
        let earliest = from + earliest;
        let distance = earliest.since(base);
        Self {
            earliest,
            latest: latest.map(|latest| from + latest),
            tolerance: tolerance.max(distance / 8),
            until: event.until.map(|until| from + until),
        }
    }

    /// Whether something at `moment` came in time, before it, or after it.
    pub(super) fn judge(&self, moment: Instant) -> Judgement {
        let Some(latest) = self.latest else { return Judgement::InTime };
        if moment + self.tolerance < self.earliest {
            Judgement::Early(self.earliest.since(moment))
        } else if moment > latest + self.tolerance {
            Judgement::Late(moment.since(latest))
        } else {
            Judgement::InTime
        }
    }

    /// The last moment that is worth waiting for.
    pub(super) fn limit(&self) -> Instant {
        self.latest.map_or(self.earliest + MOST_PATIENCE, |latest| latest + self.tolerance)
    }
}

/// How long a packet at any time is waited for: longer than any timer of the engine but keepalive's two hours.
const MOST_PATIENCE: Duration = Duration::from_secs(3 * 3600);

/// How a moment lies to what is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Judgement {
    InTime,
    /// By this much.
    Early(Duration),
    /// By this much.
    Late(Duration),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{Action, Place};

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn due(time: Time, base: Instant) -> Due {
        let event = Event { at: Place::default(), time, until: None, action: Action::Code(String::new()) };
        Due::of(&event, base, ms(4))
    }

    /// One before, at, and one after either edge.
    #[test]
    fn four_milliseconds_or_an_eighth_of_the_distance() {
        let base = ORIGIN + ms(500);
        for (distance, allowed) in
            [(ms(10), ms(4)), (ms(32), ms(4)), (ms(200), ms(25)), (ms(8_000), ms(1_000))]
        {
            let due = due(Time::After(distance), base);
            let at = base + distance;
            let nano = Duration::from_nanos(1);
            assert_eq!(due.judge(at + allowed), Judgement::InTime, "{distance:?}");
            assert_eq!(due.judge(at + allowed + nano), Judgement::Late(allowed + nano), "{distance:?}");
            let early = Instant::from_nanos(at.as_nanos() - allowed.as_nanos() as u64);
            assert_eq!(due.judge(early), Judgement::InTime, "{distance:?}");
            let too_early = Instant::from_nanos(early.as_nanos() - 1);
            assert_eq!(due.judge(too_early), Judgement::Early(allowed + nano), "{distance:?}");
        }
    }

    #[test]
    fn a_range_is_allowed_all_of_it_and_any_time_is_any() {
        let base = ORIGIN;
        let range = due(Time::AfterBetween(ms(10), ms(30)), base);
        assert_eq!(range.judge(base + ms(20)), Judgement::InTime);
        assert_eq!(range.judge(base + ms(34)), Judgement::InTime);
        assert_eq!(range.judge(base + ms(35)), Judgement::Late(ms(5)));
        assert_eq!(range.judge(base + ms(5)), Judgement::Early(ms(5)));
        assert_eq!(due(Time::Any, base).judge(base + ms(3_600_000)), Judgement::InTime);
    }

    #[test]
    fn absolute_times_count_from_the_beginning() {
        let due = due(Time::At(ms(700)), ORIGIN + ms(600));
        assert_eq!((due.earliest, due.tolerance), (ORIGIN + ms(700), ms(12) + Duration::from_micros(500)));
    }
}
