//! The send half: what we send the peer, from our SYN to our FIN.

mod ack;
mod flight;
mod output;
mod path;
mod rtt;
mod search;
mod timeout;

pub(crate) use ack::Acked;
pub(crate) use flight::{Flight, Recovery};
pub(crate) use output::Draft;
pub use output::Room;
pub use rtt::{RtoLimits, RttEstimator};
pub use search::MtuProbing;
pub(crate) use timeout::Expired;

use alloc::boxed::Box;
use core::hash::{Hash, Hasher};
use core::time::Duration;

use cordial_wire::{Segment, SeqNum};

use crate::congestion::{Controller, Signal};
use crate::octets::{Octets, Slices};
use crate::pool::Pool;
use crate::{Deadline, Instant, Rule, SendEnd, SendStart, TcpConfig};

/// The direction from us to the peer, from our SYN on.
///
/// SYN and FIN are positions like any octet: sent, acknowledged and sent again by the same code.
///
/// ```text
///     iss  una          nxt                    una + wnd
///   ───┼────┬────────────┬───────────┬─────────────┬──────▶
///     SYN   │ in flight  │ not sent  FIN
///           └─── queued ─────────────┘
/// ```
#[derive(Clone, Debug)]
pub(crate) struct SendHalf {
    /// ISS.
    pub(crate) iss: SeqNum,
    /// SND.UNA.
    pub(crate) una: SeqNum,
    /// SND.NXT.
    pub(crate) nxt: SeqNum,
    /// SND.WND, octets.
    pub(crate) wnd: u32,
    /// SND.WL1 and SND.WL2: the segment that set the window last.
    wl1: SeqNum,
    wl2: SeqNum,
    /// The position after the last small segment sent, or before SND.UNA: what Nagle's rule looks at.
    small: SeqNum,
    /// MAX.SND.WND, the largest window the peer ever offered.
    max_wnd: u32,
    /// How far SND.UNA has come since ISS, as far as it matters: no ACK is older than the connection.
    young: u32,
    octets: Octets,
    /// Octets written and not yet acknowledged.
    pub(crate) queued: u32,
    pub(crate) rtt: RttEstimator,
    pub(crate) controller: Controller,
    pub(crate) flight: Option<Box<Flight>>,
    pub(crate) retransmit: Deadline,
    pub(crate) persist: Deadline,
    /// Octets of data per segment: what the peer and the path can take, less our options.
    pub(crate) mss: u16,
    /// Octets of options in every segment.
    overhead: u8,
    /// Octets of data and options that every path carries: no word of anybody makes a segment smaller.
    pub(crate) least: u16,
    /// Octets of data in the longest segment that is known to have arrived.
    proven: u16,
    /// What is known of a path that carries less.
    path: Option<Box<path::Path>>,
    /// The peer's shift, applied to every window but a SYN's.
    pub(crate) shift: u8,
    /// How often the retransmission or persist timer came in a row.
    pub(crate) backoff: u8,
    /// The tick at which something new or old went out last.
    last_sent: u32,
    /// When the first probe of the peer's window went out that nobody answered yet, while there is one.
    asked: Instant,
    /// How many probes of the peer's window went out since it was heard.
    unanswered_probes: u8,
    /// How many went out since anything else did: a connection that nobody holds has only so many of them.
    window_probes: u8,
    start: SendStart,
    end: SendEnd,
    /// The peer's cookie was good: what is written goes out before our SYN is acknowledged (RFC 7413 §4.2.2).
    early: bool,
    pub(crate) nodelay: bool,
    /// The SYN went out more than once, so that the first timeout of data is a long one (RFC 6298 §5.7).
    syn_lost: bool,
    /// When sending last stopped, it was the congestion window that stopped it.
    pub(crate) cwnd_limited: bool,
    /// A probe is to go out: the peer's window is closed, or the connection idle.
    pub(crate) probe: Option<Probe>,
    /// The persist timer came while a small piece would fit: it goes out although it is small.
    pub(crate) push_small: bool,
    /// What waits is urgent, and does not wait to grow.
    pub(crate) urgent: bool,
}

/// The first timeout of data where nothing but a lost SYN is known of the path (RFC 6298 §5.7).
const RTO_AFTER_LOST_SYN: Duration = Duration::from_secs(3);

