//! The sockets of a namespace, by their addresses: `sock_diag(7)`, one socket a question.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::io::Errno;
use rustix::net::netlink::{self, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, sendto, socket_with};

use super::Ends;

/// A diagnosis socket of the namespace it was opened in, wherever it is used. Clones ask in turns.
#[derive(Debug, Clone)]
pub(crate) struct Sockets(Arc<Mutex<OwnedFd>>);

/// Octets of a netlink header, and of the question that follows it.
const HEADER: usize = 16;
const QUESTION: usize = 56;

/// `SOCK_DIAG_BY_FAMILY`, of requests and of answers.
const BY_FAMILY: u16 = 20;

/// Where the socket's number stands in an answer's `inet_diag_msg`.
const INODE: usize = 68;

/// Answers to questions that were given up on, before the right one.
const STALE: usize = 16;

/// Opens one in the namespace of this thread. Only system calls, for a process between fork and exec.
pub(crate) fn open() -> Result<OwnedFd, Errno> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    socket_with(AddressFamily::NETLINK, SocketType::DGRAM, flags, Some(netlink::SOCK_DIAG))
}

impl Sockets {
    pub(crate) fn new(socket: OwnedFd) -> Self {
        Self(Arc::new(Mutex::new(socket)))
    }

    /// The number by which `/proc` knows a socket; none if there is none, or no program holds it.
    pub(super) fn number(&self, ends: &Ends) -> Option<u64> {
        let accepted = self.ask(ends.local, ends.peer);
        if accepted.is_some() || !ends.was_called {
            return accepted;
        }
        self.listener(ends.local)
    }

    /// The number of the socket that would hear a call to this address.
    pub(super) fn listener(&self, at: SocketAddr) -> Option<u64> {
        // Nobody has a connection with port 0: only a listener answers.
        self.ask(at, SocketAddr::new(unspecified(at.ip()), 0))
    }

    fn ask(&self, local: SocketAddr, peer: SocketAddr) -> Option<u64> {
        let socket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sendto(&*socket, &question(local, peer), SendFlags::empty(), &SocketAddrNetlink::new(0, 0)).ok()?;
        // The kernel answers within the call: what is not there now does not come.
        for _ in 0..STALE {
            let mut octets = [0_u8; 1024];
            let (length, _) = match recv(&*socket, &mut octets[..], RecvFlags::empty()) {
                Err(Errno::INTR) => continue,
                received => received.ok()?,
            };
            if let Answer::Of(asked, number) = read(octets.get(..length)?)? {
                if asked == local.port() {
                    return (number != 0).then_some(number);
                }
            } else {
                return None;
            }
        }
        None
    }
}

/// What the kernel says.
enum Answer {
    /// The socket at this local port has this number; 0 while no program holds it.
    Of(u16, u64),
    /// There is none.
    None,
}

/// An `inet_diag_req_v2` for exactly one TCP socket.
fn question(local: SocketAddr, peer: SocketAddr) -> [u8; HEADER + QUESTION] {
    const REQUEST: u16 = 1;
    let mut out = [0_u8; HEADER + QUESTION];
    let mut at = 0;
    let mut put = |octets: &[u8]| {
        if let Some(place) = out.get_mut(at..at + octets.len()) {
            place.copy_from_slice(octets);
        }
        at += octets.len();
    };
    put(&((HEADER + QUESTION) as u32).to_ne_bytes());
    put(&BY_FAMILY.to_ne_bytes());
    put(&REQUEST.to_ne_bytes());
    put(&[0; 8]);
    let family = if local.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    put(&[family.as_raw() as u8, IPPROTO_TCP, 0, 0]);
    // Every state.
    put(&u32::MAX.to_ne_bytes());
    put(&local.port().to_be_bytes());
    put(&peer.port().to_be_bytes());
    put(&in_sixteen(local.ip()));
    put(&in_sixteen(peer.ip()));
    // Any interface, any cookie.
    put(&0_u32.to_ne_bytes());
    put(&u64::MAX.to_ne_bytes());
    out
}

const IPPROTO_TCP: u8 = 6;

fn in_sixteen(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
        IpAddr::V6(v6) => v6.octets(),
    }
}

fn unspecified(like: IpAddr) -> IpAddr {
    match like {
        IpAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    }
}

/// `None` for what is no answer at all.
fn read(message: &[u8]) -> Option<Answer> {
    let (header, body) = message.split_first_chunk::<HEADER>()?;
    if u16::from_ne_bytes([header[4], header[5]]) != BY_FAMILY {
        return Some(Answer::None);
    }
    let &port = body.get(4..)?.first_chunk()?;
    let &inode = body.get(INODE..)?.first_chunk()?;
    Some(Answer::Of(u16::from_be_bytes(port), u32::from_ne_bytes(inode).into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsRawFd;

    fn number_of(fd: i32) -> u64 {
        let link = std::fs::read_link(format!("/proc/self/fd/{fd}")).expect("open");
        let text =
            link.to_str().expect("text").trim_start_matches("socket:[").trim_end_matches(']').to_owned();
        text.parse().expect("a number")
    }

    #[test]
    fn the_kernel_names_each_end_of_a_connection_and_the_listener() {
        for at in ["127.0.0.1:0", "[::1]:0"] {
            let listener = TcpListener::bind(at).expect("loopback");
            let client = TcpStream::connect(listener.local_addr().expect("bound")).expect("listening");
            let sockets = Sockets::new(open().expect("sock_diag"));
            let (local, peer) =
                (client.local_addr().expect("connected"), client.peer_addr().expect("connected"));
            let caller = Ends { local, peer, was_called: false };
            assert_eq!(sockets.number(&caller), Some(number_of(client.as_raw_fd())));
            // Not accepted yet: the listener's.
            let called = Ends { local: peer, peer: local, was_called: true };
            assert_eq!(sockets.number(&called), Some(number_of(listener.as_raw_fd())));
            let (accepted, _) = listener.accept().expect("waiting");
            assert_eq!(sockets.number(&called), Some(number_of(accepted.as_raw_fd())));
            drop((client, accepted));
            assert_eq!(sockets.number(&caller), None, "nobody holds it");
        }
    }

    #[test]
    fn answers_that_are_cut_off_are_none() {
        let message = [0_u8; HEADER + 72];
        assert!((0..HEADER).all(|end| read(&message[..end]).is_none()));
        assert!(matches!(read(&message), Some(Answer::None)));
        let mut answer = message;
        answer[4..6].copy_from_slice(&BY_FAMILY.to_ne_bytes());
        assert!((HEADER..HEADER + 72).all(|end| read(&answer[..end]).is_none()));
        assert!(matches!(read(&answer), Some(Answer::Of(0, 0))));
    }
}
