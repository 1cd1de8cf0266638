//! The host's sockets for datagrams, and what they say of those that did not arrive.

use std::cell::RefCell;
use std::io::{self, IoSliceMut};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::AsRawFd;

use cordial::IcmpCode;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt};
use rustix::net::{RecvFlags, SendFlags, recv, recvfrom, sendto};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Octets of the longest datagram.
const LONGEST: usize = 65_535;

/// Octets of a datagram that an error quotes at most: no more than the least packet that every link carries.
const QUOTED: usize = 1280;

thread_local! {
    /// Where a datagram lies between the two sockets.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; LONGEST]);
}

/// A datagram of ours that did not arrive.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Undelivered {
    /// Whom it was for.
    pub(super) to: SocketAddr,
    /// As much of it as the error quoted.
    pub(super) octets: Vec<u8>,
    pub(super) why: IcmpCode,
}

/// What an error of a host's socket says of whom the datagram was for; nothing if it is about ourselves.
pub(crate) fn meaning(error: &io::Error) -> Option<IcmpCode> {
    match error.raw_os_error()? {
        libc::ECONNREFUSED => Some(IcmpCode::Port),
        libc::EHOSTUNREACH | libc::EHOSTDOWN | libc::EINVAL => Some(IcmpCode::Host),
        // A family that the host does not have leads nowhere, as on a host without a route.
        libc::ENETUNREACH | libc::ENETDOWN | libc::EAFNOSUPPORT | libc::EADDRNOTAVAIL => {
            Some(IcmpCode::Network)
        }
        libc::EACCES | libc::EPERM => Some(IcmpCode::Admin),
        _ => None,
    }
}

/// Waits for a datagram, or for the error that one of ours gave rise to: that comes without anything to be read.
pub(super) async fn news(socket: &UdpSocket) -> io::Result<()> {
    tokio::select! {
        ready = socket.ready(Interest::READABLE) => ready.map(drop),
        ready = socket.ready(Interest::ERROR) => ready.map(drop),
    }
}

/// What [`news`] are of a connected socket, or `WouldBlock`. Either kind is asked for by itself, so that neither is
/// taken for heard when only the other was.
fn recv_now(socket: &UdpSocket, into: &mut [u8]) -> io::Result<usize> {
    let mut recv_if = |ready| socket.try_io(ready, || Ok(recv(socket, &mut *into, RecvFlags::DONTWAIT)?.0));
    match recv_if(Interest::ERROR) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => recv_if(Interest::READABLE),
        received => received,
    }
}

/// Waits for a datagram to a connected socket of which `take` makes something; what it makes nothing of is passed over.
///
/// # Errors
///
/// What became of a datagram of ours, as the system gives it.
pub(crate) async fn next_of<T>(
    socket: &UdpSocket,
    mut take: impl FnMut(&[u8]) -> Option<T>,
) -> io::Result<T> {
    loop {
        news(socket).await?;
        let received = SCRATCH.with_borrow_mut(|scratch| {
            recv_now(socket, scratch).map(|n| take(scratch.get(..n).unwrap_or_default()))
        });
        match received {
            Ok(Some(taken)) => return Ok(taken),
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
            Ok(None) | Err(_) => {}
        }
    }
}

/// A socket for whoever is of the same family as `like`, which hears what becomes of each of its datagrams.
///
/// # Errors
///
/// As the system gives them; there may be no descriptor.
pub(super) fn open(like: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = match like {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = std::net::UdpSocket::bind(any)?;
    match like {
        SocketAddr::V4(_) => setsockopt(&socket, sockopt::Ipv4RecvErr, &true)?,
        SocketAddr::V6(_) => setsockopt(&socket, sockopt::Ipv6RecvErr, &true)?,
    }
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket)
}

/// By the system call itself: whether there is room, the socket knows sooner than those who watch it.
///
/// # Errors
///
/// As the system gives them; also one that is about a datagram before, and then this one was not sent.
pub(super) fn send(socket: &UdpSocket, octets: &[u8], to: SocketAddr) -> io::Result<()> {
    sendto(socket, octets, SendFlags::NOSIGNAL | SendFlags::DONTWAIT, &to)?;
    Ok(())
}