/// Octets of options and data in a segment that every path carries unless told otherwise: 552 octets over IPv4, with both
/// headers, which leave room for the 512 that older stacks send anywhere.
const LEAST_SIZE: u16 = 512;

/// Doublings of the timeout that are told apart: the bound is reached long before.
const MOST_BACKOFF: u8 = 16;

/// What a segment at SND.UNA − 1 asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub(crate) enum Probe {
    /// How large is your window?
    Window,
    /// Are you there?
    Keepalive,
}

impl SendHalf {
    /// The half that begins with our SYN at `iss`.
    pub(crate) fn new(iss: SeqNum, mss: u16, config: &TcpConfig) -> Self {
        Self {
            iss,
            una: iss,
            nxt: iss,
            wnd: 0,
            wl1: SeqNum(0),
            wl2: iss,
            small: iss,
            max_wnd: 0,
            young: 0,
            octets: Octets::new(),
            queued: 0,
            rtt: RttEstimator::new(),
            controller: config.controller.clone(),
            flight: None,
            retransmit: Deadline::NONE,
            persist: Deadline::NONE,
            mss,
            overhead: 0,
            least: LEAST_SIZE,
            proven: 0,
            path: None,
            shift: 0,
            backoff: 0,
            last_sent: 0,
            asked: Instant::ZERO,
            unanswered_probes: 0,
            window_probes: 0,
            start: SendStart::Syn,
            end: SendEnd::Open,
            early: false,
            nodelay: config.nodelay,
            syn_lost: false,
            cwnd_limited: false,
            probe: None,
            push_small: false,
            urgent: false,
        }
    }

    /// How this half began.
    pub(crate) fn start(&self) -> SendStart {
        self.start
    }

    /// How this half ends.
    pub(crate) fn end(&self) -> SendEnd {
        self.end
    }

    /// The user closes: our FIN takes the position after the last octet. False if it had one already (RFC 9293 §3.10.4).
    pub(crate) fn finish(&mut self, answers: bool) -> bool {
        let open = self.end == SendEnd::Open;
        if open {
            self.end = SendEnd::Fin { answers };
        }
        open
    }

    /// The position after the last octet written: the FIN's, once there is one.
    #[inline]
    pub(crate) fn text_end(&self) -> SeqNum {
        self.text_start() + self.queued
    }

    /// The position of the first octet held: SND.UNA, but for the SYN.
    #[inline]
    fn text_start(&self) -> SeqNum {
        match self.start {
            SendStart::Syn => self.iss + 1,
            SendStart::Acked => self.una,
        }
    }

    /// The position after the last octet that was acknowledged.
    pub(crate) fn text_acked(&self) -> SeqNum {
        match (self.start, self.end) {
            (SendStart::Syn, _) => self.iss + 1,
            (SendStart::Acked, SendEnd::FinAcked { .. }) => self.una - 1,
            (SendStart::Acked, _) => self.una,
        }
    }

    /// Octets written and never sent.
    pub(crate) fn unsent(&self) -> u32 {
        let end = self.text_end();
        if end.after(self.nxt) { end.since(self.nxt) } else { 0 }
    }

    /// Positions sent and not acknowledged.
    pub(crate) fn outstanding(&self) -> u32 {
        self.nxt.since(self.una)
    }

    /// Octets believed to be in the network.
    pub(crate) fn in_flight(&self) -> u32 {
        let outstanding = self.outstanding();
        self.flight.as_ref().map_or(outstanding, |f| f.pipe(outstanding, u32::from(self.mss)))
    }

    /// True if positions wait that were never sent.
    #[inline]
    pub(crate) fn has_unsent(&self) -> bool {
        match self.end {
            SendEnd::FinAcked { .. } => false,
            SendEnd::Open => self.text_end().after(self.nxt),
            SendEnd::Fin { .. } => self.nxt.at_or_before(self.text_end()),
        }
    }

    /// True if so much waits to be sent that no more is taken, where there is a low-water mark.
    pub(crate) fn is_above(&self, config: &TcpConfig) -> bool {
        config.not_sent_low_water.is_some_and(|mark| self.unsent() >= mark.max(1))
    }

    /// True if so little waits to be sent that a writer is worth waking: half the low-water mark.
    pub(crate) fn is_low(&self, config: &TcpConfig) -> bool {
        config.not_sent_low_water.is_none_or(|mark| self.unsent() <= mark / 2)
    }

