//! The evidence of one connection: what a verdict may ask about.

use std::net::SocketAddr;
use std::time::Duration;

use cordial_stack::Call;
use cordial_tcp::{CloseCause, Instant, Phase, Refusal};
use cordial_trace::event::{At, Basis, Ends, Event, Fate, Segment, SegmentId, Side, Value, What};
use cordial_wire::Flags;

/// One connection, followed event by event. What it keeps is bounded.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) began: Instant,
    pub(crate) last: Instant,
    pub(crate) server: SocketAddr,
    halves: [Half; 2],
    /// Ends that tell their own states.
    known: [bool; 2],
    /// The client's first ACK that answered a SYN-ACK.
    pub(crate) third: Option<Seen>,
    /// Segments that the network is known to have lost.
    pub(crate) lost: Vec<SegmentId>,
    /// An ICMP error.
    pub(crate) icmp: Option<Icmp>,
    /// The server's owner had not decided yet when a SYN came.
    pub(crate) undecided: Option<Seen>,
    pub(crate) answered: Option<Instant>,
    /// An end gave up, by which rule.
    pub(crate) gave_up: Option<(Side, &'static str)>,
    pub(crate) states: [Option<Phase>; 2],
    pub(crate) cause: Option<CloseCause>,
    last_number: [u32; 2],
}

/// An ICMP error about the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Icmp {
    /// Who told of it: the end that received it, or a gateway that sent it.
    pub(crate) at: At,
    pub(crate) kind: u8,
    pub(crate) code: u8,
}

/// What one end sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Half {
    /// Its SYNs, SYN-ACKs included.
    pub(crate) syns: Vec<Seen>,
    /// The first SYN was a bare one.
    pub(crate) called: bool,
    /// A SYN-ACK that answers another SYN than the peer's.
    pub(crate) strange_synack: Option<Seen>,
    /// The first octet past its data, relative.
    reach: u32,
    /// What the other end has acknowledged, relative.
    pub(crate) acked: u32,
    pub(crate) fins: Vec<Seen>,
    /// The position after its FIN, relative.
    fin_end: Option<u32>,
    /// The first segment of the other end that acknowledged its FIN.
    pub(crate) fin_acked: Option<Seen>,
    /// It carried the other's own FIN.
    pub(crate) fin_acked_by_fin: bool,
    /// Data sent again.
    pub(crate) resends: Vec<Resend>,
    /// How many, also beyond those that are kept.
    pub(crate) resent: u64,
    pub(crate) segments: u64,
    pub(crate) resets: Vec<Reset>,
    /// Data it sent after the other end's FIN was acknowledged.
    pub(crate) after_fin: u64,
    /// When it announced a window of nothing, while it does.
    zero_since: Option<Instant>,
    pub(crate) zero: Option<Seen>,
    pub(crate) paused: Duration,
    /// Bare acknowledgments of the same position in a row.
    repeats: u32,
    pub(crate) late: Option<Seen>,
    pub(crate) needless: Option<Seen>,
    /// The last time that data of it was seen.
    last_data: Option<Seen>,
    pub(crate) aborted: bool,
    /// Octets it had not read when it closed.
    pub(crate) unread: Option<u64>,
    current_unread: u64,
}

/// A transmission as evidence.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Seen {
    pub(crate) id: SegmentId,
    pub(crate) number: u32,
    pub(crate) event: u64,
    pub(crate) time: Instant,
}

/// Data that was sent again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resend {
    pub(crate) seen: Seen,
    pub(crate) kind: ResendKind,
    pub(crate) seq: u32,
    /// Since anything of that end was seen before.
    pub(crate) waited: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ResendKind {
    Timeout,
    Fast,
    Probe,
}

/// A reset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reset {
    pub(crate) seen: Seen,
    /// Both ends before it.
    pub(crate) before: [Option<Phase>; 2],
    pub(crate) refused: Option<Refusal>,
    pub(crate) has_ack: bool,
    pub(crate) ack: Option<u32>,
    /// Whoever sent it had octets unread.
    pub(crate) unread: bool,
    /// The last data of the other end, if the reset follows it at once.
    pub(crate) answers: Option<Seen>,
}

/// Entries kept of each list.
const KEPT: usize = 32;

impl Case {
    pub(crate) fn new(event: &Event, server: SocketAddr) -> Self {
        Self {
            began: event.time,
            last: event.time,
            server,
            halves: [Half::default(), Half::default()],
            known: [false; 2],
            third: None,
            lost: Vec::new(),
            icmp: None,
            undecided: None,
            answered: None,
            gave_up: None,
            states: [None; 2],
            cause: None,
            last_number: [0; 2],
        }
    }

