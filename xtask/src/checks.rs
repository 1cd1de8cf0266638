//! The checks that are a call of cargo each.

use crate::failure::Failure;
use crate::shell::{cargo, command, run, target_dir};

/// Tests that need other programs live in a module of this name, in a test target called `interop`.
const WITH_PEERS: &str = "with_peers::";

/// What is off unless asked for, and checked like all else.
const FEATURES: &str = "--features=cordial/prometheus";

/// Every file is formatted, those of the fuzz workspace too.
pub fn format() -> Result<(), Failure> {
    run(cargo(&["fmt", "--all", "--check"]))?;
    run(cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))
}

/// No lint in any target, those of the fuzz workspace included, so that one which no longer compiles shows here.
pub fn clippy() -> Result<(), Failure> {
    run(cargo(&["clippy", "--workspace", FEATURES, "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    let mut fuzz = cargo(&["clippy", "--manifest-path", "fuzz/Cargo.toml", "--all-targets", "--locked"]);
    fuzz.arg("--target-dir").arg(target_dir()).args(["--", "-D", "warnings"]);
    run(fuzz)
}

/// The documentation builds without a warning.
pub fn docs() -> Result<(), Failure> {
    let mut doc = cargo(&["doc", "--workspace", FEATURES, "--no-deps", "--locked"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    run(doc)
}

/// All tests that need no other program. One that fails does not hide the others.
pub fn test() -> Result<(), Failure> {
    run(cargo(&["test", "--workspace", FEATURES, "--locked", "--no-fail-fast", "--", "--skip", WITH_PEERS]))
}

/// The tests against real programs, optimized: they move hundreds of megabytes.
pub fn interop(filter: &[&str]) -> Result<(), Failure> {
    let mut test =
        cargo(&["test", "--workspace", "--locked", "--release", "--no-fail-fast", "--test", "interop", "--"]);
    test.args(filter);
    run(test)
}

/// All rules of TCP in force, every state within the bounds; without arguments, what takes less than a minute.
pub fn check(rest: &[&str]) -> Result<(), Failure> {
    let mut check =
        cargo(&["run", "--release", "--locked", "--package", "cordial-check", "--example", "exhaust", "--"]);
    check.args(rest);
    run(check)
}

/// Linux beside us: the same calls and segments for both, each difference in a class that is known.
pub fn beside(rest: &[&str]) -> Result<(), Failure> {
    let mut beside = cargo(&["run", "--release", "--locked", "--package", "cordial-beside", "--"]);
    beside.args(rest);
    run(beside)
}

/// Measurements; without a name, those that need no other program.
pub fn measure(names: &[&str]) -> Result<(), Failure> {
    let mut measure = cargo(&["run", "--release", "--locked", "--package", "cordial-measure", "--"]);
    measure.args(names);
    run(measure)
}

/// Load of every kind for as long as asked.
pub fn soak(rest: &[&str]) -> Result<(), Failure> {
    // One at a time: built together, each would get the features that the other asks of a library, and the command's
    // whole tree would be compiled once more for them.
    for package in ["cordial-cli", "cordial-soak"] {
        run(cargo(&["build", "--release", "--locked", "--package", package]))?;
    }
    let mut soak = command(&target_dir().join("release/cordial-soak").to_string_lossy());
    soak.args(rest);
    run(soak)
}

/// Scripts, as `cordial drill` runs them: every one has to pass, and nothing may be left over or left out.
pub fn drill(rest: &[&str]) -> Result<(), Failure> {
    run(cargo(&["build", "--release", "--locked", "--package", "cordial-cli"]))?;
    let mut drill = command(&target_dir().join("release/cordial").to_string_lossy());
    drill.args(["drill", "--strict", "--strict-end"]).args(if rest.is_empty() { &["drill"] } else { rest });
    run(drill)
}

/// Corner cases with all variants, how many of each; `writes` draws their page.
pub fn corners(writes: bool) -> Result<(), Failure> {
    let mut test = cargo(&["test", "--quiet", "--locked", "--package", "cordial-sim", "--test", "corners"]);
    if writes {
        test.env("WRITE_CORNER_CASES", "1");
    }
    test.args(["--", "--nocapture"]);
    run(test)
}

/// Random scenarios, as `cordial swarm` runs them; the smallest that fails is kept where cargo builds.
pub fn swarm(rest: &[&str]) -> Result<(), Failure> {
    run(cargo(&["build", "--release", "--locked", "--package", "cordial-cli"]))?;
    let mut swarm = command(&target_dir().join("release/cordial").to_string_lossy());
    swarm.arg("swarm").arg("--keep").arg(target_dir().join("swarm")).args(rest);
    run(swarm)
}
