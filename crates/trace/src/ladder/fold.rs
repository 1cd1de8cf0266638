//! Events to rows: the one fold behind every layout.

mod path;
mod pauses;

use std::collections::VecDeque;

use cordial_stack::Call;
use cordial_tcp::{Half, Instant, Phase, Refusal};
use cordial_wire::Flags;

use super::condense::Condenser;
use super::row::{Lane, Note, Reach, Row, Say};
use crate::event::{
    At, Basis, Change, Ends, Event, Fate, Return, Segment, SegmentId, Side, Timer, TimerChange, What,
};
use pauses::Pauses;

/// Makes rows of the events of one connection.
#[derive(Clone, Debug)]
pub struct Fold {
    is_exact: bool,
    /// Rows that may still change, oldest first.
    held: VecDeque<Held>,
    /// Segments under way whose departure has a row of its own.
    apart: Vec<SegmentId>,
    /// Segments that the network holds, and those that it made up.
    detained: Vec<SegmentId>,
    forged: Vec<SegmentId>,
    expected: path::Expected,
    /// Notes for the next row.
    notes: Vec<Note>,
    /// What the program of each end called, until a segment shows it.
    called: [Option<Called>; 2],
    /// The states as last shown.
    shown: [Option<Phase>; 2],
    has_begun: bool,
    is_v6: bool,
    pauses: Pauses,
    condenser: Condenser,
}

/// A row that waits for what belongs to it.
#[derive(Clone, Debug)]
struct Held {
    row: Row,
    before: [Option<Phase>; 2],
    /// The segment is still under way.
    is_open: bool,
    /// When something was last added to it.
    touched: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Called {
    event: u64,
    time: Instant,
    note: Option<Note>,
    before: [Option<Phase>; 2],
    after: [Option<Phase>; 2],
}

impl Fold {
    /// A fold that has seen nothing. `is_exact`: every segment and timer gets its row.
    pub fn new(is_exact: bool) -> Self {
        Self {
            is_exact,
            held: VecDeque::new(),
            apart: Vec::new(),
            detained: Vec::new(),
            forged: Vec::new(),
            expected: path::Expected::default(),
            notes: Vec::new(),
            called: [None; 2],
            shown: [None; 2],
            has_begun: false,
            is_v6: false,
            pauses: Pauses::default(),
            condenser: Condenser::new(is_exact),
        }
    }

    /// Takes an event; rows that are complete go to `rows`.
    pub fn event(&mut self, event: &Event, rows: &mut Vec<Row>) {
        let At::End(side) = event.at else {
            match &event.what {
                What::Segment { fate, segment } => match &event.ends {
                    Some(ends) if !is_told_by_both(ends) => self.on_path(event, *fate, segment, ends, rows),
                    _ => self.befalls(*fate, segment),
                },
                What::Started { server, .. } => self.is_v6 = server.is_ipv6(),
                _ => {}
            }
            return;
        };
        let Some(ends) = &event.ends else { return };
        match &event.what {
            What::Segment { fate, segment } => self.segment(event, side, *fate, segment, ends, rows),
            What::Timer => self.timer(event, side, ends, rows),
            What::Call(call) => self.call(event, side, *call, ends, rows),
            What::Queues { syn, accept } => self.queues(event, *syn, *accept),
            What::Icmp { kind, code } => self.icmp(event, side, (*kind, *code), ends, rows),
            &What::Return(Return { call, result: Err(errno) }) => {
                self.say(event, side, Say::Fails { call, errno }, ends, rows);
            }
            What::Marker("crash") => self.say(event, side, Say::Crashes, ends, rows),
            What::Marker("reboot") => self.say(event, side, Say::Reboots, ends, rows),
            _ => {}
        }
    }

    /// Gives what is held, as far as it cannot change any more. For faces that draw while things happen, when they
    /// pause.
    pub fn flush(&mut self, rows: &mut Vec<Row>) {
        self.release(rows);
    }

