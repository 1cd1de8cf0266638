//! One mapping: a socket of the host's for everything that the program sends from one address and port.
//!
//! The socket is not connected, so whoever the program talks with sees one port of the host's, and what others send
//! there reaches the program (RFC 4787 §4.1, REQ-1: endpoint-independent mapping). That goes for anybody, as it does
//! for a socket of any program of the host's: endpoint-independent filtering, which is what §5, REQ-8 recommends where
//! transparency counts most. Whom to hear is for the host's firewall and the program itself.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use cordial::{Datagram, UdpSocket as Inside};
use tokio::net::UdpSocket as Outside;
use tokio::task::coop;
use tokio::time::{Instant, timeout_at};

use super::outside::{self, meaning, news};
use crate::Places;

/// A mapping without a datagram for so long is over (RFC 4787 §4.3: no less than two minutes).
const IDLE: Duration = Duration::from_secs(120);

/// One that asks only name servers, which answer once or not at all (RFC 4787 §4.3 lets well-known ports have less).
const IDLE_DNS: Duration = Duration::from_secs(15);

/// Datagrams that are brought back before others get their turn.
const BURST: usize = 64;

/// Errors of the host's socket in a row that are passed over, each being about one datagram of ours.
const ERRORS: usize = 16;

/// A mapping.
#[derive(Debug)]
pub(super) struct Mapping {
    program: SocketAddr,
    outside: Outside,
    places: Arc<Places>,
    began: Instant,
    /// When a datagram passed last, milliseconds since it began.
    used: AtomicU64,
    /// Others than name servers were asked.
    asks_others: AtomicBool,
}

impl Mapping {
    /// A mapping of this address of the program's. Never waits.
    ///
    /// # Errors
    ///
    /// As the system gives them: there may be no descriptor.
    pub(super) fn open(program: SocketAddr, places: Arc<Places>) -> io::Result<Self> {
        Ok(Self {
            program,
            outside: outside::open(program)?,
            places,
            began: Instant::now(),
            used: AtomicU64::new(0),
            asks_others: AtomicBool::new(false),
        })
    }

    /// When a datagram passed last.
    pub(super) fn last_used(&self) -> Instant {
        self.began + Duration::from_millis(self.used.load(Ordering::Relaxed))
    }

    fn touch(&self) {
        let since = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.used.store(since, Ordering::Relaxed);
    }

    fn idle(&self) -> Duration {
        if self.asks_others.load(Ordering::Relaxed) { IDLE } else { IDLE_DNS }
    }

    /// Sends a datagram of the program's on. One for which the host has no room is lost, as on any link.
    pub(super) fn send(&self, inside: &Inside, datagram: &Datagram, to: SocketAddr) {
        self.touch();
        if datagram.destination.port() != crate::dns::PORT {
            self.asks_others.store(true, Ordering::Relaxed);
        }
        let send = || outside::send(&self.outside, &datagram.octets, to).err().and_then(|e| meaning(&e));
        if send().is_some() {
            // The socket may speak of one before, and has not sent this one, which may find somebody.
            self.tell(inside);
            if let Some(why) = send() {
                let _ = inside.unreachable(datagram, why);
            }
        }
    }

    /// Brings back what is answered, until the mapping has been idle for long.
    pub(super) async fn serve(self: Arc<Self>, inside: Arc<Inside>) {
        loop {
            let over = self.last_used() + self.idle();
            match timeout_at(over, news(&self.outside)).await {
                Ok(Ok(())) => self.bring_back(&inside),
                Ok(Err(_)) => return,
                Err(_) if self.last_used() + self.idle() <= Instant::now() => return,
                Err(_) => {}
            }
            coop::consume_budget().await;
        }
    }

    /// What waits, up to a burst.
    fn bring_back(&self, inside: &Inside) {
        for _ in 0..ERRORS {
            self.tell(inside);
            let received = outside::receive(&self.outside, BURST, |octets, from| {
                if let Some(from) = self.places.heard(from) {
                    self.touch();
                    // A full queue to the program loses it.
                    let _ = inside.try_send_from(octets, from, self.program);
                }
            });
            if received.is_ok() {
                return;
            }
        }
    }

    /// Tells of the datagrams that did not arrive: each that waits in the socket's queue of errors.
    fn tell(&self, inside: &Inside) {
        while let Some(lost) = outside::undelivered(&self.outside) {
            if let Some(destination) = self.places.heard(lost.to) {
                let quoted = Datagram { source: self.program, destination, octets: lost.octets };
                // Not more often than errors may be sent.
                let _ = inside.unreachable(&quoted, lost.why);
            }
        }
    }
}
