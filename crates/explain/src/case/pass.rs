//! A segment passes: what it says of its sender, and of the other end.

use std::time::Duration;

use cordial_tcp::Refusal;
use cordial_trace::event::{Event, Fate, Segment, Side};
use cordial_wire::Flags;

use super::Case;
use super::evidence::{Resend, ResendKind, Seen};
use super::line::{Arrival, Opener};

/// The shortest retransmission timeout in use, less what clocks and ticks differ by (RFC 6298 asks for 1 s; hosts use
/// 200 ms, and their estimate never falls below it).
const LEAST_TIMEOUT: Duration = Duration::from_millis(185);
/// The way there and back where nothing has shown it.
const UNKNOWN_WAY: Duration = Duration::from_millis(50);
/// What is late by less than this was overtaken, where nothing else tells.
const OVERTAKEN: Duration = Duration::from_millis(3);

impl Case {
    pub(super) fn passes(&mut self, event: &Event, seen: &Seen, segment: &Segment, fate: Fate) {
        let from = segment.id.sender;
        let refused = match fate {
            Fate::Dropped(refusal) => Some(refusal),
            _ => None,
        };
        if let Some(on_wire) = &segment.on_wire {
            self.is_captured = true;
            self.halves[from.index()].wire.note(seen, on_wire);
        }
        if segment.has(Flags::RST) {
            return self.reset(event, seen, segment, refused);
        }
        let is_late_copy = segment.again && refused == Some(Refusal::OutsideWindow);
        if !fate.is_believed() && !is_late_copy {
            return;
        }
        if segment.has(Flags::SYN) {
            if !self.syn(seen, segment) {
                return;
            }
        } else if self.is_of_another(segment) {
            let ack = segment.ack.map_or(0, |ack| ack.0);
            self.halves[from.index()].old_ack.get_or_insert((*seen, ack));
            return;
        }
        self.is_heard(seen, from);
        self.acknowledges(seen, segment);
        self.window(seen, segment);
        if segment.has(Flags::SYN) {
            return;
        }
        self.third(seen, segment);
        self.text(event, seen, segment);
    }

    /// The server acknowledges what this client never sent: it speaks of an earlier connection.
    fn is_of_another(&self, segment: &Segment) -> bool {
        let (client, server) = (self.half(Side::Client), self.half(Side::Server));
        let Some(ack) = segment.ack.and_then(|ack| client.line.place(ack)) else { return false };
        segment.id.sender == Side::Server
            && !client.syns.is_empty()
            && server.syns.is_empty()
            && !(1..=client.line.reach).contains(&ack)
    }

    /// `from` lives: what it was asked is answered, and a reset of its own was none.
    fn is_heard(&mut self, seen: &Seen, from: Side) {
        let half = &mut self.halves[from.index()];
        half.segments += 1;
        half.last = Some(*seen);
        for reset in half.resets.iter_mut().filter(|reset| !reset.is_forged) {
            reset.is_ignored = true;
        }
        let other = &mut self.halves[from.other().index()];
        other.alone.clear();
        if !other.unanswered.is_empty() {
            other.unanswered.clear();
            other.answered += 1;
        }
    }

    /// False if it is not this connection's.
    fn syn(&mut self, seen: &Seen, segment: &Segment) -> bool {
        let from = segment.id.sender;
        let is_bare = !segment.has(Flags::ACK);
        let called = &self.half(from.other()).line;
        let answers = segment.ack.and_then(|ack| called.place(ack));
        let is_strange = answers.is_some_and(|ack| !(1..=called.reach).contains(&ack));
        // One on a connection that stands belongs to another, or is an old copy (RFC 5961 §4).
        let is_stray = is_bare && self.half(from).segments > u64::from(self.half(from).syns.count());
        let half = &mut self.halves[from.index()];
        if is_stray {
            return false;
        }
        if is_strange {
            half.strange_synack.get_or_insert(*seen);
            return false;
        }
        if half.syns.is_empty() {
            half.called = is_bare;
            let is_cut = segment.on_wire.is_some_and(|on_wire| on_wire.header_cut);
            half.offer = (!is_cut).then_some(segment.options);
            half.line.anchor(segment.seq, 0);
            let end = i64::from(segment.len());
            half.line.sent(0, end, opener(seen, segment));
            half.flight.sent(end, seen.time);
            if segment.payload_len > 0 {
                half.carried(seen, end);
            }
        } else {
            half.flight.resent(1, seen.time);
        }
        half.syns.push(*seen);
        self.agree();
        true
    }

