//! How a rule is taken away: around the engine, never in it.

use std::fmt;
use std::sync::Arc;

use cordial_stack::{Config, Instant, TcpConfig};
use cordial_trace::event::Side;
use cordial_wire::Segment;

use crate::host::Host;

/// A middlebox at the ends. It sees what goes in and out, may look at the connection's variables, and may change what
/// passes, keep it, or make the host's calls. The engine knows nothing of it.
pub trait Harness: Sync + fmt::Debug {
    /// Changes settings, where the RFC leaves the choice.
    fn configure(&self, _side: Side, _config: &mut Config, _tcp: &mut TcpConfig) {}

    /// Chooses other initial numbers.
    fn numbers(&self, _side: Side, dealt: &'static [u32]) -> &'static [u32] {
        dealt
    }

    /// A segment of the watched connection is about to enter a host.
    fn incoming(&self, _host: &mut Host, _segment: &Segment<'_>) -> Passage {
        Passage::Pass
    }

    /// It has entered.
    fn entered(&self, _host: &mut Host, _now: Instant, _segment: &Segment<'_>) {}

    /// A segment of the watched connection is about to leave a host.
    fn outgoing(&self, _host: &mut Host, _now: Instant, _segment: &Segment<'_>) -> Passage {
        Passage::Pass
    }
}

/// What becomes of a segment that passes a harness.
#[derive(Debug)]
pub enum Passage {
    /// It goes on as it is.
    Pass,
    /// It does not.
    Keep,
    /// These go on in its place.
    Instead(Vec<Arc<[u8]>>),
}

/// What a harness remembers at a host.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Memory {
    /// A number that it has to know again.
    pub number: u32,
    /// How often it did what it does, where that matters.
    pub count: u8,
    /// What the host's application is told of an abort is not told: the harness made it.
    pub cut: bool,
}
