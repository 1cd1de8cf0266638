//! The log of transmissions: what is in the network, as far as we know.

mod loss;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::hash::{Hash, Hasher};
use core::time::Duration;

use cordial_wire::SeqNum;

use crate::{Instant, Rule};

/// One stretch of positions that went out together; a super-segment is one, until a part of it is acknowledged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transmission {
    pub(crate) start: SeqNum,
    pub(crate) end: SeqNum,
    /// When it went out last.
    pub(crate) at: Instant,
    /// How often it went out.
    pub(crate) times: u8,
    /// The peer has it, out of order (RFC 2018).
    pub(crate) sacked: bool,
    /// Believed to be lost (RFC 6675 §4, IsLost).
    pub(crate) lost: bool,
    /// Lost, and sent again since.
    pub(crate) resent: bool,
}

impl Transmission {
    pub(crate) fn len(&self) -> u32 {
        self.end.since(self.start)
    }

    /// Takes in `next`, which follows and waits to be sent again like it. The frontier passes what is lost anyway; it must
    /// not stand inside an entry, whose octets would count on both sides of it.
    fn join(&mut self, next: &Self, frontier: &mut SeqNum) {
        if *frontier == next.start {
            *frontier = next.end;
        }
        (self.end, self.times) = (next.end, self.times.max(next.times));
    }
}

/// Entries the log may have beyond two for each segment outstanding before selective acknowledgments cut no more.
const SPARE_CUTS: u64 = 64;

/// Why recovery is under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub(crate) enum Recovery {
    /// Duplicate or selective acknowledgments told of a loss (RFC 6675 §5, RFC 6582).
    Fast,
    /// The retransmission timer did (RFC 6298 §5.4).
    Timeout,
    /// What a router said is too long for the path goes out again in smaller segments: no sign of congestion (RFC 8201
    /// §5.4).
    PathMtu,
    /// A probe of the path was lost, and what it carried goes out again in smaller segments: no sign of congestion either
    /// (RFC 4821 §4).
    LostProbe,
}

/// Exists only while something is in flight.
///
/// The log covers SND.UNA..SND.NXT without gaps, in order. Sums over it are kept as it changes, so that only the timeout
/// walks all of it.
#[derive(Clone, Debug)]
pub(crate) struct Flight {
    log: VecDeque<Transmission>,
    /// Octets of `sacked`, `lost` and `resent` entries.
    sacked: u32,
    lost: u32,
    resent: u32,
    /// Every entry before this is acknowledged selectively or believed lost; the sacked octets among them.
    frontier: SeqNum,
    sacked_below: u32,
    /// No entry before this waits to be sent again.
    resend_from: SeqNum,
    /// Duplicate ACKs in a row, counted only where the peer sends no selective ones.
    pub(crate) duplicate_acks: u32,
    /// While recovering, and the position whose acknowledgment ends it: RecoveryPoint, or `recover` of RFC 6582.
    pub(crate) recovery: Option<(Recovery, SeqNum)>,
    /// The first hole of a recovery, or the next one a partial ACK showed, is filled whatever the window says: by this
    /// rule.
    pub(crate) resend_at_once: Option<Rule>,
    /// When SND.UNA moved last, the flight began, or a closed window was told: R2 counts from here.
    pub(crate) since: Instant,
    /// How often the retransmission timer came since then: R1 counts these.
    pub(crate) unanswered: u8,
    /// How often it came since SND.UNA moved: where retries are counted, these are. Backing off may have begun earlier,
    /// and goes on until a round trip is measured (Karn's algorithm, RFC 6298 §3).
    pub(crate) timeouts: u8,
}

/// What an acknowledgment took off the log.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Cleared {
    /// Age of the newest entry that is now known to have arrived and went out only once (Karn's rule).
    pub(crate) round_trip: Option<Duration>,
    /// Where something that went out more than once was among it: how long ago that was sent last.
    pub(crate) ambiguous: Option<Duration>,
    /// Octets newly known to have arrived.
    pub(crate) delivered: u32,
    /// Octets of the longest stretch among it that went out together.
    pub(crate) longest: u32,
}

