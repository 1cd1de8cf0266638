//! Where an address that the program calls leads to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::{Network, dns};

/// The addresses in the program's network that stand for something, and where each leads.
///
/// The program's own network has three of them; every other address is what it is everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    network4: (Ipv4Addr, u8),
    network6: (Ipv6Addr, u8),
    gateway: Pair,
    hello: Pair,
    host: Pair,
}

/// An address of each family.
pub(crate) type Pair = (Ipv4Addr, Ipv6Addr);

/// What is behind an address and port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// This address, as the host sees it.
    Host(SocketAddr),
    /// The gateway or the hello service, where nothing listens on this port.
    Refused,
    /// An address of the program's own network that nobody has.
    Nobody,
    /// Not an address that a connection can be made to: multicast, broadcast, loopback or none.
    Senseless,
}

impl Places {
    /// The port of the service that says hello.
    pub const HELLO_PORT: u16 = 80;
    /// The name of the service that says hello.
    pub const HELLO: &str = "hello.cordial";
    /// The name of the host's own loopback.
    pub const HOST: &str = "host.cordial";

    /// The places of a network: in its first 256 addresses the hello service is number 80 (fd77::80)
    /// and the host number 254 (fd77::fe).
    pub fn of(network: &Network) -> Self {
        let (own4, bits4) = network.ipv4;
        let (own6, bits6) = network.ipv6;
        let [a, b, c, _] = own4.octets();
        let numbered = |last4, last6| {
            let mut octets = own6.octets();
            octets[15] = last6;
            (Ipv4Addr::new(a, b, c, last4), Ipv6Addr::from(octets))
        };
        Self {
            network4: (own4, bits4),
            network6: (own6, bits6),
            gateway: (network.gateway4, network.gateway6),
            hello: numbered(80, 0x80),
            host: numbered(254, 0xfe),
        }
    }

    /// What is behind an address and port.
    pub fn find(&self, at: SocketAddr) -> Place {
        let ip = at.ip();
        if has(self.host, ip) {
            return Place::Host(SocketAddr::new(loopback(ip), at.port()));
        }
        // What listens there has a socket of its own, so nobody asks for its port here.
        if has(self.gateway, ip) || has(self.hello, ip) {
            return Place::Refused;
        }
        match is_senseless(ip) || at.port() == 0 {
            true => Place::Senseless,
            false if self.is_own(ip) => Place::Nobody,
            false => Place::Host(at),
        }
    }

    /// The addresses of a name of ours; `name` without a dot at its end, in any case.
    pub(crate) fn named(&self, name: &str) -> Option<Pair> {
        let is = |ours: &str| name.eq_ignore_ascii_case(ours);
        is(Self::HELLO).then_some(self.hello).or(is(Self::HOST).then_some(self.host))
    }

    /// Where the name server is to listen.
    pub(crate) fn name_server(&self) -> [SocketAddr; 2] {
        both(self.gateway, dns::PORT)
    }

    /// Where the hello service is to listen.
    pub(crate) fn hello(&self) -> [SocketAddr; 2] {
        both(self.hello, Self::HELLO_PORT)
    }

