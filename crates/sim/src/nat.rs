//! A router that hides hosts behind one address, and forgets.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use cordial_stack::Instant;

/// The settings of a NAT.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NatConfig {
    /// A connection in which nothing passes for this long is forgotten. 300 s.
    pub idle: Duration,
    /// What becomes of the segments of a forgotten connection.
    pub forgotten: Forgotten,
    /// The first of the ports it gives out, in order. 20,000.
    pub first_port: u16,
}

/// What becomes of the segments of a connection that a NAT has forgotten, or never knew.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Forgotten {
    /// They vanish.
    #[default]
    Silent,
    /// They vanish, and their sender gets a reset.
    Reset,
}

impl Default for NatConfig {
    fn default() -> Self {
        Self { idle: Duration::from_secs(300), forgotten: Forgotten::Silent, first_port: 20_000 }
    }
}

/// A NAT while the world runs. It hands on TCP, and nothing else.
#[derive(Debug)]
pub(crate) struct Nat {
    outside: IpAddr,
    config: NatConfig,
    next_port: u16,
    mappings: Vec<Mapping>,
}

#[derive(Clone, Copy, Debug)]
struct Mapping {
    inside: SocketAddr,
    peer: SocketAddr,
    port: u16,
    used: Instant,
}

/// What a NAT makes of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Crossing {
    /// It goes on between these ends.
    As { source: SocketAddr, destination: SocketAddr, is_new: bool },
    /// It belongs to nothing that is known.
    Unknown(Forgotten),
}

impl Nat {
    pub fn new(outside: IpAddr, config: NatConfig) -> Self {
        Self { outside, config, next_port: config.first_port, mappings: Vec::new() }
    }

    /// A segment from the inside; only a SYN makes a connection known.
    pub fn leaves(&mut self, now: Instant, inside: SocketAddr, peer: SocketAddr, is_syn: bool) -> Crossing {
        self.forget(now);
        let known = self.mappings.iter_mut().find(|known| (known.inside, known.peer) == (inside, peer));
        let (port, is_new) = match known {
            Some(known) => {
                known.used = now;
                (known.port, false)
            }
            None if is_syn => (self.enter(now, inside, peer), true),
            None => return Crossing::Unknown(self.config.forgotten),
        };
        Crossing::As { source: SocketAddr::new(self.outside, port), destination: peer, is_new }
    }

    /// A segment from the outside.
    pub fn enters(&mut self, now: Instant, peer: SocketAddr, port: u16) -> Crossing {
        self.forget(now);
        match self.mappings.iter_mut().find(|known| (known.port, known.peer) == (port, peer)) {
            Some(known) => {
                known.used = now;
                Crossing::As { source: peer, destination: known.inside, is_new: false }
            }
            None => Crossing::Unknown(self.config.forgotten),
        }
    }

    fn enter(&mut self, now: Instant, inside: SocketAddr, peer: SocketAddr) -> u16 {
        let mut port = self.next_port;
        // There are fewer connections than ports.
        while self.mappings.iter().any(|known| known.port == port) {
            port = port.checked_add(1).unwrap_or(self.config.first_port);
        }
        self.next_port = port.checked_add(1).unwrap_or(self.config.first_port);
        self.mappings.push(Mapping { inside, peer, port, used: now });
        port
    }

    fn forget(&mut self, now: Instant) {
        let idle = self.config.idle;
        self.mappings.retain(|known| now.since(known.used) < idle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_known_from_its_syn_until_it_has_been_silent_too_long() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        let secs = |seconds: u64| Instant::from_millis(seconds * 1_000);
        let mut nat = Nat::new("192.0.2.1".parse().unwrap(), NatConfig::default());
        let (inside, peer, outside) = (at("10.0.0.2:5000"), at("203.0.113.9:80"), at("192.0.2.1:20000"));
        let unknown = Crossing::Unknown(Forgotten::Silent);
        assert_eq!(nat.leaves(secs(0), inside, peer, false), unknown);
        let first = Crossing::As { source: outside, destination: peer, is_new: true };
        assert_eq!(nat.leaves(secs(0), inside, peer, true), first);
        let back = Crossing::As { source: peer, destination: inside, is_new: false };
        assert_eq!(nat.enters(secs(299), peer, 20_000), back);
        assert_eq!(nat.enters(secs(299), peer, 20_001), unknown);
        assert_eq!(nat.enters(secs(598), peer, 20_000), back, "each segment starts the clock anew");
        assert_eq!(nat.enters(secs(898), peer, 20_000), unknown);
        assert_eq!(nat.leaves(secs(898), inside, peer, false), unknown);
    }
}
