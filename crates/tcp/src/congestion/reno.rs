//! NewReno: double until a loss, halve, then one segment more per round trip.
//!
//! A path that carries less leaves as many segments as before (RFC 8201 §5.4).

#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use core::hash::Hasher;

use super::{AckSample, CongestionControl, MAX_WINDOW, Sent, Signal};
use crate::Instant;

/// Slow start, congestion avoidance and the reactions to loss of RFC 5681, counting octets (RFC 3465).
///
/// The window stays where it is during fast recovery; sending by what is in the pipe is the sender's (RFC 6675).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewReno {
    /// SMSS: octets of data in a full segment.
    mss: u32,
    cwnd: u32,
    ssthresh: u32,
    /// Octets acknowledged in congestion avoidance that have not enlarged the window yet (RFC 3465 §2.1).
    counted: u32,
    /// cwnd and ssthresh before the last reaction, for [`Signal::Undo`]; cwnd zero if there is nothing to undo.
    prior: (u32, u32),
    since: Since,
}

/// The last thing that decides how a window grows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Since {
    /// The opening, or a loss that recovery mended.
    Opening,
    /// A timeout, and no ACK since.
    Timeout,
    /// The first ACK after a timeout.
    Return,
}

/// L of RFC 3465 §2.2: full segments that one ACK may enlarge the window by in slow start.
const L: u32 = 2;

impl NewReno {
    /// At the opening of a connection, which begins with slow start (RFC 2525 §2.1), with `mss` octets in a full segment.
    pub const fn new(mss: u32) -> Self {
        let mss = at_least_one(mss);
        let cwnd = initial_window(mss);
        Self { mss, cwnd, ssthresh: u32::MAX, counted: 0, prior: (0, 0), since: Since::Opening }
    }

    /// RFC 3465 §2.3: after a timeout an ACK may cover much that arrived before, so it counts for one segment only.
    fn grow_exponentially(&mut self, acked: u32) {
        let segments = if self.since == Since::Return { 1 } else { L };
        self.enlarge(acked.min(self.mss.saturating_mul(segments)));
    }

    /// One segment more for each window acknowledged, and nothing besides (RFC 3465 §2.1; RFC 2525 §2.6).
    fn grow_linearly(&mut self, acked: u32) {
        self.counted = self.counted.saturating_add(acked);
        if self.counted >= self.cwnd {
            self.counted -= self.cwnd;
            self.enlarge(self.mss);
        }
        // An ACK never counts for more than a window.
        self.counted = self.counted.min(self.cwnd);
    }

    fn enlarge(&mut self, octets: u32) {
        self.cwnd = self.cwnd.saturating_add(octets).min(MAX_WINDOW.max(self.mss));
    }

    /// Puts the window down to what a loss says the path can bear (RFC 5681 (4)).
    fn halve(&mut self, in_flight: u32) {
        self.prior = (self.cwnd, self.ssthresh);
        self.ssthresh = (in_flight / 2).max(self.mss.saturating_mul(2));
        self.cwnd = self.ssthresh;
        self.counted = 0;
    }

    /// One segment, and slow start up to half of what was in flight. When the same segment times out again that half
    /// stands: less is in flight only because nothing got through (RFC 5681 §3.1; RFC 2525 §2.2, §2.14).
    fn time_out(&mut self, in_flight: u32) {
        if self.since != Since::Timeout {
            self.halve(in_flight);
            self.since = Since::Timeout;
        }
        self.cwnd = self.mss;
    }

    /// As many segments as before where they got smaller, as many octets where they got larger (RFC 4821 §4).
    fn resize(&mut self, mss: u32) {
        let (before, mss) = (u64::from(self.mss), at_least_one(mss));
        let scaled = |window: u32| (u64::from(window) * u64::from(mss) / before) as u32;
        if u64::from(mss) < before {
            (self.cwnd, self.prior.0) = (scaled(self.cwnd), scaled(self.prior.0));
        }
        self.mss = mss;
        self.cwnd = self.cwnd.max(mss);
        self.counted = self.counted.min(self.cwnd);
    }

