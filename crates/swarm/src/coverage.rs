//! What runs have seen of all that the engine can refuse, end with, and be told to have done.

use std::collections::BTreeSet;

use cordial_explain::Explainer;
use cordial_sim::{Seen, Socket, World};
use cordial_stack::CloseCause;
use cordial_tcp::Refusal;

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
    ids.collect()
}
