//! One connection.

mod halves;
mod io_traits;
mod options;
mod owned;
mod read;
mod urgent;

use std::io::{self, IoSlice};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use cordial_stack::{CloseCause, ConnId, WriteError};
use cordial_tcp::Half;
use smallvec::SmallVec;

use crate::engine::{Caller, Conn, Engine, Place};
use crate::{Host, Instant, Phase, TcpConfig, error};
pub use halves::{ReadHalf, WriteHalf};
pub use owned::{OwnedReadHalf, OwnedWriteHalf, ReuniteError};

/// A TCP connection, as `tokio::net::TcpStream` is one.
///
/// Reading and writing is by tokio's `AsyncRead` and `AsyncWrite`, by the `try_` calls, or by
/// [`read_with`](Self::read_with) straight from the receive queue. All calls take `&self`, so that one task may read
/// while another writes.
///
/// What is written is sent as soon as windows and Nagle's rule ([`set_nodelay`](Self::set_nodelay)) allow; flushing
/// does nothing. `shutdown` of `AsyncWrite` sends a FIN after what was written and may be repeated.
///
/// # Dropping it
///
/// The connection closes in the background: what was written is still delivered, then a FIN is sent, and the orphan
/// rules of [`TcpConfig`](crate::TcpConfig) see to it that this ends. If octets lie unread, or come in later, the peer
/// is sent a reset instead, so that it does not take them for read (RFC 2525 §2.17). With
/// [`set_linger`](Self::set_linger) of zero it is reset at once.
///
/// # Errors
///
/// They have the kinds and numbers that the operating system gives. How a connection ended is told once, by whichever
/// call comes first (as `ConnectionReset`, `TimedOut`, …); from then on reads give the end of the stream and writes
/// `BrokenPipe`.
#[derive(Debug)]
pub struct TcpStream {
    host: Host,
    id: ConnId,
}

impl TcpStream {
    pub(crate) fn new(host: Host, id: ConnId) -> Self {
        Self { host, id }
    }

    /// Opens a connection from an address and port of the host's choice (RFC 6056) and waits until it is there.
    ///
    /// Dropping the future gives the attempt up.
    ///
    /// # Errors
    ///
    /// `ConnectionRefused` if the peer answered with a reset, `TimedOut` if nobody answered,
    /// `HostUnreachable` if ICMP said so, `NetworkUnreachable` if the host has no address of that family,
    /// `AddrNotAvailable` if nobody can be connected to there or no port is left, `NetworkDown` if the host is
    /// shutting down, ENOBUFS if there are too many connections.
    pub async fn connect(host: &Host, to: impl Into<SocketAddr>) -> io::Result<Self> {
        Self::open(host, None, to.into()).await
    }

    /// As [`connect`](Self::connect), from the given address; port 0 leaves the port to the host.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect), `AddrNotAvailable` if `from` is not the host's, and `AddrInUse` if these two
    /// ends are connected or in TIME-WAIT.
    pub async fn connect_from(
        host: &Host,
        from: impl Into<SocketAddr>,
        to: impl Into<SocketAddr>,
    ) -> io::Result<Self> {
        Self::open(host, Some(from.into()), to.into()).await
    }

    /// As [`connect`](Self::connect), and writes `octets`; they ride on the SYN as far as they fit, where the server has
    /// given a cookie before (TCP Fast Open, RFC 7413), and so save a round trip. The first call to a server asks for the
    /// cookie. Whatever the server does not take from the SYN is sent when the connection is open.
    ///
    /// The server may get what rides on a SYN **twice**, as two connections, where the network copies the SYN
    /// (RFC 7413 §2, §6.1): for requests that may be repeated without harm, and for protocols that tell.
    ///
    /// Dropping the future gives the attempt up: what was not sent yet never is, and a peer that had answered already is
    /// sent a reset.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect), and as [writing](Self#errors).
    pub async fn connect_fast(host: &Host, to: impl Into<SocketAddr>, octets: &[u8]) -> io::Result<Self> {
        let to = to.into();
        let (id, mut written) = host.call(|engine, now| {
            let config = TcpConfig { fast_open: true, ..TcpConfig::clone(engine.stack.tcp_config()) };
            let id = connect(engine, now, None, to, &Arc::new(config))?;
            // Before the SYN goes out; what there is no room for now follows.
            Ok::<_, io::Error>((id, write(engine, now, id, &[octets]).unwrap_or(0)))
        })?;
        let stream = Self::new(host.clone(), id);
        // Dropped with this future, the stream would deliver what was written: until all is done it is reset instead.
        stream.set_linger(Some(Duration::ZERO))?;
        host.wait(|caller| stream.poll_opened(caller)).await?;
        while let Some(rest) = octets.get(written..).filter(|rest| !rest.is_empty()) {
            written += host.wait(|caller| stream.poll_write_pieces(caller, &[rest])).await?;
        }
        stream.set_linger(None)?;
        Ok(stream)
    }

