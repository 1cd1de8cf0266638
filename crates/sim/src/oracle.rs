//! What must hold of every run, whatever the network does to it.
//!
//! Each oracle watches with its own eyes: packets as they leave and reach hosts, what programs wrote and read, and what
//! the stacks say of themselves. What it objects to is a [`Violation`], a value.

mod empty;
mod ends;
mod half_open;
pub mod legal;
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
use crate::{Dealt, HostId};
use ends::Ends;
use half_open::HalfOpen;
use legal::{Checker, Sight};

/// All oracles, and what they have objected to.
#[derive(Debug, Default)]
pub(crate) struct Oracles {
    violations: Vec<Violation>,
    legal: Checker,
    half_open: HalfOpen,
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
    pub fn leaves(&mut self, now: Instant, sight: &Sight<'_>, sent: Option<&Transmission>) {
        if let Some(objection) = self.legal.leaves(sight) {
            self.violations.push(Violation::new(Oracle::Legal, now, objection).by(sent));
            self.bound();
        }
    }

    /// A packet reaches a host.
    pub fn arrives(&mut self, now: Instant, host: HostId, packet: &Packet) {
        let Some(sight) = Sight::of(&packet.octets).filter(|sight| sight.is_whole) else { return };
        self.legal.arrives(&sight);
        self.half_open.arrives(now, host, &sight.segment);
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
    pub fn crashed(&mut self, now: Instant, host: IpAddr) {
        self.legal.crashed(host);
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
        if scene.is_out {
            empty::finish(scene, &mut self.violations);
        }
        self.bound();
    }

    fn bound(&mut self) {
        self.violations.truncate(MOST);
    }
}
