//! What befell a segment, told to whoever keeps the record.

use std::net::SocketAddr;
use std::time::Duration;

use cordial_device::Direction;
use cordial_trace::event::Fate;
use cordial_wire::Segment;

/// Is told what happens on the path. It is called where packets are handled: be short.
pub trait Teller {
    /// Something befell a segment.
    fn befell(&mut self, incident: &Incident<'_>);

    /// So many connections have heard both goodbyes, but not yet the acknowledgment that completes them. Told when it
    /// changes.
    fn leaving(&mut self, connections: usize);
}

/// Nobody is told.
impl Teller for () {
    fn befell(&mut self, _: &Incident<'_>) {}
    fn leaving(&mut self, _: usize) {}
}

/// One segment that something befell.
#[derive(Debug, Clone, Copy)]
pub struct Incident<'a> {
    /// When, as the path was told the time.
    pub now: Duration,
    /// Which way it went.
    pub direction: Direction,
    /// Who sent it, as it says.
    pub source: SocketAddr,
    /// Whom it is for.
    pub destination: SocketAddr,
    /// The segment as it was sent.
    pub segment: &'a Segment<'a>,
    /// What befell it; not empty.
    pub hits: &'a [Hit],
}

/// One thing that befell a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// What.
    pub fate: Fate,
    /// By what.
    pub cause: Cause,
}

/// What did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// This rule, by its place in the list.
    Rule(usize),
    /// The path's rate: its queue was full.
    FullQueue,
}
