//! The host's socket of a relayed connection.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::{TcpSocket, TcpStream};

/// Connects from the host. Ends by itself when the host's kernel gives up, after two minutes or so; dropped before, it
/// gives up at once.
///
/// # Errors
///
/// As the system gives them.
pub(super) async fn connect(to: SocketAddr) -> io::Result<TcpStream> {
    let socket = match to {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    set_up(&socket)?;
    socket.connect(to).await
}

/// What every socket of a relayed connection has.
///
/// # Errors
///
/// As the system gives them.
pub(crate) fn set_up(socket: &impl AsFd) -> io::Result<()> {
    let socket = SockRef::from(socket);
    // Whoever writes has made the choice between few segments and little delay already.
    socket.set_tcp_nodelay(true)?;
    // Else an urgent octet would be missing from what is read.
    socket.set_out_of_band_inline(true)?;
    // Always on, since a program's own probes are answered by us: without this it would never learn that its peer has
    // vanished. When, how often and how many times is what the host's administrator set for such sockets, unless
    // changed 2 h, 75 s and 9 (`net.ipv4.tcp_keepalive_*`): an idle session outlives an outage here as it would
    // without us. The probes cost this process nothing.
    socket.set_keepalive(true)
}

/// Waits until the connection is over by a reset or another error; for ever, if it never is. Takes nothing from the
/// socket, the error included.
pub(crate) async fn breaks_off(socket: &TcpStream) {
    // Without its driver nothing of the socket's works any more: that is an end too.
    let _ = socket.ready(Interest::ERROR).await;
}

/// True if the error is not the peer's word but the network's silence, or the host's own network gone.
pub(super) fn is_networks_fault(error: &io::Error) -> bool {
    use io::ErrorKind::{HostUnreachable, NetworkDown, NetworkUnreachable, TimedOut};
    matches!(error.kind(), HostUnreachable | NetworkDown | NetworkUnreachable | TimedOut)
}

/// From now on the socket has room only when it has sent everything: so one can ask for that.
pub(super) fn watch_unsent(socket: &TcpStream) -> io::Result<()> {
    SockRef::from(socket).set_tcp_notsent_lowat(1)
}

/// True if octets wait in the socket that have not been sent once. After [`watch_unsent`].
pub(super) fn has_unsent(socket: &TcpStream) -> bool {
    let mut asked = [PollFd::new(socket, PollFlags::OUT)];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    // Where the answer is an error, or that the connection is over, nothing will be sent.
    matches!(poll(&mut asked, Some(&at_once)), Ok(0))
}
