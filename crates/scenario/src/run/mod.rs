//! A scenario and a seed to a record, judged.

mod fault;
mod inject;
mod setup;
mod task;

use std::collections::BTreeSet;
use std::time::Duration;

use cordial_explain::{Explainer, Story};
use cordial_sim::{Action, Bound, HostId, PacketDirection, SERVER, Violation, Way, World};
use cordial_tcp::Instant;
use cordial_trace::Lang;
use cordial_trace::event::{At, Event, Side, What};
use cordial_trace::words::Phrase;

use crate::claim::{Claim, GRACE};
use crate::error::{ScenarioError, Wrong};
use crate::judge::{self, Evidence, Unmet};
use crate::scenario::{Mishap, Scenario};
use crate::text::Place;

/// Virtual time after which a run that does not end by itself is stopped.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Things that may happen in a run: some seconds of real time.
const MOST_STEPS: u64 = 1_000_000;

/// What a run left behind.
#[derive(Debug)]
pub struct Run {
    /// What its chance followed from.
    pub seed: u64,
    /// Its record, verdicts among the events.
    pub events: Vec<Event>,
    /// What it means, connection by connection.
    pub stories: Vec<Story>,
    /// Packets as the client sent and received them.
    pub packets: Vec<Packet>,
    /// What was expected and did not come.
    pub unmet: Vec<Unmet>,
    /// What oracles object to that the scenario does not allow.
    pub violations: Vec<Violation>,
    /// Calls that failed before there was a connection: when, where, which, how.
    pub(crate) refusals: Vec<(Duration, Side, &'static str, &'static str)>,
    /// What lay between the ends, for the head of a ladder.
    pub(crate) conditions: setup::Conditions,
    pub(crate) about: crate::About,
}

/// A packet at one host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packet {
    /// When.
    pub at: Duration,
    /// The host sent it; else it received it.
    pub is_out: bool,
    /// From the first octet of the IP header.
    pub octets: Vec<u8>,
}

/// A call that a program made.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Made {
    pub(crate) host: Side,
    pub(crate) name: &'static str,
    pub(crate) called: Duration,
    /// When it returned, and what: nothing, or an error's name.
    pub(crate) returned: Option<(Duration, Result<(), &'static str>)>,
}

/// What the tables of a host held at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sample {
    pub(crate) host: Side,
    pub(crate) at: Duration,
    pub(crate) half_open: u64,
    pub(crate) accept_queue: u64,
    pub(crate) time_wait: u64,
    pub(crate) connections: u64,
}

impl Run {
    /// True if everything came as expected.
    pub fn is_as_expected(&self) -> bool {
        self.unmet.is_empty() && self.violations.is_empty()
    }

    /// What did not, in sentences.
    pub fn complaints(&self, lang: Lang) -> Vec<String> {
        let unmet = self.unmet.iter().map(|unmet| unmet.text(lang));
        let violations = self.violations.iter().map(|violation| {
            let at = judge::moment(violation.time.since(Instant::ZERO));
            OBJECTION.fill(
                lang,
                &[("oracle", violation.oracle.name()), ("at", &at), ("text", &violation.text(lang))],
            )
        });
        unmet.chain(violations).collect()
    }
}

const OBJECTION: Phrase =
    Phrase::new("oracle {oracle} objects {at}: {text}", "守则 {oracle} 在 {at} 提出异议：{text}");

impl Scenario {
    /// Runs it. All chance follows from `seed`.
    ///
    /// # Errors
    ///
    /// What shows only while it runs to be impossible: a fault for a segment that is never sent, a run that does not end.
    pub fn run(&self, seed: u64) -> Result<Run, ScenarioError> {
        self.perform(seed).map_err(|wrong| wrong.within(self.text()))
    }

    fn perform(&self, seed: u64) -> Result<Run, Wrong> {
        if self.programs.is_empty() {
            let end = Place { line: self.text().lines().count().max(1), ..Place::default() };
            return Err(Wrong::new(end, NOTHING_HAPPENS));
        }
        let mut world = setup::world(self, seed);
        world.keep_record();
        world.keep_packets();
        world.set_bound(Bound { time: LONGEST, steps: MOST_STEPS });
        fault::arrange(self, &mut world);
        let tasks = task::start(self, &mut world);
        for upset in &self.upsets {
            befall(&mut world, upset.it.at, upset.it.what);
        }
        let samples = self.pass_time(&mut world)?;
        let violations = world.finish();
        fault::all_happened(self, world.events())?;
        Ok(self.conclude(&world, &tasks, &samples, violations))
    }

    /// Lets everything happen, and looks where claims want to know.
    fn pass_time(&self, world: &mut World) -> Result<Vec<Sample>, Wrong> {
        let mut samples = Vec::new();
        let mut forgeries = inject::agenda(self);
        let mut looks = self.looks();
        loop {
            let forgery = forgeries.front().map(|forgery| forgery.at);
            let look = looks.first().map(|(at, _)| *at + GRACE);
            let Some(next) = [forgery, look].into_iter().flatten().min() else { break };
            world.run_until(Instant::ZERO + next).map_err(|endless| self.endless(&endless))?;
            if look == Some(next) {
                let Some((at, is_client)) = looks.pop_first() else { break };
                let host = if is_client { Side::Client } else { Side::Server };
                samples.push(sample(world, host, at));
            } else if let Some(forgery) = forgeries.pop_front() {
                inject::forge(world, &forgery)?;
            }
        }
        match self.until {
            Some(until) => world.run_until(Instant::ZERO + until.it),
            None => world.run_out(),
        }
        .map_err(|endless| self.endless(&endless))?;
        Ok(samples)
    }

