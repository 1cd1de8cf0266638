//! Fast open (RFC 7413): callers that are known by their cookies, and what is remembered of servers.

use alloc::sync::Arc;

use cordial_tcp::{Connection, FastOpenCall, FastOpenResult, Instant, Phase, Rule, Vars};
use cordial_wire::FastOpen;

use super::Stack;
use super::passive::AtListener;
use crate::fast_open::{FastOpenCookies, Judged};
use crate::index::Owner;
use crate::key::Key;
use crate::{Chance, Observer};

/// What the Fast Open option of a SYN comes to.
pub(super) enum FastOpened {
    /// There is none, or the listener has none of it (RFC 7413 §4.2): an ordinary handshake.
    No,
    /// An ordinary handshake whose SYN-ACK carries this cookie.
    Given(FastOpen),
    /// The caller is known; the SYN-ACK may carry a newer cookie.
    Yes(Option<FastOpen>),
}

impl<C: Chance, O: Observer> Stack<C, O> {
    /// Steps 1 to 3 of what a server does with a SYN (RFC 7413 §4.2.2).
    pub(super) fn judge_fast_open(&mut self, now: Instant, arrival: &AtListener<'_>) -> FastOpened {
        let AtListener { id, key, segment: syn, .. } = *arrival;
        let Some(listener) = self.listeners.get_mut(id) else { return FastOpened::No };
        let (Some(option), Some(pending)) = (syn.options.fast_open, &mut listener.fast_open) else {
            return FastOpened::No;
        };
        let (is_full, has_room) = (listener.queue.len() >= listener.backlog as usize, pending.has_room(now));
        let renewed = match self.fast_open_cookies().judge(now, key, &option) {
            Judged::Good => None,
            Judged::Old(cookie) => Some(cookie),
            Judged::Bad(cookie) => {
                let is_request = option.is_request();
                self.counters.fast_open_cookie_reqd += u64::from(is_request);
                self.counters.fast_open_passive_fail += u64::from(!is_request);
                return FastOpened::Given(cookie);
            }
        };
        if !has_room {
            self.counters.fast_open_listen_overflow += 1;
            return FastOpened::No;
        }
        if is_full || self.connections.len() >= self.config.limits.connections as usize {
            return FastOpened::No;
        }
        FastOpened::Yes(renewed)
    }

    /// Steps 4 to 6: the connection is there, to be accepted, read and answered, before the third segment comes.
    pub(super) fn open_fast(&mut self, now: Instant, arrival: &AtListener<'_>, renewed: Option<FastOpen>) {
        let AtListener { id, link, key, segment: syn, above } = *arrival;
        let Some(config) = self.listeners.get(id).map(|listener| Arc::clone(&listener.tcp)) else { return };
        let half = self.half_open_for(now, key, syn, above, &config);
        let mss = self.mss(link, key);
        let tcp = Connection::from_fast_open(now, &half, syn, renewed, mss, &config, &mut self.pool);
        let at = self.put_in_accept_queue(tcp, key, id, link);
        if let Some(socket) = self.connections.get_mut(at) {
            socket.is_pending = true;
        }
        if let Some(pending) = self.listeners.get_mut(id).and_then(|listener| listener.fast_open.as_mut()) {
            pending.add();
        }
        self.enter(key, Owner::Connection(at));
        self.counters.tcp_passive_opens += 1;
        self.counters.fast_open_passive += 1;
        if self.is_watched() {
            let before = Vars { phase: Phase::Listen, ..Vars::default() };
            let after = self.vars_of(at);
            self.tell_received(now, key, syn, Ok(Rule::FastOpen), (before, after));
            self.tell_queues(now, key, id, Rule::FastOpen, after);
        }
        self.mark_ready(at);
        self.arm(now, at);
    }

    /// The third segment of a fast open has come, or it has come to nothing.
    pub(super) fn end_pending(&mut self, now: Instant, at: u32, was_reset: bool) {
        let Some(socket) = self.connections.get_mut(at) else { return };
        if !core::mem::replace(&mut socket.is_pending, false) {
            return;
        }
        let listener = socket.listener.and_then(|id| self.listeners.get_mut(id));
        let Some(pending) = listener.and_then(|listener| listener.fast_open.as_mut()) else { return };
        if was_reset { pending.remove_reset(now) } else { pending.remove() }
    }

    /// What a SYN of ours is to carry.
    pub(super) fn fast_open_call(&mut self, now: Instant, key: &Key) -> Option<FastOpenCall> {
        let tuple = key.tuple();
        self.servers.call(now, tuple.local.ip(), tuple.peer)
    }

    /// Takes note of what an opening taught, if it has taught anything.
    pub(super) fn learn_fast_open(&mut self, now: Instant, at: u32) {
        let Some(socket) = self.connections.get_mut(at) else { return };
        let Some(lesson) = socket.tcp.take_fast_open_lesson() else { return };
        let tuple = socket.key.tuple();
        self.counters.fast_open_active += u64::from(lesson.result == FastOpenResult::Taken);
        self.counters.fast_open_active_fail += u64::from(lesson.result == FastOpenResult::Refused);
        self.servers.learn(now, tuple.local.ip(), tuple.peer, &lesson);
    }

    /// Drawn when they are needed first.
    fn fast_open_cookies(&mut self) -> &FastOpenCookies {
        let chance = &mut self.chance;
        self.fast_open_cookies.get_or_insert_with(|| FastOpenCookies::new(chance.u64(), chance.u64()))
    }
}
