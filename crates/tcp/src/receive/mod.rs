//! The receive half: what the peer sends us.

mod ack;
mod assembler;
mod window;

pub(crate) use ack::Owed;
pub use assembler::{Assembler, Inserted};

use core::hash::{Hash, Hasher};

use cordial_wire::{Flags, Segment, SeqNum};

use crate::clock::older;
use crate::octets::Octets;
use crate::pool::Pool;
use crate::{Deadline, Instant, ReceiveEnd, Refusal, Rule, TcpConfig};
use ack::Throttle;

/// The direction from the peer to us, from its SYN on.
///
/// ```text
///            read      unread            ahead of a hole
///   ─────────────┬──────────────┬──────┬───────┬────────┬─────▶
///               front          nxt   (hole)    │       adv
///                               └── window, as last told ──┘
/// ```
#[derive(Clone, Debug)]
pub(crate) struct ReceiveHalf {
    /// IRS.
    pub(crate) irs: SeqNum,
    /// RCV.NXT.
    pub(crate) nxt: SeqNum,
    /// RCV.NXT + RCV.WND: the right edge as last told to the peer; it never moves back.
    adv: SeqNum,
    /// What was acknowledged last: Last.ACK.sent of RFC 7323 §4.3.
    last_ack_sent: SeqNum,
    /// TS.Recent.
    pub(crate) ts_recent: u32,
    /// The second in which it was set.
    ts_recent_at: u32,
    end: ReceiveEnd,
    /// Our shift, applied to every window but a SYN's.
    pub(crate) shift: u8,
    /// The largest payload seen, at most our MSS: what a full-sized segment of this peer is.
    full: u16,
    /// Where the peer's FIN stands, once seen.
    fin: Option<SeqNum>,
    /// What arrived ahead of `nxt`.
    assembler: Assembler,
    /// Octets seen twice, to be told with the next ACK (RFC 2883).
    duplicate: Option<(SeqNum, SeqNum)>,
    owed: Owed,
    /// Octets accepted since the last ACK went out.
    unacknowledged: u32,
    pub(crate) delayed_ack: Deadline,
    challenges: Throttle,
    /// Received octets not yet read are bounded by this; grows as the reader keeps up.
    pub(crate) limit: u32,
    /// When `nxt` passes this, a window's worth has come since the limit was last looked at.
    round: SeqNum,
}

/// How long TS.Recent is worth anything, in seconds: 24 days (RFC 7323 §5.5).
const TS_RECENT_LASTS: u32 = 24 * 24 * 3600;

fn seconds(now: Instant) -> u32 {
    (now.as_millis() / 1000) as u32
}

/// What a segment's octets and FIN came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Taken {
    pub(crate) did: Result<Rule, Refusal>,
    /// The peer's FIN is now in order, by this segment.
    pub(crate) finished: bool,
}

/// RFC 9293 §3.10.7.4, first step: does any of the segment lie in the window?
///
/// Two allowances, both as deployed. A segment that begins before the window and ends after it is acceptable, for its
/// middle is new. A segment without data may stand at the right edge itself: a peer that has filled the window sends
/// all its acknowledgments from there.
pub(crate) fn acceptable(segment: &Segment<'_>, nxt: SeqNum, window: u32) -> bool {
    let right = nxt + window;
    if segment.is_empty() {
        segment.seq.at_or_after(nxt) && segment.seq.at_or_before(right)
    } else if window == 0 {
        // Nothing fits, but a valid ACK, RST or FIN that stands exactly here counts (MUST-66 and as deployed).
        segment.seq == nxt
    } else {
        segment.seq.before(right) && segment.end().after(nxt)
    }
}

impl ReceiveHalf {
    /// The half that begins with the peer's SYN at `irs`; `window` was told with ours.
    pub(crate) fn new(now: Instant, irs: SeqNum, window: u16, shift: u8, limit: u32, ts_recent: u32) -> Self {
        let nxt = irs + 1;
        Self {
            irs,
            nxt,
            adv: nxt + u32::from(window),
            last_ack_sent: nxt,
            ts_recent,
            ts_recent_at: seconds(now),
            end: ReceiveEnd::Open,
            shift,
            full: 1,
            fin: None,
            assembler: Assembler::new(),
            duplicate: None,
            owed: Owed::Nothing,
            unacknowledged: 0,
            delayed_ack: Deadline::NONE,
            challenges: Throttle::new(),
            limit,
            round: nxt + limit,
        }
    }

    /// How this half ends.
    pub(crate) fn end(&self) -> ReceiveEnd {
        self.end
    }

