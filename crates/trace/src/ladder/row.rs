//! The rows of a ladder, before they are drawn.

use std::time::Duration;

use cordial_tcp::{Instant, Phase, Refusal};
use cordial_wire::Flags;

use crate::event::{Change, Event, Fate, Segment, Side, Timer};

/// One row.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// When; none is not printed.
    pub time: Option<Instant>,
    /// The event that made it; none for pauses and for what is left out.
    pub event: Option<u64>,
    /// What stands in the lane.
    pub lane: Lane,
    /// States that are news at this row: the client's and the server's.
    pub states: [Option<Phase>; 2],
    /// Both states after the row, where known.
    pub after: [Option<Phase>; 2],
    /// What stands beside it.
    pub notes: Vec<Note>,
}

/// What stands between the two ends.
#[derive(Clone, PartialEq, Debug)]
pub enum Lane {
    /// Nothing: a state changed by itself.
    Blank,
    /// A segment.
    Arrow {
        /// Who sent it.
        from: Side,
        /// Which.
        segment: Box<Segment>,
        /// How far it came.
        reach: Reach,
        /// It ends something: its number is said although a bare ACK's is not news.
        is_edge: bool,
    },
    /// Something that one end says or does.
    Say {
        /// Which end.
        side: Side,
        /// What.
        what: Say,
    },
    /// Time passes.
    Gap {
        /// How much.
        span: Duration,
        /// What of it can be said.
        what: Wait,
    },
    /// Many segments of which there is nothing to tell.
    More {
        /// How many.
        segments: u64,
        /// Their data.
        octets: u64,
    },
}

/// How much of an arrow is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// From one end to the other.
    Whole,
    /// It is lost on the way.
    Lost,
    /// It is damaged on the way, and nobody will take it.
    Damaged,
    /// The network holds it: its arrival, if it comes to that, has a row of its own.
    Held,
    /// Only its departure: another segment crosses it.
    Leaves,
    /// Only its arrival.
    Arrives,
}

/// What an end says or does, where that is worth a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Say {
    /// The retransmission timer came due.
    TimerFires,
    /// It gives up.
    GivesUp,
    /// The program took the connection.
    Accept,
    /// The client's program is told.
    Refused,
    /// A call returned an error to the program.
    Fails {
        /// The call.
        call: &'static str,
        /// The error's name.
        errno: &'static str,
    },
    /// Its host loses its power.
    Crashes,
    /// Its host begins anew.
    Reboots,
    /// ICMP said that there is no way.
    Icmp {
        /// By which of the two protocols of that name.
        is_v6: bool,
        /// Its type.
        kind: u8,
        /// Its code.
        code: u8,
    },
}

/// What can be said of a pause.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// It ends a TIME-WAIT.
    NothingArrives,
    /// An end waited for something until its timer fired.
    HearsNothing(Side),
    /// An end's program had not closed yet.
    StillWorking(Side),
    /// Nothing more is known.
    Passes,
}

/// Something to the right of the picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Note {
    /// A timer of one end.
    Timer {
        /// Whose, where both ends tell.
        of: Option<Side>,
        /// Which.
        timer: Timer,
        /// What became of it.
        change: Change,
    },
    /// The queue of half-open connections.
    SynQueue(u32, u32),
    /// The queue of connections to be accepted.
    AcceptQueue(u32, u32),
    /// What the program called.
    Call(&'static str),
    /// A SYN found nobody who listens.
    NobodyListens,
    /// A segment was not taken.
    NotTaken(Refusal),
    /// A window probe.
    WindowProbe,
    /// A keepalive probe.
    KeepaliveProbe,
    /// Its sender never sent it.
    Forged,
    /// It was sent on an earlier connection of the same two ends.
    Earlier,
    /// A fault befell it, as somebody asked for.
    Fault(&'static str),
    /// It came faster than the path takes.
    QueueFull,
    /// The network put something else in its place.
    Rewritten,
}

impl Row {
    pub(super) fn new(time: Instant, lane: Lane) -> Self {
        Self { time: Some(time), event: None, lane, states: [None; 2], after: [None; 2], notes: Vec::new() }
    }

    /// It as made by this event.
    pub(super) fn of(self, event: &Event) -> Self {
        Self { event: Some(event.id), ..self }
    }

    /// Says why its segment changed nothing, if that is how it went.
    pub(super) fn refused(&mut self, segment: &Segment, fate: Fate) {
        let is_probe =
            || self.notes.iter().any(|note| matches!(note, Note::WindowProbe | Note::KeepaliveProbe));
        self.notes.extend(match fate {
            // That is how a probe gets its answer.
            Fate::Dropped(Refusal::OutsideWindow) if is_probe() => None,
            Fate::Dropped(Refusal::Closed) if segment.has(Flags::SYN) && !segment.has(Flags::ACK) => {
                Some(Note::NobodyListens)
            }
            Fate::Dropped(why) => Some(Note::NotTaken(why)),
            _ => None,
        });
    }

    /// True if it is data or an acknowledgment like any other, of which a long run need not be shown.
    pub(super) fn is_plain(&self) -> bool {
        let plain_notes = self.notes.iter().all(|note| {
            matches!(
                note,
                Note::Timer { change: Change::Set(_) | Change::Restarted(_) | Change::Cancelled, .. }
            )
        });
        match &self.lane {
            Lane::Arrow {
                segment,
                reach: Reach::Whole | Reach::Leaves | Reach::Arrives,
                is_edge: false,
                ..
            } => {
                let control = [Flags::SYN, Flags::FIN, Flags::RST].into_iter().any(|flag| segment.has(flag));
                let has_news = control || segment.again || !segment.options.sack.as_slice().is_empty();
                plain_notes && !has_news && segment.window > 0 && self.states == [None; 2]
            }
            _ => false,
        }
    }

    /// True if it is only the end of an arrow.
    pub(super) fn only_arrives(&self) -> bool {
        matches!(self.lane, Lane::Arrow { reach: Reach::Arrives, .. })
    }

    /// True if it is an arrow from one end to the other.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.lane, Lane::Arrow { reach: Reach::Whole, .. })
    }

    /// Octets of data in it.
    pub(super) fn octets(&self) -> u64 {
        match &self.lane {
            Lane::Arrow { segment, .. } => segment.payload_len.into(),
            _ => 0,
        }
    }
}
