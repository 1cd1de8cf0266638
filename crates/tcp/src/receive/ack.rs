//! When an acknowledgment goes out.

use core::hash::{Hash, Hasher};
use core::time::Duration;

use cordial_wire::SackBlocks;

use super::ReceiveHalf;
use crate::{Deadline, Instant, Rule};

/// Whether the peer is to be told something.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub(crate) enum Owed {
    /// It knows everything.
    Nothing,
    /// When the delayed-ACK timer comes due, or with the next segment that goes out anyway.
    Soon,
    /// Now, and why.
    Now(Rule),
}

/// How many challenge ACKs go out in a burst, and then how often: ten a second for each connection. One count per
/// connection, so that nobody can read off one connection what happened on another (RFC 5961 §7, CVE-2016-5696).
const CHALLENGE_BURST: u8 = 10;
const CHALLENGE_EVERY: Duration = Duration::from_millis(100);

/// A small bucket of tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Throttle {
    tokens: u8,
    /// The tick at which the bucket was last filled.
    filled: u32,
}

impl Throttle {
    pub(super) const fn new() -> Self {
        Self { tokens: CHALLENGE_BURST, filled: 0 }
    }

    /// A bucket that the time since has filled is full, however long that was.
    pub(super) fn fingerprint(&self, now: Instant, h: &mut impl Hasher) {
        let is_full = self.earned(now) > 0
            && u32::from(self.tokens).saturating_add(self.earned(now)) >= u32::from(CHALLENGE_BURST);
        let state = (self.tokens, Deadline::tick_of(now).wrapping_sub(self.filled));
        (!is_full).then_some(state).hash(h);
    }

    fn earned(&self, now: Instant) -> u32 {
        let every = (CHALLENGE_EVERY.as_nanos() / Deadline::TICK.as_nanos()) as u32;
        Deadline::tick_of(now).wrapping_sub(self.filled) / every
    }

    fn take(&mut self, now: Instant) -> bool {
        let tick = Deadline::tick_of(now);
        let earned = self.earned(now);
        if earned > 0 {
            self.tokens = CHALLENGE_BURST.min(self.tokens.saturating_add(earned.min(255) as u8));
            self.filled = tick;
        }
        let granted = self.tokens > 0;
        self.tokens = self.tokens.saturating_sub(1);
        granted
    }
}

impl ReceiveHalf {
    /// An ACK is to go out at once.
    pub(crate) fn owe_now(&mut self, why: Rule) {
        if !matches!(self.owed, Owed::Now(_)) {
            self.owed = Owed::Now(why);
        }
    }

    /// An ACK may wait for a segment to ride on.
    pub(super) fn owe_soon(&mut self) {
        if self.owed == Owed::Nothing {
            self.owed = Owed::Soon;
        }
    }

    /// An answer to a segment that may be forged, or may be part of an endless exchange: not more often than the
    /// throttle allows (RFC 5961 §7 and §10).
    pub(crate) fn owe_challenge(&mut self, now: Instant) {
        if self.challenges.take(now) {
            self.owe_now(Rule::ChallengeAck);
        }
    }

    /// True if the peer is to be told something, now or soon.
    pub(crate) fn owes(&self) -> bool {
        self.owed != Owed::Nothing
    }

    /// The ACK that is owed now, if one is.
    pub(crate) fn owed_now(&self) -> Option<Rule> {
        match self.owed {
            Owed::Now(why) => Some(why),
            Owed::Nothing | Owed::Soon => None,
        }
    }

    /// Arms the delayed-ACK timer where an ACK is owed but not yet due.
    pub(crate) fn arm_delayed_ack(&mut self, now: Instant, wait: Duration) {
        match self.owed {
            Owed::Soon if wait.is_zero() => self.owed = Owed::Now(Rule::SendAck),
            Owed::Soon if !self.delayed_ack.is_set() => self.delayed_ack = Deadline::after(now, wait),
            _ => {}
        }
    }

    /// The delayed-ACK timer, if it is due.
    pub(crate) fn on_delayed_ack(&mut self, now: Instant) -> bool {
        let due = self.delayed_ack.is_due(now);
        if due {
            self.delayed_ack = Deadline::NONE;
            self.owed = Owed::Now(Rule::DelayedAck);
        }
        due
    }

    /// A segment with our ACK goes out: nothing is owed any more.
    pub(crate) fn acknowledged(&mut self) {
        self.owed = Owed::Nothing;
        self.unacknowledged = 0;
        self.last_ack_sent = self.nxt;
        self.delayed_ack = Deadline::NONE;
        self.duplicate = None;
    }

    /// Selective acknowledgments for the segment that goes out, `up_to` at most: the duplicate first (RFC 2883 §4),
    /// then the ranges that wait, newest first (RFC 2018 §4).
    #[inline]
    pub(crate) fn sack_blocks(&self, up_to: usize) -> SackBlocks {
        if up_to == 0 || (self.duplicate.is_none() && self.assembler.is_empty()) {
            return SackBlocks::default();
        }
        self.blocks_to_tell(up_to)
    }

    fn blocks_to_tell(&self, up_to: usize) -> SackBlocks {
        let Some((start, end)) = self.duplicate else { return self.assembler.sack_blocks(up_to) };
        let mut blocks = SackBlocks::default();
        blocks.push(start, end);
        for &(start, end) in self.assembler.sack_blocks(up_to.saturating_sub(1)).as_slice() {
            blocks.push(start, end);
        }
        blocks
    }
}
