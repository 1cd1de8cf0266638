//! Two hosts and the wire between them, in virtual time.

use std::net::{Ipv4Addr, SocketAddrV4};

use crate::host::Host;
use crate::wire::Wire;

/// The client's address.
pub const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
/// The server's.
pub const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
/// Where the server listens.
pub const SERVICE: SocketAddrV4 = SocketAddrV4::new(SERVER, 80);

/// Virtual time one turn takes: a wire of a short local network.
const TURN: u64 = 10_000;

/// A client, a server, and what is under way between them.
pub struct Pair<H> {
    /// Nanoseconds since the beginning.
    pub now: u64,
    /// Opens connections.
    pub client: H,
    /// Takes them.
    pub server: H,
    up: Wire,
    down: Wire,
}

impl<H: Host> Pair<H> {
    /// Two hosts that `new` makes.
    pub fn new(new: impl Fn(Ipv4Addr) -> H) -> Self {
        Self { now: 0, client: new(CLIENT), server: new(SERVER), up: Wire::default(), down: Wire::default() }
    }

    /// Lets the client have its turn.
    pub fn poll_client(&mut self) {
        self.client.poll(self.now, &mut self.down, &mut self.up);
    }

    /// Lets the server have its turn.
    pub fn poll_server(&mut self) {
        self.server.poll(self.now, &mut self.up, &mut self.down);
    }

    /// Time goes on: a little, or to the next deadline where nothing happens before.
    pub fn advance(&mut self) {
        let carried = self.up.is_empty() && self.down.is_empty();
        let deadline = if carried {
            self.client.deadline(self.now).into_iter().chain(self.server.deadline(self.now)).min()
        } else {
            None
        };
        self.now = deadline.unwrap_or(0).max(self.now + TURN);
    }

    /// Packets carried so far, both ways.
    pub fn carried(&self) -> u64 {
        self.up.carried() + self.down.carried()
    }
}
