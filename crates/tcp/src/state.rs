//! The state of a connection: two halves, and the names the RFC has for the pairs.

use core::fmt;

use crate::receive::ReceiveHalf;
use crate::send::SendHalf;

/// What exists of a connection.
// Both halves stand inline: a connection spends its life in the large variant, so a box would only add a cache miss.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug)]
pub(crate) enum State {
    /// No connection any more.
    Closed,
    /// From our first SYN to the last ACK.
    Open {
        /// From our SYN on.
        send: SendHalf,
        /// From the peer's SYN on; none is SYN-SENT.
        recv: Option<ReceiveHalf>,
    },
}

/// How the send half began.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum SendStart {
    /// Our SYN has not been acknowledged.
    Syn,
    /// It has.
    Acked,
}

/// How the send half ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum SendEnd {
    /// The user may still write.
    Open,
    /// The user closed; our FIN takes the position after the last octet.
    Fin {
        /// True if the peer's FIN had arrived before.
        answers: bool,
    },
    /// Our FIN was acknowledged.
    FinAcked {
        /// True if the peer's FIN had arrived before ours was queued.
        answers: bool,
    },
}

/// How the receive half ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum ReceiveEnd {
    /// The peer may still send.
    Open,
    /// Everything up to the peer's FIN has arrived.
    Fin,
}

/// The RFC's name for what state a connection is in (RFC 9293 §3.3.2): a view of the halves, never stored.
///
/// It prints as `ss` prints it, with the RFC's `SYN_RCVD`: `FIN_WAIT_1`, `TIME_WAIT`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Default, PartialOrd, Ord)]
pub enum Phase {
    /// CLOSED.
    #[default]
    Closed,
    /// LISTEN: a listener's, never a connection's.
    Listen,
    /// SYN-SENT.
    SynSent,
    /// SYN-RECEIVED.
    SynReceived,
    /// ESTABLISHED.
    Established,
    /// FIN-WAIT-1.
    FinWait1,
    /// FIN-WAIT-2.
    FinWait2,
    /// CLOSE-WAIT.
    CloseWait,
    /// CLOSING.
    Closing,
    /// LAST-ACK.
    LastAck,
    /// TIME-WAIT.
    TimeWait,
}

impl Phase {
    /// All of them, in the RFC's order.
    pub const ALL: [Self; 11] = [
        Self::Closed,
        Self::Listen,
        Self::SynSent,
        Self::SynReceived,
        Self::Established,
        Self::FinWait1,
        Self::FinWait2,
        Self::CloseWait,
        Self::Closing,
        Self::LastAck,
        Self::TimeWait,
    ];

    /// The name as every face prints it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "CLOSED",
            Self::Listen => "LISTEN",
            Self::SynSent => "SYN_SENT",
            Self::SynReceived => "SYN_RCVD",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN_WAIT_1",
            Self::FinWait2 => "FIN_WAIT_2",
            Self::CloseWait => "CLOSE_WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST_ACK",
            Self::TimeWait => "TIME_WAIT",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Names a pair of halves once both SYNs are acknowledged.
///
/// ```text
///                 recv Open       recv Fin
/// send Open       ESTABLISHED     CLOSE_WAIT
/// send Fin        FIN_WAIT_1      CLOSING, or LAST_ACK if ours answers theirs
/// send FinAcked   FIN_WAIT_2      TIME_WAIT, or CLOSED if ours answers theirs
/// ```
pub const fn phase(send: SendEnd, recv: ReceiveEnd) -> Phase {
    use {ReceiveEnd as R, SendEnd as S};
    match (send, recv) {
        (S::Open, R::Open) => Phase::Established,
        (S::Open, R::Fin) => Phase::CloseWait,
        (S::Fin { .. }, R::Open) => Phase::FinWait1,
        (S::FinAcked { .. }, R::Open) => Phase::FinWait2,
        (S::Fin { answers: false }, R::Fin) => Phase::Closing,
        (S::Fin { answers: true }, R::Fin) => Phase::LastAck,
        (S::FinAcked { answers: false }, R::Fin) => Phase::TimeWait,
        (S::FinAcked { answers: true }, R::Fin) => Phase::Closed,
    }
}

impl State {
    /// The RFC's name for this state.
    ///
    /// A close in SYN-RECEIVED counts at once (RFC 9293 §3.10.4): with our SYN still unacknowledged the name stays
    /// SYN_RCVD until the ACK that covers it.
    pub(crate) fn phase(&self) -> Phase {
        match self {
            Self::Closed => Phase::Closed,
            Self::Open { recv: None, .. } => Phase::SynSent,
            Self::Open { send, recv: Some(recv) } => match send.start() {
                SendStart::Syn => Phase::SynReceived,
                SendStart::Acked => phase(send.end(), recv.end()),
            },
        }
    }
}
