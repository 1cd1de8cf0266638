//! An observer that writes facts down.

use cordial_stack::{CloseCause, Fact, Instant, Observer, Phase, Tuple, What};
use cordial_tcp::{Refusal, Rule};
use cordial_wire::{Segment, SeqNum};

/// What a test wants to know of a fact.
#[derive(Clone, Debug)]
pub struct Record {
    pub now: Instant,
    pub tuple: Tuple,
    pub kind: Kind,
    pub why: Rule,
    pub before: Phase,
    pub after: Phase,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Received { refused: Option<Refusal> },
    Sent { seq: SeqNum, ack: Option<SeqNum>, flags: cordial_wire::Flags, len: usize, again: bool },
    Timer,
    Call,
    Icmp,
    Queues { syn: (u32, u32), accept: (u32, u32) },
    Ended(CloseCause),
}

#[derive(Clone, Debug, Default)]
pub struct Watch {
    pub records: Vec<Record>,
    /// Where the facts about the packet that arrived last begin.
    mark: usize,
    /// Facts of segments sent that were not yet seen on the wire.
    unseen: Vec<usize>,
}

impl Observer for Watch {
    const ON: bool = true;

    fn fact(&mut self, now: Instant, fact: &Fact<'_>) {
        let kind = match fact.what {
            What::Received { refused, .. } => Kind::Received { refused },
            What::Sent { header, body, again } => {
                self.unseen.push(self.records.len());
                let len = body.map(<[u8]>::len).sum();
                Kind::Sent { seq: header.seq, ack: header.ack(), flags: header.flags, len, again }
            }
            What::Timer => Kind::Timer,
            What::Call(_) => Kind::Call,
            What::Icmp { .. } => Kind::Icmp,
            What::Queues { syn, accept } => Kind::Queues { syn, accept },
            What::Ended(cause) => Kind::Ended(cause),
        };
        let (before, after) = (fact.before.phase, fact.after.phase);
        self.records.push(Record { now, tuple: fact.tuple, kind, why: fact.why, before, after });
    }
}

impl Record {
    /// Why the segment that it tells of was refused.
    pub fn refused(&self) -> Option<Refusal> {
        match self.kind {
            Kind::Received { refused } => refused,
            _ => None,
        }
    }
}

impl Watch {
    pub fn forget_last(&mut self) {
        self.mark = self.records.len();
    }

    /// The fact about the segment that arrived since [`forget_last`](Self::forget_last).
    pub fn last_received(&self) -> Option<&Record> {
        self.records.get(self.mark..)?.iter().find(|record| matches!(record.kind, Kind::Received { .. }))
    }

    /// The state in which a segment was sent. Every segment on the wire was told of.
    pub fn sent_phase(&mut self, segment: &Segment<'_>) -> Phase {
        let is_it = |&at: &usize| match self.records[at].kind {
            Kind::Sent { seq, ack, flags, len, .. } => {
                (seq, ack, flags, len) == (segment.seq, segment.ack(), segment.flags, segment.payload.len())
                    && self.records[at].tuple.local.port() == segment.source
                    && self.records[at].tuple.peer.port() == segment.destination
            }
            _ => false,
        };
        let place = self.unseen.iter().position(is_it).unwrap_or_else(|| panic!("nobody told of {segment}"));
        let at = self.unseen.remove(place);
        self.records[at].after
    }
}
