//! Many seeds at a time.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::Range;
use std::panic;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use cordial_swarm::{Coverage, Plan, Sort};
use cordial_trace::Lang;

use super::progress::Progress;
use crate::args::Swarm;

/// What is asked for.
pub struct Hunt {
    seeds: Range<u64>,
    time: Option<Duration>,
    jobs: u16,
    keeps_going: bool,
    covers: bool,
}

/// What came of it.
#[derive(Default)]
pub struct Catch {
    /// Seeds that fail, the lowest first, and how; each kind of failure once.
    pub failures: Vec<(u64, Sort)>,
    /// How many seeds were run.
    pub ran: u64,
    /// How many of them failed.
    pub failed: u64,
    /// What was seen.
    pub coverage: Coverage,
    /// How long it took.
    pub took: Duration,
    /// How many ran at a time.
    pub jobs: u16,
}

/// What a thread tells of some seeds.
#[derive(Default)]
struct Haul {
    ran: u64,
    failures: Vec<(u64, Vec<Sort>)>,
    coverage: Coverage,
}

/// Seeds that a thread takes at a time: enough that threads seldom meet, few enough that none waits for another at the end.
const PORTION: u64 = 16;

/// Of so many seeds one has its record explained: that takes longer than the run.
const EXPLAINED: u64 = 4;

/// What the threads are called: a panic in one of them is a finding, not a message.
const NAME: &str = "cordial-swarm";

impl Hunt {
    /// As the command line says.
    pub fn of(args: &Swarm) -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let jobs = args.jobs.map_or(u16::try_from(processors).unwrap_or(1), NonZero::get);
        Self {
            seeds: args.range(),
            time: args.minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0)),
            jobs,
            keeps_going: args.keep_going,
            covers: args.coverage,
        }
    }

    /// Runs the seeds. Which fail does not depend on how many run at a time: every seed below the first that fails is run.
    pub fn run(&self, lang: Lang) -> Catch {
        silence_findings();
        let began = Instant::now();
        let shared = Shared {
            next: AtomicU64::new(self.seeds.start),
            end: AtomicU64::new(self.seeds.end),
            deadline: self.time.map(|time| began + time),
        };
        let (sender, hauls) = channel();
        let mut catch = Catch { jobs: self.jobs, ..Catch::default() };
        let mut sorts: BTreeMap<Sort, u64> = BTreeMap::new();
        thread::scope(|scope| {
            for _ in 0..self.jobs {
                let (sender, shared) = (sender.clone(), &shared);
                let body = move || self.work(shared, &sender);
                // Fewer threads than asked for are slower, and find the same.
                let spawned = thread::Builder::new().name(NAME.to_owned()).spawn_scoped(scope, body);
                if spawned.is_err() {
                    break;
                }
            }
            drop(sender);
            let mut progress = Progress::new(self.seeds.clone(), self.time, lang);
            for haul in hauls {
                catch.ran += haul.ran;
                catch.coverage.add(&haul.coverage);
                for (seed, found) in haul.failures {
                    catch.failed += 1;
                    for sort in found {
                        let first = sorts.entry(sort).or_insert(seed);
                        *first = seed.min(*first);
                    }
                }
                progress.at(catch.ran, catch.failed);
            }
        });
        let lowest = sorts.values().copied().min();
        let mut failures: Vec<(u64, Sort)> = sorts.into_iter().map(|(sort, seed)| (seed, sort)).collect();
        failures.retain(|(seed, _)| self.keeps_going || Some(*seed) == lowest);
        failures.sort();
        // A seed that fails in several ways is told by the first of them.
        failures.dedup_by_key(|(seed, _)| *seed);
        catch.failures = failures;
        catch.took = began.elapsed();
        catch
    }

    fn work(&self, shared: &Shared, to: &Sender<Haul>) {
        while !shared.is_late() {
            let first = shared.next.fetch_add(PORTION, Ordering::Relaxed);
            // A counter that has gone round has no seeds left.
            let Some(last) = first.checked_add(PORTION).filter(|_| first < shared.end()) else { return };
            let mut haul = Haul::default();
            for seed in first..last {
                if seed >= shared.end() || shared.is_late() {
                    break;
                }
                self.look_at(seed, shared, &mut haul);
            }
            if to.send(haul).is_err() {
                return;
            }
        }
    }

    fn look_at(&self, seed: u64, shared: &Shared, haul: &mut Haul) {
        let plan = Plan::draw(seed);
        let run = if self.covers && seed.is_multiple_of(EXPLAINED) { plan.record().0 } else { plan.run() };
        haul.ran += 1;
        haul.coverage.add(&run.coverage);
        if run.objections.is_empty() {
            return;
        }
        if !self.keeps_going {
            shared.end.fetch_min(seed, Ordering::Relaxed);
        }
        haul.failures.push((seed, run.objections.iter().map(cordial_swarm::Objection::sort).collect()));
    }
}

/// What the threads share.
struct Shared {
    next: AtomicU64,
    /// Seeds from here on are not run any more.
    end: AtomicU64,
    deadline: Option<Instant>,
}

impl Shared {
    fn end(&self) -> u64 {
        self.end.load(Ordering::Relaxed)
    }

    fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// A panic of the engine is told with its scenario. What else panics says so as ever.
fn silence_findings() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().name() != Some(NAME) {
            usual(info);
        }
    }));
}
