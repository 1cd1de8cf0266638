//! Addresses and prefixes: who can be talked to.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// True if a single host can have `address`: not unspecified, multicast, broadcast or reserved.
///
/// An IPv4-mapped IPv6 address names an IPv4 host and never stands in a packet (RFC 4038 §4.2), so it is not one.
pub fn is_unicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_unicast_v4(v4),
        IpAddr::V6(v6) => is_unicast_v6(v6),
    }
}

fn is_unicast_v4(address: Ipv4Addr) -> bool {
    let [first, ..] = address.octets();
    // 0/8 is "this network", 224/4 multicast, 240/4 reserved with the limited broadcast in it (RFC 1122 §3.2.1.3).
    (1..224).contains(&first)
}

fn is_unicast_v6(address: Ipv6Addr) -> bool {
    !address.is_unspecified() && !address.is_multicast() && address.to_ipv4_mapped().is_none()
}

/// True if TCP may connect these two (RFC 9293 MUST-46, MUST-57; RFC 1122 §4.2.3.10): both are single hosts of one
/// family. Loopback addresses are let through: they mean what the caller says they mean.
pub fn can_connect(a: IpAddr, b: IpAddr) -> bool {
    a.is_ipv4() == b.is_ipv4() && is_unicast(a) && is_unicast(b)
}

/// An address and how many of its leading bits its neighbours share.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Prefix {
    address: IpAddr,
    bits: u8,
}

impl Prefix {
    /// `address` with a prefix of `bits`, cut to 32 or 128.
    pub fn new(address: IpAddr, bits: u8) -> Self {
        let most = if address.is_ipv4() { 32 } else { 128 };
        Self { address, bits: bits.min(most) }
    }

    /// The address, all of it.
    pub const fn address(self) -> IpAddr {
        self.address
    }

    /// The length of the prefix.
    pub const fn bits(self) -> u8 {
        self.bits
    }

    /// True if `other` has the same leading bits.
    pub fn contains(self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                let differing = u128::from(a.to_bits() ^ b.to_bits()) << 96;
                u32::from(self.bits) <= differing.leading_zeros()
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                u32::from(self.bits) <= (a.to_bits() ^ b.to_bits()).leading_zeros()
            }
            _ => false,
        }
    }

    /// True if `other` reaches everyone in this prefix: all host bits set (RFC 1122 §3.2.1.3 (d)), or none (the old
    /// form). A /31 and a /32 have no broadcast address (RFC 3021 §2.1).
    pub fn is_broadcast(self, other: IpAddr) -> bool {
        let (IpAddr::V4(_), IpAddr::V4(b)) = (self.address, other) else { return false };
        if self.bits >= 31 || !self.contains(other) {
            return false;
        }
        let host = u32::MAX >> self.bits;
        b.to_bits() & host == host || b.to_bits() & host == 0
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn what_no_host_has_is_not_unicast() {
        for address in ["0.0.0.0", "0.1.2.3", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"] {
            assert!(!is_unicast(ip(address)), "{address}");
        }
        for address in ["::", "ff02::1", "::ffff:10.0.0.1"] {
            assert!(!is_unicast(ip(address)), "{address}");
        }
        for address in ["1.0.0.1", "10.0.0.1", "127.0.0.1", "223.255.255.255", "fe80::1", "2001:db8::1"] {
            assert!(is_unicast(ip(address)), "{address}");
        }
        assert!(!can_connect(ip("10.0.0.1"), ip("fe80::1")));
    }

    #[test]
    fn a_prefix_contains_its_neighbours_only() {
        let prefix = Prefix::new(ip("10.1.2.3"), 24);
        assert!(prefix.contains(ip("10.1.2.255")));
        assert!(!prefix.contains(ip("10.1.3.3")));
        assert!(!prefix.contains(ip("fe80::1")));
        assert!(Prefix::new(ip("10.1.2.3"), 0).contains(ip("192.0.2.1")));
        assert!(Prefix::new(ip("10.1.2.3"), 200).contains(ip("10.1.2.3")));
        assert!(!Prefix::new(ip("10.1.2.3"), 32).contains(ip("10.1.2.2")));
        assert!(Prefix::new(ip("fd00::1"), 64).contains(ip("fd00::ffff")));
        assert!(!Prefix::new(ip("fd00::1"), 128).contains(ip("fd00::2")));
    }

    #[test]
    fn a_broadcast_address_has_all_host_bits_alike() {
        let prefix = Prefix::new(ip("10.1.2.3"), 24);
        assert!(prefix.is_broadcast(ip("10.1.2.255")));
        assert!(prefix.is_broadcast(ip("10.1.2.0")));
        assert!(!prefix.is_broadcast(ip("10.1.2.4")));
        assert!(!prefix.is_broadcast(ip("10.1.3.255")));
        assert!(!Prefix::new(ip("10.1.2.3"), 31).is_broadcast(ip("10.1.2.3")));
    }
}
