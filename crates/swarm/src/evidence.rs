//! What the network did to the segments of one connection, and whether that is why it ended.
//!
//! Nothing here looks at what the network might have done: a loss counts if a segment was lost, and an end that gave up
//! has to have been left without an answer for as long as its settings say.

use std::time::Duration;

use cordial_sim::{Journey, World};
use cordial_stack::{Instant, Tuple};
use cordial_wire::{Flags, SeqNum};

/// The segments between the two ends of a connection, as one of them sees it.
#[derive(Clone, Copy)]
pub(crate) struct Evidence<'a> {
    world: &'a World,
    own: Tuple,
    /// From when on they may be of this connection, and when it ended.
    span: (Instant, Instant),
}

/// An answer takes no longer than this to leave: acknowledgments are held back for half a second at most.
pub(crate) const ANSWER: Duration = Duration::from_secs(1);
/// What deadlines are off by.
const SLACK: Duration = Duration::from_millis(1);

impl<'a> Evidence<'a> {
    /// Of the connection that `own.local` had between two moments.
    pub fn new(world: &'a World, own: Tuple, began: Instant, ended: Instant) -> Self {
        Self { world, own, span: (began, ended) }
    }

    /// What this end sent itself, in order.
    fn said(&self) -> impl Iterator<Item = &'a Journey> + use<'a> {
        let (own, (began, ended)) = (self.own, self.span);
        let is_it = move |journey: &&Journey| {
            journey.is_of(own) && !journey.is_forged() && journey.left >= began && journey.left <= ended
        };
        self.world.journeys().iter().filter(is_it)
    }

    /// What was sent to this end, whoever sent it, in order.
    fn sent_back(&self) -> impl Iterator<Item = &'a Journey> + use<'a> {
        let (own, ended) = (self.own, self.span.1);
        let is_it = move |journey: &&Journey| journey.is_to(own) && journey.left <= ended;
        self.world.journeys().iter().filter(is_it)
    }

    /// What came to this end between two moments, both included.
    fn came(&self, from: Instant, until: Instant) -> impl Iterator<Item = &'a Journey> + use<'a> {
        self.sent_back().filter(move |journey| journey.arrived.is_some_and(|at| at >= from && at <= until))
    }