    /// Takes octets to be sent, as many as the buffer's `limit` and the pool allow.
    pub(crate) fn write(&mut self, octets: &[u8], limit: u32, pool: &mut Pool) -> usize {
        let room = limit.saturating_sub(self.queued) as usize;
        let octets = octets.get(..octets.len().min(room)).unwrap_or_default();
        let stored = if octets.is_empty() { 0 } else { self.octets.write(pool, self.queued, octets) };
        self.queued += stored as u32;
        stored
    }

    /// Octets of options and data in the longest segment that the path carries, where that is known.
    pub(crate) fn path_limit(&self) -> Option<u16> {
        let path = self.path.as_ref().filter(|path| path.ceiling < path.most)?;
        Some(path.ceiling.saturating_add(self.overhead.into()))
    }

    /// The retransmission timeout, backoff included.
    pub(crate) fn rto(&self, config: &TcpConfig) -> Duration {
        let measured = self.rtt.srtt().is_some();
        let base = match self.syn_lost && !measured {
            true => config.rto.initial.max(RTO_AFTER_LOST_SYN),
            false => self.rtt.rto(config.rto),
        };
        // The opening is counted in retries, so its last wait may be longer than the bound (255 s in all).
        let most = if self.start == SendStart::Syn { Duration::MAX } else { config.rto.max };
        base.saturating_mul(1 << self.backoff.min(MOST_BACKOFF)).min(most)
    }

    /// The handshake is over: sets what both ends agreed on. `peer_window` is already in octets.
    pub(crate) fn opened(
        &mut self,
        now: Instant,
        segment: &Segment<'_>,
        peer_window: u32,
        resent: bool,
        config: &TcpConfig,
    ) {
        self.start = SendStart::Acked;
        self.offered(peer_window);
        self.wl1 = segment.seq;
        self.wl2 = segment.ack_number;
        self.backoff = 0;
        // Whether the SYN named an MSS or not (RFC 2525 §2.3).
        self.controller.set_mss(u32::from(self.mss));
        self.syn_lost = resent;
        if resent {
            // A lost SYN or SYN-ACK tells of a network that has trouble: begin with one segment (RFC 5681 §3.1).
            self.controller.on_signal(now, Signal::SynLost);
        }
        self.begin_search(now, config);
    }

    /// The window that the peer's SYN, or the segment that completes the handshake, offers, in octets. Both count for
    /// the largest (RFC 9293 §3.8.6.2.1, Max(SND.WND)).
    pub(crate) fn offered(&mut self, window: u32) {
        self.wnd = window;
        self.max_wnd = self.max_wnd.max(window);
    }

    /// Octets not yet acknowledged, by position; fewer than asked for where they are not held any more.
    #[inline]
    pub(crate) fn octets_at<'a>(&'a self, from: SeqNum, len: u32, pool: &'a Pool) -> Slices<'a> {
        let at = from.since(self.text_start());
        let held = self.queued.saturating_sub(at);
        if at > self.queued { Slices::EMPTY } else { self.octets.slices(pool, at, len.min(held)) }
    }

    /// The peer's SYN crossed ours, or came again: ours goes out once more, to carry the ACK.
    pub(crate) fn send_syn_again(&mut self) {
        if let Some(flight) = self.flight.as_deref_mut() {
            flight.send_first_again();
        }
    }

    /// A server whose caller is known by its cookie: its window is `peer_window`, and an initial congestion window may
    /// go out before the third segment has come (RFC 7413 §4.2.2, step 6).
    pub(crate) fn answer_early(&mut self, peer_window: u32) {
        self.early = true;
        (self.wnd, self.max_wnd) = (peer_window, peer_window);
        self.controller.set_mss(u32::from(self.mss));
    }

    /// True if it answers before our SYN is acknowledged.
    pub(crate) fn is_early(&self) -> bool {
        self.early
    }

    /// As many octets as were written, up to `room`, go out with our SYN, which is on its way just now.
    pub(crate) fn send_with_syn(&mut self, now: Instant, room: u32) -> u32 {
        let octets = self.queued.min(room);
        let Some(flight) = self.flight.as_deref_mut().filter(|_| octets > 0) else { return 0 };
        flight.sent(now, self.nxt, self.nxt + octets);
        self.nxt += octets;
        if octets < u32::from(self.mss) {
            self.small = self.nxt;
        }
        octets
    }

