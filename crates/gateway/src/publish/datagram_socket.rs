//! A socket for datagrams that knows to which of the host's addresses each was sent.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;

use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrIn, SockaddrIn6, SockaddrStorage, recvmsg,
    sendmsg, setsockopt, sockopt,
};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use crate::udp::address_of;

/// A socket of the host's that may stand at all of its addresses: an answer has to come from the one that was asked,
/// or the caller does not know it for one.
#[derive(Debug)]
pub(super) struct DatagramSocket {
    socket: UdpSocket,
    is_ipv6: bool,
}

/// An address of the host's that somebody sent to, and its link where that is part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Here {
    ip: IpAddr,
    link: u32,
}

impl DatagramSocket {
    /// Has the system tell where each datagram was sent.
    ///
    /// # Errors
    ///
    /// As the system gives them.
    pub(super) fn new(socket: UdpSocket) -> io::Result<Self> {
        let is_ipv6 = socket.local_addr()?.is_ipv6();
        match is_ipv6 {
            false => setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?,
            true => setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?,
        }
        Ok(Self { socket, is_ipv6 })
    }

    /// The next datagram: its length, who sent it, and where to.
    ///
    /// # Errors
    ///
    /// As the system gives them; most are about a datagram sent before.
    pub(super) async fn recv(&self, octets: &mut [u8]) -> io::Result<(usize, SocketAddr, Option<Here>)> {
        self.socket.async_io(Interest::READABLE, || recv_now(&self.socket, octets)).await
    }

    /// Sends an answer from where the question was sent to.
    ///
    /// # Errors
    ///
    /// As the system gives them.
    pub(super) async fn send(&self, octets: &[u8], from: Option<Here>, to: SocketAddr) -> io::Result<()> {
        let from = from.filter(|from| from.ip.is_ipv6() == self.is_ipv6);
        self.socket.async_io(Interest::WRITABLE, || send_now(&self.socket, octets, from, to)).await
    }
}

fn recv_now(socket: &UdpSocket, octets: &mut [u8]) -> io::Result<(usize, SocketAddr, Option<Here>)> {
    let mut space = nix::cmsg_space!(libc::in6_pktinfo);
    let mut pieces = [IoSliceMut::new(octets)];
    let received = recvmsg::<SockaddrStorage>(
        socket.as_raw_fd(),
        &mut pieces,
        Some(&mut space),
        MsgFlags::MSG_DONTWAIT,
    )?;
    let caller = received.address.as_ref().and_then(address_of).ok_or(io::ErrorKind::InvalidData)?;
    let here = received.cmsgs()?.find_map(|message| match message {
        ControlMessageOwned::Ipv4PacketInfo(info) => {
            // In the network's order, as it lies in memory.
            Some(Here { ip: IpAddr::from(info.ipi_spec_dst.s_addr.to_ne_bytes()), link: 0 })
        }
        ControlMessageOwned::Ipv6PacketInfo(info) => {
            let ip = IpAddr::from(info.ipi6_addr.s6_addr);
            let needs_link = matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
            Some(Here { ip, link: if needs_link { info.ipi6_ifindex } else { 0 } })
        }
        _ => None,
    });
    Ok((received.bytes, caller, here))
}

fn send_now(socket: &UdpSocket, octets: &[u8], from: Option<Here>, to: SocketAddr) -> io::Result<()> {
    let (fd, pieces, flags) = (socket.as_raw_fd(), [IoSlice::new(octets)], MsgFlags::MSG_DONTWAIT);
    let info4 = from.and_then(|from| match from.ip {
        IpAddr::V4(ip) => Some(libc::in_pktinfo {
            ipi_ifindex: 0,
            ipi_spec_dst: libc::in_addr { s_addr: u32::from_ne_bytes(ip.octets()) },
            ipi_addr: libc::in_addr { s_addr: 0 },
        }),
        IpAddr::V6(_) => None,
    });
    let info6 = from.and_then(|from| match from.ip {
        IpAddr::V6(ip) => Some(libc::in6_pktinfo {
            ipi6_addr: libc::in6_addr { s6_addr: ip.octets() },
            ipi6_ifindex: from.link,
        }),
        IpAddr::V4(_) => None,
    });
    let message4 = info4.as_ref().map(ControlMessage::Ipv4PacketInfo);
    let message = message4.or_else(|| info6.as_ref().map(ControlMessage::Ipv6PacketInfo));
    match to {
        SocketAddr::V4(to) => sendmsg(fd, &pieces, message.as_slice(), flags, Some(&SockaddrIn::from(to))),
        SocketAddr::V6(to) => sendmsg(fd, &pieces, message.as_slice(), flags, Some(&SockaddrIn6::from(to))),
    }?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All of 127.0.0.0/8 is this machine's; left to itself, its system would answer from 127.0.0.1.
    #[tokio::test]
    async fn an_answer_comes_from_the_address_that_was_asked() {
        let everywhere = UdpSocket::bind("0.0.0.0:0").await.expect("a port is free");
        let port = everywhere.local_addr().expect("bound").port();
        let socket = DatagramSocket::new(everywhere).expect("the system knows the option");
        let caller = UdpSocket::bind("127.0.0.1:0").await.expect("a port is free");
        for asked in ["127.0.0.1", "127.0.0.7"] {
            let asked: SocketAddr = (asked.parse::<IpAddr>().expect("an address"), port).into();
            caller.send_to(b"who?", asked).await.expect("sends");
            let mut octets = [0; 100];
            let (n, from, here) = socket.recv(&mut octets).await.expect("it arrives");
            assert_eq!((&octets[..n], from), (&b"who?"[..], caller.local_addr().expect("bound")));
            assert_eq!(here.map(|here| here.ip), Some(asked.ip()));
            socket.send(b"me", here, from).await.expect("sends");
            let (n, answerer) = caller.recv_from(&mut octets).await.expect("an answer");
            assert_eq!((&octets[..n], answerer), (&b"me"[..], asked));
        }
    }

    #[tokio::test]
    async fn both_families_can() {
        let Ok(everywhere) = UdpSocket::bind("[::1]:0").await else { return };
        let at = everywhere.local_addr().expect("bound");
        let socket = DatagramSocket::new(everywhere).expect("the system knows the option");
        let caller = UdpSocket::bind("[::1]:0").await.expect("a port is free");
        caller.send_to(b"", at).await.expect("sends");
        let (n, from, here) = socket.recv(&mut [0; 100]).await.expect("it arrives");
        assert_eq!((n, here.map(|here| here.ip)), (0, Some(at.ip())));
        socket.send(b"", here, from).await.expect("sends");
        assert_eq!(caller.recv_from(&mut [0; 100]).await.expect("an answer"), (0, at));
    }
}