    /// The names of addresses, for those who write records.
    pub fn names(&self) -> [(IpAddr, &'static str); 4] {
        let of = |(v4, v6): Pair, name| [(IpAddr::V4(v4), name), (IpAddr::V6(v6), name)];
        let ([a, b], [c, d]) = (of(self.hello, Self::HELLO), of(self.host, Self::HOST));
        [a, b, c, d]
    }

    fn is_own(&self, ip: IpAddr) -> bool {
        match ip {
            IpAddr::V4(ip) => {
                let mask = u32::MAX.checked_shl(32_u32.saturating_sub(self.network4.1.into())).unwrap_or(0);
                (ip.to_bits() ^ self.network4.0.to_bits()) & mask == 0
            }
            IpAddr::V6(ip) => {
                let mask = u128::MAX.checked_shl(128_u32.saturating_sub(self.network6.1.into())).unwrap_or(0);
                (ip.to_bits() ^ self.network6.0.to_bits()) & mask == 0
            }
        }
    }
}

fn both((v4, v6): Pair, port: u16) -> [SocketAddr; 2] {
    [(v4, port).into(), (v6, port).into()]
}

fn has((v4, v6): Pair, ip: IpAddr) -> bool {
    ip == v4 || ip == v6
}

/// The loopback address of the same family.
fn loopback(like: IpAddr) -> IpAddr {
    match like {
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    }
}

/// True for what must not become a connection of the host's: its loopback above all, which is
/// reached by its name here and by no other way. An IPv4 address in IPv6's clothes is judged by
/// what it is.
fn is_senseless(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(v4) => {
            v4.is_unspecified()
                || v4.octets()[0] == 0
                || v4.is_loopback()
                || v4.is_multicast()
                || v4.is_broadcast()
        }
        // A link-local address means nothing without its link.
        IpAddr::V6(v6) => {
            v6.is_unspecified() || v6.is_loopback() || v6.is_multicast() || v6.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(at: &str) -> Place {
        Places::of(&Network::default()).find(at.parse().expect("an address"))
    }

    fn host(at: &str) -> Place {
        Place::Host(at.parse().expect("an address"))
    }

    #[test]
    fn the_hello_service_has_one_port() {
        let places = Places::of(&Network::default());
        assert_eq!(places.hello().map(|at| at.to_string()), ["10.77.0.80:80", "[fd77::80]:80"]);
        assert_eq!(find("10.77.0.80:443"), Place::Refused);
        assert_eq!(find("[fd77::80]:443"), Place::Refused);
    }

    #[test]
    fn the_host_is_its_loopback_of_the_same_family() {
        assert_eq!(find("10.77.0.254:5432"), host("127.0.0.1:5432"));
        assert_eq!(find("[fd77::fe]:5432"), host("[::1]:5432"));
    }

    #[test]
    fn the_rest_of_the_own_network_is_empty_and_the_gateway_refuses() {
        assert_eq!(find("10.77.0.1:80"), Place::Refused);
        assert_eq!(find("[fd77::1]:22"), Place::Refused);
        assert_eq!(find("10.77.0.3:80"), Place::Nobody);
        assert_eq!(find("[fd77::1234]:80"), Place::Nobody);
        assert_eq!(find("10.77.1.3:80"), host("10.77.1.3:80"));
        assert_eq!(find("[fd77:0:0:1::1]:80"), host("[fd77:0:0:1::1]:80"));
    }

    #[test]
    fn other_addresses_are_what_they_are() {
        assert_eq!(find("192.0.2.7:443"), host("192.0.2.7:443"));
        assert_eq!(find("[2001:db8::7]:443"), host("[2001:db8::7]:443"));
    }

    #[test]
    fn the_hosts_loopback_is_not_reached_by_an_address() {
        let addresses = ["127.0.0.1:80", "127.9.9.9:80", "0.0.0.0:80", "224.0.0.1:80", "255.255.255.255:80"];
        let more =
            ["[::1]:80", "[::]:80", "[::ffff:127.0.0.1]:80", "[ff02::1]:80", "[fe80::1]:80", "192.0.2.7:0"];
        for at in addresses.into_iter().chain(more) {
            assert_eq!(find(at), Place::Senseless, "{at}");
        }
    }

    #[test]
    fn names_are_found_in_any_case() {
        let places = Places::of(&Network::default());
        assert_eq!(
            places.named("Hello.CORDIAL"),
            Some(([10, 77, 0, 80].into(), "fd77::80".parse().unwrap()))
        );
        assert_eq!(
            places.named("host.cordial"),
            Some(([10, 77, 0, 254].into(), "fd77::fe".parse().unwrap()))
        );
        assert_eq!(places.named("example.org"), None);
    }
}