    /// Gives everything.
    pub fn finish(&mut self, rows: &mut Vec<Row>) {
        for side in [Side::Client, Side::Server] {
            self.tell_call(side, rows);
        }
        for held in &mut self.held {
            held.is_open = false;
        }
        self.release(rows);
        self.condenser.finish(rows);
    }

    fn segment(
        &mut self,
        event: &Event,
        side: Side,
        fate: Fate,
        segment: &Segment,
        ends: &Ends,
        rows: &mut Vec<Row>,
    ) {
        self.pauses.measure(event.time, segment);
        let both = is_told_by_both(ends);
        let from = segment.id.sender;
        if matches!(fate, Fate::Dropped(_)) && self.expected.is_told(segment) {
            return;
        }
        if self.detained.contains(&segment.id) {
            // Long enough for programs to have done something meanwhile.
            [Side::Client, Side::Server].into_iter().for_each(|side| self.tell_call(side, rows));
        }
        if both && fate != Fate::Sent && self.arrives(event, side, fate, segment, ends) {
            return;
        }
        let crosses = both && self.part_crossing(from);
        self.tell_call(from.other(), rows);
        let called = self.called[from.index()].take();
        let mut notes = Vec::new();
        let reach = if crosses { Reach::Leaves } else { self.expected.arrival(segment, &mut notes) };
        let lane = Lane::Arrow { from, segment: Box::new(*segment), reach, is_edge: is_edge(segment, ends) };
        if crosses {
            self.apart.push(segment.id);
        }
        let mut before = [ends.client.before, ends.server.before];
        let mut row = Row::new(event.time, lane).of(event);
        row.after = [ends.client.after, ends.server.after];
        let is_open = both && fate == Fate::Sent && !crosses;
        if both && fate == Fate::Sent {
            // What it does at the other end is not known yet.
            row.after[from.other().index()] = before[from.other().index()];
        }
        if let Some(called) = called {
            before[from.index()] = called.before[from.index()];
            row.notes.extend(called.note);
        }
        row.notes.append(&mut self.notes);
        row.notes.extend(self.timer_notes(side, &event.timers, ends));
        row.notes.append(&mut notes);
        if let Fate::Dropped(why) = fate {
            row.notes.push(not_taken(segment, why));
        }
        row.notes.extend(self.forged.contains(&segment.id).then_some(Note::Forged));
        row.notes.extend(match event.trigger {
            "probe" if event.rule.contains("3.8.6.1") => Some(Note::WindowProbe),
            "probe" => Some(Note::KeepaliveProbe),
            _ => None,
        });
        let is_refusal = segment.has(Flags::RST)
            && from == Side::Server
            && ends.client.before == Some(Phase::SynSent)
            && ends.client.after == Some(Phase::Closed);
        self.hold(row, before, is_open, rows);
        if is_refusal && !both {
            let row = Row::new(event.time, Lane::Say { side: Side::Client, what: Say::Refused }).of(event);
            let states = [ends.client.after, ends.server.after];
            self.hold(Row { after: states, ..row }, states, false, rows);
        }
    }

    /// A segment that was under way arrives; false if it is not known.
    fn arrives(&mut self, event: &Event, side: Side, fate: Fate, segment: &Segment, ends: &Ends) -> bool {
        let timers = self.timer_notes(side, &event.timers, ends);
        let is_edge = is_edge(segment, ends);
        let is_it = |id: &SegmentId| *id == segment.id;
        if let Some(apart) = self.apart.iter().position(is_it) {
            self.apart.remove(apart);
            self.arrives_apart(event, segment, is_edge, ends);
        } else if let Some(detained) = self.detained.iter().position(is_it) {
            self.detained.remove(detained);
            self.arrives_apart(event, segment, is_edge, ends);
        }
        let known = |held: &&mut Held| held.is(segment) && (held.is_open || held.has_arrived());
        let Some(held) = self.held.iter_mut().rev().find(known) else { return false };
        if let Lane::Arrow { is_edge: edge, .. } = &mut held.row.lane {
            *edge |= is_edge;
        }
        held.is_open = false;
        held.touched = event.time;
        held.before[side.index()] = ends.of(side).before;
        held.row.after[side.index()] = ends.of(side).after;
        held.row.notes.extend(timers);
        if let Fate::Dropped(why) = fate {
            held.row.notes.push(not_taken(segment, why));
        }
        true
    }