    /// Both ends can only show holes if both offered to (RFC 2018 §2).
    fn agree(&mut self) {
        let sack = self.halves.iter().all(|half| half.offer.is_some_and(|offer| offer.sack_permitted));
        for half in &mut self.halves {
            half.acks.sack = sack;
        }
    }

    fn third(&mut self, seen: &Seen, segment: &Segment) {
        if segment.id.sender == Side::Client
            && segment.ack.is_some()
            && !self.half(Side::Server).syns.is_empty()
            && self.half(Side::Server).line.acked > 0
        {
            self.third.get_or_insert(*seen);
        }
    }

    fn acknowledges(&mut self, seen: &Seen, segment: &Segment) {
        let Some(number) = segment.ack else { return };
        let from = segment.id.sender.index();
        let echo = self.halves[1 - from].flight.echo;
        let [client, server] = &mut self.halves;
        let (half, other) = if from == 0 { (client, server) } else { (server, client) };
        let Some(ack) = other.line.place(number) else {
            other.line.anchor(number, 1);
            return;
        };
        let said = half.acks.note(seen, segment, ack, &other.line, other.resent_to);
        if let Some(range) = said.twice {
            other.arrived_twice(range);
        }
        let is_bare = segment.is_empty();
        if is_bare && said.is_news {
            other.stall.acknowledged(seen, ack, echo.unwrap_or_default());
        } else if !is_bare {
            other.stall.heard();
        }
        let step = ack - other.line.acked;
        if said.is_news && other.line.acknowledged(ack, opener(seen, segment)) {
            other.one_more = step == 1 && segment.is_empty();
            other.flight.acknowledged(ack, seen.time);
            if other.missed_by.is_none() && other.line.missed() > 0 {
                other.missed_by = Some(*seen);
            }
        }
        if other.fin_end.is_some_and(|end| ack >= end) && other.fin_acked.is_none() {
            other.fin_acked = Some(*seen);
            other.fin_acked_by_fin = segment.has(Flags::FIN);
        }
    }

    fn window(&mut self, seen: &Seen, segment: &Segment) {
        if segment.window > 0 || !segment.has(Flags::SYN) {
            self.halves[segment.id.sender.index()].window.announced(segment.window, seen);
        }
    }

    /// Data, a FIN, a probe, or nothing.
    fn text(&mut self, event: &Event, seen: &Seen, segment: &Segment) {
        let from = segment.id.sender;
        let half = &mut self.halves[from.index()];
        if !half.line.is_anchored() || (half.segments == 1 && half.syns.is_empty()) {
            // The first that is seen of it: what came before is not missing.
            let acked = half.line.acked;
            half.line.anchor(segment.seq, 1);
            half.line.acked = acked.min(1);
        }
        let Some(start) = half.line.place(segment.seq) else { return };
        let data_end = start + i64::from(segment.payload_len);
        let end = data_end + i64::from(segment.has(Flags::FIN));
        let is_bare = start == end && start <= half.line.reach;
        self.numbered(seen, segment, is_bare);
        let half = &mut self.halves[from.index()];
        // Before the first octet there is only the SYN, which no probe repeats.
        let repeats_last = start + 1 == half.line.reach && (start > 0 || start == end);
        if repeats_last && end <= half.line.reach && half.line.outstanding() == 0 && !segment.has(Flags::FIN)
        {
            return self.probe(seen, from);
        }
        let arrival = half.line.sent(start, end, opener(seen, segment));
        if start == end || matches!(arrival, Arrival::Strange) {
            return;
        }
        self.octets(event, seen, segment, (start, data_end), end, arrival);
        if segment.has(Flags::FIN) {
            self.fin(seen, segment, end, arrival);
        }
    }

