//! What a program finds in its namespace: the program itself looks.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, TcpListener, UdpSocket};

use rustix::net::{AddressFamily, Protocol, SocketFlags, SocketType, ipproto, socket_with};

use crate::Network;

/// What a program finds in its namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inside {
    /// It may send echo requests without being root.
    pub ping: bool,
    /// It may listen on port 80.
    pub low_ports: bool,
    /// It has an IPv6 address and a route.
    pub ipv6: bool,
    /// It is told to ask our name server.
    pub names: bool,
}

/// So that other programs' codes are not taken for what was found.
const MARK: u8 = 0x50;

impl Inside {
    /// As an exit code.
    fn code(self) -> u8 {
        let Self { ping, low_ports, ipv6, names } = self;
        let bits = [ping, low_ports, ipv6, names].into_iter().enumerate();
        MARK | bits.fold(0, |code, (bit, is_so)| code | u8::from(is_so) << bit)
    }

    /// `None` for the code of something that has not looked.
    pub(super) fn from_code(code: u8) -> Option<Self> {
        let is = |bit: u8| code >> bit & 1 == 1;
        let found = Self { ping: is(0), low_ports: is(1), ipv6: is(2), names: is(3) };
        (code & 0xf0 == MARK).then_some(found)
    }
}

/// Looks around in the namespace in which this process lives, the default [`Network`] in it, and
/// gives the code to end with.
pub fn look_around() -> u8 {
    let network = Network::default();
    let pings = |family, protocol| may_ping(family, protocol);
    Inside {
        ping: pings(AddressFamily::INET, ipproto::ICMP),
        low_ports: TcpListener::bind((Ipv4Addr::UNSPECIFIED, 80)).is_ok(),
        ipv6: has_route(network.gateway6) && pings(AddressFamily::INET6, ipproto::ICMPV6),
        names: fs::read_to_string("/etc/resolv.conf").is_ok_and(|text| asks(&text, network.gateway4)),
    }
    .code()
}

fn may_ping(family: AddressFamily, protocol: Protocol) -> bool {
    socket_with(family, SocketType::DGRAM, SocketFlags::CLOEXEC, Some(protocol)).is_ok()
}

fn has_route(to: Ipv6Addr) -> bool {
    // Sends nothing: it only chooses a way.
    UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).and_then(|socket| socket.connect((to, 9))).is_ok()
}

fn asks(resolv_conf: &str, server: Ipv4Addr) -> bool {
    let mut lines = resolv_conf.lines().filter_map(|line| line.strip_prefix("nameserver"));
    lines.next().is_some_and(|named| named.trim() == server.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_fits_into_an_exit_code() {
        for bits in 0..16_u8 {
            let is = |bit: u8| bits >> bit & 1 == 1;
            let found = Inside { ping: is(0), low_ports: is(1), ipv6: is(2), names: is(3) };
            assert_eq!(Inside::from_code(found.code()), Some(found));
        }
        for other in [0, 1, 125, 126, 127, 143, 255] {
            assert_eq!(Inside::from_code(other), None, "{other}");
        }
    }

    #[test]
    fn the_first_server_is_who_is_asked() {
        let ours = Ipv4Addr::new(10, 77, 0, 1);
        assert!(asks("search example.org\nnameserver 10.77.0.1\n", ours));
        assert!(!asks("nameserver 127.0.0.53\nnameserver 10.77.0.1\n", ours));
        assert!(!asks("", ours));
    }
}
