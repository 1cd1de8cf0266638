//! What a failure to connect from the host says to the program.

use std::io;
use std::net::SocketAddr;

use cordial::{IcmpCode, Incoming};

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
    pub(super) fn of(error: &io::Error, to: SocketAddr) -> Self {
        match error.raw_os_error() {
            Some(libc::ECONNREFUSED | libc::ECONNRESET | libc::ECONNABORTED) => Self::Refused,
            // A family that the host does not have leads nowhere, as on a host without a route.
            Some(libc::ENETUNREACH | libc::ENETDOWN | libc::EAFNOSUPPORT) => Self::NoWay(IcmpCode::Network),
            // Of IPv6: there is no address to call from. Of IPv4, which every host has, no port is left.
            Some(libc::EADDRNOTAVAIL) if to.is_ipv6() => Self::NoWay(IcmpCode::Network),
            Some(libc::EACCES | libc::EPERM) => Self::NoWay(IcmpCode::Admin),
            Some(libc::ETIMEDOUT) => Self::Silence,
            Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM | libc::EADDRNOTAVAIL) => {
                Self::NoRoom
            }
            // Nobody has refused.
            _ => Self::NoWay(IcmpCode::Host),
        }
    }
}

/// Tells the program.
pub(super) fn answer(incoming: Incoming, why: Unreached) {
    match why {
        Unreached::Refused => incoming.reset(),
        Unreached::NoWay(code) => incoming.unreachable(code),
        // Its system asks again, which may find the other end awake, or room here.
        Unreached::Silence | Unreached::NoRoom => incoming.ignore(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::outside::connect;

    #[test]
    fn each_error_of_connect_has_its_answer() {
        let to = |to: &str, errno| {
            Unreached::of(&io::Error::from_raw_os_error(errno), to.parse().expect("an address"))
        };
        let of = |errno| to("192.0.2.1:80", errno);
        assert_eq!(of(libc::ECONNREFUSED), Unreached::Refused);
        assert_eq!(of(libc::ECONNRESET), Unreached::Refused);
        assert_eq!(of(libc::EHOSTUNREACH), Unreached::NoWay(IcmpCode::Host));
        assert_eq!(of(libc::EINVAL), Unreached::NoWay(IcmpCode::Host));
        assert_eq!(of(libc::ENETUNREACH), Unreached::NoWay(IcmpCode::Network));
        assert_eq!(of(libc::EAFNOSUPPORT), Unreached::NoWay(IcmpCode::Network));
        assert_eq!(of(libc::EPERM), Unreached::NoWay(IcmpCode::Admin));
        assert_eq!(of(libc::ETIMEDOUT), Unreached::Silence);
        assert_eq!(of(libc::EMFILE), Unreached::NoRoom);
        assert_eq!(of(libc::EADDRNOTAVAIL), Unreached::NoRoom);
        assert_eq!(to("[2001:db8::1]:80", libc::EADDRNOTAVAIL), Unreached::NoWay(IcmpCode::Network));
    }

    #[tokio::test]
    async fn a_port_where_nobody_listens_is_refused() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
        let error = connect(free).await.expect_err("nobody listens");
        assert_eq!(Unreached::of(&error, free), Unreached::Refused);
    }
}
