//! A path in front of a stack: what it tells of a peer that tells nothing itself.
//!
//! Its incidents are told between the facts of the stack: that of a segment of ours behind the fact that it was sent, that
//! of a segment of the peer's when it enters the path, before it arrives, if it does.

use std::collections::VecDeque;
use std::time::Duration;

use cordial_tcp::{Instant, Refusal};
use cordial_wire::Flags;

use super::connection::Connection;
use super::sendings::{Sending, Standing};
use super::shadow::{Passed, Shadow};
use super::{Key, Sink, Trace};
use crate::event::{At, Event, Fate, SegmentId, What};
use crate::recorder::{NotedIncident, NotedSegment};

/// Segments of the peer's that are awaited at once; what is over is named anew when it comes.
const AWAITED: usize = 1_024;

/// What is known of one connection's segments on the path.
#[derive(Debug, Default)]
pub(super) struct Path {
    /// The last that the peer is taken to have heard, and what it was before that.
    last_heard: Option<(SegmentId, Shadow)>,
    /// Segments of ours that the peer hears later.
    late: Vec<(Instant, Passed)>,
    /// Segments of the peer's that have been told of and have not arrived.
    awaited: VecDeque<Awaited>,
}

/// A segment of the peer's that is under way.
#[derive(Clone, Copy, Debug)]
struct Awaited {
    sending: Sending,
    not_before: Instant,
    /// How many of it will arrive.
    copies: u8,
    is_damaged: bool,
}

impl Path {
    /// The peer, which was `before`, is taken to hear this transmission.
    pub(super) fn heard(&mut self, id: SegmentId, before: Shadow) {
        self.last_heard = Some((id, before));
    }

    /// The peer says something: what it heard before is settled.
    pub(super) fn said(&mut self) {
        self.last_heard = None;
    }

    /// The transmission that arrives, if it has been told of before.
    pub(super) fn arrives(
        &mut self,
        now: Instant,
        segment: &NotedSegment,
        refused: Option<Refusal>,
    ) -> Option<Sending> {
        let is_damaged = matches!(refused, Some(Refusal::BadChecksum | Refusal::Malformed));
        // What is damaged looks like nothing that was sent.
        let is_it = |awaited: &Awaited| {
            now >= awaited.not_before
                && awaited.is_damaged == is_damaged
                && (is_damaged || awaited.sending.looks_like(segment))
        };
        let place = self.awaited.iter().position(is_it)?;
        let awaited = self.awaited.get_mut(place)?;
        let sending = awaited.sending;
        awaited.copies -= 1;
        if awaited.copies == 0 {
            self.awaited.remove(place);
        }
        Some(sending)
    }

    /// The peer did not hear this transmission as was taken for granted.
    fn corrects(&mut self, id: SegmentId, passed: &Passed, incident: &NotedIncident, shadow: &mut Shadow) {
        let is_lost = incident.has(|fate| matches!(fate, Fate::Lost | Fate::Corrupted));
        let delay = delay(incident);
        if !is_lost && delay.is_none() {
            return;
        }
        // With something in between nobody can say what the peer would be without it; it will show.
        if let Some((_, before)) = self.last_heard.take_if(|(last, _)| *last == id) {
            *shadow = before;
            if let (false, Some(by)) = (is_lost, delay) {
                self.late.push((incident.time + by, *passed));
            }
        }
    }

    fn awaits(&mut self, awaited: Awaited) {
        if awaited.copies == 0 {
            return;
        }
        self.awaited.push_back(awaited);
        if self.awaited.len() > AWAITED {
            self.awaited.pop_front();
        }
    }
}

/// How long a segment is held, if it is.
fn delay(incident: &NotedIncident) -> Option<Duration> {
    incident.fates.iter().find_map(|(fate, _)| if let Fate::Delayed(by) = fate { *by } else { None })
}

impl Connection {
    /// The peer has heard by now what was late.
    pub(super) fn hear_late(&mut self, now: Instant) {
        let Some((side, shadow)) = &mut self.shadow else { return };
        let mut any = false;
        for (_, passed) in self.path.late.extract_if(.., |(then, _)| *then <= now) {
            shadow.hears(&passed);
            any = true;
        }
        if any {
            self.states[side.index()] = shadow.phase();
        }
    }

    /// Something befell a segment.
    fn on_path(&mut self, incident: &NotedIncident, sink: &mut Sink<'_>) {
        let Some((peer, _)) = self.shadow else { return };
        self.hear_late(incident.time);
        let from = if incident.is_ours { peer.other() } else { peer };
        let before = self.states;
        let is_forged = incident.has(|fate| fate == Fate::Forged);
        let known = match incident.is_ours && !is_forged {
            true => self.sendings[from.index()].newest_like(&incident.segment),
            false => None,
        };
        let is_new = known.is_none();
        let standing = if is_forged { Standing::Foreign } else { Standing::Own };
        let mut sending = known.unwrap_or_else(|| self.name(from, &incident.segment, standing, false));
        if let Some((_, shadow)) = &mut self.shadow {
            let passed = Passed::from(&incident.segment);
            match (incident.is_ours, is_forged) {
                (true, false) => self.path.corrects(sending.id, &passed, incident, shadow),
                (true, true) => shadow.hears(&passed),
                (false, true) => {}
                (false, false) => {
                    self.path.said();
                    shadow.sends(&passed);
                }
            }
            self.states[peer.index()] = shadow.phase();
        }
        for &(fate, reason) in &incident.fates {
            let what = What::Segment { fate, segment: self.describe(&incident.segment, &sending) };
            let mut event = Event::new(incident.time, self.group(), At::Network, what);
            event.cause = (sending.event > 0).then_some(sending.event).into_iter().collect();
            event.ends = Some(self.ends_since(before));
            (event.trigger, event.rule) = (reason, incident.rule);
            let id = self.push(event, sink);
            if is_new && sending.event == 0 {
                sending.event = id;
                self.forged(from, id);
            }
        }
        if !incident.is_ours {
            self.path.awaits(Awaited::of(sending, incident));
        }
    }
}

impl Awaited {
    fn of(sending: Sending, incident: &NotedIncident) -> Self {
        let is_lost = incident.has(|fate| fate == Fate::Lost);
        let copies = incident.fates.iter().filter(|(fate, _)| *fate == Fate::Duplicated).count();
        let not_before = incident.time + delay(incident).unwrap_or_default();
        Self {
            sending,
            not_before,
            copies: if is_lost { 0 } else { u8::try_from(1 + copies).unwrap_or(u8::MAX) },
            is_damaged: incident.has(|fate| fate == Fate::Corrupted),
        }
    }
}

impl Trace {
    /// Tells what befell a segment.
    pub(super) fn on_path(&mut self, incident: &NotedIncident, events: &mut Vec<Event>) {
        self.settle(incident.time, events);
        let key = Key::of(incident.tuple);
        let flags = incident.segment.flags;
        let opens = !incident.is_ours && flags.contains(Flags::SYN) && !flags.contains(Flags::ACK);
        if !self.open.contains_key(&key)
            && opens
            && !self.begin(incident.time, incident.tuple, incident.tuple.peer, events)
        {
            return;
        }
        let known = self.open.get_mut(&key).or_else(|| self.closed.get_mut(&key));
        if let Some(connection) = known {
            connection.on_path(incident, &mut Sink { last_id: &mut self.last_id, events });
            self.look_after(incident.time, key, events);
        }
    }
}
