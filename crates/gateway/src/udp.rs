//! The program's datagrams, relayed flow by flow.
//!
//! ```text
//!   program ── datagram ──▶ Datagrams: which flow? ──▶ its socket of the host's
//!   program ◀─ datagram ─────────────────────────────── Flow::serve
//!   program ◀─ ICMP: nobody there ◀── "connection refused", "no route" of that socket
//! ```

mod flow;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use cordial::{Datagram, IcmpCode, UdpSocket as Inside};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet, coop};

use crate::{Place, Places};
use flow::Flow;
pub(crate) use flow::{meaning, next_of};

/// Flows at once: each takes a descriptor. One more ends the one that has been idle for longest.
pub(crate) const FLOWS: usize = 1024;

/// Datagrams that wait to be relayed and reached other sockets.
const QUEUE: usize = 64;

/// Who talks with whom: the program's address, and the one it sends to.
type Ends = (SocketAddr, SocketAddr);

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
    flows: HashMap<Ends, (Arc<Flow>, AbortHandle)>,
    /// The way back of each flow; it ends when the flow has been idle for long.
    returns: JoinSet<Arc<Flow>>,
    most: usize,
}

impl Datagrams {
    pub(crate) fn new(inside: Inside, places: Arc<Places>) -> Self {
        let (to_here, others) = mpsc::channel(QUEUE);
        Self {
            inside: Arc::new(inside),
            others: (OwnDatagrams(to_here), others),
            places,
            flows: HashMap::new(),
            returns: JoinSet::new(),
            most: FLOWS,
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
                Some(ended) = self.returns.join_next() => {
                    if let Ok(flow) = ended {
                        self.forget(&flow);
                    }
                }
            }
            // They come in bursts.
            while let Ok(datagram) = self.inside.try_recv() {
                self.relay(datagram);
                coop::consume_budget().await;
            }
        }
    }

    fn relay(&mut self, datagram: Datagram) {
        let ends = (datagram.source, datagram.destination);
        if let Some((flow, _)) = self.flows.get(&ends) {
            return flow.send(&self.inside, datagram);
        }
        match self.places.find(datagram.destination) {
            Place::Host(to) => self.begin(ends, to, datagram),
            Place::Refused => self.tell(&datagram, IcmpCode::Port),
            Place::Nobody => self.tell(&datagram, IcmpCode::Host),
            Place::Senseless => {}
        }
    }

    fn begin(&mut self, ends: Ends, to: SocketAddr, datagram: Datagram) {
        while self.flows.len() >= self.most {
            self.end_the_idlest();
        }
        match Flow::open(ends, to) {
            Ok(flow) => {
                let flow = Arc::new(flow);
                let task = self.returns.spawn(Arc::clone(&flow).serve(Arc::clone(&self.inside)));
                flow.send(&self.inside, datagram);
                self.flows.insert(ends, (flow, task));
            }
            // Short of descriptors, or the like, it is lost.
            Err(error) => {
                if let Some(why) = meaning(&error) {
                    self.tell(&datagram, why);
                }
            }
        }
    }

    fn tell(&self, datagram: &Datagram, why: IcmpCode) {
        // Not more often than errors may be sent.
        let _ = self.inside.unreachable(datagram, why);
    }

    fn end_the_idlest(&mut self) {
        let idlest = self.flows.iter().min_by_key(|(_, (flow, _))| flow.last_used()).map(|(&ends, _)| ends);
        if let Some((_, task)) = idlest.and_then(|ends| self.flows.remove(&ends)) {
            task.abort();
        }
    }

    /// A flow is over; another with the same ends may be there already.
    fn forget(&mut self, over: &Arc<Flow>) {
        let is_it = |(flow, _): &(Arc<Flow>, AbortHandle)| Arc::ptr_eq(flow, over);
        if self.flows.get(&over.ends()).is_some_and(is_it) {
            self.flows.remove(&over.ends());
        }
    }
}

#[cfg(test)]
mod tests;