    /// When somebody wants to know about the tables of which host.
    fn looks(&self) -> BTreeSet<(Duration, bool)> {
        let wanted = self.claims.iter().filter_map(|claim| match claim.it {
            Claim::Table { host, at, .. } => Some((at, host == Side::Client)),
            _ => None,
        });
        wanted.collect()
    }

    fn endless(&self, endless: &cordial_sim::Endless) -> Wrong {
        let last = self.programs.iter().filter_map(|program| program.steps.last()).next_back();
        let place = last.map_or(Place::default(), |step| step.place);
        Wrong::new(place, ENDLESS)
            .with("why", Phrase::new("{en}", "{zh}"))
            .with("en", endless.text(Lang::En))
            .with("zh", endless.text(Lang::Zh))
    }

    fn conclude(
        &self,
        world: &World,
        tasks: &[task::Started],
        samples: &[Sample],
        violations: Vec<Violation>,
    ) -> Run {
        let (events, stories) = explained(world.events());
        let made = task::made(self, world, tasks);
        let evidence = Evidence { events: &events, stories: &stories, made: &made, samples };
        let unmet = judge::judge(self, &evidence);
        let is_allowed =
            |violation: &Violation| self.allowed.iter().any(|allowed| allowed.it == violation.oracle.name());
        let packets =
            world.packets().iter().filter(|packet| packet.host == cordial_sim::CLIENT).map(|packet| Packet {
                at: packet.time.since(Instant::ZERO),
                is_out: packet.direction == PacketDirection::Out,
                octets: packet.octets.clone(),
            });
        Run {
            seed: world.seed(),
            packets: packets.collect(),
            unmet,
            violations: violations.into_iter().filter(|violation| !is_allowed(violation)).collect(),
            refusals: made.iter().filter_map(refusal).collect(),
            conditions: setup::Conditions::of(self),
            about: self.about.clone(),
            events,
            stories,
        }
    }
}

/// The events with verdicts among them, and what they mean.
fn explained(events: &[Event]) -> (Vec<Event>, Vec<Story>) {
    let mut explainer = Explainer::new();
    let mut all = events.to_vec();
    let mut stories = Vec::new();
    let mut last = events.last().map_or(0, |event| event.id);
    for event in events {
        let Some(story) = explainer.event(event) else { continue };
        for verdict in &story.verdicts {
            last += 1;
            all.push(Event {
                id: last,
                time: event.time,
                group: story.group,
                at: At::Observer,
                cause: verdict.cause(),
                ends: None,
                what: What::Verdict(verdict.note()),
                timers: Vec::new(),
                vars: Vec::new(),
                trigger: "",
                rule: "",
            });
        }
        stories.push(story);
    }
    (all, stories)
}

/// A call that failed where no connection shows it.
fn refusal(made: &Made) -> Option<(Duration, Side, &'static str, &'static str)> {
    let (at, Err(errno)) = made.returned? else { return None };
    let is_local = ["EADDRNOTAVAIL", "EADDRINUSE", "ENOBUFS"].contains(&errno);
    is_local.then_some((at, made.host, made.name, errno))
}

fn sample(world: &World, side: Side, at: Duration) -> Sample {
    let stack = world.stack(host(side));
    Sample {
        host: side,
        at,
        half_open: stack.half_open() as u64,
        accept_queue: world.queued(host(side)) as u64,
        time_wait: stack.time_wait() as u64,
        connections: stack.connections() as u64,
    }
}

fn befall(world: &mut World, at: Duration, what: Mishap) {
    let wire = setup::WIRE;
    let actions = match what {
        Mishap::Crash(side) => vec![Action::Crash(host(side))],
        Mishap::Reboot(side) => vec![Action::Reboot(host(side))],
        Mishap::Pull([true, true]) => vec![Action::Pull(wire)],
        Mishap::Plug([true, true]) => vec![Action::Plug(wire)],
        Mishap::Heal => vec![Action::Heal],
        Mishap::Exit(side) => vec![Action::Exit(host(side))],
        Mishap::Pull(ends) => ways(ends).map(|way| Action::Cut(wire, way)).collect(),
        Mishap::Plug(ends) => ways(ends).map(|way| Action::Mend(wire, way)).collect(),
    };
    for action in actions {
        world.at(Instant::ZERO + at, action);
    }
}

/// The directions that lead to these ends.
fn ways([to_client, to_server]: [bool; 2]) -> impl Iterator<Item = Way> {
    [(to_client, Way::Back), (to_server, Way::There)].into_iter().filter_map(|(is, way)| is.then_some(way))
}

pub(crate) fn host(side: Side) -> HostId {
    match side {
        Side::Client => cordial_sim::CLIENT,
        Side::Server => SERVER,
    }
}

const NOTHING_HAPPENS: Phrase = Phrase::new(
    "nothing happens: no end calls anything. Add `server listen` and `client connect`.",
    "什么也不会发生：两端都没有调用。请加上 server listen 和 client connect。",
);
const ENDLESS: Phrase =
    Phrase::new("{why}. Say when to stop, such as: until 10min", "{why}。请写明何时停止，如 until 10min");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_in_both_languages() {
        assert!(NOTHING_HAPPENS.is_complete() && ENDLESS.is_complete() && OBJECTION.is_complete());
    }
}
