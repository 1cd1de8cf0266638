//! Who watches a host: its facts, and the packets that pass.

use std::num::NonZeroU16;

use cordial_device::Direction;
use cordial_stack::{Checksum, Fact, Info, Instant, Observer};

/// Told every fact of a host's connections, in the order in which facts happen.
///
/// It is called with the host locked: be short, hand what matters to a channel, and never call the host or a socket
/// of it, which would wait for itself. Closures are observers.
pub trait Observe: Send {
    /// A fact, and when; `now` counts as [`Host::now`](crate::Host::now) does.
    fn fact(&mut self, now: Instant, fact: &Fact<'_>);

    /// All that is known of a connection that is over, after the fact that says so. Told where
    /// [`statistics`](crate::HostBuilder::statistics) are kept; closures are not.
    fn ended(&mut self, _now: Instant, _info: &Info) {}
}

impl<F: FnMut(Instant, &Fact<'_>) + Send> Observe for F {
    fn fact(&mut self, now: Instant, fact: &Fact<'_>) {
        self(now, fact);
    }
}

/// Sees every packet that a host receives or sends: what a capture is written from.
///
/// It is called with the host locked, as [`Observe`] is. Closures are taps.
pub trait Tap: Send {
    /// A packet, and when; `now` counts as [`Host::now`](crate::Host::now) does.
    fn frame(&mut self, now: Instant, frame: &TappedFrame<'_>);
}

impl<F: FnMut(Instant, &TappedFrame<'_>) + Send> Tap for F {
    fn frame(&mut self, now: Instant, frame: &TappedFrame<'_>) {
        self(now, frame);
    }
}

/// A packet as it passed between device and host.
#[derive(Debug, Clone, Copy)]
pub struct TappedFrame<'a> {
    /// Which way it went, as the host sees it.
    pub direction: Direction,
    /// The headers, from the first octet of the IP header on; inbound, the whole packet.
    pub head: &'a [u8],
    /// What follows, in order; inbound, nothing.
    pub body: &'a [&'a [u8]],
    /// `Partial` if the transport checksum still has to be finished, which a capture should do.
    pub checksum: Checksum,
    /// For a super-segment: octets of payload in each segment on a wire.
    pub gso: Option<NonZeroU16>,
}

impl TappedFrame<'_> {
    /// Octets of the whole packet.
    pub fn octets(&self) -> usize {
        self.head.len() + self.body.iter().map(|slice| slice.len()).sum::<usize>()
    }
}

/// The stack's observer: whoever observes at the moment.
#[derive(Default)]
pub(crate) struct Watch(pub(crate) Option<Box<dyn Observe>>);

impl Observer for Watch {
    const ON: bool = true;

    fn is_watching(&self) -> bool {
        self.0.is_some()
    }

    fn fact(&mut self, now: Instant, fact: &Fact<'_>) {
        if let Some(observer) = &mut self.0 {
            observer.fact(now, fact);
        }
    }

    fn ended(&mut self, now: Instant, info: &Info) {
        if let Some(observer) = &mut self.0 {
            observer.ended(now, info);
        }
    }
}
