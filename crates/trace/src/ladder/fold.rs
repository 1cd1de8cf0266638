//! Events to rows: the one fold behind every layout.

mod calls;
mod held;
mod path;
mod pauses;
mod way;

use std::collections::VecDeque;

use cordial_tcp::{Instant, Phase};
use cordial_wire::Flags;

use super::condense::Condenser;
use super::row::{Lane, Note, Reach, Row, Say};
use crate::event::{
    At, Basis, Change, Ends, Event, Fate, Return, Segment, SegmentId, Side, Timer, TimerChange, What,
};
use calls::Called;
use held::Held;
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
    /// How many segments each end has sent, where both tell.
    sent: [u32; 2],
    expected: path::Expected,
    /// Notes for the next row.
    notes: Vec<Note>,
    /// What the program of each end called, until a segment shows it.
    called: [Option<Called>; 2],
    /// The states as last shown.
    shown: [Option<Phase>; 2],
    /// When the last event was.
    now: Instant,
    has_begun: bool,
    is_v6: bool,
    pauses: Pauses,
    condenser: Condenser,
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
            sent: [0; 2],
            expected: path::Expected::default(),
            notes: Vec::new(),
            called: [None; 2],
            shown: [None; 2],
            now: Instant::ZERO,
            has_begun: false,
            is_v6: false,
            pauses: Pauses::default(),
            condenser: Condenser::new(is_exact),
        }
    }

    /// Takes an event; rows that are complete go to `rows`.
    pub fn event(&mut self, event: &Event, rows: &mut Vec<Row>) {
        self.now = event.time;
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
            What::Queues { syn, accept } => self.queues(event, side, *syn, *accept),
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
        self.release(|_| true, rows);
    }

    /// Gives everything.
    pub fn finish(&mut self, rows: &mut Vec<Row>) {
        for side in [Side::Client, Side::Server] {
            self.tell_call(side, rows);
        }
        for held in &mut self.held {
            held.is_open = false;
        }
        self.flush(rows);
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
        let leaves = both && fate == Fate::Sent;
        if both && !leaves && self.arrives(event, side, fate, segment, ends) {
            return;
        }
        self.part_towards(side);
        if leaves {
            self.sent[from.index()] = segment.id.count;
        }
        // What is sent while others have two rows arrives after them.
        let crosses = leaves && !self.apart.is_empty();
        self.tell_call(from.other(), rows);
        let called = self.called[from.index()].take();
        let mut notes = Vec::new();
        let reach = match self.expected.arrival(segment, &mut notes) {
            _ if crosses => Reach::Leaves,
            // Its sender did not send it just now: a copy, or a stranger's, or what an earlier connection left behind.
            _ if both && !leaves && self.sent[from.index()] > 0 => Reach::Arrives,
            reach => reach,
        };
        let lane = Lane::Arrow { from, segment: Box::new(*segment), reach, is_edge: is_edge(segment, ends) };
        if crosses {
            self.apart.push(segment.id);
        }
        let mut before = [ends.client.before, ends.server.before];
        let mut row = Row::new(event.time, lane).of(event);
        row.after = [ends.client.after, ends.server.after];
        let is_open = leaves && !crosses;
        if leaves {
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
        let is_forged = self.forged.contains(&segment.id);
        let is_strange = segment.id.count > self.sent[from.index()] && self.sent[from.index()] > 0;
        let is_earlier = both && !leaves && !is_forged && is_strange;
        row.notes.extend(is_forged.then_some(Note::Forged));
        row.notes.extend(is_earlier.then_some(Note::Earlier));
        row.notes.extend(match event.trigger {
            "probe" if event.rule.contains("3.8.6.1") => Some(Note::WindowProbe),
            "probe" => Some(Note::KeepaliveProbe),
            _ => None,
        });
        row.refused(segment, fate);
        let is_refusal = segment.has(Flags::RST)
            && from == Side::Server
            && ends.client.before == Some(Phase::SynSent)
            && ends.client.after == Some(Phase::Closed);
        self.hold(Held::new(row, before, touched(ends, side)).open(is_open), rows);
        if is_refusal && !both {
            let row = Row::new(event.time, Lane::Say { side: Side::Client, what: Say::Refused }).of(event);
            let states = [ends.client.after, ends.server.after];
            self.hold(Held::new(Row { after: states, ..row }, states, [true; 2]), rows);
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
        self.part_towards(side);
        self.hold(Held::new(row, befores(ends), touched(ends, side)), rows);
        let notes = self.timer_notes(side, &set, ends);
        self.notes.extend(notes);
    }

    fn queues(&mut self, event: &Event, side: Side, syn: Option<(u32, u32)>, accept: Option<(u32, u32)>) {
        let notes = [
            syn.map(|(used, max)| Note::SynQueue(used, max)),
            accept.map(|(used, max)| Note::AcceptQueue(used, max)),
        ];
        let notes = notes.into_iter().flatten();
        // What came to the queue's owner just now changed it, not what it answered.
        let now = |held: &Held| held.touched == event.time;
        let came = self.held.iter().rposition(|held| now(held) && !held.has_left(side));
        let place = came.or_else(|| self.held.iter().rposition(now));
        match place.and_then(|place| self.held.get_mut(place)) {
            Some(held) => held.row.notes.extend(notes),
            None => self.notes.extend(notes),
        }
    }

    fn say(&mut self, event: &Event, side: Side, what: Say, ends: &Ends, rows: &mut Vec<Row>) {
        let mut row = Row::new(event.time, Lane::Say { side, what }).of(event);
        row.after = [ends.client.after, ends.server.after];
        row.notes.append(&mut self.notes);
        let mut touches = touched(ends, side);
        if what == Say::Accept && is_told_by_both(ends) {
            // It changes nothing: what arrives at the same moment need not wait for it.
            touches = [false; 2];
        } else {
            self.part_towards(side);
        }
        self.hold(Held::new(row, befores(ends), touches), rows);
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
        self.part_towards(side);
        self.hold(Held::new(row, before, touched(ends, side)), rows);
    }

    fn hold(&mut self, held: Held, rows: &mut Vec<Row>) {
        // What happens at one moment may still add to what stands there.
        let now = self.now;
        self.release(|held| held.touched < now, rows);
        self.held.push_back(held);
    }

    /// Gives the rows before the first that is still open or that `may_go` holds back.
    fn release(&mut self, may_go: impl Fn(&Held) -> bool, rows: &mut Vec<Row>) {
        while self.held.front().is_some_and(|held| !held.is_open && may_go(held))
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
            if held.touches[i] && after.is_some() && after != self.shown[i] {
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
            // Why an end that waits for the other's goodbye is gone.
            let is_end = change.timer == Timer::FinWait2 && change.change == Change::Expired;
            self.is_exact || is_main && is_news || is_end
        };
        changes
            .iter()
            .filter(shown)
            .map(|&TimerChange { timer, change }| Note::Timer { of, timer, change })
            .collect()
    }
}

/// True if each end tells what it does.
fn is_told_by_both(ends: &Ends) -> bool {
    ends.client.basis == Basis::Engine && ends.server.basis == Basis::Engine
}

/// The ends whose states an event of `side` shows: its own, where each tells of itself.
fn touched(ends: &Ends, side: Side) -> [bool; 2] {
    match is_told_by_both(ends) {
        true => [Side::Client, Side::Server].map(|end| end == side),
        false => [true; 2],
    }
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
