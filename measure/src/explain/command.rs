//! The command itself: processor time and memory, as the kernel counts them.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::Error;

/// What is asked of it.
const WAYS: &[&[&str]] = &[&[], &["--all"], &["--json"]];

/// Explains `path` by the command at `cordial`, so many times each way, and prints the medians.
pub fn measure(cordial: &Path, path: &Path, rounds: usize) -> Result<(), Error> {
    for way in WAYS {
        let mut rounds: Vec<Usage> =
            (0..rounds).map(|_| explain(cordial, way, path)).collect::<Result<_, Error>>()?;
        rounds.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        let Some(usage) = rounds.get(rounds.len() / 2) else { continue };
        let (seconds, megabytes) = (usage.seconds, usage.kilobytes / 1_000);
        println!("    cordial explain {:<7} {seconds:6.2} s of the processor, {megabytes} MB", way.concat());
    }
    Ok(())
}

/// What one run took.
struct Usage {
    /// Of the processor, in the program and in the kernel on its behalf.
    seconds: f64,
    kilobytes: u64,
}

fn explain(cordial: &Path, way: &[&str], path: &Path) -> Result<Usage, Error> {
    let output = Command::new("/usr/bin/time")
        .args(["-f", "used %U %S %M"])
        .arg(cordial)
        .arg("explain")
        .args(way)
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let used = said.lines().last().and_then(|line| line.strip_prefix("used ")).unwrap_or_default();
    let numbers: Vec<f64> = used.split(' ').filter_map(|number| number.parse().ok()).collect();
    match numbers[..] {
        [user, system, kilobytes] if output.status.success() => {
            Ok(Usage { seconds: user + system, kilobytes: kilobytes as u64 })
        }
        _ => Err(format!("cordial explain failed: {said}").into()),
    }
}
