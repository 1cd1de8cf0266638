//! The path between the program and the stack, where the command line asks for one.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use cordial::{Direction, Instant};
use cordial_device::{Path, PathConfig};
use cordial_fault::{Cause, Faults, Hit, Incident, MOST_RULES, Rule, Teller};
use cordial_gateway::Wire;
use cordial_stack::Tuple;
use cordial_trace::event::{FAULT, Fate, RATE};
use cordial_trace::{Lang, OnPath, Recorder};
use tokio::sync::watch;

use super::{Failure, words};
use crate::args::FaultArgs;

/// What a program leaves under way may pause for this long under faults: long enough for what was lost to be sent again
/// once or twice.
const PAUSE: Duration = Duration::from_millis(1_500);

/// Seeds that are drawn are short enough to be typed.
const SEEDS: u64 = 1_000_000;

/// What the command line asks for.
#[derive(Debug, Clone)]
pub struct Plan {
    rules: Vec<Rule>,
    path: PathConfig,
    seed: u64,
}

impl Plan {
    /// The plan, if packets are not to go their way as always.
    ///
    /// # Errors
    ///
    /// If there are more rules than are followed.
    pub fn of(args: &FaultArgs, lang: Lang) -> Result<Option<Self>, Failure> {
        if args.faults.len() > MOST_RULES {
            let most = MOST_RULES.to_string();
            return Err(Failure::of_usage(words::TOO_MANY_FAULTS.fill(lang, &[("n", &most)])));
        }
        if args.is_empty() {
            return Ok(None);
        }
        let path = PathConfig { delay: args.delay.unwrap_or_default(), rate: args.rate };
        let seed = args.seed.unwrap_or_else(|| RandomState::new().build_hasher().finish() % SEEDS);
        Ok(Some(Self { rules: args.faults.clone(), path, seed }))
    }

    /// What chance is drawn from, if it is.
    pub fn seed(&self) -> Option<u64> {
        self.rules.iter().any(Rule::is_by_chance).then_some(self.seed)
    }

    /// How long what is left under way may pause.
    pub fn pause(&self) -> Duration {
        PAUSE + 4 * self.path.delay
    }

    /// Puts the path in front of the program's device; what befalls segments is told to `recorder`.
    pub fn apply(&self, wire: Wire, recorder: Option<Recorder>) -> (Path<Wire, Faults<Witness>>, Goodbyes) {
        let (leaving, goodbyes) = watch::channel(0);
        // Names live as long as the record, and that as long as the process.
        let names = self.rules.iter().map(|rule| &*String::leak(rule.name().to_string())).collect();
        let witness = Witness { recorder, names, leaving };
        let faults = Faults::new(self.rules.clone(), self.seed, witness);
        (Path::new(wire, self.path, faults), Goodbyes(goodbyes))
    }
}

/// Connections whose goodbye is said but not complete.
#[derive(Debug)]
pub struct Goodbyes(watch::Receiver<usize>);

impl Goodbyes {
    /// Waits until there are none, or `most` has passed.
    pub async fn complete(&mut self, most: Duration) {
        // A path that is gone completes nothing.
        let _ = tokio::time::timeout(most, self.0.wait_for(|leaving| *leaving == 0)).await;
    }
}

/// Sees what befalls segments, and has it recorded.
#[derive(Debug)]
pub struct Witness {
    recorder: Option<Recorder>,
    /// What the rules are called.
    names: Vec<&'static str>,
    leaving: watch::Sender<usize>,
}

impl Witness {
    fn fate(&self, hit: &Hit) -> (Fate, &'static str) {
        let name = match hit.cause {
            Cause::Rule(place) => self.names.get(place).copied().unwrap_or_default(),
            Cause::FullQueue => "queue_full",
        };
        (hit.fate, name)
    }
}

impl Teller for Witness {
    fn befell(&mut self, incident: &Incident<'_>) {
        let fates: Vec<(Fate, &str)> = incident.hits.iter().map(|hit| self.fate(hit)).collect();
        let Some(recorder) = &mut self.recorder else { return };
        let is_ours = incident.direction == Direction::Out;
        let (local, peer) = match is_ours {
            true => (incident.source, incident.destination),
            false => (incident.destination, incident.source),
        };
        let is_queue = incident.hits.iter().all(|hit| hit.cause == Cause::FullQueue);
        let rule = if is_queue { RATE } else { FAULT };
        let now = Instant::ZERO + incident.now;
        let tuple = Tuple { local, peer };
        recorder.on_path(now, &OnPath { tuple, is_ours, segment: incident.segment, fates: &fates, rule });
    }

    fn leaving(&mut self, connections: usize) {
        self.leaving.send_replace(connections);
    }
}