    /// The reset that came at the moment of the end: a copy of one that was challenged may be the one that is believed.
    pub fn reset(&self) -> Option<&'a Journey> {
        let ended = self.span.1;
        let came = |journey: &&Journey| journey.arrived == Some(ended) || journey.last_arrived == Some(ended);
        self.sent_back().find(|journey| journey.flags.contains(Flags::RST) && came(journey))
    }

    /// True if a reset that left at this moment or later came, and was what this end expected next: one that came before
    /// octets that were lost has to be asked for again.
    pub fn has_exact_reset(&self, since: Instant) -> bool {
        let is_exact = |reset: &&Journey| {
            let said = self.said().filter(|journey| reset.arrived.is_some_and(|at| journey.left <= at));
            said.last().and_then(|last| last.ack) == Some(reset.seq)
        };
        let resets =
            self.sent_back().filter(|journey| journey.flags.contains(Flags::RST) && journey.left >= since);
        resets.filter(|reset| reset.has_come_by(self.span.1)).any(|reset| is_exact(&reset))
    }

    /// The other end said goodbye, and this end said that it heard it and all before it.
    pub fn has_goodbye(&self) -> bool {
        self.goodbyes().any(|goodbye| self.said().any(|journey| journey.ack == Some(goodbye.end())))
    }

    /// Something of the other end was lost, or is still on its way: what comes after it has to wait.
    pub fn has_loss(&self) -> bool {
        let (began, ended) = self.span;
        let mut sent = self.sent_back().filter(|journey| journey.left >= began && journey.len > 0);
        sent.any(|journey| !journey.has_come_by(ended))
    }

    /// For so long nothing went all the way from one end to the other, at some time.
    pub fn was_idle(&self, span: Duration) -> bool {
        let (began, ended) = self.span;
        let is_its = |journey: &&Journey| journey.is_of(self.own) || journey.is_to(self.own);
        let arrivals = self.world.journeys().iter().filter(is_its).filter_map(|journey| journey.arrived);
        let mut arrivals: Vec<Instant> = arrivals.filter(|&at| at >= began && at <= ended).collect();
        arrivals.sort();
        let mut last = began;
        arrivals.into_iter().chain([ended]).any(|at| at.since(std::mem::replace(&mut last, at)) >= span)
    }

    /// Another connection was begun, or a call answered anew, between the same two ends.
    pub fn begins_again(&self) -> bool {
        let (began, ended) = self.span;
        let is_its = |journey: &&Journey| journey.is_of(self.own) || journey.is_to(self.own);
        let syns = self.world.journeys().iter().filter(is_its);
        let syns: Vec<_> = syns.filter(|syn| syn.flags.contains(Flags::SYN) && syn.left <= ended).collect();
        let is_other = |later: &&&Journey| {
            let mut earlier = syns.iter().filter(|syn| syn.tuple == later.tuple && syn.left < later.left);
            later.left > began && earlier.any(|syn| syn.seq != later.seq)
        };
        syns.iter().any(|syn| is_other(&syn))
    }

    fn goodbyes(&self) -> impl Iterator<Item = &'a Journey> + use<'a> {
        let began = self.span.0;
        let is_it = move |journey: &&Journey| journey.flags.contains(Flags::FIN) && journey.left >= began;
        self.sent_back().filter(|journey| !journey.is_forged()).filter(is_it)
    }

    /// The last window that the other end was heard to offer was closed.
    pub fn is_closed(&self) -> bool {
        let (began, ended) = self.span;
        let last = self.answers(began, ended).max_by_key(|journey| journey.arrived);
        last.is_some_and(|journey| journey.window == 0 && !journey.flags.contains(Flags::RST))
    }

    /// What the other end itself sent in this life of the connection and came to this end.
    fn answers(&self, from: Instant, until: Instant) -> impl Iterator<Item = &'a Journey> + use<'a> {
        let own = *self;
        self.came(from, until).filter(move |journey| own.is_answer(journey))
    }

    /// True if the other end itself sent it in this life of the connection. What it was born of left before, and came at
    /// that moment.
    fn is_answer(&self, journey: &Journey) -> bool {
        let began = self.span.0;
        !journey.is_forged() && (journey.left >= began || journey.arrived == Some(began))
    }

    /// When the last new acknowledgment of what this end sent came; when it began, if none has.
    ///
    /// A probe lies outside of the window, so what it acknowledges does not count (RFC 9293 §3.10.7.4).
    pub fn progress(&self) -> Instant {
        let (began, ended) = self.span;
        let mut end: Option<SeqNum> = None;
        let mut acks: Vec<(Instant, SeqNum)> = Vec::new();
        for journey in self.sent_back().filter(|journey| !journey.is_forged()) {
            let is_probe = journey.len == 0 && end.is_some_and(|end| journey.seq.before(end));
            if journey.flags.contains(Flags::SYN) || end.is_none_or(|end| end.before(journey.end())) {
                end = Some(reach(journey));
            }
            if let (Some(at), Some(ack)) = (journey.arrived, journey.ack)
                && !is_probe
                && self.is_answer(journey)
                && at <= ended
            {
                acks.push((at, ack));
            }
        }
        acks.sort_by_key(|&(at, _)| at);
        let mut last: Option<(Instant, SeqNum)> = None;
        for (at, ack) in acks {
            if last.is_none_or(|(_, known)| known.before(ack)) {
                last = Some((at, ack));
            }
        }
        last.map_or(began, |(at, _)| at)
    }

    /// When anything of the other end came last that lies in the window; when the connection began, if nothing has. What
    /// came before, and a probe, lie outside of it.
    pub fn heard(&self) -> Instant {
        let (began, ended) = self.span;
        let mut came: Vec<&Journey> = self.answers(began, ended).collect();
        came.sort_by_key(|journey| journey.arrived);
        let (mut heard, mut end) = (began, None::<SeqNum>);
        for journey in came {
            let is_old = match (journey.len, end) {
                (_, None) => false,
                (0, Some(end)) => journey.seq.before(end),
                (_, Some(end)) => !end.before(journey.end()),
            };
            if let (false, Some(at)) = (is_old, journey.arrived) {
                heard = at;
            }
            if end.is_none_or(|end| end.before(reach(journey))) {
                end = Some(reach(journey));
            }
        }
        heard
    }

    /// How often this end sent what has to be answered since a moment: octets, SYN, FIN, or a probe.
    pub fn asked(&self, since: Instant) -> usize {
        self.questions(since).len()
    }

    /// What this end sent since a moment that has to be answered.
    fn questions(&self, since: Instant) -> Vec<&'a Journey> {
        let (own, ended) = (self.own, self.span.1);
        let mut end: Option<SeqNum> = None;
        let mut questions = Vec::new();
        let journeys =
            self.world.journeys().iter().filter(|journey| journey.is_of(own) && !journey.is_forged());
        for journey in journeys.take_while(|journey| journey.left <= ended) {
            // Nothing, in a place that is past: a probe.
            let is_probe = journey.len == 0 && end.is_some_and(|end| journey.seq.before(end));
            let is_reset = journey.flags.contains(Flags::RST);
            if !is_reset && (journey.len > 0 || is_probe) && journey.left >= since {
                questions.push(journey);
            }
            // Every SYN may begin another connection.
            let begins = journey.flags.contains(Flags::SYN);
            if begins || end.is_none_or(|end| end.before(journey.end())) {
                end = Some(reach(journey));
            }
        }
        questions
    }

    /// A question that came to the other end in time for an answer, of which there was none. Its host was up.
    pub fn ignored(&self, since: Instant) -> Option<&'a Journey> {
        let ended = self.span.1;
        let answers: Vec<&Journey> = self.sent_back().filter(|journey| !journey.is_forged()).collect();
        self.questions(since).into_iter().find(|question| {
            let Some(at) = question.arrived.filter(|&at| at + ANSWER < ended) else { return false };
            !answers.iter().any(|answer| answer.left >= at && answer.left <= at + ANSWER)
        })
    }

    /// Something of this connection came on between two moments: octets that were not there before, whichever way.
    pub fn moves(&self, from: Instant, until: Instant) -> bool {
        let all = self.world.journeys().iter();
        let there = all.clone().filter(|journey| journey.is_of(self.own));
        let back = all.filter(|journey| journey.is_to(self.own));
        is_new(there, from, until) || is_new(back, from, until)
    }

    /// True if a moment lies this long, or hardly less, before the end.
    pub fn is_long(&self, since: Instant, span: Duration) -> bool {
        self.span.1.since(since) + SLACK >= span
    }

    /// The SYN-ACK that came and answered the SYN.
    pub fn answer_to_syn(&self) -> Option<&'a Journey> {
        let (began, ended) = self.span;
        let syn = self.said().find(|journey| journey.flags.contains(Flags::SYN))?;
        let is_answer = |journey: &&Journey| {
            journey.flags.contains(Flags::SYN)
                && journey.ack == Some(syn.seq + 1)
                && !journey.flags.contains(Flags::RST)
        };
        self.answers(began, ended).find(is_answer)
    }

    /// How often the SYN was sent.
    pub fn syns(&self) -> usize {
        self.said().filter(|journey| journey.flags.contains(Flags::SYN)).count()
    }

    /// When this end sent its last SYN-ACK for the first time; it may have been before the connection was accepted.
    pub fn syn_ack(&self) -> Option<Instant> {
        let (own, ended) = (self.own, self.span.1);
        let is_it = |journey: &&Journey| {
            let is_own = journey.is_of(own) && !journey.is_forged() && journey.left <= ended;
            is_own && journey.flags.contains(Flags::SYN | Flags::ACK)
        };
        let mut all = self.world.journeys().iter().filter(is_it);
        let last = all.clone().next_back()?.seq;
        all.find(|journey| journey.seq == last).map(|journey| journey.left)
    }
}

/// The position up to which a segment surely counts as sent: what rode on a SYN may not have been taken, and is then as if it had
/// never been sent (RFC 7413 §4.2.2).
fn reach(journey: &Journey) -> SeqNum {
    if journey.flags.contains(Flags::SYN) { journey.seq + 1 } else { journey.end() }
}

/// True if of what went one way something came between two moments that had not come before.
fn is_new<'a>(journeys: impl Iterator<Item = &'a Journey>, from: Instant, until: Instant) -> bool {
    let mut came: Vec<(Instant, &Journey)> = journeys
        .filter(|journey| journey.len > 0)
        .filter_map(|journey| Some((journey.arrived?, journey)))
        .collect();
    came.sort_by_key(|&(at, _)| at);
    let mut end: Option<SeqNum> = None;
    came.into_iter().any(|(at, journey)| {
        let is_new = end.is_none_or(|end| end.before(journey.end()));
        if is_new {
            end = Some(journey.end());
        }
        is_new && at >= from && at <= until
    })
}
