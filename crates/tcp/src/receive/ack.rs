//! When an acknowledgment goes out.
//!
//! It may wait for a second segment, and not for long (RFC 9293 §3.8.6.3, RFC 5681 §4.2).

use core::hash::{Hash, Hasher};
use core::time::Duration;

use cordial_wire::SackBlocks;

use super::ReceiveHalf;
use crate::{ChallengeAcks, Deadline, Instant, Rule};

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

/// Answers that went out and are not made up for by time: [`ChallengeAcks`] says how many there may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Throttle {
    spent: u8,
    /// The tick at which time was last made good.
    since: u32,
}

impl Throttle {
    pub(super) const fn new() -> Self {
        Self { spent: 0, since: 0 }
    }

    /// What time has made up for decides nothing any more, however long that was.
    pub(super) fn fingerprint(&self, now: Instant, limit: ChallengeAcks, h: &mut impl Hasher) {
        let is_fresh = self.earned(now, limit) >= u32::from(self.spent);
        let state = (self.spent, Deadline::tick_of(now).wrapping_sub(self.since));
        (!is_fresh).then_some(state).hash(h);
    }

    fn earned(&self, now: Instant, limit: ChallengeAcks) -> u32 {
        let passed = Deadline::tick_of(now).wrapping_sub(self.since);
        passed.checked_div(limit.ticks_each()).unwrap_or(u32::MAX)
    }

    fn take(&mut self, now: Instant, limit: ChallengeAcks) -> bool {
        let earned = self.earned(now, limit);
        if earned > 0 {
            self.spent = self.spent.saturating_sub(u8::try_from(earned).unwrap_or(u8::MAX));
            self.since = Deadline::tick_of(now);
        }
        let granted = self.spent < limit.count;
        self.spent += u8::from(granted);
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

    /// An answer to a segment that may be forged: not more often than the throttle allows (RFC 5961 §7 and §10).
    pub(crate) fn owe_challenge(&mut self, now: Instant, limit: ChallengeAcks) {
        self.owe_throttled(now, limit, Rule::ChallengeAck);
    }

    /// An answer that may be part of an endless exchange: the same throttle. What it answers is mostly a probe, and no
    /// attack.
    pub(crate) fn owe_again(&mut self, now: Instant, limit: ChallengeAcks) {
        self.owe_throttled(now, limit, Rule::SendAck);
    }

    fn owe_throttled(&mut self, now: Instant, limit: ChallengeAcks, why: Rule) {
        if self.challenges.take(now, limit) {
            self.owe_now(why);
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
