//! The side table of one connection: what its events need to know about each other.

mod states;

use std::net::SocketAddr;
use std::time::Duration;

use cordial_tcp::{CloseCause, Instant, Phase, Refusal, Rule};
use cordial_wire::Segment as WireSegment;

use super::path::Path;
use super::sendings::{Sending, Sendings, Standing};
use super::shadow::Shadow;
use super::{Arrival, DONE, Sink, Vantage, changes};
use crate::event::{At, Basis, End, Ends, Event, Fate, Group, Head, Segment, SegmentId, Side, What};
use crate::recorder::{Noted, NotedSegment, NotedWhat};

/// One connection while it is recorded.
#[derive(Debug)]
pub(super) struct Connection {
    group: Group,
    client: SocketAddr,
    server: SocketAddr,
    events: u64,
    last_time: Instant,
    /// Segments so far, both ways.
    segments: u32,
    pub(super) sendings: [Sendings; 2],
    pub(super) states: [Option<Phase>; 2],
    /// The end we do not see into.
    pub(super) shadow: Option<(Side, Shadow)>,
    /// What is known of the way between the two.
    pub(super) path: Path,
    /// What each end was last told: a segment, a call, a timer.
    heard: [Option<u64>; 2],
    called: [Option<u64>; 2],
    fired: [Option<u64>; 2],
    queues: [(u32, u32); 2],
    last_event: Option<u64>,
    ended: Option<CloseCause>,
    /// When its record is complete, unless something more happens.
    pub(super) closes_at: Option<Instant>,
    is_closed: bool,
}

impl Connection {
    /// `side` is the end that told the first fact.
    pub(super) fn new(
        group: Group,
        (client, server): (SocketAddr, SocketAddr),
        vantage: Vantage,
        side: Side,
    ) -> Self {
        let shadow = match vantage {
            Vantage::OneEnd => Some((side.other(), Shadow::new(side.other()))),
            Vantage::BothEnds => None,
        };
        let mut connection = Self {
            group,
            client,
            server,
            events: 0,
            last_time: Instant::ZERO,
            segments: 0,
            sendings: [Side::Client, Side::Server].map(|side| Sendings::new(side, shadow.is_none())),
            states: [Some(Phase::Closed), None],
            shadow,
            path: Path::default(),
            heard: [None; 2],
            called: [None; 2],
            fired: [None; 2],
            queues: [(0, 0); 2],
            last_event: None,
            ended: None,
            closes_at: None,
            is_closed: false,
        };
        if let Some((side, shadow)) = &connection.shadow {
            connection.states[side.index()] = shadow.phase();
        }
        connection
    }

    /// The server's end is one of ours, and waits in this state.
    pub(super) fn serves(&mut self, state: Phase) {
        if self.shadow.is_none() {
            self.states[Side::Server.index()] = Some(state);
        }
    }

    /// The state of the end at this address.
    pub(super) fn state_of(&self, address: SocketAddr) -> Option<Phase> {
        self.states[self.side_of(address).index()]
    }

    pub(super) fn group(&self) -> Group {
        self.group
    }

    pub(super) fn events(&self) -> u64 {
        self.events
    }

    pub(super) fn last_time(&self) -> Instant {
        self.last_time
    }

    /// Tells that it began.
    pub(super) fn start(&mut self, now: Instant, sink: &mut Sink<'_>) {
        let what = What::Started { client: self.client, server: self.server, before: None };
        let event = Event::new(now, self.group, At::Observer, what);
        self.push(event, sink);
    }

    /// Tells that its record is complete.
    pub(super) fn close(&mut self, now: Instant, sink: &mut Sink<'_>) {
        self.is_closed = true;
        let cause = self.ended.or_else(|| self.is_done().then_some(DONE));
        let mut event = Event::new(now, self.group, At::Observer, What::Closed { cause });
        event.cause = self.last_event.into_iter().collect();
        event.ends = Some(self.ends_since(self.states));
        self.push(event, sink);
    }

    /// How long from now its record is complete, if nothing more happens; none if it goes on.
    pub(super) fn closes_after(&self, linger: Duration) -> Option<Duration> {
        if self.is_closed {
            return None;
        }
        let waits = self.engine_states().any(|state| state == Phase::TimeWait);
        match (self.ended, waits, self.shadow.is_some()) {
            (Some(CloseCause::Graceful), true, true) => self.is_done().then_some(linger),
            // The engine says how it ended, if it does, in the same turn; but a batch may be taken in the middle of one.
            (None, _, true) => self.is_done().then_some(linger),
            // Both ends are ours: the two minutes of TIME-WAIT belong to the picture.
            (_, true, false) => None,
            (Some(_), _, true) => Some(Duration::ZERO),
            (_, false, false) => self.is_done().then_some(Duration::ZERO),
        }
    }

