//! The two ends of a connection as the tables keep them.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use cordial_wire::{Flags, Options, Segment};
use siphasher::sip::SipHasher13;

use crate::Tuple;

/// The two ends of a connection in 36 octets. An IPv4 address stands as its IPv4-mapped form, which no packet has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Key {
    local: [u8; 16],
    peer: [u8; 16],
    pub local_port: u16,
    pub peer_port: u16,
}

/// The same for IPv4 alone, in 12 octets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct KeyV4 {
    local: [u8; 4],
    peer: [u8; 4],
    local_port: u16,
    peer_port: u16,
}

impl Key {
    #[inline]
    pub fn new(local: IpAddr, local_port: u16, peer: IpAddr, peer_port: u16) -> Self {
        Self { local: pack(local), peer: pack(peer), local_port, peer_port }
    }

    pub fn between(local: SocketAddr, peer: SocketAddr) -> Self {
        Self::new(local.ip(), local.port(), peer.ip(), peer.port())
    }

    #[inline]
    pub fn local_ip(&self) -> IpAddr {
        unpack(self.local)
    }

    #[inline]
    pub fn peer_ip(&self) -> IpAddr {
        unpack(self.peer)
    }

    pub fn with_local_port(self, local_port: u16) -> Self {
        Self { local_port, ..self }
    }

    pub fn local(&self) -> SocketAddr {
        SocketAddr::new(self.local_ip(), self.local_port)
    }

    pub fn tuple(&self) -> Tuple {
        Tuple { local: self.local(), peer: SocketAddr::new(self.peer_ip(), self.peer_port) }
    }

    #[inline]
    pub fn is_v4(&self) -> bool {
        is_mapped(u128::from_be_bytes(self.peer))
    }

    /// The small form, for IPv4.
    #[inline]
    pub fn v4(&self) -> Option<KeyV4> {
        if !self.is_v4() {
            return None;
        }
        let (local, peer) = (*self.local.last_chunk()?, *self.peer.last_chunk()?);
        Some(KeyV4 { local, peer, local_port: self.local_port, peer_port: self.peer_port })
    }

    /// Octets of IP and TCP header, without options, that a segment of this connection needs.
    #[inline]
    pub fn header_len(&self) -> u16 {
        if self.is_v4() { 40 } else { 60 }
    }

    /// A segment of the peer's with what goes without saying: a SYN over IPv6 that names no MSS stands for 1,220
    /// octets, as every link of IPv6 carries 1,280 (RFC 9293 §3.7.1, MUST-15). Of IPv4's 536 `tcp` knows by itself.
    #[inline]
    pub fn with_default_mss<'a>(&self, segment: &Segment<'a>) -> Segment<'a> {
        let is_unsaid = segment.flags.contains(Flags::SYN) && segment.options.mss.is_none();
        if !is_unsaid || self.is_v4() {
            return *segment;
        }
        Segment { options: Options { mss: Some(DEFAULT_MSS_V6), ..segment.options }, ..*segment }
    }
}

impl KeyV4 {
    #[inline]
    pub fn local_ip(&self) -> IpAddr {
        IpAddr::V4(self.local.into())
    }

    #[inline]
    pub fn peer_ip(&self) -> IpAddr {
        IpAddr::V4(self.peer.into())
    }

    /// The common form.
    #[inline]
    pub fn key(&self) -> Key {
        Key::new(self.local.into(), self.local_port, self.peer.into(), self.peer_port)
    }
}

/// What a peer over IPv6 can take that names no MSS: 1,280 less both headers.
const DEFAULT_MSS_V6: u16 = 1220;

/// The prefix of IPv4-mapped addresses, ::ffff:0:0/96.
const MAPPED: u128 = 0xffff << 32;

#[inline]
const fn is_mapped(bits: u128) -> bool {
    bits >> 32 == MAPPED >> 32
}

// Both as numbers: a processor does not take them octet by octet.
#[inline]
fn pack(address: IpAddr) -> [u8; 16] {
    let bits = match address {
        IpAddr::V4(v4) => MAPPED | u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    };
    bits.to_be_bytes()
}

#[inline]
fn unpack(octets: [u8; 16]) -> IpAddr {
    let bits = u128::from_be_bytes(octets);
    if is_mapped(bits) { Ipv4Addr::from_bits(bits as u32).into() } else { Ipv6Addr::from_bits(bits).into() }
}

/// A secret hash over keys: who sends packets does not know which of them collide.
#[derive(Clone)]
pub(crate) struct KeyHasher(SipHasher13);

