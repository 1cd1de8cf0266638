//! Facts, for those who watch.

use cordial_tcp::{CloseCause, Instant, Refusal, Rule, Vars};
use cordial_wire::Segment;

use super::Stack;
use crate::key::Key;
use crate::{Call, Chance, Fact, ListenerId, Observer, What};

impl<C: Chance, O: Observer> Stack<C, O> {
    /// True if it is worth putting a fact together.
    #[inline]
    pub(super) fn is_watched(&self) -> bool {
        O::ON && self.observer.is_watching()
    }

    /// A connection's variables, where somebody wants to know.
    #[inline]
    pub(super) fn vars_if_watched(&self, index: u32) -> Vars {
        if !self.is_watched() {
            return Vars::default();
        }
        self.vars_of(index)
    }

    pub(super) fn vars_of(&self, index: u32) -> Vars {
        self.connections.get(index).map(|socket| socket.tcp.vars()).unwrap_or_default()
    }

    #[inline]
    pub(super) fn tell(
        &mut self,
        now: Instant,
        key: &Key,
        what: What<'_>,
        why: Rule,
        (before, after): (Vars, Vars),
    ) {
        if self.is_watched() {
            self.observer.fact(now, &Fact { tuple: key.tuple(), what, why, before, after });
        }
    }

    /// A segment arrived. One that changed nothing came under `otherwise`.
    #[inline]
    pub(super) fn tell_received(
        &mut self,
        now: Instant,
        key: &Key,
        segment: &Segment<'_>,
        did: Result<Rule, Refusal>,
        vars: (Vars, Vars),
    ) {
        if self.is_watched() {
            let what = What::Received { segment, refused: did.err() };
            self.tell(now, key, what, did.unwrap_or(Rule::Accepted), vars);
        }
    }

    pub(super) fn tell_call(&mut self, now: Instant, index: u32, call: Call, why: Rule, before: Vars) {
        if !self.is_watched() {
            return;
        }
        let Some(key) = self.connections.get(index).map(|socket| socket.key) else { return };
        let after = self.vars_of(index);
        self.tell(now, &key, What::Call(call), why, (before, after));
    }

    pub(super) fn tell_ended(
        &mut self,
        now: Instant,
        key: &Key,
        cause: CloseCause,
        why: Rule,
        vars: (Vars, Vars),
    ) {
        self.tell(now, key, What::Ended(cause), why, vars);
    }

    /// What is known of a connection that is over, where it was counted what passed.
    pub(super) fn tell_figures(&mut self, now: Instant, index: u32) {
        if !self.is_watched() {
            return;
        }
        let known = self.connections.get(index).map(|socket| self.info_of(socket));
        if let Some(info) = known.filter(|info| info.statistics.is_some()) {
            self.observer.ended(now, &info);
        }
    }

    /// The queues of a listener changed on account of this connection.
    pub(super) fn tell_queues(
        &mut self,
        now: Instant,
        key: &Key,
        listener: ListenerId,
        why: Rule,
        vars: Vars,
    ) {
        if !self.is_watched() {
            return;
        }
        let syn = (self.syn_cache.len() as u32, self.config.limits.syn_cache);
        let accept = self.listeners.get(listener).map_or((0, 0), |listener| listener.depth());
        self.tell(now, key, What::Queues { syn, accept }, why, (vars, vars));
    }
}