    /// The position after the last octet in order.
    pub(crate) fn text_received(&self) -> SeqNum {
        if self.end == ReceiveEnd::Fin { self.nxt - 1 } else { self.nxt }
    }

    /// Octets of the longest payload that arrived.
    pub(crate) fn longest_payload(&self) -> u16 {
        self.full
    }

    /// RCV.WND: what the peer may still send, as last told.
    pub(crate) fn window(&self) -> u32 {
        self.adv.since(self.nxt)
    }

    /// First step: the sequence number.
    pub(crate) fn accepts(&self, segment: &Segment<'_>) -> bool {
        acceptable(segment, self.nxt, self.window())
    }

    /// True if a reset or SYN stands inside the window, where it may not be believed without proof.
    pub(crate) fn in_window(&self, seq: SeqNum) -> bool {
        seq == self.nxt || (seq.at_or_after(self.nxt) && seq.before(self.adv))
    }

    /// True if a timestamp is older than the newest accepted one (RFC 7323 §5.3, R1).
    ///
    /// TS.Recent of 24 days ago tells nothing any more: the peer's clock may have gone half way round (§5.5).
    pub(crate) fn is_old(&self, now: Instant, timestamp: u32) -> bool {
        older(timestamp, self.ts_recent) && !self.ts_recent_is_worn(now)
    }

    fn ts_recent_is_worn(&self, now: Instant) -> bool {
        seconds(now).saturating_sub(self.ts_recent_at) > TS_RECENT_LASTS
    }

    /// Notes the timestamp of an acceptable segment that spans what was acknowledged last (RFC 7323 §4.3, R2 and R3).
    pub(crate) fn note_timestamp(&mut self, now: Instant, segment: &Segment<'_>) {
        if let Some(timestamps) = segment.options.timestamps
            && !self.is_old(now, timestamps.value)
            && (segment.seq.at_or_before(self.last_ack_sent) || self.ts_recent_is_worn(now))
        {
            self.ts_recent = timestamps.value;
            self.ts_recent_at = seconds(now);
        }
    }

    /// Seventh and eighth step: the octets, then the FIN (RFC 9293 §3.10.7.4). `unread` counts what the reader has
    /// not taken yet and grows here; with `discard` nobody will read and octets are only counted.
    pub(crate) fn on_text(
        &mut self,
        segment: &Segment<'_>,
        mss: u16,
        inbox: &mut Octets,
        unread: &mut u32,
        discard: bool,
        pool: &mut Pool,
    ) -> Taken {
        if self.end == ReceiveEnd::Fin {
            // Nothing can follow a FIN; whatever came again is answered.
            if !segment.is_empty() {
                self.note_duplicate(segment.seq, segment.end().min(self.nxt));
                self.owe_now(Rule::SendAck);
            }
            return Taken { did: Err(Refusal::Duplicate), finished: false };
        }
        let did = if segment.payload.is_empty() {
            Ok(Rule::Accepted)
        } else {
            self.full = self.full.max((segment.payload.len() as u64).min(u64::from(mss)) as u16);
            self.take_octets(segment, inbox, unread, discard, pool)
        };
        if segment.flags.contains(Flags::FIN) {
            self.note_fin(segment);
        }
        let finished = self.fin == Some(self.nxt);
        if finished {
            self.end = ReceiveEnd::Fin;
            self.nxt += 1;
            self.adv = self.adv.max(self.nxt);
            // Held back like any other: the program may close at once, and then our FIN carries the ACK.
            self.owe_soon();
            return Taken { did: Ok(Rule::Fin), finished };
        }
        if did.is_err() || (segment.flags.contains(Flags::FIN) && segment.payload.is_empty()) {
            self.owe_now(Rule::SendAck);
        }
        Taken { did, finished }
    }

    fn take_octets(
        &mut self,
        segment: &Segment<'_>,
        inbox: &mut Octets,
        unread: &mut u32,
        discard: bool,
        pool: &mut Pool,
    ) -> Result<Rule, Refusal> {
        let start = segment.seq.max(self.nxt);
        let text_end = segment.seq + segment.payload.len() as u32;
        let end = text_end.min(self.adv);
        if segment.seq.before(self.nxt) {
            self.note_duplicate(segment.seq, text_end.min(self.nxt));
            self.owe_now(Rule::SendAck);
        }
        if !start.before(end) {
            return Err(if text_end.at_or_before(self.nxt) {
                Refusal::Duplicate
            } else {
                Refusal::OutsideWindow
            });
        }
        let from = start.since(segment.seq) as usize;
        let octets = segment.payload.get(from..from + end.since(start) as usize).unwrap_or_default();
        // Positions count from the front of the inbox, where the first unread octet lies.
        let at = *unread + start.since(self.nxt);
        let stored = if discard { octets.len() } else { inbox.write(pool, at, octets) };
        if stored == 0 {
            return Err(Refusal::NoMemory);
        }
        let end = start + stored as u32;
        // An end that was told of ahead of a hole and has octets behind it was none, or comes again.
        if self.fin.is_some_and(|fin| end.after(fin)) {
            self.fin = None;
        }
        if start == self.nxt {
            Ok(self.advance_to(end, unread, discard))
        } else {
            self.keep_ahead(start, end)
        }
    }