impl Cleared {
    fn take(&mut self, now: Instant, entry: &Transmission) {
        self.longest = self.longest.max(entry.len());
        let age = now.since(entry.at);
        if entry.times == 1 {
            self.round_trip = Some(age);
        } else {
            self.ambiguous = Some(self.ambiguous.map_or(age, |other| other.max(age)));
        }
    }
}

impl Flight {
    pub(crate) fn new(now: Instant, una: SeqNum) -> Box<Self> {
        Box::new(Self::with_log(VecDeque::new(), now, una))
    }

    fn with_log(log: VecDeque<Transmission>, now: Instant, una: SeqNum) -> Self {
        Self {
            log,
            sacked: 0,
            lost: 0,
            resent: 0,
            frontier: una,
            sacked_below: 0,
            resend_from: una,
            duplicate_acks: 0,
            recovery: None,
            resend_at_once: None,
            since: now,
            unanswered: 0,
            timeouts: 0,
        }
    }

    /// Makes one that has ended ready to be used again, its memory kept.
    pub(crate) fn renew(&mut self, now: Instant, una: SeqNum) {
        let mut log = core::mem::take(&mut self.log);
        log.clear();
        *self = Self::with_log(log, now, una);
    }

    /// True if its memory is of a size that the next flight will want.
    pub(crate) fn is_worth_keeping(&self) -> bool {
        self.log.capacity() <= 64
    }

    /// SND.UNA moved, or the first positions go out.
    pub(crate) fn progressed(&mut self, now: Instant) {
        self.timeouts = 0;
        self.answered(now);
    }

    /// The peer lives, though it took nothing.
    pub(crate) fn answered(&mut self, now: Instant) {
        (self.since, self.unanswered) = (now, 0);
    }

    /// Positions `start..end` go out for the first time.
    pub(crate) fn sent(&mut self, now: Instant, start: SeqNum, end: SeqNum) {
        if self.log.is_empty() {
            self.progressed(now);
        }
        self.log.push_back(Transmission {
            start,
            end,
            at: now,
            times: 1,
            sacked: false,
            lost: false,
            resent: false,
        });
    }

    /// `pipe` of RFC 6675 §4: octets believed to be in the network. Without selective acknowledgments each duplicate ACK
    /// stands for a segment of `mss` that has left it, so that a new one may follow (RFC 3042 §2).
    pub(crate) fn pipe(&self, outstanding: u32, mss: u32) -> u32 {
        let left = if self.sacked == 0 { self.duplicate_acks.saturating_mul(mss) } else { 0 };
        (outstanding + self.resent).saturating_sub(self.sacked + self.lost).saturating_sub(left)
    }

    /// Positions that are selectively acknowledged, believed lost, and of those sent again.
    pub(crate) fn counts(&self) -> (u32, u32, u32) {
        (self.sacked, self.lost, self.resent)
    }

    /// True if the peer has told of octets beyond a hole.
    pub(crate) fn has_sacked(&self) -> bool {
        self.sacked > 0
    }

    /// Takes off what `ack` covers.
    pub(crate) fn acknowledge(&mut self, now: Instant, ack: SeqNum) -> Cleared {
        let mut cleared = Cleared::default();
        while let Some(entry) = self.log.front_mut() {
            if entry.start.at_or_after(ack) {
                break;
            }
            let whole = entry.end.at_or_before(ack);
            let part = Transmission { end: entry.end.min(ack), ..*entry };
            entry.start = part.end;
            if !part.sacked {
                cleared.delivered += part.len();
                cleared.take(now, &part);
            }
            self.forget(&part);
            if whole {
                self.log.pop_front();
            }
        }
        self.frontier = self.frontier.max(ack);
        self.resend_from = self.resend_from.max(ack);
        cleared
    }

    /// Positions from `edge` on count as never sent.
    pub(crate) fn take_back(&mut self, edge: SeqNum) {
        self.split_at(edge);
        while let Some(last) = self.log.pop_back_if(|last| last.start.at_or_after(edge)) {
            self.forget(&last);
        }
    }