    /// True if it only waits for the engine's word on how it ended: what is called for later is another connection.
    pub(super) fn was_over_before(&self, now: Instant) -> bool {
        let waits = self.engine_states().any(|state| state == Phase::TimeWait);
        self.shadow.is_some() && self.ended.is_none() && !waits && self.is_done() && self.last_time < now
    }

    fn engine_states(&self) -> impl Iterator<Item = Phase> {
        let shadow = self.shadow.map(|(side, _)| side.index());
        self.states.into_iter().enumerate().filter(move |&(i, _)| Some(i) != shadow).filter_map(|(_, s)| s)
    }

    /// True if neither end has anything left to do.
    fn is_done(&self) -> bool {
        // A listener that forgot its half-open connection has nothing to do with it any more.
        let over =
            |state: Option<Phase>| matches!(state, Some(Phase::Closed | Phase::Listen | Phase::TimeWait));
        // A server that nothing has reached yet may still be reached.
        let is_reached = self.shadow.is_some() || self.last_of(Side::Server).is_some();
        self.segments > 0 && is_reached && self.states.into_iter().all(over)
    }

    /// Takes a fact of one end.
    pub(super) fn fact(&mut self, noted: &Noted, arrival: Arrival, sink: &mut Sink<'_>) {
        self.last_time = noted.time;
        self.hear_late(noted.time);
        let side = self.side_of(noted.tuple.local);
        match &noted.what {
            NotedWhat::Sent(segment, again) => self.sent(noted, side, segment, *again, sink),
            NotedWhat::Received(segment, refused) => {
                self.received(noted, side, (segment, arrival), *refused, sink);
            }
            NotedWhat::Timer => {
                let id = self.told(noted, side, What::Timer, self.called[side.index()], sink);
                self.fired[side.index()] = id;
                if noted.why == Rule::GiveUpHalfOpen {
                    self.ended.get_or_insert(CloseCause::TimedOut);
                }
            }
            NotedWhat::Call(call) => {
                let id = self.told(noted, side, What::Call(*call), None, sink);
                self.called[side.index()] = id;
            }
            NotedWhat::Icmp { kind, code } => {
                let what = What::Icmp { kind: *kind, code: *code };
                // It quotes what this end sent, or it is a gateway's answer to what it heard.
                let cause = match noted.why {
                    Rule::ListenerRefused => self.called[side.index()].or(self.heard[side.index()]),
                    _ => self.sendings_of(side).newest(),
                };
                let id = self.told(noted, side, what, cause, sink);
                self.heard[side.index()] = id;
            }
            NotedWhat::Queues { syn, accept } => self.queues(noted, side, *syn, *accept, sink),
            NotedWhat::Ended(cause) => {
                self.ended.get_or_insert(*cause);
                if *cause != CloseCause::Graceful {
                    self.states[side.index()] = Some(Phase::Closed);
                }
                // It moved into the TIME-WAIT table, whose timer runs from now on.
                if noted.after.timers.time_wait.is_set() && !noted.before.timers.time_wait.is_set() {
                    self.told(noted, side, What::Timer, self.last_event, sink);
                }
            }
        }
    }

    /// True if `sender` has sent this and it has not arrived.
    pub(super) fn has_sent(&self, sender: SocketAddr, segment: &NotedSegment) -> bool {
        self.shadow.is_none() && self.sendings[self.side_of(sender).index()].is_under_way(segment)
    }

    /// True if the other end calls the one at this address, which has not been heard of yet.
    pub(super) fn is_called(&self, address: SocketAddr) -> bool {
        let [client, server] = self.states;
        let is_calling = self.side_of(address) == Side::Server && client == Some(Phase::SynSent);
        let is_fresh =
            server.is_none_or(|state| state <= Phase::Listen) && self.last_of(Side::Server).is_none();
        self.shadow.is_none() && is_calling && is_fresh
    }

    /// The end at this address.
    pub(super) fn side_of(&self, address: SocketAddr) -> Side {
        if address == self.client { Side::Client } else { Side::Server }
    }

