//! Settings of a stream, and what is known of it.

use std::io;
use std::task::Poll;
use std::time::Duration;

use super::{TcpStream, tell};
use crate::engine::{Conn, Place};
use crate::{CloseCause, Info, Keepalive, error};

impl TcpStream {
    /// Sends small writes at once, or lets them wait for what is on its way (Nagle's rule, RFC 9293 §3.7.4).
    ///
    /// # Errors
    ///
    /// None that can happen; the result is for the likeness to tokio.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.host.call(|engine, now| {
            engine.stack.set_nodelay(now, self.id, nodelay);
            let conn = engine.sockets.conns.get_mut(self.id).ok_or_else(error::not_connected)?;
            conn.nodelay = nodelay;
            Ok(())
        })
    }

    /// Whether small writes are sent at once.
    ///
    /// # Errors
    ///
    /// None that can happen; the result is for the likeness to tokio.
    pub fn nodelay(&self) -> io::Result<bool> {
        self.entry(|conn| conn.nodelay)
    }

    /// Sets how many octets may wait to be delivered before a write has to wait, as `SO_SNDBUF` does; what was written
    /// already stays. [`TcpConfig::send_buffer`](crate::TcpConfig::send_buffer) until then. While the host is short of
    /// memory it may be less.
    ///
    /// # Errors
    ///
    /// None that can happen; the result is for the likeness to the other settings.
    pub fn set_send_buffer(&self, octets: u32) -> io::Result<()> {
        self.host.call(|engine, _| engine.stack.set_send_buffer(self.id, octets));
        Ok(())
    }

    /// How many octets may wait to be delivered.
    ///
    /// # Errors
    ///
    /// None that can happen; the result is for the likeness to the other settings.
    pub fn send_buffer(&self) -> io::Result<u32> {
        Ok(self.host.look(|engine| engine.stack.send_buffer(self.id)))
    }

    /// Octets that a write would take now. Another stream's write may take the memory first.
    pub fn send_room(&self) -> usize {
        self.host.look(|engine| engine.stack.room(self.id) as usize)
    }

    /// Says how long [`close`](TcpStream::close) may wait until what was written is delivered. Zero: the connection is
    /// reset instead, by `close` and by dropping the stream. `None`, the default: it closes in the background. Dropping
    /// never waits, so any other time means nothing to it.
    ///
    /// # Errors
    ///
    /// None that can happen; the result is for the likeness to tokio.
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        self.entry(|conn| conn.linger = linger)
    }

    /// What [`set_linger`](Self::set_linger) set.
    ///
    /// # Errors
    ///
    /// None that can happen; the result is for the likeness to tokio.
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        self.entry(|conn| conn.linger)
    }

    /// Has an idle peer probed, or not (RFC 9293 §3.8.4). A peer that does not answer ends the connection with
    /// `TimedOut`.
    ///
    /// # Errors
    ///
    /// None that can happen; the result is for the likeness to tokio.
    pub fn set_keepalive(&self, keepalive: Option<Keepalive>) -> io::Result<()> {
        self.host.call(|engine, now| engine.stack.set_keepalive(now, self.id, keepalive));
        Ok(())
    }

    /// Sets how long octets may go unacknowledged before the connection ends with `TimedOut`, as `TCP_USER_TIMEOUT` does;
    /// `None`, the default, or 0 leaves it to [`TcpConfig::give_up_after`](crate::TcpConfig::give_up_after). Where the user
    /// timeout option is in use the peer is told (RFC 5482).
    ///
    /// # Errors
    ///
    /// None that can happen; the result is for the likeness to the other settings.
    pub fn set_user_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.host.call(|engine, now| engine.stack.set_user_timeout(now, self.id, timeout));
        Ok(())
    }

    /// How long octets may go unacknowledged.
    ///
    /// # Errors
    ///
    /// None that can happen; the result is for the likeness to the other settings.
    pub fn user_timeout(&self) -> io::Result<Duration> {
        self.host.look(|engine| engine.stack.user_timeout(self.id)).ok_or_else(error::not_connected)
    }

    /// The error that the connection ended with, if it was not told yet; now it is.
    ///
    /// # Errors
    ///
    /// None that can happen; the result is for the likeness to tokio.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.host.look(|engine| {
            let cause = engine.stack.info(self.id).and_then(|info| info.cause);
            Ok(cause.and_then(|cause| tell(engine, self.id, cause)))
        })
    }

    /// Waits until the connection is over, and says why: `Graceful` once both sides have said goodbye, else at once
    /// when it broke off, whatever is still unread. Takes nothing and tells no error that a read or write would tell.
    /// Cancel-safe.
    ///
    /// # Errors
    ///
    /// `NetworkDown` once the host is over.
    pub async fn closed(&self) -> io::Result<CloseCause> {
        self.host
            .until(|engine, caller| match engine.stack.info(self.id).map(|info| info.cause) {
                Some(Some(cause)) => Poll::Ready(Ok(cause)),
                Some(None) => engine.wait(caller, Place::End(self.id)),
                None => Poll::Ready(Err(error::not_connected())),
            })
            .await
    }

    /// Waits until the path is in doubt: the same octets were sent again
    /// [`doubt_after`](crate::TcpConfig::doubt_after) times without an answer (R1 of RFC 9293 §3.8.3, SHLD-9), or the
    /// connection is over. It may still recover; the longer it stays in doubt, the less likely. Cancel-safe.
    ///
    /// # Errors
    ///
    /// `NetworkDown` once the host is over.
    pub async fn in_doubt(&self) -> io::Result<()> {
        self.host
            .until(|engine, caller| match engine.stack.info(self.id) {
                Some(info) if info.vars.in_doubt || info.cause.is_some() => Poll::Ready(Ok(())),
                Some(_) => engine.wait(caller, Place::Watchers(self.id)),
                None => Poll::Ready(Err(error::not_connected())),
            })
            .await
    }

    /// The state and variables of the connection at this moment.
    pub fn info(&self) -> Option<Info> {
        self.host.look(|engine| engine.stack.info(self.id))
    }

    fn entry<R>(&self, f: impl FnOnce(&mut Conn) -> R) -> io::Result<R> {
        self.host.look(|engine| engine.sockets.conns.get_mut(self.id).map(f)).ok_or_else(error::not_connected)
    }
}
