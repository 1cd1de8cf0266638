//! Where an address that the program calls leads to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

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
    /// Nothing leads to the host itself.
    host_is_closed: bool,
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
    /// The place of the hello service in its network, of each family.
    pub(crate) const HELLO_NUMBER: (u8, u8) = (80, 0x80);
    /// The place of the host's loopback in its network.
    pub(crate) const HOST_NUMBER: (u8, u8) = (254, 0xfe);
    /// The name of the service that says hello.
    pub const HELLO: &str = "hello.cordial";
    /// The name of the host's own loopback.
    pub const HOST: &str = "host.cordial";

    /// The places of a network: in its first 256 addresses the hello service is number 80 (fd77::80)
    /// and the host number 254 (fd77::fe).
    pub fn of(network: &Network) -> Self {
        let (first4, first6) = (first4(network.ipv4).to_bits(), first6(network.ipv6).to_bits());
        let numbered = |last4: u8, last6: u8| {
            (Ipv4Addr::from_bits(first4 | u32::from(last4)), Ipv6Addr::from_bits(first6 | u128::from(last6)))
        };
        Self {
            network4: network.ipv4,
            network6: network.ipv6,
            gateway: (network.gateway4, network.gateway6),
            hello: numbered(Self::HELLO_NUMBER.0, Self::HELLO_NUMBER.1),
            host: numbered(Self::HOST_NUMBER.0, Self::HOST_NUMBER.1),
            host_is_closed: false,
        }
    }

    /// The same without the host itself: its loopback has no name, and every address of its own is one that nobody
    /// has. What others have is found as before, machines next to it included.
    pub fn without_host(self) -> Self {
        Self { host_is_closed: true, ..self }
    }

    /// What is behind an address and port.
    pub fn find(&self, at: SocketAddr) -> Place {
        let ip = at.ip();
        if has(self.host, ip) && !self.host_is_closed {
            return Place::Host(SocketAddr::new(loopback(ip), at.port()));
        }
        // What listens there has a socket of its own, so nobody asks for its port here.
        if has(self.gateway, ip) || has(self.hello, ip) {
            return Place::Refused;
        }
        match is_senseless(ip) || at.port() == 0 {
            true => Place::Senseless,
            false if self.is_own(ip) => Place::Nobody,
            false if self.host_is_closed && is_of_host(ip) => Place::Nobody,
            false => Place::Host(at),
        }
    }

    /// The addresses of a name of ours; `name` without a dot at its end, in any case.
    pub(crate) fn named(&self, name: &str) -> Option<Pair> {
        let is = |ours: &str| name.eq_ignore_ascii_case(ours);
        let host = is(Self::HOST) && !self.host_is_closed;
        is(Self::HELLO).then_some(self.hello).or(host.then_some(self.host))
    }

    /// The program itself.
    pub(crate) fn program(&self) -> Pair {
        (self.network4.0, self.network6.0)
    }

    /// The address that a caller from outside has in the program's network, of the family asked for: its own, where
    /// the program's answers to that come back here. The host's loopback is `host.cordial`; whoever cannot be shown
    /// otherwise, the gateway.
    pub(crate) fn shown(&self, caller: IpAddr, as_ipv6: bool) -> IpAddr {
        let caller = caller.to_canonical();
        let one_of = |(v4, v6): Pair| if as_ipv6 { IpAddr::V6(v6) } else { IpAddr::V4(v4) };
        match caller {
            _ if caller.is_loopback() => one_of(self.host),
            _ if caller.is_ipv6() != as_ipv6 || is_senseless(caller) || self.is_own(caller) => {
                one_of(self.gateway)
            }
            _ => caller,
        }
    }

    /// What somebody outside is in the program's network, where the program can answer; none where it cannot. The
    /// other way round than [`find`](Self::find).
    pub(crate) fn heard(&self, from: SocketAddr) -> Option<SocketAddr> {
        let ip = from.ip();
        let ip = match ip.is_loopback() {
            true if self.host_is_closed => return None,
            true if ip.is_ipv4() => self.host.0.into(),
            true => self.host.1.into(),
            false if is_senseless(ip) || self.is_own(ip) => return None,
            false => ip,
        };
        Some(SocketAddr::new(ip, from.port()))
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
            IpAddr::V4(ip) => first4(self.network4) == first4((ip, self.network4.1)),
            IpAddr::V6(ip) => first6(self.network6) == first6((ip, self.network6.1)),
        }
    }
}