    /// The address of an end.
    pub(super) fn address(&self, side: Side) -> SocketAddr {
        match side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }

    /// The network knows that this transmission is no longer under way.
    pub(super) fn settles(&mut self, id: SegmentId) {
        self.sendings[id.sender.index()].settles(id);
    }

    /// The end has lost all memory of the connection.
    pub(super) fn forgets(&mut self, side: Side) {
        self.states[side.index()] = Some(Phase::Closed);
    }

    pub(super) fn states(&self) -> [Option<Phase>; 2] {
        self.states
    }

    /// The newest that happened at an end.
    pub(super) fn last_of(&self, side: Side) -> Option<u64> {
        let i = side.index();
        self.heard[i].max(self.called[i]).max(self.fired[i])
    }

    /// A transmission that was made up was told by this event.
    pub(super) fn forged(&mut self, sender: Side, event: u64) {
        self.sendings[sender.index()].told(event);
    }

    /// The network lost a segment of `sender`.
    pub(super) fn lost(
        &mut self,
        now: Instant,
        sender: SocketAddr,
        segment: &WireSegment<'_>,
        sink: &mut Sink<'_>,
    ) {
        let from = self.side_of(sender);
        let noted = NotedSegment::new(segment, segment.payload.len(), Head::of([segment.payload]));
        let Some(sending) = self.sendings[from.index()].arrives(&noted) else { return };
        let what = What::Segment { fate: Fate::Lost, segment: self.describe(&noted, &sending) };
        let mut event = Event::new(now, self.group, At::Network, what);
        event.cause = vec![sending.event];
        event.ends = Some(self.ends_since(self.states));
        self.push(event, sink);
    }

    fn sent(&mut self, noted: &Noted, side: Side, segment: &NotedSegment, again: bool, sink: &mut Sink<'_>) {
        let cause = self.cause_of_sending(noted.why, side);
        let sending = self.name(side, segment, Standing::Own, again);
        if let (Some(ack), true) = (segment.ack, self.shadow.is_some()) {
            self.sendings[side.other().index()].acknowledged(ack);
        }
        if let Some((_, shadow)) = &mut self.shadow {
            self.path.heard(sending.id, *shadow);
            shadow.hears(&segment.into());
        }
        let what = What::Segment { fate: Fate::Sent, segment: self.describe(segment, &sending) };
        let id = self.told(noted, side, what, cause, sink);
        self.sendings[side.index()].told(id.unwrap_or_default());
    }

    fn received(
        &mut self,
        noted: &Noted,
        side: Side,
        (segment, arrival): (&NotedSegment, Arrival),
        refused: Option<Refusal>,
        sink: &mut Sink<'_>,
    ) {
        let from = side.other();
        let fate = refused.map_or(Fate::Received, Fate::Dropped);
        let seen = match self.shadow {
            // We hear of it only now that it has come, but for those that a path of ours did something to.
            Some(_) => self.path.arrives(noted.time, segment, refused),
            None => match arrival {
                Arrival::Unnamed => self.sendings[from.index()].arrives(segment),
                Arrival::Named(group, id) if group == self.group => {
                    self.sendings[id.sender.index()].settles(id)
                }
                // It comes from an earlier life of this pair of addresses.
                Arrival::Named(..) => None,
            },
        };
        let is_new = seen.is_none();
        let standing = match arrival {
            Arrival::Named(group, _) if group != self.group => Standing::Foreign,
            _ if fate.is_believed() => Standing::Own,
            _ => Standing::Doubtful,
        };
        let sending = seen.unwrap_or_else(|| self.name(from, segment, standing, false));
        if let Some((_, shadow)) = &mut self.shadow
            && is_new
            && (fate.is_believed() || sending.again)
        {
            self.path.said();
            shadow.sends(&segment.into());
        }
        let answers = segment.ack.and_then(|ack| self.sendings[side.index()].answered(ack));
        let cause = if is_new { answers } else { Some(sending.event) };
        let what = What::Segment { fate, segment: self.describe(segment, &sending) };
        let id = self.told(noted, side, what, cause, sink);
        if is_new {
            self.sendings[from.index()].told(id.unwrap_or_default());
        }
        if let (Some(ack), None) = (segment.ack, refused) {
            self.sendings[side.index()].acknowledged(ack);
        }
        self.heard[side.index()] = id;
    }

