//! Datagrams that come in, and the answers to them.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cordial::UdpSocket as Inside;
use tokio::time::{Instant, sleep, timeout_at};

use super::Outlet;
use super::datagram_socket::{DatagramSocket, Here};
use crate::flows::Flows;
use crate::recency::Used;

/// Serves a socket of the host's: whoever sends to it gets a socket in the program's network that stands for him.
#[derive(Debug)]
pub(super) struct Datagrams {
    outlet: Arc<Outlet>,
    outside: Arc<DatagramSocket>,
    flows: Flows<Caller, Flow>,
}

/// Who sends, and to which of the host's addresses.
type Caller = (SocketAddr, Option<Here>);

/// What there is for one caller.
#[derive(Debug)]
struct Flow {
    inside: Arc<Inside>,
    program: SocketAddr,
    last: Arc<Last>,
}

/// When something last went either way.
#[derive(Debug)]
struct Last(Mutex<Instant>);

/// Callers at once; over it the one that has been silent longest makes way. None costs a descriptor.
const FLOWS: usize = 1024;

/// A caller is forgotten after this much silence from both sides (RFC 4787 §4.3).
const IDLE: Duration = Duration::from_secs(120);

/// Octets of the longest datagram.
const LONGEST: usize = 65_535;

/// The pause after an error of the host's socket: most are about one datagram, but one that stays must not be asked for
/// again and again.
const PAUSE: Duration = Duration::from_millis(1);

impl Datagrams {
    pub(super) fn new(outlet: Arc<Outlet>, outside: DatagramSocket) -> Self {
        Self { outlet, outside: Arc::new(outside), flows: Flows::new(FLOWS) }
    }

    /// Serves until dropped.
    pub(super) async fn serve(mut self) {
        let mut octets = vec![0; LONGEST];
        loop {
            tokio::select! {
                received = self.outside.recv(&mut octets) => match received {
                    Ok((n, caller, here)) => self.bring_in((caller, here), octets.get(..n).unwrap_or_default()),
                    Err(_) => sleep(PAUSE).await,
                },
                () = self.flows.over() => {}
            }
        }
    }

    /// Hands a datagram to the program. What cannot be handed on is lost, as any datagram may be.
    fn bring_in(&mut self, caller: Caller, octets: &[u8]) {
        if self.flows.get_mut(&caller).is_none() && self.begin(caller).is_err() {
            return;
        }
        if let Some(flow) = self.flows.get_mut(&caller) {
            flow.last.is_now();
            let _ = flow.inside.try_send_to(octets, flow.program);
        }
    }

    fn begin(&mut self, caller: Caller) -> io::Result<()> {
        // Before its port inside is looked for: it may be free then.
        self.flows.make_room();
        let (inside, program) = self.outlet.stand_in(caller.0)?;
        let (inside, last) = (Arc::new(inside), Arc::new(Last(Mutex::new(Instant::now()))));
        let carry = Carrier {
            inside: Arc::clone(&inside),
            program,
            outlet: Arc::clone(&self.outlet),
            outside: Arc::clone(&self.outside),
            caller,
            last: Arc::clone(&last),
        };
        self.flows.insert(caller, Flow { inside, program, last }, carry.serve());
        Ok(())
    }
}

/// What carries the program's answers to one caller.
struct Carrier {
    inside: Arc<Inside>,
    program: SocketAddr,
    outlet: Arc<Outlet>,
    outside: Arc<DatagramSocket>,
    caller: Caller,
    last: Arc<Last>,
}

impl Carrier {
    /// Until both have been silent for long.
    async fn serve(self) {
        let (to, from) = self.caller;
        loop {
            match timeout_at(self.last.at() + IDLE, self.inside.recv()).await {
                Ok(Ok(datagram)) if datagram.source == self.program => {
                    self.last.is_now();
                    let _ = self.outside.send(&datagram.octets, from, to).await;
                }
                // From another port of the program's it is no answer, and the caller would not take it for one.
                Ok(Ok(datagram)) => self.outlet.relay(datagram),
                // The caller has spoken since.
                Err(_) if self.last.at() + IDLE > Instant::now() => {}
                // Silence, or the stack is over.
                Ok(Err(_)) | Err(_) => return,
            }
        }
    }
}

impl Last {
    fn at(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

impl Used for Flow {
    fn last_used(&self) -> Instant {
        self.last.at()
    }
}
