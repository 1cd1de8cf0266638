//! A half-open connection: what a SYN leaves behind until the third segment comes.

mod echo;

use core::hash::{Hash, Hasher};
use core::time::Duration;

use cordial_wire::{Control, Flags, Options, Segment, SeqNum, Timestamps};

use crate::clock::{older, timestamp};
use crate::last_answer::LastAnswer;
use crate::receive::acceptable;
use crate::{Deadline, Instant, Phase, Refusal, Rule, TcpConfig, Timers, Vars};

/// An entry of the SYN cache (RFC 4987 §3.3): SYN-RECEIVED by passive open, in 28 octets.
///
/// It is a value: the table that holds it calls [`on_segment`](Self::on_segment) and [`on_timer`](Self::on_timer) and
/// does as told. It becomes a [`Connection`](crate::Connection) by
/// [`Connection::from_half_open`](crate::Connection::from_half_open).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct HalfOpen {
    pub(crate) iss: SeqNum,
    pub(crate) irs: SeqNum,
    pub(crate) ts_recent: u32,
    pub(crate) ts_offset: u32,
    deadline: u32,
    pub(crate) peer_mss: u16,
    retries: u8,
    agreed: u8,
    /// When it answered last what has no octets.
    answered: LastAnswer,
}

/// The peer's shift in the low four bits of `agreed`, then what was agreed on.
const SCALE: u8 = 0x0f;
const SCALING: u8 = 0x10;
const SACK: u8 = 0x20;
const TIMESTAMPS: u8 = 0x40;
/// The third segment came and was turned away because the accept queue was full.
const CONFIRMED: u8 = 0x80;

/// Beside the number of retries: it comes from a cookie, and nobody knows when its SYN-ACK went out.
const COOKIE: u8 = 0x80;

/// What the holder of a half-open connection is to do with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HalfOpenNext {
    /// Keep it.
    Stay,
    /// The handshake is complete: make it a connection, and give that the segment.
    Promote,
    /// Drop it.
    Forget,
}

/// What one input did to a half-open connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HalfOpenOutcome {
    /// The rule applied, or why nothing changed.
    pub did: Result<Rule, Refusal>,
    /// What to do with the entry.
    pub next: HalfOpenNext,
    /// A segment to be sent in answer.
    pub reply: Option<Segment<'static>>,
}

impl HalfOpenOutcome {
    fn stay(did: Result<Rule, Refusal>, reply: Option<Segment<'static>>) -> Self {
        Self { did, next: HalfOpenNext::Stay, reply }
    }

    fn forget(did: Result<Rule, Refusal>) -> Self {
        Self { did, next: HalfOpenNext::Forget, reply: None }
    }
}

/// What of an incoming SYN matters to a listener (RFC 9293 §3.10.7.2, in its order).
///
/// # Errors
///
/// Why the segment opens nothing. The caller answers [`Refusal::NotSyn`] with
/// [`reset_for`](crate::reset_for), which is silent where it has to be; anything else is dropped in silence.
pub fn listen(segment: &Segment<'_>) -> Result<(), Refusal> {
    let flags = segment.flags;
    if flags.contains(Flags::RST) || flags.contains(Flags::ACK) {
        return Err(Refusal::NotSyn);
    }
    // Fourth, anything else: no connection of ours, open or half open, could have drawn it.
    if !flags.contains(Flags::SYN) {
        return Err(Refusal::NoAck);
    }
    // SYN and FIN at once opens nothing anyone wants; only probes send it.
    if flags.contains(Flags::FIN) { Err(Refusal::SynFin) } else { Ok(()) }
}

