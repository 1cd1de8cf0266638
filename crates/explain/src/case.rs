//! The evidence of one connection: what a verdict may ask about.
//!
//! Events come from a stack of ours, or from two, or from a capture. A capture sees everything at one point between the
//! ends: there a segment that was lost behind that point looks like one that arrived, and a segment that was lost before
//! it was never sent. What the ends did about it shows which.

mod acks;
mod evidence;
mod flight;
mod half;
mod line;
mod pass;
mod reset;
mod stall;
mod window;
mod wire;

use std::net::SocketAddr;
use std::time::Duration;

use cordial_stack::Call;
use cordial_tcp::{CloseCause, Instant, Phase, Refusal};
use cordial_trace::event::{
    At, Basis, Ends, Event, Fate, Predecessor, Segment, SegmentId, Side, Value, What,
};

pub(crate) use evidence::{Icmp, Many, Resend, ResendKind, Reset, Seen};
pub(crate) use half::Half;

/// One connection, followed event by event. What it keeps is bounded.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) began: Instant,
    pub(crate) last: Instant,
    pub(crate) client: SocketAddr,
    pub(crate) server: SocketAddr,
    /// The connection that these addresses had before.
    pub(crate) before: Option<Predecessor>,
    halves: [Half; 2],
    /// Ends that tell their own states.
    known: [bool; 2],
    /// Ends that lost their power: what they knew of the connection is gone.
    crashed: [bool; 2],
    /// It was seen on the wire, between the ends.
    pub(crate) is_captured: bool,
    /// The client's first ACK that answered a SYN-ACK.
    pub(crate) third: Option<Seen>,
    /// Segments that the network is known to have lost.
    lost: Many<(SegmentId, bool)>,
    /// Segments that the network told of before they arrived, or doubled, the last few.
    seen_on_way: Box<[SegmentId]>,
    /// An ICMP error.
    pub(crate) icmp: Option<Icmp>,
    /// The server's owner had not decided yet when a SYN came.
    pub(crate) undecided: Option<Seen>,
    pub(crate) answered: Option<Instant>,
    /// An end gave up, by which rule.
    pub(crate) gave_up: Option<(Side, &'static str)>,
    pub(crate) states: [Option<Phase>; 2],
    pub(crate) cause: Option<CloseCause>,
    /// When the record of it was complete.
    pub(crate) ended: Option<Instant>,
    /// It was complete because its addresses were used for another connection.
    pub(crate) gave_way: bool,
    /// It was complete because there were too many others.
    pub(crate) told_early: bool,
    last_number: [u32; 2],
    /// The time of the newest event, which may be before that of another.
    newest: Instant,
    /// How many times the clock ran backwards, and by how much at most.
    pub(crate) set_back: (u32, Duration),
}

impl Case {
    /// The case of the connection that the first of these events begins; none if it begins none.
    pub(crate) fn of(events: &[Event]) -> Option<Self> {
        let first = events.first()?;
        let What::Started { client, server, before } = first.what else { return None };
        let mut case = Self::new(first, client, server, before);
        events.iter().for_each(|event| case.event(event));
        Some(case)
    }

    fn new(event: &Event, client: SocketAddr, server: SocketAddr, before: Option<Predecessor>) -> Self {
        Self {
            began: event.time,
            last: event.time,
            client,
            server,
            before,
            halves: [Half::default(), Half::default()],
            known: [false; 2],
            crashed: [false; 2],
            is_captured: false,
            third: None,
            lost: Many::default(),
            seen_on_way: Box::default(),
            icmp: None,
            undecided: None,
            answered: None,
            gave_up: None,
            states: [None; 2],
            cause: None,
            ended: None,
            gave_way: false,
            told_early: false,
            last_number: [0; 2],
            newest: event.time,
            set_back: (0, Duration::ZERO),
        }
    }

    /// What `side` sent.
    pub(crate) fn half(&self, side: Side) -> &Half {
        &self.halves[side.index()]
    }

