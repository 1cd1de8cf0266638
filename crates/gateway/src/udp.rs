//! The program's datagrams, relayed from port to port.
//!
//! ```text
//!   program ── datagram ──▶ Datagrams: from which port? ──▶ its socket of the host's ──▶ anybody
//!   program ◀─ datagram ──────────────────────────────────── Mapping::serve ◀────────── anybody
//!   program ◀─ ICMP: nobody there ◀── "connection refused", "no route" in that socket's queue of errors
//! ```

mod mapping;
mod outside;

use std::net::SocketAddr;
use std::sync::Arc;

use cordial::{Datagram, IcmpCode, UdpSocket as Inside};
use tokio::sync::mpsc;
use tokio::task::coop;
use tokio::time::Instant;

use crate::flows::Flows;
use crate::recency::Used;
use crate::{Place, Places};
use mapping::Mapping;
pub(crate) use outside::{address_of, meaning, next_of};

/// Mappings at once: each takes a descriptor. One more ends the one that has been idle for longest.
pub(crate) const MAPPINGS: usize = 1024;

/// Datagrams that wait to be relayed and reached other sockets.
const QUEUE: usize = 64;

/// A way to [`Datagrams`] for what the program sent and another socket than theirs got. A clone is the same.
#[derive(Debug, Clone)]
pub(crate) struct OwnDatagrams(mpsc::Sender<Datagram>);

impl OwnDatagrams {
    /// Has a datagram relayed. Over [`QUEUE`] it is lost, as any datagram may be.
    pub(crate) fn relay(&self, datagram: Datagram) {
        let _ = self.0.try_send(datagram);
    }
}

/// Relays every datagram that reaches a socket.
#[derive(Debug)]
pub(crate) struct Datagrams {
    inside: Arc<Inside>,
    /// What others got.
    others: (OwnDatagrams, mpsc::Receiver<Datagram>),
    places: Arc<Places>,
    /// By the program's address and port.
    mappings: Flows<SocketAddr, Mapped>,
}

/// A mapping in use.
#[derive(Debug)]
struct Mapped {
    mapping: Arc<Mapping>,
    /// Where the program sent last, and what is there: asked once for many datagrams in a row.
    last: (SocketAddr, SocketAddr),
}

impl Datagrams {
    pub(crate) fn new(inside: Inside, places: Arc<Places>) -> Self {
        let (to_here, others) = mpsc::channel(QUEUE);
        Self {
            inside: Arc::new(inside),
            others: (OwnDatagrams(to_here), others),
            places,
            mappings: Flows::new(MAPPINGS),
        }
    }

    /// For those whose sockets get what is for this one.
    pub(crate) fn way_here(&self) -> OwnDatagrams {
        self.others.0.clone()
    }

    /// Serves until the stack is shut down.
    pub(crate) async fn serve(mut self) {
        loop {
            tokio::select! {
                datagram = self.inside.recv() => match datagram {
                    Ok(datagram) => self.relay(datagram),
                    Err(_) => return,
                },
                Some(datagram) = self.others.1.recv() => self.relay(datagram),
                () = self.mappings.over() => {}
            }
            // They come in bursts.
            while let Ok(datagram) = self.inside.try_recv() {
                self.relay(datagram);
                coop::consume_budget().await;
            }
        }
    }

    fn relay(&mut self, datagram: Datagram) {
        let (source, destination) = (datagram.source, datagram.destination);
        if let Some(mapped) = self.mappings.get_mut(&source)
            && mapped.last.0 == destination
        {
            return mapped.mapping.send(&self.inside, &datagram, mapped.last.1);
        }
        match self.places.find(destination) {
            Place::Host(to) => self.send(&datagram, to),
            Place::Refused => self.tell(&datagram, IcmpCode::Port),
            Place::Nobody => self.tell(&datagram, IcmpCode::Host),
            Place::Senseless => {}
        }
    }

    fn send(&mut self, datagram: &Datagram, to: SocketAddr) {
        let last = (datagram.destination, to);
        if let Some(mapped) = self.mappings.get_mut(&datagram.source) {
            mapped.last = last;
            return mapped.mapping.send(&self.inside, datagram, to);
        }
        // Before the descriptor is taken.
        self.mappings.make_room();
        match Mapping::open(datagram.source, Arc::clone(&self.places)) {
            Ok(mapping) => {
                let mapping = Arc::new(mapping);
                mapping.send(&self.inside, datagram, to);
                let answers = Arc::clone(&mapping).serve(Arc::clone(&self.inside));
                self.mappings.insert(datagram.source, Mapped { mapping, last }, answers);
            }
            // Short of descriptors, or the like, it is lost.
            Err(error) => {
                if let Some(why) = meaning(&error) {
                    self.tell(datagram, why);
                }
            }
        }
    }

    fn tell(&self, datagram: &Datagram, why: IcmpCode) {
        // Not more often than errors may be sent.
        let _ = self.inside.unreachable(datagram, why);
    }
}

impl Used for Mapped {
    fn last_used(&self) -> Instant {
        self.mapping.last_used()
    }
}

#[cfg(test)]
mod tests;
