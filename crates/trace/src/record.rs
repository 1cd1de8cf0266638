//! Facts to events: ids, names, causes, and the states of both ends.

mod changes;
mod connection;
mod network;
mod path;
mod sendings;
mod shadow;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use cordial_stack::{Call, Tuple};
use cordial_tcp::{CloseCause, Instant, Phase, Refusal, Rule};
use cordial_wire::{Flags, Segment};

use crate::event::{At, Event, Group, SegmentId, Side, VerdictNote, What};
use crate::recorder::{Batch, Noted, NotedWhat};
use connection::Connection;
pub use network::Incident;
pub use shadow::{Passed, Shadow};

/// How many ends of a connection tell their facts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Vantage {
    /// One end is a stack of ours, the other is a machine that is not seen into: its states are inferred from what
    /// passed.
    #[default]
    OneEnd,
    /// Both ends are stacks of ours, each with a recorder.
    BothEnds,
}

/// Bounds of what is kept while recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Connections recorded at once; what is over is not recorded and counted.
    pub connections: usize,
    /// Events of one connection; one that has more is given up whole.
    pub events: u64,
    /// How long after the last goodbye a connection of which we hold the TIME-WAIT is still watched: a little more
    /// than the 200 ms after which peers send a FIN again. So long, too, its engine has to say how one ended.
    pub linger: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 16_384, events: 4_000_000, linger: Duration::from_millis(300) }
    }
}

/// Which transmission it is that arrives, as far as the network knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Arrival {
    /// Whichever looks like it.
    #[default]
    Unnamed,
    /// This one.
    Named(Group, SegmentId),
}

/// Closed connections that are still known by their addresses, for what comes late.
const REMEMBERED: usize = 1_024;

/// Makes one stream of [`Event`]s from the facts of one stack, or of two that talk to each other.
///
/// ```
/// use cordial_trace::{Inbox, Limits, Trace, Vantage};
///
/// let mut inbox = Inbox::new(Inbox::CAPACITY);
/// let recorder = inbox.recorder(); // goes into the stack
/// let mut trace = Trace::new(Vantage::OneEnd, Limits::default());
/// // ... now and then:
/// let mut events = Vec::new();
/// trace.take(inbox.take(), &mut events);
/// // ... at the end:
/// trace.finish(cordial_tcp::Instant::ZERO, &mut events);
/// # drop(recorder);
/// ```
#[derive(Debug)]
pub struct Trace {
    vantage: Vantage,
    limits: Limits,
    last_id: u64,
    last_group: u32,
    open: BTreeMap<Key, Connection>,
    /// Ports on which hosts listen, of those that tell.
    listening: BTreeMap<IpAddr, BTreeSet<u16>>,
    /// Connections that will be complete at a moment.
    closing: BTreeSet<(Instant, Group, Key)>,
    closed: BTreeMap<Key, Connection>,
    closed_order: VecDeque<(Key, Group)>,
    dropped: u64,
}

/// A pair of addresses whichever way round.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Key(SocketAddr, SocketAddr);

impl Key {
    fn of(tuple: Tuple) -> Self {
        Self(tuple.local.min(tuple.peer), tuple.local.max(tuple.peer))
    }
}

/// Gives events their numbers and collects them.
pub(crate) struct Sink<'a> {
    last_id: &'a mut u64,
    events: &'a mut Vec<Event>,
}

impl Sink<'_> {
    /// Adds an event and gives its number.
    fn push(&mut self, event: Event) -> u64 {
        *self.last_id += 1;
        self.events.push(Event { id: *self.last_id, ..event });
        *self.last_id
    }
}

impl Trace {
    /// A trace that has seen nothing.
    pub fn new(vantage: Vantage, limits: Limits) -> Self {
        Self {
            vantage,
            limits,
            last_id: 0,
            last_group: 0,
            open: BTreeMap::new(),
            listening: BTreeMap::new(),
            closing: BTreeSet::new(),
            closed: BTreeMap::new(),
            closed_order: VecDeque::new(),
            dropped: 0,
        }
    }

    /// Tells that a host of ours listens on these ports from now on, and on no others: so a server's state is known before
    /// anything has reached it.
    pub fn listens(&mut self, host: IpAddr, ports: impl IntoIterator<Item = u16>) {
        self.listening.insert(host, ports.into_iter().collect());
    }

    /// Connections that were not recorded, or given up while they were, because a bound was reached.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// How many connections the record has seen so far.
    pub fn connections(&self) -> u32 {
        self.last_group
    }

