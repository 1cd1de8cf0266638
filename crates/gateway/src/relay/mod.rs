//! The program's connections, each joined to one of the host's.
//!
//! ```text
//!   program ── SYN ──▶ AnyListener          nothing is answered yet
//!                        places.find        what is behind that address?
//!                        reach ──────────▶  the host connects
//!   program ◀─ SYN+ACK ─ accept   ◀──────── it succeeded; or RST, or ICMP, or silence
//!              data  ◀─▶ Pipe ◀─▶ data      until both directions have ended
//! ```

mod pipe;
mod reach;
mod scratch;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cordial::{AnyListener, Incoming};
use tokio::sync::Semaphore;

use crate::{Place, Places};
use pipe::{End, join};
use reach::{Unreached, answer, reach};

/// What the relay has done so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    moved: AtomicU64,
    turned_away: AtomicU64,
}

impl Tally {
    /// Octets that were handed on, both ways together.
    pub(crate) fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// Connections that were refused because there was no descriptor for them.
    pub(crate) fn turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::Relaxed)
    }
}

/// Joins the program's connections to the host's.
#[derive(Debug)]
pub(crate) struct Relay {
    places: Arc<Places>,
    /// One permit for each connection that may be there at once.
    room: Arc<Semaphore>,
    tally: Arc<Tally>,
}

impl Relay {
    /// A relay for at most `connections` at once: each takes a descriptor.
    pub(crate) fn new(places: Arc<Places>, connections: usize) -> Self {
        let room = Semaphore::new(connections.min(Semaphore::MAX_PERMITS));
        Self { places, room: Arc::new(room), tally: Arc::default() }
    }

    /// What it has done so far.
    pub(crate) fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.tally)
    }

    /// Serves until the stack is shut down.
    pub(crate) async fn serve(self, listener: AnyListener) {
        while let Ok(incoming) = listener.next().await {
            let to = match self.places.find(incoming.local()) {
                Place::Host(to) => to,
                place => {
                    turn_away(incoming, place);
                    continue;
                }
            };
            // Over the bound the program is told at once: it had better not wait for a timeout.
            let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() else {
                self.tally.turned_away.fetch_add(1, Ordering::Relaxed);
                incoming.reset();
                continue;
            };
            let tally = Arc::clone(&self.tally);
            tokio::spawn(async move {
                relay(incoming, to, &tally).await;
                drop(permit);
            });
        }
    }
}

fn turn_away(incoming: Incoming, place: Place) {
    match place {
        Place::Nobody => incoming.unreachable(cordial::IcmpCode::Host),
        Place::Senseless => incoming.ignore(),
        Place::Refused | Place::Host(_) => incoming.reset(),
    }
}

/// One connection from its SYN to its end.
async fn relay(incoming: Incoming, to: std::net::SocketAddr, tally: &Tally) {
    let reached = tokio::select! {
        reached = reach(to) => reached,
        () = incoming.withdrawn() => return,
    };
    let outside = match reached {
        Ok(outside) => outside,
        Err(error) => {
            let why = Unreached::of(&error);
            if why == Unreached::NoRoom {
                tally.turned_away.fetch_add(1, Ordering::Relaxed);
            }
            return answer(incoming, why);
        }
    };
    match incoming.accept().await {
        Ok(inside) => match join(&inside, &outside, &tally.moved).await {
            // Dropped in peace: both directions have ended already.
            End::Goodbye => {}
            End::Reset => {
                inside.abort();
                // It fails on a socket that is gone: then there is nothing to reset.
                let _ = outside.set_zero_linger();
            }
        },
        // The program has gone: as it would have reset the real one.
        Err(_) => {
            let _ = outside.set_zero_linger();
        }
    }
}
