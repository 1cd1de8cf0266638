//! A reset passes: how things stand.

use cordial_tcp::Refusal;
use cordial_trace::event::{Event, Segment, Side};
use cordial_wire::Flags;

use super::evidence::{Reset, Seen};
use super::{Case, index};

impl Case {
    pub(super) fn reset(&mut self, event: &Event, seen: &Seen, segment: &Segment, refused: Option<Refusal>) {
        let from = segment.id.sender;
        let (half, other) = (self.half(from), self.half(from.other()));
        let seq = half.line.place(segment.seq);
        let ack = segment.ack.and_then(|ack| other.line.place(ack));
        let answers = self.answered_by_reset(from);
        let reset = Reset {
            seen: *seen,
            refused,
            has_ack: segment.has(Flags::ACK),
            ack,
            unread: event.rule.starts_with("rfc2525"),
            is_exact: seq.is_none_or(|seq| seq == half.line.reach || seq == half.line.acked),
            is_aside: self.is_aside(from, segment),
            is_ignored: false,
            answers,
            answers_fin: answers.is_some_and(|seen| other.fins.last().is_some_and(|fin| fin.id == seen.id))
                && other.last_data.is_none_or(|data| answers.is_some_and(|seen| data.id != seen.id)),
            in_doubt: half.unacknowledged() + other.unacknowledged_after(ack.unwrap_or_default()),
            made_room: self.makes_room(from, segment),
        };
        if refused.is_none() && !reset.is_aside && self.resets().next().is_none() {
            self.is_cut_off(seen);
        }
        let half = &mut self.halves[index(from)];
        half.resets.push(reset);
    }

    /// It answers a SYN-ACK or an acknowledgment of another connection.
    fn is_aside(&self, from: Side, segment: &Segment) -> bool {
        let other = self.half(from.other());
        let strange = other.strange_synack.is_some() && self.third.is_none() && from == Side::Client;
        strange || other.old_ack.is_some_and(|(_, ack)| segment.seq.0 == ack && self.third.is_none())
    }

    /// What the other end of `from` sent last, if it asks for an answer and got none.
    fn answered_by_reset(&self, from: Side) -> Option<Seen> {
        let (half, other) = (self.half(from), self.half(from.other()));
        let asks = other.line.outstanding() > 0 && other.line.reach > 1;
        let last = if asks { other.last_data.max_by_number(other.fins.last().copied()) } else { None };
        let probe = other.unanswered.last().copied();
        let answered = half.last.map_or(0, |last| last.number);
        last.max_by_number(probe).filter(|seen| asks || seen.number > answered)
    }

    /// True if a reset shows that its sender threw octets away.
    fn makes_room(&self, _from: Side, _segment: &Segment) -> bool {
        false
    }

    /// The connection is over: nobody keeps it open any longer.
    fn is_cut_off(&mut self, seen: &Seen) {
        for side in [Side::Client, Side::Server] {
            if self.half(side).fins.is_empty() {
                self.keeps_quiet(side, seen.time);
            }
        }
    }
}

trait Later {
    /// The one that was sent later.
    fn max_by_number(self, other: Self) -> Self;
}

impl Later for Option<Seen> {
    fn max_by_number(self, other: Self) -> Self {
        [self, other].into_iter().flatten().max_by_key(|seen| seen.number)
    }
}
