//! Which connection a packet belongs to.

use std::net::{IpAddr, SocketAddr};

/// Two addresses with their ports, whichever way round; 0 for what has no ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Flow(SocketAddr, SocketAddr);

impl Flow {
    /// The flow of a packet, from its IP header on; `None` if it is too short for one. Behind
    /// IPv6's extension headers no port is looked for.
    pub fn of(packet: &[u8]) -> Option<Self> {
        let (addresses, protocol, header) = match packet.first()? >> 4 {
            4 => (packet.get(12..20)?, *packet.get(9)?, usize::from(packet.first()? & 0x0f) * 4),
            6 => (packet.get(8..40)?, *packet.get(6)?, 40),
            _ => return None,
        };
        let (source, destination) = addresses.split_at(addresses.len() / 2);
        let ports = match protocol {
            TCP | UDP => packet.get(header..header + 4).unwrap_or(&[0; 4]),
            _ => &[0; 4],
        };
        let &[a, b, c, d] = ports else { return None };
        let from = SocketAddr::new(address(source)?, u16::from_be_bytes([a, b]));
        let to = SocketAddr::new(address(destination)?, u16::from_be_bytes([c, d]));
        Some(Self(from.min(to), from.max(to)))
    }
}

const TCP: u8 = 6;
const UDP: u8 = 17;

fn address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(from: (u8, u16), to: (u8, u16), protocol: u8) -> Vec<u8> {
        let mut packet =
            vec![0x45, 0, 0, 40, 0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, from.0, 10, 0, 0, to.0];
        packet.extend(from.1.to_be_bytes().iter().chain(&to.1.to_be_bytes()));
        packet
    }

    #[test]
    fn both_directions_are_one_flow() {
        assert_eq!(Flow::of(&v4((1, 80), (2, 5000), TCP)), Flow::of(&v4((2, 5000), (1, 80), TCP)));
        assert_ne!(Flow::of(&v4((1, 80), (2, 5000), TCP)), Flow::of(&v4((1, 81), (2, 5000), TCP)));
        let expected = Flow("10.0.0.1:80".parse().unwrap(), "10.0.0.2:5000".parse().unwrap());
        assert_eq!(Flow::of(&v4((2, 5000), (1, 80), UDP)), Some(expected));
    }

    #[test]
    fn what_has_no_ports_has_a_flow_too() {
        let expected = Flow("10.0.0.1:0".parse().unwrap(), "10.0.0.2:0".parse().unwrap());
        assert_eq!(Flow::of(&v4((1, 80), (2, 5000), 1)), Some(expected));
    }

    #[test]
    fn a_packet_that_ends_early_has_none() {
        let packet = v4((1, 80), (2, 5000), TCP);
        assert!((0..20).all(|end| Flow::of(&packet[..end]).is_none()));
        let mut six = vec![0x60; 40];
        assert!(Flow::of(&six[..39]).is_none());
        assert!(Flow::of(&six).is_some());
        six[0] = 0x50;
        assert!(Flow::of(&six).is_none());
    }
}
