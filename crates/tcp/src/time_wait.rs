//! TIME-WAIT: what is kept of a connection that has said goodbye.

use core::hash::{Hash, Hasher};
use core::time::Duration;

use cordial_wire::{Control, Flags, Options, Segment, SeqNum, Timestamps};

use crate::clock::{older, timestamp};
use crate::last_answer::LastAnswer;
use crate::receive::acceptable;
use crate::{Deadline, Instant, Phase, Refusal, Rule, TcpConfig, Timers, Vars};

/// A connection in TIME-WAIT (RFC 9293 §3.10.7.4), in 24 octets.
///
/// It answers a FIN that comes again, lets nothing old into a new connection, and gives way to a SYN that is surely
/// newer (RFC 6191).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct TimeWait {
    pub(crate) snd_nxt: SeqNum,
    pub(crate) rcv_nxt: SeqNum,
    pub(crate) ts_recent: u32,
    pub(crate) ts_offset: u32,
    pub(crate) deadline: u32,
    /// The window as last sent, in the field's own units.
    pub(crate) window: u16,
    /// Our shift, and whether timestamps were agreed on.
    pub(crate) agreed: u8,
    /// When it answered last what has no octets.
    pub(crate) answered: LastAnswer,
}

pub(crate) const TIMESTAMPS: u8 = 0x80;
const SHIFT: u8 = 0x0f;

/// How long a connection has been in TIME-WAIT before we may open a new one in its place: the coarsest clock that a peer's
/// timestamps may follow has moved on then (RFC 7323 §5.4).
const REUSE_AFTER: Duration = Duration::from_secs(1);

/// What the holder of a TIME-WAIT entry is to do with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeWaitNext {
    /// Keep it.
    Stay,
    /// Keep it; its deadline was moved to a full 2MSL from now.
    Restarted,
    /// Drop it.
    Forget,
    /// Drop it and give the SYN to a listener. The new connection's ISS must lie after `above` (RFC 9293 MAY-2).
    Reopen {
        /// SND.NXT of the old connection.
        above: SeqNum,
    },
}

/// What one input did to a connection in TIME-WAIT.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeWaitOutcome {
    /// The rule applied, or why nothing changed.
    pub did: Result<Rule, Refusal>,
    /// What to do with the entry.
    pub next: TimeWaitNext,
    /// A segment to be sent in answer.
    pub reply: Option<Segment<'static>>,
}

impl TimeWait {
    /// SEGMENT ARRIVES in TIME-WAIT.
    pub fn on_segment(&mut self, now: Instant, segment: &Segment<'_>, config: &TcpConfig) -> TimeWaitOutcome {
        let stay = |did, reply| TimeWaitOutcome { did, next: TimeWaitNext::Stay, reply };
        match segment.control() {
            Control::Rst => self.on_reset(segment, config),
            Control::Syn if segment.ack().is_none() => self.on_syn(segment, config),
            _ if self.is_old(segment) => stay(Err(Refusal::OldTimestamp), self.answer(now, segment)),
            // The peer's FIN again: our last ACK was lost. Answer, and wait a full 2MSL from here.
            Control::Fin if segment.ack().is_some() && segment.end() == self.rcv_nxt => {
                self.arm(now, config);
                TimeWaitOutcome {
                    did: Ok(Rule::FinAgain),
                    next: TimeWaitNext::Restarted,
                    reply: Some(self.ack(now)),
                }
            }
            // Anything else that takes room, or lies elsewhere, is answered with what we know; a plain ACK that fits
            // is the end of the exchange, or two ends in TIME-WAIT would never stop.
            _ if segment.is_empty() && acceptable(segment, self.rcv_nxt, self.receive_window()) => {
                self.note_timestamp(segment);
                stay(Err(Refusal::Duplicate), None)
            }
            _ => stay(Err(Refusal::OutsideWindow), self.answer(now, segment)),
        }
    }

