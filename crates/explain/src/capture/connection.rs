//! One connection of a capture: packets in, events out, both ends inferred.

use std::net::SocketAddr;

use cordial_tcp::{CloseCause, Instant, Phase};
use cordial_trace::event::{
    At, Basis, End, Ends, Event, Fate, Group, LastSeen, OnWire, Predecessor, Segment, SegmentId, Side, What,
};
use cordial_trace::{Passed, Shadow};
use cordial_wire::Flags;

use super::half::Half;
use super::packet::{IcmpError, Tcp};
use super::past::Ended;

/// Gives events their numbers and collects them.
pub(super) struct Sink<'a> {
    pub(super) last_id: &'a mut u64,
    pub(super) events: &'a mut Vec<Event>,
}

impl Sink<'_> {
    fn push(&mut self, event: Event) -> u64 {
        *self.last_id += 1;
        self.events.push(Event { id: *self.last_id, ..event });
        *self.last_id
    }
}

/// A connection while its packets pass.
#[derive(Clone, Debug)]
pub(super) struct Connection {
    pub(super) group: Group,
    client: SocketAddr,
    server: SocketAddr,
    pub(super) last: Instant,
    segments: u32,
    halves: [Half; 2],
    shadows: [Shadow; 2],
    /// Ends that sent a SYN which answered nothing.
    has_called: [bool; 2],
    last_event: Option<u64>,
    /// Packets that were seen once more, and how many of them no segment has told yet.
    copies: u64,
    untold_copies: u8,
    ended: Option<CloseCause>,
}

impl Connection {
    /// A connection of which `packet` is the first that is seen. It is not taken yet.
    pub(super) fn new(group: Group, packet: &Tcp) -> Self {
        let client = caller_of(packet);
        let server = if client == packet.source { packet.destination } else { packet.source };
        let mut connection = Self {
            group,
            client,
            server,
            last: packet.time,
            segments: 0,
            halves: [Half::default(), Half::default()],
            shadows: [Shadow::new(Side::Client), Shadow::new(Side::Server)],
            has_called: [false; 2],
            last_event: None,
            copies: 0,
            untold_copies: 0,
            ended: None,
        };
        match (packet.has(Flags::SYN), packet.ack) {
            (true, None) => {}
            // Somebody must have called.
            (true, Some(ack)) => {
                connection.shadow(Side::Client).sends(&Passed { flags: Flags::SYN, ack: None, end: ack });
            }
            (false, _) => {
                connection.shadows = [Shadow::established(Side::Client), Shadow::established(Side::Server)];
            }
        }
        connection
    }

    /// Tells that it began, `before` being what these addresses had before.
    pub(super) fn start(&mut self, now: Instant, before: Option<Predecessor>, sink: &mut Sink<'_>) {
        let what = What::Started { client: self.client, server: self.server, before };
        let event = self.event(now, At::Observer, what, None);
        self.push(event, sink);
    }

    /// Takes a packet of it. False if it is one that the capture holds twice.
    pub(super) fn take(&mut self, packet: &Tcp, sink: &mut Sink<'_>) -> bool {
        let from = self.sender(packet);
        let is_usual = self.copies > 0 && self.copies * 2 >= u64::from(self.segments);
        let heard = self.halves[from.other().index()].count;
        if self.half(from).is_copy(packet, heard, is_usual) {
            self.copies += 1;
            self.untold_copies = self.untold_copies.saturating_add(1);
            return false;
        }
        self.last = self.last.max(packet.time);
        self.segments = self.segments.saturating_add(1);
        // An answer to another SYN than ours: its numbers are not this connection's.
        let is_foreign = packet.ack.is_some_and(|ack| !self.is_for_this(from.other(), ack));
        let seen = if is_foreign { self.half(from).note_foreign() } else { self.half(from).note(packet) };
        let answered = packet.ack.and_then(|ack| self.acknowledges(from, packet, ack));
        let before = self.states();
        self.follow(from, packet);
        let segment = self.describe(from, packet, seen);
        let cause = answered.or(self.halves[from.other().index()].newest);
        let what = What::Segment { fate: Fate::Sent, segment };
        let mut event = self.event(packet.time, At::End(from), what, cause);
        event.ends = Some(self.ends(before));
        let id = self.push(event, sink);
        self.half(from).sent(id);
        true
    }

