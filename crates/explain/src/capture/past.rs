//! How connections ended that were told already.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::net::SocketAddr;

use cordial_tcp::Instant;
use cordial_trace::event::{Group, LastSeen, Predecessor, Side};

use super::packet::Tcp;

/// The newest ends, by the pair of addresses.
#[derive(Debug)]
pub(super) struct Past<K> {
    ended: HashMap<K, Ended>,
    order: VecDeque<(K, Group)>,
}

/// The end of a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) group: Group,
    pub(super) client: SocketAddr,
    pub(super) last: Instant,
    /// Both ends were done. Else it was told early, or the ports were used again.
    pub(super) was_over: bool,
    /// It was told while it went on: what comes later is still of it.
    pub(super) told_early: bool,
    pub(super) ends: [LastSeen; 2],
}

impl<K> Default for Past<K> {
    fn default() -> Self {
        Self { ended: HashMap::new(), order: VecDeque::new() }
    }
}

impl<K: Copy + Eq + Hash> Past<K> {
    /// The last connection of a pair of addresses.
    pub(super) fn of(&self, key: &K) -> Option<Ended> {
        self.ended.get(key).copied()
    }

    /// A packet that continues one that was told early: the next one's numbers are near its own.
    pub(super) fn goes_on(&mut self, key: &K, packet: &Tcp) {
        if let Some(ended) = self.ended.get_mut(key) {
            ended.last = packet.time;
            ended.ends[ended.sender(packet).index()].next = Some(packet.end());
        }
    }

    /// Keeps an end, and at most `most` of them.
    pub(super) fn remember(&mut self, key: K, ended: Ended, most: usize) {
        self.ended.insert(key, ended);
        self.order.push_back((key, ended.group));
        while self.order.len() > most {
            let Some((key, group)) = self.order.pop_front() else { return };
            if self.ended.get(&key).is_some_and(|ended| ended.group == group) {
                self.ended.remove(&key);
            }
        }
    }
}

impl Ended {
    /// True if a packet continues what was seen of this.
    pub(super) fn has_numbers_of(&self, packet: &Tcp) -> bool {
        const NEAR: u32 = 1 << 22;
        let next = self.ends[self.sender(packet).index()].next;
        next.is_none_or(|next| packet.seq.since(next) < NEAR || next.since(packet.seq) < NEAR)
    }

    fn sender(&self, packet: &Tcp) -> Side {
        if packet.source == self.client { Side::Client } else { Side::Server }
    }

    /// True if it was told while it went on, and `packet` is of it: not the SYN of another one.
    pub(super) fn is_continued_by(&self, packet: &Tcp) -> bool {
        let next = self.ends[self.sender(packet).index()].next;
        let is_its_call = || next == Some(packet.end());
        self.told_early && self.has_numbers_of(packet) && (!packet.is_call() || is_its_call())
    }

    /// It as the predecessor of a connection that `first` begins.
    pub(super) fn predecessor(&self, caller: SocketAddr, now: Instant) -> Predecessor {
        let [client, server] = self.ends;
        let (client, server) = if caller == self.client { (client, server) } else { (server, client) };
        Predecessor { group: self.group, quiet: now.since(self.last), client, server }
    }
}
