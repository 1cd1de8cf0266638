//! One question to one of the host's servers.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

use super::answer::Asked;
use super::reply::{Worth, worth};
use crate::udp::next_of;

/// Asks by a datagram from a port of its own, so that answers are hard to forge (RFC 5452 §9.2). What does not answer
/// the question is waited past.
///
/// # Errors
///
/// As the system gives them; "connection refused" says that nobody serves there.
pub(super) async fn ask_by_udp(server: SocketAddr, asked: &Asked) -> io::Result<(Vec<u8>, Worth)> {
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    // From now on only what comes from there is received.
    socket.connect(server).await?;
    socket.send(&asked.octets).await?;
    next_of(&socket, |said| match worth(said, asked) {
        Worth::Nonsense => None,
        worth => Some((said.to_vec(), worth)),
    })
    .await
}

/// Asks over a connection of its own (RFC 7766).
///
/// # Errors
///
/// As the system gives them; `UnexpectedEof` if the server ends before its answer does, `InvalidData` if the answer is
/// none.
pub(super) async fn ask_by_tcp(server: SocketAddr, asked: &Asked) -> io::Result<(Vec<u8>, Worth)> {
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    stream.write_all(&with_length(&asked.octets)).await?;
    let len = stream.read_u16().await?;
    let mut answer = vec![0; usize::from(len)];
    stream.read_exact(&mut answer).await?;
    match worth(&answer, asked) {
        Worth::Nonsense => Err(io::ErrorKind::InvalidData.into()),
        worth => Ok((answer, worth)),
    }
}

/// A message as it goes over TCP: its length in front (RFC 1035 §4.2.2). One that is too long for that is cut off,
/// which none is that was received.
pub(super) fn with_length(message: &[u8]) -> Vec<u8> {
    let len = u16::try_from(message.len()).unwrap_or(u16::MAX);
    let message = message.get(..usize::from(len)).unwrap_or_default();
    [&len.to_be_bytes()[..], message].concat()
}
