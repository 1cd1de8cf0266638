//! Running what rows name: one call of cargo for each target, and one for all scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::shown::{Shown, Target, Test};
use crate::failure::Failure;
use crate::limited::{self, Ended};

/// Seconds that building a target may take.
const BUILD: u32 = 1_800;

/// A tree, where it is built, and how long one target's tests may run.
pub struct Bench {
    pub tree: PathBuf,
    pub build: PathBuf,
    /// Seconds.
    pub patience: u32,
}

/// What became of a test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Became {
    Passed,
    /// It failed, or was not done in time: what it said.
    Failed(String),
    /// It was not among those that ran.
    DidNotRun(String),
}

/// What became of all that was asked for, or what the compiler said.
pub type Result<T> = std::result::Result<T, Failure>;
/// What the compiler said.
pub type Refused = String;

impl Bench {
    /// Runs them all, building what they need first.
    ///
    /// # Errors
    ///
    /// [`Failure`] if cargo cannot be started; the inner error if something does not build.
    pub fn run(
        &self,
        all: &BTreeSet<Shown>,
    ) -> Result<std::result::Result<BTreeMap<Shown, Became>, Refused>> {
        let mut became = BTreeMap::new();
        for (target, tests) in by_target(all) {
            if let Err(refused) = self.build(&target.arguments())? {
                return Ok(Err(refused));
            }
            became.extend(self.tests(target, &tests)?);
        }
        let scripts: Vec<&str> = all.iter().filter_map(Shown::as_script).collect();
        if !scripts.is_empty() {
            if let Err(refused) = self.build(&["build", "-p", "cordial-drill", "--example", "scripts"])? {
                return Ok(Err(refused));
            }
            became.extend(self.scripts(&scripts)?);
        }
        Ok(Ok(became))
    }

    fn build(&self, arguments: &[&str]) -> Result<std::result::Result<(), Refused>> {
        let mut arguments = arguments.to_vec();
        arguments.push("--quiet");
        if arguments[0] == "test" {
            arguments.push("--no-run");
        }
        let ended = limited::cargo(&self.tree, &self.build, &arguments, BUILD)?;
        Ok(match ended.code {
            Some(0) => Ok(()),
            _ => Err(compiler_said(&ended.err)),
        })
    }

    fn tests(&self, target: &Target, tests: &[&Test]) -> Result<BTreeMap<Shown, Became>> {
        let mut arguments = target.arguments();
        arguments.push("--");
        arguments.extend(tests.iter().map(|test| test.name.as_str()));
        let ended = limited::cargo(&self.tree, &self.build, &arguments, self.patience)?;
        let judged = |test: &&Test| (Shown::Test((*test).clone()), self.judged(test, &ended));
        Ok(tests.iter().map(judged).collect())
    }

    fn judged(&self, test: &Test, ended: &Ended) -> Became {
        let said = ended.out.lines().filter_map(outcome).find(|(full, _)| test.is_called(full));
        match (said, ended.code) {
            (Some((_, "ok")), _) => Became::Passed,
            (Some((full, "FAILED")), _) => Became::Failed(panicked(&ended.out, full)),
            (Some((full, what)), _) => Became::DidNotRun(format!("{full}: {what}")),
            (None, None) => Became::Failed(format!("not done after {} s", self.patience)),
            (None, Some(0)) => Became::DidNotRun(format!("`cargo test {}` has no such test", test.target)),
            (None, Some(_)) => Became::Failed(aborted(&ended.err)),
        }
    }

    fn scripts(&self, scripts: &[&str]) -> Result<BTreeMap<Shown, Became>> {
        let mut arguments = vec!["run", "--quiet", "-p", "cordial-drill", "--example", "scripts", "--"];
        arguments.extend(scripts);
        let ended = limited::cargo(&self.tree, &self.build, &arguments, self.patience)?;
        let judged = |script: &&str| {
            let passed = ended.out.lines().any(|line| line.strip_prefix("pass ") == Some(*script));
            let begins = format!("fail {script}: ");
            let failed = ended.out.lines().find_map(|line| line.strip_prefix(&begins));
            let became = match (passed, failed) {
                (true, _) => Became::Passed,
                (_, Some(why)) => Became::Failed(why.to_owned()),
                _ if ended.code.is_none() => Became::Failed(format!("not done after {} s", self.patience)),
                _ => Became::Failed(aborted(&ended.err)),
            };
            (Shown::Script((*script).to_owned()), became)
        };
        Ok(scripts.iter().map(judged).collect())
    }
}

impl Shown {
    fn as_script(&self) -> Option<&str> {
        match self {
            Self::Script(path) => Some(path),
            Self::Test(_) => None,
        }
    }
}

impl Target {
    fn arguments(&self) -> Vec<&str> {
        let mut arguments = vec!["test", "-p", &self.package];
        arguments.extend(self.flags.iter().map(String::as_str));
        arguments
    }
}

fn by_target(all: &BTreeSet<Shown>) -> BTreeMap<&Target, Vec<&Test>> {
    let mut targets = BTreeMap::<_, Vec<_>>::new();
    for shown in all {
        if let Shown::Test(test) = shown {
            targets.entry(&test.target).or_default().push(test);
        }
    }
    targets
}

/// `test a::b - should panic ... ok`: the test's full name, and what became of it.
fn outcome(line: &str) -> Option<(&str, &str)> {
    let (name, what) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    Some((name.split(" - ").next().unwrap_or(name), what.split(',').next().unwrap_or(what)))
}

/// The first words of a test that failed.
fn panicked(out: &str, full: &str) -> String {
    let heading = format!("---- {full} stdout ----");
    let mut said = out.lines().skip_while(|line| *line != heading).skip(1).map(str::trim);
    let words = |line: &&str| !line.is_empty() && !line.starts_with("thread '");
    said.find(words).unwrap_or("failed").to_owned()
}

/// The last words of a program that was gone before it told what became of its tests.
fn aborted(err: &str) -> String {
    let said = err.lines().rev().map(str::trim).find(|line| !line.is_empty());
    format!("ended early: {}", said.unwrap_or("silence"))
}

/// The first error of a compiler, with its place.
fn compiler_said(err: &str) -> String {
    let from_error = err.lines().skip_while(|line| !line.starts_with("error"));
    let said: Vec<&str> = from_error.take(4).map(str::trim_end).collect();
    if said.is_empty() { "it does not build, or not in time".into() } else { said.join("\n    ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_harness_tells_what_became_of_a_test() {
        assert_eq!(outcome("test a::b ... ok"), Some(("a::b", "ok")));
        assert_eq!(outcome("test a - should panic ... FAILED"), Some(("a", "FAILED")));
        assert_eq!(outcome("test b ... ignored, takes long"), Some(("b", "ignored")));
        assert_eq!(outcome("running 2 tests"), None);
    }

    #[test]
    fn a_failure_is_told_in_its_own_words() {
        let out = "---- a::b stdout ----\n\nthread 'a::b' panicked at x.rs:1:2:\nleft is not right\n";
        assert_eq!(panicked(out, "a::b"), "left is not right");
        assert_eq!(panicked("", "a::b"), "failed");
        assert_eq!(aborted("warning: x\nSIGABRT\n\n"), "ended early: SIGABRT");
        assert!(compiler_said("warning: y\nerror[E0308]: x\n  --> a.rs:1\n").starts_with("error[E0308]"));
    }
}