    /// The arrival of a segment whose departure has a row of its own.
    fn arrives_apart(&mut self, event: &Event, segment: &Segment, is_edge: bool, ends: &Ends) {
        let from = segment.id.sender;
        let lane = Lane::Arrow { from, segment: Box::new(*segment), reach: Reach::Arrives, is_edge };
        let mut row = Row::new(event.time, lane).of(event);
        row.after = [ends.client.after, ends.server.after];
        self.held.push_back(Held { row, before: befores(ends), is_open: false, touched: event.time });
    }

    /// Segments of the other side that are under way will be crossed by one of `sender`: then each gets two rows.
    fn part_crossing(&mut self, sender: Side) -> bool {
        for held in self.held.iter_mut().filter(|held| held.is_open) {
            if let Lane::Arrow { from, reach, segment, .. } = &mut held.row.lane
                && *from != sender
            {
                *reach = Reach::Leaves;
                held.is_open = false;
                self.apart.push(segment.id);
            }
        }
        self.apart.iter().any(|id| id.sender != sender)
    }

    /// The network did something to a segment that is under way.
    fn befalls(&mut self, fate: Fate, segment: &Segment) {
        let ends_as = match fate {
            Fate::Lost => Reach::Lost,
            Fate::Corrupted => Reach::Damaged,
            Fate::Delayed(_) => Reach::Held,
            Fate::Forged => return self.forged.push(segment.id),
            Fate::Rewritten => {
                let row = self.held.iter_mut().find(|held| held.is_open && held.is(segment));
                return row.into_iter().for_each(|held| held.row.notes.push(Note::Rewritten));
            }
            _ => return,
        };
        if ends_as == Reach::Damaged {
            self.expected.damaged(segment.id);
        }
        let Some(held) = self.held.iter_mut().find(|held| held.is_open && held.is(segment)) else { return };
        held.is_open = false;
        if let Lane::Arrow { reach, .. } = &mut held.row.lane {
            *reach = ends_as;
        }
        if ends_as == Reach::Held {
            self.detained.push(segment.id);
        }
    }

    fn timer(&mut self, event: &Event, side: Side, ends: &Ends, rows: &mut Vec<Row>) {
        let expired = |timer: Timer| event.timers.contains(&TimerChange { timer, change: Change::Expired });
        let (fired, set): (Vec<TimerChange>, Vec<TimerChange>) =
            event.timers.iter().partition(|change| change.change == Change::Expired);
        let gives_up = event.rule.ends_with("r2") || event.rule.ends_with("give-up");
        let lane = if gives_up {
            Lane::Say { side, what: Say::GivesUp }
        } else if expired(Timer::Retransmit) || expired(Timer::SynAck) {
            Lane::Say { side, what: Say::TimerFires }
        } else if ends.of(side).before != ends.of(side).after {
            Lane::Blank
        } else {
            // Its segment shows it, or will.
            let notes = self.timer_notes(side, &set, ends);
            match self.held.iter_mut().rev().find(|held| held.touched == event.time && held.has_left(side)) {
                Some(held) if set.iter().any(|change| change.timer == Timer::TimeWait) => {
                    held.row.notes.extend(notes);
                }
                _ => self.notes.extend(notes),
            }
            return;
        };
        let mut row = Row::new(event.time, lane).of(event);
        row.notes = self.timer_notes(side, &fired, ends);
        row.after = [ends.client.after, ends.server.after];
        self.hold(row, [ends.client.before, ends.server.before], false, rows);
        let notes = self.timer_notes(side, &set, ends);
        self.notes.extend(notes);
    }

