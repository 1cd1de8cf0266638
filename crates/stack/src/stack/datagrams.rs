//! UDP.

use core::net::SocketAddr;

use cordial_ip::address::{can_connect, is_unicast};
use cordial_ip::{Packet, Unreachable, icmp, udp};
use cordial_tcp::Instant;

use super::Stack;
use crate::key::Key;
use crate::{Bind, BindError, Chance, Datagram, Event, IcmpCode, LinkId, Observer, UdpId, UdpSendError};

impl<C: Chance, O: Observer> Stack<C, O> {
    /// Takes datagrams to a place. Port 0 stands for an ephemeral port; with [`Bind::Any`] a gateway gets every
    /// datagram, with the destination it had.
    ///
    /// # Errors
    ///
    /// See [`BindError`].
    pub fn udp_bind(&mut self, at: Bind) -> Result<UdpId, BindError> {
        let at = at.normal();
        if let Bind::Addr(at) = at
            && (!is_unicast(at.ip()) || !self.is_ours(at.ip()))
        {
            return Err(BindError::BadAddress);
        }
        let at = self.with_udp_port(at).ok_or(BindError::PortsExhausted)?;
        self.udp.insert(at).ok_or(BindError::InUse)
    }

    /// Ends a socket. Datagrams that wait in it are lost.
    pub fn udp_close(&mut self, id: UdpId) {
        self.udp.remove(id);
    }

    /// Where a socket stands.
    pub fn udp_local(&self, id: UdpId) -> Option<Bind> {
        self.udp.get(id).map(|socket| socket.at)
    }

    /// The datagram that has waited longest.
    pub fn udp_recv(&mut self, id: UdpId) -> Option<Datagram> {
        self.udp.get_mut(id)?.pop()
    }

    /// Sends a datagram. Without `from` it comes from the socket's place, or from an address chosen for `to`; a
    /// gateway answers from where the question was sent. What is longer than the link's MTU goes in fragments.
    ///
    /// # Errors
    ///
    /// See [`UdpSendError`].
    pub fn udp_send(
        &mut self,
        id: UdpId,
        from: Option<SocketAddr>,
        to: SocketAddr,
        octets: &[u8],
    ) -> Result<(), UdpSendError> {
        let place = self.udp_local(id).ok_or(UdpSendError::Gone)?;
        let from = self.udp_source(place, from, to).ok_or(UdpSendError::BadAddress)?;
        if to.port() == 0 || !can_connect(from.ip(), to.ip()) || self.is_broadcast(to.ip()) {
            return Err(UdpSendError::BadAddress);
        }
        let link = self.route(to.ip());
        let packet = udp::packet(from, to, octets).ok_or(UdpSendError::TooLong)?;
        if !self.queue_packet(link, packet) {
            return Err(UdpSendError::Full);
        }
        self.counters.udp_out_datagrams += 1;
        Ok(())
    }

    /// Says by ICMP that a datagram, received before, could not be delivered: `IcmpCode::Port` is what a program hears
    /// as "connection refused".
    ///
    /// False if nothing may be said (RFC 1122 §3.2.2), too much was, or the link's queue is full.
    pub fn udp_unreachable(&mut self, now: Instant, datagram: &Datagram, why: IcmpCode) -> bool {
        let quoted = udp::packet(datagram.source, datagram.destination, &datagram.octets);
        quoted.is_some_and(|quoted| self.report_unreachable(now, &quoted, why))
    }

    fn udp_source(&self, place: Bind, from: Option<SocketAddr>, to: SocketAddr) -> Option<SocketAddr> {
        if let Some(from) = from.filter(|from| !from.ip().is_unspecified()) {
            return self.is_ours(from.ip()).then_some(from);
        }
        match place {
            Bind::Addr(at) => Some(at),
            Bind::Port(port) => Some(SocketAddr::new(self.source_for(to.ip())?, port)),
            Bind::Any => Some(SocketAddr::new(self.source_for(to.ip())?, from?.port())),
        }
    }

    pub(super) fn on_udp(&mut self, now: Instant, link: LinkId, packet: &Packet<'_>, verify: bool) {
        let Ok(datagram) = udp::parse(packet, verify) else {
            return self.counters.udp_in_errors += 1;
        };
        if !self.is_ours(packet.destination) || !can_connect(packet.source, packet.destination) {
            return self.counters.ip_in_addr_errors += 1;
        }
        let destination = SocketAddr::new(packet.destination, datagram.destination);
        let Some(id) = self.udp.find(destination) else {
            self.counters.udp_no_ports += 1;
            let refuse = self.config.refuse && !self.is_broadcast(packet.destination);
            let message = refuse.then(|| icmp::unreachable(packet, Unreachable::Port)).flatten();
            let message = message.filter(|_| self.may_refuse(now, packet.source));
            return message.map_or((), |message| _ = self.send_icmp(link, message));
        };
        let source = SocketAddr::new(packet.source, datagram.source);
        self.deliver(id, Datagram { source, destination, octets: datagram.octets.into() });
    }

    fn deliver(&mut self, id: UdpId, datagram: Datagram) {
        let limit = self.config.limits.udp_queue;
        let Some(socket) = self.udp.get_mut(id) else { return };
        if !socket.push(datagram, limit) {
            self.counters.udp_in_errors += 1;
            return self.counters.udp_rcvbuf_errors += 1;
        }
        self.counters.udp_in_datagrams += 1;
        if !core::mem::replace(&mut socket.is_noted, true) {
            self.notes.push_back(Event::UdpReadable(id));
        }
    }

    /// The place with a port of its own in place of 0.
    fn with_udp_port(&mut self, at: Bind) -> Option<Bind> {
        let (address, place): (SocketAddr, fn(SocketAddr) -> Bind) = match at {
            Bind::Addr(at) if at.port() == 0 => (at, Bind::Addr),
            Bind::Port(0) => (([0, 0, 0, 0], 0).into(), |at| Bind::Port(at.port())),
            other => return Some(other),
        };
        let key = Key::between(address, address);
        let (udp, range) = (&self.udp, self.config.ephemeral_ports.clone());
        let with = |port| place(SocketAddr::new(address.ip(), port));
        self.ports.choose(&key, range, |port| !udp.is_taken(with(port))).map(with)
    }
}
