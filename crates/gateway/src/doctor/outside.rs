//! What this machine reaches.

use std::net::{Ipv6Addr, UdpSocket};

use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto, socket_with};

/// True if this machine has a way to IPv6 addresses elsewhere. Sends nothing.
pub(super) fn has_ipv6() -> bool {
    // One for documentation (RFC 3849): it has a route where there is one to everything.
    let elsewhere = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).and_then(|socket| socket.connect((elsewhere, 9))).is_ok()
}

/// True if we may send echo requests: as one of the groups that may, or as root.
pub(super) fn may_ping() -> bool {
    let open = |kind| socket_with(AddressFamily::INET, kind, SocketFlags::CLOEXEC, Some(ipproto::ICMP));
    [SocketType::DGRAM, SocketType::RAW].into_iter().any(|kind| open(kind).is_ok())
}
