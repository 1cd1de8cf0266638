//! Listeners: opening and closing them, deciding on SYNs, accepting (RFC 7413 for fast open).

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::SocketAddr;

use cordial_ip::{Header, Packet, Protocol, icmp};
use cordial_tcp::{CloseCause, Instant, Rule, Vars, reset_for};
use cordial_wire::Segment;

use super::Stack;
use crate::connections::Holder;
use crate::fast_open::Pending;
use crate::index::Owner;
use crate::key::Key;
use crate::listener::Listener;
use crate::replies::Reply;
use crate::{
    Answer, AnswerError, Bind, Call, Chance, ConnId, IcmpCode, ListenConfig, ListenError, ListenerId,
    Observer, SynId,
};

impl<C: Chance, O: Observer> Stack<C, O> {
    /// Takes connections to a place (RFC 9293 §3.10.1, passive open). Port 0 stands for an ephemeral port, which
    /// [`local_addr`](Self::local_addr) tells.
    ///
    /// # Errors
    ///
    /// See [`ListenError`].
    pub fn listen(&mut self, at: Bind, config: ListenConfig) -> Result<ListenerId, ListenError> {
        let at = at.normal();
        if let Bind::Addr(at) = at
            && (!cordial_ip::address::is_unicast(at.ip()) || !self.is_ours(at.ip()))
        {
            return Err(ListenError::BadAddress);
        }
        let at = self.with_port(at).ok_or(ListenError::InUse)?;
        let listener = Listener {
            at,
            decide: config.decide,
            fast_open: config.fast_open.filter(|_| !config.decide).map(Pending::new),
            backlog: config.backlog.unwrap_or(self.config.limits.accept_queue).max(1),
            tcp: config.tcp.unwrap_or_else(|| Arc::clone(&self.config.tcp)),
            queue: VecDeque::new(),
            is_noted: false,
        };
        self.listeners.insert(listener).ok_or(ListenError::InUse)
    }

    /// Where a listener stands.
    pub fn local_addr(&self, listener: ListenerId) -> Option<Bind> {
        self.listeners.get(listener).map(|listener| listener.at)
    }

    /// Ends a listener. Its half-open connections are forgotten, its undecided SYNs withdrawn, and connections that
    /// wait to be accepted are reset: nobody will ever speak to them.
    pub fn close_listener(&mut self, now: Instant, id: ListenerId) {
        let now = self.at(now);
        let Some(listener) = self.listeners.remove(id) else { return };
        for at in listener.queue {
            self.abandon(now, at);
        }
        let halves = self.syn_cache.iter().filter(|(_, entry)| entry.listener == id.0);
        for at in halves.map(|(at, _)| at).collect::<Vec<_>>() {
            self.forget_half(now, at, Rule::Close);
        }
        let undecided = self.undecided.iter().filter(|(_, entry)| entry.listener == id);
        for at in undecided.map(|(at, _)| at).collect::<Vec<_>>() {
            self.withdraw(at);
        }
    }

    /// Resets a connection that nobody accepted.
    fn abandon(&mut self, now: Instant, at: u32) {
        let before = self.vars_if_watched(at);
        let Some(socket) = self.connections.get_mut(at) else { return };
        socket.holder = Holder::Nobody;
        self.orphans += 1;
        let outcome = socket.tcp.abort(now, &mut self.pool);
        self.tell_call(now, at, Call::Abort, Rule::Abort, before);
        self.settle(now, at, outcome, before);
    }

