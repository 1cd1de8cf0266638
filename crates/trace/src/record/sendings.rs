//! What one end has sent lately: names, repetitions, and what an acknowledgment answers.

use std::collections::VecDeque;

use cordial_wire::{Flags, SeqNum};

use crate::event::{SegmentId, Side};
use crate::recorder::NotedSegment;

/// Transmissions that are remembered after they were acknowledged: a late repetition still finds its original.
const LINGERING: usize = 64;
/// Transmissions that are remembered at all.
const MOST: usize = 8_192;

/// The transmissions of one end.
#[derive(Debug)]
pub(super) struct Sendings {
    sender: Side,
    /// It is told of each transmission whether it arrives: until then it is remembered.
    tells_arrivals: bool,
    count: u32,
    /// The first number of its direction.
    pub(super) first: Option<SeqNum>,
    /// Everything before it has arrived.
    acked: Option<SeqNum>,
    recent: VecDeque<Sending>,
    syn: Option<Sending>,
    fin: Option<SegmentId>,
}

/// Whose a transmission is, for all that is known of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Standing {
    /// This end's, of this connection: its numbers count.
    Own,
    /// Perhaps: its numbers do not count, but it may repeat others.
    Doubtful,
    /// A stranger's, or one of an earlier connection of the two ends: it repeats nothing.
    Foreign,
}

/// One transmission.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sending {
    pub(super) id: SegmentId,
    pub(super) number: u32,
    /// The event that told of it.
    pub(super) event: u64,
    pub(super) copy_of: Option<SegmentId>,
    pub(super) again: bool,
    seq: SeqNum,
    len: u32,
    ack: Option<SeqNum>,
    flags: Flags,
    arrived: bool,
}

impl Sendings {
    pub(super) fn new(sender: Side, tells_arrivals: bool) -> Self {
        let recent = VecDeque::new();
        Self { sender, tells_arrivals, count: 0, first: None, acked: None, recent, syn: None, fin: None }
    }

    /// Notes a transmission and names it; `again` if its sender says that it sent it before.
    pub(super) fn add(
        &mut self,
        segment: &NotedSegment,
        number: u32,
        standing: Standing,
        again: bool,
    ) -> Sending {
        self.count += 1;
        let len = segment.len();
        let may_repeat = standing != Standing::Foreign;
        let carries = len > 0 && !segment.flags.contains(Flags::RST) && may_repeat;
        let original = if carries { self.original(segment) } else { None };
        // One that fills a hole is new, though it lies before others.
        let old = self.acked.is_some_and(|acked| carries && (segment.seq + len).at_or_before(acked));
        let again = !self.answers(segment) && (again || original.is_some() || old);
        let sending = Sending {
            id: SegmentId { sender: self.sender, count: self.count },
            number,
            event: 0,
            copy_of: original,
            again,
            seq: segment.seq,
            len,
            ack: segment.ack,
            flags: segment.flags,
            arrived: false,
        };
        if standing == Standing::Own {
            self.note_ends(segment, &sending);
        }
        self.recent.push_back(sending);
        if self.recent.len() > MOST {
            self.recent.pop_front();
        }
        sending
    }

    /// The event that tells of the newest transmission has this number.
    pub(super) fn told(&mut self, event: u64) {
        if let Some(newest) = self.recent.back_mut() {
            newest.event = event;
        }
    }

    fn note_ends(&mut self, segment: &NotedSegment, sending: &Sending) {
        if segment.flags.contains(Flags::RST) {
            return;
        }
        if segment.flags.contains(Flags::SYN) {
            self.first.get_or_insert(segment.seq);
            if self.syn.is_none() || self.answers(segment) {
                self.syn = Some(*sending);
            }
        }
        if segment.flags.contains(Flags::FIN) {
            self.fin.get_or_insert(sending.id);
        }
    }

    /// True if a SYN acknowledges what an earlier one with its number could not: where both call each other, that is the
    /// second step and no repetition.
    fn answers(&self, segment: &NotedSegment) -> bool {
        let is_syn_ack = segment.flags.contains(Flags::SYN) && segment.ack.is_some();
        is_syn_ack && self.syn.is_some_and(|syn| syn.seq == segment.seq && !syn.has_ack())
    }

    /// The first transmission of what `segment` repeats.
    fn original(&self, segment: &NotedSegment) -> Option<SegmentId> {
        if segment.flags.contains(Flags::SYN) {
            let is_it = |syn: &Sending| syn.seq == segment.seq && syn.has_ack() == segment.ack.is_some();
            return self.syn.filter(is_it).map(|syn| syn.id);
        }
        let holds = |sent: &&Sending| {
            let start = segment.seq.since(sent.seq);
            sent.len > 0 && start < sent.len && sent.copy_of.is_none()
        };
        let data = self.recent.iter().find(holds).map(|sent| sent.id);
        data.or(if segment.flags.contains(Flags::FIN) { self.fin } else { None })
    }

    /// The event of the newest transmission.
    pub(super) fn newest(&self) -> Option<u64> {
        self.recent.back().map(|sent| sent.event)
    }

    /// The newest transmission that `ack` covers, if there is one: what it answers.
    pub(super) fn answered(&self, ack: SeqNum) -> Option<u64> {
        let covers = |sent: &&Sending| sent.len > 0 && (sent.seq + sent.len).at_or_before(ack);
        self.recent.iter().rev().take(LINGERING).find(covers).map(|sent| sent.event)
    }

    /// Everything before `ack` has arrived.
    pub(super) fn acknowledged(&mut self, ack: SeqNum) {
        self.acked = Some(self.acked.map_or(ack, |acked| acked.max(ack)));
        let tells_arrivals = self.tells_arrivals;
        // A bare ACK takes no number: that all before it was acknowledged does not say that it arrived.
        let is_over =
            |sent: &Sending| (sent.seq + sent.len).at_or_before(ack) && (sent.arrived || !tells_arrivals);
        while self.recent.len() > LINGERING && self.recent.front().is_some_and(is_over) {
            self.recent.pop_front();
        }
    }

    /// The transmission whose arrival, or loss, `segment` is: the oldest that is still under way, else the newest
    /// that looks like it.
    pub(super) fn arrives(&mut self, segment: &NotedSegment) -> Option<Sending> {
        let under_way = self.recent.iter().position(|sent| !sent.arrived && sent.looks_like(segment));
        let found = under_way.or_else(|| self.recent.iter().rposition(|sent| sent.looks_like(segment)))?;
        let sent = self.recent.get_mut(found)?;
        sent.arrived = true;
        Some(*sent)
    }

    /// The newest transmission that looks like `segment`.
    pub(super) fn newest_like(&self, segment: &NotedSegment) -> Option<Sending> {
        self.recent.iter().rev().find(|sent| sent.looks_like(segment)).copied()
    }

    /// The transmission of this name, which has arrived or been lost.
    pub(super) fn settles(&mut self, id: SegmentId) -> Option<Sending> {
        let sent = self.recent.iter_mut().rev().find(|sent| sent.id == id)?;
        sent.arrived = true;
        Some(*sent)
    }

    /// True if a transmission that looks like `segment` has not arrived.
    pub(super) fn is_under_way(&self, segment: &NotedSegment) -> bool {
        self.recent.iter().any(|sent| !sent.arrived && sent.looks_like(segment))
    }
}

impl Sending {
    fn has_ack(&self) -> bool {
        self.ack.is_some()
    }

    pub(super) fn looks_like(&self, segment: &NotedSegment) -> bool {
        (self.seq, self.len, self.ack, self.flags) == (segment.seq, segment.len(), segment.ack, segment.flags)
    }
}
