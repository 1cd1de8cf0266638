//! How much may be in flight.
//!
//! A congestion control is told what happened and asked for a window; it sees neither segments nor the connection.
//! What loss recovery does meanwhile, such as counting what is in the pipe (RFC 6675), is the sender's business.

mod controller;
mod reno;

use alloc::boxed::Box;
use core::fmt::Debug;
use core::hash::Hasher;
use core::time::Duration;

use crate::Instant;
pub use controller::Controller;
pub use reno::NewReno;

/// The largest congestion window: no receive window is larger (RFC 7323 §2.3).
pub const MAX_WINDOW: u32 = 1 << 30;

/// Decides the congestion window of one connection.
pub trait CongestionControl: Debug + Send + Sync {
    /// Octets were sent.
    fn on_sent(&mut self, now: Instant, sent: &Sent);

    /// An ACK arrived that acknowledged octets, cumulatively or selectively.
    fn on_ack(&mut self, now: Instant, ack: &AckSample);

    /// Something happened that a window is changed for.
    fn on_signal(&mut self, now: Instant, signal: Signal);

    /// The octets of data in a full segment are now `mss`, negotiated at the opening.
    fn set_mss(&mut self, mss: u32);

    /// cwnd, octets, at least one full segment.
    fn window(&self) -> u32;

    /// ssthresh, octets; `u32::MAX` while no loss has set it.
    fn ssthresh(&self) -> u32;

    /// How fast to send, octets per second; `None` sends as soon as the window allows.
    fn pacing(&self) -> Option<u64>;

    /// What it is called by those who list connections.
    fn name(&self) -> &'static str {
        "other"
    }

    /// A copy.
    fn boxed_clone(&self) -> Box<dyn CongestionControl>;

    /// Feeds all that later decisions depend on into `hasher`, times relative to `now`.
    fn fingerprint(&self, now: Instant, hasher: &mut dyn Hasher);
}

/// What was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sent {
    /// Octets of data.
    pub octets: u32,
    /// Octets in flight before.
    pub in_flight: u32,
    /// They had been sent before.
    pub retransmission: bool,
}

/// What an ACK told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AckSample {
    /// Octets newly acknowledged, cumulatively or selectively; each counts once.
    pub acked: u32,
    /// Octets newly held to be lost.
    pub lost: u32,
    /// The round trip it measured, if it measured one.
    pub rtt: Option<Duration>,
    /// Octets sent and not acknowledged, before this ACK.
    pub in_flight: u32,
    /// When sending last stopped, something else than the congestion window stopped it: no data, the peer's window.
    pub app_limited: bool,
    /// It echoed a congestion mark (ECN).
    pub ce: bool,
    /// Fast recovery was under way, or began by this ACK (RFC 6675); the ACK that ends it counts too, for the window is
    /// ssthresh then (RFC 5681 §3.2, step 6). Not so after a timeout: then the window grows again.
    pub in_recovery: bool,
    /// Round trips since the connection opened: counts up when something sent after the last count is acknowledged.
    pub round: u32,
    /// Octets delivered per second over the last round trip, where that could be measured.
    pub rate: Option<u64>,
}

/// What a window is changed for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// A segment was found lost and fast recovery begins: once per recovery.
    Loss {
        /// FlightSize: octets sent and not cumulatively acknowledged.
        in_flight: u32,
    },
    /// A congestion mark was echoed: once per round trip (RFC 3168 §6.1.2).
    Ecn {
        /// FlightSize.
        in_flight: u32,
    },
    /// The retransmission timer fired. Told every time it does.
    Timeout {
        /// FlightSize.
        in_flight: u32,
    },
    /// The path carries segments of so many octets of data now (RFC 1191, RFC 4821): fewer than before, or more. The
    /// window in octets may only shrink: with the size of a segment, so that it holds no more segments than before
    /// (RFC 5681 §3.1, RFC 4821 §4).
    PathMtu {
        /// Octets of data in a full segment.
        mss: u32,
    },
    /// The SYN or SYN-ACK had to be sent again (RFC 5681 §3.1).
    SynLost,
    /// The last `Loss` or `Timeout` was a mistake: nothing had been lost (RFC 3522, RFC 5682).
    Undo,
    /// Fast recovery ended: all that was in flight when it began is acknowledged.
    Recovered,
    /// Sending starts again after this long without (RFC 5681 §4.1). Told when it is longer than the
    /// retransmission timeout.
    Restart(Duration),
}
