//! The program's own address, when somebody chooses it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::places::{first4, first6};
use crate::{Network, Places};

/// An address for the program, and how many of its bits are its network's: `192.168.50.2/24`, `fd00:1::2`.
///
/// The network around it is the program's own: the gateway is number 1 in it, and the places of [`Places`] have their
/// numbers there. What the host can reach under those addresses is then out of reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnAddress {
    /// IPv4, /24 unless said otherwise.
    V4(Ipv4Addr, u8),
    /// IPv6, /64 unless said otherwise.
    V6(Ipv6Addr, u8),
}

/// Why a text is no address for the program. `Display` says what to write instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnAddressError {
    /// Not ADDR or ADDR/PREFIX.
    Syntax,
    /// A prefix that is too short or leaves too few addresses.
    Prefix {
        /// The shortest and the longest of the family.
        allowed: (u8, u8),
    },
    /// Loopback, multicast, link-local, unspecified, broadcast.
    NotAHost(IpAddr),
    /// It has another meaning in its network.
    Taken {
        /// The address.
        address: IpAddr,
        /// Whose it is.
        by: AddressHolder,
        /// One that is free.
        free: IpAddr,
    },
}

/// Who has an address in the program's network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressHolder {
    /// The network as a whole.
    Network,
    /// The gateway.
    Gateway,
    /// A place with this name.
    Place(&'static str),
    /// All machines of it (broadcast).
    Everybody,
}

/// The gateway's number in either network.
const GATEWAY: u8 = 1;
/// What is free in every network, and the default.
const FREE: u8 = 2;
/// Prefixes that leave room for the gateway and the places, and are a network that somebody may have.
const BITS4: (u8, u8) = (8, 24);
const BITS6: (u8, u8) = (16, 120);

impl OwnAddress {
    /// Makes it the program's address in `network`: with it the gateway's, and the name server's that the program
    /// reads of.
    pub fn give_to(self, network: &mut Network) {
        let before = (IpAddr::V4(network.gateway4), IpAddr::V6(network.gateway6));
        match self {
            Self::V4(ip, bits) => {
                network.ipv4 = (ip, bits);
                network.gateway4 = number4(ip, bits, GATEWAY);
            }
            Self::V6(ip, bits) => {
                network.ipv6 = (ip, bits);
                network.gateway6 = number6(ip, bits, GATEWAY);
            }
        }
        let now = (IpAddr::V4(network.gateway4), IpAddr::V6(network.gateway6));
        let renamed = network.resolv_conf.lines().map(|line| match line.strip_prefix("nameserver ") {
            Some(server) if server.trim() == before.0.to_string() => format!("nameserver {}\n", now.0),
            Some(server) if server.trim() == before.1.to_string() => format!("nameserver {}\n", now.1),
            _ => format!("{line}\n"),
        });
        network.resolv_conf = renamed.collect();
    }

    /// True for IPv6.
    pub fn is_ipv6(&self) -> bool {
        matches!(self, Self::V6(..))
    }

    fn check(self) -> Result<Self, OwnAddressError> {
        let (address, bits, allowed, free) = match self {
            Self::V4(ip, bits) => (IpAddr::V4(ip), bits, BITS4, IpAddr::V4(number4(ip, bits, FREE))),
            Self::V6(ip, bits) => (IpAddr::V6(ip), bits, BITS6, IpAddr::V6(number6(ip, bits, FREE))),
        };
        if !(allowed.0..=allowed.1).contains(&bits) {
            return Err(OwnAddressError::Prefix { allowed });
        }
        if !is_a_hosts(address) {
            return Err(OwnAddressError::NotAHost(address));
        }
        match self.whose() {
            Some(by) => Err(OwnAddressError::Taken { address, by, free }),
            None => Ok(self),
        }
    }

    /// Who has this address in its network.
    fn whose(self) -> Option<AddressHolder> {
        let is = |(four, six): (u8, u8)| match self {
            Self::V4(ip, bits) => ip == number4(ip, bits, four),
            Self::V6(ip, bits) => ip == number6(ip, bits, six),
        };
        let is_last = match self {
            Self::V4(ip, bits) => ip.to_bits().trailing_ones() >= 32 - u32::from(bits.min(32)),
            Self::V6(..) => false,
        };
        match () {
            () if is((0, 0)) => Some(AddressHolder::Network),
            () if is((GATEWAY, GATEWAY)) => Some(AddressHolder::Gateway),
            () if is(Places::HELLO_NUMBER) => Some(AddressHolder::Place(Places::HELLO)),
            () if is(Places::HOST_NUMBER) => Some(AddressHolder::Place(Places::HOST)),
            () if is_last => Some(AddressHolder::Everybody),
            () => None,
        }
    }
}

fn number4(ip: Ipv4Addr, bits: u8, number: u8) -> Ipv4Addr {
    Ipv4Addr::from_bits(first4((ip, bits)).to_bits() | u32::from(number))
}

fn number6(ip: Ipv6Addr, bits: u8, number: u8) -> Ipv6Addr {
    Ipv6Addr::from_bits(first6((ip, bits)).to_bits() | u128::from(number))
}

/// True if a machine may have it on an ordinary network.
fn is_a_hosts(address: IpAddr) -> bool {
    let is_special = match address {
        IpAddr::V4(v4) => v4.octets()[0] == 0 || v4.octets()[0] >= 240 || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local() || v6.to_ipv4_mapped().is_some(),
    };
    !is_special && !address.is_unspecified() && !address.is_loopback() && !address.is_multicast()
}

