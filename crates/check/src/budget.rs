//! What the network may do, and how long a segment lives.

use std::time::Duration;

/// How finely time is cut: every wait of every setting is a whole number of these, so everything happens at one of them
/// (see [`world`](crate::world)).
pub const GRAIN: Duration = Duration::from_millis(400);

/// Maximum segment lifetime of the network: no held segment arrives later. Two retransmission timeouts, so that what
/// takes as long as a segment can is sent again meanwhile.
pub const MSL: Duration = Duration::from_millis(1_600);

/// How often the network may do something to a segment, and the world to a host.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Budget {
    /// Segments lost.
    pub losses: u8,
    /// Segments copied; the copy may arrive at any time until it dies.
    pub duplicates: u8,
    /// Segments held up, and so overtaken.
    pub delays: u8,
    /// Times that the client is switched off and on.
    pub crashes: u8,
    /// Segments that a stranger makes.
    pub forgeries: u8,
}

impl Budget {
    /// Nothing happens to anybody.
    pub const NONE: Self = Self { losses: 0, duplicates: 0, delays: 0, crashes: 0, forgeries: 0 };
}
