//! The host's sockets of a published port.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::task::JoinSet;

use super::connections::Connections;
use super::datagram_socket::DatagramSocket;
use super::datagrams::Datagrams;
use super::{Outlet, Publish, Transport};
use crate::relay;

/// A port of the host's that is taken for the program: nobody else gets it, and nothing is served yet.
#[derive(Debug)]
pub struct Published {
    port: u16,
    transport: Transport,
    /// One for each address.
    sockets: Vec<Socket>,
}

/// Why a port of the host's could not be taken.
#[derive(Debug)]
pub struct Unpublished {
    /// The address and port.
    pub at: SocketAddr,
    /// What it was to be for.
    pub transport: Transport,
    /// What the system says.
    pub error: io::Error,
}

/// Connections that wait for us in the host's kernel.
const BACKLOG: i32 = 1024;

/// Ports that the kernel chooses for one family before one is free for the other too.
const CHOICES: u32 = 16;

impl Published {
    /// Takes the port.
    ///
    /// # Errors
    ///
    /// With the address that failed: `AddrInUse`, `PermissionDenied` (a port below 1024), `AddrNotAvailable` (not an
    /// address of this host's), and whatever else the system says.
    pub fn bind(wanted: &Publish) -> Result<Self, Unpublished> {
        let sockets = match wanted.address {
            Some(address) => {
                vec![bind(wanted.transport, SocketAddr::new(address, wanted.host_port))?]
            }
            None => bind_loopbacks(wanted)?,
        };
        Ok(Self { port: wanted.port, transport: wanted.transport, sockets })
    }

    /// The program's port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Connections or datagrams.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Where the host listens.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.sockets.iter().filter_map(local_addr).collect()
    }

    /// Serves from now on, in tasks of `services`.
    pub(crate) fn serve(self, outlet: Outlet, services: &mut JoinSet<()>) -> io::Result<()> {
        let outlet = Arc::new(outlet);
        for socket in self.sockets {
            match self.transport {
                Transport::Tcp => {
                    let listener = tokio::net::TcpListener::from_std(socket.into())?;
                    services.spawn(Connections::new(Arc::clone(&outlet)).serve(listener));
                }
                Transport::Udp => {
                    let socket = DatagramSocket::new(tokio::net::UdpSocket::from_std(socket.into())?)?;
                    services.spawn(Datagrams::new(Arc::clone(&outlet), socket).serve());
                }
            }
        }
        Ok(())
    }
}

/// Takes the port of 127.0.0.1, and of ::1 where there is such.
fn bind_loopbacks(wanted: &Publish) -> Result<Vec<Socket>, Unpublished> {
    let transport = wanted.transport;
    let at = |address: IpAddr, port| SocketAddr::new(address, port);
    let mut choices = 1;
    loop {
        let four = bind(transport, at(Ipv4Addr::LOCALHOST.into(), wanted.host_port))?;
        let port = local_addr(&four).map_or(wanted.host_port, |bound| bound.port());
        match bind(transport, at(Ipv6Addr::LOCALHOST.into(), port)) {
            Ok(six) => return Ok(vec![four, six]),
            Err(failed) if is_without_ipv6(&failed.error) => return Ok(vec![four]),
            // Another choice of the kernel's may be free for both.
            Err(_) if wanted.host_port == 0 && choices < CHOICES => choices += 1,
            Err(failed) => return Err(failed),
        }
    }
}

fn is_without_ipv6(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EADDRNOTAVAIL | libc::EAFNOSUPPORT))
}

fn bind(transport: Transport, at: SocketAddr) -> Result<Socket, Unpublished> {
    let take = || {
        let (kind, protocol) = match transport {
            Transport::Tcp => (Type::STREAM, Protocol::TCP),
            Transport::Udp => (Type::DGRAM, Protocol::UDP),
        };
        let socket = Socket::new(Domain::for_address(at), kind.nonblocking(), Some(protocol))?;
        if at.is_ipv6() {
            // So that a caller's family is what it says, and [::] leaves 0.0.0.0 to others.
            socket.set_only_v6(true)?;
        }
        if transport == Transport::Tcp {
            // A port of which a connection is still in TIME-WAIT can be taken; one that somebody listens on cannot.
            socket.set_reuse_address(true)?;
            // What is accepted has the same.
            relay::set_up(&socket)?;
        }
        socket.bind(&at.into())?;
        if transport == Transport::Tcp {
            socket.listen(BACKLOG)?;
        }
        Ok(socket)
    };
    take().map_err(|error| Unpublished { at, transport, error })
}

fn local_addr(socket: &Socket) -> Option<SocketAddr> {
    socket.local_addr().ok()?.as_socket()
}

impl fmt::Display for Unpublished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}: {}", self.at, self.transport, self.error)
    }
}

impl std::error::Error for Unpublished {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(text: &str) -> Publish {
        text.parse().expect("a port to publish")
    }

    #[test]
    fn a_port_the_kernel_chooses_is_the_same_for_both_families() {
        for transport in ["tcp", "udp"] {
            let published = Published::bind(&wanted(&format!("0:80/{transport}"))).expect("a port is free");
            let addresses = published.addresses();
            assert!(addresses.iter().all(|at| at.port() == addresses[0].port() && at.ip().is_loopback()));
            assert!(!addresses.is_empty() && addresses[0].port() != 0);
        }
    }

    #[test]
    fn a_port_that_somebody_has_is_not_taken() {
        let other = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let at = other.local_addr().expect("bound");
        let failed = Published::bind(&wanted(&format!("{}:80", at.port()))).expect_err("it is taken");
        assert_eq!((failed.at, failed.error.kind()), (at, io::ErrorKind::AddrInUse));
    }

    #[test]
    fn an_address_that_the_host_does_not_have_is_named() {
        let failed = Published::bind(&wanted("192.0.2.1:0:80")).expect_err("for documentation only");
        assert_eq!(failed.error.kind(), io::ErrorKind::AddrNotAvailable);
        assert!(failed.to_string().starts_with("192.0.2.1:0/tcp: "), "{failed}");
    }
}