    /// Adds the events of a batch of facts to `events`.
    pub fn take(&mut self, batch: Batch, events: &mut Vec<Event>) {
        self.take_all(batch, Arrival::Unnamed, events);
    }

    fn take_all(&mut self, batch: Batch, mut arrival: Arrival, events: &mut Vec<Event>) {
        let mut now = None;
        let mut incidents = batch.incidents.into_iter().peekable();
        for (place, noted) in batch.facts.into_iter().enumerate() {
            while let Some((_, incident)) = incidents.next_if(|(before, _)| *before <= place) {
                self.on_path(&incident, events);
            }
            now = Some(noted.time);
            self.settle(noted.time, events);
            let is_arrival = matches!(noted.what, NotedWhat::Received(..));
            let arrival = if is_arrival { std::mem::take(&mut arrival) } else { Arrival::Unnamed };
            self.fact(&noted, arrival, events);
        }
        for (_, incident) in incidents {
            now = now.max(Some(incident.time));
            self.on_path(&incident, events);
        }
        for tuple in batch.lost {
            self.dropped += 1;
            if let Some(connection) = self.open.remove(&Key::of(tuple)) {
                let now = now.unwrap_or(connection.last_time());
                self.give_up(now, &connection, "recording could not keep up with it", events);
            }
        }
        if let Some(now) = now {
            self.settle(now, events);
        }
    }

    /// Tells that the network lost a segment that `tuple.local` sent. For networks of our own; a record of one end
    /// only sees that nobody answered.
    pub fn lost(&mut self, now: Instant, tuple: Tuple, segment: &Segment<'_>, events: &mut Vec<Event>) {
        let Some(connection) = self.open.get_mut(&Key::of(tuple)) else { return };
        let mut sink = Sink { last_id: &mut self.last_id, events };
        connection.lost(now, tuple.local, segment, &mut sink);
    }

    /// Completes connections whose time has come, as [`take`](Self::take) does with the time of its last fact. To be
    /// called now and then while nothing happens, or a last goodbye is reported late.
    pub fn settle(&mut self, now: Instant, events: &mut Vec<Event>) {
        while let Some(&(due, group, key)) = self.closing.first().filter(|&&(due, ..)| due < now) {
            self.closing.pop_first();
            let is_it = |open: &Connection| open.group() == group && open.closes_at == Some(due);
            if self.open.get(&key).is_some_and(is_it) {
                self.complete(due, key, events);
            }
        }
    }

    /// The moment after which [`settle`](Self::settle) has something to do, if nothing more happens.
    pub fn settles_at(&self) -> Option<Instant> {
        self.closing.first().map(|&(due, ..)| due)
    }

    /// Ends the record: connections that are still there are told as they stand.
    pub fn finish(&mut self, now: Instant, events: &mut Vec<Event>) {
        let mut rest: Vec<(Group, Key)> = self.open.iter().map(|(key, open)| (open.group(), *key)).collect();
        rest.sort();
        for (_, key) in rest {
            self.complete(now, key, events);
        }
        self.closing.clear();
    }

    /// Puts a verdict into the stream. `cause` are the ids of the events that show it.
    pub fn verdict(&mut self, now: Instant, group: Group, cause: Vec<u64>, note: VerdictNote) -> Event {
        self.last_id += 1;
        Event { id: self.last_id, cause, ..Event::new(now, group, At::Observer, What::Verdict(note)) }
    }

    /// Puts what others found out about one end into the stream: its program, its name.
    pub fn told(&mut self, now: Instant, group: Group, side: Side, what: What) -> Event {
        self.last_id += 1;
        Event { id: self.last_id, ..Event::new(now, group, At::End(side), what) }
    }

    fn fact(&mut self, noted: &Noted, arrival: Arrival, events: &mut Vec<Event>) {
        let key = Key::of(noted.tuple);
        if let Some(client) = opens(noted, self.open.get(&key)) {
            if self.open.contains_key(&key) {
                self.complete(noted.time, key, events);
            }
            if !self.begin(noted.time, noted.tuple, client, events) {
                return;
            }
        }
        let (connection, is_open) = match self.open.get_mut(&key) {
            Some(connection) => (connection, true),
            // What comes late belongs to the connection that was there before.
            None => match self.closed.get_mut(&key) {
                Some(connection) => (connection, false),
                None => return,
            },
        };
        let mut sink = Sink { last_id: &mut self.last_id, events };
        connection.fact(noted, arrival, &mut sink);
        if is_open {
            self.look_after(noted.time, key, events);
        }
    }

