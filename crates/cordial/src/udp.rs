//! Datagrams.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use cordial_stack::UdpId;

use crate::engine::{Caller, Place, Waiters};
use crate::listener::address_of;
use crate::{Bind, Datagram, Host, IcmpCode, error};

/// A UDP socket, as `tokio::net::UdpSocket` is one; and for gateways, one that gets the datagrams to every address.
///
/// What arrives waits in a queue bounded by [`Limits::udp_queue`](crate::Limits); what is over it is dropped. A
/// datagram that is longer than the link carries goes and comes in fragments.
#[derive(Debug)]
pub struct UdpSocket {
    host: Host,
    id: UdpId,
}

impl UdpSocket {
    /// Binds an address of the host. An unspecified address stands for all of them, port 0 for a port of the host's
    /// choice.
    ///
    /// # Errors
    ///
    /// `AddrInUse`, `AddrNotAvailable` if the address is not the host's, `NetworkDown` if the host is shutting down.
    pub fn bind(host: &Host, at: impl Into<SocketAddr>) -> io::Result<Self> {
        Self::open(host, Bind::Addr(at.into()))
    }

    /// Takes the datagrams to every address and port that no other socket has. [`recv`](Self::recv) tells where each
    /// was sent to, and [`try_send_from`](Self::try_send_from) answers from there.
    ///
    /// # Errors
    ///
    /// `AddrInUse` if there is such a socket, `NetworkDown` if the host is shutting down.
    pub fn bind_any(host: &Host) -> io::Result<Self> {
        Self::open(host, Bind::Any)
    }

    fn open(host: &Host, at: Bind) -> io::Result<Self> {
        let id = host.look(|engine| {
            engine.check_running()?;
            let id = engine.stack.udp_bind(at).map_err(error::of_bind)?;
            engine.sockets.udp.insert(id, Waiters::default());
            Ok::<_, io::Error>(id)
        })?;
        Ok(Self { host: host.clone(), id })
    }

    /// Where it is bound; what stands for many is unspecified.
    ///
    /// # Errors
    ///
    /// None that can happen; the result is for the likeness to tokio.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.host
            .look(|engine| engine.stack.udp_local(self.id))
            .map(address_of)
            .ok_or_else(error::not_connected)
    }

    /// The host it belongs to.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Sends a datagram. Never waits: a link that is busy refuses it, and UDP promises nothing.
    ///
    /// # Errors
    ///
    /// EMSGSIZE if it is longer than 65,507 octets (over IPv6 65,527), ENOBUFS if the queue to the link is full, `AddrNotAvailable` if nobody
    /// can be sent to there, `NetworkDown` once the host is over.
    pub async fn send_to(&self, octets: &[u8], to: impl Into<SocketAddr>) -> io::Result<usize> {
        self.try_send_to(octets, to.into())
    }

    /// As [`send_to`](Self::send_to).
    ///
    /// # Errors
    ///
    /// As [`send_to`](Self::send_to).
    pub fn try_send_to(&self, octets: &[u8], to: SocketAddr) -> io::Result<usize> {
        self.send(octets, None, to)
    }

    /// As [`send_to`](Self::send_to), from another address than the socket's: any for a gateway, else one of the
    /// host's.
    ///
    /// # Errors
    ///
    /// As [`send_to`](Self::send_to).
    pub fn try_send_from(&self, octets: &[u8], from: SocketAddr, to: SocketAddr) -> io::Result<usize> {
        self.send(octets, Some(from), to)
    }

    fn send(&self, octets: &[u8], from: Option<SocketAddr>, to: SocketAddr) -> io::Result<usize> {
        self.host.call(|engine, _| {
            if engine.is_over() {
                return Err(error::host_down());
            }
            engine.stack.udp_send(self.id, from, to, octets).map_err(error::of_udp_send)?;
            Ok(octets.len())
        })
    }

    /// Says by ICMP that a datagram, received before, could not be delivered: with [`IcmpCode::Port`] its sender hears
    /// "connection refused". For gateways; false if nothing was sent, as too much was lately.
    pub fn unreachable(&self, datagram: &Datagram, why: IcmpCode) -> bool {
        self.host.call(|engine, now| engine.stack.udp_unreachable(now, datagram, why))
    }

    /// Waits for a datagram and copies it into `buffer`; what does not fit is lost. Says how many octets were copied,
    /// and who sent it. Cancel-safe.
    ///
    /// # Errors
    ///
    /// `NetworkDown` once the host is over.
    pub async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let datagram = self.recv().await?;
        let count = datagram.octets.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), datagram.octets.get(..count)) {
            to.copy_from_slice(from);
        }
        Ok((count, datagram.source))
    }

    /// Waits for a datagram: whole, with where it came from and where it was sent to. Cancel-safe.
    ///
    /// # Errors
    ///
    /// `NetworkDown` once the host is over.
    pub async fn recv(&self) -> io::Result<Datagram> {
        self.host.wait(|caller| self.poll_take(caller)).await
    }

    /// As [`recv`](Self::recv), for those who poll. Of several tasks the last to poll is woken.
    pub fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<io::Result<Datagram>> {
        self.poll_take(Caller::polls(cx))
    }

    fn poll_take(&self, caller: Caller<'_>) -> Poll<io::Result<Datagram>> {
        self.host.look(|engine| match engine.stack.udp_recv(self.id) {
            Some(datagram) => Poll::Ready(Ok(datagram)),
            None => engine.wait(caller, Place::Udp(self.id)),
        })
    }

    /// A datagram that waits.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is none.
    pub fn try_recv(&self) -> io::Result<Datagram> {
        self.host.look(|engine| engine.stack.udp_recv(self.id)).ok_or_else(error::would_block)
    }
}

impl Drop for UdpSocket {
    fn drop(&mut self) {
        // What is taken out is dropped after the lock, as is every waker.
        let _waiters = self.host.call(|engine, _| {
            engine.stack.udp_close(self.id);
            engine.sockets.udp.remove(self.id)
        });
    }
}
