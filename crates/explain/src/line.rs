//! One connection at a glance: everything that its line in a list says.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use cordial_tcp::{Instant, Phase};
use cordial_trace::event::{At, Basis, Event, Fate, Group, Process, Segment, Side, What};

use crate::story::Story;
use crate::verdict::{Level, Verdict};

/// What is known of one connection, kept up to date event by event. Its size does not grow with the connection.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number.
    pub group: Group,
    /// The end that called.
    pub client: SocketAddr,
    /// The end that was called.
    pub server: SocketAddr,
    /// The program at one end, and which end that is.
    pub process: Option<(Side, Process)>,
    /// What the ends are called, the client's and the server's.
    pub names: [Option<String>; 2],
    /// The states of both ends; none is not known.
    pub states: [Option<Phase>; 2],
    /// When it began.
    pub began: Instant,
    /// When something last happened.
    pub last: Instant,
    /// Octets of data that each end sent, those sent again not counted.
    pub octets: [u64; 2],
    /// Segments sent again, by both ends.
    pub resends: u64,
    /// Its story, once that can be told.
    pub story: Option<Story>,
    is_closed: bool,
    /// The end that only follows from what passed, while the other is seen into.
    inferred: Option<Side>,
}

impl Line {
    /// The line of the connection that `event` begins; none if it begins none.
    pub fn of(event: &Event) -> Option<Self> {
        let What::Started { client, server, .. } = event.what else { return None };
        Some(Self {
            group: event.group,
            client,
            server,
            process: None,
            names: [None, None],
            states: [None; 2],
            began: event.time,
            last: event.time,
            octets: [0; 2],
            resends: 0,
            story: None,
            is_closed: false,
            inferred: None,
        })
    }

    /// Takes an event of its connection.
    pub fn event(&mut self, event: &Event) {
        if let Some(ends) = &event.ends {
            self.states = [ends.client.after, ends.server.after];
            self.inferred = match (ends.client.basis, ends.server.basis) {
                (Basis::Inferred, Basis::Engine) => Some(Side::Client),
                (Basis::Engine, Basis::Inferred) => Some(Side::Server),
                _ => None,
            };
            if !matches!(event.what, What::Closed { .. }) {
                self.last = event.time;
            }
        }
        match (&event.what, event.at) {
            (What::Segment { fate, segment }, At::End(at)) => self.segment(*fate, segment, at),
            (What::Process(process), At::End(side)) => self.process = Some((side, process.clone())),
            (What::Named(name), At::End(side)) => self.names[side.index()] = Some(name.clone()),
            (What::Closed { cause }, _) => self.is_closed = cause.is_some(),
            _ => {}
        }
    }

    /// Calls the ends what `names` call their addresses, where nothing better is known.
    pub fn name_ends(&mut self, names: &BTreeMap<IpAddr, String>) {
        for (name, address) in self.names.iter_mut().zip([self.client.ip(), self.server.ip()]) {
            if name.is_none() {
                *name = names.get(&address).cloned();
            }
        }
    }

    /// Its story is complete.
    pub fn told(&mut self, story: Story) {
        self.story = Some(story);
    }

    fn segment(&mut self, fate: Fate, segment: &Segment, at: Side) {
        let from = segment.id.sender;
        // It is counted where it is sent, or where it arrives from an end that tells nothing.
        let is_new = fate == Fate::Sent && at == from || fate != Fate::Sent && self.inferred == Some(from);
        match (is_new, segment.again, fate) {
            (false, ..) | (_, _, Fate::Lost) => {}
            (_, true, _) => self.resends += 1,
            (_, false, Fate::Dropped(_)) => {}
            (_, false, _) => self.octets[from.index()] += u64::from(segment.payload_len),
        }
    }

    /// The end where the program is that is watched: the one that is known, else the one that is not seen into, else
    /// the client.
    pub fn own_side(&self) -> Side {
        let known = self.process.as_ref().map(|(side, _)| *side);
        known.or(self.inferred).unwrap_or(Side::Client)
    }

    /// The other end's address.
    pub fn peer(&self) -> SocketAddr {
        match self.own_side() {
            Side::Client => self.server,
            Side::Server => self.client,
        }
    }

    /// What the other end is called.
    pub fn peer_name(&self) -> Option<&str> {
        self.names[self.own_side().other().index()].as_deref()
    }

    /// Both addresses.
    pub(crate) fn addresses(&self) -> [IpAddr; 2] {
        [self.client.ip(), self.server.ip()]
    }

    /// True if both ends have said goodbye, or one has given up.
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// The verdicts, the one that leads first; none before its story is told.
    pub fn verdicts(&self) -> &[Verdict] {
        self.story.as_ref().map_or(&[], |story| &story.verdicts)
    }

    /// How bad it is; none before its story is told.
    pub fn level(&self) -> Option<Level> {
        self.story.as_ref().map(Story::level)
    }

    /// Time lost.
    pub fn cost(&self) -> Duration {
        // One that sums others up has their cost as well.
        let causes = self.verdicts().iter().filter(|verdict| verdict.id() != "S02");
        causes.map(Verdict::cost).sum()
    }

    /// Where it was left, if it is not over.
    pub(crate) fn standing(&self) -> Standing {
        match self.states {
            _ if self.is_closed => Standing::Closed,
            [Some(Phase::SynSent), _] => Standing::Unanswered,
            [_, Some(Phase::SynReceived)] => Standing::HalfOpen,
            _ => Standing::Open,
        }
    }

    /// How long it took, or has taken at `now` while it is not closed.
    pub fn age(&self, now: Instant) -> Duration {
        if self.is_closed { self.last.since(self.began) } else { now.since(self.began) }
    }
}

/// How far a connection is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// Its client has called, and nobody has answered yet.
    Unanswered,
    /// It was answered; the third segment has not come.
    HalfOpen,
    Open,
    Closed,
}