/// Without the secret: what is printed is none any more (RFC 6528 §3).
impl fmt::Debug for KeyHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHasher(..)")
    }
}

impl KeyHasher {
    pub fn new(k0: u64, k1: u64) -> Self {
        Self(SipHasher13::new_with_keys(k0, k1))
    }

    #[inline]
    pub fn hash(&self, key: &Key) -> u64 {
        let [p0, p1] = key.local_port.to_be_bytes();
        let [q0, q1] = key.peer_port.to_be_bytes();
        if let Some(v4) = key.v4() {
            let ([a, b, c, d], [e, f, g, h]) = (v4.local, v4.peer);
            return self.0.hash(&[a, b, c, d, e, f, g, h, p0, p1, q0, q1]);
        }
        let mut octets = [0; 36];
        for (to, from) in octets.iter_mut().zip(key.local.iter().chain(&key.peer).chain(&[p0, p1, q0, q1])) {
            *to = *from;
        }
        self.0.hash(&octets)
    }

    /// The hash of a peer's address: all of an IPv4 address, the network's part of an IPv6 address, since whoever has
    /// one address of a /64 has them all.
    pub fn hash_peer(&self, address: IpAddr) -> u64 {
        let [a, b, c, d, e, f, g, h, ref host @ ..] = pack(address);
        let host = if address.is_ipv4() { *host } else { [0; 8] };
        let [i, j, k, l, m, n, o, p] = host;
        self.0.hash(&[a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
    }

    /// The flow label of what this connection sends: of all packets alike, and of no two flows to be guessed from each
    /// other (RFC 6437 §3). IPv4 has none.
    pub fn flow_label(&self, key: &Key) -> u32 {
        if key.is_v4() { 0 } else { (self.hash(key) as u32 >> 12).max(1) }
    }

    /// The hash of an address, all of it.
    pub fn hash_address(&self, address: IpAddr) -> u64 {
        self.0.hash(&pack(address))
    }

    /// The hash of a key and something more.
    pub fn hash_with(&self, key: &Key, more: u64) -> u64 {
        let [a, b, c, d, e, f, g, h] = self.hash(key).to_le_bytes();
        let [i, j, k, l, m, n, o, p] = more.to_le_bytes();
        self.0.hash(&[a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_back_what_it_was_made_of() {
        for (local, peer) in [
            ("10.0.0.1:80", "192.0.2.7:1234"),
            ("[fd00::1]:80", "[2001:db8::7]:65535"),
            ("[::1]:80", "[::2]:9"),
        ] {
            let tuple = Tuple { local: local.parse().unwrap(), peer: peer.parse().unwrap() };
            let key = Key::between(tuple.local, tuple.peer);
            assert_eq!(key.tuple(), tuple);
            assert_eq!(key.v4().is_some(), tuple.local.is_ipv4());
            assert!(key.v4().is_none_or(|small| small.key() == key));
        }
    }

    #[test]
    fn the_hash_depends_on_every_part_and_on_the_secret() {
        let hasher = KeyHasher::new(1, 2);
        let hash = |a: &str, b: &str| hasher.hash(&Key::between(a.parse().unwrap(), b.parse().unwrap()));
        let base = hash("[fd00::1]:80", "[fd00::2]:1000");
        assert_ne!(base, hash("[fd00::1]:81", "[fd00::2]:1000"));
        assert_ne!(base, hash("[fd00::1]:80", "[fd00::2]:1001"));
        assert_ne!(base, hash("[fd00::3]:80", "[fd00::2]:1000"));
        assert_ne!(base, hash("[fd00::1]:80", "[fd00::4]:1000"));
        let key = Key::between("10.0.0.1:1".parse().unwrap(), "10.0.0.2:2".parse().unwrap());
        assert_ne!(hasher.hash(&key), KeyHasher::new(1, 3).hash(&key));
        assert_ne!(hasher.hash_with(&key, 1), hasher.hash_with(&key, 2));
    }

    #[test]
    fn a_peer_is_an_ipv4_address_or_an_ipv6_network() {
        let hasher = KeyHasher::new(1, 2);
        let hash = |text: &str| hasher.hash_peer(text.parse().unwrap());
        assert_ne!(hash("10.0.0.1"), hash("10.0.0.2"));
        assert_eq!(hash("2001:db8::1"), hash("2001:db8::ffff:1"));
        assert_ne!(hash("2001:db8::1"), hash("2001:db8:0:1::1"));
    }
}
