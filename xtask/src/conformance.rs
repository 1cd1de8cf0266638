//! The ledger of requirements, `docs/conformance.toml`, compared with the tree.
//!
//! A row says that a requirement is met and which tests show it, and how to break it: a small change after which one of
//! those tests fails. Here all of that is checked, and the change is made, in a copy of the tree.

mod ledger;
#[allow(dead_code)] // the tables, which read all of it, are not there yet
mod row;
mod runs;
mod scratch;
mod shown;
mod source;

use std::collections::BTreeSet;

use crate::failure::Failure;
use crate::shell::{root, target_dir};
use ledger::Ledger;
use row::{Row, Status};
use runs::{Became, Bench};
use scratch::Scratch;
use shown::Shown;

/// What is asked for.
#[derive(PartialEq, Eq, Debug, Default)]
pub struct Request {
    /// These rows alone: their tests, and their breaks.
    rows: Vec<String>,
}

impl Request {
    /// Reads the arguments.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] for what makes no sense.
    pub fn parse(args: &[&str]) -> Result<Self, Failure> {
        let mut request = Self::default();
        let mut args = args.iter();
        while let Some(&arg) = args.next() {
            match (arg, args.next()) {
                ("--row", Some(id)) => request.rows.push((*id).to_owned()),
                _ => {
                    return Err(Failure::Usage(
                        "conformance [--row ID] [--seed N --mutate N|all] [--render]".into(),
                    ));
                }
            }
        }
        Ok(request)
    }

    /// Checks what is asked for, and says what was found.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the ledger cannot be read, or claims what the tree does not bear out.
    pub fn run(&self) -> Result<(), Failure> {
        let text = std::fs::read_to_string(root().join(ledger::PATH));
        let text = text.map_err(|error| Failure::Usage(format!("{}: {error}", ledger::PATH)))?;
        let ledger = Ledger::parse(&text).map_err(Failure::Usage)?;
        self.rows.iter().try_for_each(|id| alone(ledger.row(id).map_err(Failure::Usage)?))
    }
}

/// Runs the tests of one row, then breaks its rule and runs them again.
fn alone(row: &Row) -> Result<(), Failure> {
    let Row { requirement, answer, .. } = row;
    println!("{} {} ({}): {}", requirement.id, requirement.level, requirement.area, requirement.requirement);
    println!("  asks for: {}", requirement.test);
    println!("  {}: {}", answer.status, answer.reason.as_deref().unwrap_or("no reason given"));
    let found: Result<BTreeSet<Shown>, String> =
        answer.shown_by.iter().map(|named| Shown::find(&root(), named, &requirement.id)).collect();
    let tests = found.map_err(|why| complaint(row, &why))?;
    let here = Bench { tree: root(), build: root().join(target_dir()), patience: 600 };
    let became = here.run(&tests)?.map_err(|why| complaint(row, &why))?;
    for (test, became) in &became {
        println!("  {test}: {became:?}");
    }
    if became.values().any(|became| *became != Became::Passed) {
        return Err(complaint(row, "a test of it does not pass"));
    }
    if answer.breaks.is_empty() {
        let is_enough = answer.status != Status::Done;
        return if is_enough { Ok(()) } else { Err(complaint(row, "`breaks` is missing")) };
    }
    let broken = Scratch::provide()?.broken(&answer.breaks, |bench| bench.run(&tests))?;
    let became = broken.and_then(|became| became).map_err(|why| complaint(row, &why))?;
    for (test, became) in &became {
        println!("  broken: {test}: {became:?}");
    }
    match became.values().any(|became| matches!(became, Became::Failed(_))) {
        true => Ok(()),
        false => Err(complaint(row, "no test of it notices the break")),
    }
}

fn complaint(row: &Row, why: &str) -> Failure {
    Failure::Missing(format!("{}:{}: {}: {why}", ledger::PATH, row.line, row.requirement.id))
}
