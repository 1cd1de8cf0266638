//! A row of steps, each with a heading and its time.

use std::time::{Duration, Instant};

use crate::failure::Failure;

/// Steps done so far, and how long each took.
pub struct Steps {
    began: Instant,
    done: Vec<(&'static str, Duration)>,
}

impl Steps {
    /// Starts the clock.
    pub fn begin() -> Self {
        Self { began: Instant::now(), done: Vec::new() }
    }

    /// Does one step; its name is the chore that repeats it alone.
    ///
    /// # Errors
    ///
    /// [`Failure::Step`] if it fails, after the times of all steps were printed.
    pub fn step(
        &mut self,
        name: &'static str,
        what: impl FnOnce() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        eprintln!("\n== {name} {}", "=".repeat(70_usize.saturating_sub(name.len())));
        let began = Instant::now();
        let result = what();
        let took = began.elapsed();
        eprintln!("== {name}: {} in {}", if result.is_ok() { "done" } else { "FAILED" }, clock(took));
        self.done.push((name, took));
        result.map_err(|why| {
            self.summary();
            Failure::Step { name, why: Box::new(why) }
        })
    }

    /// Prints the times of all steps.
    pub fn finish(self) {
        self.summary();
        eprintln!("all steps done");
    }

    fn summary(&self) {
        eprintln!();
        for (name, took) in &self.done {
            eprintln!("{name:>11}  {:>7}", clock(*took));
        }
        eprintln!("{:>11}  {:>7}", "together", clock(self.began.elapsed()));
    }
}

/// Minutes and seconds: `1:05`; below a minute with tenths: `7.3 s`.
fn clock(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        seconds => format!("{}:{:02}", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_a_clock() {
        assert_eq!(clock(Duration::from_millis(7_300)), "7.3 s");
        assert_eq!(clock(Duration::from_secs(65)), "1:05");
        assert_eq!(clock(Duration::from_secs(3_600)), "60:00");
    }

    #[test]
    fn a_failed_step_names_the_chore_that_repeats_it() {
        let mut steps = Steps::begin();
        steps.step("docs", || Ok(())).expect("this step succeeds");
        let failure = steps.step("test", || Err(Failure::Missing("x".into()))).expect_err("this one fails");
        assert!(failure.to_string().ends_with("cargo xtask test"), "{failure}");
        assert_eq!(steps.done.len(), 2);
    }
}
