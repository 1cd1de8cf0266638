//! Echo requests in the application's hands.

use cordial_ip::address::can_connect;
use cordial_ip::icmp::{self, Echo, EchoKind};
use cordial_ip::{Packet, Unreachable};
use cordial_tcp::Instant;

use super::Stack;
use crate::{BindError, Chance, EchoRequest, Event, IcmpCode, LinkId, Observer};

impl<C: Chance, O: Observer> Stack<C, O> {
    /// From now on the application gets every echo request to an address of ours, and answers it or not: what a
    /// gateway needs whose pings go on to where they are meant for. Until then [`Config::answer_echo`] decides.
    ///
    /// [`Config::answer_echo`]: crate::Config::answer_echo
    ///
    /// # Errors
    ///
    /// [`BindError::InUse`] if somebody gets them already.
    pub fn echo_bind(&mut self) -> Result<(), BindError> {
        match core::mem::replace(&mut self.echo.is_taken, true) {
            true => Err(BindError::InUse),
            false => Ok(()),
        }
    }

    /// The stack decides again. Requests that wait are lost.
    pub fn echo_close(&mut self) {
        self.echo = Default::default();
    }

    /// The request that has waited longest.
    pub fn echo_recv(&mut self) -> Option<EchoRequest> {
        self.echo.pop()
    }

    /// Answers a request with `octets`, which are the request's own from anyone who means well.
    ///
    /// False if the link's queue is full, or no such packet can be.
    pub fn echo_reply(&mut self, request: &EchoRequest, octets: &[u8]) -> bool {
        if !can_connect(request.source, request.destination) {
            return false;
        }
        let echo = Echo { id: request.id, sequence: request.sequence, octets };
        let packet = icmp::echo_packet(request.destination, request.source, EchoKind::Reply, &echo);
        packet.is_some_and(|packet| self.send_icmp(self.route(request.source), packet))
    }

    /// Says by ICMP that whom a request is for cannot be reached.
    ///
    /// False if nothing may be said (RFC 1122 §3.2.2), too much was, or the link's queue is full.
    pub fn echo_unreachable(&mut self, now: Instant, request: &EchoRequest, why: IcmpCode) -> bool {
        let echo = Echo { id: request.id, sequence: request.sequence, octets: &request.octets };
        let quoted = icmp::echo_packet(request.source, request.destination, EchoKind::Request, &echo);
        quoted.is_some_and(|quoted| self.report_unreachable(now, &quoted, why))
    }

    /// Says by ICMP that a packet, put together anew, cannot be delivered.
    pub(super) fn report_unreachable(&mut self, now: Instant, quoted: &[u8], why: Unreachable) -> bool {
        let now = self.at(now);
        let Ok(packet) = Packet::parse(quoted) else { return false };
        let Some(message) = icmp::unreachable(&packet, why) else { return false };
        self.may_refuse(now, packet.source) && self.send_icmp(self.route(packet.source), message)
    }

    /// Puts a request before the application.
    pub(super) fn hand_over_echo(&mut self, packet: &Packet<'_>, echo: &Echo<'_>) {
        if !can_connect(packet.source, packet.destination) {
            return self.counters.ip_in_addr_errors += 1;
        }
        let limit = self.config.limits.udp_queue;
        let request = EchoRequest {
            source: packet.source,
            destination: packet.destination,
            id: echo.id,
            sequence: echo.sequence,
            octets: echo.octets.into(),
        };
        if !self.echo.push(request, limit) {
            return self.counters.replies_dropped += 1;
        }
        if !core::mem::replace(&mut self.echo.is_noted, true) {
            self.notes.push_back(Event::EchoReadable);
        }
    }

    /// Answers a request at once, if not too many were.
    pub(super) fn answer_echo(&mut self, now: Instant, link: LinkId, packet: &Packet<'_>, echo: &Echo<'_>) {
        let Some(reply) = icmp::echo_reply(packet, echo) else { return };
        if self.echoes.take(now, self.hasher.hash_peer(packet.source)) {
            self.send_icmp(link, reply);
        } else {
            self.counters.refusals_limited += 1;
        }
    }
}