    /// A packet of it brought an ICMP error back.
    pub(super) fn icmp(&mut self, error: &IcmpError, sink: &mut Sink<'_>) {
        let told = if error.source == self.client { Side::Client } else { Side::Server };
        let what = What::Icmp { kind: error.kind, code: error.code };
        let cause = self.halves[told.index()].newest;
        let mut event = self.event(error.time, At::End(told), what, cause);
        event.ends = Some(self.ends(self.states()));
        self.push(event, sink);
    }

    /// Tells that its record is complete, and why now.
    pub(super) fn close(&mut self, now: Instant, why: &'static str, sink: &mut Sink<'_>) {
        let what = What::Closed { cause: self.cause() };
        let mut event = self.event(now, At::Observer, what, self.last_event);
        event.trigger = why;
        event.ends = Some(self.ends(self.states()));
        self.push(event, sink);
    }

    /// True if neither end has anything left to do.
    pub(super) fn is_over(&self) -> bool {
        let over = |state: Option<Phase>| matches!(state, Some(Phase::Closed | Phase::TimeWait));
        self.segments > 0 && self.states().into_iter().all(over)
    }

    /// True while only one end has spoken, and only to call.
    pub(super) fn is_calling(&self) -> bool {
        let [client, server] = self.states();
        client == Some(Phase::SynSent) && server.is_none()
    }

    /// True if `packet` is the SYN that opened this, or that of a second caller who met it.
    pub(super) fn has_syn_of(&self, packet: &Tcp) -> bool {
        let from = self.sender(packet);
        match self.halves[from.index()].first {
            Some(first) => first == packet.seq,
            None => from == Side::Server && self.is_calling(),
        }
    }

    /// How it stands, for what comes after it.
    pub(super) fn ended(&self) -> Ended {
        let end = |side: Side| LastSeen {
            state: self.shadows[side.index()].phase(),
            next: self.halves[side.index()].next,
            timestamp: self.halves[side.index()].timestamp,
        };
        Ended {
            group: self.group,
            client: self.client,
            last: self.last,
            was_over: self.is_over(),
            told_early: false,
            ends: [end(Side::Client), end(Side::Server)],
        }
    }

    /// Who sent a packet. A program that has connected to itself has only one address: what answers is the server's.
    fn sender(&self, packet: &Tcp) -> Side {
        if self.client == self.server {
            let answers = packet.has(Flags::SYN) && packet.has(Flags::ACK);
            let is_bare = packet.len() == 0 && packet.ack.is_some() && self.segments > 2;
            return if answers || is_bare { Side::Server } else { Side::Client };
        }
        if packet.source == self.client { Side::Client } else { Side::Server }
    }

    fn half(&mut self, side: Side) -> &mut Half {
        &mut self.halves[side.index()]
    }

    fn shadow(&mut self, side: Side) -> &mut Shadow {
        &mut self.shadows[side.index()]
    }

    fn states(&self) -> [Option<Phase>; 2] {
        self.shadows.map(|shadow| shadow.phase())
    }

    /// Notes an acknowledgment; gives the event that it answers.
    fn acknowledges(&mut self, from: Side, packet: &Tcp, ack: cordial_wire::SeqNum) -> Option<u64> {
        // A reset says what it was asked about, a SYN-ACK for another SYN nothing that counts.
        let counts = !packet.has(Flags::RST) && self.is_for_this(from.other(), ack);
        if counts { self.half(from.other()).acknowledged(ack) } else { None }
    }

    /// True if `ack` may be about this incarnation of what `side` sends.
    fn is_for_this(&self, side: Side, ack: cordial_wire::SeqNum) -> bool {
        let is_opening = matches!(self.shadows[side.index()].phase(), Some(Phase::SynSent));
        !is_opening || self.halves[side.index()].may_be_acknowledged(ack)
    }

