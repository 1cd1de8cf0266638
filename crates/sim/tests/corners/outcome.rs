//! How a scene ended: what has to be the same in every variant.

use std::fmt;

use cordial_sim::{HostId, Socket, TaskId, World};
use cordial_stack::{CloseCause, Phase};
use cordial_trace::Group;
use cordial_trace::event::Side;

/// How it ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    pub ends: Vec<End>,
    pub states: Vec<String>,
    pub tables: Vec<Tables>,
    pub calls: Vec<String>,
}

/// One socket.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct End {
    pub host: HostId,
    pub is_accepted: bool,
    pub opened: bool,
    pub written: u64,
    pub read: u64,
    pub has_read_end: bool,
    pub is_over: bool,
    pub cause: Option<Cause>,
}

/// A [`CloseCause`], in order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Cause(&'static str);

/// What a host's tables hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tables {
    pub host: HostId,
    pub half_open: usize,
    pub connections: usize,
    pub time_wait: usize,
    pub queued: usize,
}

impl Outcome {
    pub fn of(world: &World, tasks: &[TaskId]) -> Self {
        let mut ends: Vec<End> = (0..).map_while(|n| End::of(world, Socket(n))).collect();
        ends.sort();
        let calls = tasks.iter().map(|&task| calls(world, task)).collect();
        let tables = world.hosts().map(|host| Tables::of(world, host)).collect();
        Self { ends, states: states(world), tables, calls }
    }

    /// The lines of this one that stand not in the one that was meant, and of that one, those that do not stand here.
    pub fn differs_from(&self, meant: &Self) -> String {
        let (came, meant) = (self.to_string(), meant.to_string());
        let without = |text: &str, other: &str| -> String {
            text.lines()
                .filter(|line| !other.lines().any(|known| known == *line))
                .map(|line| format!("\n{line}"))
                .collect()
        };
        format!("came{}\nmeant{}", without(&came, &meant), without(&meant, &came))
    }

    /// The end of a host: the first it opened or accepted.
    pub fn end(&self, host: HostId) -> &End {
        self.ends.iter().find(|end| end.host == host).expect("it has a socket")
    }
}

impl End {
    fn of(world: &World, socket: Socket) -> Option<Self> {
        let info = world.socket(socket)?;
        Some(Self {
            host: info.host,
            is_accepted: info.is_accepted,
            opened: info.is_opened || info.is_accepted,
            written: info.written,
            read: info.read,
            has_read_end: info.has_read_end,
            is_over: info.ended.is_some(),
            cause: info.ended.map(|(_, cause)| Cause::from(cause)),
        })
    }

    /// True if it ended by this.
    pub fn ended_by(&self, cause: CloseCause) -> bool {
        self.cause == Some(Cause::from(cause))
    }
}

impl From<CloseCause> for Cause {
    fn from(cause: CloseCause) -> Self {
        Self(match cause {
            CloseCause::Graceful => "graceful",
            CloseCause::Refused => "refused",
            CloseCause::Reset => "reset",
            CloseCause::Unreachable => "unreachable",
            CloseCause::UnreadData => "unread data",
            CloseCause::Aborted => "aborted",
            // For want of an answer; which retry was the last is the network's doing.
            _ => "unanswered",
        })
    }
}

impl Tables {
    fn of(world: &World, host: HostId) -> Self {
        let stack = world.stack(host);
        Self {
            host,
            half_open: stack.half_open(),
            connections: stack.connections(),
            time_wait: stack.time_wait(),
            queued: world.queued(host),
        }
    }
}

/// What the calls of a program came to, without counts.
fn calls(world: &World, task: TaskId) -> String {
    let results = world.returns(task).iter().map(|returned| match returned.result {
        Ok(_) => "ok",
        Err(errno) => errno.name(),
    });
    let pending = world.pending(task).map(|_| "waits");
    results.chain(pending).collect::<Vec<_>>().join(" ")
}

/// The last state of each end of what came to be a connection; of those that are CLOSED, also the one before.
fn states(world: &World) -> Vec<String> {
    let mut all = Vec::new();
    for group in (1..=world.connections()).map(Group) {
        for side in [Side::Client, Side::Server] {
            let host = world
                .ends(group)
                .and_then(|ends| world.hosts().find(|&host| world.address(host) == ends[side.index()].ip()));
            if let Some((host, state)) = host.zip(last_state(world, group, side)) {
                all.push(format!("{} {state}", world.name(host)));
            }
        }
    }
    all.sort();
    all
}

/// None of an end that had not heard the other's acknowledgment: half-open connections are counted in tables.
fn last_state(world: &World, group: Group, side: Side) -> Option<String> {
    let mut states = vec![Phase::Closed];
    let of_group = world.events().iter().filter(|event| event.group == group);
    for state in of_group.filter_map(|event| event.ends?.of(side).after) {
        if states.last() != Some(&state) {
            states.push(state);
        }
    }
    let is_open = |state: &Phase| !matches!(state, Phase::Closed | Phase::Listen | Phase::SynReceived);
    if !states.iter().any(is_open) {
        return None;
    }
    match states[..] {
        [.., before, Phase::Closed] => Some(format!("CLOSED after {before}")),
        [.., last] => Some(last.to_string()),
        [] => None,
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for end in &self.ends {
            writeln!(f, "  {end:?}")?;
        }
        writeln!(f, "  {:?}", self.states)?;
        for tables in &self.tables {
            writeln!(f, "  {tables:?}")?;
        }
        writeln!(f, "  {:?}", self.calls)
    }
}
