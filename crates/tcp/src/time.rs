//! Time as the caller tells it.

use core::fmt;
use core::num::NonZeroU32;
use core::ops::{Add, Sub};
use core::time::Duration;

/// A moment: nanoseconds since an origin the caller chose. Nothing here ever asks for the time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(u64);

impl Instant {
    /// The origin.
    pub const ZERO: Self = Self(0);

    /// The moment `nanos` nanoseconds after the origin.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The moment `millis` milliseconds after the origin.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// Nanoseconds since the origin.
    #[inline]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Whole milliseconds since the origin.
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// How long after `earlier` this is; zero if it is not.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl Sub for Instant {
    type Output = Duration;
    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}ms", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// A moment at which something is due, or none, in four octets.
///
/// It counts ticks of 64 µs on a circle of 76 hours, so it tells moments up to 38 hours either side of now; a longer
/// wait is cut to that and comes back early, which [`Connection::on_timer`](crate::Connection::on_timer) bears.
/// Rounded up: a deadline is never due before its moment.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Deadline(Option<NonZeroU32>);

/// Nanoseconds in one tick of a [`Deadline`].
const TICK: u64 = 64_000;
/// The furthest a deadline may lie ahead, in ticks.
const HORIZON: u64 = (1 << 31) - 1;

impl Deadline {
    /// How fine deadlines are told apart.
    pub(crate) const TICK: Duration = Duration::from_nanos(TICK);

    /// Nothing is due.
    pub const NONE: Self = Self(None);

    /// Due `wait` after `now`.
    pub fn after(now: Instant, wait: Duration) -> Self {
        let horizon = now.0 / TICK + HORIZON;
        // A tick ahead at least: what is armed again and again never comes due at one and the same moment.
        let due = (now + wait).0.div_ceil(TICK).clamp(now.0 / TICK + 1, horizon);
        // Zero stands for "none": the one tick in 2³² that would need it is moved by 64 µs.
        Self(NonZeroU32::new(due as u32).or(NonZeroU32::new(1)))
    }

    /// True if something is due at some time.
    #[inline]
    pub const fn is_set(self) -> bool {
        self.0.is_some()
    }

    /// True if it is due at `now` or was before.
    pub fn is_due(self, now: Instant) -> bool {
        self.0.is_some_and(|due| ticks_from(now, due.get()) <= 0)
    }

    /// The earlier of two, seen from `now`.
    pub fn earlier(self, other: Self, now: Instant) -> Self {
        match (self.0, other.0) {
            (Some(a), Some(b)) if ticks_from(now, b.get()) < ticks_from(now, a.get()) => other,
            (None, _) => other,
            _ => self,
        }
    }

    /// The earliest of several, seen from `now`.
    #[inline]
    pub(crate) fn earliest<const N: usize>(all: [Self; N], now: Instant) -> Self {
        // Turned by half the circle, ticks are in order as plain numbers; none is after all of them.
        let past = Self::tick_of(now).wrapping_sub(1 << 31);
        let rank = |due: Self| due.0.map_or(u64::MAX, |due| u64::from(due.get().wrapping_sub(past)));
        let first = all.into_iter().map(rank).fold(u64::MAX, u64::min);
        u32::try_from(first).map_or(Self::NONE, |rank| Self::from_ticks(rank.wrapping_add(past)))
    }

    /// The moment it stands for, seen from `now`; a moment long past is `now` at the latest tick it may be.
    pub fn instant(self, now: Instant) -> Option<Instant> {
        self.0.map(|due| {
            let ahead = i64::from(ticks_from(now, due.get()));
            Instant((now.0 / TICK).saturating_add_signed(ahead) * TICK)
        })
    }

    /// Ticks from `now` until it is due, negative when it was: the deadline as it looks to someone without an origin.
    pub(crate) fn remaining(self, now: Instant) -> Option<i32> {
        self.0.map(|due| ticks_from(now, due.get()))
    }

    /// The raw tick, zero for none: for tables that keep deadlines in order.
    #[inline]
    pub fn ticks(self) -> u32 {
        self.0.map_or(0, NonZeroU32::get)
    }

    /// The deadline of a raw tick; zero is none.
    pub const fn from_ticks(ticks: u32) -> Self {
        Self(NonZeroU32::new(ticks))
    }

    /// The tick that `now` lies in, as [`ticks`](Self::ticks) counts.
    #[inline]
    pub const fn tick_of(now: Instant) -> u32 {
        (now.0 / TICK) as u32
    }
}

/// Ticks from `now` to `due`, negative when it is past. A deadline whose tick began is due.
fn ticks_from(now: Instant, due: u32) -> i32 {
    due.wrapping_sub((now.0 / TICK) as u32) as i32
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("none"),
            Some(due) => write!(f, "tick {due}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_due_at_its_moment_and_not_before() {
        let now = Instant::from_millis(1_000);
        let due = Deadline::after(now, Duration::from_millis(200));
        assert!(!due.is_due(Instant::from_millis(1_199)));
        assert!(due.is_due(Instant::from_millis(1_201)));
        assert!(due.instant(now).unwrap() >= now + Duration::from_millis(200));
        assert!(due.is_due(due.instant(now).unwrap()), "waking at its moment finds it due");
    }

    #[test]
    fn deadlines_order_across_the_wrap_of_their_circle() {
        let wrap = Instant::from_nanos(u64::from(u32::MAX) * TICK - 10 * TICK);
        let near = Deadline::after(wrap, Duration::from_nanos(5 * TICK));
        let far = Deadline::after(wrap, Duration::from_nanos(500 * TICK));
        assert_eq!(near.earlier(far, wrap), near);
        assert_eq!(far.earlier(near, wrap), near);
        assert!(!far.is_due(wrap));
    }

    #[test]
    fn a_wait_beyond_the_horizon_is_cut_to_it() {
        let due = Deadline::after(Instant::ZERO, Duration::from_secs(1 << 40));
        assert!(!due.is_due(Instant::from_millis(1_000)));
        assert!(due.instant(Instant::ZERO).unwrap() > Instant::from_millis(36 * 3_600_000));
    }

    #[test]
    fn none_is_never_due_and_never_earlier() {
        let due = Deadline::after(Instant::ZERO, Duration::from_secs(1));
        assert!(!Deadline::NONE.is_due(Instant::from_millis(u64::MAX)));
        assert_eq!(Deadline::NONE.earlier(due, Instant::ZERO), due);
    }
}
