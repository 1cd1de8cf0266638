//! A record, looked up by connection, end and segment.

use std::collections::BTreeMap;
use std::time::Duration;

use cordial_tcp::{Instant, Phase};
use cordial_trace::event::{At, Change, Event, Fate, Segment, SegmentId, Side, Timer, Value, What};
use cordial_wire::SeqNum;

use crate::claim::{End, Variable};
use crate::scenario::SegmentName;

/// What a record says, connection by connection.
#[derive(Debug, Default)]
pub(crate) struct History {
    connections: BTreeMap<u32, Connection>,
}

/// One connection.
#[derive(Debug, Default)]
pub(crate) struct Connection {
    /// The states of both ends, each with the moment it came.
    states: [Vec<(Duration, Phase)>; 2],
    /// What was sent, in order. What arrived without having been sent is only among the passages.
    pub(crate) sent: Vec<SegmentId>,
    /// What became of each.
    pub(crate) passages: BTreeMap<SegmentId, Passage>,
    /// Timers that were set.
    pub(crate) timers: Vec<(Duration, Side, Timer, Duration)>,
    /// Changes of the three variables, as on the wire.
    variables: Vec<(Duration, Side, Variable, SeqNum)>,
    /// Octets that programs read.
    pub(crate) read: [u64; 2],
    /// When an end first heard the other, and first knew that it was heard.
    pub(crate) hears: [Option<Duration>; 2],
    pub(crate) is_heard: [Option<Duration>; 2],
}

/// One transmission.
#[derive(Clone, Debug)]
pub(crate) struct Passage {
    pub(crate) segment: Segment,
    pub(crate) sent: Duration,
    /// Each arrival, and what became of it.
    pub(crate) arrivals: Vec<(Duration, Fate)>,
    pub(crate) lost: bool,
}

impl History {
    pub(crate) fn of(events: &[Event]) -> Self {
        let mut history = Self::default();
        for event in events {
            history.connections.entry(event.group.0).or_default().event(event);
        }
        history
    }

    pub(crate) fn connection(&self, number: u32) -> Option<&Connection> {
        self.connections.get(&number)
    }

    pub(crate) fn connections(&self) -> impl ExactSizeIterator<Item = (u32, &Connection)> {
        self.connections.iter().map(|(number, connection)| (*number, connection))
    }

    pub(crate) fn passage(&self, name: SegmentName) -> Option<&Passage> {
        self.connection(name.connection)?.passages.get(&name.id)
    }

    /// The states of an end with their moments; the first is where it began.
    pub(crate) fn states(&self, end: End) -> &[(Duration, Phase)] {
        let connection = self.connection(end.connection);
        connection.map_or(&[], |connection| &connection.states[index(end.side)])
    }

    /// The variable of an end as it was at a moment, counted from the first number of its direction.
    pub(crate) fn variable(&self, end: End, variable: Variable, at: Duration) -> Option<u64> {
        let connection = self.connection(end.connection)?;
        let told = connection.variables.iter().rev();
        let mut known =
            told.filter(|(when, side, which, _)| *when <= at && *side == end.side && *which == variable);
        let (.., value) = known.next()?;
        let sender = if variable == Variable::RcvNxt { end.side.other() } else { end.side };
        let first = connection.first_number(sender)?;
        Some(value.since(first).into())
    }
}

impl Connection {
    /// The number of the first SYN of a sender.
    pub(crate) fn first_number(&self, sender: Side) -> Option<SeqNum> {
        let of_sender = |id: &&SegmentId| id.sender == sender;
        let first = self.sent.iter().find(of_sender).and_then(|id| self.passages.get(id))?;
        let rel = u32::try_from(first.segment.rel.0).ok()?;
        Some(first.segment.seq - rel)
    }

    fn event(&mut self, event: &Event) {
        let now = event.time.since(Instant::ZERO);
        if let Some(ends) = &event.ends {
            for side in [Side::Client, Side::Server] {
                // Where an end began shows only before its first event.
                if self.states[index(side)].is_empty() {
                    self.state(now, side, ends.of(side).before);
                }
                self.state(now, side, ends.of(side).after);
            }
        }
        let At::End(side) = event.at else {
            if let What::Segment { fate: Fate::Lost, segment } = &event.what
                && let Some(passage) = self.passages.get_mut(&segment.id)
            {
                passage.lost = true;
            }
            return;
        };
        match &event.what {
            What::Segment { fate, segment } => self.segment(now, side, *fate, segment),
            What::Call(cordial_stack::Call::Read(octets)) => self.read[index(side)] += u64::from(*octets),
            _ => {}
        }
        for change in &event.timers {
            if let Change::Set(span) | Change::Restarted(span) = change.change {
                self.timers.push((now, side, change.timer, span));
            }
        }
        for (name, value) in &event.vars {
            let variable = match *name {
                "snd_una" => Variable::SndUna,
                "snd_nxt" => Variable::SndNxt,
                "rcv_nxt" => Variable::RcvNxt,
                _ => continue,
            };
            if let Value::Count(count) = value {
                let number = SeqNum(u32::try_from(*count).unwrap_or_default());
                self.variables.push((now, side, variable, number));
            }
        }
    }

    fn state(&mut self, now: Duration, side: Side, state: Option<Phase>) {
        let states = &mut self.states[index(side)];
        if let Some(state) = state
            && states.last().is_none_or(|(_, last)| *last != state)
        {
            states.push((now, state));
        }
    }

    fn segment(&mut self, now: Duration, side: Side, fate: Fate, segment: &Segment) {
        if fate == Fate::Sent {
            self.sent.push(segment.id);
            let passage = Passage { segment: *segment, sent: now, arrivals: Vec::new(), lost: false };
            self.passages.insert(segment.id, passage);
            return;
        }
        let stranger = || Passage { segment: *segment, sent: now, arrivals: Vec::new(), lost: false };
        self.passages.entry(segment.id).or_insert_with(stranger).arrivals.push((now, fate));
        if fate != Fate::Received {
            return;
        }
        self.hears[index(side)].get_or_insert(now);
        if segment.rel.1.is_some_and(|ack| ack >= 1) {
            self.is_heard[index(side)].get_or_insert(now);
        }
    }
}

/// For tables of two.
pub(crate) const fn index(side: Side) -> usize {
    match side {
        Side::Client => 0,
        Side::Server => 1,
    }
}