    /// Octets up to `end` are in order now, and perhaps more that waited behind the hole they fill.
    fn advance_to(&mut self, end: SeqNum, unread: &mut u32, discard: bool) -> Rule {
        let had_holes = !self.assembler.is_empty();
        let nxt = if had_holes { self.assembler.take_ready(end) } else { end };
        let gained = nxt.since(self.nxt);
        self.nxt = nxt;
        if !discard {
            *unread += gained;
        }
        self.unacknowledged = self.unacknowledged.saturating_add(gained);
        // At least every second full-sized segment, and at once while a hole is being filled (RFC 5681 §4.2).
        if had_holes || self.unacknowledged >= 2 * u32::from(self.full) {
            self.owe_now(Rule::SendAck);
        } else {
            self.owe_soon();
        }
        Rule::Text
    }

    fn keep_ahead(&mut self, start: SeqNum, end: SeqNum) -> Result<Rule, Refusal> {
        let inserted = self.assembler.insert(self.nxt, start, end);
        // What comes out of order is told of at once (RFC 2018 §4, RFC 5681 §4.2).
        self.owe_now(Rule::SendAck);
        if let Some((from, to)) = inserted.duplicate {
            self.note_duplicate(from, to);
        }
        if inserted.stored { Ok(Rule::TextAhead) } else { Err(Refusal::TooManyHoles) }
    }

    /// A FIN counts where it lies inside the window; one beyond is cut off with the octets before it. Ahead of a hole it is
    /// believed only where nothing that has come contradicts it: whoever guesses one, or octets, can then neither cut the
    /// stream off nor keep the peer's own FIN from ending it, which comes again until it is acknowledged, in order at
    /// last. Of two the earlier counts.
    fn note_fin(&mut self, segment: &Segment<'_>) {
        let position = segment.seq + segment.payload.len() as u32;
        if position == self.nxt {
            self.fin = Some(position);
            self.assembler = Assembler::new();
            return;
        }
        let is_first = self.fin.is_none_or(|fin| position.before(fin));
        let is_last = self.assembler.highest().is_none_or(|highest| highest.at_or_before(position));
        if is_first && is_last && position.after(self.nxt) && position.at_or_before(self.adv) {
            self.fin = Some(position);
        }
    }

    /// Octets that came a second time, all of them.
    pub(crate) fn note_duplicate_of(&mut self, segment: &Segment<'_>) {
        if segment.end().at_or_before(self.nxt) {
            self.note_duplicate(segment.seq, segment.end());
        }
    }

    fn note_duplicate(&mut self, start: SeqNum, end: SeqNum) {
        if start.before(end) {
            self.duplicate = Some((start, end));
        }
    }

    /// The state that decides the future, numbers relative to IRS. TS.Recent is part of it where timestamps are in use.
    pub(crate) fn fingerprint(
        &self,
        now: Instant,
        timestamps: bool,
        config: &TcpConfig,
        h: &mut impl Hasher,
    ) {
        self.nxt.since(self.irs).hash(h);
        self.adv.since(self.irs).hash(h);
        self.last_ack_sent.since(self.irs).hash(h);
        (self.end, self.shift, self.full, self.owed, self.unacknowledged, self.limit).hash(h);
        self.fin.map(|fin| fin.since(self.irs)).hash(h);
        self.round.since(self.irs).hash(h);
        self.duplicate.map(|(a, b)| (a.since(self.irs), b.since(self.irs))).hash(h);
        for &(start, end) in self.assembler.ranges() {
            (start.since(self.irs), end.since(self.irs)).hash(h);
        }
        // Timestamps of both ends go on with time, so they are the same where they are as far behind it.
        let recent = (self.ts_recent.wrapping_sub(now.as_millis() as u32), seconds(now) - self.ts_recent_at);
        timestamps.then_some(recent).hash(h);
        self.challenges.fingerprint(now, config.challenge_acks, h);
        self.delayed_ack.remaining(now).hash(h);
    }
}
