//! What a wire does, each direction for itself.

use std::time::Duration;

/// One direction of a wire. The default is a perfect wire without delay.
///
/// Chances are in parts per million. What is drawn for one packet does not depend on which other chances are zero, so
/// that taking a fault away leaves the others where they were.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Link {
    /// Octets a second; none: a packet takes no time to leave.
    pub rate: Option<u64>,
    /// How long a packet travels.
    pub delay: Duration,
    /// Up to this long is added, evenly drawn. Packets stay in order unless they are [reordered](Self::reorder).
    pub jitter: Duration,
    /// Packets lost, per million.
    pub loss: u32,
    /// Packets that arrive twice, per million; the second up to `jitter` plus 1 ms later.
    pub duplicate: u32,
    /// Packets that are overtaken, per million: they take up to one more `delay`, at least 1 ms.
    pub reorder: u32,
    /// Packets of which one bit is turned over, per million. Never one of the IP header: a router would have dropped it.
    pub corrupt: u32,
    /// Octets of the longest IP packet; none: any.
    pub mtu: Option<u16>,
    /// What becomes of longer ones.
    pub too_big: TooBig,
    /// Where packets wait that the rate does not let go yet; none: as many as there are.
    pub queue: Option<Queue>,
}

/// What becomes of a packet that is longer than the MTU.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TooBig {
    /// It vanishes: a black hole.
    #[default]
    Silent,
    /// It vanishes, and its sender is told by ICMP (RFC 1191, RFC 8201).
    Icmp,
}

/// A queue in front of a wire with a rate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Queue {
    /// Octets that may wait. What is over is dropped at the tail.
    pub octets: u32,
    /// Octets that wait from which on packets are marked "congestion experienced" (RFC 3168 §5), if their sender said
    /// that it understands; none: never.
    pub mark: Option<u32>,
}

impl Link {
    /// A perfect wire.
    pub const PERFECT: Self = Self {
        rate: None,
        delay: Duration::ZERO,
        jitter: Duration::ZERO,
        loss: 0,
        duplicate: 0,
        reorder: 0,
        corrupt: 0,
        mtu: None,
        too_big: TooBig::Silent,
        queue: None,
    };

    /// A wire on which packets travel this long.
    pub const fn with_delay(delay: Duration) -> Self {
        Self { delay, ..Self::PERFECT }
    }

    /// Loses `percent` of what passes; so do the others below. Above 100 counts as 100.
    #[must_use]
    pub fn lossy(self, percent: f64) -> Self {
        Self { loss: per_million(percent), ..self }
    }

    /// Duplicates this many percent.
    #[must_use]
    pub fn duplicating(self, percent: f64) -> Self {
        Self { duplicate: per_million(percent), ..self }
    }

    /// Lets this many percent be overtaken.
    #[must_use]
    pub fn reordering(self, percent: f64) -> Self {
        Self { reorder: per_million(percent), ..self }
    }

    /// Turns a bit over in this many percent.
    #[must_use]
    pub fn corrupting(self, percent: f64) -> Self {
        Self { corrupt: per_million(percent), ..self }
    }

    /// Sends at this many octets a second; 0 counts as 1.
    #[must_use]
    pub fn rated(self, octets_per_second: u64) -> Self {
        Self { rate: Some(octets_per_second.max(1)), ..self }
    }

    /// Varies the delay by up to this much.
    #[must_use]
    pub const fn jittering(self, jitter: Duration) -> Self {
        Self { jitter, ..self }
    }

    /// Drops what is longer than this.
    #[must_use]
    pub const fn narrow(self, mtu: u16, too_big: TooBig) -> Self {
        Self { mtu: Some(mtu), too_big, ..self }
    }

    /// Lets this many octets wait for the rate, and drops the tail.
    #[must_use]
    pub const fn queueing(self, octets: u32) -> Self {
        Self { queue: Some(Queue { octets, mark: None }), ..self }
    }
}

/// Percent as parts per million.
fn per_million(percent: f64) -> u32 {
    (percent.clamp(0.0, 100.0) * 10_000.0).round() as u32
}
