//! Passive opens: SYNs, undecided and half-open connections, cookies (RFC 4987, RFC 7413).

use alloc::sync::Arc;

use cordial_tcp::{
    Connection, HalfOpen, HalfOpenNext, HalfOpenOutcome, Instant, Phase, Refusal, Rule, TcpConfig, Vars,
    listen, reset_for,
};
use cordial_wire::{Control, FastOpen, Flags, Segment, SeqNum};

use super::Stack;
use super::fast_open::FastOpened;
use crate::connections::Socket;
use crate::index::Owner;
use crate::key::Key;
use crate::{Chance, Event, LinkId, ListenerId, Observer};

/// A segment of no connection, at the listener it came to.
pub(super) struct AtListener<'a> {
    pub id: ListenerId,
    pub link: LinkId,
    pub key: &'a Key,
    pub segment: &'a Segment<'a>,
    /// How far the numbers of a connection in TIME-WAIT got that gave way to it.
    pub above: Option<SeqNum>,
}

/// What a listener's variables look like.
fn listening() -> Vars {
    Vars { phase: Phase::Listen, ..Vars::default() }
}

impl<C: Chance, O: Observer> Stack<C, O> {
    /// A segment for no connection (RFC 9293 §3.10.7.1, §3.10.7.2). `above` is set where a connection in TIME-WAIT
    /// gave way to it.
    pub(super) fn pass_to_listener(
        &mut self,
        now: Instant,
        link: LinkId,
        key: &Key,
        segment: &Segment<'_>,
        above: Option<SeqNum>,
    ) {
        let Some(id) = self.listeners.find(key.local()) else {
            self.tell_received(now, key, segment, Err(Refusal::Closed), Default::default());
            return self.refuse(now, link, key, segment);
        };
        let arrival = AtListener { id, link, key, segment, above };
        match listen(segment) {
            Ok(()) => self.on_syn(now, &arrival),
            Err(Refusal::NotSyn) if self.on_cookie(now, &arrival) => {}
            Err(why) => {
                self.tell_received(now, key, segment, Err(why), (listening(), listening()));
                if why == Refusal::NotSyn {
                    self.refuse(now, link, key, segment);
                }
            }
        }
    }

    fn on_syn(&mut self, now: Instant, arrival: &AtListener<'_>) {
        let AtListener { id, link, key, segment: syn, above } = *arrival;
        let Some(listener) = self.listeners.get(id) else { return };
        let (decide, config) = (listener.decide, Arc::clone(&listener.tcp));
        let cookie = match self.judge_fast_open(now, arrival) {
            FastOpened::Yes(renewed) => return self.open_fast(now, arrival, renewed),
            FastOpened::Given(cookie) => Some(cookie),
            FastOpened::No => None,
        };
        match self.has_place_for_syn(id) {
            Ok(()) if decide => self.hold_undecided(now, arrival),
            Ok(()) => {
                let half = self.half_open_for(now, key, syn, above, &config);
                self.tell_received(now, key, syn, Ok(Rule::ListenSyn), (listening(), half.vars(&config)));
                self.open_half(now, link, id, key, half, cookie);
            }
            Err(Refusal::SynCacheFull) if self.config.syn_cookies => {
                debug_assert!(above.is_none(), "who gives way to a SYN makes sure of its place");
                self.answer_with_cookie(now, link, key, syn, &config);
            }
            Err(why) => {
                self.counters.listen_drops += 1;
                self.counters.tcp_req_q_full_drop += u64::from(why == Refusal::SynCacheFull);
                self.tell_received(now, key, syn, Err(why), (listening(), listening()));
            }
        }
    }

    /// Whether a SYN to this listener can be kept, half-open or undecided.
    pub(super) fn has_place_for_syn(&self, id: ListenerId) -> Result<(), Refusal> {
        let limits = &self.config.limits;
        let decide = self.listeners.get(id).is_some_and(|listener| listener.decide);
        let (used, most, full) = match decide {
            true => (self.undecided.len(), limits.undecided, Refusal::UndecidedFull),
            false => (self.syn_cache.len(), limits.syn_cache, Refusal::SynCacheFull),
        };
        let gives_way = !decide && self.config.evict_half_open;
        if used < most as usize || gives_way { Ok(()) } else { Err(full) }
    }

