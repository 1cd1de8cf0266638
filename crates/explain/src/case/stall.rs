//! A sender that waits for an acknowledgment which its receiver holds back.

use std::time::Duration;

use cordial_tcp::Instant;

use super::evidence::{Many, Seen};

/// Pauses of one sender: small write, held-back acknowledgment, the rest at once (RFC 896, RFC 1122 §4.2.3.2).
#[derive(Clone, Debug, Default)]
pub(crate) struct Stall {
    /// A small segment that is all that is under way.
    small: Option<(Seen, i64)>,
    /// The acknowledgment that came late for it, and how late.
    released: Option<(Seen, Duration)>,
    /// Late acknowledgments that nothing followed at once.
    pub(crate) idle: u32,
    /// The late acknowledgments that let the rest go.
    pub(crate) found: Many<Seen>,
    pub(crate) longest: Duration,
    pub(crate) total: Duration,
}

/// Acknowledgments are held back for 40 to 200 ms, and never above 500 (RFC 9293 §3.8.6.3); shorter is the way there and back.
const HELD: std::ops::RangeInclusive<Duration> = Duration::from_millis(30)..=Duration::from_millis(300);
/// What a program and its host take at most to send what waits.
const AT_ONCE: Duration = Duration::from_millis(5);

impl Stall {
    /// Data up to `end` was sent; `alone` if nothing else is under way, `small` if it does not fill a segment. The
    /// acknowledgment before it needs `near` to reach the sender and be answered.
    pub(crate) fn sent(&mut self, seen: &Seen, end: i64, is_small: bool, is_alone: bool, near: Duration) {
        if let Some((ack, late)) = self.released.take() {
            if seen.time.since(ack.time) <= near + AT_ONCE {
                self.found.push(ack);
                self.longest = self.longest.max(late);
                self.total += late;
            } else {
                self.idle += 1;
            }
        }
        self.small = (is_small && is_alone).then_some((*seen, end));
    }

    /// A bare acknowledgment of everything before `ack` came. One that is not held back takes `echo`.
    pub(crate) fn acknowledged(&mut self, seen: &Seen, ack: i64, echo: Duration) {
        let Some((small, end)) = self.small.take() else { return };
        let late = late(small.time, seen.time, echo);
        if ack >= end && HELD.contains(&late) {
            self.released = Some((*seen, late));
        }
    }

    /// Anything else came: what is sent next may answer that.
    pub(crate) fn heard(&mut self) {
        self.small = None;
        self.released = None;
    }
}

fn late(sent: Instant, acknowledged: Instant, echo: Duration) -> Duration {
    acknowledged.since(sent).saturating_sub(echo)
}
