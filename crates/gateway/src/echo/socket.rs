//! The host's socket for echo requests: one that anybody in `ping_group_range` may have, or a raw one.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{IpAddr, SocketAddr};

use rustix::net::SendFlags;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use tokio::net::UdpSocket;

use super::message;
use crate::udp::next_of;

/// A socket connected to the one address it asks.
#[derive(Debug)]
pub(super) struct HostSocket {
    /// Not of UDP: but it sends and receives datagrams like one.
    socket: UdpSocket,
    is_v4: bool,
    /// A raw socket sees the answers to everybody's requests, so ours have a number. The kernel numbers the others.
    raw_id: Option<u16>,
}

/// Why there is no socket.
#[derive(Debug)]
pub(super) enum NotAllowed {
    /// This user may not send echo requests.
    ByHost,
    /// Something else.
    Failed(io::Error),
}

impl HostSocket {
    /// A socket that asks `to`.
    ///
    /// # Errors
    ///
    /// See [`NotAllowed`].
    pub(super) fn open(to: IpAddr) -> Result<Self, NotAllowed> {
        let (domain, protocol) = match to {
            IpAddr::V4(_) => (Domain::IPV4, Protocol::ICMPV4),
            IpAddr::V6(_) => (Domain::IPV6, Protocol::ICMPV6),
        };
        let open = |kind| Socket::new(domain, kind, Some(protocol));
        let (socket, is_raw) = match open(Type::DGRAM) {
            Err(error) if is_denial(&error) => (open(Type::RAW), true),
            opened => (opened, false),
        };
        let socket = socket.map_err(|error| match is_denial(&error) {
            true => NotAllowed::ByHost,
            false => NotAllowed::Failed(error),
        })?;
        Self::connect(socket, to, is_raw).map_err(NotAllowed::Failed)
    }

    fn connect(socket: Socket, to: IpAddr, is_raw: bool) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        // An ICMPv6 or raw socket has no ports.
        socket.connect(&SockAddr::from(SocketAddr::new(to, 0)))?;
        let socket = UdpSocket::from_std(socket.into())?;
        let raw_id = is_raw.then(|| RandomState::new().hash_one(to) as u16);
        Ok(Self { socket, is_v4: to.is_ipv4(), raw_id })
    }

    /// Sends an echo request, or says why not; without room it is `WouldBlock`.
    pub(super) fn send(&self, sequence: u16, octets: &[u8]) -> io::Result<()> {
        let message = message::request(self.is_v4, self.raw_id.unwrap_or(0), sequence, octets);
        rustix::net::send(&self.socket, &message, SendFlags::NOSIGNAL | SendFlags::DONTWAIT)?;
        Ok(())
    }

    /// Waits for an answer: its sequence number and octets.
    ///
    /// # Errors
    ///
    /// What the host heard of the address, as the system gives it.
    pub(super) async fn recv(&self) -> io::Result<(u16, Vec<u8>)> {
        next_of(&self.socket, |packet| {
            let message = match self.raw_id.is_some() && self.is_v4 {
                true => message::behind_ip(packet),
                false => packet,
            };
            let (id, sequence, octets) = message::reply(self.is_v4, message)?;
            // Raw sockets hear what is meant for others too.
            self.raw_id.is_none_or(|ours| ours == id).then(|| (sequence, octets.to_vec()))
        })
        .await
    }
}

/// True if it says that this user may not have such a socket.
fn is_denial(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EACCES | libc::EPERM | libc::EPROTONOSUPPORT))
}
