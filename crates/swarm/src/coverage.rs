//! What runs have seen of all that the engine can refuse, end with, and be told to have done.

use std::collections::BTreeSet;

use cordial_explain::Explainer;
use cordial_sim::{Seen, Socket, World};
use cordial_stack::CloseCause;
use cordial_tcp::Refusal;
use cordial_trace::words::Phrase;

use crate::capture::{self, Flaw};

/// What was seen; coverages add up in any order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Coverage {
    seen: Seen,
    causes: BTreeSet<&'static str>,
    verdicts: BTreeSet<&'static str>,
}

/// What kind of thing is covered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Reasons for which segments are refused.
    Refusal,
    /// Ways in which connections end.
    Cause,
    /// What can be said of a connection.
    Verdict,
}

/// Something that was never seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Missing {
    /// What kind of thing.
    pub kind: Kind,
    /// What.
    pub name: &'static str,
}

impl Kind {
    /// All.
    pub const ALL: [Self; 3] = [Self::Refusal, Self::Cause, Self::Verdict];

    /// In lower case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refusal => "refusal",
            Self::Cause => "cause",
            Self::Verdict => "verdict",
        }
    }

    /// All that there is of it.
    pub fn all(self) -> Vec<&'static str> {
        match self {
            Self::Refusal => Refusal::ALL.iter().map(|refusal| refusal.name()).collect(),
            Self::Cause => CAUSES.iter().map(|&cause| cause_name(cause)).collect(),
            Self::Verdict => cordial_explain::verdict_ids().collect(),
        }
    }
}

/// Something that random scenarios cannot show.
#[derive(Clone, Copy, Debug)]
pub struct Elsewhere {
    /// What kind of thing.
    pub kind: Kind,
    /// What.
    pub name: &'static str,
    /// Why not.
    pub why: Phrase,
    /// The file, and the test in it, that shows it.
    pub test: (&'static str, &'static str),
}

/// All that random scenarios cannot show. What stands here and is seen after all has to go.
pub const ELSEWHERE: &[Elsewhere] = &[
    Elsewhere {
        kind: Kind::Verdict,
        name: "H12",
        why: Phrase::new(
            "the engine refuses to connect a socket to itself, so only captures of other hosts have it",
            "引擎不让套接字连到自己，只有别的主机的抓包里才有",
        ),
        test: ("crates/explain/tests/verdicts/opening.rs", "h12_a_program_meets_itself"),
    },
    Elsewhere {
        kind: Kind::Refusal,
        name: "not-too-big",
        why: Phrase::new(
            "it is about an ICMP message, not about a segment",
            "它针对的是 ICMP 报文，而不是报文段",
        ),
        test: ("crates/tcp/tests/path_mtu.rs", "what_was_no_longer_than_what_passes_was_not_too_big"),
    },
];

/// Seeds from which on everything else has to be seen.
pub const ENOUGH: u64 = 2_000;

const CAUSES: [CloseCause; 10] = [
    CloseCause::Graceful,
    CloseCause::Refused,
    CloseCause::Reset,
    CloseCause::Unanswered,
    CloseCause::TimedOut,
    CloseCause::KeepaliveTimeout,
    CloseCause::OrphanTimeout,
    CloseCause::UnreadData,
    CloseCause::Aborted,
    CloseCause::Unreachable,
];

const fn cause_name(cause: CloseCause) -> &'static str {
    match cause {
        CloseCause::Graceful => "graceful",
        CloseCause::Refused => "refused",
        CloseCause::Reset => "reset",
        CloseCause::Unanswered => "unanswered",
        CloseCause::TimedOut => "timed-out",
        CloseCause::KeepaliveTimeout => "keepalive-timeout",
        CloseCause::OrphanTimeout => "orphan-timeout",
        CloseCause::UnreadData => "unread-data",
        CloseCause::Aborted => "aborted",
        CloseCause::Unreachable => "unreachable",
    }
}

impl Coverage {
    /// What a world has seen; verdicts only if it has kept a record.
    pub(crate) fn of(world: &World, has_record: bool) -> Self {
        let sockets = (0..).map(Socket).map_while(|socket| world.socket(socket));
        let causes = sockets.filter_map(|info| info.ended).map(|(_, cause)| cause_name(cause)).collect();
        let verdicts = if has_record { verdicts(world) } else { BTreeSet::new() };
        Self { seen: world.seen(), causes, verdicts }
    }