    /// Decides on a SYN. Until then its sender hears nothing.
    ///
    /// # Errors
    ///
    /// See [`AnswerError`].
    pub fn answer(&mut self, now: Instant, syn: SynId, answer: Answer) -> Result<(), AnswerError> {
        let now = self.at(now);
        let at = self.undecided.find(syn).ok_or(AnswerError::Gone)?;
        // Where the oldest gives way, there is always a place.
        let is_full = self.syn_cache.len() >= self.config.limits.syn_cache as usize;
        if answer == Answer::Accept && is_full && !self.config.evict_half_open {
            return Err(AnswerError::Full);
        }
        let entry = self.undecided.remove(at).ok_or(AnswerError::Gone)?;
        let key = entry.key;
        self.leave(&key, Owner::Undecided(at));
        let why = if answer == Answer::Accept { Rule::ListenSyn } else { Rule::ListenerRefused };
        self.tell(now, &key, crate::What::Call(Call::Answer), why, Default::default());
        match answer {
            Answer::Accept => {
                let config = self.listeners.get(entry.listener).map(|listener| Arc::clone(&listener.tcp));
                let config = config.ok_or(AnswerError::Gone)?;
                let half = self.half_open_for(now, &key, &entry.syn, entry.above, &config);
                self.open_half(now, entry.link, entry.listener, &key, half, None);
            }
            Answer::Reset => {
                if let Some(reset) = reset_for(&entry.syn) {
                    let vars = <(Vars, Vars)>::default();
                    self.reply(now, entry.link, &key, reset, Rule::ListenerRefused, vars);
                }
            }
            Answer::Unreachable(why) => {
                if let Some(message) = unreachable(&key, &entry.syn, why) {
                    let told = kind_and_code(&message);
                    if self.queue_reply(entry.link, Reply::Packet(message)) {
                        self.counters.icmp_out_msgs += 1;
                        self.tell_unreachable(now, &key, told);
                    }
                }
            }
            Answer::Ignore => {}
        }
        Ok(())
    }

    /// The caller was told by ICMP that it called in vain.
    fn tell_unreachable(&mut self, now: Instant, key: &Key, (kind, code): (u8, u8)) {
        let vars = Default::default();
        self.tell(now, key, crate::What::Icmp { kind, code }, Rule::ListenerRefused, vars);
        self.tell_ended(now, key, CloseCause::Unreachable, Rule::ListenerRefused, vars);
    }

    /// Takes a connection off the accept queue.
    pub fn accept(&mut self, now: Instant, listener: ListenerId) -> Option<ConnId> {
        let now = self.at(now);
        let at = self.listeners.get_mut(listener)?.queue.pop_front()?;
        let socket = self.connections.get_mut(at)?;
        socket.holder = Holder::Application;
        let key = socket.key;
        self.counters.tcp_accepts += 1;
        if self.is_watched() {
            let vars = self.vars_of(at);
            self.tell_call(now, at, Call::Accept, Rule::Accept, vars);
            self.tell_queues(now, &key, listener, Rule::Accept, vars);
        }
        Some(self.conn_id(at))
    }

    /// The place with a port of its own in place of 0.
    fn with_port(&mut self, at: Bind) -> Option<Bind> {
        let (address, place): (SocketAddr, fn(SocketAddr) -> Bind) = match at {
            Bind::Addr(at) if at.port() == 0 => (at, Bind::Addr),
            Bind::Port(0) => (([0, 0, 0, 0], 0).into(), |at| Bind::Port(at.port())),
            other => return Some(other),
        };
        let key = Key::between(address, address);
        let (listeners, range) = (&self.listeners, self.config.ephemeral_ports.clone());
        let port =
            self.ports.choose(&key, range, |port| !listeners.names(SocketAddr::new(address.ip(), port)))?;
        Some(place(SocketAddr::new(address.ip(), port)))
    }
}

/// The ICMP error about a SYN, which is put together again as far as an error quotes it: addresses, ports, number.
fn unreachable(key: &Key, syn: &Segment<'_>, why: IcmpCode) -> Option<Vec<u8>> {
    let (source, destination) = (key.peer_ip(), key.local_ip());
    let mut octets = [0; Header::MAX_LEN + Segment::MAX_HEADER_LEN];
    let payload_len = syn.header_len();
    let header = Header { source, destination, protocol: Protocol::Tcp, payload_len, identification: 0 };
    let ip_len = header.emit(&mut octets)?;
    syn.emit_header(octets.get_mut(ip_len..)?).ok()?;
    let octets = octets.get(..ip_len + payload_len)?;
    let payload = octets.get(ip_len..)?;
    icmp::unreachable(&Packet { source, destination, protocol: Protocol::Tcp, payload, octets }, why)
}

/// Type and code of an ICMP packet of ours, which has no options or extensions.
fn kind_and_code(packet: &[u8]) -> (u8, u8) {
    let header = if packet.first().is_some_and(|octet| octet >> 4 == 4) { 20 } else { 40 };
    (packet.get(header).copied().unwrap_or_default(), packet.get(header + 1).copied().unwrap_or_default())
}
