//! What sockets keep: who waits for what, and the settings the stack does not know.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use cordial_stack::{ConnId, Event, ListenerId, SynId, Tuple, UdpId};

use super::table::Table;
use super::wakers::{Waiters, Woken};

/// The sockets of a host, by the stack's names.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    pub(crate) conns: Table<ConnId, Conn>,
    pub(crate) listeners: Table<ListenerId, Listener>,
    pub(crate) syns: Table<SynId, Syn>,
    pub(crate) udp: Table<UdpId, Waiters>,
    /// Who waits for echo requests.
    pub(crate) echo: Waiters,
    /// Who waits until there are no connections, or the end.
    pub(crate) drained: Waiters,
    /// Who waits for the end of the host alone: it is without connections over and over.
    pub(crate) stopped: Waiters,
    /// Streams whose connection is over, while somebody still holds them.
    pub(crate) ended: usize,
}

/// A stream.
#[derive(Debug, Default)]
pub(crate) struct Conn {
    pub(crate) readers: Waiters,
    pub(crate) writers: Waiters,
    /// Who waits for everything to be delivered, or for trouble.
    pub(crate) watchers: Waiters,
    /// Who waits for the end of the connection, and for nothing before it.
    pub(crate) at_end: Waiters,
    pub(crate) linger: Option<Duration>,
    pub(crate) nodelay: bool,
    /// The connection's end was told as an error; from now on it is end of file and broken pipe.
    pub(crate) told: bool,
    pub(crate) ended: bool,
}

/// A listener.
#[derive(Debug, Default)]
pub(crate) struct Listener {
    pub(crate) waiters: Waiters,
    /// Set if it decides on each SYN.
    pub(crate) deciding: Option<Box<Deciding>>,
}

/// What a deciding listener has more.
#[derive(Debug, Default)]
pub(crate) struct Deciding {
    /// SYNs nobody looked at yet, oldest first; those withdrawn since have no entry any more.
    queue: VecDeque<SynId>,
    /// How many in the queue were withdrawn.
    stale: usize,
    /// SYNs answered with a SYN-ACK for somebody who waits for the connection.
    pub(crate) promised: HashMap<Tuple, Promised>,
}

/// A connection that somebody waits for.
#[derive(Debug)]
pub(crate) struct Promised {
    /// The SYN it began with: the same two ends may meet again.
    pub(crate) syn: SynId,
    pub(crate) conn: Option<ConnId>,
    pub(crate) waiters: Waiters,
}

/// A SYN that waits for a decision.
#[derive(Debug)]
pub(crate) struct Syn {
    pub(crate) tuple: Tuple,
    listener: ListenerId,
    /// An [`Incoming`](crate::Incoming) holds it.
    taken: bool,
    pub(crate) withdrawn: bool,
    pub(crate) waiters: Waiters,
}

impl Conn {
    /// Wakes whoever waits: the connection or the host has ended.
    fn wake_all(&mut self, woken: &mut Woken) {
        for waiters in [&mut self.readers, &mut self.writers, &mut self.watchers, &mut self.at_end] {
            waiters.wake(woken);
        }
    }
}

impl Listener {
    /// Wakes those who wait for a connection, and those who wait for a certain one.
    pub(crate) fn wake_all(&mut self, woken: &mut Woken) {
        self.waiters.wake(woken);
        for promised in self.deciding.iter_mut().flat_map(|deciding| deciding.promised.values_mut()) {
            promised.waiters.wake(woken);
        }
    }

    /// Connections that are there and were not fetched.
    pub(crate) fn kept_promises(&self) -> impl Iterator<Item = ConnId> {
        self.deciding
            .iter()
            .flat_map(|deciding| deciding.promised.values())
            .filter_map(|promised| promised.conn)
    }
}

impl Sockets {
    /// Wakes who waits for an event. Not for `Acceptable` of deciding listeners: see [`Sockets::keep_promise`].
    pub(crate) fn on_event(&mut self, event: Event, woken: &mut Woken) {
        match event {
            Event::Incoming(listener, syn, tuple) => self.on_incoming(listener, syn, tuple, woken),
            Event::Withdrawn(syn) => self.on_withdrawn(syn, woken),
            Event::Abandoned(listener, tuple) => self.break_promise(listener, tuple, woken),
            Event::Acceptable(listener) => self.wake_listener(listener, woken),
            Event::Readable(conn) | Event::Urgent(conn) => {
                self.with_conn(conn, |conn| conn.readers.wake(woken))
            }
            // Whoever waits for these looks at the connection's variables.
            Event::InDoubt(conn) | Event::Unreachable(conn) | Event::Delivered(conn) => {
                self.with_conn(conn, |conn| conn.watchers.wake(woken));
            }
            Event::Opened(conn) | Event::Writable(conn) => {
                self.with_conn(conn, |conn| conn.writers.wake(woken));
            }
            Event::Ended(conn, _) => self.on_ended(conn, woken),
            Event::EchoReadable => self.echo.wake(woken),
            Event::UdpReadable(udp) => {
                if let Some(waiters) = self.udp.get_mut(udp) {
                    waiters.wake(woken);
                }
            }
        }
    }