    /// Moves the states of both ends.
    fn follow(&mut self, from: Side, packet: &Tcp) {
        let passed = Passed { flags: packet.flags, ack: packet.ack, end: packet.end() };
        if packet.has(Flags::RST) {
            if self.is_believed(from, packet) {
                self.ended.get_or_insert(self.cause_of_reset(from));
                self.shadow(from).sends(&passed);
                self.shadow(from.other()).hears(&passed);
            }
            return;
        }
        let is_other_syn = packet.has(Flags::SYN) && self.halves[from.index()].first != Some(packet.seq);
        if is_other_syn || packet.ack.is_some_and(|ack| !self.is_for_this(from.other(), ack)) {
            return;
        }
        if packet.is_call() {
            self.has_called[from.index()] = true;
        }
        // When both have called, their SYN-ACKs cross: one that was sent before the other came takes nothing back.
        let crosses = self.has_called == [true; 2] && packet.has(Flags::SYN) && packet.ack.is_some();
        if !crosses || self.shadows[from.index()].phase() != Some(Phase::Established) {
            self.shadow(from).sends(&passed);
        }
        self.shadow(from.other()).hears(&passed);
    }

    /// True if whoever got this reset had to believe it (RFC 5961 §3.2): it names what comes next, or, where nothing
    /// came yet, it answers the SYN.
    fn is_believed(&self, from: Side, packet: &Tcp) -> bool {
        let (sender, hearer) = (&self.halves[from.index()], &self.halves[from.other().index()]);
        if self.shadows[from.other().index()].phase() == Some(Phase::SynSent) {
            return packet.ack.is_some_and(|ack| hearer.may_be_acknowledged(ack));
        }
        match (sender.acked.or(sender.first), sender.next) {
            (Some(acked), Some(next)) => packet.seq.at_or_after(acked) && packet.seq.at_or_before(next),
            (Some(acked), None) => packet.seq.at_or_after(acked),
            (None, _) => true,
        }
    }

    fn cause_of_reset(&self, from: Side) -> CloseCause {
        match self.shadows[from.other().index()].phase() {
            Some(Phase::SynSent) => CloseCause::Refused,
            // Everything had been said.
            Some(Phase::TimeWait | Phase::Closed) => CloseCause::Graceful,
            _ => CloseCause::Reset,
        }
    }

    fn cause(&self) -> Option<CloseCause> {
        self.ended.or_else(|| self.is_over().then_some(CloseCause::Graceful))
    }

    fn describe(&mut self, from: Side, packet: &Tcp, seen: super::half::Seen) -> Segment {
        let copies = std::mem::take(&mut self.untold_copies);
        let (sender, other) = (&self.halves[from.index()], &self.halves[from.other().index()]);
        Segment {
            id: SegmentId { sender: from, count: sender.count },
            number: self.segments,
            copy_of: seen.copy_of.map(|count| SegmentId { sender: from, count }),
            again: seen.again,
            flags: packet.flags,
            seq: packet.seq,
            ack: packet.ack,
            rel: (sender.relative(packet.seq), packet.ack.map(|ack| other.relative(ack))),
            window: packet.window,
            options: packet.options,
            payload_len: packet.payload_len,
            head: packet.head,
            on_wire: Some(OnWire { copies, ..packet.on_wire }),
        }
    }

    fn ends(&self, before: [Option<Phase>; 2]) -> Ends {
        let after = self.states();
        let end = |side: Side| End {
            before: before[side.index()],
            after: after[side.index()],
            basis: Basis::Inferred,
        };
        Ends { client: end(Side::Client), server: end(Side::Server) }
    }

    fn event(&self, time: Instant, at: At, what: What, cause: Option<u64>) -> Event {
        Event { cause: cause.into_iter().collect(), ..Event::new(time, self.group, at, what) }
    }

    fn push(&mut self, event: Event, sink: &mut Sink<'_>) -> u64 {
        let id = sink.push(event);
        self.last_event = Some(id);
        id
    }
}

/// Whose connection the first packet of it belongs to. Where no SYN says so, the lower port serves.
pub(super) fn caller_of(first: &Tcp) -> SocketAddr {
    let is_callers = match (first.has(Flags::SYN), first.has(Flags::ACK)) {
        (true, has_ack) => !has_ack,
        (false, _) => first.source.port() >= first.destination.port(),
    };
    if is_callers { first.source } else { first.destination }
}
