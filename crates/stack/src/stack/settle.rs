//! What follows from what a connection did: for the ready list, the wheel, the events, the index, TIME-WAIT.

use cordial_tcp::{CloseCause, Deadline, Effects, Instant, Outcome, Phase, Rule, Vars};
use cordial_wire::Segment;

use super::{Stack, cause_of};
use crate::connections::{Holder, News, Ready, Socket, Starved, Told};
use crate::index::Owner;
use crate::{Chance, Observer};

impl<C: Chance, O: Observer> Stack<C, O> {
    /// Does what follows from an input to the connection at `at`. It may be gone afterwards.
    #[inline]
    pub(super) fn settle(&mut self, now: Instant, at: u32, outcome: Outcome, before: Vars) {
        let effects = outcome.effects;
        let why = outcome.did.unwrap_or(Rule::NoConnection);
        if let Some(reply) = outcome.reply {
            self.reply_of(now, at, reply, why, before);
        }
        if effects.intersects(NEWS) {
            self.note_effects(now, at, effects);
        }
        if effects.intersects(TURNS) {
            self.follow_turn(now, at, effects, why, before);
        }
        self.settle_in_queues(now, at, effects.contains(Effects::OUTPUT));
        if effects.intersects(LEAVING) {
            self.free_if_done(at);
        }
        self.offer_memory();
    }

    #[cold]
    fn reply_of(&mut self, now: Instant, at: u32, reply: Segment<'static>, why: Rule, before: Vars) {
        let Some(socket) = self.connections.get(at) else { return };
        let (key, link) = (socket.key, socket.link);
        let after = self.vars_if_watched(at);
        self.reply(now, link, &key, reply, why, (before, after));
    }

    /// It went from one state to another, or has come to its end.
    #[cold]
    fn follow_turn(&mut self, now: Instant, at: u32, effects: Effects, why: Rule, before: Vars) {
        let Some(socket) = self.connections.get(at) else { return };
        let (key, was_indexed) = (socket.key, socket.is_indexed);
        if effects.contains(Effects::MOVED) {
            self.count_phase(at);
        }
        if effects.contains(Effects::ENDED) {
            self.on_ended(now, at, why, before);
        }
        if effects.contains(Effects::FORGET) && was_indexed {
            self.leave(&key, Owner::Connection(at));
            if let Some(socket) = self.connections.get_mut(at) {
                socket.is_indexed = false;
            }
        }
        if effects.contains(Effects::TIME_WAIT) {
            self.enter_time_wait(now, at, why);
        }
    }

    /// Puts it where it has to stand: with those that have something to send, on the wheel, with those that wait for
    /// memory. Mostly it stands there already.
    #[inline]
    fn settle_in_queues(&mut self, now: Instant, at: u32, has_output: bool) {
        let Some(socket) = self.connections.get(at) else { return };
        let is_new = has_output && !socket.is_ready();
        let deadline = self.deadline_before_wheel(now, socket);
        let is_starved = socket.tcp.waits_for_memory(&self.pool);
        if is_new {
            self.mark_ready(at);
        }
        if deadline.is_set() {
            self.schedule(now, at, deadline);
        }
        if is_starved {
            self.starved.push(&mut Starved(&mut self.connections), at);
        }
    }

    /// Puts it on the list of those with something to send.
    #[inline]
    pub(super) fn mark_ready(&mut self, at: u32) {
        let Some(link) = self.connections.get(at).map(|socket| socket.link) else { return };
        match self.links.get_mut(usize::from(link.0)) {
            Some(port) => port.ready.push(&mut Ready(&mut self.connections), at),
            // The first for a link that nobody has set.
            None => {
                let mut ready = self.port_mut(link).ready;
                ready.push(&mut Ready(&mut self.connections), at);
                self.port_mut(link).ready = ready;
            }
        }
    }

    /// Sees to it that the wheel comes round by its deadline.
    #[inline]
    pub(super) fn arm(&mut self, now: Instant, at: u32) {
        let Some(socket) = self.connections.get(at) else { return };
        let deadline = self.deadline_before_wheel(now, socket);
        if deadline.is_set() {
            self.schedule(now, at, deadline);
        }
    }

    /// Its deadline, where the wheel would come too late for it.
    #[inline]
    fn deadline_before_wheel(&self, now: Instant, socket: &Socket) -> Deadline {
        let deadline = socket.tcp.deadline(now);
        let is_in_time = !deadline.is_set() || self.wheel.comes_by(&socket.timer, deadline.ticks());
        if is_in_time { Deadline::NONE } else { deadline }
    }

    fn schedule(&mut self, now: Instant, at: u32, deadline: Deadline) {
        let due = tick(now).saturating_add_signed(ticks_from(now, deadline));
        self.wheel.schedule(&mut self.connections, at, due);
    }

    #[inline]
    fn note_effects(&mut self, now: Instant, at: u32, effects: Effects) {
        if effects.intersects(RARE_NEWS) {
            self.note_rare_effects(now, at, effects);
        }
        if effects.contains(Effects::READABLE) {
            self.note(at, News::READABLE);
        }
        if effects.contains(Effects::WRITABLE) {
            self.note(at, News::WRITABLE);
        }
    }

