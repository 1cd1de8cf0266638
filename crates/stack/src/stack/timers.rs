//! What is due.

use alloc::sync::Arc;

use cordial_tcp::{HalfOpenNext, Instant, Rule, Vars};

use super::Stack;
use super::settle::{moment, tick};
use crate::index::Owner;
use crate::{Chance, Observer, What};

impl<C: Chance, O: Observer> Stack<C, O> {
    /// Does what is due at `now`. Harmless when nothing is.
    pub fn on_timer(&mut self, now: Instant) {
        let now = self.at(now);
        while let Some(at) = self.wheel.pop(&mut self.connections, tick(now)) {
            self.on_connection_timer(now, at);
        }
        while let Some(at) = self.syn_cache.due(now) {
            self.on_half_open_timer(now, at);
        }
        while let Some((owner, _)) = self.time_waits.oldest(now).filter(|&(_, over)| over <= now) {
            self.on_time_wait_over(now, owner);
        }
        while let Some(at) = self.undecided.due(now) {
            self.withdraw(at);
        }
        while let Some(timed_out) = self.fragments.expire(now) {
            self.on_reassembly_timeout(now, &timed_out);
        }
        self.offer_memory();
    }

    /// When to call [`on_timer`](Self::on_timer) next: never late, and early only a bounded number of times.
    pub fn next_deadline(&self) -> Option<Instant> {
        let connections = self.wheel.next().map(moment);
        let half_open = self.syn_cache.next_deadline(self.now);
        let time_waits = self.time_waits.oldest(self.now).map(|(_, over)| over);
        let others = [self.undecided.next_deadline(), self.fragments.next_deadline(), self.next_offer()];
        [connections, half_open, time_waits].into_iter().chain(others).flatten().min()
    }

    fn on_connection_timer(&mut self, now: Instant, at: u32) {
        let Some(socket) = self.connections.get(at) else { return };
        let deadline = socket.tcp.deadline(now);
        if !deadline.is_due(now) {
            // It was moved to later, or called off, since it was put in.
            return self.arm(now, at);
        }
        let before = self.vars_if_watched(at);
        let Some(socket) = self.connections.get_mut(at) else { return };
        let key = socket.key;
        let outcome = socket.tcp.on_timer(now, &mut self.pool);
        self.count_timer(outcome.did);
        if let Ok(why) = outcome.did
            && why != Rule::TimerMoved
            && self.is_watched()
        {
            let after = self.vars_of(at);
            self.tell(now, &key, What::Timer, why, (before, after));
        }
        self.settle(now, at, outcome, before);
    }

    fn on_half_open_timer(&mut self, now: Instant, at: u32) {
        let Some(entry) = self.syn_cache.get(at).copied() else { return };
        let Some((_, listener)) = self.listeners.at_index(entry.listener) else {
            return self.forget_half(now, at, Rule::Close);
        };
        let config = Arc::clone(&listener.tcp);
        let mut half = entry.half;
        let before = half.vars(&config);
        let outcome = half.on_timer(now, self.mss(entry.link, &entry.key), &config);
        if let Some(place) = self.syn_cache.get_mut(at) {
            place.half = half;
        }
        self.syn_cache.requeue(at);
        let is_over = outcome.next == HalfOpenNext::Forget;
        let after = if is_over { Vars::default() } else { half.vars(&config) };
        self.tell(now, &entry.key, What::Timer, outcome.did.unwrap_or(Rule::Timeout), (before, after));
        self.finish_half_open(now, entry.link, at, outcome, after);
    }

    fn on_time_wait_over(&mut self, now: Instant, owner: Owner) {
        if self.is_watched()
            && let Some(key) = self.time_waits.key(owner)
        {
            let before = self.time_waits.state_mut(owner).map(|state| state.vars()).unwrap_or_default();
            self.tell(now, &key, What::Timer, Rule::TimeWaitOver, (before, Vars::default()));
        }
        self.forget_time_wait(owner);
    }
}
