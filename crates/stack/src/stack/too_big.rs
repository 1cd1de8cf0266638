//! What the paths of this host carry (RFC 1191, RFC 8201).
//!
//! A message about what was never sent is refused (RFC 5927 §7).

use core::net::IpAddr;

use cordial_ip::icmp::{Error, plateau_below};
use cordial_tcp::{Instant, Rule};

use super::Stack;
use crate::key::Key;
use crate::{Chance, Observer, What};

/// Every link of IPv6 carries packets of so many octets (RFC 8200 §5).
const LEAST_MTU_V6: u16 = 1280;
/// What an IPv4 host may count on at the least (RFC 791 §3.2).
const LEAST_MTU_V4: u16 = 68;

impl<C: Chance, O: Observer> Stack<C, O> {
    /// A router says that what the connection at `at` sent is longer than a link carries. The connection judges whether
    /// that can be; what it believes holds for all that is sent to the same host.
    pub(super) fn on_too_big(&mut self, now: Instant, at: u32, key: &Key, error: &Error, mtu: u32) {
        let Some(mtu) = self.believable(key, error, mtu) else { return self.counters.icmp_in_errors += 1 };
        let before = self.vars_if_watched(at);
        let Some(socket) = self.connections.get_mut(at) else { return };
        let size = mtu - key.header_len();
        let outcome = socket.tcp.on_too_big(now, error.quoted.seq, size, &mut self.pool);
        let age = socket.tcp.config().path_mtu_age;
        match outcome.did {
            Ok(why) => {
                let lowered = why == Rule::PathMtu;
                self.counters.path_mtu_updates += u64::from(lowered);
                if lowered {
                    self.learn_path(now, key.peer_ip(), mtu, now + age);
                }
                if self.is_watched() {
                    let after = self.vars_of(at);
                    let what = What::Icmp { kind: error.kind, code: error.code };
                    self.tell(now, key, what, why, (before, after));
                }
            }
            Err(_) => self.counters.icmp_refused += 1,
        }
        self.settle(now, at, outcome, before);
    }

    /// The MTU that a message stands for: what it says, but no less than is sensible; or, where an old router says
    /// nothing, the usual one below the packet's length (RFC 1191 §5). None if no router says such a thing: every link of
    /// IPv6 carries 1,280 octets (RFC 8201 §4).
    fn believable(&self, key: &Key, error: &Error, mtu: u32) -> Option<u16> {
        let mtu = u16::try_from(mtu).unwrap_or(u16::MAX);
        match (key.is_v4(), mtu) {
            (true, 0) => Some(plateau_below(error.quoted.total_len).max(self.least_mtu(key))),
            (true, _) => Some(mtu.max(self.least_mtu(key))),
            (false, ..LEAST_MTU_V6) => None,
            (false, _) => Some(mtu),
        }
    }

    fn least_mtu(&self, key: &Key) -> u16 {
        if key.is_v4() { self.config.least_path_mtu.max(LEAST_MTU_V4) } else { LEAST_MTU_V6 }
    }

    /// All connections to that host are told before they send next (RFC 8201 §5.2): at once would be work for each.
    fn learn_path(&mut self, now: Instant, peer: IpAddr, mtu: u16, until: Instant) {
        let (hash, limit) = (self.hasher.hash_address(peer), self.config.limits.paths);
        if self.paths.get(now, peer, hash).is_some_and(|(known, _)| known < mtu) {
            return;
        }
        self.paths.learn(peer, hash, mtu, until, limit);
        self.path_news = self.path_news.wrapping_add(1);
    }

    /// Tells a new connection what its path is known to carry, and what to believe at the least.
    pub(super) fn begin_path(&mut self, now: Instant, at: u32) {
        let Some(key) = self.connections.get(at).map(|socket| socket.key) else { return };
        let least = self.least_mtu(&key).saturating_sub(key.header_len());
        let flow_label = self.hasher.flow_label(&key);
        if let Some(socket) = self.connections.get_mut(at) {
            socket.tcp.set_least_size(least);
            socket.flow_label = flow_label;
        }
        self.catch_up_with_path(now, at);
    }

    /// Tells a connection what was learnt of paths since it was told last.
    #[cold]
    pub(super) fn catch_up_with_path(&mut self, now: Instant, at: u32) {
        let news = self.path_news;
        let Some(socket) = self.connections.get_mut(at) else { return };
        socket.path_news = news;
        if self.paths.is_empty() {
            return;
        }
        let (peer, header_len) = (socket.key.peer_ip(), socket.key.header_len());
        if let Some((mtu, until)) = self.paths.get(now, peer, self.hasher.hash_address(peer)) {
            socket.tcp.limit_path(now, mtu.saturating_sub(header_len), until);
        }
    }
}