    /// What `side` sent.
    pub(crate) fn half(&self, side: Side) -> &Half {
        &self.halves[index(side)]
    }

    pub(crate) fn is_known(&self, side: Side) -> bool {
        self.known[index(side)]
    }

    pub(crate) fn state(&self, side: Side) -> Option<Phase> {
        self.states[index(side)]
    }

    /// From the first SYN to the client's ACK.
    pub(crate) fn opening(&self) -> Option<Duration> {
        let first = self.half(Side::Client).syns.first()?;
        Some(self.third?.time.since(first.time))
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
            .filter(|(_, reset)| reset.refused.is_none())
    }

    pub(crate) fn was_lost(&self, seen: &Seen) -> bool {
        self.lost.contains(&seen.id)
    }

    pub(crate) fn event(&mut self, event: &Event) {
        if !matches!(event.what, What::Closed { .. } | What::Verdict(_)) {
            self.last = event.time;
        }
        if let Some(ends) = &event.ends {
            self.states = [ends.client.after, ends.server.after];
            self.known = [ends.client.basis, ends.server.basis].map(|basis| basis == Basis::Engine);
        }
        match (&event.what, event.at) {
            (What::Segment { fate: Fate::Lost, segment }, _) => push(&mut self.lost, segment.id),
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
            (What::Closed { cause }, _) => {
                self.cause = *cause;
                self.close(event.time);
            }
            _ => {}
        }
        if let At::End(side) = event.at {
            for (name, value) in &event.vars {
                if let ("unread", Value::Count(count)) = (*name, value) {
                    self.halves[index(side)].current_unread = *count;
                }
            }
        }
    }

    fn call(&mut self, event: &Event, side: Side, call: Call) {
        let half = &mut self.halves[index(side)];
        match call {
            Call::Answer => self.answered = Some(event.time),
            Call::Abort => half.aborted = true,
            Call::Release if event.rule.starts_with("rfc2525") => half.unread = Some(half.current_unread),
            _ => {}
        }
    }

    fn close(&mut self, now: Instant) {
        for half in &mut self.halves {
            if let Some(since) = half.zero_since.take() {
                half.paused += now.since(since);
            }
        }
    }

    fn segment(&mut self, event: &Event, at: Side, fate: Fate, segment: &Segment, ends: &Ends) {
        let seen = Seen { id: segment.id, number: segment.number, event: event.id, time: event.time };
        let from = segment.id.sender;
        // A transmission is new where it is sent, or where it arrives from an end that tells nothing.
        let is_new = fate == Fate::Sent || ends.of(from).basis == Basis::Inferred;
        if at != from {
            self.arrives(&seen, segment, fate);
        }
        if is_new {
            self.passes(event, &seen, segment, fate, ends);
        }
    }

    /// A segment reached an end that tells of it.
    fn arrives(&mut self, seen: &Seen, segment: &Segment, fate: Fate) {
        let from = index(segment.id.sender);
        if matches!(fate, Fate::Dropped(Refusal::Undecided)) {
            self.undecided.get_or_insert(*seen);
        }
        let half = &mut self.halves[from];
        let is_data = segment.payload_len > 0;
        if is_data
            && segment.again
            && matches!(fate, Fate::Dropped(Refusal::Duplicate | Refusal::OutsideWindow))
        {
            half.needless.get_or_insert(*seen);
        }
        // Sent earlier than one that is here already, or filling a hole before it.
        let overtaken = segment.number < self.last_number[from]
            || half.reach > segment.rel.0.wrapping_add(segment.payload_len);
        if is_data && !segment.again && overtaken {
            half.late.get_or_insert(*seen);
        }
        self.last_number[from] = self.last_number[from].max(segment.number);
    }

    fn passes(&mut self, event: &Event, seen: &Seen, segment: &Segment, fate: Fate, ends: &Ends) {
        let from = segment.id.sender;
        let refused = match fate {
            Fate::Dropped(refusal) => Some(refusal),
            _ => None,
        };
        if segment.has(Flags::RST) {
            return self.reset(event, seen, segment, refused, ends);
        }
        if segment.has(Flags::SYN) {
            self.syn(seen, segment);
        } else if from == Side::Client && segment.ack.is_some() && !self.half(Side::Server).syns.is_empty() {
            self.third.get_or_insert(*seen);
        }
        self.acknowledges(seen, segment);
        self.window(seen, segment);
        self.data(event, seen, segment);
        let half = &mut self.halves[index(from)];
        half.segments += 1;
        if segment.has(Flags::FIN) {
            push(&mut half.fins, *seen);
            half.fin_end = Some(segment.rel.0.wrapping_add(segment.len()));
        }
    }