    fn undo(&mut self) {
        let (cwnd, ssthresh) = self.prior;
        if cwnd != 0 {
            self.cwnd = self.cwnd.max(cwnd);
            self.ssthresh = ssthresh;
            self.prior = (0, 0);
            self.since = Since::Opening;
        }
    }

    /// True if the window held the sender back, so that it is known to be bearable; one that was not used must not
    /// grow (RFC 7661 §4.3).
    fn is_used(&self, ack: &AckSample) -> bool {
        !ack.app_limited || ack.in_flight.saturating_add(self.mss) > self.cwnd
    }
}

impl Default for NewReno {
    /// With the segment size of a peer that has not named one (RFC 9293 §3.7.1, MUST-15).
    fn default() -> Self {
        Self::new(536)
    }
}

impl CongestionControl for NewReno {
    #[inline]
    fn on_sent(&mut self, _: Instant, _: &Sent) {}

    fn on_ack(&mut self, _: Instant, ack: &AckSample) {
        if ack.acked == 0 {
            return;
        }
        if self.since == Since::Timeout {
            self.since = Since::Return;
        }
        if ack.in_recovery || !self.is_used(ack) {
            return;
        }
        if self.cwnd < self.ssthresh {
            self.grow_exponentially(ack.acked);
        } else {
            self.since = Since::Opening;
            self.grow_linearly(ack.acked);
        }
    }

    fn on_signal(&mut self, _: Instant, signal: Signal) {
        match signal {
            Signal::Loss { in_flight } => self.halve(in_flight),
            Signal::Ecn { in_flight } => {
                self.halve(in_flight);
                // A mark is never a mistake.
                self.prior = (0, 0);
            }
            Signal::Timeout { in_flight } => self.time_out(in_flight),
            Signal::SynLost => self.cwnd = self.mss,
            Signal::Undo => self.undo(),
            Signal::PathMtu { mss } => self.resize(mss),
            // The window is ssthresh since recovery began.
            Signal::Recovered => self.counted = 0,
            Signal::Restart(_) => {
                self.cwnd = self.cwnd.min(initial_window(self.mss));
                self.counted = 0;
            }
        }
    }

    fn set_mss(&mut self, mss: u32) {
        let is_initial = self.cwnd == initial_window(self.mss) && self.ssthresh == u32::MAX;
        let was_one = self.cwnd == self.mss;
        self.mss = at_least_one(mss);
        self.cwnd = match (is_initial, was_one) {
            (true, _) => initial_window(self.mss),
            (_, true) => self.mss,
            _ => self.cwnd.max(self.mss),
        };
    }

    #[inline]
    fn window(&self) -> u32 {
        self.cwnd
    }

    #[inline]
    fn ssthresh(&self) -> u32 {
        self.ssthresh
    }

    #[inline]
    fn name(&self) -> &'static str {
        "newreno"
    }

    fn pacing(&self) -> Option<u64> {
        None
    }

    fn boxed_clone(&self) -> Box<dyn CongestionControl> {
        Box::new(*self)
    }

    fn fingerprint(&self, _: Instant, hasher: &mut dyn Hasher) {
        let Self { mss, cwnd, ssthresh, counted, prior, since } = *self;
        for number in [mss, cwnd, ssthresh, counted, prior.0, prior.1] {
            hasher.write_u32(number);
        }
        hasher.write_u8(since as u8);
    }
}

/// IW: ten full segments, but not more than 14,600 octets unless that is less than two (RFC 6928 §2, (1)).
const fn initial_window(mss: u32) -> u32 {
    let (ten, two) = (mss.saturating_mul(10), mss.saturating_mul(2));
    let bound = if two > 14_600 { two } else { 14_600 };
    if ten < bound { ten } else { bound }
}

/// A window of zero would never open again.
const fn at_least_one(mss: u32) -> u32 {
    if mss == 0 { 1 } else { mss }
}
