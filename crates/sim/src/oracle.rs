//! What must hold of every run, whatever the network does to it.
//!
//! Each oracle watches with its own eyes: packets as they leave and reach hosts, what programs wrote and read, and what
//! the stacks say of themselves. What it objects to is a [`Violation`], a value.

mod empty;
mod ends;
mod half_open;
mod legal;
mod stream;
mod violation;

use cordial_stack::{Instant, Stack, Tuple};
use cordial_trace::event::Transmission;
use cordial_wire::Segment;

pub(crate) use stream::Octets;
pub use violation::{Oracle, Violation};

use crate::packet::Packet;
use crate::tap::Tap;
use crate::world::{Host, Socket, Sockets};
use crate::{Dealt, HostId};
use ends::Ends;
use half_open::HalfOpen;
use legal::Legal;

/// All oracles, and what they have objected to.
#[derive(Debug, Default)]
pub(crate) struct Oracles {
    violations: Vec<Violation>,
    legal: Legal,
    half_open: HalfOpen,
    ends: Ends,
    /// Somebody has put segments before a host that nobody sent: what follows may be their doing.
    is_forged: bool,
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
    pub fn leaves(
        &mut self,
        now: Instant,
        host: HostId,
        tuple: Tuple,
        segment: &Segment<'_>,
        sent: Option<&Transmission>,
    ) {
        self.legal.leaves(now, host, tuple, segment, sent, &mut self.violations);
        self.bound();
    }

    /// A packet reaches a host.
    pub fn arrives(&mut self, now: Instant, host: HostId, packet: &Packet) {
        self.legal.arrives(host, packet);
        self.half_open.arrives(now, host, packet);
    }

    /// A host's stack has done something.
    pub fn looks(&mut self, now: Instant, host: HostId, stack: &Stack<Dealt, Tap>) {
        self.half_open.looks(now, host, stack, &mut self.violations);
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
    pub fn crashed(&mut self, now: Instant, host: HostId) {
        self.legal.crashed(host);
        self.ends.disturbed(now);
    }

    /// A segment is put before a host that nobody sent.
    pub fn forged(&mut self) {
        self.is_forged = true;
    }

    /// The network is whole from now on, or it is not.
    pub fn network(&mut self, now: Instant, is_whole: bool) {
        self.ends.network(now, is_whole);
    }

    /// The run is over.
    pub fn finish(&mut self, scene: &Scene<'_>) {
        stream::finish(scene, &mut self.violations);
        self.ends.finish(scene, &mut self.violations);
        if scene.is_out {
            empty::finish(scene, &mut self.violations);
        }
        self.bound();
    }

    fn bound(&mut self) {
        self.violations.truncate(MOST);
    }
}
