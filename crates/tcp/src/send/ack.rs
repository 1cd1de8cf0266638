//! Acknowledgments: what they cover, what they tell of losses.
//!
//! A lost probe of the path MTU is no loss (RFC 4821 §4).

use core::time::Duration;

use cordial_wire::{Control, Segment, SeqNum};

use super::{Flight, Recovery, SendHalf};
use crate::congestion::{AckSample, Signal};
use crate::pool::Pool;
use crate::send::flight::Cleared;
use crate::{Deadline, Instant, Refusal, Rule, SendEnd, SendStart, TcpConfig};

/// Duplicate ACKs that tell of a loss (RFC 5681 §3.2).
const DUP_THRESH: u32 = 3;

/// How fine timestamps are.
const TIMESTAMP_TICK: Duration = Duration::from_millis(1);

/// What an acknowledgment came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Acked {
    /// SND.UNA moved.
    pub(crate) advanced: bool,
    /// Octets that need not be kept any more.
    pub(crate) octets: u32,
    /// Our FIN is acknowledged, by this segment.
    pub(crate) fin: bool,
    /// Positions newly known to have arrived.
    pub(crate) delivered: u32,
    /// The round trip it measured, if it did.
    pub(crate) round_trip: Option<Duration>,
}

impl SendHalf {
    /// Whether SEG.ACK may be believed: nothing that was never sent, and nothing older than a window the peer may
    /// still have in flight (RFC 5961 §5.2), nor than the connection itself.
    pub(crate) fn check_ack(&self, ack: SeqNum) -> Result<(), Refusal> {
        if ack.after(self.nxt) {
            return Err(Refusal::AckOfUnsent);
        }
        let oldest = self.una - self.max_wnd.min(self.young);
        if ack.before(oldest) { Err(Refusal::AckTooOld) } else { Ok(()) }
    }

    /// Fifth step, the ACK field, for an acknowledgment that [`check_ack`](Self::check_ack) let through. `echo` is how
    /// long ago the timestamp was sent that the peer echoes, where timestamps are in use.
    pub(crate) fn on_ack(
        &mut self,
        now: Instant,
        segment: &Segment<'_>,
        ack: SeqNum,
        echo: Option<Duration>,
        config: &TcpConfig,
        pool: &mut Pool,
    ) -> Acked {
        let before = self.outstanding();
        let duplicate = self.is_duplicate(segment, ack);
        let cleared = self.clear_log(now, segment, ack, duplicate);
        self.note_size(cleared.longest, self.una);
        let mut acked = if ack.after(self.una) { self.advance_to(ack, pool) } else { Acked::default() };
        acked.delivered = cleared.delivered;
        acked.round_trip = self.take_sample(&cleared, echo.filter(|_| acked.advanced), before);
        let was_closed = self.wnd == 0;
        self.take_window(segment, ack, acked);
        if was_closed && self.wnd > 0 {
            self.window_opened(now, config);
        }
        let was_recovering = self.is_recovering_fast();
        if self.path.is_some() && acked.advanced {
            self.on_path_progress(now);
        }
        let lost = self.detect_loss(now, acked.advanced, before);
        if cleared.delivered > 0 {
            self.controller.on_ack(
                now,
                &AckSample {
                    acked: cleared.delivered,
                    lost,
                    rtt: cleared.round_trip,
                    in_flight: before,
                    app_limited: !self.cwnd_limited,
                    in_recovery: was_recovering || self.is_recovering_fast(),
                    ..AckSample::default()
                },
            );
        }
        if acked.advanced {
            self.rearm(now, config, pool);
        }
        acked
    }

    /// RFC 5681 §2: octets are outstanding, the ACK bears nothing else, moves nothing and changes no window.
    fn is_duplicate(&self, segment: &Segment<'_>, ack: SeqNum) -> bool {
        ack == self.una
            && self.outstanding() > 0
            && segment.payload.is_empty()
            && segment.control() == Control::None
            && self.scaled(segment) == self.wnd
    }

    fn scaled(&self, segment: &Segment<'_>) -> u32 {
        u32::from(segment.window) << self.shift
    }

