//! The host's connection, and what its failure says to the program.

use std::io;
use std::net::SocketAddr;

use cordial::{IcmpCode, Incoming};
use tokio::net::TcpStream;

/// Connects from the host. Ends by itself when the host's kernel gives up, after two minutes or so.
///
/// # Errors
///
/// As the system gives them.
pub(super) async fn reach(to: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(to).await?;
    // The program's own choice between few segments and little delay has been made already.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Why the host has no connection for the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreached {
    /// The other end refused.
    Refused,
    /// Somebody on the way, or our own kernel, says that there is no way.
    NoWay(IcmpCode),
    /// Nobody answered.
    Silence,
    /// The host is short of descriptors, memory or ports.
    NoRoom,
}

impl Unreached {
    /// What an error of the host's `connect` means.
    pub(super) fn of(error: &io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::EHOSTUNREACH | libc::EHOSTDOWN | libc::EINVAL) => Self::NoWay(IcmpCode::Host),
            // A family that the host does not have leads nowhere, as on a host without a route.
            Some(libc::ENETUNREACH | libc::ENETDOWN | libc::EAFNOSUPPORT) => Self::NoWay(IcmpCode::Network),
            Some(libc::EACCES | libc::EPERM) => Self::NoWay(IcmpCode::Admin),
            Some(libc::ETIMEDOUT) => Self::Silence,
            Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM | libc::EADDRNOTAVAIL) => {
                Self::NoRoom
            }
            _ => Self::Refused,
        }
    }
}

/// Tells the program.
pub(super) fn answer(incoming: Incoming, why: Unreached) {
    match why {
        Unreached::Refused | Unreached::NoRoom => incoming.reset(),
        Unreached::NoWay(code) => incoming.unreachable(code),
        Unreached::Silence => incoming.ignore(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_of_connect_has_its_answer() {
        let of = |errno| Unreached::of(&io::Error::from_raw_os_error(errno));
        assert_eq!(of(libc::ECONNREFUSED), Unreached::Refused);
        assert_eq!(of(libc::ECONNRESET), Unreached::Refused);
        assert_eq!(of(libc::EHOSTUNREACH), Unreached::NoWay(IcmpCode::Host));
        assert_eq!(of(libc::ENETUNREACH), Unreached::NoWay(IcmpCode::Network));
        assert_eq!(of(libc::EAFNOSUPPORT), Unreached::NoWay(IcmpCode::Network));
        assert_eq!(of(libc::EPERM), Unreached::NoWay(IcmpCode::Admin));
        assert_eq!(of(libc::ETIMEDOUT), Unreached::Silence);
        assert_eq!(of(libc::EMFILE), Unreached::NoRoom);
    }

    #[tokio::test]
    async fn a_port_where_nobody_listens_is_refused() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
        let error = reach(free).await.expect_err("nobody listens");
        assert_eq!(Unreached::of(&error), Unreached::Refused);
    }
}