    /// One octet or none, before what is next: "are you there?"
    fn probe(&mut self, seen: &Seen, from: Side) {
        let closed = &mut self.halves[from.other().index()].window;
        if closed.is_closed() {
            closed.unheard.push(*seen);
            return;
        }
        let half = &mut self.halves[from.index()];
        half.probes.push(*seen);
        half.unanswered.push(*seen);
    }

    /// Looks whether numbers of packets are missing before this one, and at its size.
    fn numbered(&mut self, seen: &Seen, segment: &Segment, is_bare: bool) {
        let Some(on_wire) = segment.on_wire else { return };
        let size = self.segment_size();
        let half = &mut self.halves[segment.id.sender.index()];
        let width = size.map_or(1, |size| segment.payload_len.div_ceil(size.max(1)).max(1));
        if width > 1 || (size.is_none() && on_wire.ip_len > LARGEST_PACKET) {
            half.wire.oversized.get_or_insert(*seen);
        }
        if let Some(id) = on_wire.ip_id {
            half.wire.ids.note(seen, id, u16::try_from(width).unwrap_or(1), is_bare);
        }
    }

    /// The most data that one segment can have, as both ends said.
    pub(crate) fn segment_size(&self) -> Option<u32> {
        let said = |side: Side| self.half(side).offer?.mss;
        Some(said(Side::Client)?.min(said(Side::Server)?).into())
    }

    fn octets(
        &mut self,
        event: &Event,
        seen: &Seen,
        segment: &Segment,
        (start, data_end): (i64, i64),
        end: i64,
        arrival: Arrival,
    ) {
        let from = segment.id.sender;
        let is_again = segment.again || matches!(arrival, Arrival::Again);
        let is_small = self.segment_size().is_none_or(|size| segment.payload_len < size.min(1_000));
        let near = self.way_to(from).unwrap_or_default();
        match arrival {
            Arrival::Fills(opener) if !is_again && data_end > start => {
                self.fills(seen, segment, (start, data_end), opener);
            }
            _ if is_again && data_end > start => self.again(event, seen, segment, (start, data_end)),
            _ => {}
        }
        let peer_finished = self.half(from.other()).fin_acked.is_some();
        let half = &mut self.halves[from.index()];
        if !is_again {
            let is_alone = half.line.acked >= start;
            half.flight.sent(end, seen.time);
            if data_end > start {
                half.stall.sent(seen, data_end, is_small, is_alone, near);
            }
            if peer_finished {
                half.after_fin += u64::from(segment.payload_len);
            }
        }
        if data_end > start {
            if peer_finished {
                self.keeps_quiet(from, seen.time);
            }
            self.halves[from.index()].carried(seen, data_end);
        }
    }

    fn fin(&mut self, seen: &Seen, segment: &Segment, end: i64, arrival: Arrival) {
        let from = segment.id.sender;
        if self.half(from).fins.is_empty() {
            self.keeps_quiet(from, seen.time);
        }
        let is_late =
            matches!(arrival, Arrival::Fills(ahead) if self.is_late(&opener(seen, segment), &ahead));
        let half = &mut self.halves[from.index()];
        if let Arrival::Fills(ahead) = arrival
            && half.fins.is_empty()
            && segment.payload_len == 0
            && !is_late
        {
            half.fin_waited = Some(seen.time.since(ahead.time));
        }
        if matches!(arrival, Arrival::Again) && !half.fins.is_empty() {
            half.flight.resent(end, seen.time);
            half.alone.push(*seen);
        }
        half.fins.push(*seen);
        half.fin_end.get_or_insert(end);
    }