    /// Looks after an open connection to which something happened: it may have become too long, or be complete soon.
    fn look_after(&mut self, now: Instant, key: Key, events: &mut Vec<Event>) {
        let Some(connection) = self.open.get_mut(&key) else { return };
        if connection.events() > self.limits.events {
            self.dropped += 1;
            if let Some(connection) = self.open.remove(&key) {
                self.give_up(now, &connection, "it has too many events", events);
            }
            return;
        }
        connection.closes_at = connection.closes_after(self.limits.linger).map(|wait| now + wait);
        if let Some(due) = connection.closes_at {
            self.closing.insert((due, connection.group(), key));
        }
    }

    /// True if the connection is recorded.
    fn begin(&mut self, now: Instant, tuple: Tuple, client: SocketAddr, events: &mut Vec<Event>) -> bool {
        if self.open.len() >= self.limits.connections {
            self.dropped += 1;
            return false;
        }
        self.last_group += 1;
        let group = Group(self.last_group);
        let side = if tuple.local == client { Side::Client } else { Side::Server };
        let server = if side == Side::Client { tuple.peer } else { tuple.local };
        let mut connection = Connection::new(group, (client, server), self.vantage, side);
        if let Some(state) = self.waiting_state(Key::of(tuple), server) {
            connection.serves(state);
        }
        let mut sink = Sink { last_id: &mut self.last_id, events };
        connection.start(now, &mut sink);
        self.open.insert(Key::of(tuple), connection);
        true
    }

    /// The state in which a server of ours waits for a connection, if that is known: it may still remember the last one.
    fn waiting_state(&self, key: Key, server: SocketAddr) -> Option<Phase> {
        let ports = self.listening.get(&server.ip())?;
        let remembered = self.closed.get(&key).and_then(|old| old.state_of(server));
        Some(match remembered {
            Some(Phase::TimeWait) => Phase::TimeWait,
            _ if ports.contains(&server.port()) => Phase::Listen,
            _ => Phase::Closed,
        })
    }

    fn complete(&mut self, now: Instant, key: Key, events: &mut Vec<Event>) {
        let Some(mut connection) = self.open.remove(&key) else { return };
        let group = connection.group();
        connection.close(now, &mut Sink { last_id: &mut self.last_id, events });
        self.closed.insert(key, connection);
        self.closed_order.push_back((key, group));
        if self.closed_order.len() > REMEMBERED
            && let Some((oldest, group)) = self.closed_order.pop_front()
            && self.closed.get(&oldest).is_some_and(|closed| closed.group() == group)
        {
            self.closed.remove(&oldest);
        }
    }

    fn give_up(&mut self, now: Instant, connection: &Connection, why: &str, events: &mut Vec<Event>) {
        let group = connection.group();
        let text = format!("{group} is no longer recorded: {why}");
        let mut sink = Sink { last_id: &mut self.last_id, events };
        sink.push(Event::new(now, group, At::Observer, What::Warning(text)));
    }
}

/// If this fact begins a connection: the address of its client.
///
/// A call does, and a SYN that is no repetition; so does a segment for which there is no connection.
fn opens(noted: &Noted, known: Option<&Connection>) -> Option<SocketAddr> {
    let Tuple { local, peer } = noted.tuple;
    let is_syn = |flags: Flags| flags.contains(Flags::SYN) && !flags.contains(Flags::ACK);
    match &noted.what {
        // Both call at once: one connection, and who called first is its client.
        NotedWhat::Call(Call::Connect) if known.is_some_and(|known| known.is_called(local)) => None,
        NotedWhat::Call(Call::Connect) => Some(local),
        NotedWhat::Received(syn, _) if noted.why == Rule::Reopen => {
            // Where the other end is ours, its call has begun the connection that this SYN opens.
            (!known.is_some_and(|known| known.has_sent(peer, syn))).then_some(peer)
        }
        _ if known.is_some_and(|known| !known.was_over_before(noted.time)) => None,
        // What it says of itself may be the damage.
        NotedWhat::Received(_, Some(Refusal::BadChecksum | Refusal::Malformed)) => None,
        NotedWhat::Sent(segment, _) if is_syn(segment.flags) => Some(local),
        NotedWhat::Received(segment, _) if is_syn(segment.flags) => Some(peer),
        _ => None,
    }
}

/// How a connection of which both sides finished is said to have ended.
pub(crate) const DONE: CloseCause = CloseCause::Graceful;
