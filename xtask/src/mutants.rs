//! Mutants: one small change in the engine at a time, to see whether a test notices.
//!
//! cargo-mutants makes the list; a seed draws from it. Each mutant stands in a tree of its own and meets the stages in
//! turn, the quickest first, until one notices it. What was found out is kept, so that a run that was cut off goes on.

mod list;
mod record;
mod stage;

use std::path::PathBuf;

use crate::draw::shuffle;
use crate::failure::Failure;
use crate::shell::{cargo, command, has, output, run, target_dir};
use list::Mutant;
use record::{Outcome, Record};
use stage::{STAGES, Stage};

/// The crates that are changed: the engine.
const PACKAGES: [&str; 2] = ["cordial-tcp", "cordial-stack"];

/// How many to draw, and by which seed.
#[derive(PartialEq, Eq, Debug)]
pub struct Request {
    seed: u64,
    count: usize,
}

impl Request {
    /// Reads `[--seed N] [--count N]`.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] for anything else.
    pub fn parse(args: &[&str]) -> Result<Self, Failure> {
        let mut request = Self { seed: 1, count: 100 };
        let mut args = args.iter();
        while let Some(&arg) = args.next() {
            let number = args.next().and_then(|text| text.parse::<u64>().ok());
            match (arg, number) {
                ("--seed", Some(seed)) => request.seed = seed,
                ("--count", Some(count @ 1..=100_000)) => request.count = count as usize,
                _ => return Err(Failure::Usage("mutants [--seed N] [--count N]".into())),
            }
        }
        Ok(request)
    }

    /// Draws, tries each, and prints what became of them.
    ///
    /// # Errors
    ///
    /// [`Failure`] if a stage objects to the engine as it is; mutants that nothing notices are no failure.
    pub fn run(&self) -> Result<(), Failure> {
        if !has("cargo-mutants") {
            run(cargo(&["install", "cargo-mutants", "--locked"]))?;
        }
        let tree = Tree::provide()?;
        let commit = output(tree.command("git").args(["rev-parse", "--short", "HEAD"]))?;
        let name = format!("mutants/{}-seed-{}", commit.trim(), self.seed);
        let mut record = Record::open(target_dir().join(name))?;
        if !record.is_begun() {
            tree.meets_all_stages()?;
        }
        let mut viable = 0;
        let mut mutants = tree.mutants()?;
        shuffle(&mut mutants, self.seed);
        for mutant in mutants {
            if viable == self.count {
                break;
            }
            let outcome = match record.of(&mutant.name) {
                Some(outcome) => outcome,
                None => {
                    let outcome = tree.outcome(&mutant)?;
                    record.add(&mutant.name, outcome)?
                }
            };
            viable += usize::from(outcome.builds());
            eprintln!("{viable:>4}  {outcome:<9} {}", mutant.name);
        }
        record.print(self.seed);
        Ok(())
    }
}

/// A copy of the last commit, where mutants are made.
struct Tree {
    at: PathBuf,
}

impl Tree {
    fn provide() -> Result<Self, Failure> {
        let at = target_dir().join("mutants/tree");
        if !at.join("Cargo.toml").is_file() {
            output(command("git").args(["worktree", "add", "--force", "--detach"]).arg(&at))?;
        }
        let tree = Self { at };
        tree.restore()?; // from a run that was cut off: a mutant is no ground to list mutants of
        Ok(tree)
    }

    fn command(&self, program: &str) -> std::process::Command {
        let mut command = command(program);
        command.current_dir(&self.at);
        command
    }

    /// All mutants there could be.
    fn mutants(&self) -> Result<Vec<Mutant>, Failure> {
        let mut list = self.command("cargo");
        list.args(["mutants", "--list", "--diff"]);
        for package in PACKAGES {
            list.args(["--package", package]);
        }
        Ok(list::parse(&output(&mut list)?))
    }

    /// Every stage has to be content with the engine as it is, or its objections say nothing.
    fn meets_all_stages(&self) -> Result<(), Failure> {
        self.restore()?;
        for stage in STAGES {
            if let Err(objection) = stage.run(self)? {
                let why = format!("stage `{}` objects to the engine unchanged: {objection}", stage.name);
                return Err(Failure::Missing(why));
            }
        }
        Ok(())
    }

    /// The first stage that notices this mutant.
    fn outcome(&self, mutant: &Mutant) -> Result<Outcome, Failure> {
        self.restore()?;
        let diff = target_dir().join("mutants/diff");
        std::fs::write(&diff, &mutant.diff)
            .map_err(|error| Failure::Start { program: "write".into(), error })?;
        output(self.command("git").args(["apply", "-p0"]).arg(&diff))?;
        for stage in STAGES.iter().filter(|stage| stage.sees(&mutant.name)) {
            if let Err(objection) = stage.run(self)? {
                return Ok(Outcome { noticed_by: Some(stage.name.into()), objection });
            }
        }
        Ok(Outcome { noticed_by: None, objection: String::new() })
    }

    fn restore(&self) -> Result<(), Failure> {
        output(self.command("git").args(["checkout", "--quiet", "--", "."])).map(drop)
    }
}

impl Stage {
    /// True if a change in this file can reach the stage.
    fn sees(&self, name: &str) -> bool {
        self.only.is_none_or(|folder| name.starts_with(folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_a_seed_and_a_count() {
        assert_eq!(Request::parse(&[]).expect("that is one"), Request { seed: 1, count: 100 });
        let request = Request::parse(&["--count", "7", "--seed", "3"]).expect("so is this");
        assert_eq!(request, Request { seed: 3, count: 7 });
        for args in [&["--seed"][..], &["--count", "0"], &["--seed", "x"], &["7"]] {
            assert!(Request::parse(args).is_err(), "{args:?}");
        }
    }
}
