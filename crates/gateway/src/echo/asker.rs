//! One program that pings one address.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cordial::{EchoRequest, EchoSocket};
use tokio::time::{Instant, timeout_at};

use super::Ends;
use super::socket::HostSocket;
use crate::udp::meaning;

/// Without a request or an answer for so long it is over: longer than an answer takes.
const IDLE: Duration = Duration::from_secs(30);

/// Octets of a request that are kept for an error to quote: no more than the least packet that every link carries.
const QUOTED: usize = 1280;

/// Requests and answers between one pair of addresses under one number.
#[derive(Debug)]
pub(super) struct Asker {
    ends: Ends,
    socket: HostSocket,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    used: Instant,
    /// What was sent last: what an error is about.
    last: Option<EchoRequest>,
}

impl Asker {
    pub(super) fn new(ends: Ends, socket: HostSocket) -> Self {
        Self { ends, socket, state: Mutex::new(State { used: Instant::now(), last: None }) }
    }

    pub(super) fn last_used(&self) -> Instant {
        self.state().used
    }

    /// Sends a request on. One for which the host has no room is lost.
    pub(super) fn send(&self, inside: &EchoSocket, mut request: EchoRequest) {
        if let Err(error) = self.socket.send(request.sequence, &request.octets)
            && let Some(why) = meaning(&error)
        {
            let _ = inside.unreachable(&request, why);
        }
        request.octets.truncate(QUOTED);
        request.octets.shrink_to_fit();
        *self.state() = State { used: Instant::now(), last: Some(request) };
    }

    /// Brings answers back until nothing happens any more.
    pub(super) async fn serve(self: Arc<Self>, inside: Arc<EchoSocket>) {
        let (source, destination, id) = self.ends;
        loop {
            match timeout_at(self.last_used() + IDLE, self.socket.recv()).await {
                Ok(Ok((sequence, octets))) => {
                    self.state().used = Instant::now();
                    let request = EchoRequest { source, destination, id, sequence, octets };
                    let _ = inside.reply(&request, &request.octets);
                }
                Ok(Err(error)) => {
                    let Some(why) = meaning(&error) else { return };
                    let last = self.state().last.take();
                    if let Some(last) = last {
                        let _ = inside.unreachable(&last, why);
                    }
                }
                Err(_) if self.last_used() + IDLE <= Instant::now() => return,
                Err(_) => {}
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