    /// Adds what another has seen.
    pub fn add(&mut self, other: &Self) {
        self.seen = self.seen.and(other.seen);
        self.causes.extend(&other.causes);
        self.verdicts.extend(&other.verdicts);
    }

    /// What was seen of a kind, in the order of [`Kind::all`].
    pub fn seen(&self, kind: Kind) -> Vec<&'static str> {
        let refusals: BTreeSet<_> = self.seen.refusals().map(Refusal::name).collect();
        let is_seen = |name: &&'static str| match kind {
            Kind::Refusal => refusals.contains(name),
            Kind::Cause => self.causes.contains(name),
            Kind::Verdict => self.verdicts.contains(name),
        };
        kind.all().into_iter().filter(is_seen).collect()
    }

    /// What was not and cannot be excused: nothing in [`ELSEWHERE`] says why.
    pub fn gaps(&self) -> Vec<Missing> {
        let mut gaps = self.missing();
        gaps.retain(|missing| {
            ELSEWHERE.iter().all(|row| (row.kind, row.name) != (missing.kind, missing.name))
        });
        gaps
    }

    /// What was seen although [`ELSEWHERE`] says that it cannot be.
    pub fn stale(&self) -> Vec<Missing> {
        let is_seen = |row: &&Elsewhere| self.seen(row.kind).contains(&row.name);
        ELSEWHERE.iter().filter(is_seen).map(|row| Missing { kind: row.kind, name: row.name }).collect()
    }

    /// What was not.
    pub fn missing(&self) -> Vec<Missing> {
        let of = |kind: Kind| {
            let seen = self.seen(kind);
            let missing = kind.all().into_iter().filter(move |name| !seen.contains(name));
            missing.map(move |name| Missing { kind, name })
        };
        Kind::ALL.into_iter().flat_map(of).collect()
    }
}

fn verdicts(world: &World) -> BTreeSet<&'static str> {
    let mut explainer = Explainer::new();
    let stories = world.events().iter().filter_map(|event| explainer.event(event));
    let ids = stories.flat_map(|story| {
        let spoken: Vec<&'static str> = story.verdicts.iter().map(|verdict| verdict.id()).collect();
        spoken.into_iter().chain(story.absorbed)
    });
    let mut ids: BTreeSet<_> = ids.collect();
    // A capture tells less than the ends do, and so more has to be said of it: one that is whole, and one that is not.
    let turn = world.seed() / CAPTURED;
    let flaw = Flaw::ALL[(turn % Flaw::ALL.len() as u64) as usize];
    ids.extend(capture::verdicts(world.packets(), capture::host(turn), Flaw::None));
    if flaw != Flaw::None {
        ids.extend(capture::verdicts(world.packets(), capture::host(turn + 1), flaw));
    }
    ids
}

/// Flaws take turns over so many seeds: of as many as that one is recorded.
const CAPTURED: u64 = 4;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn what_is_shown_elsewhere_is_shown_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for row in ELSEWHERE {
            assert!(row.kind.all().contains(&row.name), "nothing is called {}", row.name);
            assert!(row.why.is_complete() && !row.why.zh.is_ascii(), "{}", row.name);
            let (file, test) = row.test;
            let text = fs::read_to_string(root.join(file)).expect(file);
            assert!(text.contains(&format!("fn {test}(")), "{file} has no test {test}");
        }
    }

    #[test]
    fn what_is_missing_is_a_gap_and_what_is_seen_against_the_list_is_stale() {
        let nothing = Coverage::default();
        let all: usize = Kind::ALL.into_iter().map(|kind| kind.all().len()).sum();
        assert_eq!(nothing.gaps().len(), all - ELSEWHERE.len());
        assert_eq!(nothing.stale(), []);
        let verdicts = BTreeSet::from(["H12", "H01"]);
        let seen = Coverage { verdicts, ..Coverage::default() };
        assert_eq!(seen.stale(), [Missing { kind: Kind::Verdict, name: "H12" }]);
        assert_eq!(seen.gaps().len(), all - ELSEWHERE.len() - 1);
    }
}