impl FromStr for OwnAddress {
    type Err = OwnAddressError;

    fn from_str(text: &str) -> Result<Self, OwnAddressError> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| OwnAddressError::Syntax)?)),
            None => (text, None),
        };
        let own = match address.parse().map_err(|_| OwnAddressError::Syntax)? {
            IpAddr::V4(ip) => Self::V4(ip, bits.unwrap_or(24)),
            IpAddr::V6(ip) => Self::V6(ip, bits.unwrap_or(64)),
        };
        own.check()
    }
}

impl fmt::Display for OwnAddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax => f.write_str("not an address; write it as 192.168.50.2/24 or fd00:1::2/64"),
            Self::Prefix { allowed: (least, most) } => {
                write!(
                    f,
                    "the prefix has to be from /{least} to /{most}: the network has room for the gateway and our names then"
                )
            }
            Self::NotAHost(address) => {
                write!(
                    f,
                    "{address} cannot be a program's own address; take a private one, say 192.168.50.2 or fd00:1::2"
                )
            }
            Self::Taken { address, by, free } => {
                let whose = match by {
                    AddressHolder::Network => "the network's",
                    AddressHolder::Gateway => "the gateway's",
                    AddressHolder::Place(name) => &format!("{name}'s"),
                    AddressHolder::Everybody => "the network's broadcast",
                };
                write!(f, "{address} is {whose} address in that network; {free} is free")
            }
        }
    }
}

impl std::error::Error for OwnAddressError {}

impl OwnAddressError {
    /// The same for Chinese readers.
    pub fn in_chinese(&self) -> String {
        match self {
            Self::Syntax => "不是地址；要写成 192.168.50.2/24 或 fd00:1::2/64".to_owned(),
            Self::Prefix { allowed: (least, most) } => {
                format!("前缀长度要在 /{least} 到 /{most} 之间：这样网段里才放得下网关和我们的名字")
            }
            Self::NotAHost(address) => {
                format!("{address} 不能作为程序自己的地址；请用私有地址，例如 192.168.50.2 或 fd00:1::2")
            }
            Self::Taken { address, by, free } => {
                let whose = match by {
                    AddressHolder::Network => "整个网段",
                    AddressHolder::Gateway => "网关",
                    AddressHolder::Place(name) => name,
                    AddressHolder::Everybody => "广播",
                };
                format!("{address} 在这个网段里是{whose}的地址；{free} 可以用")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<OwnAddress, OwnAddressError> {
        text.parse()
    }

    #[test]
    fn an_address_brings_its_network_along() {
        let mut network = Network::default();
        parsed("192.168.50.7").expect("an address").give_to(&mut network);
        parsed("fd00:1:2::7/48").expect("an address").give_to(&mut network);
        assert_eq!(network.ipv4, ([192, 168, 50, 7].into(), 24));
        assert_eq!(network.gateway4.to_string(), "192.168.50.1");
        assert_eq!(network.ipv6, ("fd00:1:2::7".parse().unwrap(), 48));
        assert_eq!(network.gateway6.to_string(), "fd00:1:2::1");
        assert!(network.resolv_conf.contains("nameserver 192.168.50.1\n"), "{}", network.resolv_conf);
        assert!(!network.resolv_conf.contains("10.77."), "{}", network.resolv_conf);
        let names = Places::of(&network).names().map(|(ip, _)| ip.to_string());
        assert_eq!(names, ["192.168.50.80", "fd00:1:2::80", "192.168.50.254", "fd00:1:2::fe"]);
    }

    #[test]
    fn a_large_network_has_its_places_at_its_beginning() {
        let mut network = Network::default();
        parsed("10.5.7.2/16").expect("an address").give_to(&mut network);
        assert_eq!(network.gateway4.to_string(), "10.5.0.1");
        assert_eq!(Places::of(&network).names()[0].0.to_string(), "10.5.0.80");
    }

    #[test]
    fn conflicts_are_named_with_a_way_out() {
        let said = |text: &str| parsed(text).expect_err(text).to_string();
        assert!(said("10.0.0.1").contains("the gateway's") && said("10.0.0.1").contains("10.0.0.2 is free"));
        assert!(said("10.0.0.80/8").contains("hello.cordial"));
        assert!(said("fd00::fe").contains("host.cordial"));
        assert!(said("10.0.0.255").contains("broadcast") && said("10.0.255.255/16").contains("broadcast"));
        assert!(said("10.0.0.0").contains("the network's"));
        assert!(said("10.0.0.2/25").contains("/8 to /24") && said("fd00::2/8").contains("/16 to /120"));
        for text in [
            "127.0.0.2",
            "0.0.0.0",
            "224.0.0.2",
            "169.254.3.2",
            "255.255.255.255",
            "::1",
            "fe80::2",
            "ff02::2",
        ] {
            assert!(matches!(parsed(text), Err(OwnAddressError::NotAHost(_))), "{text}");
        }
        for text in ["", "10.0.0", "10.0.0.2/", "10.0.0.2/x", "10.0.0.2/300", "host", "10.0.0.2/24/24"] {
            assert_eq!(parsed(text), Err(OwnAddressError::Syntax), "{text}");
        }
        assert_eq!(parsed("10.0.0.80/16").map_err(|e| matches!(e, OwnAddressError::Taken { .. })), Err(true));
        assert!(parsed("10.0.1.80/16").is_ok());
    }
}
