//! Every segment on the wire is one that its sender may send.

use cordial_stack::{Instant, Tuple};
use cordial_trace::event::Transmission;
use cordial_wire::Segment;

use super::Violation;
use crate::HostId;
use crate::packet::Packet;

/// What is known of who sent what.
#[derive(Debug, Default)]
pub(super) struct Legal {}

impl Legal {
    /// A segment leaves a host.
    pub fn leaves(
        &mut self,
        _now: Instant,
        _host: HostId,
        _tuple: Tuple,
        _segment: &Segment<'_>,
        _sent: Option<&Transmission>,
        _to: &mut Vec<Violation>,
    ) {
    }

    /// A packet reaches a host.
    pub fn arrives(&mut self, _host: HostId, _packet: &Packet) {}

    /// A host has lost its power.
    pub fn crashed(&mut self, _host: HostId) {}
}
