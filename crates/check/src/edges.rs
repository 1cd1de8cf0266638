//! Which edges of the RFC's state diagram were taken.

use cordial_stack::Phase;

/// A set of changes of state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Edges(u128);

impl Edges {
    /// Adds a change.
    pub fn add(&mut self, from: Phase, to: Phase) {
        if from != to {
            self.0 |= bit(from, to);
        }
    }

    /// True if it was seen.
    pub fn has(self, from: Phase, to: Phase) -> bool {
        self.0 & bit(from, to) != 0
    }

    /// All of both.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Every change seen, in the order of the states.
    pub fn iter(self) -> impl Iterator<Item = (Phase, Phase)> {
        let pairs = Phase::ALL.into_iter().flat_map(|from| Phase::ALL.into_iter().map(move |to| (from, to)));
        pairs.filter(move |&(from, to)| self.has(from, to))
    }
}

/// The edges of the diagram (RFC 9293 §3.3.2, figure 5), but for two that no application here can take: from LISTEN to
/// SYN-SENT by a send, which sockets do not have and no listener of ours offers, and the listener's own opening and
/// closing, which belong to no connection.
pub const DIAGRAM: &[(Phase, Phase)] = &[
    (Phase::Closed, Phase::SynSent),
    (Phase::Listen, Phase::SynReceived),
    (Phase::SynSent, Phase::SynReceived),
    (Phase::SynSent, Phase::Established),
    (Phase::SynSent, Phase::Closed),
    (Phase::SynReceived, Phase::Established),
    (Phase::SynReceived, Phase::FinWait1),
    (Phase::SynReceived, Phase::Listen),
    (Phase::Established, Phase::FinWait1),
    (Phase::Established, Phase::CloseWait),
    (Phase::FinWait1, Phase::FinWait2),
    (Phase::FinWait1, Phase::Closing),
    (Phase::FinWait1, Phase::TimeWait),
    (Phase::FinWait2, Phase::TimeWait),
    (Phase::Closing, Phase::TimeWait),
    (Phase::CloseWait, Phase::LastAck),
    (Phase::LastAck, Phase::Closed),
    (Phase::TimeWait, Phase::Closed),
];

const fn bit(from: Phase, to: Phase) -> u128 {
    1 << (from as u32 * Phase::ALL.len() as u32 + to as u32)
}