    fn queues(
        &mut self,
        noted: &Noted,
        side: Side,
        syn: (u32, u32),
        accept: (u32, u32),
        sink: &mut Sink<'_>,
    ) {
        let [old_syn, old_accept] = self.queues;
        self.queues = [syn, accept];
        let what = What::Queues {
            syn: (syn != old_syn).then_some(syn),
            accept: (accept != old_accept).then_some(accept),
        };
        if syn != old_syn || accept != old_accept {
            self.told(noted, side, what, self.last_event, sink);
        }
    }

    /// What made `side` send, by the rule under which it did.
    fn cause_of_sending(&self, why: Rule, side: Side) -> Option<u64> {
        let (heard, called, fired) =
            (self.heard[side.index()], self.called[side.index()], self.fired[side.index()]);
        match why {
            Rule::Timeout | Rule::DelayedAck | Rule::WindowProbe | Rule::KeepaliveProbe => fired,
            Rule::GiveUpOpen | Rule::GiveUpHalfOpen | Rule::GiveUpData | Rule::GiveUpKeepalive => fired,
            Rule::ActiveOpen | Rule::Close | Rule::Abort | Rule::CloseUnread | Rule::WindowUpdate => called,
            Rule::ListenerRefused => called.or(heard),
            // Octets and FINs go out when they are written or when room for them is acknowledged.
            Rule::SendText | Rule::SendFin => heard.max(called),
            _ => heard,
        }
    }

    pub(super) fn name(
        &mut self,
        sender: Side,
        segment: &NotedSegment,
        standing: Standing,
        again: bool,
    ) -> Sending {
        self.segments += 1;
        self.sendings[sender.index()].add(segment, self.segments, standing, again)
    }

    fn sendings_of(&self, side: Side) -> &Sendings {
        &self.sendings[side.index()]
    }

    pub(super) fn describe(&self, segment: &NotedSegment, sending: &Sending) -> Segment {
        let sender = sending.id.sender;
        // Who never sent a SYN counts from whatever it sends: a reset from nowhere has number 0.
        let first = self.sendings_of(sender).first.unwrap_or(segment.seq);
        let other = self.sendings_of(sender.other()).first;
        let rel_ack = segment.ack.map(|ack| u64::from(ack.since(other.unwrap_or(ack))));
        Segment {
            id: sending.id,
            number: sending.number,
            copy_of: sending.copy_of,
            again: sending.again,
            flags: segment.flags,
            seq: segment.seq,
            ack: segment.ack,
            rel: (segment.seq.since(first).into(), rel_ack),
            window: segment.window,
            options: segment.options,
            payload_len: segment.payload_len,
            head: segment.head,
            on_wire: None,
        }
    }

    /// Tells what happened at `side`, with everything that is known of it.
    fn told(
        &mut self,
        noted: &Noted,
        side: Side,
        what: What,
        cause: Option<u64>,
        sink: &mut Sink<'_>,
    ) -> Option<u64> {
        let fired = matches!(what, What::Timer);
        let trigger = match &what {
            What::Segment { fate: Fate::Dropped(refusal), .. } => refusal.name(),
            _ => trigger(noted.why),
        };
        let mut event = Event::new(noted.time, self.group, At::End(side), what);
        event.cause = cause.into_iter().collect();
        let (before, after) = self.step(noted, side);
        self.states = after;
        event.ends = Some(self.ends_since(before));
        event.timers = changes::timers(noted.time, &noted.before, &noted.after, fired);
        event.vars = changes::vars(&noted.before, &noted.after);
        event.trigger = trigger;
        event.rule = noted.why.name();
        Some(self.push(event, sink))
    }

    pub(super) fn ends_since(&self, before: [Option<Phase>; 2]) -> Ends {
        let end = |side: Side| End {
            before: before[side.index()],
            after: self.states[side.index()],
            basis: match self.shadow {
                Some((other, _)) if other == side => Basis::Inferred,
                _ => Basis::Engine,
            },
        };
        Ends { client: end(Side::Client), server: end(Side::Server) }
    }

    pub(super) fn push(&mut self, event: Event, sink: &mut Sink<'_>) -> u64 {
        self.events += 1;
        let id = sink.push(event);
        self.last_event = Some(id);
        id
    }
}

/// The last word of a rule's name.
fn trigger(rule: Rule) -> &'static str {
    let name = rule.name();
    name.rsplit(['/', ':']).next().unwrap_or(name)
}
