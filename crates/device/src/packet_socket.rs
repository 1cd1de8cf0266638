//! A packet socket: frames of one interface, with the virtio-net header in front of each.

use std::ffi::c_int;
use std::io;
use std::mem::size_of;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

/// Every protocol, in the order of the network.
const ALL: u16 = (libc::ETH_P_ALL as u16).to_be();

/// Opens one on the interface with this index, which is up. Makes system calls and nothing else.
pub(crate) fn open(interface: u32) -> io::Result<OwnedFd> {
    let kind = libc::SOCK_RAW | libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // Of no protocol until it is bound: else frames of other interfaces would come in.
    // SAFETY: there is no pointer; the descriptor that comes back is nobody else's.
    let socket = unsafe { libc::socket(libc::AF_PACKET, kind, 0) };
    check(socket)?;
    // SAFETY: it was opened a moment ago and has no other owner.
    let socket = unsafe { OwnedFd::from_raw_fd(socket) };
    set_option(&socket, libc::PACKET_VNET_HDR, 1)?;
    // Our own frames are no news to us.
    set_option(&socket, libc::PACKET_IGNORE_OUTGOING, 1)?;
    // Nothing queues or shapes here; without the layer in between a frame is there when the call
    // returns, or is refused.
    set_option(&socket, libc::PACKET_QDISC_BYPASS, 1)?;
    bind(&socket, interface)?;
    Ok(socket)
}

fn bind(socket: impl AsFd, interface: u32) -> io::Result<()> {
    let address = libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as u16,
        sll_protocol: ALL,
        sll_ifindex: interface.cast_signed(),
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    let length = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
    // SAFETY: `address` has this length and outlives the call.
    check(unsafe { libc::bind(socket.as_fd().as_raw_fd(), (&raw const address).cast(), length) })
}

/// True if it is a packet socket that puts the virtio-net header in front of each frame.
pub(crate) fn has_virtio_header(socket: impl AsFd) -> io::Result<bool> {
    let mut value: c_int = 0;
    let mut length = size_of::<c_int>() as libc::socklen_t;
    let socket = socket.as_fd().as_raw_fd();
    let (level, option) = (libc::SOL_PACKET, libc::PACKET_VNET_HDR);
    // SAFETY: `value` has room for the `int` that `length` announces, and both outlive the call.
    check(unsafe { libc::getsockopt(socket, level, option, (&raw mut value).cast(), &raw mut length) })?;
    Ok(value != 0)
}

/// Sets an option of packet sockets, whose value is a `T` in C as well.
pub(crate) fn set_option<T>(socket: impl AsFd, option: c_int, value: T) -> io::Result<()> {
    let (socket, length) = (socket.as_fd().as_raw_fd(), size_of::<T>() as libc::socklen_t);
    // SAFETY: `value` has this length and outlives the call.
    check(unsafe { libc::setsockopt(socket, libc::SOL_PACKET, option, (&raw const value).cast(), length) })
}

fn check(returned: c_int) -> io::Result<()> {
    if returned < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
