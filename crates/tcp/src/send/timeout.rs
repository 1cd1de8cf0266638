//! The retransmission and the persist timer.
//!
//! Probes that are answered never end a connection (RFC 6429 §4).

use core::time::Duration;

use super::{Flight, Probe, Recovery, SendHalf};
use crate::congestion::Signal;
use crate::{Deadline, Instant, SendStart, TcpConfig};

/// What a timer that came due asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Expired {
    /// It was not due.
    Early,
    /// There is something to send.
    Send,
    /// The same; and what the peer had told of selectively it has no more.
    SendReneged,
    /// Tried often, or long, enough.
    GiveUp,
}

/// How long a window too small for a segment may hold octets back (RFC 9293 §3.8.6.2.1): between these two.
const OVERRIDE_LEAST: Duration = Duration::from_millis(100);
const OVERRIDE_MOST: Duration = Duration::from_secs(1);

impl SendHalf {
    /// RFC 6298 §5.4 to §5.7; SYN, octets and FIN back off alike (RFC 2525 §2.10). `retries` bounds the opening, or a
    /// connection that nobody holds; anything else is bounded by time (R2, RFC 9293 §3.8.3, MUST-20), which cannot end
    /// before R1: a timeout that had grown past R2 would else give up what was never sent again.
    pub(crate) fn on_retransmit(&mut self, now: Instant, retries: Option<u8>, config: &TcpConfig) -> Expired {
        if !self.retransmit.is_due(now) {
            return Expired::Early;
        }
        self.retransmit = Deadline::NONE;
        let in_flight = self.outstanding();
        let nxt = self.nxt;
        let Some(flight) = self.flight.as_deref_mut() else { return Expired::Early };
        // A closed window was told again since the last try: however long the next one took to come, the peer lives
        // (MUST-37, SHLD-17).
        let heard = Deadline::tick_of(flight.since).wrapping_sub(self.last_sent) as i32 >= 0;
        let tired = match retries {
            None if self.wnd == 0 && heard => false,
            Some(retries) => flight.timeouts >= retries,
            None if config.timeout_set().is_some() => now.since(flight.since) >= config.patience(),
            None => now.since(flight.since) >= config.patience() && flight.unanswered >= config.doubt_after,
        };
        if tired {
            return Expired::GiveUp;
        }
        flight.timeouts = flight.timeouts.saturating_add(1);
        flight.unanswered = flight.unanswered.saturating_add(1);
        let reneged = flight.mark_all_lost();
        if self.start == SendStart::Acked {
            self.controller.on_signal(now, Signal::Timeout { in_flight });
            flight.recovery = Some((Recovery::Timeout, nxt));
        }
        if self.start == SendStart::Acked {
            self.on_path_timeout(now, config);
        }
        self.backoff = self.backoff.saturating_add(1);
        self.arm_retransmit(now, config);
        if reneged { Expired::SendReneged } else { Expired::Send }
    }

    /// Runs the retransmission timer from now. The user's own bound is kept to the tick (MUST-21), so the timer comes for
    /// it too; once it is past, which an orphan may live to see, the timeout alone counts.
    #[inline]
    pub(super) fn arm_retransmit(&mut self, now: Instant, config: &TcpConfig) {
        let mut wait = self.rto(config);
        if let (Some(bound), Some(flight)) = (config.timeout_set(), &self.flight)
            && let Some(left) = bound.checked_sub(now.since(flight.since)).filter(|left| !left.is_zero())
            && self.start == SendStart::Acked
        {
            wait = wait.min(left);
            if self.wnd == 0 {
                wait = wait.min(self.longest_wait(bound, config));
            }
        }
        self.retransmit = Deadline::after(now, wait);
    }

    /// How far apart tries are, at most, whose answers alone say that the peer lives, so that the user's own bound is
    /// the length of a silence and not of a wait in which one try was lost: R1 of them fit into it.
    fn longest_wait(&self, bound: Duration, config: &TcpConfig) -> Duration {
        (bound / (u32::from(config.doubt_after) + 1)).max(self.rtt.rto(config.rto))
    }

