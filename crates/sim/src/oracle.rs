//! What must hold of every run, whatever the network does to it.
//!
//! Each oracle watches with its own eyes: packets as they leave and reach hosts, what programs wrote and read, and what
//! the stacks say of themselves. What it objects to is a [`Violation`], a value.

mod clean;
mod empty;
mod ends;
mod half_open;
mod honest;
pub mod legal;
mod single;
mod stranger;
mod stream;
mod violation;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use cordial_stack::{Instant, Stack, TcpConfig};
use cordial_trace::event::Transmission;
use cordial_wire::Timestamps;

pub(crate) use stream::Octets;
pub use violation::{Objection, Oracle, Violation};

use crate::packet::Packet;
use crate::tap::Tap;
use crate::world::{Host, Socket, Sockets};
use crate::{Dealt, HostId, Journey};
use ends::Ends;
use half_open::HalfOpen;
use honest::Honest;
use legal::{Acknowledged, Checker, Sight};
pub(crate) use stranger::Reset;

/// All oracles, and what they have objected to.
#[derive(Debug, Default)]
pub(crate) struct Oracles {
    violations: Vec<Violation>,
    legal: Checker,
    half_open: HalfOpen,
    honest: Honest,
    ends: Ends,
    pub patience: Patience,
}

/// How long oracles wait, where a run asks for less than the retries of its hosts may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Patience {
    /// Half-open connections, after the last SYN has come.
    pub half_open: Option<Duration>,
    /// Ends of connections, after both programs have let go and the network was last disturbed.
    pub ends: Option<Duration>,
}

/// The world as it stands at the end of a run.
pub(crate) struct Scene<'a> {
    pub now: Instant,
    pub hosts: &'a [Host],
    pub sockets: &'a Sockets,
    /// What became of every segment.
    pub journeys: &'a [Journey],
    /// Some hosts are behind a NAT.
    pub has_nat: bool,
    /// Nothing will ever happen again.
    pub is_out: bool,
}

/// Violations that are kept: one is enough to fail, more help little.
const MOST: usize = 100;

impl Oracles {
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// A segment leaves a host.
    pub fn leaves(&mut self, now: Instant, host: HostId, sight: &Sight<'_>, sent: Option<&Transmission>) {
        self.half_open.leaves(now, host, sight);
        self.honest.answered(sight.from, sight.to);
        if let Some(objection) = self.legal.leaves(sight) {
            self.violations.push(Violation::new(Oracle::Legal, now, objection).by(sent));
            self.bound();
        }
    }

    /// A packet reaches a host; true if there is a whole segment in it.
    pub fn arrives(&mut self, packet: &Packet) -> bool {
        let Some(sight) = Sight::of(&packet.octets).filter(|sight| sight.is_whole) else { return false };
        self.legal.arrives(&sight);
        true
    }

    /// A SYN comes to a port where somebody listens who takes it at once, and has room. Only one between ends that had
    /// nothing to do with each other is sure of an answer.
    pub fn calls(&mut self, now: Instant, host: HostId, packet: &Packet) {
        let Some(sight) = Sight::of(&packet.octets).filter(|sight| sight.is_whole) else { return };
        if !self.legal.knows(sight.to, sight.from) {
            self.honest.calls(now, host, sight.to, sight.from);
        }
    }

    /// What the end that a packet is for has acknowledged.
    pub fn acknowledged(&self, packet: &Packet) -> Option<Acknowledged> {
        let sight = Sight::of(&packet.octets)?;
        self.legal.acknowledged(sight.to, sight.from)
    }

    /// A host has dealt with a reset that came.
    pub fn dealt(&mut self, reset: &Reset<'_>, sockets: &Sockets, journeys: &[Journey]) {
        stranger::dealt(reset, sockets, journeys, &mut self.violations);
        self.bound();
    }

    /// A host takes no more connections to a port.
    pub fn unlistens(&mut self, host: HostId) {
        self.honest.forget(host);
    }

    /// See [`Checker::timestamps`].
    pub fn timestamps(&self, own: SocketAddr, peer: SocketAddr) -> Option<Timestamps> {
        self.legal.timestamps(own, peer)
    }

    /// A host listens with these settings.
    pub fn listens(&mut self, host: HostId, config: &TcpConfig) {
        self.half_open.listens(host, config);
    }

    /// A host's stack has done something.
    pub fn looks(&mut self, now: Instant, host: HostId, stack: &Stack<Dealt, Tap>) {
        self.half_open.looks(now, host, stack, self.patience.half_open, &mut self.violations);
        self.honest.looks(now, &mut self.violations);
        self.bound();
    }

    /// A program has read octets.
    pub fn read(&mut self, now: Instant, sockets: &Sockets, socket: Socket, octets: &Octets) {
        stream::read(now, sockets, socket, octets, &mut self.violations);
        self.bound();
    }

    /// A program has read the end of the stream.
    pub fn read_end(&mut self, now: Instant, sockets: &Sockets, socket: Socket) {
        stream::read_end(now, sockets, socket, &mut self.violations);
        self.bound();
    }

    /// A program has accepted a connection.
    pub fn accepted(&mut self, now: Instant, sockets: &Sockets, socket: Socket) {
        stream::accepted(now, sockets, socket, &mut self.violations);
        self.bound();
    }

    /// A host has lost its power.
    pub fn crashed(&mut self, now: Instant, host: HostId, address: IpAddr) {
        self.legal.crashed(address);
        self.half_open.crashed(host);
        self.honest.forget(host);
        self.ends.disturbed(now);
    }

    /// Something happened to the network from which connections have to recover.
    pub fn disturbed(&mut self, now: Instant) {
        self.ends.disturbed(now);
    }

    /// The run is over.
    pub fn finish(&mut self, scene: &Scene<'_>) {
        stream::finish(scene, &mut self.violations);
        self.ends.finish(scene, self.patience.ends, &mut self.violations);
        clean::finish(scene, &mut self.violations);
        single::finish(scene, &mut self.violations);
        if scene.is_out {
            empty::finish(scene, &mut self.violations);
        }
        self.bound();
    }

    fn bound(&mut self) {
        self.violations.truncate(MOST);
    }
}

/// A name of a connection, for tests that have none.
#[cfg(test)]
fn some_conn() -> cordial_stack::ConnId {
    let own = "10.0.0.2".parse().expect("an address");
    let config = cordial_stack::Config::host(&[own]);
    let mut stack = Stack::new(config, cordial_stack::Seeded::new([0; 32]), ());
    let config = std::sync::Arc::clone(stack.tcp_config());
    let peer = "10.0.0.1:80".parse().expect("an address");
    stack.connect(Instant::ZERO, None, peer, &config).expect("there is room")
}
