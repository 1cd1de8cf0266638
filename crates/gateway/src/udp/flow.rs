//! One flow: a socket of the host's for what the program sends from one place to another.

use std::cell::RefCell;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cordial::{Datagram, IcmpCode, UdpSocket as Inside};
use rustix::net::{RecvFlags, SendFlags, recv, send};
use tokio::io::Interest;
use tokio::net::UdpSocket as Outside;
use tokio::task::coop;
use tokio::time::{Instant, timeout_at};

use super::Ends;

/// A flow without a datagram for so long is over (RFC 4787 §4.3: no less than two minutes).
const IDLE: Duration = Duration::from_secs(120);

/// One that asks a name server, which answers once or not at all (RFC 4787 §4.3 lets well-known ports have less).
const IDLE_DNS: Duration = Duration::from_secs(15);

/// Octets of the longest datagram.
const LONGEST: usize = 65_535;

/// Datagrams that are brought back before others get their turn.
const BURST: usize = 64;

thread_local! {
    /// Where a datagram lies between the two sockets.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; LONGEST]);
}

/// A flow.
#[derive(Debug)]
pub(super) struct Flow {
    ends: Ends,
    outside: Outside,
    began: Instant,
    /// When a datagram passed last, milliseconds since it began.
    used: AtomicU64,
    /// What was sent last: what an error is about.
    last: Mutex<Option<Datagram>>,
}

/// What an error of a host's socket says of whom the datagram was for; nothing if it is about ourselves.
pub(crate) fn meaning(error: &io::Error) -> Option<IcmpCode> {
    match error.raw_os_error()? {
        libc::ECONNREFUSED => Some(IcmpCode::Port),
        libc::EHOSTUNREACH | libc::EHOSTDOWN | libc::EINVAL => Some(IcmpCode::Host),
        // A family that the host does not have leads nowhere, as on a host without a route.
        libc::ENETUNREACH | libc::ENETDOWN | libc::EAFNOSUPPORT | libc::EADDRNOTAVAIL => {
            Some(IcmpCode::Network)
        }
        libc::EACCES | libc::EPERM => Some(IcmpCode::Admin),
        _ => None,
    }
}

/// Waits for a datagram, or for the error that one of ours gave rise to: that comes without anything to be read.
async fn news(socket: &Outside) -> io::Result<()> {
    tokio::select! {
        ready = socket.ready(Interest::READABLE) => ready.map(drop),
        ready = socket.ready(Interest::ERROR) => ready.map(drop),
    }
}

/// What [`news`] are, or `WouldBlock`. Either kind is asked for by itself, so that neither is taken for heard when only
/// the other was.
fn recv_now(socket: &Outside, into: &mut [u8]) -> io::Result<usize> {
    let mut recv_if = |ready| socket.try_io(ready, || Ok(recv(socket, &mut *into, RecvFlags::DONTWAIT)?.0));
    match recv_if(Interest::ERROR) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => recv_if(Interest::READABLE),
        received => received,
    }
}

/// Waits for a datagram.
///
/// # Errors
///
/// What became of one of ours, as the system gives it.
pub(crate) async fn next_of(socket: &Outside, into: &mut [u8]) -> io::Result<usize> {
    loop {
        news(socket).await?;
        match recv_now(socket, into) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            received => return received,
        }
    }
}

impl Flow {
    /// A flow between these ends whose datagrams go on to `to`. Never waits.
    ///
    /// # Errors
    ///
    /// As the system gives them: there may be no way to `to`, or no descriptor.
    pub(super) fn open(ends: Ends, to: SocketAddr) -> io::Result<Self> {
        let any: SocketAddr = match to {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = std::net::UdpSocket::bind(any)?;
        socket.connect(to)?;
        socket.set_nonblocking(true)?;
        let outside = Outside::from_std(socket)?;
        Ok(Self { ends, outside, began: Instant::now(), used: AtomicU64::new(0), last: Mutex::new(None) })
    }

    /// The program's address, and the one it sends to.
    pub(super) fn ends(&self) -> Ends {
        self.ends
    }

    /// When a datagram passed last.
    pub(super) fn last_used(&self) -> Instant {
        self.began + Duration::from_millis(self.used.load(Ordering::Relaxed))
    }

    fn touch(&self) {
        let since = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.used.store(since, Ordering::Relaxed);
    }

    /// Sends a datagram of the program's. One for which the host has no room is lost, as on any link.
    pub(super) fn send(&self, inside: &Inside, datagram: Datagram) {
        self.touch();
        if let Err(error) = self.send_once(&datagram)
            && let Some(why) = meaning(&error)
        {
            // The socket speaks of one before, and has not sent this one, which may find somebody.
            self.tell(inside, why);
            if let Err(error) = self.send_once(&datagram)
                && let Some(why) = meaning(&error)
            {
                let _ = inside.unreachable(&datagram, why);
            }
        }
        *self.last() = Some(datagram);
    }

    /// By the system call itself: whether there is room, the socket knows sooner than those who watch it.
    fn send_once(&self, datagram: &Datagram) -> io::Result<()> {
        send(&self.outside, &datagram.octets, SendFlags::NOSIGNAL | SendFlags::DONTWAIT)?;
        Ok(())
    }

    /// Brings back what is answered, until the flow has been idle for long. Gives itself back.
    pub(super) async fn serve(self: Arc<Self>, inside: Arc<Inside>) -> Arc<Self> {
        let idle = if self.ends.1.port() == crate::dns::PORT { IDLE_DNS } else { IDLE };
        loop {
            let over = self.last_used() + idle;
            match timeout_at(over, news(&self.outside)).await {
                Ok(Ok(())) => self.bring_back(&inside),
                Ok(Err(_)) => return self,
                Err(_) if self.last_used() + idle <= Instant::now() => return self,
                Err(_) => {}
            }
            coop::consume_budget().await;
        }
    }

    /// What waits, up to a burst.
    fn bring_back(&self, inside: &Inside) {
        let (program, as_called) = self.ends;
        SCRATCH.with_borrow_mut(|scratch| {
            for _ in 0..BURST {
                match recv_now(&self.outside, scratch) {
                    // A full queue to the program loses it.
                    Ok(n) => {
                        self.touch();
                        let octets = scratch.get(..n).unwrap_or_default();
                        let _ = inside.try_send_from(octets, as_called, program);
                    }
                    Err(error) => match meaning(&error) {
                        Some(why) => self.tell(inside, why),
                        None => return,
                    },
                }
            }
        });
    }

    /// The error is about what was sent last, as far as anybody can tell.
    fn tell(&self, inside: &Inside, why: IcmpCode) {
        let last = self.last().take();
        if let Some(last) = last {
            let _ = inside.unreachable(&last, why);
        }
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<Datagram>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_of_the_host_has_its_meaning() {
        let of = |errno| meaning(&io::Error::from_raw_os_error(errno));
        assert_eq!(of(libc::ECONNREFUSED), Some(IcmpCode::Port));
        assert_eq!(of(libc::EHOSTUNREACH), Some(IcmpCode::Host));
        assert_eq!(of(libc::ENETUNREACH), Some(IcmpCode::Network));
        assert_eq!(of(libc::EPERM), Some(IcmpCode::Admin));
        assert_eq!(of(libc::EAGAIN), None);
        assert_eq!(of(libc::EMFILE), None);
    }
}
