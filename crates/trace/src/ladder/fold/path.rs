//! What a path in front of one end does to segments, where the other end tells nothing itself.
//!
//! A segment of the end that tells has its row already. One of the other end's gets one when something befalls it on its
//! way, and another if it arrives.

use super::held::Held;
use super::{Fold, befores};
use crate::event::{Basis, Ends, Event, Fate, RATE, Segment, SegmentId};
use crate::ladder::row::{Lane, Note, Reach, Row};

/// What is to be shown when a segment arrives.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    /// Notes for segments that are under way.
    notes: Vec<(SegmentId, Note)>,
    /// Segments that were held, and have a row for that.
    held: Vec<SegmentId>,
    /// Damaged ones, whose arrival nobody takes.
    damaged: Vec<SegmentId>,
}

/// Segments that are expected at once; what is over is shown as if nothing had befallen it.
const MOST: usize = 256;

impl Expected {
    /// True if the arrival has nothing to tell: the segment was damaged, and that was shown.
    pub(super) fn is_told(&mut self, segment: &Segment) -> bool {
        take(&mut self.damaged, |id| *id == segment.id).is_some()
    }

    /// The segment was damaged: of its arrival there is nothing to tell.
    pub(super) fn damaged(&mut self, id: SegmentId) {
        expect(&mut self.damaged, id);
    }

    /// What is to be said where a segment arrives, and how its arrow looks.
    pub(super) fn arrival(&mut self, segment: &Segment, notes: &mut Vec<Note>) -> Reach {
        while let Some((_, note)) = take(&mut self.notes, |(id, _)| *id == segment.id) {
            notes.push(note);
        }
        match take(&mut self.held, |id| *id == segment.id) {
            Some(_) => Reach::Arrives,
            None => Reach::Whole,
        }
    }
}

/// The first that is it.
fn take<T>(list: &mut Vec<T>, is_it: impl Fn(&T) -> bool) -> Option<T> {
    let place = list.iter().position(is_it)?;
    Some(list.remove(place))
}

/// One more, in bounds.
fn expect<T>(list: &mut Vec<T>, new: T) {
    if list.len() < MOST {
        list.push(new);
    }
}

/// How far an arrow comes whose segment this befalls; none if it arrives.
fn reach(fate: Fate) -> Option<Reach> {
    match fate {
        Fate::Lost => Some(Reach::Lost),
        Fate::Corrupted => Some(Reach::Damaged),
        Fate::Delayed(_) => Some(Reach::Held),
        _ => None,
    }
}

impl Fold {
    /// A path does something to a segment.
    pub(super) fn on_path(
        &mut self,
        event: &Event,
        fate: Fate,
        segment: &Segment,
        ends: &Ends,
        rows: &mut Vec<Row>,
    ) {
        let note = match (event.rule, event.trigger) {
            (_, "") => None,
            (RATE, _) => Some(Note::QueueFull),
            (_, name) => Some(Note::Fault(name)),
        };
        let is_ours = ends.of(segment.id.sender).basis == Basis::Engine;
        match (is_ours, fate) {
            (true, Fate::Forged) => {
                self.entry(event, segment, Reach::Whole, [Some(Note::Forged), note], ends, rows)
            }
            (true, _) if self.amend(fate, segment, note, ends) => {}
            _ => match reach(fate) {
                Some(reach) => {
                    self.entry(event, segment, reach, [note, None], ends, rows);
                    self.expect_after(reach, is_ours, segment.id);
                }
                None => {
                    let forged = (fate == Fate::Forged).then_some(Note::Forged);
                    for note in forged.into_iter().chain(note) {
                        expect(&mut self.expected.notes, (segment.id, note));
                    }
                }
            },
        }
    }

    /// Changes the row that the segment has since it was sent; false if that is given away already.
    fn amend(&mut self, fate: Fate, segment: &Segment, note: Option<Note>, ends: &Ends) -> bool {
        let Some(held) = self.held.iter_mut().rev().find(|held| held.is(segment)) else { return false };
        if let (Lane::Arrow { reach: drawn, .. }, Some(reach)) = (&mut held.row.lane, reach(fate)) {
            *drawn = reach;
            let other = segment.id.sender.other();
            held.row.after[other.index()] = ends.of(other).after;
        }
        held.row.notes.extend(note);
        true
    }

    /// A row for a segment on its way.
    fn entry(
        &mut self,
        event: &Event,
        segment: &Segment,
        reach: Reach,
        notes: [Option<Note>; 2],
        ends: &Ends,
        rows: &mut Vec<Row>,
    ) {
        let from = segment.id.sender;
        // Two things may befall one segment.
        if let Some(held) = self.held.iter_mut().rev().find(|held| held.is_entry(segment)) {
            return held.row.notes.extend(notes.into_iter().flatten());
        }
        let lane =
            Lane::Arrow { from, segment: Box::new(*segment), reach, is_edge: super::is_edge(segment, ends) };
        let mut row = Row::new(event.time, lane).of(event);
        row.after = [ends.client.after, ends.server.after];
        row.notes.extend(notes.into_iter().flatten());
        self.hold(Held::new(row, befores(ends), [true; 2]), rows);
    }

    fn expect_after(&mut self, reach: Reach, is_ours: bool, id: SegmentId) {
        match reach {
            // Where it goes nobody tells of its arrival.
            _ if is_ours => {}
            Reach::Held => expect(&mut self.expected.held, id),
            Reach::Damaged => expect(&mut self.expected.damaged, id),
            _ => {}
        }
    }
}

impl Held {
    /// True if it is the row that tells what befell this segment on its way.
    fn is_entry(&self, segment: &Segment) -> bool {
        let is_on_way =
            matches!(self.row.lane, Lane::Arrow { reach: Reach::Lost | Reach::Damaged | Reach::Held, .. });
        is_on_way && self.is(segment)
    }
}
