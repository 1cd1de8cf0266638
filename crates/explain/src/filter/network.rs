//! Where a peer may be: an address, a network, with or without a port.

use std::net::{IpAddr, SocketAddr};

/// A set of addresses with ports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    address: IpAddr,
    /// Bits of the address that count.
    bits: u8,
    port: Option<u16>,
}

impl Place {
    /// `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1:443`, `fd77::80`, `[fd77::80]:443`; none if it is nothing of the kind.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Ok(at) = text.parse::<SocketAddr>() {
            return Some(Self { address: at.ip(), bits: whole(at.ip()), port: Some(at.port()) });
        }
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        let bare = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(address);
        let address: IpAddr = bare.parse().ok()?;
        let bits = bits.unwrap_or(whole(address));
        (bits <= whole(address)).then_some(Self { address, bits, port: None })
    }

    /// True if `at` is one of them.
    pub(super) fn has(&self, at: SocketAddr) -> bool {
        let (own, other) = match (self.address, at.ip()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (front(own.to_bits()), front(other.to_bits())),
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits()),
            _ => return false,
        };
        let shift = 128 - u32::from(self.bits);
        let is_in = (own ^ other).checked_shr(shift).unwrap_or(0) == 0;
        is_in && self.port.is_none_or(|port| port == at.port())
    }
}

/// An IPv4 address in the front of 128 bits.
fn front(bits: u32) -> u128 {
    u128::from(bits) << 96
}

const fn whole(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(place: &str, at: &str) -> bool {
        Place::parse(place).expect("a place").has(at.parse().expect("an address"))
    }

    #[test]
    fn networks_hold_their_addresses_and_no_others() {
        assert!(has("10.0.0.1", "10.0.0.1:80") && !has("10.0.0.1", "10.0.0.2:80"));
        assert!(has("10.0.0.0/8", "10.255.0.1:1") && !has("10.0.0.0/8", "11.0.0.1:1"));
        assert!(has("10.0.0.1:443", "10.0.0.1:443") && !has("10.0.0.1:443", "10.0.0.1:80"));
        assert!(has("fd77::/16", "[fd77::80]:80") && !has("fd77::/16", "[fd78::80]:80"));
        assert!(has("[fd77::80]:80", "[fd77::80]:80") && has("fd77::80", "[fd77::80]:1"));
        assert!(has("0.0.0.0/0", "1.2.3.4:1") && !has("0.0.0.0/0", "[::1]:1"));
        for nonsense in ["", "10.0.0", "10.0.0.1/33", "fd77::/129", "10.0.0.1:70000", "x/8", "[::1"] {
            assert_eq!(Place::parse(nonsense), None, "{nonsense}");
        }
    }
}