impl HalfOpen {
    /// What a SYN that [`listen`] let through leaves behind. The SYN-ACK is owed at once: [`syn_ack`](Self::syn_ack).
    pub fn new(now: Instant, syn: &Segment<'_>, iss: SeqNum, ts_offset: u32, config: &TcpConfig) -> Self {
        let mut agreed = 0;
        if let (Some(shift), Some(_)) = (syn.options.shift(), config.window_shift()) {
            agreed |= SCALING | (shift & SCALE);
        }
        if syn.options.sack_permitted && config.sack {
            agreed |= SACK;
        }
        let timestamps = syn.options.timestamps.filter(|_| config.timestamps);
        if timestamps.is_some() {
            agreed |= TIMESTAMPS;
        }
        let mut half = Self {
            iss,
            irs: syn.seq,
            ts_recent: timestamps.map_or(0, |t| t.value),
            ts_offset,
            deadline: 0,
            peer_mss: syn.options.mss.unwrap_or(DEFAULT_MSS),
            retries: 0,
            agreed,
            answered: LastAnswer::NONE,
        };
        half.arm(now, config);
        half
    }

    /// What a cookie said, once its ACK has come: the MSS; and all else that was agreed on where the ACK echoes the
    /// timestamp that tells it ([`cookie_syn_ack`](Self::cookie_syn_ack)). Without timestamps nothing was.
    pub fn from_cookie(
        now: Instant,
        ack: &Segment<'_>,
        peer_mss: u16,
        ts_offset: u32,
        config: &TcpConfig,
    ) -> Self {
        let timestamps = ack.options.timestamps.filter(|_| config.timestamps);
        let mut agreed = timestamps.map_or(0, |timestamps| TIMESTAMPS | echo::told(timestamps.echo));
        // Whoever makes an echo up gets no more than was offered.
        if !config.sack {
            agreed &= !SACK;
        }
        if !config.window_scaling {
            agreed &= !(SCALING | SCALE);
        }
        let mut half = Self {
            iss: ack.ack_number - 1,
            irs: ack.seq - 1,
            ts_recent: timestamps.map_or(0, |timestamps| timestamps.value),
            ts_offset,
            deadline: 0,
            peer_mss,
            retries: COOKIE,
            agreed,
            answered: LastAnswer::NONE,
        };
        half.arm(now, config);
        half
    }