    fn forget(&mut self, part: &Transmission) {
        let len = part.len();
        if part.sacked {
            self.sacked -= len;
            if part.start.before(self.frontier) {
                self.sacked_below = self.sacked_below.saturating_sub(len);
            }
        } else if part.lost {
            self.lost -= len;
            if part.resent {
                self.resent -= len;
            }
        }
    }

    /// Marks what a selective acknowledgment covers, and keeps it as one entry, so that telling it again costs nothing.
    ///
    /// Entries are cut at the block's edges only while the log is not much longer than whole segments would make it: a
    /// peer that acknowledges single octets here and there would have it grow without end. Beyond that a block counts
    /// for the whole entries in it (RFC 2018 §8: it is advice).
    pub(crate) fn sack(&mut self, now: Instant, start: SeqNum, end: SeqNum, mss: u32, cleared: &mut Cleared) {
        let Some(outstanding) = self.span() else { return };
        let may_cut = self.log.len() as u64 <= 2 * u64::from(outstanding / mss.max(1)) + SPARE_CUTS;
        let Some(first) = self.boundary(start, may_cut, 1) else { return };
        let Some(behind) = self.boundary(end, may_cut, 0) else { return };
        for index in first..behind {
            let Some(entry) = self.log.get_mut(index) else { break };
            if entry.sacked {
                continue;
            }
            let len = entry.len();
            cleared.delivered += len;
            if entry.lost {
                self.lost -= len;
                if entry.resent {
                    self.resent -= len;
                }
            }
            (entry.sacked, entry.lost, entry.resent) = (true, false, false);
            self.sacked += len;
            if entry.start.before(self.frontier) {
                self.sacked_below += len;
            }
            let entry = *entry;
            cleared.take(now, &entry);
        }
        if first < behind {
            self.join_sacked(first, behind);
        }
    }

    /// Makes one entry of the sacked ones `first..behind` and of their sacked neighbours.
    fn join_sacked(&mut self, first: usize, behind: usize) {
        let is_sacked = |entry: Option<&Transmission>| entry.is_some_and(|entry| entry.sacked);
        let first = first - usize::from(first > 0 && is_sacked(self.log.get(first.wrapping_sub(1))));
        let behind = behind + usize::from(is_sacked(self.log.get(behind)));
        let (Some(&head), Some(&tail)) = (self.log.get(first), self.log.get(behind - 1)) else { return };
        if behind - first < 2 {
            return;
        }
        // The frontier passes what is sacked anyway; it must not stand inside an entry.
        if self.frontier.after(head.start) && self.frontier.before(tail.end) {
            self.sacked_below += tail.end.since(self.frontier);
            self.frontier = tail.end;
        }
        let joined = Transmission { end: tail.end, times: head.times.max(tail.times), ..head };
        self.log.drain(first + 1..behind);
        if let Some(entry) = self.log.get_mut(first) {
            *entry = joined;
        }
    }

    /// Positions the log covers.
    fn span(&self) -> Option<u32> {
        Some(self.log.back()?.end.since(self.log.front()?.start))
    }

    /// The index of the entry that begins at `at`, cut there if that is allowed; else that of the entry around it plus
    /// `round`. One past the last for the log's end.
    fn boundary(&mut self, at: SeqNum, may_cut: bool, round: usize) -> Option<usize> {
        if self.log.back()?.end == at {
            return Some(self.log.len());
        }
        let index = self.position(at)?;
        match self.log.get(index)?.start == at {
            true => Some(index),
            false if may_cut => self.split_at(at),
            false => Some(index + round),
        }
    }

    /// The first position, our SYN, is to go out again, also if it did already; what came behind it stays as it is.
    pub(crate) fn send_first_again(&mut self) {
        if self.log.front().is_none_or(|first| first.sacked) {
            return;
        }
        self.mark_first_lost(1);
        let Some(first) = self.log.front_mut() else { return };
        if first.resent {
            first.resent = false;
            self.resent -= first.len();
        }
        self.resend_from = self.resend_from.min(first.start);
    }

