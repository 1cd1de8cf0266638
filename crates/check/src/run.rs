//! A run, step by step: what the search found, done again and looked at.

use std::time::Duration;

use cordial_stack::{Instant, Phase};
use cordial_tcp::Rule as Reason;
use cordial_trace::event::{Event, Head, Segment, SegmentId, Side};
use cordial_trace::ladder::Reach;
use cordial_trace::{Inbox, Limits, Trace, Vantage};

use crate::action::Action;
use crate::births::Births;
use crate::message::Message;
use crate::property::Property;
use crate::scenario::Setting;
use crate::script::Call;
use crate::world::{SIDES, World};

/// A run, step by step.
#[derive(Clone, Debug)]
pub struct Run {
    /// The states that it begins in.
    pub begins: [Phase; 2],
    /// Its steps.
    pub steps: Vec<Step>,
    /// The record of both stacks.
    pub events: Vec<Event>,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// What was done.
    pub what: What,
    /// Both states after it.
    pub after: [Phase; 2],
    /// Segments that the network holds after it.
    pub held: usize,
    /// Properties that it broke.
    pub broken: Vec<Property>,
    /// Timers that came due, and whose.
    pub timers: Vec<(Side, Reason)>,
}

/// What was done.
#[derive(Clone, Debug)]
pub enum What {
    /// An application called.
    Call {
        /// Whose.
        side: Side,
        /// What.
        call: Call,
        /// It takes an attempt back that nobody answered yet.
        gives_up: bool,
    },
    /// A segment's fate was decided.
    Segment {
        /// Who sent it.
        from: Side,
        /// Which.
        segment: Box<Segment>,
        /// How far it came.
        reach: Reach,
        /// How it came there.
        manner: Manner,
        /// The step that sent it, counted from 0; none for a stranger's.
        sent: Option<usize>,
    },
    /// Time passed.
    Wait(Duration),
    /// What was due at an end came due.
    Timer(Side),
    /// A host was switched off and on.
    Crash(Side),
}

impl What {
    /// True if it happens at this end.
    fn is_at(&self, end: Side) -> bool {
        match self {
            Self::Call { side, .. } | Self::Crash(side) => *side == end,
            Self::Segment { from, reach, .. } => *reach == Reach::Whole && *from != end,
            Self::Wait(_) | Self::Timer(_) => false,
        }
    }
}

/// What a sender did between its segment's departure and its arrival.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Delay {
    /// It heard segments that crossed this one.
    Crosses,
    /// It went on by itself.
    Late,
}

/// How a segment came to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    /// In its turn.
    InTurn,
    /// It was held, or is a copy that was.
    Late,
    /// A copy of it is held from here on.
    Copied,
    /// A stranger made it.
    Forged,
}

/// Steps that a run goes on for when it is left alone.
const MOST_STEPS: usize = 200;

impl Run {
    /// The run of these actions.
    pub fn of(setting: Setting, actions: &[Action]) -> Self {
        let mut recording = Recording::new(setting);
        actions.iter().for_each(|&action| recording.step(action));
        recording.finish()
    }

    /// What comes of these actions where something else is in force, as far as they can be done, and then of everything
    /// that is still under way, untroubled, until nothing is about to happen.
    pub fn beside(setting: Setting, actions: &[Action]) -> Self {
        let mut recording = Recording::new(setting);
        for &action in actions {
            if recording.world.actions().contains(&action) {
                recording.step(action);
            }
        }
        while let Some(next) = recording.world.actions().into_iter().find(is_arrival)
            && recording.steps.len() < MOST_STEPS
        {
            recording.step(next);
        }
        recording.finish()
    }

    /// The run in which nothing goes wrong: applications call as soon as they can, segments arrive, time passes.
    pub fn untroubled(setting: Setting) -> Self {
        let mut recording = Recording::new(setting);
        let is_ordinary = |action: &Action| {
            is_arrival(action) || matches!(action, Action::Call(_) | Action::Wait | Action::Timer(_))
        };
        while let Some(next) = recording.world.actions().into_iter().find(is_ordinary)
            && recording.steps.len() < MOST_STEPS
        {
            recording.step(next);
        }
        recording.finish()
    }

    /// How the segment of this step came if its sender went on before it did, although nothing held it.
    pub fn delay(&self, at: usize) -> Option<Delay> {
        match self.steps.get(at).map(|step| &step.what) {
            Some(&What::Segment {
                from,
                reach: Reach::Whole,
                manner: Manner::InTurn,
                sent: Some(sent),
                ..
            }) => {
                let between = self.steps.get(sent + 1..at)?.iter().filter(|step| step.what.is_at(from));
                let hears = |step: &Step| matches!(step.what, What::Segment { .. });
                let delays = between.map(|step| if hears(step) { Delay::Crosses } else { Delay::Late });
                delays.max()
            }
            _ => None,
        }
    }

    /// Segments that arrived.
    pub fn segments(&self) -> usize {
        let arrives = |step: &&Step| matches!(step.what, What::Segment { reach: Reach::Whole, manner, .. } if manner != Manner::Copied);
        self.steps.iter().filter(arrives).count()
    }
}

