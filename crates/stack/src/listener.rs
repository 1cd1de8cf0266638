//! Listeners: who takes what arrives.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::sync::Arc;
use core::net::SocketAddr;

use cordial_tcp::TcpConfig;

use crate::fast_open::Pending;
use crate::slab::Slab;
use crate::{Bind, ListenerId};

/// LISTEN (RFC 9293 §3.3.2): an entry in a table, not a connection.
#[derive(Clone, Debug)]
pub(crate) struct Listener {
    pub at: Bind,
    pub decide: bool,
    pub backlog: u32,
    /// Callers that are trusted by their cookies, where they are.
    pub fast_open: Option<Pending>,
    pub tcp: Arc<TcpConfig>,
    /// Indices of connections that wait to be accepted.
    pub queue: VecDeque<u32>,
    /// The application is about to be told that there are some.
    pub is_noted: bool,
}

impl Listener {
    pub fn is_full(&self) -> bool {
        self.queue.len() >= self.backlog as usize
    }

    /// The accept queue: used and maximum.
    pub fn depth(&self) -> (u32, u32) {
        (self.queue.len() as u32, self.backlog)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Listeners {
    listeners: Slab<Listener>,
    places: BTreeMap<Bind, ListenerId>,
}

impl Listeners {
    pub const fn new() -> Self {
        Self { listeners: Slab::new(), places: BTreeMap::new() }
    }

    /// None if the place is taken.
    pub fn insert(&mut self, listener: Listener) -> Option<ListenerId> {
        let at = listener.at;
        if self.places.contains_key(&at) {
            return None;
        }
        let (index, generation) = self.listeners.insert(listener);
        let id = ListenerId(index, generation);
        self.places.insert(at, id);
        Some(id)
    }

    pub fn remove(&mut self, id: ListenerId) -> Option<Listener> {
        self.get(id)?;
        let listener = self.listeners.remove(id.0)?;
        self.places.remove(&listener.at);
        Some(listener)
    }

    pub fn get(&self, id: ListenerId) -> Option<&Listener> {
        self.listeners.get_named(id.0, id.1)
    }

    pub fn get_mut(&mut self, id: ListenerId) -> Option<&mut Listener> {
        self.listeners.get_named_mut(id.0, id.1)
    }

    /// The one at an index, whatever its generation, with its name.
    pub fn at_index(&self, index: u32) -> Option<(ListenerId, &Listener)> {
        Some((ListenerId(index, self.listeners.generation(index)?), self.listeners.get(index)?))
    }

    /// All, by place.
    pub fn iter(&self) -> impl Iterator<Item = &Listener> {
        self.places.values().filter_map(|&id| self.get(id))
    }

    /// Who takes a SYN to `at`: the narrowest place that fits.
    pub fn find(&self, at: SocketAddr) -> Option<ListenerId> {
        Bind::candidates(at).iter().find_map(|place| self.places.get(place)).copied()
    }

    /// True if some listener names this place or port: what is opened actively keeps away from it.
    pub fn names(&self, at: SocketAddr) -> bool {
        self.places.contains_key(&Bind::Addr(at)) || self.places.contains_key(&Bind::Port(at.port()))
    }
}
