//! UDP sockets.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::hash::{Hash, Hasher};
use core::net::SocketAddr;

use crate::slab::Slab;
use crate::{Bind, UdpId};

/// A datagram that arrived.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Datagram {
    /// Who sent it, as it says.
    pub source: SocketAddr,
    /// Whom it was for: with [`Bind::Any`] that may be anyone.
    pub destination: SocketAddr,
    /// Its octets.
    pub octets: Vec<u8>,
}

/// What a datagram costs beside its octets, so that empty ones are bounded too.
const OVERHEAD: usize = size_of::<Datagram>();

#[derive(Clone, Debug)]
pub(crate) struct UdpSocket {
    pub at: Bind,
    queue: VecDeque<Datagram>,
    octets: usize,
    /// The application is about to be told.
    pub is_noted: bool,
}

impl UdpSocket {
    /// False, and nothing kept, if the queue would hold more than `limit` octets.
    pub fn push(&mut self, datagram: Datagram, limit: u32) -> bool {
        let cost = datagram.octets.len() + OVERHEAD;
        let has_room = self.octets + cost <= limit as usize;
        if has_room {
            self.octets += cost;
            self.queue.push_back(datagram);
        }
        has_room
    }

    pub fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub fn pop(&mut self) -> Option<Datagram> {
        let datagram = self.queue.pop_front()?;
        self.octets -= datagram.octets.len() + OVERHEAD;
        Some(datagram)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct UdpSockets {
    sockets: Slab<UdpSocket>,
    places: BTreeMap<Bind, UdpId>,
}

impl UdpSockets {
    pub const fn new() -> Self {
        Self { sockets: Slab::new(), places: BTreeMap::new() }
    }

    /// Octets that wait in all of them, and how many they are.
    pub fn depth(&self) -> (usize, usize) {
        self.sockets.iter().fold((0, 0), |(octets, count), (_, socket)| (octets + socket.octets, count + 1))
    }

    pub fn is_taken(&self, at: Bind) -> bool {
        self.places.contains_key(&at)
    }

    /// None if the place is taken.
    pub fn insert(&mut self, at: Bind) -> Option<UdpId> {
        if self.is_taken(at) {
            return None;
        }
        let socket = UdpSocket { at, queue: VecDeque::new(), octets: 0, is_noted: false };
        let (index, generation) = self.sockets.insert(socket);
        let id = UdpId(index, generation);
        self.places.insert(at, id);
        Some(id)
    }

    pub fn remove(&mut self, id: UdpId) {
        let Some(at) = self.get(id).map(|socket| socket.at) else { return };
        self.sockets.remove(id.0);
        self.places.remove(&at);
    }

    pub fn get(&self, id: UdpId) -> Option<&UdpSocket> {
        self.sockets.get_named(id.0, id.1)
    }

    pub fn get_mut(&mut self, id: UdpId) -> Option<&mut UdpSocket> {
        self.sockets.get_named_mut(id.0, id.1)
    }

    /// Feeds the sockets and what waits in them into `h`, by place.
    pub fn fingerprint(&self, h: &mut impl Hasher) {
        for socket in self.places.values().filter_map(|&id| self.get(id)) {
            let UdpSocket { at, queue, octets: _, is_noted } = socket;
            (at, queue, is_noted).hash(h);
        }
    }

    /// Who takes a datagram to `at`: the narrowest place that fits.
    pub fn find(&self, at: SocketAddr) -> Option<UdpId> {
        Bind::candidates(at).iter().find_map(|place| self.places.get(place)).copied()
    }
}
