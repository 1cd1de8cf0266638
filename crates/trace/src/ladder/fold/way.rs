//! Segments between their departure and their arrival, where both ends tell.

use super::held::Held;
use super::{Fold, befores, is_edge, touched};
use crate::event::{Ends, Event, Fate, Segment, SegmentId, Side};
use crate::ladder::row::{Lane, Note, Reach, Row};

impl Fold {
    /// A segment that was under way arrives; false if it is not known.
    pub(super) fn arrives(
        &mut self,
        event: &Event,
        side: Side,
        fate: Fate,
        segment: &Segment,
        ends: &Ends,
    ) -> bool {
        let timers = self.timer_notes(side, &event.timers, ends);
        let is_edge = is_edge(segment, ends);
        let is_apart = forget(&mut self.apart, segment.id) || forget(&mut self.detained, segment.id);
        let place = match is_apart {
            true => {
                self.part_towards(side);
                self.arrives_apart(event, side, segment, is_edge, ends);
                self.held.len().checked_sub(1)
            }
            false => self.held.iter().rposition(|held| held.is_open && held.is(segment)),
        };
        if let Some(place) = place {
            // What it overtook.
            self.part(side, place);
        }
        let Some(held) = place.and_then(|place| self.held.get_mut(place)) else { return false };
        if let Lane::Arrow { is_edge: edge, .. } = &mut held.row.lane {
            *edge |= is_edge;
        }
        held.is_open = false;
        held.touched = event.time;
        held.before[side.index()] = ends.of(side).before;
        held.row.after[side.index()] = ends.of(side).after;
        held.touches[side.index()] = true;
        held.row.notes.extend(timers);
        held.row.refused(segment, fate);
        true
    }

    /// The arrival of a segment whose departure has a row of its own.
    fn arrives_apart(&mut self, event: &Event, side: Side, segment: &Segment, is_edge: bool, ends: &Ends) {
        let from = segment.id.sender;
        let lane = Lane::Arrow { from, segment: Box::new(*segment), reach: Reach::Arrives, is_edge };
        let mut row = Row::new(event.time, lane).of(event);
        row.after = [ends.client.after, ends.server.after];
        self.held.push_back(Held::new(row, befores(ends), touched(ends, side)));
    }

    /// Something happens at an end: segments that are under way to it come later, and so get two rows.
    pub(super) fn part_towards(&mut self, side: Side) {
        self.part(side, self.held.len());
    }

    /// Segments that are under way to an end get two rows, among the first so many rows.
    fn part(&mut self, towards: Side, rows: usize) {
        for held in self.held.iter_mut().take(rows).filter(|held| held.is_open) {
            if let Lane::Arrow { from, reach, segment, .. } = &mut held.row.lane
                && *from != towards
            {
                *reach = Reach::Leaves;
                held.is_open = false;
                self.apart.push(segment.id);
            }
        }
    }

    /// The network did something to a segment that is under way.
    pub(super) fn befalls(&mut self, fate: Fate, segment: &Segment) {
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
        let was_apart = forget(&mut self.apart, segment.id);
        let is_it = |held: &&mut Held| (held.is_open || was_apart) && held.is(segment);
        let Some(held) = self.held.iter_mut().find(is_it) else { return };
        held.is_open = false;
        if let Lane::Arrow { reach, .. } = &mut held.row.lane {
            *reach = ends_as;
        }
        if ends_as == Reach::Held {
            self.detained.push(segment.id);
        }
    }
}

/// Takes a segment off a list; false if it is not on it.
fn forget(list: &mut Vec<SegmentId>, id: SegmentId) -> bool {
    let place = list.iter().position(|known| *known == id);
    place.map(|place| list.remove(place)).is_some()
}
