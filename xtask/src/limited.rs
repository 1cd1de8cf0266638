//! A run of cargo that may go wrong in every way: it has a limit of time and one of memory.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// Kilobytes of address space for each process.
const MEMORY: u32 = 12_000_000;

/// How a limited run ended, with what it said.
pub struct Ended {
    /// Nothing if it was ended because its time was up.
    pub code: Option<i32>,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

/// Runs `cargo ARGS` in the folder `at`, building into `build`, for at most so many seconds.
///
/// # Errors
///
/// [`Failure::Start`] if it cannot be run at all.
pub fn cargo(at: &Path, build: &Path, args: &[&str], seconds: u32) -> Result<Ended, Failure> {
    let mut command = Command::new("timeout");
    command.current_dir(at).args(["--kill-after=5", &seconds.to_string()]);
    command.args(["sh", "-c", &format!("ulimit -v {MEMORY}; exec cargo \"$@\""), "cargo"]);
    command.args(args).stdin(Stdio::null());
    command.env("CARGO_TARGET_DIR", build);
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("RUST_BACKTRACE", "0");
    let output = command.output();
    let output = output.map_err(|error| Failure::Start { program: "timeout".into(), error })?;
    Ok(Ended {
        code: output.status.code().filter(|code| !matches!(code, 124 | 137)),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
