//! The way from a published port to the program.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cordial::{Datagram, Host, TcpStream, UdpSocket};
use tokio::time::{Instant, sleep, timeout};

use crate::relay::Room;
use crate::udp::OwnDatagrams;
use crate::{Listeners, Places};

/// The way to one port of the program's, from any number of the host's sockets.
#[derive(Debug)]
pub(crate) struct Outlet {
    host: Host,
    places: Arc<Places>,
    room: Room,
    port: u16,
    /// Who knows whether anybody listens; else it shows when the program is called.
    listeners: Option<Listeners>,
    /// Where the program's own datagrams go.
    own: OwnDatagrams,
    /// Somebody has listened on the port.
    has_answered: AtomicBool,
}

/// For how long a program on whose port nobody has listened yet is taken to be starting.
const STARTING: Duration = Duration::from_secs(3);
/// The pause before it is asked again, which doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// What is left to the program to answer for a caller that has given up: many times what a round trip to it takes.
const LAST_CHANCE: Duration = Duration::from_secs(1);

impl Outlet {
    pub(crate) fn new(
        host: &Host,
        places: &Arc<Places>,
        room: &Room,
        listeners: Option<&Listeners>,
        own: &OwnDatagrams,
        port: u16,
    ) -> Self {
        Self {
            host: host.clone(),
            places: Arc::clone(places),
            room: room.clone(),
            port,
            listeners: listeners.cloned(),
            own: own.clone(),
            has_answered: AtomicBool::new(false),
        }
    }

    /// The bound on connections.
    pub(super) fn room(&self) -> &Room {
        &self.room
    }

    /// Opens a connection to the program for a caller, who may give up meanwhile.
    ///
    /// # Errors
    ///
    /// `ConnectionRefused` if nobody listens, and did not begin to either while the program may have been starting;
    /// `ConnectionAborted` if the caller gave up and the program did not answer.
    pub(super) async fn connect<G: Future<Output = ()>>(
        &self,
        caller: SocketAddr,
        gives_up: impl Fn() -> G,
    ) -> io::Result<TcpStream> {
        let (begun, mut pause) = (Instant::now(), FIRST_PAUSE);
        loop {
            // A program that does not listen yet is not called: who watches it would read of refused connections that
            // nobody made. The last time it is, for the watcher to see what the caller got.
            let is_starting =
                !self.has_answered.load(Ordering::Relaxed) && begun.elapsed() + pause <= STARTING;
            if is_starting && self.is_deaf(caller) && timeout(pause, gives_up()).await.is_err() {
                continue;
            }
            let connected = tokio::select! {
                biased;
                connected = self.connect_now(caller) => connected,
                // What the caller said before is still to be delivered, if anybody is there to take it.
                () = async { gives_up().await; sleep(LAST_CHANCE).await } => {
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
            };
            match &connected {
                Ok(_) => self.has_answered.store(true, Ordering::Relaxed),
                Err(error) if is_refusal(error) && !self.has_answered.load(Ordering::Relaxed) => {
                    if begun.elapsed() + pause <= STARTING && timeout(pause, gives_up()).await.is_err() {
                        pause *= 2;
                        continue;
                    }
                }
                Err(_) => {}
            }
            return connected;
        }
    }

    /// Asks the program in the caller's own family, and where nobody listens there in the other: that `localhost` is
    /// ::1 for a browser need not concern a server that knows IPv4 only.
    async fn connect_now(&self, caller: SocketAddr) -> io::Result<TcpStream> {
        let own = caller.ip().to_canonical().is_ipv6();
        match self.is_heard(caller, own) {
            Some(false) if self.is_heard(caller, !own) == Some(true) => self.connect_as(caller, !own).await,
            Some(_) => self.connect_as(caller, own).await,
            None => match self.connect_as(caller, own).await {
                Err(error) if is_refusal(&error) => self.connect_as(caller, !own).await,
                done => done,
            },
        }
    }

    /// Whether somebody listens in this family; `None` if only a call would show it.
    fn is_heard(&self, caller: SocketAddr, as_ipv6: bool) -> Option<bool> {
        let (_, to) = self.ends(caller, as_ipv6);
        Some(self.listeners.as_ref()?.hear(to))
    }

    /// True if nobody listens in either family, as far as that is known.
    fn is_deaf(&self, caller: SocketAddr) -> bool {
        [false, true].into_iter().all(|as_ipv6| self.is_heard(caller, as_ipv6) == Some(false))
    }

    async fn connect_as(&self, caller: SocketAddr, as_ipv6: bool) -> io::Result<TcpStream> {
        let (from, to) = self.ends(caller, as_ipv6);
        match TcpStream::connect_from(&self.host, from, to).await {
            // The port is another's in the program's network: the address alone is shown then.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                TcpStream::connect_from(&self.host, (from.ip(), 0), to).await
            }
            done => done,
        }
    }

    /// Relays a datagram of the program's that a stand-in got though it is for the caller himself: from another port
    /// than the published one, so no answer of it.
    pub(super) fn relay(&self, datagram: Datagram) {
        self.own.relay(datagram);
    }

    /// A socket that stands for a caller in the program's network, and where it is to send. It gets everything that
    /// the program sends to the caller's address and port, answers and others.
    pub(super) fn stand_in(&self, caller: SocketAddr) -> io::Result<(UdpSocket, SocketAddr)> {
        let (from, to) = self.ends(caller, caller.ip().to_canonical().is_ipv6());
        let socket = match UdpSocket::bind(&self.host, from) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                UdpSocket::bind(&self.host, (from.ip(), 0))
            }
            done => done,
        }?;
        Ok((socket, to))
    }

    /// What the caller is in the program's network, and where the program listens.
    fn ends(&self, caller: SocketAddr, as_ipv6: bool) -> (SocketAddr, SocketAddr) {
        let (program4, program6) = self.places.program();
        let to = if as_ipv6 { (program6, self.port).into() } else { (program4, self.port).into() };
        (SocketAddr::new(self.places.shown(caller.ip(), as_ipv6), caller.port()), to)
    }
}

fn is_refusal(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::ConnectionRefused
}
