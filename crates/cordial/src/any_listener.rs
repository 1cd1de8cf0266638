//! Deciding on connections before they are answered.

use std::io;
use std::task::{Context, Poll};

use cordial_stack::ListenerId;

use crate::engine::{Caller, Deciding, Listener, Place};
use crate::listener::{close, listen};
use crate::{Bind, Host, Incoming, ListenConfig};

/// A listener at every address and port that puts each SYN before the program and sends nothing until it has decided:
/// what a transparent proxy needs, so that a client hears "refused" when the server refused.
///
/// ```no_run
/// # use cordial::{AnyListener, Host, IcmpCode};
/// # async fn relay(_: cordial::TcpStream, _: tokio::net::TcpStream) {}
/// # async fn serve(host: Host) -> std::io::Result<()> {
/// let listener = AnyListener::bind(&host)?;
/// loop {
///     let incoming = listener.next().await?;
///     tokio::spawn(async move {
///         let connected = tokio::select! {
///             connected = tokio::net::TcpStream::connect(incoming.local()) => connected,
///             () = incoming.withdrawn() => return,
///         };
///         match connected {
///             Ok(server) => match incoming.accept().await {
///                 Ok(client) => relay(client, server).await,
///                 Err(_) => {} // the client went away
///             },
///             Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => incoming.reset(),
///             Err(_) => incoming.unreachable(IcmpCode::Host),
///         }
///     });
/// }
/// # }
/// ```
///
/// SYNs that wait are bounded by [`Limits::undecided`](crate::Limits); what is over it is dropped and counted, and its
/// sender tries again. Sockets at narrower places come first. Dropping the listener withdraws what is undecided and
/// resets what was accepted and did not complete its handshake.
#[derive(Debug)]
pub struct AnyListener {
    host: Host,
    id: ListenerId,
    nodelay: bool,
}

impl AnyListener {
    /// Listens at every address and port.
    ///
    /// # Errors
    ///
    /// `AddrInUse` if there is such a listener, `NetworkDown` if the host is shutting down.
    pub fn bind(host: &Host) -> io::Result<Self> {
        Self::bind_with(host, Bind::Any, ListenConfig::default())
    }

    /// Decides at another place, or with settings. [`ListenConfig::decide`] counts as on.
    ///
    /// # Errors
    ///
    /// As [`TcpListener::bind`](crate::TcpListener::bind).
    pub fn bind_with(host: &Host, at: Bind, config: ListenConfig) -> io::Result<Self> {
        let config = ListenConfig { decide: true, ..config };
        let entry = Listener { deciding: Some(Box::<Deciding>::default()), ..Listener::default() };
        let (id, nodelay) = listen(host, at, config, entry)?;
        Ok(Self { host: host.clone(), id, nodelay })
    }

    /// The next SYN to decide on. Cancel-safe.
    ///
    /// # Errors
    ///
    /// `NetworkDown` once the host is over or shutting down.
    pub async fn next(&self) -> io::Result<Incoming> {
        self.host.wait(|caller| self.poll_take(caller)).await
    }

    /// As [`next`](Self::next), for those who poll. Of several tasks the last to poll is woken.
    pub fn poll_next(&self, cx: &mut Context<'_>) -> Poll<io::Result<Incoming>> {
        self.poll_take(Caller::polls(cx))
    }

    fn poll_take(&self, caller: Caller<'_>) -> Poll<io::Result<Incoming>> {
        let taken = self.host.look(|engine| {
            if let Some(taken) = engine.sockets.take_incoming(self.id) {
                return Poll::Ready(Ok(taken));
            }
            if let Err(over) = engine.check_running() {
                return Poll::Ready(Err(over));
            }
            engine.wait(caller, Place::Listener(self.id))
        });
        taken.map_ok(|(syn, tuple)| Incoming::new(self.host.clone(), self.id, syn, tuple, self.nodelay))
    }

    /// The host it belongs to.
    pub fn host(&self) -> &Host {
        &self.host
    }
}

impl Drop for AnyListener {
    fn drop(&mut self) {
        close(&self.host, self.id);
    }
}