    /// True if the first entry waits to be sent again.
    pub(crate) fn first_is_lost(&self) -> bool {
        self.log.front().is_some_and(|first| first.lost && !first.resent)
    }

    /// True if exactly `start..end` is believed lost.
    pub(super) fn has_lost_only(&self, start: SeqNum, end: SeqNum) -> bool {
        let first = self.position(start).and_then(|at| self.log.get(at));
        self.lost == end.since(start) && first.is_some_and(|entry| entry.lost && entry.start == start)
    }

    /// True if something may be missing: nothing that goes out now could be told from it.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.recovery.is_some() || self.sacked > 0 || self.lost > 0 || self.duplicate_acks > 0
    }

    /// The stretch that holds position `at`.
    pub(super) fn entry_at(&self, at: SeqNum) -> Option<(SeqNum, SeqNum)> {
        self.log.get(self.position(at)?).map(|entry| (entry.start, entry.end))
    }

    /// True if something waits to be sent again.
    #[inline]
    pub(crate) fn has_lost(&self) -> bool {
        self.lost > self.resent
    }

    /// The lowest stretch that waits to be sent again; neighbours that wait too are joined to it up to `most` octets,
    /// so that what was cut small does not go out small.
    pub(crate) fn next_lost(&mut self, most: u32) -> Option<(SeqNum, SeqNum)> {
        if !self.has_lost() {
            return None;
        }
        let from = self.position(self.resend_from)?;
        let waits = |entry: &Transmission| entry.lost && !entry.resent;
        let index = from + self.log.iter().skip(from).position(waits)?;
        while let (Some(&entry), Some(&next)) = (self.log.get(index), self.log.get(index + 1)) {
            if !waits(&next) || next.end.since(entry.start) > most {
                break;
            }
            self.log.remove(index + 1);
            if let Some(entry) = self.log.get_mut(index) {
                entry.join(&next, &mut self.frontier);
            }
        }
        let entry = self.log.get(index)?;
        self.resend_from = entry.start;
        Some((entry.start, entry.end))
    }

    /// Positions `start..end`, the beginning of what [`next_lost`](Self::next_lost) gave, go out again.
    pub(crate) fn sent_again(&mut self, now: Instant, start: SeqNum, end: SeqNum) {
        self.split_at(end);
        let Some(index) = self.position(start) else { return };
        let Some(entry) = self.log.get_mut(index) else { return };
        entry.at = now;
        entry.times = entry.times.saturating_add(1);
        if entry.lost && !entry.resent {
            entry.resent = true;
            self.resent += entry.len();
        }
        self.resend_from = entry.end;
    }

    /// Cuts the entry that `at` lies inside, so that one begins there; the index of the entry that begins at `at`.
    fn split_at(&mut self, at: SeqNum) -> Option<usize> {
        let index = self.position(at)?;
        let entry = self.log.get_mut(index)?;
        if entry.start == at {
            return Some(index);
        }
        let tail = Transmission { start: at, ..*entry };
        entry.end = at;
        self.log.insert(index + 1, tail);
        Some(index + 1)
    }

    /// The index of the entry that holds position `at`.
    fn position(&self, at: SeqNum) -> Option<usize> {
        let base = self.log.front()?.start;
        let last = self.log.back()?.end;
        if at.before(base) || at.at_or_after(last) {
            return None;
        }
        Some(self.log.partition_point(|entry| entry.end.since(base) <= at.since(base)))
    }

    /// The state that decides the future, numbers relative to `iss`.
    pub(crate) fn fingerprint(&self, now: Instant, iss: SeqNum, h: &mut impl Hasher) {
        for entry in &self.log {
            (entry.start.since(iss), entry.end.since(iss), now.since(entry.at)).hash(h);
            (entry.times, entry.sacked, entry.lost, entry.resent).hash(h);
        }
        (self.duplicate_acks, self.recovery.map(|(why, at)| (why, at.since(iss)))).hash(h);
        (self.frontier.since(iss), self.resend_from.since(iss), self.resend_at_once.is_some()).hash(h);
        (now.since(self.since), self.unanswered, self.timeouts).hash(h);
    }
}
