//! Connections that come in.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Outlet;
use crate::relay::{breaks_off, join};

/// Serves a listening socket of the host's.
#[derive(Debug)]
pub(super) struct Connections(Arc<Outlet>);

/// How long nothing is accepted when the system has no descriptor for it: callers wait in the backlog.
const SHORTAGE: Duration = Duration::from_millis(100);

impl Connections {
    pub(super) fn new(outlet: Arc<Outlet>) -> Self {
        Self(outlet)
    }

    /// Serves until dropped; its connections end with it.
    pub(super) async fn serve(self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                Some(_) = connections.join_next() => continue,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((outside, caller)) => {
                    let outlet = Arc::clone(&self.0);
                    connections.spawn(async move { bring_in(&outlet, outside, caller).await });
                }
                // A caller that gave up before we looked.
                Err(error) if error.raw_os_error() == Some(libc::ECONNABORTED) => {}
                Err(_) => sleep(SHORTAGE).await,
            }
        }
    }
}

/// One connection from the host's accept queue to its end.
async fn bring_in(outlet: &Outlet, outside: TcpStream, caller: SocketAddr) {
    let refuse = |outside: TcpStream| {
        // It fails on a socket that is gone: then there is nothing to reset.
        let _ = outside.set_zero_linger();
    };
    let Some(seat) = outlet.room().take() else { return refuse(outside) };
    let reached = outlet.connect(caller, || breaks_off(&outside)).await;
    match reached {
        Ok(inside) => join(&inside, &outside, seat.tally()).await,
        Err(_) => refuse(outside),
    }
}