    #[cold]
    fn note_rare_effects(&mut self, now: Instant, at: u32, effects: Effects) {
        self.counters.tcp_negative_advice += u64::from(effects.contains(Effects::DOUBT));
        if effects.contains(Effects::OPENED) {
            self.end_pending(now, at, false);
        }
        let Some(socket) = self.connections.get(at) else { return };
        let is_active = socket.listener.is_none();
        let is_told = socket.tcp.config().tell_soft_errors;
        for (effect, news) in [
            (Effects::OPENED, News::OPENED),
            (Effects::DOUBT, News::DOUBT),
            (Effects::DELIVERED, News::DELIVERED),
            (Effects::URGENT, News::URGENT),
            (Effects::UNREACHABLE, News::UNREACHABLE),
        ] {
            let concerns = match effect {
                Effects::OPENED => is_active,
                // Not everyone wants to hear of what may pass (RFC 9293 §3.9.1.8, SHLD-20).
                Effects::DOUBT | Effects::UNREACHABLE => is_told,
                _ => true,
            };
            if effects.contains(effect) && concerns {
                self.note(at, news);
            }
        }
    }

    /// There is something to tell the application, if it holds the connection.
    pub(super) fn note(&mut self, at: u32, news: News) {
        let Some(socket) = self.connections.get_mut(at) else { return };
        if socket.holder != Holder::Application || socket.news.contains(news) {
            return;
        }
        socket.news.add(news);
        self.told.push(&mut Told(&mut self.connections), at);
    }

    fn on_ended(&mut self, now: Instant, at: u32, why: Rule, before: Vars) {
        let Some(socket) = self.connections.get(at) else { return };
        let (key, cause) = (socket.key, cause_of(socket).unwrap_or(CloseCause::Graceful));
        self.end_pending(now, at, cause == CloseCause::Reset);
        self.learn_fast_open(now, at);
        self.note(at, News::ENDED);
        let after = self.vars_if_watched(at);
        self.tell_ended(now, &key, cause, why, (before, after));
        self.tell_figures(now, at);
    }

    /// Moves what is to be kept of a connection into the TIME-WAIT table, once its last ACK is out.
    pub(super) fn enter_time_wait(&mut self, now: Instant, at: u32, why: Rule) {
        let Some(socket) = self.connections.get_mut(at) else { return };
        if socket.tcp.phase() != Phase::TimeWait || socket.tcp.has_output() {
            return;
        }
        let key = socket.key;
        let vars = if O::ON { socket.tcp.vars() } else { Vars::default() };
        let Some(mut state) = socket.tcp.take_time_wait(now) else { return };
        // The host's MSL, whatever the connection's: all wait equally long.
        state.arm(now, &self.config.tcp);
        socket.is_indexed = false;
        self.counters.time_waits += 1;
        self.note(at, News::READABLE);
        self.note(at, News::WRITABLE);
        self.note(at, News::ENDED);
        // From here on the table's timer runs.
        let after = if O::ON { state.vars() } else { vars };
        self.tell_ended(now, &key, CloseCause::Graceful, why, (vars, after));
        self.tell_figures(now, at);
        if self.make_room_for_time_wait(now) {
            let owner = self.time_waits.insert(key, state);
            self.index.replace(self.hasher.hash(&key), Owner::Connection(at), owner);
        } else {
            self.leave(&key, Owner::Connection(at));
        }
    }

    /// False if none are kept at all.
    fn make_room_for_time_wait(&mut self, now: Instant) -> bool {
        let limit = self.config.limits.time_wait as usize;
        while self.time_waits.len() >= limit {
            self.counters.tw_overflow += 1;
            let Some((oldest, _)) = self.time_waits.oldest(now) else { return false };
            self.forget_time_wait(oldest);
        }
        true
    }

    pub(super) fn forget_time_wait(&mut self, owner: Owner) {
        let Some(key) = self.time_waits.key(owner) else { return };
        self.leave(&key, owner);
        self.time_waits.remove(owner);
    }

    /// Frees the place of a connection that nobody holds and no segment can find.
    #[inline]
    pub(super) fn free_if_done(&mut self, at: u32) {
        let is_done = |socket: &Socket| socket.holder == Holder::Nobody && !socket.is_indexed;
        if self.connections.get(at).is_some_and(is_done) {
            self.free(at);
        }
    }

    fn free(&mut self, at: u32) {
        let Some(socket) = self.connections.get_mut(at) else { return };
        socket.tcp.clear(&mut self.pool);
        let link = socket.link;
        self.orphans -= u32::from(socket.holder == Holder::Nobody);
        self.wheel.cancel(&mut self.connections, at);
        let mut ready = self.port_mut(link).ready;
        ready.remove(&mut Ready(&mut self.connections), at);
        self.port_mut(link).ready = ready;
        self.told.remove(&mut Told(&mut self.connections), at);
        self.forget_starved(at);
        self.connections.remove(at);
    }
}

/// What the application is told of: as octets come and go, and
const NEWS: Effects = RARE_NEWS.union(Effects::READABLE).union(Effects::WRITABLE);

/// seldom. Trouble is told between R1 and R2 (RFC 9293 §3.8.3, SHLD-9).
const RARE_NEWS: Effects = Effects::OPENED
    .union(Effects::DOUBT)
    .union(Effects::DELIVERED)
    .union(Effects::URGENT)
    .union(Effects::UNREACHABLE);

/// What happens to a connection a few times in its life.
const TURNS: Effects = Effects::MOVED.union(Effects::ENDED).union(LEAVING);

/// After these nobody may find it any more.
const LEAVING: Effects = Effects::FORGET.union(Effects::TIME_WAIT);

/// The tick that `now` lies in, not cut to a circle.
#[inline]
pub(super) fn tick(now: Instant) -> u64 {
    now.as_nanos() / TICK
}

/// The first moment of a tick.
pub(super) fn moment(tick: u64) -> Instant {
    Instant::from_nanos(tick.saturating_mul(TICK))
}

/// Nanoseconds in a tick of [`Deadline`].
const TICK: u64 = 64_000;

#[inline]
fn ticks_from(now: Instant, deadline: Deadline) -> i64 {
    i64::from(deadline.ticks().wrapping_sub(Deadline::tick_of(now)) as i32)
}