/// Hands up to `most` datagrams that wait to `take`. False if there may be more.
///
/// # Errors
///
/// As the system gives them; most are about a datagram of ours.
pub(super) fn receive(
    socket: &UdpSocket,
    most: usize,
    mut take: impl FnMut(&[u8], SocketAddr),
) -> io::Result<bool> {
    SCRATCH.with_borrow_mut(|scratch| {
        for _ in 0..most {
            let received = socket.try_io(Interest::READABLE, || {
                let (n, _, from) = recvfrom(socket, &mut **scratch, RecvFlags::DONTWAIT)?;
                Ok((n, from))
            });
            match received {
                Ok((n, from)) => {
                    if let Some(from) = from.and_then(|from| from.try_into().ok()) {
                        take(scratch.get(..n).unwrap_or_default(), from);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    })
}

/// The next that waits of the errors that ICMP brought about datagrams of ours; those about something else are passed
/// over.
pub(super) fn undelivered(socket: &UdpSocket) -> Option<Undelivered> {
    loop {
        match socket.try_io(Interest::ERROR, || next_error(socket)) {
            Ok(Some(undelivered)) => return Some(undelivered),
            Ok(None) => {}
            Err(_) => return None,
        }
    }
}

/// The socket's queue of errors: each comes with the datagram that it is about, and whom that was for.
fn next_error(socket: &UdpSocket) -> io::Result<Option<Undelivered>> {
    let mut octets = [0; QUOTED];
    let mut space = nix::cmsg_space!((libc::sock_extended_err, libc::sockaddr_in6));
    let mut pieces = [IoSliceMut::new(&mut octets)];
    let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
    let received = recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut pieces, Some(&mut space), flags)?;
    let error = received.cmsgs()?.find_map(|message| match message {
        ControlMessageOwned::Ipv4RecvErr(error, _) | ControlMessageOwned::Ipv6RecvErr(error, _) => {
            Some(error)
        }
        _ => None,
    });
    let (len, to) = (received.bytes, received.address.as_ref().and_then(address_of));
    let told = error.and_then(|error| why(&error)).zip(to);
    Ok(told.map(|(why, to)| Undelivered { to, octets: octets.get(..len).unwrap_or_default().into(), why }))
}

/// What an error says, if it is that a destination could not be reached (RFC 792, RFC 4443 §3.1) and not, say, that a
/// datagram had gone too many hops.
fn why(error: &libc::sock_extended_err) -> Option<IcmpCode> {
    let is_unreachable = match error.ee_origin {
        libc::SO_EE_ORIGIN_ICMP => error.ee_type == etherparse::icmpv4::TYPE_DEST_UNREACH,
        libc::SO_EE_ORIGIN_ICMP6 => error.ee_type == etherparse::icmpv6::TYPE_DST_UNREACH,
        _ => false,
    };
    let errno = i32::try_from(error.ee_errno).ok().filter(|_| is_unreachable)?;
    meaning(&io::Error::from_raw_os_error(errno))
}

/// The address that the system gives.
pub(crate) fn address_of(storage: &SockaddrStorage) -> Option<SocketAddr> {
    let four = storage.as_sockaddr_in().map(|&it| SocketAddr::V4(SocketAddrV4::from(it)));
    four.or_else(|| storage.as_sockaddr_in6().map(|&it| SocketAddr::V6(SocketAddrV6::from(it))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_of_the_host_has_its_meaning() {
        let of = |errno| meaning(&io::Error::from_raw_os_error(errno));
        assert_eq!(of(libc::ECONNREFUSED), Some(IcmpCode::Port));
        assert_eq!(of(libc::EHOSTUNREACH), Some(IcmpCode::Host));
        assert_eq!(of(libc::ENETUNREACH), Some(IcmpCode::Network));
        assert_eq!(of(libc::EPERM), Some(IcmpCode::Admin));
        assert_eq!(of(libc::EAGAIN), None);
        assert_eq!(of(libc::EMFILE), None);
    }

    /// Two ports that nobody has: each datagram's fate is told apart, though one socket sent both.
    #[tokio::test]
    async fn what_did_not_arrive_is_known_by_whom_it_was_for() {
        for any in ["127.0.0.1:0", "[::1]:0"] {
            let closed = || Some(std::net::UdpSocket::bind(any).ok()?.local_addr().expect("bound"));
            let (Some(first), Some(second)) = (closed(), closed()) else { continue };
            let socket = open(first).expect("a socket");
            for (to, octets) in [(first, vec![1; 2000]), (second, vec![2; 7])] {
                send(&socket, &octets, to).expect("sends");
                news(&socket).await.expect("news");
                let told = undelivered(&socket).expect("it is told");
                assert_eq!((told.to, told.why), (to, IcmpCode::Port));
                assert!(octets.starts_with(&told.octets) && told.octets.len() >= 7, "{told:?}");
                assert_eq!(undelivered(&socket), None);
            }
        }
    }
}
