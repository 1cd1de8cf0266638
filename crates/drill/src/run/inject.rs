//! A packet arrives.

use std::net::SocketAddr;
use std::num::NonZeroU16;

use cordial_stack::Frame;
use cordial_wire::{Checksum, Flags};

use super::Run;
use crate::flow::Flow;
use crate::inject::{MOST_OPTIONS, icmp, options_len, segment};
use crate::report::Stop;
use crate::script::{Body, Options, Packet, TcpOption};
use crate::{Said, words};

impl Run {
    pub(super) fn inject(&mut self, packet: &Packet) -> Result<(), Stop> {
        let at = self.flow_of_injected(packet);
        let Some(flow) = self.flows.get_mut(at) else { return Err(Stop::fail(words::UNBUILDABLE)) };
        let (octets, cut) = match &packet.body {
            Body::Tcp(tcp) => {
                let tcp = &self.cookies.on_wire(tcp);
                if options_len(&tcp.options, flow) > MOST_OPTIONS {
                    return Err(Stop::fail(words::TOO_MANY_OPTIONS));
                }
                flow.injected(tcp);
                let is_long = tcp.len > u32::from(self.settings.mtu);
                (segment(tcp, packet.ip, flow), is_long.then_some(self.settings.mss).flatten())
            }
            Body::Icmp(message) => (icmp(message, packet.ip, flow), None),
        };
        let octets = octets.ok_or_else(|| Stop::fail(words::UNBUILDABLE))?;
        let gso = cut.and_then(NonZeroU16::new);
        self.host().receive(Frame { octets: &octets, checksum: Checksum::Unknown, gso });
        self.settle()
    }

    /// The flow that an injected packet belongs to; a new one where none was under test.
    fn flow_of_injected(&mut self, packet: &Packet) -> usize {
        if let Some((remote, local)) = packet.ports {
            let local = SocketAddr::new(self.settings.local, local);
            let remote = SocketAddr::new(self.settings.remote, remote);
            return self.flow_between(local, remote);
        }
        if let Some(at) = self.current {
            return at;
        }
        let local = self.listening_end();
        let at = self.flow_between(local, self.next_remote(local));
        self.current = Some(at);
        at
    }

    pub(super) fn flow_between(&mut self, local: SocketAddr, remote: SocketAddr) -> usize {
        let known = self.flows.iter().position(|flow| flow.has(local, remote));
        known.unwrap_or_else(|| {
            self.flows.push(Flow::new(local, remote));
            self.flows.len() - 1
        })
    }

    /// Where the socket under test stands, or where one would.
    fn listening_end(&self) -> SocketAddr {
        let bound = self.under_test.and_then(|fd| self.sockets.get(&fd)).and_then(|socket| socket.bound);
        let end = bound.unwrap_or_else(|| self.settings.local_end());
        match end.ip().is_unspecified() {
            true => SocketAddr::new(self.settings.local, end.port()),
            false => end,
        }
    }

    /// The other end of a flow that begins: each calls from a port of its own, the first from the script's.
    fn next_remote(&self, local: SocketAddr) -> SocketAddr {
        let mut remote = self.settings.remote_end();
        while self.flows.iter().any(|flow| flow.has(local, remote)) {
            remote.set_port(remote.port().wrapping_add(1).max(1));
        }
        remote
    }
}

/// What a script asks the stack to send and it does not have; none, and it can be compared.
pub(super) fn beyond_us(packet: &Packet) -> Option<Said> {
    let Body::Tcp(tcp) = &packet.body else { return Some(words::NO_ICMP_OUT.into()) };
    let ecn = [Flags::ECE, Flags::CWR, Flags::AE].into_iter().any(|flag| tcp.flags.contains(flag));
    if ecn || packet.ip.ecn.is_some_and(|ecn| ecn != crate::script::Ecn::No) {
        return Some(words::NO_ECN.into());
    }
    let Options::These(options) = &tcp.options else { return None };
    options.iter().find_map(|option| match option {
        TcpOption::FastOpen { experimental: true, .. } => Some(words::NO_FAST_OPEN.into()),
        TcpOption::Md5 => Some(words::NO_MD5.into()),
        TcpOption::Raw { .. } => Some(Said::new(words::NO_OPTION).with("name", option)),
        _ => None,
    })
}