/// The first address of the network that an address with so many bits of prefix is in.
pub(crate) fn first4((ip, bits): (Ipv4Addr, u8)) -> Ipv4Addr {
    let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits.into())).unwrap_or(0);
    Ipv4Addr::from_bits(ip.to_bits() & mask)
}

/// As [`first4`].
pub(crate) fn first6((ip, bits): (Ipv6Addr, u8)) -> Ipv6Addr {
    let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits.into())).unwrap_or(0);
    Ipv6Addr::from_bits(ip.to_bits() & mask)
}

fn both((v4, v6): Pair, port: u16) -> [SocketAddr; 2] {
    [(v4, port).into(), (v6, port).into()]
}

fn has((v4, v6): Pair, ip: IpAddr) -> bool {
    ip == v4 || ip == v6
}

/// True if the host has this address now. Its kernel knows: only on an address of its own, or in a prefix that it has
/// made local, does it let a socket stand. With `ip_nonlocal_bind` a socket may stand anywhere, and all are closed; so
/// they are when nobody can tell, as without a descriptor.
fn is_of_host(ip: IpAddr) -> bool {
    // An IPv4 address in IPv6's clothes is the host's as what it is.
    match UdpSocket::bind((ip.to_canonical(), 0)) {
        Ok(_) => true,
        Err(error) => !matches!(error.raw_os_error(), Some(libc::EADDRNOTAVAIL | libc::EAFNOSUPPORT)),
    }
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
    fn without_the_host_none_of_its_addresses_leads_anywhere() {
        let places = Places::of(&Network::default()).without_host();
        let find = |at: &str| places.find(at.parse().expect("an address"));
        assert_eq!(find("10.77.0.254:5432"), Place::Nobody);
        assert_eq!(find("[fd77::fe]:5432"), Place::Nobody);
        assert_eq!(find("127.0.0.1:80"), Place::Senseless);
        assert_eq!(find("192.0.2.7:443"), host("192.0.2.7:443"));
        assert_eq!((places.named("host.cordial"), places.named("hello.cordial").is_some()), (None, true));
        // The address that this machine calls others from, if it can.
        let socket = UdpSocket::bind("0.0.0.0:0").expect("a socket");
        if socket.connect("192.0.2.7:9").is_ok() {
            let own = socket.local_addr().expect("bound").ip();
            assert_eq!(places.find((own, 80).into()), Place::Nobody, "{own}");
            assert_eq!(Places::of(&Network::default()).find((own, 80).into()), Place::Host((own, 80).into()));
        }
    }

    #[test]
    fn a_caller_is_shown_as_itself_where_answers_to_it_come_back() {
        let places = Places::of(&Network::default());
        let shown =
            |caller: &str, as_ipv6| places.shown(caller.parse().expect("an address"), as_ipv6).to_string();
        assert_eq!(shown("192.0.2.7", false), "192.0.2.7");
        assert_eq!(shown("2001:db8::7", true), "2001:db8::7");
        assert_eq!(shown("::ffff:192.0.2.7", false), "192.0.2.7");
        assert_eq!(shown("127.0.0.1", false), "10.77.0.254");
        assert_eq!(shown("::1", true), "fd77::fe");
        assert_eq!(shown("::1", false), "10.77.0.254", "brought in by the other family");
        assert_eq!(shown("2001:db8::7", false), "10.77.0.1", "brought in by the other family");
        assert_eq!(shown("fe80::7", true), "fd77::1", "means nothing without its link");
        assert_eq!(shown("10.77.0.2", false), "10.77.0.1", "the program itself has that address");
    }

    #[test]
    fn who_is_heard_can_be_answered() {
        let places = Places::of(&Network::default());
        let heard = |places: &Places, from: &str| {
            places.heard(from.parse().expect("an address")).map(|heard| heard.to_string())
        };
        assert_eq!(heard(&places, "192.0.2.7:9").as_deref(), Some("192.0.2.7:9"));
        assert_eq!(heard(&places, "127.0.0.1:9").as_deref(), Some("10.77.0.254:9"));
        assert_eq!(heard(&places, "[::1]:9").as_deref(), Some("[fd77::fe]:9"));
        for nobody in ["10.77.0.2:9", "10.77.0.1:53", "[fe80::7]:9"] {
            assert_eq!(heard(&places, nobody), None, "{nobody}");
        }
        let closed = places.without_host();
        assert_eq!((heard(&closed, "127.0.0.1:9"), heard(&closed, "[::1]:9")), (None, None));
        assert_eq!(heard(&closed, "192.0.2.7:9").as_deref(), Some("192.0.2.7:9"));
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
