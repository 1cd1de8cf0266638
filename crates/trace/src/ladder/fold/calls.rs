//! What programs call, until a segment shows it.

use cordial_stack::Call;
use cordial_tcp::{Half, Instant, Phase};

use super::Fold;
use super::held::Held;
use crate::event::{Ends, Event, Side};
use crate::ladder::row::{Lane, Note, Row, Say};

/// A call that no segment has shown yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Called {
    pub event: u64,
    pub time: Instant,
    pub note: Option<Note>,
    pub before: [Option<Phase>; 2],
    pub after: [Option<Phase>; 2],
    /// The ends whose states it shows.
    pub touches: [bool; 2],
}

impl Fold {
    pub(super) fn call(&mut self, event: &Event, side: Side, call: Call, ends: &Ends, rows: &mut Vec<Row>) {
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
            touches: super::touched(ends, side),
        });
    }

    /// True if there is nothing left of this end that a call could change.
    fn is_over(&self, side: Side) -> bool {
        let last = self.held.back().map_or(self.shown, |held| held.row.after);
        !matches!(last[side.index()], Some(Phase::Established | Phase::CloseWait | Phase::SynReceived))
    }

    /// A call that no segment showed gets a row, if it changed something.
    pub(super) fn tell_call(&mut self, side: Side, rows: &mut Vec<Row>) {
        let Some(called) = self.called[side.index()].take() else { return };
        let row = Row::new(called.time, Lane::Blank);
        let mut row = Row { event: Some(called.event), ..row };
        row.after = called.after;
        row.notes.extend(called.note);
        if called.before != called.after {
            self.part_towards(side);
            self.hold(Held::new(row, called.before, called.touches), rows);
        }
    }
}
