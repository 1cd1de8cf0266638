//! What runs inside: clients at a steady rate, and victims.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use tokio::process::Command;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::kinds::Kind;
use crate::tally::Tally;
use crate::{Error, INSIDE_PORT, Load, Ports, servers};

/// At once; what is over waits.
const AT_ONCE: usize = 6_000;
/// Connections of a victim.
const OF_A_VICTIM: usize = 10;
/// Before the first connection: what the process under test holds without any is looked at.
const START: Duration = Duration::from_secs(8);

/// Makes connections for as long as asked, waits until all have ended and TIME-WAIT is over, and prints the counts.
pub async fn run(load: Load, ports: Ports) -> Result<(), Error> {
    servers::start_inside(INSIDE_PORT).await?;
    sleep(START).await;
    let (tally, room) = (Tally::default(), Arc::new(Semaphore::new(AT_ONCE)));
    let (mut rng, mut tasks) = (Rng::with_seed(load.seed), JoinSet::new());
    let end = Instant::now() + Duration::from_secs_f64(load.minutes * 60.0);
    let mut pace = interval(Duration::from_secs(1) / load.rate.max(1));
    pace.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut next_victim = Instant::now();
    while Instant::now() < end {
        pace.tick().await;
        let permit = Arc::clone(&room).acquire_owned().await?;
        let (kind, chance, notes) = (Kind::draw(&mut rng), rng.fork(), tally.clone());
        tasks.spawn(async move {
            notes.note(&kind.name(), kind.perform(ports, chance).await);
            drop(permit);
        });
        if Instant::now() >= next_victim {
            next_victim = Instant::now() + Duration::from_millis(rng.u64(200..2_000));
            let (notes, seed, life) = (tally.clone(), rng.u64(..), Duration::from_millis(rng.u64(5..500)));
            tasks.spawn(async move { notes.note("victim", kill_one(seed, life, ports).await) });
        }
        // What has ended is not kept.
        while tasks.try_join_next().is_some() {}
    }
    while tasks.join_next().await.is_some() {}
    println!("{}", serde_json::to_string(&tally.counts())?);
    sleep(Duration::from_secs(load.rest)).await;
    Ok(())
}

/// Starts a program with connections under way, and kills it.
async fn kill_one(seed: u64, life: Duration, ports: Ports) -> Result<(), String> {
    let me = std::env::current_exe().map_err(|error| error.to_string())?;
    let Ports { echo, source, sink, rude, closed } = ports;
    let flags = [("echo", echo), ("source", source), ("sink", sink), ("rude", rude), ("closed", closed)];
    let mut victim = Command::new(me);
    victim.arg("victim").arg(format!("--seed={seed}")).stdin(Stdio::null()).stderr(Stdio::null());
    victim.args(flags.map(|(name, port)| format!("--{name}={port}")));
    let mut victim = victim.spawn().map_err(|error| format!("starting: {error}"))?;
    sleep(life).await;
    victim.kill().await.map_err(|error| format!("killing: {error}"))
}

/// Lives on connections until it is killed.
pub async fn victim(seed: u64, ports: Ports) -> Result<(), Error> {
    let mut rng = Rng::with_seed(seed);
    let mut tasks = JoinSet::new();
    loop {
        while tasks.len() < OF_A_VICTIM {
            let (kind, chance) = (Kind::draw(&mut rng), rng.fork());
            tasks.spawn(async move { kind.perform(ports, chance).await });
        }
        tasks.join_next().await;
    }
}
