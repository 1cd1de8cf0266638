//! Which states were sent which kinds of segment.

use std::collections::BTreeMap;
use std::fmt;

use cordial_tcp::Phase;

use crate::Kind;

/// How many segments of each kind arrived in each state and had their answers compared.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    counts: BTreeMap<(Phase, Kind), usize>,
}

impl Coverage {
    /// One more.
    pub fn note(&mut self, state: Phase, kind: Kind) {
        *self.counts.entry((state, kind)).or_default() += 1;
    }

    /// What nobody tried.
    pub fn missing(&self) -> Vec<(Phase, Kind)> {
        let all = Phase::ALL.iter().flat_map(|&state| Kind::ALL.iter().map(move |&kind| (state, kind)));
        all.filter(|pair| !self.counts.contains_key(pair)).collect()
    }

    /// How many segments had their answers compared.
    pub fn total(&self) -> usize {
        self.counts.values().sum()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<12}", "")?;
        for state in Phase::ALL {
            write!(f, " {:>11}", state.name())?;
        }
        for kind in Kind::ALL {
            write!(f, "\n{:<12}", kind.name())?;
            for state in Phase::ALL {
                write!(f, " {:>11}", self.counts.get(&(state, kind)).copied().unwrap_or(0))?;
            }
        }
        Ok(())
    }
}