    /// What both ends sent, the client's first.
    pub(crate) fn halves(&self) -> &[Half; 2] {
        &self.halves
    }

    pub(crate) fn is_known(&self, side: Side) -> bool {
        self.known[side.index()]
    }

    pub(crate) fn state(&self, side: Side) -> Option<Phase> {
        self.states[side.index()]
    }

    /// From the first SYN to the client's ACK.
    pub(crate) fn opening(&self) -> Option<Duration> {
        let first = self.half(Side::Client).syns.first()?;
        Some(self.third?.time.since(first.time))
    }

    /// No SYN was seen: the record began later.
    pub(crate) fn is_midway(&self) -> bool {
        self.halves.iter().all(|half| half.syns.is_empty())
            && self.halves.iter().any(|half| half.segments > 0)
    }

    /// Both ends had opened, or the record began when they had.
    pub(crate) fn is_open(&self) -> bool {
        let both = self.halves.iter().all(|half| half.line.is_anchored() && half.line.acked > 0);
        self.third.is_some() || both || self.is_midway()
    }

    /// One segment passed, and there is nothing to it: no data, no goodbye, no reset, no story before it.
    pub(crate) fn is_lone(&self) -> bool {
        let has_one = self.halves.iter().map(|half| half.segments).sum::<u64>() == 1;
        let is_plain = |half: &Half| {
            half.resets.is_empty()
                && half.fins.is_empty()
                && half.last_data.is_none()
                && half.window.zero.is_none()
                && !half.aborted
        };
        let has_more = self.icmp.is_some() || self.undecided.is_some() || self.before.is_some();
        let is_told = self.gave_up.is_some() || self.cause.is_some() || !self.is_captured;
        has_one && !has_more && !is_told && self.halves.iter().all(is_plain)
    }

    /// Only one end was heard, though the other was there.
    pub(crate) fn is_one_way(&self) -> Option<Side> {
        let silent = [Side::Client, Side::Server]
            .into_iter()
            .find(|side| self.half(*side).segments == 0 && self.half(*side).resets.is_empty())?;
        (self.half(silent).line.acked > 1 || self.third.is_some()).then_some(silent.other())
    }