    /// The SYN-ACK, offering `mss` (RFC 9293 §3.10.7.2; options only where the SYN had them).
    pub fn syn_ack(&self, now: Instant, mss: u16, config: &TcpConfig) -> Segment<'static> {
        Segment {
            seq: self.iss,
            ack_number: self.irs + 1,
            flags: Flags::SYN | Flags::ACK,
            window: config.first_window(),
            options: Options {
                mss: Some(config.segment_limit(mss)),
                window_scale: config.window_shift().filter(|_| self.has(SCALING)),
                sack_permitted: self.has(SACK),
                timestamps: self.timestamps(now),
                user_timeout: config.told_timeout(),
                ..Options::default()
            },
            ..Segment::default()
        }
    }

    /// The SYN-ACK that bears a cookie: nothing is kept of what was agreed on, so where there are timestamps the low bits
    /// of ours tell it, for the peer to bring back (RFC 4987 §3.6). Without them only the MSS is agreed on.
    pub fn cookie_syn_ack(mut self, now: Instant, mss: u16, config: &TcpConfig) -> Segment<'static> {
        if !self.has(TIMESTAMPS) {
            self.agreed = 0;
        }
        let mut syn_ack = self.syn_ack(now, mss, config);
        if let Some(timestamps) = &mut syn_ack.options.timestamps {
            timestamps.value = echo::telling(timestamps.value, self.agreed);
        }
        syn_ack
    }

    /// SEGMENT ARRIVES in SYN-RECEIVED by passive open (RFC 9293 §3.10.7.4).
    pub fn on_segment(
        &mut self,
        now: Instant,
        segment: &Segment<'_>,
        mss: u16,
        config: &TcpConfig,
    ) -> HalfOpenOutcome {
        let window = u32::from(config.first_window());
        let nxt = self.irs + 1;
        let control = segment.control();
        // The SYN again: its SYN-ACK was lost, or is late. RFC 9293 would answer an ACK; every deployed stack repeats
        // the SYN-ACK, which says the same and more.
        if control == Control::Syn && segment.seq == self.irs && segment.ack().is_none() {
            // The latest timestamp is echoed, so that the peer measures the SYN that was answered (RFC 7323 §4.3).
            if let Some(timestamps) = segment.options.timestamps.filter(|t| older(self.ts_recent, t.value)) {
                self.ts_recent = timestamps.value;
            }
            let answer = self.syn_ack(now, mss, config);
            return HalfOpenOutcome::stay(Ok(Rule::SynAgain), Some(answer));
        }
        // PAWS comes before the sequence number (RFC 7323 §5.3, R1).
        if control != Control::Rst && self.has(TIMESTAMPS) {
            match segment.options.timestamps {
                Some(timestamps) if older(timestamps.value, self.ts_recent) => {
                    let answer = self.answer(now, segment, config);
                    return HalfOpenOutcome::stay(Err(Refusal::OldTimestamp), answer);
                }
                // What a connection would not take does not make one (RFC 7323 §3.2). Another SYN may offer what it likes.
                None if control != Control::Syn => {
                    return HalfOpenOutcome::stay(Err(Refusal::NoTimestamp), None);
                }
                _ => {}
            }
        }
        // First, the sequence number.
        if !acceptable(segment, nxt, window) {
            let answer = if control == Control::Rst { None } else { self.answer(now, segment, config) };
            return HalfOpenOutcome::stay(Err(Refusal::OutsideWindow), answer);
        }
        match control {
            // Second, RST: exactly in order, or it must prove itself (RFC 5961 §3.2).
            Control::Rst if segment.seq == nxt => return HalfOpenOutcome::forget(Ok(Rule::Reset)),
            // The right edge itself is none of the window.
            Control::Rst if segment.seq.since(nxt) >= window => {
                return HalfOpenOutcome::stay(Err(Refusal::BadReset), None);
            }
            Control::Rst => {
                let answer = self.answer(now, segment, config);
                return HalfOpenOutcome::stay(Err(Refusal::Challenged), answer);
            }
            // The SYN itself lies before the window, and is no other: only what follows it reaches in.
            Control::Syn if segment.seq == self.irs => {
                let answer = self.answer(now, segment, config);
                return HalfOpenOutcome::stay(Err(Refusal::OutsideWindow), answer);
            }
            // Fourth, SYN: another one in the window. Passive open: back to LISTEN; the peer's next SYN opens.
            Control::Syn => return HalfOpenOutcome::forget(Err(Refusal::Challenged)),
            Control::Fin | Control::None => {}
        }
        // Fifth, the ACK.
        match segment.ack() {
            None => HalfOpenOutcome::stay(Err(Refusal::NoAck), None),
            Some(ack) if ack == self.iss + 1 => {
                self.agreed |= CONFIRMED;
                HalfOpenOutcome { did: Ok(Rule::HandshakeAck), next: HalfOpenNext::Promote, reply: None }
            }
            Some(_) => HalfOpenOutcome::stay(Err(Refusal::BadHandshakeAck), crate::reset_for(segment)),
        }
    }

    /// Sends the SYN-ACK again or gives up, if that is due.
    pub fn on_timer(&mut self, now: Instant, mss: u16, config: &TcpConfig) -> HalfOpenOutcome {
        if !self.deadline().is_due(now) {
            return HalfOpenOutcome::stay(Ok(Rule::TimerMoved), None);
        }
        if self.retries() >= config.syn_ack_retries {
            return HalfOpenOutcome::forget(Ok(Rule::GiveUpHalfOpen));
        }
        self.retries += 1;
        self.arm(now, config);
        HalfOpenOutcome::stay(Ok(Rule::Timeout), Some(self.syn_ack(now, mss, config)))
    }

    /// When `on_timer` is due.
    pub fn deadline(&self) -> Deadline {
        Deadline::from_ticks(self.deadline)
    }

    /// How often the SYN-ACK was sent again. Entries of equal count fall due in the order in which they were armed.
    pub fn retries(&self) -> u8 {
        self.retries & !COOKIE
    }

    /// True if the third segment came, but found no room in the accept queue.
    pub fn is_confirmed(&self) -> bool {
        self.has(CONFIRMED)
    }

    /// Its variables, for those who watch.
    pub fn vars(&self, config: &TcpConfig) -> Vars {
        Vars {
            phase: Phase::SynReceived,
            iss: self.iss,
            irs: Some(self.irs),
            snd_una: self.iss,
            snd_nxt: self.iss + 1,
            snd_mss: self.peer_mss,
            rcv_nxt: self.irs + 1,
            rcv_wnd: u32::from(config.first_window()),
            rto: self.timeout(config),
            backoff: self.retries(),
            timers: Timers { syn_ack: self.deadline(), ..Timers::default() },
            ..Vars::default()
        }
    }

    /// Feeds everything that decides the future into `h`, times relative to `now`.
    pub fn fingerprint(&self, now: Instant, h: &mut impl Hasher) {
        let Self { iss, irs, ts_recent, ts_offset, deadline: _, peer_mss, retries, agreed, answered } = *self;
        (iss, irs, peer_mss, retries, agreed, answered).hash(h);
        let recent = (ts_recent.wrapping_sub(now.as_millis() as u32), ts_offset);
        self.has(TIMESTAMPS).then_some(recent).hash(h);
        self.deadline().remaining(now).hash(h);
    }

    /// What the SYN-ACK's round trip took, if the ACK came before anything was sent again (Karn).
    pub(crate) fn round_trip(&self, now: Instant, config: &TcpConfig) -> Option<Duration> {
        let due = self.deadline().instant(now).filter(|&due| self.retries == 0 && due >= now)?;
        // Deadlines are rounded up to their ticks, so a round trip shorter than one shows as none at all.
        Some(config.rto.initial.saturating_sub(due.since(now)))
    }

    /// The peer's shift, if scaling was agreed on.
    pub(crate) fn peer_shift(&self) -> Option<u8> {
        self.has(SCALING).then_some(self.agreed & SCALE)
    }

    pub(crate) fn has_sack(&self) -> bool {
        self.has(SACK)
    }

    pub(crate) fn has_timestamps(&self) -> bool {
        self.has(TIMESTAMPS)
    }

    fn has(&self, bit: u8) -> bool {
        self.agreed & bit != 0
    }

    fn timestamps(&self, now: Instant) -> Option<Timestamps> {
        self.has(TIMESTAMPS)
            .then(|| Timestamps { value: timestamp(now, self.ts_offset), echo: self.ts_recent })
    }

    /// The ACK that says where we stand, or challenges. Who sent octets waits for it; to anything else it goes out now and
    /// then.
    fn answer(
        &mut self,
        now: Instant,
        segment: &Segment<'_>,
        config: &TcpConfig,
    ) -> Option<Segment<'static>> {
        let waits = !segment.payload.is_empty();
        (waits || self.answered.take(now, self.deadline())).then(|| self.ack(now, config))
    }

    fn ack(&self, now: Instant, config: &TcpConfig) -> Segment<'static> {
        let shift = config.window_shift().filter(|_| self.has(SCALING)).unwrap_or(0);
        Segment {
            seq: self.iss + 1,
            ack_number: self.irs + 1,
            flags: Flags::ACK,
            window: config.first_window() >> shift,
            options: Options { timestamps: self.timestamps(now), ..Options::default() },
            ..Segment::default()
        }
    }

    fn timeout(&self, config: &TcpConfig) -> Duration {
        config.rto.initial.saturating_mul(1 << self.retries().min(16))
    }

    fn arm(&mut self, now: Instant, config: &TcpConfig) {
        self.deadline = Deadline::after(now, self.timeout(config)).ticks();
        self.answered = LastAnswer::NONE;
    }
}

/// What a peer that names no MSS can take (RFC 9293 §3.7.1, SHLD-5 and MUST-15).
pub(crate) const DEFAULT_MSS: u16 = 536;
