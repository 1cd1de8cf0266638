//! ICMP: echoes answered, errors passed to the connections they are about.
//!
//! Which errors are believed: RFC 1122 §3.2.2, RFC 5927 §4.

use cordial_ip::icmp::{self, Error, Meaning, Message};
use cordial_ip::{Packet, Protocol};
use cordial_tcp::Instant;

use super::Stack;
use crate::index::Owner;
use crate::key::Key;
use crate::{Chance, LinkId, Observer, What};

impl<C: Chance, O: Observer> Stack<C, O> {
    pub(super) fn on_icmp(&mut self, now: Instant, link: LinkId, packet: &Packet<'_>) {
        self.counters.icmp_in_msgs += 1;
        match icmp::parse(packet) {
            Some(Message::EchoRequest(echo)) if self.is_ours(packet.destination) => {
                match (self.echo.is_taken, self.config.answer_echo) {
                    (true, _) => self.hand_over_echo(packet, &echo),
                    (false, true) => self.answer_echo(now, link, packet, &echo),
                    (false, false) => {}
                }
            }
            Some(Message::Error(error)) => self.on_icmp_error(now, &error),
            // Replies to what was never asked, and what routers and neighbours tell one another: redirects
            // (RFC 4861 §8.3) would have a choice of ways to change, and there is none.
            Some(_) => {}
            None => self.counters.icmp_in_errors += 1,
        }
    }

    /// An error about something we sent (RFC 9293 §3.9.2.2). The connection judges whether it sent it.
    fn on_icmp_error(&mut self, now: Instant, error: &Error) {
        let (quoted, is_hard) = (&error.quoted, error.meaning == Meaning::Hard);
        if quoted.protocol != Protocol::Tcp || error.meaning == Meaning::Ignored {
            return;
        }
        let key = Key::between(quoted.source, quoted.destination);
        let at = match self.find(self.hasher.hash(&key), &key) {
            Some(Owner::Connection(at)) => at,
            // What is half open, or over, goes by its timer.
            Some(_) => return,
            None => return self.counters.icmp_in_errors += 1,
        };
        if let Meaning::TooBig { mtu } = error.meaning {
            return self.on_too_big(now, at, &key, error, mtu);
        }
        let before = self.vars_if_watched(at);
        let Some(socket) = self.connections.get_mut(at) else { return };
        let outcome = socket.tcp.on_unreachable(now, quoted.seq, is_hard, &mut self.pool);
        self.counters.icmp_refused += u64::from(outcome.did.is_err());
        if let Ok(why) = outcome.did
            && self.is_watched()
        {
            let after = self.vars_of(at);
            self.tell(now, &key, What::Icmp { kind: error.kind, code: error.code }, why, (before, after));
        }
        self.settle(now, at, outcome, before);
    }

    pub(super) fn send_icmp(&mut self, link: LinkId, message: alloc::vec::Vec<u8>) -> bool {
        let is_queued = self.queue_packet(link, message);
        self.counters.icmp_out_msgs += u64::from(is_queued);
        is_queued
    }
}
