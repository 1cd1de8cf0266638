//! One direction of a connection: which positions were seen, under which names.

use std::collections::VecDeque;

use cordial_wire::{Flags, SeqNum};

use super::copies::Copies;
use super::packet::Tcp;
use crate::holes::{Hole, Holes};

/// Transmissions that are remembered until they are acknowledged, and after.
const UNDER_WAY: usize = 128;
const LINGERING: usize = 8;
/// Farther from everything seen than any window, a number belongs to something else.
const FAR: u32 = 1 << 30;

/// What one end sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Half {
    /// Transmissions so far.
    pub(super) count: u32,
    /// The first number of the direction: its SYN's, or the one before the first that was seen.
    pub(super) first: Option<SeqNum>,
    /// The position after everything seen.
    pub(super) next: Option<SeqNum>,
    /// How far it is from the first: that does not wrap.
    sent: i64,
    /// What the other end has acknowledged.
    pub(super) acked: Option<SeqNum>,
    /// Its newest timestamp.
    pub(super) timestamp: Option<u32>,
    /// The event of its newest transmission.
    pub(super) newest: Option<u64>,
    /// Its SYN's transmission was the how-manieth.
    syn: Option<u32>,
    /// Between what was seen; counted as [`position`](Self::position) does.
    holes: Holes<()>,
    /// Transmissions of new positions, in order.
    recent: VecDeque<Sent>,
    /// The last packets; nothing before the first.
    copies: Option<Box<Copies>>,
}

/// A transmission.
#[derive(Clone, Copy, Debug)]
struct Sent {
    seq: SeqNum,
    end: SeqNum,
    count: u32,
    event: u64,
}

/// Whether a segment's positions were seen before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Seen {
    /// All of them.
    pub(super) again: bool,
    /// The transmission that had the first of them, where that is still known.
    pub(super) copy_of: Option<u32>,
}

impl Half {
    /// Notes a segment, which [`sent`](Self::sent) then gives its event.
    pub(super) fn note(&mut self, packet: &Tcp) -> Seen {
        self.count += 1;
        if let Some(timestamps) = packet.options.timestamps {
            self.timestamp = Some(timestamps.value);
        }
        if packet.has(Flags::RST) {
            return Seen::default();
        }
        if packet.has(Flags::SYN) {
            return self.note_syn(packet);
        }
        let Some(next) = self.next else {
            let first = *self.first.get_or_insert(packet.seq - 1);
            self.next = Some(packet.end());
            self.sent = distance(first, packet.end());
            self.remember(packet);
            return Seen::default();
        };
        if packet.len() == 0 { Seen::default() } else { self.note_positions(packet, next) }
    }

    /// Notes a segment whose numbers are not of this direction.
    pub(super) fn note_foreign(&mut self) -> Seen {
        self.count += 1;
        Seen::default()
    }

    fn note_syn(&mut self, packet: &Tcp) -> Seen {
        match (self.first, self.syn) {
            (Some(first), Some(syn)) if first == packet.seq => Seen { again: true, copy_of: Some(syn) },
            // Another SYN than the one that opened this.
            (Some(_), Some(_)) => Seen::default(),
            (Some(first), None) if first != packet.seq => Seen::default(),
            (_, None) | (None, _) => {
                self.first = Some(packet.seq);
                let next = self.next.map_or(packet.end(), |next| next.max(packet.end()));
                self.next = Some(next);
                self.sent = distance(packet.seq, next);
                self.syn = Some(self.count);
                Seen::default()
            }
        }
    }

    fn note_positions(&mut self, packet: &Tcp, next: SeqNum) -> Seen {
        let (seq, end) = (packet.seq, packet.end());
        if seq.at_or_after(next) {
            if seq.since(next) < FAR {
                if seq != next {
                    self.holes.open(Hole { start: self.sent, end: self.position(seq), note: () });
                }
                self.extend(next, end);
                self.remember(packet);
            }
            return Seen::default();
        }
        let start = self.position(seq);
        let is_before_all = start <= 0;
        let has_filled = self.holes.fill(start, self.position(end)).is_some();
        if end.after(next) {
            self.extend(next, end);
            return Seen::default();
        }
        let again = !has_filled && !is_before_all;
        Seen { again, copy_of: if again { self.original(seq) } else { None } }
    }

    fn remember(&mut self, packet: &Tcp) {
        if packet.len() == 0 {
            return;
        }
        if self.recent.len() == UNDER_WAY {
            self.recent.pop_front();
        }
        self.recent.push_back(Sent { seq: packet.seq, end: packet.end(), count: self.count, event: 0 });
    }

    /// The transmission that had `seq` first.
    fn original(&self, seq: SeqNum) -> Option<u32> {
        let index = self.recent.partition_point(|sent| sent.end.at_or_before(seq));
        self.recent.get(index).filter(|sent| sent.seq.at_or_before(seq)).map(|sent| sent.count)
    }

    /// The newest transmission was told under this number.
    pub(super) fn sent(&mut self, event: u64) {
        self.newest = Some(event);
        if let Some(sent) = self.recent.back_mut()
            && sent.count == self.count
        {
            sent.event = event;
        }
    }

    /// Everything before `ack` has arrived. Gives the event of the newest transmission that this answers.
    pub(super) fn acknowledged(&mut self, ack: SeqNum) -> Option<u64> {
        // Who acknowledges has seen a beginning, also where we have not.
        self.first.get_or_insert(ack - 1);
        let acked = self.acked.unwrap_or(ack);
        if ack.since(acked) < FAR {
            self.acked = Some(ack);
            self.holes.forget_before(self.position(ack));
        }
        let covered = self.recent.partition_point(|sent| sent.end.at_or_before(ack));
        let answered = covered.checked_sub(1).and_then(|last| self.recent.get(last)).map(|sent| sent.event);
        self.recent.drain(..covered.saturating_sub(LINGERING));
        answered
    }

    /// True if the other end may rightly acknowledge `ack`, as far as anyone can tell.
    pub(super) fn may_be_acknowledged(&self, ack: SeqNum) -> bool {
        self.first.is_none() || self.next.is_none() || (1..=self.sent).contains(&self.position(ack))
    }

    /// Counted from the first number of the direction; what lies before it is 0.
    pub(super) fn relative(&self, number: SeqNum) -> u64 {
        u64::try_from(self.position(number)).unwrap_or_default()
    }

    /// Counted from the first number, the nearest to what was sent last.
    fn position(&self, number: SeqNum) -> i64 {
        match (self.next, self.first) {
            (Some(next), _) => self.sent + distance(next, number),
            (None, Some(first)) => distance(first, number),
            (None, None) => 0,
        }
    }

    fn extend(&mut self, next: SeqNum, end: SeqNum) {
        self.sent += distance(next, end);
        self.next = Some(end);
    }

    /// True if the capture holds this packet for the second time. `heard` is how many packets of the other end passed
    /// so far, `is_usual` if most packets of the connection come twice.
    pub(super) fn is_copy(&mut self, packet: &Tcp, heard: u32, is_usual: bool) -> bool {
        self.copies.get_or_insert_default().has(packet, heard, is_usual)
    }
}

/// How far `to` lies behind `from`, the shorter way round.
fn distance(from: SeqNum, to: SeqNum) -> i64 {
    to.0.wrapping_sub(from.0).cast_signed().into()
}