    fn clear_log(&mut self, now: Instant, segment: &Segment<'_>, ack: SeqNum, duplicate: bool) -> Cleared {
        let mss = u32::from(self.mss);
        let (una, nxt) = (self.una, self.nxt);
        let Some(flight) = self.flight.as_deref_mut() else { return Cleared::default() };
        let mut cleared = Cleared::default();
        if ack.after(una) {
            cleared = flight.acknowledge(now, ack);
            flight.progressed(now);
            flight.duplicate_acks = match flight.recovery {
                // What was out of order is in order now: no loss (RFC 5681 §3.2 counts in a row).
                None => 0,
                // What duplicate ACKs stood for is acknowledged, all but the segment that filled the hole.
                Some(_) => {
                    let segments = ack.since(una) / mss.max(1);
                    flight.duplicate_acks.saturating_sub(segments.saturating_sub(1).max(1))
                }
            };
        }
        let told = segment.options.sack.as_slice();
        let known = cleared.delivered;
        for &(start, end) in told {
            // One below SND.UNA is a D-SACK (RFC 2883 §4); one beyond SND.NXT is no acknowledgment of ours (RFC 2018 §5).
            if start.before(end) && start.at_or_after(ack.max(una)) && end.at_or_before(nxt) {
                flight.sack(now, start, end, mss, &mut cleared);
            }
        }
        // With selective acknowledgments a duplicate is one that tells of something new (RFC 6675 §2).
        let tells =
            if told.is_empty() { duplicate && !flight.has_sacked() } else { cleared.delivered > known };
        if tells && !ack.after(una) {
            flight.duplicate_acks = flight.duplicate_acks.saturating_add(1);
        }
        // A closed window is an answer, and so is one that opens: the peer lives, however long it keeps us waiting (RFC
        // 9293 §3.8.6.1).
        if segment.window == 0 || self.wnd == 0 {
            flight.answered(now);
        }
        cleared
    }

    fn advance_to(&mut self, ack: SeqNum, pool: &mut Pool) -> Acked {
        let fin = matches!(self.end, SendEnd::Fin { .. }) && ack == self.text_end() + 1;
        let first = if self.start == SendStart::Syn { self.iss + 1 } else { self.una };
        let octets = ack.since(first) - u32::from(fin);
        self.octets.advance(pool, octets);
        self.queued -= octets;
        self.young = self.young.saturating_add(ack.since(self.una));
        self.una = ack;
        self.small = self.small.max(ack);
        self.start = SendStart::Acked;
        if let (true, SendEnd::Fin { answers }) = (fin, self.end) {
            self.end = SendEnd::FinAcked { answers };
        }
        Acked { advanced: true, octets, fin, ..Acked::default() }
    }

    /// RFC 6298 §3, Karn's rule: what went out twice measures nothing, nor does what was acknowledged together with it,
    /// for that waited at the receiver. A timestamp tells which transmission was answered (RFC 7323 §4); but only the
    /// last one counts. An echo from before it means that the answer to the first was lost or very late, so that it
    /// measures the timeout: believed, each such loss would double the next timeout for good.
    fn take_sample(&mut self, cleared: &Cleared, echo: Option<Duration>, in_flight: u32) -> Option<Duration> {
        let sample = match cleared.ambiguous {
            None => cleared.round_trip,
            Some(age) => echo.filter(|&echo| echo <= age + TIMESTAMP_TICK),
        };
        if let Some(round_trip) = sample {
            // An ACK for every second segment in flight (RFC 7323 appendix G), as a power of two.
            let log_samples =
                in_flight.max(1).ilog2().saturating_sub((2 * u32::from(self.mss)).max(1).ilog2());
            self.rtt.sample_of_many(round_trip, log_samples);
            self.backoff = 0;
        }
        sample
    }

    /// The send window, from the newest segment only (RFC 9293 §3.10.7.4, SND.WL1 and SND.WL2), one that acknowledges
    /// nothing new among them (RFC 1122 §4.2.2.20 (g)).
    ///
    /// Beyond the RFC's words a segment that acknowledges more than any before it is the newest, also when it repeats
    /// octets below SND.WL1: as the window is counted from SND.UNA, moving that and keeping the old window would put
    /// its end past all that the peer ever offered. And one that acknowledges less than SND.UNA speaks of a window that
    /// lies further back.
    fn take_window(&mut self, segment: &Segment<'_>, ack: SeqNum, acked: Acked) {
        let follows = self.wl1.before(segment.seq) || (self.wl1 == segment.seq && self.wl2.at_or_before(ack));
        if acked.advanced || (follows && ack.at_or_after(self.una)) {
            self.wnd = self.scaled(segment);
            self.max_wnd = self.max_wnd.max(self.wnd);
            self.wl1 = self.wl1.max(segment.seq);
            self.wl2 = ack;
        }
    }

