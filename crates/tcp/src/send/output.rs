//! What goes out next.

use core::num::NonZeroU16;

use cordial_wire::{Flags, SeqNum};

use super::search::Next;
use super::{Flight, Recovery, SendHalf};
use crate::congestion::{Sent, Signal};
use crate::{Deadline, Instant, Rule, SendEnd, SendStart, TcpConfig};

/// What the link takes at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Room {
    /// Octets of data in one super-segment, at most: as many whole segments of the connection's MSS as fit, and the
    /// rest where it ends what was written. A link that cannot cut them up says 0.
    pub super_segment: u32,
}

/// A segment of the send half: everything but the receive half's share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draft {
    pub(crate) seq: SeqNum,
    pub(crate) flags: Flags,
    /// How many octets it has.
    pub(crate) len: u32,
    pub(crate) gso: Option<NonZeroU16>,
    pub(crate) why: Rule,
    pub(crate) again: bool,
}

impl SendHalf {
    /// The next segment, if something may go out now. `mss` is what fits beside the options of the moment.
    #[inline]
    pub(crate) fn next(&mut self, now: Instant, room: Room, mss: u32, config: &TcpConfig) -> Option<Draft> {
        if self.start == SendStart::Syn {
            return self.next_opening(now, room, mss, config);
        }
        let mut draft = self.next_again(now, room, mss);
        if draft.is_none() && self.path.is_some() {
            draft = match self.next_probe(now, mss, config) {
                Next::Text => None,
                Next::Probe(probe) => Some(probe),
                Next::Wait => return None,
            };
        }
        let draft = draft.or_else(|| self.next_new(now, room, mss, config))?;
        if !self.retransmit.is_set() {
            self.arm_retransmit(now, config);
        }
        self.last_sent = Deadline::tick_of(now);
        Some(draft)
    }

    /// Our SYN; and behind it what a server answers a caller that it knows by its cookie, until a timeout tells that the
    /// SYN-ACK may be lost: then that goes out alone (RFC 7413 §4.2.2).
    fn next_opening(&mut self, now: Instant, room: Room, mss: u32, config: &TcpConfig) -> Option<Draft> {
        let syn = self.next_syn(now, config);
        if syn.is_some() || !self.may_answer_early() {
            return syn;
        }
        // Nothing of it is lost but what was too long for the path.
        let again = self.next_again(now, room, mss);
        again.or_else(|| self.next_new(now, room, mss, config))
    }

    fn may_answer_early(&self) -> bool {
        self.early && self.backoff == 0
    }

    /// Our SYN: for the first time, or again when the timer or the peer's own SYN asked for it.
    fn next_syn(&mut self, now: Instant, config: &TcpConfig) -> Option<Draft> {
        let flight = self.flight.get_or_insert_with(|| Flight::new(now, self.una));
        let again = self.nxt != self.iss;
        if again {
            if !flight.first_is_lost() {
                return None;
            }
            flight.sent_again(now, self.iss, self.iss + 1);
        } else {
            self.nxt = self.iss + 1;
            flight.sent(now, self.iss, self.nxt);
        }
        if !self.retransmit.is_set() {
            self.arm_retransmit(now, config);
        }
        let why = match again {
            true if self.backoff > 0 => Rule::Timeout,
            true if self.early => Rule::SynAgain,
            false if self.early => Rule::FastOpen,
            _ => Rule::ActiveOpen,
        };
        Some(Draft { seq: self.iss, flags: Flags::SYN, len: 0, gso: None, why, again })
    }

    /// What is believed lost, lowest first (RFC 6675 §4, NextSeg rule 1).
    #[inline]
    fn next_again(&mut self, now: Instant, room: Room, mss: u32) -> Option<Draft> {
        if !self.flight.as_ref().is_some_and(|flight| flight.has_lost()) {
            return None;
        }
        self.next_lost(now, room, mss)
    }

