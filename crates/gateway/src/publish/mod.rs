//! Ports of the host's that lead to the program.
//!
//! ```text
//!   somebody outside ── connects ──▶ Published     a listening socket of the host's
//!                                      Outlet      opens a connection to the program's address,
//!                                        │         from the caller's own where that can be shown
//!   program ◀────── SYN ─────────────────┘
//!              data  ◀─▶ Pipe ◀─▶ data             as with the program's own connections
//! ```
//!
//! The host's kernel has accepted a caller before the program is asked. So a refusal of the program's is a reset for
//! the caller; but while nobody has ever listened on the port inside, the program is taken to be starting, and is asked
//! again for a few seconds.

mod bound;
mod connections;
mod datagram_socket;
mod datagrams;
mod outlet;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

pub use bound::{Published, Unpublished};
pub(crate) use outlet::Outlet;

/// A port of the host's that is to lead to a port of the program's: `8080:80`, `0.0.0.0:8080:80`,
/// `[::1]:8080:80`, `5353:53/udp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publish {
    /// The host's address; none: its loopback, of both families. So what is tried out here is open to this machine
    /// alone unless somebody says more.
    pub address: Option<IpAddr>,
    /// The host's port; 0: its kernel chooses one.
    pub host_port: u16,
    /// The program's port.
    pub port: u16,
    /// Connections or datagrams.
    pub transport: Transport,
}

/// What a port is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Connections.
    Tcp,
    /// Datagrams.
    Udp,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        })
    }
}

/// Why a text publishes nothing. `Display` says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublishError {
    /// Not `[ADDR:]HOSTPORT:PORT[/udp]`.
    Syntax,
    /// No number from 0 to 65535.
    Port(String),
    /// Nothing listens on port 0.
    ProgramPort,
    /// Neither `tcp` nor `udp`.
    Transport(String),
    /// Not an address of a host's.
    Address(String),
    /// An IPv6 address without its brackets.
    Brackets,
}

impl FromStr for Publish {
    type Err = PublishError;

    fn from_str(text: &str) -> Result<Self, PublishError> {
        let (ports, transport) = match text.split_once('/') {
            None | Some((_, "tcp")) => (text.trim_end_matches("/tcp"), Transport::Tcp),
            Some((ports, "udp")) => (ports, Transport::Udp),
            Some((_, other)) => return Err(PublishError::Transport(other.to_owned())),
        };
        let (rest, port) = ports.rsplit_once(':').ok_or(PublishError::Syntax)?;
        let (address, host_port) = match rest.rsplit_once(':') {
            Some((address, host_port)) => (Some(address_of(address)?), host_port),
            None => (None, rest),
        };
        let (host_port, port) = (port_of(host_port)?, port_of(port)?);
        if port == 0 {
            return Err(PublishError::ProgramPort);
        }
        Ok(Self { address, host_port, port, transport })
    }
}

fn port_of(text: &str) -> Result<u16, PublishError> {
    let is_number = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    match text.parse() {
        Ok(port) if is_number => Ok(port),
        _ if text.is_empty() => Err(PublishError::Syntax),
        _ => Err(PublishError::Port(text.to_owned())),
    }
}

fn address_of(text: &str) -> Result<IpAddr, PublishError> {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let address = match inner {
        Some(inner) => inner.parse().ok().filter(IpAddr::is_ipv6),
        None if text.contains(':') => return Err(PublishError::Brackets),
        None => text.parse().ok(),
    };
    address.ok_or_else(|| PublishError::Address(text.to_owned()))
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax => f.write_str(
                "write it as HOSTPORT:PORT, say 8080:80, or ADDR:HOSTPORT:PORT, say 0.0.0.0:8080:80; /udp at the end for datagrams",
            ),
            Self::Port(text) => write!(f, "`{text}` is no port; a port is a number from 0 to 65535"),
            Self::ProgramPort => f.write_str("no program listens on port 0; name the port that CMD listens on"),
            Self::Transport(text) => write!(f, "`/{text}` is neither /tcp nor /udp"),
            Self::Address(text) => write!(
                f,
                "`{text}` is no address; give one of this machine's, say 127.0.0.1 or [::1], or for all of them 0.0.0.0 or [::]"
            ),
            Self::Brackets => f.write_str("an IPv6 address goes into brackets, say [::1]:8080:80"),
        }
    }
}

impl std::error::Error for PublishError {}

impl PublishError {
    /// The same for Chinese readers.
    pub fn in_chinese(&self) -> String {
        match self {
            Self::Syntax => {
                "要写成 HOSTPORT:PORT，例如 8080:80；或 ADDR:HOSTPORT:PORT，例如 0.0.0.0:8080:80；数据报在末尾加 /udp".to_owned()
            }
            Self::Port(text) => format!("`{text}` 不是端口；端口是 0 到 65535 的数"),
            Self::ProgramPort => "没有程序监听端口 0；请写 CMD 监听的端口".to_owned(),
            Self::Transport(text) => format!("`/{text}` 既不是 /tcp 也不是 /udp"),
            Self::Address(text) => {
                format!("`{text}` 不是地址；请写本机的地址，例如 127.0.0.1 或 [::1]；所有地址写 0.0.0.0 或 [::]")
            }
            Self::Brackets => "IPv6 地址要放在方括号里，例如 [::1]:8080:80".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Publish, PublishError> {
        text.parse()
    }

    #[test]
    fn ports_addresses_and_transports_are_read() {
        let tcp = |address: Option<&str>, host_port, port| Publish {
            address: address.map(|text| text.parse().expect("an address")),
            host_port,
            port,
            transport: Transport::Tcp,
        };
        assert_eq!(parsed("8080:80"), Ok(tcp(None, 8080, 80)));
        assert_eq!(parsed("0:80/tcp"), Ok(tcp(None, 0, 80)));
        assert_eq!(parsed("0.0.0.0:8080:80"), Ok(tcp(Some("0.0.0.0"), 8080, 80)));
        assert_eq!(parsed("[::1]:8080:80"), Ok(tcp(Some("::1"), 8080, 80)));
        let udp = Publish { transport: Transport::Udp, ..tcp(Some("127.0.0.1"), 5353, 53) };
        assert_eq!(parsed("127.0.0.1:5353:53/udp"), Ok(udp));
    }

    #[test]
    fn what_is_none_is_told_how_it_would_be_one() {
        for text in ["", "80", ":", "8080:", ":80", "::", "8080:80:"] {
            assert!(matches!(parsed(text), Err(PublishError::Syntax | PublishError::Address(_))), "{text}");
        }
        assert_eq!(parsed("8080:http"), Err(PublishError::Port("http".into())));
        assert_eq!(parsed("70000:80"), Err(PublishError::Port("70000".into())));
        assert_eq!(parsed("+80:80"), Err(PublishError::Port("+80".into())));
        assert_eq!(parsed("8080:0"), Err(PublishError::ProgramPort));
        assert_eq!(parsed("8080:80/sctp"), Err(PublishError::Transport("sctp".into())));
        assert_eq!(parsed("localhost:8080:80"), Err(PublishError::Address("localhost".into())));
        assert_eq!(parsed("[127.0.0.1]:8080:80"), Err(PublishError::Address("[127.0.0.1]".into())));
        assert_eq!(parsed("::1:8080:80"), Err(PublishError::Brackets));
        for text in ["80", "8080:http", "8080:0", "1:2/x", "h:1:2", "::1:8080:80"] {
            assert!(parsed(text).expect_err(text).to_string().len() > 20);
        }
    }
}