    /// What a SYN leaves behind. Its ISS lies after `above`, which the old connection between the same ends got to.
    pub(super) fn half_open_for(
        &mut self,
        now: Instant,
        key: &Key,
        syn: &Segment<'_>,
        above: Option<SeqNum>,
        config: &TcpConfig,
    ) -> HalfOpen {
        let tuple = key.tuple();
        let drawn = self.chance.isn(now, &tuple);
        let iss = above.map_or(drawn, |above| past(above, drawn));
        HalfOpen::new(now, &key.with_default_mss(syn), iss, self.chance.ts_offset(&tuple), config)
    }

    /// Enters a half-open connection and answers its SYN, this once with a `cookie` for next time.
    pub(super) fn open_half(
        &mut self,
        now: Instant,
        link: LinkId,
        id: ListenerId,
        key: &Key,
        half: HalfOpen,
        cookie: Option<FastOpen>,
    ) {
        let Some(config) = self.listeners.get(id).map(|listener| Arc::clone(&listener.tcp)) else { return };
        let hash = self.hasher.hash(key);
        if let Some(oldest) = self.syn_cache.to_give_way(hash, self.config.limits.syn_cache) {
            self.counters.syn_cache_evicted += 1;
            self.forget_half(now, oldest, Rule::SynCacheEvicted);
        }
        let at = self.syn_cache.insert(*key, hash, half, id.0, link);
        self.enter(key, Owner::HalfOpen(at));
        self.counters.tcp_passive_opens += 1;
        let vars = half.vars(&config);
        let mut syn_ack = half.syn_ack(now, self.mss(link, key), &config);
        syn_ack.options.fast_open = cookie;
        self.reply(now, link, key, syn_ack, Rule::ListenSyn, (vars, vars));
        self.tell_queues(now, key, id, Rule::ListenSyn, vars);
    }

    pub(super) fn pass_to_half_open(&mut self, now: Instant, link: LinkId, at: u32, segment: &Segment<'_>) {
        let Some(entry) = self.syn_cache.get(at).copied() else { return };
        let Some((id, listener)) = self.listeners.at_index(entry.listener) else { return };
        let (config, is_full) = (Arc::clone(&listener.tcp), listener.is_full());
        let (key, mut half) = (entry.key, entry.half);
        let before = half.vars(&config);
        let outcome = half.on_segment(now, segment, self.mss(entry.link, &key), &config);
        if let Some(place) = self.syn_cache.get_mut(at) {
            place.half = half;
        }
        if outcome.next == HalfOpenNext::Promote {
            if let Err(why) = self.has_place(is_full) {
                self.tell_received(now, &key, segment, Err(why), (before, half.vars(&config)));
                if self.resets_on_overflow(now, link, &key, segment, why) {
                    self.forget_half(now, at, Rule::ListenerRefused);
                }
                return;
            }
            self.syn_cache.remove(at);
            let made = self.promote(now, entry.link, id, &key, &half, segment);
            self.index.replace(self.hasher.hash(&key), Owner::HalfOpen(at), Owner::Connection(made));
            return self.after_promotion(now, made, id, segment, before);
        }
        let after = if outcome.next == HalfOpenNext::Forget { listening() } else { half.vars(&config) };
        self.tell_received(now, &key, segment, outcome.did, (before, after));
        self.counters.paws_estab += u64::from(outcome.did == Err(Refusal::OldTimestamp));
        let is_reset = outcome.reply.is_some_and(|reply| reply.flags.contains(Flags::RST));
        if outcome.did.is_err() && !is_reset {
            self.cost_as_stranger(now, &key, segment);
        }
        let reply = outcome.reply.filter(|_| !is_reset || self.may_refuse(now, key.peer_ip()));
        let outcome = HalfOpenOutcome { reply, ..outcome };
        self.finish_half_open(now, link, at, outcome, after);
    }

    /// What follows where a half-open connection is not promoted: its answer, its end.
    pub(super) fn finish_half_open(
        &mut self,
        now: Instant,
        link: LinkId,
        at: u32,
        outcome: HalfOpenOutcome,
        vars: Vars,
    ) {
        let Some(key) = self.syn_cache.get(at).map(|entry| entry.key) else { return };
        if let Some(reply) = outcome.reply {
            let why = outcome.did.unwrap_or(Rule::SendAck);
            self.reply(now, link, &key, reply, why, (vars, vars));
        }
        if outcome.next == HalfOpenNext::Forget {
            let is_other_syn = outcome.did == Err(Refusal::Challenged);
            self.counters.embryonic_rsts += u64::from(outcome.did == Ok(Rule::Reset) || is_other_syn);
            self.forget_half(now, at, outcome.did.unwrap_or(Rule::Reset));
        }
    }

