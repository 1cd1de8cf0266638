//! The program's datagrams, relayed flow by flow.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use cordial::{Datagram, UdpSocket as Inside};
use tokio::net::UdpSocket as Outside;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::{Place, Places};

/// Flows at once: each takes a descriptor.
pub(crate) const FLOWS: usize = 512;

/// Datagrams of one flow that wait to be sent; over it they are lost, as on a full link.
const WAITING: usize = 64;

/// A flow without a datagram for so long is over. RFC 4787 §4.3 asks for two minutes between
/// machines; a flow here costs a descriptor and begins anew with the next datagram.
const IDLE: Duration = Duration::from_secs(60);

/// Octets of the longest datagram.
const LONGEST: usize = 65_535;

/// Who talks with whom: the program's address, and the one it sends to.
type Flow = (SocketAddr, SocketAddr);

/// Relays every datagram that reaches a socket.
#[derive(Debug)]
pub(crate) struct Datagrams {
    socket: Arc<Inside>,
    places: Arc<Places>,
    flows: HashMap<Flow, mpsc::Sender<Vec<u8>>>,
}

impl Datagrams {
    pub(crate) fn new(socket: Inside, places: Arc<Places>) -> Self {
        Self { socket: Arc::new(socket), places, flows: HashMap::new() }
    }

    /// Serves until the stack is shut down.
    pub(crate) async fn serve(mut self) {
        while let Ok(datagram) = self.socket.recv().await {
            self.relay(datagram);
        }
    }

    fn relay(&mut self, datagram: Datagram) {
        let Place::Host(to) = self.places.find(datagram.destination) else { return };
        let flow = (datagram.source, datagram.destination);
        if self.flows.get(&flow).is_none_or(mpsc::Sender::is_closed) && !self.begin(flow, to) {
            return;
        }
        if let Some(queue) = self.flows.get(&flow) {
            // A full queue loses it.
            let _ = queue.try_send(datagram.octets);
        }
    }

    /// False if there are too many flows.
    fn begin(&mut self, flow: Flow, to: SocketAddr) -> bool {
        if self.flows.len() >= FLOWS {
            self.flows.retain(|_, queue| !queue.is_closed());
        }
        if self.flows.len() >= FLOWS {
            return false;
        }
        let (queue, waiting) = mpsc::channel(WAITING);
        self.flows.insert(flow, queue);
        let inside = Arc::clone(&self.socket);
        // Whatever ends a flow, the program learns of it as from any network: by silence.
        tokio::spawn(async move { carry(&inside, flow, to, waiting).await.ok() });
        true
    }
}

/// Carries the datagrams of one flow, both ways, until it has been idle for long.
async fn carry(
    inside: &Inside,
    (program, as_called): Flow,
    to: SocketAddr,
    mut waiting: mpsc::Receiver<Vec<u8>>,
) -> io::Result<()> {
    let any: SocketAddr = match to {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let outside = Outside::bind(any).await?;
    outside.connect(to).await?;
    let mut octets = vec![0; LONGEST];
    loop {
        let next = async {
            tokio::select! {
                datagram = waiting.recv() => datagram.map(Ok),
                n = outside.recv(&mut octets) => Some(Err(n)),
            }
        };
        match timeout(IDLE, next).await {
            Ok(Some(Ok(datagram))) => lose(outside.send(&datagram).await),
            // "Connection refused" is about a datagram before; the next may find somebody.
            Ok(Some(Err(n))) => {
                if let Ok(n) = n {
                    lose(inside.try_send_from(octets.get(..n).unwrap_or_default(), as_called, program));
                }
            }
            Ok(None) | Err(_) => return Ok(()),
        }
    }
}

/// A datagram may be lost.
fn lose(_: io::Result<usize>) {}