fn is_arrival(action: &Action) -> bool {
    matches!(action, Action::Deliver(_))
}

struct Recording {
    world: World,
    inbox: Inbox,
    trace: Trace,
    begins: [Phase; 2],
    steps: Vec<Step>,
    events: Vec<Event>,
    births: Births,
    /// Segments whose fate was seen, and of which attempt, to know them again when they are sent again.
    seen: Vec<(Side, u8, Segment)>,
}

impl Recording {
    fn new(setting: Setting) -> Self {
        let inbox = Inbox::new(Inbox::CAPACITY);
        let recorders = [Some(inbox.recorder()), Some(inbox.recorder())];
        let world = World::recorded(setting, recorders);
        Self {
            begins: phases(&world),
            world,
            inbox,
            trace: Trace::new(Vantage::BothEnds, Limits::default()),
            steps: Vec::new(),
            events: Vec::new(),
            births: Births::default(),
            seen: Vec::new(),
        }
    }

    fn step(&mut self, action: Action) {
        let before = self.world.clone();
        let was = phases(&before);
        self.world.apply(action);
        self.births.note(&self.world, self.steps.len());
        let what = self.what(&before, was, action);
        self.trace.take(self.inbox.take(), &mut self.events);
        let Some(what) = what else { return };
        let timers = match action {
            Action::Wait | Action::Timer(_) => timers(&self.world),
            _ => Vec::new(),
        };
        self.steps.push(Step {
            what,
            after: phases(&self.world),
            held: self.world.network().held().len(),
            broken: self.world.step().broken.iter().collect(),
            timers,
        });
    }

    fn what(&mut self, before: &World, was: [Phase; 2], action: Action) -> Option<What> {
        let network = before.network();
        let (message, reach, manner) = match action {
            Action::Call(side) => {
                let call = before.host(side).app.line()?.call;
                let gives_up = call == Call::Leave && was[side as usize] == Phase::SynSent;
                return Some(What::Call { side, call, gives_up });
            }
            Action::Wait => return Some(What::Wait(self.world.now().since(before.now()))),
            Action::Timer(side) => return Some(What::Timer(side)),
            Action::Crash(side) => return Some(What::Crash(side)),
            Action::Deliver(side) => (network.next(side)?.clone(), Reach::Whole, Manner::InTurn),
            Action::Drop(side) => (network.next(side)?.clone(), Reach::Lost, Manner::InTurn),
            Action::Hold(side) => (network.next(side)?.clone(), Reach::Held, Manner::InTurn),
            Action::Duplicate(side) => (network.next(side)?.clone(), Reach::Held, Manner::Copied),
            Action::Release(at) => (network.held().get(usize::from(at))?.clone(), Reach::Whole, Manner::Late),
            Action::Forge => (before.forgery()?, Reach::Whole, Manner::Forged),
        };
        let from = message.to.other();
        let segment = self.known(from, &message, manner);
        let sent = self.births.of(&message);
        Some(What::Segment { from, segment: Box::new(segment), reach, manner, sent })
    }

    /// The segment as the record tells of it. `again` where its positions had their fate before.
    fn known(&mut self, from: Side, message: &Message, manner: Manner) -> Segment {
        let wire = message.segment();
        let segment = Segment {
            id: SegmentId { sender: from, count: 0 },
            number: 0,
            copy_of: None,
            again: false,
            flags: wire.flags,
            seq: wire.seq,
            ack: wire.ack(),
            rel: (0, None),
            window: wire.window,
            options: wire.options,
            payload_len: u32::try_from(wire.payload.len()).unwrap_or(u32::MAX),
            head: Head::of([wire.payload]),
            on_wire: None,
        };
        let is_it = |(sender, era, its): &(Side, u8, Segment)| {
            let same = (its.seq, its.flags, its.payload_len);
            (*sender, *era) == (from, message.era)
                && same == (segment.seq, segment.flags, segment.payload_len)
        };
        let again = !segment.is_empty() && manner == Manner::InTurn && self.seen.iter().any(is_it);
        if manner != Manner::Copied {
            self.seen.push((from, message.era, segment));
        }
        Segment { again, ..segment }
    }

    fn finish(mut self) -> Run {
        self.trace.take(self.inbox.take(), &mut self.events);
        self.trace.finish(self.world.now(), &mut self.events);
        Run { begins: self.begins, steps: self.steps, events: self.events }
    }
}

fn phases(world: &World) -> [Phase; 2] {
    SIDES.map(|side| world.host(side).phase())
}

fn timers(world: &World) -> Vec<(Side, Reason)> {
    let told = |side: Side| {
        let notes = world.notes(side).iter();
        notes.filter(|note| note.is_timer).map(move |note| (side, note.rule)).collect::<Vec<_>>()
    };
    SIDES.into_iter().flat_map(told).collect()
}

/// The moment a run begins at: soon after the origin, so that timer wheels stay small; not at it, so that nothing that
/// happens looks as if it never had.
pub const ORIGIN: Instant = Instant::from_millis(1_000);