    /// Back to LISTEN, or to CLOSED where the listener is gone: an attempt that failed (RFC 4022).
    pub(super) fn forget_half(&mut self, now: Instant, at: u32, why: Rule) {
        let Some(entry) = self.syn_cache.remove(at) else { return };
        self.counters.tcp_attempt_fails += 1;
        self.leave(&entry.key, Owner::HalfOpen(at));
        if let Some((id, listener)) = self.listeners.at_index(entry.listener) {
            if listener.decide {
                // No more of these than answers the application gave.
                self.notes.push_back(Event::Abandoned(id, entry.key.tuple()));
            }
            self.tell_queues(now, &entry.key, id, why, listening());
        }
    }

    /// Whether one more connection may be made, or why the ACK that would make it is dropped. Its sender believes
    /// itself connected; our SYN-ACK goes out again, and draws the ACK again when there may be room.
    fn has_place(&mut self, queue_is_full: bool) -> Result<(), Refusal> {
        if queue_is_full {
            self.counters.listen_overflows += 1;
            self.counters.listen_drops += 1;
            return Err(Refusal::AcceptQueueFull);
        }
        if self.connections.len() >= self.config.limits.connections as usize {
            self.counters.listen_drops += 1;
            return Err(Refusal::NoMemory);
        }
        Ok(())
    }

    /// True if the ACK that found no place in the accept queue was answered with a reset, as the settings may ask.
    fn resets_on_overflow(
        &mut self,
        now: Instant,
        link: LinkId,
        key: &Key,
        ack: &Segment<'_>,
        why: Refusal,
    ) -> bool {
        let resets = why == Refusal::AcceptQueueFull && self.config.reset_on_overflow;
        if resets && let Some(reset) = reset_for(ack) {
            self.reply(now, link, key, reset, Rule::ListenerRefused, Default::default());
        }
        resets
    }

    /// Makes a half-open connection a connection at the end of the accept queue. The index is the caller's to change.
    fn promote(
        &mut self,
        now: Instant,
        link: LinkId,
        id: ListenerId,
        key: &Key,
        half: &HalfOpen,
        third: &Segment<'_>,
    ) -> u32 {
        let listener = self.listeners.get(id);
        let config = Arc::clone(listener.map_or(&self.config.tcp, |listener| &listener.tcp));
        let tcp = Connection::from_half_open(now, half, third, self.mss(link, key), &config);
        self.put_in_accept_queue(tcp, key, id, link)
    }

    /// Adds a connection to the end of its listener's accept queue.
    pub(super) fn put_in_accept_queue(
        &mut self,
        tcp: Connection,
        key: &Key,
        id: ListenerId,
        link: LinkId,
    ) -> u32 {
        let (at, _) = self.connections.insert(Socket::new(tcp, *key, Some(id), link));
        self.count_phase(at);
        self.begin_path(self.now, at);
        if let Some(listener) = self.listeners.get_mut(id) {
            listener.queue.push_back(at);
            if !core::mem::replace(&mut listener.is_noted, true) {
                self.notes.push_back(Event::Acceptable(id));
            }
        }
        at
    }

    /// Gives a new connection the segment that made it: its octets, its window, its FIN.
    fn after_promotion(&mut self, now: Instant, at: u32, id: ListenerId, third: &Segment<'_>, before: Vars) {
        let Some(socket) = self.connections.get_mut(at) else { return };
        let key = socket.key;
        let outcome = socket.tcp.on_segment(now, third, &mut self.pool);
        if self.is_watched() {
            let after = self.vars_of(at);
            self.tell_received(now, &key, third, Ok(Rule::HandshakeAck), (before, after));
            self.tell_queues(now, &key, id, Rule::HandshakeAck, after);
        }
        self.settle(now, at, outcome, before);
    }

