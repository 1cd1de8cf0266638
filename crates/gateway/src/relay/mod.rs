//! The program's connections, each joined to one of the host's.
//!
//! ```text
//!   program ── SYN ──▶ AnyListener          nothing is answered yet
//!                        places.find        what is behind that address?
//!                        reach ──────────▶  the host connects
//!   program ◀─ SYN+ACK ─ accept   ◀──────── it succeeded; or RST, or ICMP, or silence
//!              data  ◀─▶ Pipe ◀─▶ data      until both directions have ended
//!                        part               if one broke off: the other is reset
//! ```

mod parting;
mod pipe;
mod scratch;

mod outside;
mod reach;

mod tally;

use std::net::SocketAddr;
use std::sync::Arc;

use cordial::{AnyListener, Incoming};
use tokio::task::JoinSet;

use crate::{Place, Places};
pub(crate) use outside::{breaks_off, set_up};
pub(crate) use pipe::join;
use reach::{Unreached, answer};
pub(crate) use tally::{Room, Tally};

/// Joins the program's connections to the host's.
#[derive(Debug)]
pub(crate) struct Relay {
    places: Arc<Places>,
    room: Room,
}

impl Relay {
    /// A relay for as many connections as there is room for.
    pub(crate) fn new(places: Arc<Places>, room: Room) -> Self {
        Self { places, room }
    }

    /// Serves until the stack is shut down. Dropped before, it takes its connections with it.
    pub(crate) async fn serve(self, listener: AnyListener) {
        let mut connections = JoinSet::new();
        loop {
            let incoming = tokio::select! {
                Some(_) = connections.join_next() => continue,
                incoming = listener.next() => incoming,
            };
            let Ok(incoming) = incoming else { break };
            let to = match self.places.find(incoming.local()) {
                Place::Host(to) => to,
                place => {
                    turn_away(incoming, place);
                    continue;
                }
            };
            // Over the bound it is as if the SYN had been lost, as with a server whose backlog is full: the program's
            // system sends it again, and then there may be room. A refusal would say that nobody listens.
            let Some(seat) = self.room.take() else {
                incoming.ignore();
                continue;
            };
            connections.spawn(async move { relay(incoming, to, seat.tally()).await });
        }
        // What is open may end as it would have.
        connections.join_all().await;
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
async fn relay(incoming: Incoming, to: SocketAddr, tally: &Tally) {
    let reached = tokio::select! {
        reached = outside::connect(to) => reached,
        () = incoming.withdrawn() => return,
    };
    let outside = match reached {
        Ok(outside) => outside,
        Err(error) => {
            let why = Unreached::of(&error, to);
            if why == Unreached::NoRoom {
                tally.add_turned_away();
            }
            return answer(incoming, why);
        }
    };
    match incoming.accept().await {
        Ok(inside) => join(&inside, &outside, tally).await,
        // The program has gone: as it would have reset the real one.
        Err(_) => {
            let _ = outside.set_zero_linger();
        }
    }
}