    /// Our SYN is acknowledged. What rode on it and was not goes out at once; no loss, so no window shrinks
    /// (RFC 7413 §4.2.2). It was sent before any window was known: what lies beyond the one that the answer tells cannot
    /// have been taken, and is as if never sent, so that our ACK does not bear a number that the peer has to refuse.
    /// False if there is nothing of the kind.
    pub(crate) fn send_ridden_again(&mut self) -> bool {
        let is_left = self.outstanding() > 0;
        if let Some(flight) = self.flight.as_deref_mut().filter(|_| is_left) {
            let edge = self.una + self.wnd;
            if self.nxt.after(edge) {
                flight.take_back(edge);
                (self.nxt, self.small) = (edge, edge);
            }
            flight.mark_all_lost();
            flight.resend_at_once = Some(Rule::FastOpenDataAgain);
        }
        if self.outstanding() == 0 {
            self.retransmit = Deadline::NONE;
        }
        is_left
    }

    /// Gives everything back; nothing will be sent any more.
    pub(crate) fn clear(&mut self, pool: &mut Pool) {
        self.octets.clear(pool);
        self.queued = 0;
        if let Some(flight) = self.flight.take() {
            pool.keep_flight(flight);
        }
    }

    /// The state that decides the future, numbers relative to ISS.
    ///
    /// What was measured of the path decides nothing but the timeout; so where the settings leave the timeout one value
    /// only, it is left out.
    pub(crate) fn fingerprint(
        &self,
        now: Instant,
        irs: Option<SeqNum>,
        config: &TcpConfig,
        h: &mut impl Hasher,
    ) {
        for position in [self.una, self.nxt, self.wl2] {
            position.since(self.iss).hash(h);
        }
        // Nothing counts further than this.
        let retries = config.syn_retries.max(config.syn_ack_retries).max(config.orphan_retries);
        let backoff = self.backoff.min(retries.max(MOST_BACKOFF));
        (self.wnd, self.max_wnd, self.young, self.queued, self.mss, self.shift, backoff).hash(h);
        (self.overhead, self.least, self.proven, self.path.is_some()).hash(h);
        if let Some(path) = &self.path {
            path.fingerprint(now, self.iss, h);
        }
        (
            self.start,
            self.end,
            self.early,
            self.nodelay,
            self.syn_lost,
            self.cwnd_limited,
            self.probe,
            self.push_small,
            self.urgent,
        )
            .hash(h);
        (!config.rto.is_fixed()).then(|| (self.rtt.srtt(), self.rtt.rttvar())).hash(h);
        self.controller.fingerprint(now, h);
        self.small.after(self.una).then(|| self.small.since(self.iss)).hash(h);
        // The peer's numbers, as far as there are any.
        irs.map(|irs| self.wl1.since(irs)).hash(h);
        self.idle(now, config).hash(h);
        self.flight.is_some().hash(h);
        if let Some(flight) = &self.flight {
            flight.fingerprint(now, self.iss, h);
        }
        (self.retransmit.remaining(now), self.persist.remaining(now)).hash(h);
        (self.unanswered_probes, self.window_probes.min(config.orphan_retries)).hash(h);
        // Means something only while probes wait for an answer.
        (self.unanswered_probes > 0).then(|| now.since(self.asked)).hash(h);
    }

    /// Ticks since something went out, as far as they decide anything: not before anything but the SYN did; and where
    /// there is one timeout only, NewReno asks no more than whether they are more than that.
    fn idle(&self, now: Instant, config: &TcpConfig) -> Option<u32> {
        let idle = Deadline::tick_of(now).wrapping_sub(self.last_sent);
        let timeout = config.rto.initial.as_nanos() / Deadline::TICK.as_nanos() + 1;
        let enough = u32::try_from(timeout).unwrap_or(u32::MAX);
        let is_simple = config.rto.is_fixed() && matches!(self.controller, Controller::NewReno(_));
        let was_used = self.start == SendStart::Acked && (self.outstanding() > 0 || self.young > 1);
        was_used.then(|| if is_simple { idle.min(enough) } else { idle })
    }
}