    /// The shortest way there and back between the ends, as far as is known.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        let [client, server] = &self.halves;
        Some(client.flight.echo? + server.flight.echo.unwrap_or_default())
    }

    /// The way from where we look to `side` and back.
    pub(crate) fn way_to(&self, side: Side) -> Option<Duration> {
        self.half(side.other()).flight.echo
    }

    /// Who said goodbye first.
    pub(crate) fn first_closer(&self) -> Option<Side> {
        let first = |side: Side| self.half(side).fins.first().map(|fin| fin.number);
        match (first(Side::Client), first(Side::Server)) {
            (Some(client), Some(server)) => Some(if client < server { Side::Client } else { Side::Server }),
            (Some(_), None) => Some(Side::Client),
            (None, Some(_)) => Some(Side::Server),
            (None, None) => None,
        }
    }

    /// True if both ends have said goodbye and were heard.
    pub(crate) fn is_closed_cleanly(&self) -> bool {
        self.halves.iter().all(|half| half.fin_acked.is_some()) && self.resets().next().is_none()
    }

    /// Every reset that was believed, with who sent it.
    pub(crate) fn resets(&self) -> impl Iterator<Item = (Side, &Reset)> {
        [Side::Client, Side::Server]
            .into_iter()
            .flat_map(|side| self.half(side).resets.iter().map(move |reset| (side, reset)))
            .filter(|(side, reset)| !reset.is_aside && !self.is_disbelieved(*side, reset))
    }

    /// True if the other end did not believe this reset of `side`.
    pub(crate) fn is_disbelieved(&self, side: Side, reset: &Reset) -> bool {
        let goes_on = || {
            let last = self.half(side.other()).last.is_some_and(|last| last.number > reset.seen.number);
            let proof = self.half(side).resets.iter().any(|other| other.is_exact);
            last && !proof
        };
        reset.refused.is_some() || reset.is_ignored || (self.is_captured && !reset.is_exact && goes_on())
    }

    pub(crate) fn was_lost(&self, seen: &Seen) -> bool {
        self.lost.iter().any(|(id, _)| *id == seen.id)
    }

    /// Acknowledgments that the network is known to have lost.
    pub(crate) fn lost_acks(&self) -> usize {
        self.lost.iter().filter(|(_, is_ack)| *is_ack).count()
    }

    /// How long nothing has happened at the end of the record.
    pub(crate) fn silence(&self) -> Duration {
        self.ended.map_or(Duration::ZERO, |ended| ended.since(self.last))
    }

    pub(crate) fn event(&mut self, event: &Event) {
        if !matches!(event.what, What::Closed { .. } | What::Verdict(_)) {
            self.clock(event.time);
        }
        if let Some(ends) = &event.ends {
            self.states = [ends.client.after, ends.server.after];
            self.known = [ends.client.basis, ends.server.basis].map(|basis| basis == Basis::Engine);
            for side in [Side::Client, Side::Server] {
                self.known[side.index()] &= !self.crashed[side.index()];
            }
        }
        match (&event.what, event.at) {
            (What::Segment { fate, segment }, At::Network) => self.on_way(event, *fate, segment),
            (What::Segment { fate, segment }, At::End(side)) => {
                if let Some(ends) = event.ends {
                    self.segment(event, side, *fate, segment, &ends);
                }
            }
            (What::Icmp { kind, code }, at) => self.icmp = Some(Icmp { at, kind: *kind, code: *code }),
            (What::Timer, At::End(side)) if is_giving_up(event.rule) => {
                self.gave_up = Some((side, event.rule));
            }
            (What::Call(call), At::End(side)) => self.call(event, side, *call),
            (What::Marker("crash"), At::End(side)) => self.crashed[side.index()] = true,
            (What::Closed { cause }, _) => {
                self.cause = *cause;
                self.gave_way = event.trigger == USED_AGAIN;
                self.told_early = event.trigger == TOLD_EARLY;
                self.close(event.time);
            }
            _ => {}
        }
        if let At::End(side) = event.at {
            for (name, value) in &event.vars {
                if let ("unread", Value::Count(count)) = (*name, value) {
                    self.halves[side.index()].current_unread = *count;
                }
            }
        }
    }

    /// Moves on to the time of an event; a clock that is set back shows here.
    fn clock(&mut self, now: Instant) {
        let back = self.newest.since(now);
        if back >= LEAST_STEP {
            self.set_back = (self.set_back.0 + 1, self.set_back.1.max(back));
        }
        self.newest = now;
        self.last = self.last.max(now);
    }

    fn call(&mut self, event: &Event, side: Side, call: Call) {
        let half = &mut self.halves[side.index()];
        match call {
            Call::Answer => self.answered = Some(event.time),
            Call::Abort => half.aborted = true,
            Call::Release if event.rule.starts_with("rfc2525") => half.unread = Some(half.current_unread),
            _ => {}
        }
    }

    fn close(&mut self, now: Instant) {
        self.ended = Some(now);
        let is_over = self.resets().next().is_some();
        if let Some(heard) = self.is_one_way()
            && !self.half(heard).fins.is_empty()
        {
            let silent = &mut self.halves[heard.other().index()];
            silent.fin_unseen = silent.one_more;
        }
        for side in [Side::Client, Side::Server] {
            // Who has said goodbye has nothing to send: no window stops it.
            if self.half(side.other()).fins.is_empty() {
                self.halves[side.index()].window.ends(now);
            }
            if !is_over && self.half(side).fins.is_empty() {
                self.keeps_quiet(side, now);
            }
        }
    }

    /// `side` has said nothing until now; that counts if the other end has finished.
    fn keeps_quiet(&mut self, side: Side, now: Instant) {
        if let Some(finished) = self.half(side.other()).fin_acked {
            self.halves[side.index()].keeps_quiet_until(now, finished.time);
        }
    }

    /// Something befell a segment on its way.
    fn on_way(&mut self, event: &Event, fate: Fate, segment: &Segment) {
        if matches!(fate, Fate::Lost | Fate::Corrupted) {
            let is_ack = segment.is_empty() && segment.flags == cordial_wire::Flags::ACK;
            self.lost.push((segment.id, is_ack));
        }
        // One of an end that tells nothing is seen here first, and so is one that no end has sent.
        let is_told = event.ends.is_none_or(|ends| ends.of(segment.id.sender).basis == Basis::Engine);
        let is_forged = fate == Fate::Forged;
        let is_doubled = is_told && fate == Fate::Duplicated;
        if is_told && !is_forged && !is_doubled || self.seen_on_way.contains(&segment.id) {
            return;
        }
        let newest = self.seen_on_way.iter().rev().take(ON_WAY - 1).rev();
        self.seen_on_way = newest.copied().chain([segment.id]).collect();
        if is_doubled {
            return;
        }
        let seen = Seen { id: segment.id, number: segment.number, event: event.id, time: event.time };
        match is_forged {
            true if segment.has(cordial_wire::Flags::RST) => self.reset(event, &seen, segment, None),
            true => {}
            false => self.passes(event, &seen, segment, Fate::Received),
        }
    }

    fn segment(&mut self, event: &Event, at: Side, fate: Fate, segment: &Segment, ends: &Ends) {
        let seen = Seen { id: segment.id, number: segment.number, event: event.id, time: event.time };
        let from = segment.id.sender;
        // A transmission is new where it is sent, or where it arrives from an end that tells nothing.
        let is_new = fate == Fate::Sent
            || ends.of(from).basis == Basis::Inferred && !self.seen_on_way.contains(&segment.id);
        if at != from {
            self.arrives(&seen, segment, fate);
        }
        if is_new {
            self.passes(event, &seen, segment, fate);
        }
    }

    /// A segment reached an end that tells of it.
    fn arrives(&mut self, seen: &Seen, segment: &Segment, fate: Fate) {
        let from = segment.id.sender;
        if matches!(fate, Fate::Dropped(Refusal::Undecided)) {
            self.undecided.get_or_insert(*seen);
        }
        if let Fate::Dropped(why @ (Refusal::Challenged | Refusal::BadReset | Refusal::OutsideWindow)) = fate
            && segment.has(cordial_wire::Flags::RST)
            && let Some(reset) =
                self.halves[from.index()].resets.iter_mut().find(|reset| reset.seen.id == segment.id)
        {
            reset.refused = Some(why);
        }
        // The second of two alike was not overtaken.
        let is_told = self.is_known(from) && !self.seen_on_way.contains(&segment.id);
        let last = &mut self.last_number[from.index()];
        // Sent earlier than one that is here already.
        let overtaken = segment.payload_len > 0 && !segment.again && segment.number < *last;
        *last = (*last).max(segment.number);
        if is_told && overtaken {
            self.halves[from.index()].late.push(*seen);
        }
    }
}

/// Segments that are remembered until they arrive.
const ON_WAY: usize = 64;

/// Packets that several processors or cards take in may stand in the wrong order by less.
const LEAST_STEP: Duration = Duration::from_millis(1);

/// Why the record of a connection is complete, when another takes its addresses.
pub(crate) const USED_AGAIN: &str = "ports-used-again";
/// Why the record of a connection is complete that is not over: others need its room.
pub(crate) const TOLD_EARLY: &str = "told-early";

fn is_giving_up(rule: &str) -> bool {
    rule.ends_with("r2") || rule.ends_with("give-up") || rule.ends_with("timeout")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Captures hold tens of thousands of open connections at once.
    #[test]
    fn a_case_is_small_until_something_happens() {
        assert!(size_of::<Case>() <= 3_200, "{} octets", size_of::<Case>());
    }
}
