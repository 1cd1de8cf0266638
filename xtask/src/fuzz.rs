//! Fuzz targets: which there are, for how long, and by which tool.

use crate::failure::Failure;
use crate::shell::{cargo, has, run};

/// The targets of `fuzz/`, and the longest input worth trying for each, in octets.
const TARGETS: &[(&str, u32)] =
    &[("wire_segment", 256), ("stack_frames", 4_096), ("stack_pair", 1_024), ("capture", 4_096)];

/// Seconds of a short run.
const SHORT: u32 = 30;

/// What is to be fuzzed.
#[derive(PartialEq, Eq, Debug, Default)]
pub struct Request {
    /// Seconds for each target; none if nobody said: a short run, which tries the same each time.
    seconds: Option<u32>,
    /// Write the corpus anew instead.
    seed: bool,
    /// One target only.
    target: Option<String>,
}

impl Request {
    /// Reads `[--seconds N] [--seed] [TARGET]`.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] for anything else, and for a target there is not.
    pub fn parse(args: &[&str]) -> Result<Self, Failure> {
        let mut request = Self::default();
        let mut args = args.iter();
        while let Some(&arg) = args.next() {
            match arg {
                "--seed" => request.seed = true,
                "--seconds" => {
                    let seconds =
                        args.next().and_then(|text| text.parse().ok()).filter(|&seconds| seconds > 0);
                    let Some(seconds) = seconds else {
                        return Err(usage("--seconds takes a number above 0"));
                    };
                    request.seconds = Some(seconds);
                }
                name if TARGETS.iter().any(|&(target, _)| target == name) => {
                    request.target = Some(name.into())
                }
                other => return Err(usage(&format!("no fuzz target or option `{other}`"))),
            }
        }
        Ok(request)
    }

    /// Fuzzes.
    pub fn run(&self) -> Result<(), Failure> {
        if self.seed {
            return run(cargo(&[
                "run",
                "--quiet",
                "--manifest-path",
                "fuzz/Cargo.toml",
                "--example",
                "seed",
            ]));
        }
        provide_cargo_fuzz()?;
        for &(target, max_len) in TARGETS {
            if self.target.as_deref().is_none_or(|wanted| wanted == target) {
                run_target(target, max_len, self.seconds)?;
            }
        }
        Ok(())
    }
}

/// Runs one target from its corpus; what it finds interesting stays in `fuzz/found`, outside the tree.
fn run_target(target: &str, max_len: u32, seconds: Option<u32>) -> Result<(), Failure> {
    let found = format!("fuzz/found/{target}");
    let corpus = format!("fuzz/corpus/{target}");
    let failed = |error| Failure::Start { program: format!("mkdir {found}"), error };
    std::fs::create_dir_all(crate::shell::root().join(&found)).map_err(failed)?;

    // No sanitizer: the code under test forbids `unsafe`, and without one ten times as many inputs are tried.
    // Debug assertions and overflow checks are on.
    let mut fuzz =
        cargo(&["fuzz", "run", "--sanitizer", "none", "--debug-assertions", target, &found, &corpus, "--"]);
    // cargo-fuzz asks for flags that the stable compiler keeps to itself otherwise.
    fuzz.env("RUSTC_BOOTSTRAP", "1");
    // Chance is for who looks for something, and has the time; a check says the same of the same code.
    fuzz.args(seconds.is_none().then_some("-seed=1"));
    fuzz.arg(format!("-max_total_time={}", seconds.unwrap_or(SHORT))).arg(format!("-max_len={max_len}"));
    fuzz.args(["-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"]);
    run(fuzz)
}

fn provide_cargo_fuzz() -> Result<(), Failure> {
    if has("cargo-fuzz") { Ok(()) } else { run(cargo(&["install", "cargo-fuzz", "--locked"])) }
}

fn usage(what: &str) -> Failure {
    let names: Vec<_> = TARGETS.iter().map(|&(target, _)| target).collect();
    Failure::Usage(format!("{what}\nfuzz [--seconds N] [--seed] [TARGET]; targets: {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_a_target_may_come_in_any_order() {
        let request = Request::parse(&["wire_segment", "--seconds", "5"]).expect("this is a request");
        assert_eq!(request, Request { seconds: Some(5), seed: false, target: Some("wire_segment".into()) });
        assert_eq!(Request::parse(&[]).expect("so is this"), Request::default());
    }

    #[test]
    fn nonsense_is_refused() {
        for args in [&["--seconds"][..], &["--seconds", "0"], &["no_such_target"], &["--frobnicate"]] {
            assert!(Request::parse(args).is_err(), "{args:?}");
        }
    }

    #[test]
    fn every_target_is_in_the_fuzz_workspace() {
        let manifest = crate::shell::root().join("fuzz/Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).expect("the manifest can be read");
        let named = manifest.lines().filter_map(|line| line.strip_prefix("path = \"fuzz_targets/"));
        assert_eq!(named.count(), TARGETS.len(), "as many targets here as there");
        for (target, _) in TARGETS {
            assert!(manifest.contains(&format!("name = \"{target}\"")), "{target}");
        }
    }
}
