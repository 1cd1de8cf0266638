//! The program's pings: answered here for the addresses that are ours, sent on by the host for all others.

mod asker;
mod message;
mod socket;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use cordial::{EchoRequest, EchoSocket, IcmpCode};
use tokio::task::coop;
use tokio::time::Instant;

use crate::flows::Flows;
use crate::notice::{Notice, Notices};
use crate::recency::Used;
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
    askers: Flows<Ends, Arc<Asker>>,
}

impl Pings {
    pub(crate) fn new(inside: EchoSocket, places: Arc<Places>, notices: Notices) -> Self {
        Self { inside: Arc::new(inside), places, notices, askers: Flows::new(ASKERS) }
    }

    /// Serves until the stack is shut down.
    pub(crate) async fn serve(mut self) {
        loop {
            tokio::select! {
                request = self.inside.recv() => match request {
                    Ok(request) => self.ask(request),
                    Err(_) => return,
                },
                () = self.askers.over() => {}
            }
            coop::consume_budget().await;
        }
    }

    fn ask(&mut self, request: EchoRequest) {
        let ends = (request.source, request.destination, request.id);
        if let Some(asker) = self.askers.get_mut(&ends) {
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
        asker.send(&self.inside, request);
        let answers = Arc::clone(&asker).serve(Arc::clone(&self.inside));
        self.askers.insert(ends, asker, answers);
    }
}

impl Used for Arc<Asker> {
    fn last_used(&self) -> Instant {
        Asker::last_used(self)
    }
}

#[cfg(test)]
mod tests;