    async fn open(host: &Host, from: Option<SocketAddr>, to: SocketAddr) -> io::Result<Self> {
        let id = host.call(|engine, now| {
            let config = engine.stack.tcp_config().clone();
            connect(engine, now, from, to, &config)
        })?;
        // From here on, dropping this future drops the stream, which releases the connection.
        let stream = Self::new(host.clone(), id);
        host.wait(|caller| stream.poll_opened(caller)).await?;
        Ok(stream)
    }

    fn poll_opened(&self, caller: Caller<'_>) -> Poll<io::Result<()>> {
        self.host.look(|engine| {
            let Some(info) = engine.stack.info(self.id) else {
                return Poll::Ready(Err(error::not_connected()));
            };
            match (info.phase, info.cause) {
                (Phase::SynSent | Phase::SynReceived, None) => engine.wait(caller, Place::Writers(self.id)),
                (_, Some(cause)) => Poll::Ready(error::of_cause(cause).map_or(Ok(()), Err)),
                _ => Poll::Ready(Ok(())),
            }
        })
    }

    /// Our end.
    ///
    /// # Errors
    ///
    /// None that can happen; the result is for the likeness to tokio.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.info().map(|info| info.tuple.local).ok_or_else(error::not_connected)
    }

    /// The other end.
    ///
    /// # Errors
    ///
    /// None that can happen; the result is for the likeness to tokio.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.info().map(|info| info.tuple.peer).ok_or_else(error::not_connected)
    }

    /// The host it belongs to.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Writes what there is room for.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is no room, else as [writing](Self#errors).
    pub fn try_write(&self, octets: &[u8]) -> io::Result<usize> {
        self.write_now(&[octets])
    }

    /// Writes of several slices, in order, what there is room for.
    ///
    /// # Errors
    ///
    /// As [`try_write`](Self::try_write).
    pub fn try_write_vectored(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write_now(&pieces(slices))
    }

    /// Waits until a write would not have to wait: there is room, or an error. Cancel-safe.
    ///
    /// # Errors
    ///
    /// `NetworkDown` once the host is over.
    pub async fn writable(&self) -> io::Result<()> {
        self.host
            .until(|engine, caller| {
                if engine.stack.want_room(self.id) {
                    return Poll::Ready(Ok(()));
                }
                engine.wait(caller, Place::Writers(self.id))
            })
            .await
    }

    fn write_now(&self, pieces: &[&[u8]]) -> io::Result<usize> {
        self.host.call(|engine, now| write(engine, now, self.id, pieces))
    }

    fn poll_write_pieces(&self, caller: Caller<'_>, pieces: &[&[u8]]) -> Poll<io::Result<usize>> {
        self.host.call(|engine, now| match write(engine, now, self.id, pieces) {
            Err(full) if full.kind() == io::ErrorKind::WouldBlock => {
                engine.wait(caller, Place::Writers(self.id))
            }
            done => Poll::Ready(done),
        })
    }

    /// Ends one direction or both, now: `Write` sends a FIN after what was written; `Read` drops what is unread and
    /// what comes. Again is as good as once. (Not named `shutdown`, which would hide that of `AsyncWriteExt`.)
    ///
    /// # Errors
    ///
    /// None at present: of a connection that is over there is nothing left to end.
    pub fn shutdown_half(&self, how: Shutdown) -> io::Result<()> {
        let half = match how {
            Shutdown::Read => Half::Read,
            Shutdown::Write => Half::Write,
            Shutdown::Both => Half::Both,
        };
        self.host.call(|engine, now| {
            engine.stack.shutdown(now, self.id, half);
            if half != Half::Write
                && let Some(conn) = engine.sockets.conns.get_mut(self.id)
            {
                // A reader that waits learns that there is nothing to wait for.
                conn.readers.wake(&mut engine.woken);
            }
        });
        Ok(())
    }

    /// Closes the connection, and with a time set by [`set_linger`](Self::set_linger) waits until the peer's TCP has
    /// everything that was written, and our FIN. Without one it returns at once, as dropping does.
    ///
    /// When the time is over the closing goes on in the background, as deployed stacks have it: what may still arrive is
    /// not thrown away for being late. Who would rather have it reset calls [`abort`](Self::abort) instead.
    ///
    /// # Errors
    ///
    /// `TimedOut` if the time was over first, and whatever ended the connection before everything was delivered; with a
    /// linger of zero, or without one, none. Octets that were never read make it a reset, as in dropping.
    pub async fn close(self) -> io::Result<()> {
        let Some(time) = self.linger()?.filter(|time| !time.is_zero()) else { return Ok(()) };
        if self.info().is_some_and(|info| info.vars.unread > 0) {
            return Err(error::of_cause(CloseCause::UnreadData).unwrap_or_else(error::aborted));
        }
        self.shutdown_half(Shutdown::Write)?;
        let delivered = self.host.wait(|caller| self.poll_delivered(caller));
        match tokio::time::timeout(time, delivered).await {
            Ok(done) => done,
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    fn poll_delivered(&self, caller: Caller<'_>) -> Poll<io::Result<()>> {
        self.host.look(|engine| {
            let Some(info) = engine.stack.info(self.id) else {
                return Poll::Ready(Err(error::not_connected()));
            };
            match (info.phase, info.cause) {
                (_, Some(cause)) => Poll::Ready(error::of_cause(cause).map_or(Ok(()), Err)),
                (Phase::FinWait2 | Phase::TimeWait, None) => Poll::Ready(Ok(())),
                _ => engine.wait(caller, Place::Watchers(self.id)),
            }
        })
    }

    /// Gives the connection up: the peer is sent a reset now, and what was written and not delivered is lost.
    pub fn abort(&self) {
        self.host.call(|engine, now| engine.stack.abort(now, self.id));
    }
}

impl Drop for TcpStream {
    fn drop(&mut self) {
        // What is taken out is dropped after the lock, as is every waker.
        let _conn = self.host.call(|engine, now| {
            let conn = engine.sockets.remove_conn(self.id);
            if conn.as_ref().is_some_and(|conn| conn.linger == Some(Duration::ZERO)) {
                engine.stack.abort(now, self.id);
            }
            engine.stack.release(now, self.id);
            conn
        });
    }
}

/// Opens a connection, which is there at once.
fn connect(
    engine: &mut Engine,
    now: Instant,
    from: Option<SocketAddr>,
    to: SocketAddr,
    config: &Arc<TcpConfig>,
) -> io::Result<ConnId> {
    engine.check_running()?;
    let id = engine.stack.connect(now, from, to, config);
    let id = id.map_err(|error| error::of_connect(error, from.is_some()))?;
    engine.sockets.insert_conn(id, Conn { nodelay: config.nodelay, ..Conn::default() });
    Ok(id)
}

/// Writes; no room is `WouldBlock`.
fn write(engine: &mut Engine, now: Instant, id: ConnId, pieces: &[&[u8]]) -> io::Result<usize> {
    if engine.is_over() {
        return Err(error::host_down());
    }
    let result = engine.stack.write(now, id, pieces);
    written(engine, id, result, pieces.iter().all(|piece| piece.is_empty()))
}

/// What came of a write; no room is `WouldBlock`, unless there was nothing to write.
fn written(
    engine: &mut Engine,
    id: ConnId,
    result: Result<usize, WriteError>,
    nothing: bool,
) -> io::Result<usize> {
    match result {
        Ok(0) if !nothing => Err(error::would_block()),
        Ok(taken) => Ok(taken),
        Err(WriteError::Shutdown) => Err(error::broken_pipe()),
        Err(WriteError::NoMemory) => Err(error::no_memory()),
        Err(WriteError::Closed(cause)) => Err(tell(engine, id, cause).unwrap_or_else(error::broken_pipe)),
    }
}

/// The error of a connection that is over, the first time.
fn tell(engine: &mut Engine, id: ConnId, cause: CloseCause) -> Option<io::Error> {
    let conn = engine.sockets.conns.get_mut(id)?;
    let first = !std::mem::replace(&mut conn.told, true);
    first.then(|| error::of_cause(cause)).flatten()
}

fn pieces<'a>(slices: &'a [IoSlice<'_>]) -> SmallVec<[&'a [u8]; 16]> {
    slices.iter().map(|slice| &**slice).collect()
}