    fn call(&mut self, event: &Event, side: Side, call: Call, ends: &Ends, rows: &mut Vec<Row>) {
        if call == Call::Accept {
            return self.say(event, side, Say::Accept, ends, rows);
        }
        // Where both ends tell, that there was a call shows in its state.
        let both = ends.client.basis == ends.server.basis;
        let note = match call {
            _ if both => None,
            Call::Release => Some(Note::Call("close()")),
            Call::Shutdown(Half::Write | Half::Both) => Some(Note::Call("shutdown()")),
            Call::Abort => Some(Note::Call("abort()")),
            _ => None,
        };
        let changed = ends.of(side).before != ends.of(side).after;
        if !changed && (note.is_none() || self.called[side.index()].is_some()) {
            return;
        }
        if note.is_some() && !changed && self.is_over(side) {
            return;
        }
        self.tell_call(side, rows);
        self.called[side.index()] = Some(Called {
            event: event.id,
            time: event.time,
            note,
            before: [ends.client.before, ends.server.before],
            after: [ends.client.after, ends.server.after],
        });
    }

    /// True if there is nothing left of this end that a call could change.
    fn is_over(&self, side: Side) -> bool {
        let last = self.held.back().map_or(self.shown, |held| held.row.after);
        !matches!(last[side.index()], Some(Phase::Established | Phase::CloseWait | Phase::SynReceived))
    }

    /// A call that no segment showed gets a row, if it changed something.
    fn tell_call(&mut self, side: Side, rows: &mut Vec<Row>) {
        let Some(called) = self.called[side.index()].take() else { return };
        let row = Row::new(called.time, Lane::Blank);
        let mut row = Row { event: Some(called.event), ..row };
        row.after = called.after;
        row.notes.extend(called.note);
        if called.before != called.after {
            self.hold(row, called.before, false, rows);
        }
    }

    fn queues(&mut self, event: &Event, syn: Option<(u32, u32)>, accept: Option<(u32, u32)>) {
        let notes = [
            syn.map(|(used, max)| Note::SynQueue(used, max)),
            accept.map(|(used, max)| Note::AcceptQueue(used, max)),
        ];
        let notes = notes.into_iter().flatten();
        match self.held.iter_mut().rev().find(|held| held.touched == event.time) {
            Some(held) => held.row.notes.extend(notes),
            None => self.notes.extend(notes),
        }
    }

    fn say(&mut self, event: &Event, side: Side, what: Say, ends: &Ends, rows: &mut Vec<Row>) {
        let mut row = Row::new(event.time, Lane::Say { side, what }).of(event);
        row.after = [ends.client.after, ends.server.after];
        row.notes.append(&mut self.notes);
        self.hold(row, [ends.client.before, ends.server.before], false, rows);
    }

    /// An ICMP message, sent or received; where it is the answer of a gateway, that it decided shows in it.
    fn icmp(&mut self, event: &Event, side: Side, (kind, code): (u8, u8), ends: &Ends, rows: &mut Vec<Row>) {
        let mut before = befores(ends);
        if let Some(called) = self.called[side.index()].take() {
            before[side.index()] = called.before[side.index()];
        }
        let what = Say::Icmp { is_v6: self.is_v6, kind, code };
        let mut row = Row::new(event.time, Lane::Say { side, what }).of(event);
        row.after = [ends.client.after, ends.server.after];
        row.notes.append(&mut self.notes);
        self.hold(row, before, false, rows);
    }

    fn hold(&mut self, row: Row, before: [Option<Phase>; 2], is_open: bool, rows: &mut Vec<Row>) {
        self.release(rows);
        let touched = row.time.unwrap_or_default();
        self.held.push_back(Held { row, before, is_open, touched });
    }

    /// Gives the rows before the first that is still open.
    fn release(&mut self, rows: &mut Vec<Row>) {
        while self.held.front().is_some_and(|held| !held.is_open)
            && let Some(held) = self.held.pop_front()
        {
            self.give(held, rows);
        }
    }