    fn syn(&mut self, seen: &Seen, segment: &Segment) {
        let from = segment.id.sender;
        let is_bare = !segment.has(Flags::ACK);
        let is_strange = !is_bare && segment.rel.1 != Some(1);
        let half = &mut self.halves[index(from)];
        if half.syns.is_empty() {
            half.called = is_bare;
        }
        if is_strange {
            half.strange_synack.get_or_insert(*seen);
        } else {
            push(&mut half.syns, *seen);
        }
    }

    fn acknowledges(&mut self, seen: &Seen, segment: &Segment) {
        let Some(ack) = segment.rel.1 else { return };
        let from = index(segment.id.sender);
        let other = &mut self.halves[1 - from];
        let is_repeat = ack == other.acked && segment.is_empty();
        // Far ahead of everything sent is not an acknowledgment of it.
        if ack > other.acked && ack <= other.reach.max(other.fin_end.unwrap_or(0)).max(1) {
            other.acked = ack;
        }
        if other.fin_end.is_some_and(|end| ack >= end) && other.fin_acked.is_none() {
            other.fin_acked = Some(*seen);
            other.fin_acked_by_fin = segment.has(Flags::FIN);
        }
        let reaches_back = segment.options.sack.as_slice().first().zip(segment.ack);
        if reaches_back.is_some_and(|((_, end), ack)| end.at_or_before(ack)) {
            // A D-SACK: what it names had arrived before (RFC 2883).
            if let Some(resend) = other.resends.last() {
                other.needless.get_or_insert(resend.seen);
            }
        }
        let half = &mut self.halves[from];
        half.repeats = if is_repeat { half.repeats + 1 } else { 0 };
    }

    fn window(&mut self, seen: &Seen, segment: &Segment) {
        let half = &mut self.halves[index(segment.id.sender)];
        match (segment.window, half.zero_since) {
            (0, None) if !segment.has(Flags::SYN) => {
                half.zero_since = Some(seen.time);
                half.zero.get_or_insert(*seen);
            }
            (1.., Some(since)) => {
                half.paused += seen.time.since(since);
                half.zero_since = None;
            }
            _ => {}
        }
    }

    fn data(&mut self, event: &Event, seen: &Seen, segment: &Segment) {
        if segment.payload_len == 0 {
            return;
        }
        let from = index(segment.id.sender);
        let peer_repeats = self.halves[1 - from].repeats;
        let peer_said_goodbye = self.halves[1 - from].fin_acked.is_some();
        let half = &mut self.halves[from];
        if segment.again {
            let waited = half.last_data.map_or(Duration::ZERO, |last| seen.time.since(last.time));
            let kind = match event.trigger {
                "probe" => ResendKind::Probe,
                "fast-retransmit" | "recovery" => ResendKind::Fast,
                "rto" => ResendKind::Timeout,
                _ if peer_repeats >= 3 => ResendKind::Fast,
                _ => ResendKind::Timeout,
            };
            half.resent += u64::from(kind != ResendKind::Probe);
            push(&mut half.resends, Resend { seen: *seen, kind, seq: segment.rel.0, waited });
        } else if peer_said_goodbye {
            half.after_fin += u64::from(segment.payload_len);
        }
        half.reach = half.reach.max(segment.rel.0.wrapping_add(segment.payload_len));
        half.last_data = Some(*seen);
    }

    fn reset(
        &mut self,
        event: &Event,
        seen: &Seen,
        segment: &Segment,
        refused: Option<Refusal>,
        ends: &Ends,
    ) {
        let from = segment.id.sender;
        let answers = self.half(from.other()).last_data.filter(|data| data.number + 1 == seen.number);
        let reset = Reset {
            seen: *seen,
            before: [ends.client.before, ends.server.before],
            refused,
            has_ack: segment.has(Flags::ACK),
            ack: segment.rel.1,
            unread: event.rule.starts_with("rfc2525"),
            answers,
        };
        push(&mut self.halves[index(from)].resets, reset);
    }
}

impl Half {
    /// Octets of data, each counted once.
    pub(crate) fn octets(&self) -> u64 {
        u64::from(self.reach.saturating_sub(1))
    }

    /// Octets the other end has not acknowledged.
    pub(crate) fn unacknowledged(&self) -> u64 {
        u64::from(self.reach.saturating_sub(self.acked.max(1)))
    }
}

fn is_giving_up(rule: &str) -> bool {
    rule.ends_with("r2") || rule.ends_with("give-up") || rule.ends_with("timeout")
}

fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() < KEPT {
        list.push(item);
    }
}

pub(crate) const fn index(side: Side) -> usize {
    match side {
        Side::Client => 0,
        Side::Server => 1,
    }
}
