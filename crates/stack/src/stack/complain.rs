//! What is said by ICMP about packets that could not be used (RFC 1122 §3.2.2, RFC 4443 §2.4).

use alloc::vec::Vec;

use cordial_ip::{Packet, PacketError, Protocol, icmp};
use cordial_tcp::Instant;

use super::Stack;
use crate::fragments::TimedOut;
use crate::{Chance, LinkId, Observer};

impl<C: Chance, O: Observer> Stack<C, O> {
    /// A packet could not be read: its sender hears of it where it is to hear, and nobody else does.
    #[cold]
    pub(super) fn on_unreadable(&mut self, now: Instant, link: LinkId, octets: &[u8], why: PacketError) {
        let PacketError::Parameter(problem) = why else { return };
        let Some(packet) = Packet::of_header(octets).filter(|packet| !is_later_fragment(packet)) else {
            return;
        };
        self.complain(now, link, &packet, |packet| icmp::parameter_problem(packet, problem));
    }

    /// Nobody here speaks what the packet carries (RFC 1122 §3.2.2.1, RFC 8200 §4).
    pub(super) fn on_unknown_protocol(&mut self, now: Instant, link: LinkId, packet: &Packet<'_>) {
        self.counters.ip_in_unknown_protos += 1;
        // One that says that it carries nothing is to be left alone (RFC 8200 §4.7).
        if packet.protocol != Protocol::Other(NO_NEXT_HEADER) || packet.source.is_ipv4() {
            self.complain(now, link, packet, icmp::protocol_unreachable);
        }
    }

    /// The rest of a packet did not come. Who sent it hears of that if its first fragment came (RFC 1122 §3.3.2, RFC 8200
    /// §4.5).
    pub(super) fn on_reassembly_timeout(&mut self, now: Instant, timed_out: &TimedOut) {
        self.counters.ip_reasm_fails += 1;
        let Some(first) = Packet::of_header(&timed_out.first) else { return };
        self.complain(now, timed_out.link, &first, icmp::reassembly_timeout);
    }

    /// Says it to the sender of a packet that was for us, if this host says anything, and not too often.
    fn complain(
        &mut self,
        now: Instant,
        link: LinkId,
        packet: &Packet<'_>,
        message: impl FnOnce(&Packet<'_>) -> Option<Vec<u8>>,
    ) {
        let is_due = self.config.refuse
            && self.is_ours(packet.destination)
            && !self.is_broadcast(packet.destination)
            && !self.is_broadcast(packet.source);
        let Some(message) = is_due.then(|| message(packet)).flatten() else { return };
        if self.may_refuse(now, packet.source) {
            self.send_icmp(link, message);
        }
    }
}

/// True of a fragment over IPv4 that is not its packet's first: nothing is said about those (RFC 1122 §3.2.2).
fn is_later_fragment(packet: &Packet<'_>) -> bool {
    let &[_, _, _, _, _, _, high, low, ..] = packet.octets else { return false };
    packet.source.is_ipv4() && u16::from_be_bytes([high, low]) & 0x1fff != 0
}

/// "No next header".
const NO_NEXT_HEADER: u8 = 59;