    /// As much of it as fits, where the congestion window lets it go.
    fn next_lost(&mut self, now: Instant, room: Room, mss: u32) -> Option<Draft> {
        let (pipe, cwnd) = (self.in_flight(), self.controller.window());
        let (una, edge) = (self.una, self.resend_edge(mss));
        let flight = self.flight.as_deref_mut()?;
        let (start, end) = flight.next_lost(room.super_segment.max(mss))?;
        // Beyond an edge that the peer took back nothing is sent again (RFC 9293 §3.8.6, MAY-7), but for what probes it.
        if start != una && start.at_or_after(edge) {
            return None;
        }
        let end = end.min(edge);
        let budget = cwnd.saturating_sub(pipe);
        if budget < mss && pipe > 0 && flight.resend_at_once.is_none() {
            return None;
        }
        let at_once = flight.resend_at_once.take();
        let most = whole_segments(room.super_segment.min(budget), mss);
        let end = end.min(start + most);
        flight.sent_again(now, start, end);
        let why = match flight.recovery {
            Some((Recovery::Timeout, _)) => Rule::Timeout,
            Some((Recovery::PathMtu, _)) => Rule::PathMtu,
            Some((Recovery::LostProbe, _)) => Rule::LostProbe,
            _ => at_once.unwrap_or(Rule::Recovery),
        };
        Some(self.draft(start, end, mss, why, true))
    }

    #[inline]
    fn next_new(&mut self, now: Instant, room: Room, mss: u32, config: &TcpConfig) -> Option<Draft> {
        let (text, fin) = self.sendable(room.super_segment, mss);
        if text == 0 && !fin {
            self.cwnd_limited = self.waits_for_cwnd();
            return None;
        }
        self.restart_after_idle(now, config);
        let why = if text == 0 { Rule::SendFin } else { Rule::SendText };
        Some(self.send_new(now, self.nxt, self.nxt + text + u32::from(fin), mss, why))
    }

    /// Positions `start..end` go out for the first time, in pieces of `mss`.
    #[inline]
    pub(super) fn send_new(
        &mut self,
        now: Instant,
        start: SeqNum,
        end: SeqNum,
        mss: u32,
        why: Rule,
    ) -> Draft {
        let flight = self.flight.get_or_insert_with(|| Flight::new(now, self.una));
        flight.sent(now, start, end);
        self.nxt = end;
        // The FIN is no text.
        let text = end.min(self.text_end()).since(start);
        let is_last = start + text == self.text_end();
        if text > 0 && (text < mss || (is_last && !text.is_multiple_of(mss))) {
            self.small = start + text;
        }
        if is_last {
            self.urgent = false;
        }
        self.end_probing();
        let in_flight = start.since(self.una);
        self.controller.on_sent(now, &Sent { octets: text, in_flight, retransmission: false });
        self.draft(start, end, mss, why, false)
    }

    /// Positions `start..end` as a segment.
    #[inline]
    fn draft(&self, start: SeqNum, end: SeqNum, mss: u32, why: Rule, again: bool) -> Draft {
        let text_end = self.text_end();
        let fin = end == text_end + 1 && !matches!(self.end, SendEnd::Open);
        let len = end.since(start) - u32::from(fin);
        let mut flags = Flags::NONE;
        if fin {
            flags |= Flags::FIN;
        }
        // The last octets written: nothing follows that would push them (RFC 9293 §3.9.1.2, SHLD-28).
        if len > 0 && start + len == text_end {
            flags |= Flags::PSH;
        }
        let gso = if len > mss { NonZeroU16::new(mss as u16) } else { None };
        Draft { seq: start, flags, len, gso, why, again }
    }

    /// How many octets never sent may go out now, and whether the FIN goes with them.
    ///
    /// Bounded by both windows, by Nagle's rule (RFC 9293 §3.7.4) and by silly-window avoidance (§3.8.6.2.1).
    fn sendable(&self, room: u32, mss: u32) -> (u32, bool) {
        if !self.has_unsent() {
            return (0, false);
        }
        let waiting = self.text_end().since(self.nxt);
        let usable = self.usable_window();
        let cwnd = self.controller.window().saturating_sub(self.in_flight());
        let text = waiting.min(usable).min(cwnd).min(room.max(mss));
        let last = text == waiting;
        let closing = matches!(self.end, SendEnd::Fin { .. });
        let text = if text >= mss && !(last && self.may_send_small(closing)) {
            whole_segments(text, mss)
        } else {
            text
        };
        if text < mss && !self.may_send_piece(text, last, closing) {
            return (0, false);
        }
        (text, closing && text == waiting && usable > text)
    }

