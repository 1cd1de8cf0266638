//! How two ends came to know each other before a run begins.

use cordial_stack::{Frame, Instant, Stack};
use cordial_wire::Checksum;

use super::{Host, LINK};
use crate::chance::Dealt;
use crate::eye::Eye;
use crate::scenario::address;

type Packets = Vec<Vec<u8>>;

impl Host {
    /// The client asks for the server's cookie and is given one (RFC 7413 §4.1), from another port, and leaves before
    /// there is a connection. All that is left of it is what the client remembers.
    pub fn meet(&mut self, server: &mut Self, now: Instant) {
        let (own, to) = (address(self.side), address(server.side));
        let elsewhere = (own.ip(), own.port() + 1).into();
        let config = self.stack.tcp_config().clone();
        let Ok(conn) = self.stack.connect(now, Some(elsewhere), to, &config) else { return };
        let syn = take_all(&mut self.stack, now);
        give_all(&mut server.stack, now, &syn);
        let syn_ack = take_all(&mut server.stack, now);
        give_all(&mut self.stack, now, &syn_ack);
        // The third segment is lost: nobody has to accept the connection.
        take_all(&mut self.stack, now);
        self.stack.abort(now, conn);
        self.stack.release(now, conn);
        let reset = take_all(&mut self.stack, now);
        give_all(&mut server.stack, now, &reset);
        for host in [self, server] {
            while host.stack.poll_event().is_some() {}
            debug_assert!(host.is_free() && take_all(&mut host.stack, now).is_empty(), "nothing is left");
        }
    }
}

fn take_all(from: &mut Stack<Dealt, Eye>, now: Instant) -> Packets {
    let mut packets = Vec::new();
    while let Some(transmit) = from.poll_transmit(now, LINK) {
        let mut room = [0; 256];
        let len = transmit.write_to(&mut room);
        packets.push(room.get(..len).unwrap_or_default().to_vec());
    }
    packets
}

fn give_all(to: &mut Stack<Dealt, Eye>, now: Instant, packets: &Packets) {
    for octets in packets {
        to.on_frame(now, LINK, Frame { octets, checksum: Checksum::Verified, gso: None });
    }
}