    /// The ACK that says where we stand. Who sent octets waits for it; to anything else it goes out now and then.
    fn answer(&mut self, now: Instant, segment: &Segment<'_>) -> Option<Segment<'static>> {
        let waits = !segment.payload.is_empty();
        (waits || self.answered.take(now, self.deadline())).then(|| self.ack(now))
    }

    /// RFC 1337: an old duplicate may draw a reset from a peer that has forgotten us; believing it would end the
    /// wait early and let the next old duplicate into a new connection.
    fn on_reset(&mut self, segment: &Segment<'_>, config: &TcpConfig) -> TimeWaitOutcome {
        let believed = !config.ignore_rst_in_time_wait && segment.seq == self.rcv_nxt;
        match believed {
            true => TimeWaitOutcome { did: Ok(Rule::Reset), next: TimeWaitNext::Forget, reply: None },
            false => {
                TimeWaitOutcome { did: Err(Refusal::ResetInTimeWait), next: TimeWaitNext::Stay, reply: None }
            }
        }
    }

    /// RFC 6191 §2: a SYN reopens if its timestamp is newer than the last one seen, if only the new connection would
    /// have timestamps, or, where they do not decide, if its number lies after everything the peer used before, its
    /// FIN included. Else it is dropped without a word.
    fn on_syn(&self, segment: &Segment<'_>, config: &TcpConfig) -> TimeWaitOutcome {
        let newer_number = segment.seq.at_or_after(self.rcv_nxt);
        let timestamp = segment.options.timestamps.filter(|_| config.timestamps).map(|t| t.value);
        let newer = match timestamp {
            Some(value) if self.has_timestamps() => {
                older(self.ts_recent, value) || (value == self.ts_recent && newer_number)
            }
            Some(_) => true,
            None => newer_number,
        };
        match newer {
            true => TimeWaitOutcome {
                did: Ok(Rule::Reopen),
                next: TimeWaitNext::Reopen { above: self.snd_nxt },
                reply: None,
            },
            false => TimeWaitOutcome { did: Err(Refusal::OldSyn), next: TimeWaitNext::Stay, reply: None },
        }
    }

    /// Where a new connection that we open may begin, if one may (RFC 6191 §2 seen from the caller's side): after which
    /// number, and with which offset of its timestamps, so that they are newer than any of the old connection's. `config`
    /// is the new connection's, `msl` that of the wait.
    pub fn reusable(&self, now: Instant, config: &TcpConfig, msl: Duration) -> Option<(SeqNum, u32)> {
        let whole = msl.saturating_mul(2);
        let has_waited = Deadline::after(now, whole.saturating_sub(REUSE_AFTER)).remaining(now);
        let waited = self.deadline().remaining(now) <= has_waited;
        (self.has_timestamps() && config.timestamps && config.reuse_time_wait && waited)
            .then_some((self.snd_nxt, self.ts_offset))
    }

    /// True once 2MSL have passed.
    pub fn is_over(&self, now: Instant) -> bool {
        self.deadline().is_due(now)
    }

    /// When TIME-WAIT ends. All entries wait equally long: those armed first end first.
    pub fn deadline(&self) -> Deadline {
        Deadline::from_ticks(self.deadline)
    }

    /// Its variables, for those who watch.
    pub fn vars(&self) -> Vars {
        Vars {
            phase: Phase::TimeWait,
            snd_una: self.snd_nxt,
            snd_nxt: self.snd_nxt,
            rcv_nxt: self.rcv_nxt,
            rcv_wnd: self.receive_window(),
            timers: Timers { time_wait: self.deadline(), ..Timers::default() },
            ..Vars::default()
        }
    }

    /// Feeds everything that decides the future into `h`, times relative to `now`.
    pub fn fingerprint(&self, now: Instant, h: &mut impl Hasher) {
        let Self { snd_nxt, rcv_nxt, ts_recent, ts_offset, deadline: _, window, agreed, answered } = *self;
        (snd_nxt, rcv_nxt, window, agreed, answered).hash(h);
        let recent = (ts_recent.wrapping_sub(now.as_millis() as u32), ts_offset);
        self.has_timestamps().then_some(recent).hash(h);
        self.deadline().remaining(now).hash(h);
    }

    /// Begins the wait anew: twice the MSL.
    pub fn arm(&mut self, now: Instant, config: &TcpConfig) {
        self.deadline = Deadline::after(now, config.msl.saturating_mul(2)).ticks();
        self.answered = LastAnswer::NONE;
    }

    fn has_timestamps(&self) -> bool {
        self.agreed & TIMESTAMPS != 0
    }

    fn receive_window(&self) -> u32 {
        u32::from(self.window) << (self.agreed & SHIFT)
    }

    fn is_old(&self, segment: &Segment<'_>) -> bool {
        self.has_timestamps() && segment.options.timestamps.is_some_and(|t| older(t.value, self.ts_recent))
    }

    /// The timestamp of an acceptable segment is the newest one seen (RFC 7323 §4.3, (2)): a SYN has to have a later.
    fn note_timestamp(&mut self, segment: &Segment<'_>) {
        if let Some(timestamps) = segment.options.timestamps
            && self.has_timestamps()
            && segment.seq.at_or_before(self.rcv_nxt)
        {
            self.ts_recent = timestamps.value;
        }
    }

    pub(crate) fn ack(&self, now: Instant) -> Segment<'static> {
        let timestamps = self
            .has_timestamps()
            .then(|| Timestamps { value: timestamp(now, self.ts_offset), echo: self.ts_recent });
        Segment {
            seq: self.snd_nxt,
            ack_number: self.rcv_nxt,
            flags: Flags::ACK,
            window: self.window,
            options: Options { timestamps, ..Options::default() },
            ..Segment::default()
        }
    }
}