    /// True if there is more to send and the peer would take it, so that only the congestion window is in the way.
    fn waits_for_cwnd(&self) -> bool {
        let wanted = self.text_end().since(self.nxt).min(self.usable_window());
        self.text_end().after(self.nxt) && self.controller.window().saturating_sub(self.in_flight()) < wanted
    }

    /// SND.UNA + SND.WND − SND.NXT, zero where the window was shrunk (SHLD-14 lets a peer do so).
    pub(super) fn usable_window(&self) -> u32 {
        let right = self.una + self.wnd;
        if right.after(self.nxt) { right.since(self.nxt) } else { 0 }
    }

    /// Where what is sent again ends: the right edge of the window. A closed window lets one segment through, which is its
    /// probe (MUST-35). Windows are told in units of 2^shift, so that an edge that moved back by less is no edge taken
    /// back (RFC 7323 §2.4, (4) and (5)).
    fn resend_edge(&self, mss: u32) -> SeqNum {
        let slack = (1 << self.shift) - 1;
        self.una + if self.wnd == 0 { mss } else { self.wnd + slack }
    }

    /// Nagle (RFC 9293 §3.7.4, SHLD-7): the last small piece of what was written waits while another small one is
    /// outstanding. Not while a whole segment is (appendix A.3): its ACK may be held back until this piece comes. A FIN
    /// waits for nothing (RFC 2525 §2.15).
    fn may_send_small(&self, closing: bool) -> bool {
        self.nodelay || closing || self.urgent || self.small.at_or_before(self.una)
    }

    /// A piece of less than a segment: the end of what was written, or a good part of the largest window seen; or the
    /// persist timer said so (RFC 1122 §4.2.3.4).
    fn may_send_piece(&self, text: u32, last: bool, closing: bool) -> bool {
        if last {
            return self.may_send_small(closing);
        }
        text > 0 && self.nxt == self.una && (self.push_small || text >= self.max_wnd / 2)
    }

    /// True if something waits that only the peer's window holds back, so that the persist timer has to run.
    pub(crate) fn is_blocked(&self) -> bool {
        self.start == SendStart::Acked
            && self.outstanding() == 0
            && self.has_unsent()
            && self.sendable(u32::MAX, u32::from(self.mss)) == (0, false)
    }

    /// False if `next` surely gives nothing. What a window or Nagle's rule holds back counts as something: to know it
    /// would cost as much as to ask.
    #[inline]
    pub(crate) fn has_output(&self) -> bool {
        if self.probe.is_some() {
            return true;
        }
        match self.start {
            SendStart::Syn => {
                let syn_waits = self.flight.as_ref().is_some_and(|flight| flight.first_is_lost());
                let waits = |flight: &Flight| flight.has_lost();
                let early_waits = self.has_unsent() || self.flight.as_deref().is_some_and(waits);
                syn_waits || self.nxt == self.iss || (self.may_answer_early() && early_waits)
            }
            SendStart::Acked => self.flight.as_ref().is_some_and(|f| f.has_lost()) || self.has_unsent(),
        }
    }

    /// A window that nobody has tested lately is not used at once (RFC 5681 §4.1).
    fn restart_after_idle(&mut self, now: Instant, config: &TcpConfig) {
        if self.outstanding() > 0 || self.young <= 1 {
            return;
        }
        let ticks = Deadline::tick_of(now).wrapping_sub(self.last_sent);
        let idle = Deadline::TICK.saturating_mul(ticks);
        if idle > self.rtt.rto(config.rto) {
            self.controller.on_signal(now, Signal::Restart(idle));
        }
    }
}

/// The most whole segments that fit, at least one.
#[inline]
fn whole_segments(octets: u32, mss: u32) -> u32 {
    // Where nobody cuts segments up it is one each time, and takes no division.
    if octets < mss.saturating_mul(2) { mss } else { octets - octets % mss.max(1) }
}
