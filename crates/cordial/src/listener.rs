//! Taking connections.

use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::task::{Context, Poll};

use cordial_stack::{ConnId, ListenerId};

use crate::engine::{Caller, Conn, Engine, Listener, Place};
use crate::{Bind, Host, Instant, ListenConfig, TcpStream, error};

/// A socket that takes connections, as `tokio::net::TcpListener` does.
///
/// Dropping it closes the port: connections that nobody accepted yet are reset.
#[derive(Debug)]
pub struct TcpListener {
    host: Host,
    id: ListenerId,
    nodelay: bool,
}

impl TcpListener {
    /// Listens at an address of the host. An unspecified address (`0.0.0.0` or `::`) stands for all of them, of both
    /// families; port 0 for a port of the host's choice, which [`local_addr`](Self::local_addr) tells.
    ///
    /// # Errors
    ///
    /// `AddrInUse` if something listens there, `AddrNotAvailable` if the address is not the host's, `NetworkDown` if
    /// the host is shutting down.
    pub fn bind(host: &Host, at: impl Into<SocketAddr>) -> io::Result<Self> {
        Self::bind_with(host, Bind::Addr(at.into()), ListenConfig::default())
    }

    /// As [`bind`](Self::bind), at any place and with settings: the backlog, and what connections start from.
    /// [`ListenConfig::decide`] is for [`AnyListener`](crate::AnyListener) and counts as off.
    ///
    /// # Errors
    ///
    /// As [`bind`](Self::bind).
    pub fn bind_with(host: &Host, at: Bind, config: ListenConfig) -> io::Result<Self> {
        let config = ListenConfig { decide: false, ..config };
        let (id, nodelay) = listen(host, at, config, Listener::default())?;
        Ok(Self { host: host.clone(), id, nodelay })
    }

    /// Takes the next connection, and says from whom.
    ///
    /// Cancel-safe: a connection is either given to the caller or stays in the queue.
    ///
    /// # Errors
    ///
    /// `NetworkDown` once the host is over or shutting down.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.host.wait(|caller| self.poll_take(caller)).await
    }

    /// As [`accept`](Self::accept), for those who poll. Of several tasks the last to poll is woken.
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        self.poll_take(Caller::polls(cx))
    }

    fn poll_take(&self, caller: Caller<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        self.host
            .call(|engine, now| {
                if let Some((id, peer)) = accept(engine, now, self.id, self.nodelay) {
                    return Poll::Ready(Ok((id, peer)));
                }
                if let Err(over) = engine.check_running() {
                    return Poll::Ready(Err(over));
                }
                engine.wait(caller, Place::Listener(self.id))
            })
            .map_ok(|(id, peer)| (TcpStream::new(self.host.clone(), id), peer))
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// `NotConnected` once the host is over or shutting down.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.host
            .look(|engine| engine.stack.local_addr(self.id))
            .map(address_of)
            .ok_or_else(error::not_connected)
    }

    /// Connections that wait to be accepted.
    pub fn queued(&self) -> usize {
        self.host.look(|engine| engine.stack.queued(self.id))
    }

    /// The host it belongs to.
    pub fn host(&self) -> &Host {
        &self.host
    }
}

impl Drop for TcpListener {
    fn drop(&mut self) {
        close(&self.host, self.id);
    }
}

/// Opens a listener; also whether its connections begin without Nagle's delay.
pub(crate) fn listen(
    host: &Host,
    at: Bind,
    config: ListenConfig,
    entry: Listener,
) -> io::Result<(ListenerId, bool)> {
    host.call(|engine, _| {
        engine.check_running()?;
        let nodelay = config.tcp.as_ref().unwrap_or(engine.stack.tcp_config()).nodelay;
        let id = engine.stack.listen(at, config).map_err(error::of_listen)?;
        engine.sockets.listeners.insert(id, entry);
        Ok((id, nodelay))
    })
}

pub(crate) fn close(host: &Host, id: ListenerId) {
    host.call(|engine, now| engine.close_listener(now, id));
}

fn accept(
    engine: &mut Engine,
    now: Instant,
    listener: ListenerId,
    nodelay: bool,
) -> Option<(ConnId, SocketAddr)> {
    loop {
        let id = engine.stack.accept(now, listener)?;
        let Some(info) = engine.stack.info(id) else { continue };
        engine.sockets.insert_conn(id, Conn { nodelay, ended: info.cause.is_some(), ..Conn::default() });
        return Some((id, info.tuple.peer));
    }
}

/// A place as a socket address; what stands for many is unspecified.
pub(crate) fn address_of(place: Bind) -> SocketAddr {
    let all = |port| SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port);
    match place {
        Bind::Addr(at) => at,
        Bind::Port(port) => all(port),
        Bind::Any => all(0),
    }
}
