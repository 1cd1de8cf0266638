//! A reset passes: how things stand.

use cordial_tcp::Refusal;
use cordial_trace::event::{At, Event, Segment, Side};
use cordial_wire::Flags;

use super::Case;
use super::evidence::{Reset, Seen};

/// Segments that a program may have read since the acknowledgment of them.
const UNSAID: u32 = 3;
/// An Ethernet's segment.
const DEFAULT_SIZE: u32 = 1_460;

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
            is_forged: event.at == At::Network,
            answers,
            answers_fin: answers.is_some_and(|seen| other.fins.last().is_some_and(|fin| fin.id == seen.id))
                && other.last_data.is_none_or(|data| answers.is_some_and(|seen| data.id != seen.id)),
            in_doubt: half.unacknowledged() + other.unacknowledged_after(ack.unwrap_or_default()),
            is_midstream: half.last_data.is_some_and(|data| {
                let way = self.round_trip().unwrap_or_default();
                self.is_captured && seen.time.since(data.time) < way * 3 / 4
            }),
            made_room: self.makes_room(from, segment),
        };
        if refused.is_none() && !reset.is_aside && self.resets().next().is_none() {
            self.is_cut_off(seen);
        }
        let half = &mut self.halves[from.index()];
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

    /// True if a reset shows that its sender threw octets away: it announces more room than the acknowledgment before
    /// it, and by more than a reader leaves unsaid.
    fn makes_room(&self, from: Side, segment: &Segment) -> bool {
        let (half, other) = (self.half(from), self.half(from.other()));
        let scale = half
            .offer
            .and_then(|offer| offer.shift())
            .filter(|_| other.offer.is_some_and(|offer| offer.window_scale.is_some()));
        let room = |window: u16| u32::from(window) << scale.unwrap_or_default();
        let before = half.window.newest.map_or(u32::MAX, room);
        let unsaid = UNSAID * self.segment_size().unwrap_or(DEFAULT_SIZE);
        other.octets() > 0 && room(segment.window).saturating_sub(before) > unsaid
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
