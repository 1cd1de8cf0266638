//! ICMP: echoes answered, errors passed to the connections they are about.

use cordial_ip::icmp::{self, Echo, Error, Meaning, Message};
use cordial_ip::{Packet, Protocol};
use cordial_tcp::Instant;

use super::Stack;
use crate::index::Owner;
use crate::key::Key;
use crate::replies::Reply;
use crate::{Chance, LinkId, Observer, What};

impl<C: Chance, O: Observer> Stack<C, O> {
    pub(super) fn on_icmp(&mut self, now: Instant, link: LinkId, packet: &Packet<'_>) {
        self.counters.icmp_in_msgs += 1;
        match icmp::parse(packet) {
            Some(Message::EchoRequest(echo))
                if self.config.answer_echo && self.is_ours(packet.destination) =>
            {
                self.on_echo_request(now, link, packet, &echo);
            }
            Some(Message::Error(error)) => self.on_icmp_error(now, &error),
            // Replies to what was never asked, and what routers and neighbours tell one another.
            Some(_) => {}
            None => self.counters.icmp_in_errors += 1,
        }
    }

    /// An error about something we sent (RFC 9293 §3.9.2.2). The connection judges whether it sent it.
    fn on_icmp_error(&mut self, now: Instant, error: &Error) {
        let (quoted, is_hard) = (&error.quoted, error.meaning == Meaning::Hard);
        let concerns_tcp = quoted.protocol == Protocol::Tcp;
        if !concerns_tcp || !matches!(error.meaning, Meaning::Hard | Meaning::Soft) {
            return;
        }
        let key = Key::between(quoted.source, quoted.destination);
        let Some(Owner::Connection(at)) = self.find(self.hasher.hash(&key), &key) else {
            return self.counters.icmp_in_errors += 1;
        };
        let before = self.vars_if_watched(at);
        let Some(socket) = self.connections.get_mut(at) else { return };
        let outcome = socket.tcp.on_unreachable(now, quoted.seq, is_hard, &mut self.pool);
        if let Ok(why) = outcome.did
            && self.is_watched()
        {
            let after = self.vars_of(at);
            self.tell(now, &key, What::Icmp { kind: error.kind, code: error.code }, why, (before, after));
        }
        self.settle(now, at, outcome, before);
    }

    fn on_echo_request(&mut self, now: Instant, link: LinkId, packet: &Packet<'_>, echo: &Echo<'_>) {
        let Some(reply) = icmp::echo_reply(packet, echo) else { return };
        if self.echoes.take(now, self.hasher.hash_peer(packet.source)) {
            self.send_icmp(link, reply);
        } else {
            self.counters.refusals_limited += 1;
        }
    }

    pub(super) fn send_icmp(&mut self, link: LinkId, message: alloc::vec::Vec<u8>) {
        if self.queue_reply(link, Reply::Packet(message)) {
            self.counters.icmp_out_msgs += 1;
        }
    }
}
