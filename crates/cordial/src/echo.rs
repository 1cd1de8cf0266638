//! Echo requests (ping).

use std::io;
use std::task::{Context, Poll};

use crate::engine::{Caller, Place};
use crate::{EchoRequest, Host, IcmpCode, error};

/// Takes every ICMP and ICMPv6 echo request that reaches a host: for gateways, whose pings are meant for others.
///
/// Without it the host answers echo requests by itself; that comes back when it is dropped. Requests wait in a queue
/// bounded by [`Limits::udp_queue`](crate::Limits); what is over it is dropped.
#[derive(Debug)]
pub struct EchoSocket {
    host: Host,
}

impl EchoSocket {
    /// Takes the requests from now on.
    ///
    /// # Errors
    ///
    /// `AddrInUse` if there is such a socket, `NetworkDown` if the host is shutting down.
    pub fn bind(host: &Host) -> io::Result<Self> {
        host.look(|engine| {
            engine.check_running()?;
            engine.stack.echo_bind().map_err(error::of_bind)
        })?;
        Ok(Self { host: host.clone() })
    }

    /// Waits for a request. Cancel-safe.
    ///
    /// # Errors
    ///
    /// `NetworkDown` once the host is over.
    pub async fn recv(&self) -> io::Result<EchoRequest> {
        self.host.wait(|caller| self.poll_take(caller)).await
    }

    /// As [`recv`](Self::recv), for those who poll. Of several tasks the last to poll is woken.
    pub fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<io::Result<EchoRequest>> {
        self.poll_take(Caller::polls(cx))
    }

    fn poll_take(&self, caller: Caller<'_>) -> Poll<io::Result<EchoRequest>> {
        self.host.look(|engine| match engine.stack.echo_recv() {
            Some(request) => Poll::Ready(Ok(request)),
            None => engine.wait(caller, Place::Echo),
        })
    }

    /// Answers a request with `octets`: the request's own, unless somebody on the way changed them. False if the
    /// queue to the link is full.
    pub fn reply(&self, request: &EchoRequest, octets: &[u8]) -> bool {
        self.host.call(|engine, _| engine.stack.echo_reply(request, octets))
    }

    /// Says by ICMP that whom the request is for cannot be reached; false if nothing was sent, as too much was lately.
    pub fn unreachable(&self, request: &EchoRequest, why: IcmpCode) -> bool {
        self.host.call(|engine, now| engine.stack.echo_unreachable(now, request, why))
    }
}

impl Drop for EchoSocket {
    fn drop(&mut self) {
        self.host.call(|engine, _| engine.stack.echo_close());
    }
}