    fn answer_with_cookie(
        &mut self,
        now: Instant,
        link: LinkId,
        key: &Key,
        syn: &Segment<'_>,
        config: &TcpConfig,
    ) {
        let bare = without_data(&key.with_default_mss(syn));
        let iss = self.cookies.issue(now, key, &bare);
        let half = HalfOpen::new(now, &bare, iss, self.chance.ts_offset(&key.tuple()), config);
        self.counters.syncookies_sent += 1;
        self.tell_received(now, key, syn, Ok(Rule::SynCookie), (listening(), listening()));
        let syn_ack = half.cookie_syn_ack(now, self.mss(link, key), config);
        self.reply(now, link, key, syn_ack, Rule::SynCookie, (listening(), listening()));
    }

    /// True if the segment brought a cookie back, whatever came of it.
    fn on_cookie(&mut self, now: Instant, arrival: &AtListener<'_>) -> bool {
        let AtListener { id, link, key, segment: ack, above: _ } = *arrival;
        let may_be = ack.ack().is_some() && matches!(ack.control(), Control::None | Control::Fin);
        if !may_be || !self.cookies.are_out(now) {
            return false;
        }
        let Some(mss) = self.cookies.redeem(now, key, ack) else {
            self.counters.syncookies_failed += 1;
            return false;
        };
        let Some(listener) = self.listeners.get(id).filter(|listener| !listener.decide) else { return false };
        let (config, is_full) = (Arc::clone(&listener.tcp), listener.is_full());
        if let Err(why) = self.has_place(is_full) {
            self.tell_received(now, key, ack, Err(why), (listening(), listening()));
            self.resets_on_overflow(now, link, key, ack, why);
            return true;
        }
        self.counters.syncookies_recv += 1;
        self.counters.tcp_passive_opens += 1;
        let half = HalfOpen::from_cookie(now, ack, mss, self.chance.ts_offset(&key.tuple()), &config);
        let made = self.promote(now, link, id, key, &half, ack);
        self.enter(key, Owner::Connection(made));
        self.after_promotion(now, made, id, ack, half.vars(&config));
        true
    }

    fn hold_undecided(&mut self, now: Instant, arrival: &AtListener<'_>) {
        let AtListener { id, link, key, segment: syn, above } = *arrival;
        let at = self.undecided.insert(now, *key, without_data(syn), (id, link), above);
        self.enter(key, Owner::Undecided(at));
        self.counters.syns_undecided += 1;
        self.tell_received(now, key, syn, Ok(Rule::SynUndecided), (listening(), listening()));
    }

    /// A SYN nobody has decided on comes again, or its sender takes it back. Nothing is answered.
    pub(super) fn pass_to_undecided(&mut self, now: Instant, at: u32, segment: &Segment<'_>) {
        let Some(entry) = self.undecided.get(at) else { return };
        let (key, seq) = (entry.key, entry.syn.seq);
        let is_withdrawal = segment.seq == seq || segment.seq == seq + 1;
        let did = match segment.control() {
            Control::Rst if is_withdrawal => Ok(Rule::Reset),
            Control::Rst => Err(Refusal::BadReset),
            _ => Err(Refusal::Undecided),
        };
        if listen(segment).is_ok() {
            self.undecided.again(now, at, without_data(segment));
        }
        self.tell_received(now, &key, segment, did, (listening(), listening()));
        match did {
            Ok(_) => self.withdraw(at),
            Err(_) => self.cost_as_stranger(now, &key, segment),
        }
    }

    pub(super) fn withdraw(&mut self, at: u32) {
        let Some(entry) = self.undecided.withdraw(at) else { return };
        self.leave(&entry.key, Owner::Undecided(at));
        self.counters.syns_withdrawn += 1;
    }
}

/// How far past the old connection's numbers a new one begins, if chance would not have it so: more than the old one
/// can have in flight without scaling.
const PAST_OLD: u32 = 1 << 17;

/// The ISS of a connection that follows one that got to `above`: as drawn, or where that is not after it, well past it
/// (RFC 9293 MAY-2).
pub(super) fn past(above: SeqNum, drawn: SeqNum) -> SeqNum {
    if drawn.after(above) { drawn } else { above + PAST_OLD }
}

/// A SYN as it is kept. Data in it is sent again by its sender, since our SYN-ACK does not cover it.
fn without_data(syn: &Segment<'_>) -> Segment<'static> {
    let Segment { source, destination, seq, ack_number, flags, window, urgent, options, payload: _ } = *syn;
    Segment { source, destination, seq, ack_number, flags, window, urgent, options, payload: &[] }
}
