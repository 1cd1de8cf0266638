//! What a stack tells, on its way to the record.

use std::net::SocketAddr;

use cordial_stack::{CloseCause, Fact, Instant, Observer, Phase, Tuple, Vars, What};
use cordial_tcp::{Refusal, Rule};
use cordial_trace::Recorder;
use cordial_wire::SeqNum;

/// The observer of a host: it hands facts to the record, under the addresses that connections have inside of NATs, and
/// notes what it sees for whoever asks about coverage.
#[derive(Clone, Debug)]
pub struct Tap {
    recorder: Recorder,
    /// Addresses that NATs give out, and whose they are.
    aliases: Vec<(SocketAddr, SocketAddr)>,
    seen: Seen,
    /// Connections that began and ended since somebody last asked.
    born: Vec<Born>,
    ended: Vec<Ended>,
}

/// A connection has come to know both initial sequence numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Born {
    pub at: Instant,
    pub tuple: Tuple,
    pub iss: SeqNum,
    pub irs: SeqNum,
}

/// A connection has ended at this host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    pub at: Instant,
    pub tuple: Tuple,
    pub iss: SeqNum,
    pub irs: Option<SeqNum>,
    pub cause: CloseCause,
}

/// Which of the engine's rules and refusals a run has seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Seen {
    rules: u64,
    refusals: u64,
}

impl Seen {
    /// The rules under which something happened.
    pub fn rules(self) -> impl Iterator<Item = Rule> {
        Rule::ALL.iter().copied().filter(move |&rule| self.rules & bit(rule as u32) != 0)
    }

    /// The reasons for which segments were refused.
    pub fn refusals(self) -> impl Iterator<Item = Refusal> {
        Refusal::ALL.iter().copied().filter(move |&refusal| self.refusals & bit(refusal as u32) != 0)
    }

    /// What either has seen.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { rules: self.rules | other.rules, refusals: self.refusals | other.refusals }
    }
}

const fn bit(place: u32) -> u64 {
    1 << (place % 64)
}

const _: () = assert!(Rule::ALL.len() <= 64 && Refusal::ALL.len() <= 64, "one bit each");

impl Tap {
    pub(crate) fn new(recorder: Recorder, aliases: Vec<(SocketAddr, SocketAddr)>) -> Self {
        Self { recorder, aliases, seen: Seen::default(), born: Vec::new(), ended: Vec::new() }
    }

    pub(crate) const fn seen(&self) -> Seen {
        self.seen
    }

    pub(crate) fn set_aliases(&mut self, aliases: &[(SocketAddr, SocketAddr)]) {
        self.aliases.clear();
        self.aliases.extend_from_slice(aliases);
    }

    pub(crate) fn take_born(&mut self) -> Vec<Born> {
        std::mem::take(&mut self.born)
    }

    pub(crate) fn take_ended(&mut self) -> Vec<Ended> {
        std::mem::take(&mut self.ended)
    }
}

impl Observer for Tap {
    const ON: bool = true;

    fn fact(&mut self, now: Instant, fact: &Fact<'_>) {
        self.seen.rules |= bit(fact.why as u32);
        let alias = self.aliases.iter().find(|(outside, _)| *outside == fact.tuple.peer);
        let peer = alias.map_or(fact.tuple.peer, |&(_, inside)| inside);
        let tuple = Tuple { peer, ..fact.tuple };
        match fact.what {
            What::Received { refused: Some(refusal), .. } => self.seen.refusals |= bit(refusal as u32),
            What::Received { refused: None, .. } if meets(fact.before.phase, fact.after.phase) => {
                let vars = fact.after;
                self.born.extend(vars.irs.map(|irs| Born { at: now, tuple, iss: vars.iss, irs }));
            }
            What::Ended(cause) => {
                let Vars { iss, irs, .. } = fact.before;
                self.ended.push(Ended { at: now, tuple, iss, irs, cause });
            }
            _ => {}
        }
        self.recorder.fact(now, &Fact { tuple, ..*fact });
    }
}

/// True if this is where a connection comes to know both numbers, and is worth being known: a half-open one is not.
fn meets(before: Phase, after: Phase) -> bool {
    use Phase as P;
    let is_half = matches!(after, P::Listen | P::SynSent | P::SynReceived | P::Closed);
    match before {
        P::SynSent => !is_half || after == P::SynReceived,
        P::Listen | P::SynReceived => !is_half,
        _ => false,
    }
}
