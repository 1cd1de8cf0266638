//! What runs outside: servers, clients of the published port, and the watch over the process under test.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use fastrand::Rng;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, interval, sleep, timeout};

use crate::kinds;
use crate::tally::{Counts, Tally};
use crate::watch::Look;
use crate::{Error, INSIDE_PORT, Load, Ports, servers};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(10);
/// The program is set up by then, and makes no connection yet.
const SET_UP: Duration = Duration::from_secs(5);
/// Before the first connection into the program.
const START: Duration = Duration::from_secs(9);
/// Connections into the program, per second.
const INWARD: u32 = 5;
/// How much more memory than after a tenth of the time is no leak: what allocators keep varies.
const SLACK_KIB: u64 = 32 * 1024;

/// The whole soak.
pub async fn run(load: Load) -> Result<(), Error> {
    let tally = Tally::default();
    let ports = servers::start(&tally).await?;
    let published = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let child = start(load, ports, published)?;
    let pid = child.id().ok_or("it has ended already")?;
    let inward = tokio::spawn(call_in(load, published, tally.clone()));
    let looks = tokio::spawn(watch(pid, load));

    let ended = timeout(load.at_most(), end(child)).await;
    inward.abort();
    let Run { status, stdout, stderr } =
        ended.map_err(|_| format!("no end after {:?}", load.at_most()))??;
    let looks = looks.await??;
    let inside: Counts =
        serde_json::from_str(stdout.trim()).map_err(|error| format!("{error}: {stdout}\n{stderr}"))?;
    println!("inside: {inside}\noutside: {}\n{}", tally.counts(), complaints(&stderr));
    judge(&status, &inside, &tally.counts(), &looks, &stderr)
}

/// How the run ended, and all that it said.
struct Run {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

fn start(load: Load, ports: Ports, published: u16) -> Result<Child, Error> {
    let me = std::env::current_exe()?;
    let Ports { echo, source, sink, rude, closed } = ports;
    let flags = [("echo", echo), ("source", source), ("sink", sink), ("rude", rude), ("closed", closed)];
    let mut run = Command::new(cordial()?);
    run.args([
        "run",
        "--stats",
        "--ladder=none",
        "-p",
        &format!("127.0.0.1:{published}:{INSIDE_PORT}"),
        "--",
    ]);
    run.arg(me).arg("inside").args(flags.map(|(name, port)| format!("--{name}={port}")));
    let Load { minutes, rate, rest, seed } = load;
    run.args([format!("--minutes={minutes}"), format!("--rate={rate}"), format!("--rest={rest}")]);
    run.arg(format!("--seed={seed}"));
    let run = run.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    Ok(run.spawn()?)
}

/// The command under test: where `CORDIAL` says, else beside this program.
fn cordial() -> Result<PathBuf, Error> {
    let beside = std::env::current_exe()?.with_file_name("cordial");
    Ok(std::env::var_os("CORDIAL").map_or(beside, PathBuf::from))
}

/// Waits for its end. Both pipes are read all the while: its statistics are more than one of them holds.
async fn end(child: Child) -> Result<Run, Error> {
    let Output { status, stdout, stderr } = child.wait_with_output().await?;
    Ok(Run { status, stdout: String::from_utf8(stdout)?, stderr: String::from_utf8(stderr)? })
}

/// Calls into the program, again and again.
async fn call_in(load: Load, port: u16, tally: Tally) {
    let mut rng = Rng::with_seed(!load.seed);
    // Before the load inside ends.
    let end = Instant::now() + SET_UP + Duration::from_secs_f64(load.minutes * 60.0);
    // The program needs a moment to listen, and is looked at before there is load.
    sleep(START).await;
    let mut pace = interval(Duration::from_secs(1) / INWARD);
    while Instant::now() < end {
        pace.tick().await;
        let (tally, seed, count) = (tally.clone(), rng.u64(..), rng.u64(1..100_000));
        tokio::spawn(async move {
            let outcome = match TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
                Ok(stream) => kinds::echo(stream, seed, count).await,
                Err(error) => Err(format!("connecting: {error}")),
            };
            tally.note("inward", outcome);
        });
    }
}

/// Looks until the process has gone.
async fn watch(pid: u32, load: Load) -> Result<Vec<Look>, Error> {
    sleep(SET_UP).await;
    let (begun, mut looks) = (Instant::now(), Vec::new());
    let mut pace = interval(if load.minutes < 2.0 { Duration::from_secs(1) } else { EVERY });
    loop {
        pace.tick().await;
        let Ok(look) = Look::at(pid) else { return Ok(looks) };
        looks.push(look);
        if looks.len() % 6 == 1 {
            let Look { rss_kib, descriptors, threads } = look;
            let seconds = begun.elapsed().as_secs();
            println!("{seconds:>5} s: {rss_kib:>7} KiB, {descriptors:>5} descriptors, {threads} threads");
        }
    }
}

/// What it said beside its statistics, whose lines are indented.
fn complaints(stderr: &str) -> String {
    stderr.lines().filter(|line| !line.starts_with("  ")).collect::<Vec<_>>().join("\n")
}

/// What must hold.
fn judge(
    status: &ExitStatus,
    inside: &Counts,
    outside: &Counts,
    looks: &[Look],
    stats: &str,
) -> Result<(), Error> {
    let mut faults = Vec::new();
    if !status.success() {
        faults.push(format!("it ended with {status}"));
    }
    if inside.wrong() + outside.wrong() > 0 {
        faults.push(format!("{} things went wrong", inside.wrong() + outside.wrong()));
    }
    // Tables with nothing in them are not told, so something else has to show that there was a report.
    if !stats.lines().any(|line| line.trim().starts_with("TcpActiveOpens")) {
        faults.push("it does not say what it counted".to_owned());
    }
    for table in ["connections", "syn_cache", "time_wait", "orphans"] {
        let left = stats.lines().find_map(|line| line.trim().strip_prefix(table)?.trim().split_once(" / "));
        if let Some((left, _)) = left {
            faults.push(format!("{left} entries left in {table}"));
        }
    }
    let (Some(first), Some(last)) = (looks.first(), looks.last()) else {
        return Err("it was never looked at".into());
    };
    let early = looks.get(looks.len() / 10).unwrap_or(first);
    if last.rss_kib > early.rss_kib + SLACK_KIB {
        faults.push(format!("memory grew from {} to {} KiB", early.rss_kib, last.rss_kib));
    }
    if last.descriptors > first.descriptors {
        faults.push(format!("descriptors: {} at first, {} at last", first.descriptors, last.descriptors));
    }
    match faults.is_empty() {
        true => {
            println!("clean: {} connections, {} wrong, tables empty", inside.done() + outside.done(), 0);
            Ok(())
        }
        false => Err(faults.join("; ").into()),
    }
}