    /// A stream for `id`.
    pub(crate) fn insert_conn(&mut self, id: ConnId, conn: Conn) {
        self.ended += usize::from(conn.ended);
        self.conns.insert(id, conn);
    }

    /// The stream is gone.
    pub(crate) fn remove_conn(&mut self, id: ConnId) -> Option<Conn> {
        let conn = self.conns.remove(id)?;
        self.ended -= usize::from(conn.ended);
        Some(conn)
    }

    fn on_ended(&mut self, id: ConnId, woken: &mut Woken) {
        if let Some(conn) = self.conns.get_mut(id) {
            self.ended += usize::from(!std::mem::replace(&mut conn.ended, true));
            conn.wake_all(woken);
        }
    }

    fn with_conn(&mut self, conn: ConnId, f: impl FnOnce(&mut Conn)) {
        if let Some(conn) = self.conns.get_mut(conn) {
            f(conn);
        }
    }

    fn wake_listener(&mut self, listener: ListenerId, woken: &mut Woken) {
        if let Some(listener) = self.listeners.get_mut(listener) {
            listener.waiters.wake(woken);
        }
    }

    fn on_incoming(&mut self, listener: ListenerId, syn: SynId, tuple: Tuple, woken: &mut Woken) {
        let Some(Listener { waiters, deciding: Some(deciding) }) = self.listeners.get_mut(listener) else {
            return;
        };
        deciding.queue.push_back(syn);
        waiters.wake(woken);
        let entry = Syn { tuple, listener, taken: false, withdrawn: false, waiters: Waiters::default() };
        self.syns.insert(syn, entry);
    }

    fn on_withdrawn(&mut self, syn: SynId, woken: &mut Woken) {
        let Some(entry) = self.syns.get_mut(syn) else { return };
        if entry.taken {
            entry.withdrawn = true;
            entry.waiters.wake(woken);
            return;
        }
        let listener = entry.listener;
        self.syns.remove(syn);
        self.forget_stale(listener);
    }

    /// The queue is swept when half of it is stale: it stays as short as what is undecided, at a constant cost each.
    fn forget_stale(&mut self, listener: ListenerId) {
        let Some(deciding) = self.deciding(listener) else { return };
        deciding.stale += 1;
        if deciding.stale * 2 > deciding.queue.len() {
            let mut queue = std::mem::take(&mut deciding.queue);
            deciding.stale = 0;
            queue.retain(|&syn| self.syns.get(syn).is_some());
            if let Some(deciding) = self.deciding(listener) {
                deciding.queue = queue;
            }
        }
    }

    /// The oldest SYN that nobody looked at; it is the caller's then.
    pub(crate) fn take_incoming(&mut self, listener: ListenerId) -> Option<(SynId, Tuple)> {
        loop {
            let deciding = self.deciding(listener)?;
            let syn = deciding.queue.pop_front()?;
            if let Some(entry) = self.syns.get_mut(syn) {
                entry.taken = true;
                return Some((syn, entry.tuple));
            }
            if let Some(deciding) = self.deciding(listener) {
                deciding.stale = deciding.stale.saturating_sub(1);
            }
        }
    }

    /// The deciding part of a listener, where it has one.
    pub(crate) fn deciding(&mut self, listener: ListenerId) -> Option<&mut Deciding> {
        self.listeners.get_mut(listener)?.deciding.as_deref_mut()
    }

    /// Hands a connection to whoever waits for it; false if nobody does.
    pub(crate) fn keep_promise(
        &mut self,
        listener: ListenerId,
        tuple: Tuple,
        conn: ConnId,
        woken: &mut Woken,
    ) -> bool {
        let Some(deciding) = self.deciding(listener) else { return false };
        let Some(promised) = deciding.promised.get_mut(&tuple) else { return false };
        if promised.conn.is_some() {
            return false;
        }
        promised.conn = Some(conn);
        promised.waiters.wake(woken);
        true
    }

    /// The handshake came to nothing: whoever waits for its connection finds no promise any more.
    fn break_promise(&mut self, listener: ListenerId, tuple: Tuple, woken: &mut Woken) {
        let Some(deciding) = self.deciding(listener) else { return };
        if deciding.promised.get(&tuple).is_some_and(|promised| promised.conn.is_none())
            && let Some(mut promised) = deciding.promised.remove(&tuple)
        {
            promised.waiters.wake(woken);
        }
    }

    /// Wakes everybody: the host has ended.
    pub(crate) fn wake_all(&mut self, woken: &mut Woken) {
        for (_, conn) in self.conns.iter_mut() {
            conn.wake_all(woken);
        }
        for (_, listener) in self.listeners.iter_mut() {
            listener.wake_all(woken);
        }
        for (_, syn) in self.syns.iter_mut() {
            syn.withdrawn = true;
            syn.waiters.wake(woken);
        }
        for (_, waiters) in self.udp.iter_mut() {
            waiters.wake(woken);
        }
        for waiters in [&mut self.echo, &mut self.drained, &mut self.stopped] {
            waiters.wake(woken);
        }
    }
}
