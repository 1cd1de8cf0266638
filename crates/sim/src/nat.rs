//! A router that hides hosts behind one address, and forgets.

use std::time::Duration;

/// The settings of a NAT.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NatConfig {
    /// A connection in which nothing passes for this long is forgotten. 300 s.
    pub idle: Duration,
    /// What becomes of the segments of a forgotten connection.
    pub forgotten: Forgotten,
    /// The first of the ports it gives out, in order. 20,000.
    pub first_port: u16,
}

/// What becomes of the segments of a connection that a NAT has forgotten, or never knew.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Forgotten {
    /// They vanish.
    #[default]
    Silent,
    /// They vanish, and their sender gets a reset.
    Reset,
}

impl Default for NatConfig {
    fn default() -> Self {
        Self { idle: Duration::from_secs(300), forgotten: Forgotten::Silent, first_port: 20_000 }
    }
}