    /// The user's own bound changed: the timer that runs comes in time for it.
    pub(crate) fn bound_retransmit(&mut self, now: Instant, config: &TcpConfig) {
        if let (Some(bound), Some(flight), true) =
            (config.timeout_set(), &self.flight, self.retransmit.is_set())
            && self.start == SendStart::Acked
        {
            let left = bound.saturating_sub(now.since(flight.since));
            self.retransmit = self.retransmit.earlier(Deadline::after(now, left), now);
        }
        if let Some(left) = self.patience_with_probes(now, config).filter(|_| self.persist.is_set()) {
            self.persist = self.persist.earlier(Deadline::after(now, left), now);
        }
    }

    /// What is left of the user's own bound while probes of the window go unanswered.
    fn patience_with_probes(&self, now: Instant, config: &TcpConfig) -> Option<Duration> {
        let bound = config.timeout_set().filter(|_| self.unanswered_probes > 0)?;
        Some(bound.saturating_sub(now.since(self.asked)))
    }

    /// True while the same positions were sent again R1 times or more, and nothing was acknowledged since.
    pub(crate) fn is_in_doubt(&self, config: &TcpConfig) -> bool {
        let often = |flight: &Flight| config.doubt_after > 0 && flight.unanswered >= config.doubt_after;
        self.outstanding() > 0 && self.flight.as_deref().is_some_and(often)
    }

    /// The peer's window has been closed, or too small, for as long as the timeout: ask again (RFC 9293 §3.8.6.1,
    /// RFC 2525 §2.12).
    ///
    /// Every probe may be answered by a closed window: that alone ends nothing (MUST-37), so what counts is how long
    /// there was no answer, and that R1 probes had none: one that was lost is no silence, however long the waits have
    /// grown. Or, given `retries`, how many probes there were.
    pub(crate) fn on_persist(&mut self, now: Instant, retries: Option<u8>, config: &TcpConfig) -> Expired {
        if !self.persist.is_due(now) {
            return Expired::Early;
        }
        self.persist = Deadline::NONE;
        if !self.is_blocked() {
            return Expired::Early;
        }
        if self.unanswered_probes == 0 {
            self.asked = now;
        }
        let is_silent = now.since(self.asked) >= config.patience();
        let tired = match retries {
            Some(retries) => self.window_probes >= retries,
            None if config.timeout_set().is_some() => is_silent,
            None => is_silent && self.unanswered_probes >= config.doubt_after,
        };
        if tired {
            return Expired::GiveUp;
        }
        self.backoff = self.backoff.saturating_add(1);
        self.unanswered_probes = self.unanswered_probes.saturating_add(1);
        self.window_probes = self.window_probes.saturating_add(1);
        if self.wnd == 0 {
            self.probe = Some(Probe::Window);
        } else {
            self.push_small = true;
        }
        Expired::Send
    }

    /// The peer was heard: the probes of its window are answered.
    #[inline]
    pub(crate) fn heard(&mut self) {
        self.unanswered_probes = 0;
    }

    /// Nobody holds the connection any more: what it may still try counts from here.
    pub(crate) fn orphaned(&mut self) {
        self.window_probes = 0;
    }

    /// Something goes out that the window held back. Nothing less ends the probing: a window that opens and closes again
    /// in between would put it off for ever.
    #[inline]
    pub(super) fn end_probing(&mut self) {
        if self.persist.is_set() || self.window_probes > 0 {
            // The wait was the window's, not the network's.
            (self.persist, self.window_probes, self.backoff) = (Deadline::NONE, 0, 0);
            self.push_small = false;
        }
    }

    /// Sets the persist timer where the window holds something back.
    pub(crate) fn settle_persist(&mut self, now: Instant, config: &TcpConfig) {
        if self.persist.is_set() || self.probe.is_some() || !self.is_blocked() {
            return;
        }
        let mut wait = self.rto(config);
        if let Some(bound) = config.timeout_set() {
            wait = wait.min(self.longest_wait(bound, config));
        }
        if self.wnd > 0 {
            wait = wait.clamp(OVERRIDE_LEAST, OVERRIDE_MOST);
        }
        let left = self.patience_with_probes(now, config).filter(|left| !left.is_zero());
        self.persist = Deadline::after(now, left.map_or(wait, |left| wait.min(left)));
    }
}
