//! The program's pings: answered here for the addresses that are ours, sent on by the host for all others.

mod asker;
mod message;
mod socket;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use cordial::{EchoRequest, EchoSocket, IcmpCode};
use tokio::task::{AbortHandle, JoinSet, coop};
use tokio::time::Instant;

use crate::notice::{Notice, Notices};
use crate::recency::{Recency, Used};
use crate::udp::meaning;
use crate::{Place, Places};
use asker::Asker;
use socket::{HostSocket, NotAllowed};

/// Pings at once: each takes a descriptor. One more ends the one that has been idle for longest.
pub(crate) const ASKERS: usize = 128;

/// Who asks whom, and under which number.
type Ends = (IpAddr, IpAddr, u16);

/// Answers the program's echo requests, or has them answered.
#[derive(Debug)]
pub(crate) struct Pings {
    inside: Arc<EchoSocket>,
    places: Arc<Places>,
    notices: Notices,
    askers: Recency<Ends, Asking>,
    returns: JoinSet<Arc<Asker>>,
}

/// An asker at work. It ends when dropped.
#[derive(Debug)]
struct Asking {
    asker: Arc<Asker>,
    returns: AbortHandle,
}

impl Pings {
    pub(crate) fn new(inside: EchoSocket, places: Arc<Places>, notices: Notices) -> Self {
        Self {
            inside: Arc::new(inside),
            places,
            notices,
            askers: Recency::new(ASKERS),
            returns: JoinSet::new(),
        }
    }

    /// Serves until the stack is shut down.
    pub(crate) async fn serve(mut self) {
        loop {
            tokio::select! {
                request = self.inside.recv() => match request {
                    Ok(request) => self.ask(request),
                    Err(_) => return,
                },
                Some(ended) = self.returns.join_next() => {
                    if let Ok(asker) = ended {
                        self.forget(&asker);
                    }
                }
            }
            coop::consume_budget().await;
        }
    }

    fn ask(&mut self, request: EchoRequest) {
        let ends = (request.source, request.destination, request.id);
        if let Some(Asking { asker, .. }) = self.askers.get_mut(&ends) {
            return asker.send(&self.inside, request);
        }
        // A ping has no port: any that is one will do.
        match self.places.find(SocketAddr::new(request.destination, 7)) {
            // The host's loopback always answers.
            Place::Host(to) if to.ip().is_loopback() => self.answer(&request),
            Place::Refused => self.answer(&request),
            Place::Host(to) => self.begin(ends, to.ip(), request),
            Place::Nobody => self.tell(&request, IcmpCode::Host),
            Place::Senseless => {}
        }
    }

    fn answer(&self, request: &EchoRequest) {
        // A full queue to the program loses it.
        let _ = self.inside.reply(request, &request.octets);
    }

    fn tell(&self, request: &EchoRequest, why: IcmpCode) {
        let _ = self.inside.unreachable(request, why);
    }

    fn begin(&mut self, ends: Ends, to: IpAddr, request: EchoRequest) {
        // Before the descriptor is taken.
        self.askers.make_room();
        let socket = match HostSocket::open(to) {
            Ok(socket) => socket,
            // Silence, as behind a firewall; a person is told.
            Err(NotAllowed::ByHost) => return self.notices.give(Notice::PingsNotAllowed),
            Err(NotAllowed::Failed(error)) => {
                if let Some(why) = meaning(&error) {
                    self.tell(&request, why);
                }
                return;
            }
        };
        let asker = Arc::new(Asker::new(ends, socket));
        let returns = self.returns.spawn(Arc::clone(&asker).serve(Arc::clone(&self.inside)));
        asker.send(&self.inside, request);
        self.askers.insert(ends, Asking { asker, returns });
    }

    fn forget(&mut self, over: &Arc<Asker>) {
        self.askers.remove_if(&over.ends(), |asking| Arc::ptr_eq(&asking.asker, over));
    }
}

impl Used for Asking {
    fn last_used(&self) -> Instant {
        self.asker.last_used()
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.returns.abort();
    }
}

#[cfg(test)]
mod tests;
