//! What forged segments came to, beside what they may come to.

use std::fmt;

use crate::Error;

/// What a forged segment pretends to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A bare reset.
    Rst,
    /// A reset that acknowledges something.
    RstAck,
    /// A SYN.
    Syn,
    /// An acknowledgment.
    Ack,
    /// A hundred octets.
    Data,
    /// The end of the stream.
    Fin,
}

impl Kind {
    /// Every kind, as often as any other.
    pub const ALL: [Self; 6] = [Self::Rst, Self::RstAck, Self::Syn, Self::Ack, Self::Data, Self::Fin];

    fn name(self) -> &'static str {
        match self {
            Self::Rst => "RST",
            Self::RstAck => "RST+ACK",
            Self::Syn => "SYN",
            Self::Ack => "ACK",
            Self::Data => "data",
            Self::Fin => "FIN",
        }
    }
}

/// What became of the segments of one kind.
#[derive(Debug, Clone, Copy, Default)]
pub struct Count {
    /// How many there were.
    pub sent: u64,
    /// Not refused: as many as the odds let through.
    pub accepted: u64,
    /// How many the odds let through, added up segment by segment.
    pub expected: f64,
    /// Of the accepted ones, those that changed a state or a number.
    pub effective: u64,
}

/// What became of all.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// By kind, in the order of [`Kind::ALL`].
    pub counts: [Count; 6],
    /// Accepted or effective, and by the RFCs' rules they must not be.
    pub beyond: u64,
    /// Connections that died of it.
    pub killed: u64,
    /// Octets of the connections' own that were delivered.
    pub octets: u64,
    /// Octets delivered that nobody but the forger sent, or in another's place.
    pub forged_octets: u64,
}

/// No more than is expected, but for five standard deviations and a few where few are expected; and not so few that
/// nothing was tried. Fewer there are where an earlier one stands in the way: a FIN that is believed lets nothing beyond
/// it in.
fn is_plausible(count: u64, expected: f64) -> bool {
    let (count, spread) = (count as f64, 5.0 * expected.sqrt() + 3.0);
    count <= expected + spread && count >= expected / 2.0 - spread
}

impl Tally {
    /// Of one kind.
    pub fn of(&self, kind: Kind) -> Count {
        Kind::ALL.iter().position(|&known| known == kind).map_or_else(Count::default, |at| self.counts[at])
    }

    pub(super) fn of_mut(&mut self, kind: Kind) -> &mut Count {
        let at = Kind::ALL.iter().position(|&known| known == kind).unwrap_or(0);
        &mut self.counts[at]
    }

    /// Nothing came through beyond the odds.
    ///
    /// # Errors
    ///
    /// What did.
    pub fn check(&self) -> Result<(), Error> {
        if self.beyond > 0 {
            return Err(format!("{} segments came through that no rule lets through", self.beyond).into());
        }
        for (kind, count) in Kind::ALL.iter().zip(&self.counts) {
            if !is_plausible(count.accepted, count.expected) {
                let (name, Count { accepted, expected, .. }) = (kind.name(), count);
                return Err(format!("{name}: {accepted} accepted, {expected:.1} expected").into());
            }
        }
        if self.octets == 0 {
            return Err("the connection carried nothing meanwhile".into());
        }
        Ok(())
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "    {:<8} {:>12} {:>10} {:>12} {:>10}",
            "kind", "sent", "accepted", "by the odds", "effective"
        )?;
        for (kind, count) in Kind::ALL.iter().zip(&self.counts) {
            let Count { sent, accepted, expected, effective } = count;
            writeln!(f, "    {:<8} {sent:>12} {accepted:>10} {expected:>12.4} {effective:>10}", kind.name())?;
        }
        let Self { beyond, killed, octets, forged_octets, .. } = self;
        writeln!(f, "    beyond the odds {beyond}; connections reset or ended {killed}")?;
        writeln!(f, "    octets carried meanwhile {octets}, forged among them {forged_octets}")
    }
}
