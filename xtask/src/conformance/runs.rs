//! Running what rows name: one call of cargo for each target, and one for all scripts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
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

impl fmt::Display for Became {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Failed(why) => write!(f, "FAILED ({why})"),
            Self::DidNotRun(why) => write!(f, "DID NOT RUN ({why})"),
        }
    }
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
        for group in groups(all) {
            match self.group(&group)? {
                Ok(some) => became.extend(some),
                Err(refused) => return Ok(Err(refused)),
            }
        }
        Ok(Ok(became))
    }

    /// Runs them, target after target, until something does not pass; the quickest to build come first.
    ///
    /// # Errors
    ///
    /// As [`Self::run`].
    pub fn first_failure(
        &self,
        all: &BTreeSet<Shown>,
    ) -> Result<std::result::Result<Option<(Shown, Became)>, Refused>> {
        for group in groups(all) {
            match self.group(&group)? {
                Ok(some) => {
                    let mut others: Vec<_> =
                        some.into_iter().filter(|(_, became)| *became != Became::Passed).collect();
                    others.sort_by_key(|(_, became)| !matches!(became, Became::Failed(_)));
                    if !others.is_empty() {
                        return Ok(Ok(Some(others.swap_remove(0))));
                    }
                }
                Err(refused) => return Ok(Err(refused)),
            }
        }
        Ok(Ok(None))
    }

    fn group(&self, group: &Group<'_>) -> Result<std::result::Result<BTreeMap<Shown, Became>, Refused>> {
        let arguments = match group {
            Group::Tests(target, _) => target.arguments(),
            Group::Scripts(_) => vec!["build", "-p", "cordial-drill", "--example", "scripts"],
        };
        if let Err(refused) = self.build(&arguments)? {
            return Ok(Err(refused));
        }
        match group {
            Group::Tests(target, tests) => self.tests(target, tests).map(Ok),
            Group::Scripts(scripts) => self.scripts(scripts).map(Ok),
        }
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

impl Target {
    fn arguments(&self) -> Vec<&str> {
        let mut arguments = vec!["test", "-p", &self.package];
        arguments.extend(self.flags.iter().map(String::as_str));
        arguments
    }
}

/// What runs together.
enum Group<'a> {
    Tests(&'a Target, Vec<&'a Test>),
    Scripts(Vec<&'a str>),
}

impl Group<'_> {
    /// The crates in the order in which they are built: who stands on more takes longer.
    fn cost(&self) -> usize {
        const ORDER: [&str; 4] = ["cordial-wire", "cordial-tcp", "cordial-ip", "cordial-stack"];
        match self {
            Self::Tests(target, _) => {
                let place = ORDER.iter().position(|package| *package == target.package);
                place.unwrap_or(ORDER.len() + 1)
            }
            Self::Scripts(_) => ORDER.len(),
        }
    }
}

fn groups(all: &BTreeSet<Shown>) -> Vec<Group<'_>> {
    let mut targets = BTreeMap::<_, Vec<_>>::new();
    let mut scripts = Vec::new();
    for shown in all {
        match shown {
            Shown::Test(test) => targets.entry(&test.target).or_default().push(test),
            Shown::Script(path) => scripts.push(path.as_str()),
        }
    }
    let mut groups: Vec<_> = targets.into_iter().map(|(target, tests)| Group::Tests(target, tests)).collect();
    if !scripts.is_empty() {
        groups.push(Group::Scripts(scripts));
    }
    groups.sort_by_key(Group::cost);
    groups
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