    /// Positions that were never seen, below others that were: overtaken, or sent again after a loss on the way here.
    fn fills(&mut self, seen: &Seen, segment: &Segment, range: (i64, i64), opened: Opener) {
        let from = segment.id.sender;
        if self.is_late(&opener(seen, segment), &opened) {
            self.halves[from.index()].late.push(*seen);
            return;
        }
        let age = seen.time.since(opened.time);
        let asking = self.half(from.other()).acks.asking();
        let kind = if asking >= 3 || age < self.timeout() { ResendKind::Fast } else { ResendKind::Timeout };
        self.resent(seen, from, range, kind, age);
    }

    /// True if what fills a gap was sent before what left it.
    fn is_late(&self, filler: &Opener, opened: &Opener) -> bool {
        let distance = filler.ip_id.zip(opened.ip_id).map_or(0, |(a, b)| b.wrapping_sub(a).cast_signed());
        let clocks = filler.clock.zip(opened.clock).map_or(0, |(a, b)| b.wrapping_sub(a).cast_signed());
        let near = self.round_trip().map_or(OVERTAKEN, |way| OVERTAKEN.max(way * 3 / 4));
        match (distance, clocks.signum()) {
            (1..=1_000, _) => true,
            (-1_000..=-1, _) => false,
            (_, 1) => true,
            (_, -1) => false,
            _ => filler.time.since(opened.time) < near,
        }
    }

    /// Positions that were all seen before.
    fn again(&mut self, event: &Event, seen: &Seen, segment: &Segment, range: (i64, i64)) {
        let from = segment.id.sender;
        let half = &mut self.halves[from.index()];
        let before = half.last_data.map_or(Duration::ZERO, |last| seen.time.since(last.time));
        let age = half.flight.resent(range.1, seen.time).unwrap_or(before);
        if self.half(from.other()).window.is_closed() {
            self.halves[from.other().index()].window.unheard.push(*seen);
            return;
        }
        let kind = match event.trigger {
            "probe" => ResendKind::Probe,
            "fast-retransmit" | "recovery" => ResendKind::Fast,
            "rto" => ResendKind::Timeout,
            _ => self.kind(seen, from, range, age),
        };
        self.resent(seen, from, range, kind, age);
    }

    /// What made `from` send positions again that it had sent `age` ago.
    fn kind(&self, seen: &Seen, from: Side, range: (i64, i64), age: Duration) -> ResendKind {
        let acks = &self.half(from.other()).acks;
        let way = self.round_trip().unwrap_or(UNKNOWN_WAY);
        let just_asked = acks.asked().is_some_and(|asked| seen.time.since(asked) <= way.max(UNKNOWN_WAY));
        let is_tail = range.1 >= self.half(from).line.reach - 1;
        if acks.asking() >= 3 && (just_asked || age < self.timeout()) {
            ResendKind::Fast
        } else if age >= self.timeout() {
            ResendKind::Timeout
        } else if range.0 < self.half(from).recover && range.0 <= self.half(from).line.acked {
            ResendKind::Fast
        } else if is_tail && age >= way * 3 / 2 {
            ResendKind::Probe
        } else if acks.asking() > 0 && acks.shows_hole() {
            ResendKind::Fast
        } else {
            ResendKind::Copy
        }
    }

    /// The shortest time after which an end that hears nothing sends again.
    fn timeout(&self) -> Duration {
        LEAST_TIMEOUT + self.round_trip().unwrap_or_default() * 3 / 4
    }

    fn resent(&mut self, seen: &Seen, from: Side, range: (i64, i64), kind: ResendKind, age: Duration) {
        let half = &mut self.halves[from.index()];
        let pause = half.last_data.map_or(age, |last| seen.time.since(last.time));
        let needless = range.1 <= half.line.acked && kind != ResendKind::Copy;
        half.resent(Resend { seen: *seen, kind, range, age, pause, needless });
    }
}

/// More than any Ethernet carries, jumbo frames included.
const LARGEST_PACKET: u32 = 9_216;

pub(super) fn opener(seen: &Seen, segment: &Segment) -> Opener {
    Opener {
        time: seen.time,
        ip_id: segment.on_wire.and_then(|on_wire| on_wire.ip_id),
        clock: segment.options.timestamps.map(|timestamps| timestamps.value),
    }
}