    /// The window was closed and is open. What was thrown away behind it is sent again after one timeout that is not
    /// backed off: those before it asked for the window, and were answered (RFC 9293 §3.8.6.1). A peer that closes and
    /// opens it over and over puts nothing off by that.
    fn window_opened(&mut self, now: Instant, config: &TcpConfig) {
        if self.retransmit.is_set() && self.outstanding() > 0 {
            self.backoff = 0;
            self.retransmit = self.retransmit.earlier(Deadline::after(now, self.rto(config)), now);
        }
    }

    /// Enters, goes on with or ends recovery (RFC 6675 §5; RFC 6582 where the peer sends no selective
    /// acknowledgments). Returns the octets newly believed lost.
    fn detect_loss(&mut self, now: Instant, advanced: bool, in_flight: u32) -> u32 {
        let (una, mss) = (self.una, u32::from(self.mss));
        let first_probe = self.probe_at(una);
        let Some(flight) = self.flight.as_deref_mut() else { return 0 };
        match flight.recovery {
            Some((_, point)) if una.at_or_after(point) => {
                flight.recovery = None;
                flight.duplicate_acks = 0;
                self.controller.on_signal(now, Signal::Recovered);
                0
            }
            Some((Recovery::Fast, _)) if advanced => {
                // A partial acknowledgment: the next hole begins where it ends (RFC 6582 §3.2, step 5; RFC 6675 §4,
                // NextSeg rule 3). Without selective acknowledgments nothing tells how much has left the network.
                if !flight.has_sacked() {
                    flight.resend_at_once.get_or_insert(Rule::Recovery);
                }
                flight.mark_first_lost(mss) + flight.mark_lost(mss)
            }
            Some((Recovery::Fast | Recovery::Timeout, _)) => flight.mark_lost(mss),
            Some((Recovery::PathMtu | Recovery::LostProbe, _)) | None => {
                let mut lost = flight.mark_lost(mss);
                if lost == 0 && flight.duplicate_acks >= DUP_THRESH && flight.recovery.is_none() {
                    lost = flight.mark_first_lost(mss.max(first_probe));
                }
                if lost > 0 {
                    self.enter_recovery(now, in_flight);
                }
                lost
            }
        }
    }

    /// Something was lost: a sign of congestion (RFC 5681 §3.2), unless it is a probe of the path and nothing else.
    fn enter_recovery(&mut self, now: Instant, in_flight: u32) {
        if self.lost_probe().is_some() {
            return self.on_probe_lost();
        }
        self.on_loss_after_raise(now);
        self.forget_probe();
        let nxt = self.nxt;
        let Some(flight) = self.flight.as_deref_mut() else { return };
        flight.recovery = Some((Recovery::Fast, nxt));
        flight.resend_at_once = Some(Rule::FastRetransmit);
        self.controller.on_signal(now, Signal::Loss { in_flight });
    }

    fn is_recovering_fast(&self) -> bool {
        self.flight.as_ref().is_some_and(|f| matches!(f.recovery, Some((Recovery::Fast, _))))
    }

    /// RFC 6298 §5.2 and §5.3 (RFC 6928 §9): off when nothing is outstanding, else a full timeout from now.
    fn rearm(&mut self, now: Instant, config: &TcpConfig, pool: &mut Pool) {
        if self.outstanding() > 0 {
            self.arm_retransmit(now, config);
            return;
        }
        self.retransmit = Deadline::NONE;
        if self.queued == 0
            && let Some(flight) = self.flight.take()
        {
            pool.keep_flight(flight);
        }
    }

    /// Makes sure that there is a log to write in, from the pool's if it has one.
    pub(crate) fn prepare_flight(&mut self, now: Instant, pool: &mut Pool) {
        if self.flight.is_none() {
            let mut flight = pool.take_flight().unwrap_or_else(|| Flight::new(now, self.una));
            flight.renew(now, self.una);
            self.flight = Some(flight);
        }
    }
}