    fn give(&mut self, mut held: Held, rows: &mut Vec<Row>) {
        if !self.has_begun {
            self.has_begun = true;
            self.begin(&mut held, rows);
        }
        let waits = |side| self.waits_for(side);
        if let Some(pause) = self.pauses.before(&held.row, self.condenser.is_hiding(), waits) {
            self.condenser.row(pause, rows);
        }
        for (i, after) in held.row.after.into_iter().enumerate() {
            if after.is_some() && after != self.shown[i] {
                held.row.states[i] = after;
                self.shown[i] = after;
            }
        }
        self.pauses.shown(&held.row);
        self.condenser.row(held.row, rows);
    }

    /// The row that shows where both ends began.
    fn begin(&mut self, held: &mut Held, rows: &mut Vec<Row>) {
        let mut first = Row::new(held.row.time.unwrap_or_default(), Lane::Blank);
        first.states = held.before;
        first.after = held.before;
        // Queues as they stood before the entry that this row makes.
        for note in &held.row.notes {
            match *note {
                Note::SynQueue(used, max) => first.notes.push(Note::SynQueue(used.saturating_sub(1), max)),
                Note::AcceptQueue(used, max) => first.notes.push(Note::AcceptQueue(used, max)),
                _ => {}
            }
        }
        held.row.notes.retain(|note| !matches!(note, Note::AcceptQueue(..)));
        self.shown = held.before;
        self.condenser.row(first, rows);
    }

    /// True if the other end has closed and waits for `side` to do so.
    fn waits_for(&self, side: Side) -> bool {
        self.shown[side.other().index()] == Some(Phase::FinWait2)
    }

    fn timer_notes(&self, side: Side, changes: &[TimerChange], ends: &Ends) -> Vec<Note> {
        let both = ends.client.basis == ends.server.basis;
        let of = both.then_some(side);
        let shown = |change: &&TimerChange| {
            let is_main =
                matches!(change.timer, Timer::Retransmit | Timer::SynAck | Timer::Persist | Timer::TimeWait);
            let is_news = match change.change {
                Change::Restarted(_) => change.timer == Timer::TimeWait,
                // That the handshake is complete shows without it.
                Change::Cancelled => change.timer != Timer::SynAck,
                Change::Set(_) | Change::Expired => true,
            };
            self.is_exact || is_main && is_news
        };
        changes
            .iter()
            .filter(shown)
            .map(|&TimerChange { timer, change }| Note::Timer { of, timer, change })
            .collect()
    }
}

impl Held {
    fn is(&self, segment: &Segment) -> bool {
        matches!(&self.row.lane, Lane::Arrow { segment: held, .. } if held.id == segment.id)
    }

    /// True if it is a segment that this side sent.
    fn has_left(&self, side: Side) -> bool {
        matches!(self.row.lane, Lane::Arrow { from, .. } if from == side)
    }

    fn has_arrived(&self) -> bool {
        matches!(self.row.lane, Lane::Arrow { reach: Reach::Arrives, .. })
    }
}

/// True if each end tells what it does.
fn is_told_by_both(ends: &Ends) -> bool {
    ends.client.basis == Basis::Engine && ends.server.basis == Basis::Engine
}

/// True if a bare acknowledgment ends the handshake or answers the last goodbye.
fn is_edge(segment: &Segment, ends: &Ends) -> bool {
    let from = segment.id.sender;
    let is_bare = segment.is_empty() && !segment.has(Flags::RST);
    let moves_peer = ends.of(from.other()).before != ends.of(from.other()).after;
    let opens = ends.of(from.other()).before == Some(Phase::SynReceived) || segment.rel == (1, Some(1));
    let closes = matches!(ends.of(from).after, Some(Phase::TimeWait))
        || matches!(ends.of(from.other()).after, Some(Phase::Closed | Phase::TimeWait)) && moves_peer;
    is_bare && (opens || closes)
}

fn befores(ends: &Ends) -> [Option<Phase>; 2] {
    [ends.client.before, ends.server.before]
}

fn not_taken(segment: &Segment, why: Refusal) -> Note {
    match why {
        Refusal::Closed if segment.has(Flags::SYN) && !segment.has(Flags::ACK) => Note::NobodyListens,
        why => Note::NotTaken(why),
    }
}
