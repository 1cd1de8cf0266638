//! What tells two stacks with different futures apart.

use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use core::iter::successors;

use cordial_tcp::Instant;

use super::{Port, Stack};
use crate::chain::Chain;
use crate::connections::Socket;
use crate::key::Key;
use crate::listener::Listener;
use crate::{Bind, Chance, Event, LinkConfig, ListenerId, Observer};

/// A connection, wherever in its table it stands: the key, and whether segments find it by that.
type Name = (Key, bool);

impl<C: Chance, O: Observer> Stack<C, O> {
    /// Feeds everything that decides the future into `h`, moments as seen from `now`, in an order that does not depend
    /// on how things came to be where they are: by address and port, or by the queue they stand in. Left out are
    /// counters of what happened, settings that cannot change, secrets and chance, the wheel (the deadlines are in),
    /// and the free places of tables. For searches over small stacks: it sorts.
    pub fn fingerprint(&self, now: Instant, h: &mut impl Hasher) {
        // All by name, so that nothing that is added is forgotten here.
        let Self {
            config: _,
            chance: _,
            observer: _,
            counters: _,
            now: _,
            links,
            hasher: _,
            index: _,
            connections: _,
            syn_cache,
            undecided,
            time_waits,
            pool: _,
            wheel: _,
            last: _,
            // As many as nobody holds.
            orphans: _,
            listeners,
            cookies,
            fast_open_cookies: _,
            servers,
            ports,
            udp,
            echo,
            fragments,
            fragment_number,
            paths,
            path_news: _,
            refusals,
            echoes,
            told,
            starved,
            notes,
            head: _,
            packet: _,
            established: _,
        } = self;
        self.fingerprint_connections(now, h);
        links.iter().for_each(|port| self.fingerprint_port(port, h));
        let mut halves: Vec<_> = syn_cache.iter().map(|(_, entry)| entry).collect();
        halves.sort_by_key(|entry| entry.key);
        for entry in halves {
            let place = listeners.at_index(entry.listener).map(|(_, listener)| listener.at);
            (entry.key, entry.link.0, place).hash(h);
            entry.half.fingerprint(now, h);
        }
        let mut waits: Vec<_> = time_waits.iter().collect();
        waits.sort_by_key(|(key, _)| *key);
        for (key, state) in waits {
            key.hash(h);
            state.fingerprint(now, h);
        }
        undecided.fingerprint(now, |id| self.place(id), h);
        listeners.iter().for_each(|listener| self.fingerprint_listener(now, listener, h));
        cookies.fingerprint(now, h);
        servers.fingerprint(now, h);
        ports.fingerprint(h);
        udp.fingerprint(h);
        echo.fingerprint(h);
        fragments.fingerprint(now, h);
        fragment_number.hash(h);
        paths.fingerprint(now, h);
        refusals.fingerprint(now, h);
        echoes.fingerprint(now, h);
        self.order(told, Socket::next_told).hash(h);
        self.order(starved, Socket::next_starved).hash(h);
        notes.iter().for_each(|note| self.fingerprint_note(note, h));
    }

    fn fingerprint_connections(&self, now: Instant, h: &mut impl Hasher) {
        let mut connections: Vec<_> = self.connections.iter().map(|(_, socket)| socket).collect();
        connections.sort_by_key(|socket| name(socket));
        connections.len().hash(h);
        for socket in connections {
            socket.fingerprint(h);
            (socket.path_news == self.path_news).hash(h);
            socket.listener.map(|id| self.place(id)).hash(h);
            socket.tcp.fingerprint(now, h);
        }
    }

    fn fingerprint_port(&self, port: &Port, h: &mut impl Hasher) {
        let Port { config, replies, ready, turn } = port;
        let LinkConfig { mtu, max_super, checksum_offload } = config;
        (mtu, max_super, checksum_offload, turn).hash(h);
        replies.fingerprint(h);
        self.order(ready, Socket::next_ready).hash(h);
    }

    fn fingerprint_listener(&self, now: Instant, listener: &Listener, h: &mut impl Hasher) {
        let Listener { at, decide, backlog, fast_open, tcp: _, queue, is_noted } = listener;
        (at, decide, backlog, is_noted).hash(h);
        if let Some(pending) = fast_open {
            pending.fingerprint(now, h);
        }
        let queue: Vec<_> = queue.iter().map(|&at| self.connections.get(at).map(name)).collect();
        queue.hash(h);
    }

    fn fingerprint_note(&self, note: &Event, h: &mut impl Hasher) {
        core::mem::discriminant(note).hash(h);
        match note {
            Event::Acceptable(id) => self.place(*id).hash(h),
            Event::UdpReadable(id) => self.udp_local(*id).hash(h),
            Event::Abandoned(id, tuple) => (self.place(*id), tuple.local, tuple.peer).hash(h),
            // These are told from the tables.
            _ => {}
        }
    }

    fn place(&self, id: ListenerId) -> Option<Bind> {
        self.listeners.get(id).map(|listener| listener.at)
    }

    /// Who stands in a chain, first to last.
    fn order(&self, chain: &Chain, next: fn(&Socket) -> Option<u32>) -> Vec<Option<Name>> {
        let indices = successors(chain.head(), |&at| self.connections.get(at).and_then(next));
        indices.map(|at| self.connections.get(at).map(name)).collect()
    }
}

fn name(socket: &Socket) -> Name {
    (socket.key, socket.is_indexed)
}
