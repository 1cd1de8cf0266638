//! The ledger of requirements, `docs/conformance.toml`, compared with the tree.
//!
//! A row says that a requirement is met and which tests show it, and how to break it: a small change after which one of
//! those tests fails. Here all of that is checked, and the change is made, in a copy of the tree.

mod judge;
mod ledger;
mod mutate;
mod page;
mod row;
mod runs;
mod scratch;
mod shown;
mod source;
mod table;
mod tally;

use std::collections::BTreeSet;
use std::time::Instant;

use crate::failure::Failure;
use crate::shell::{root, target_dir};
use judge::{Finding, ShownBy, judge};
use ledger::Ledger;
use mutate::{Count, Verdict, mutate};
use row::{Row, Status};
use runs::{Became, Bench};
use scratch::Scratch;
use shown::Shown;

/// How it is called.
const USAGE: &str = "conformance [--row ID ...] [--mutate N|all [--seed N]] [--render]";
/// Seconds that the tests of one target may run.
const PATIENCE: u32 = 600;

/// What is asked for.
#[derive(PartialEq, Eq, Debug, Default)]
pub struct Request {
    /// These rows alone: their tests, and their breaks.
    rows: Vec<String>,
    /// How many rows to break after everything was looked at, and the seed that draws them.
    mutate: Option<Count>,
    seed: Option<u64>,
    /// Write the page anew, and no more.
    render: bool,
}

impl Request {
    /// Reads the arguments.
    ///
    /// # Errors
    ///
    /// [`Failure::Usage`] for what makes no sense.
    pub fn parse(args: &[&str]) -> Result<Self, Failure> {
        let wrong = |what: String| Failure::Usage(format!("{what}\ncargo xtask {USAGE}"));
        let mut request = Self::default();
        let mut args = args.iter().copied();
        while let Some(arg) = args.next() {
            if arg == "--render" {
                request.render = true;
                continue;
            }
            if !matches!(arg, "--row" | "--mutate" | "--seed") {
                return Err(wrong(format!("conformance has no `{arg}`")));
            }
            let value = args.next().ok_or_else(|| wrong(format!("`{arg}` wants a value")))?;
            let number = || value.parse::<u64>().map_err(|_| wrong(format!("`{arg} {value}`: not a number")));
            match arg {
                "--row" => request.rows.push(value.to_owned()),
                "--seed" => request.seed = Some(number()?),
                _ if value == "all" => request.mutate = Some(Count::All),
                _ => request.mutate = Some(Count::Some(number()? as usize)),
            }
        }
        let is_alone = usize::from(request.render) + usize::from(!request.rows.is_empty());
        if is_alone + usize::from(request.mutate.is_some()) > 1 {
            return Err(wrong("one of `--row`, `--mutate` and `--render` at a time".into()));
        }
        if request.seed.is_some() && request.mutate.is_none() {
            return Err(wrong("`--seed` draws the rows of `--mutate`".into()));
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
        if self.render {
            return page::write(&ledger.rows);
        }
        let rows: Result<Vec<&Row>, String> = self.rows.iter().map(|id| ledger.row(id)).collect();
        let rows = rows.map_err(Failure::Usage)?;
        let (findings, shown_by) = judge(&ledger, &root());
        if !rows.is_empty() {
            let attempts = rows.into_iter().map(|row| alone(&ledger, row, &findings, &shown_by));
            let failures: Vec<String> =
                attempts.filter_map(Result::err).map(|failure| failure.to_string()).collect();
            return if failures.is_empty() { Ok(()) } else { Err(Failure::Missing(failures.join("\n"))) };
        }
        let claims = all(&ledger, findings, &shown_by);
        let broken =
            self.mutate.map_or(Ok(()), |count| mutate(&ledger, &shown_by, count, self.seed.unwrap_or(1)));
        claims.and(broken)
    }
}

/// Checks every row: what is read, what runs, and the page.
fn all(ledger: &Ledger, mut findings: Vec<Finding>, shown_by: &ShownBy) -> Result<(), Failure> {
    let began = Instant::now();
    let tests: BTreeSet<Shown> = shown_by.values().flatten().cloned().collect();
    let became =
        here().run(&tests)?.map_err(|refused| Failure::Missing(format!("does not build: {refused}")))?;
    for (at, shown) in shown_by {
        for test in shown {
            match became.get(test) {
                Some(Became::Passed) => {}
                Some(Became::Failed(why) | Became::DidNotRun(why)) => {
                    findings.push(Finding::of(&ledger.rows[*at], format!("{test}: {why}")));
                }
                None => findings.push(Finding::of(&ledger.rows[*at], format!("{test}: did not run"))),
            }
        }
    }
    println!("{}\n{}", tally::by_rfc(&ledger.rows), tally::by_area(&ledger.rows));
    for line in tally::summary(&ledger.rows) {
        println!("{line}");
    }
    println!("{} tests and scripts ran, in {:.0} s", tests.len(), began.elapsed().as_secs_f64());
    let mut wrong: Vec<String> = findings.iter().map(Finding::to_string).collect();
    wrong.extend(page::compare(&ledger.rows));
    match wrong.len() {
        0 => Ok(()),
        count => {
            let text = wrong.join("\n");
            eprintln!("{text}");
            Err(Failure::Missing(format!(
                "{count} findings; after mending a row: cargo xtask conformance --row ID"
            )))
        }
    }
}

/// The tree as it is, built where everything else is.
fn here() -> Bench {
    Bench { tree: root(), build: root().join(target_dir()), patience: PATIENCE }
}

/// Runs the tests of one row, then breaks its rule and runs them again.
fn alone(ledger: &Ledger, row: &Row, findings: &[Finding], shown_by: &ShownBy) -> Result<(), Failure> {
    let answer = &row.answer;
    print!("{}", row.requirement);
    let complaint = |why: &str| Failure::Missing(Finding::of(row, why).to_string());
    let its: Vec<String> = findings
        .iter()
        .filter(|finding| finding.row.as_ref().is_some_and(|(line, _)| *line == row.line))
        .map(Finding::to_string)
        .collect();
    if !its.is_empty() {
        return Err(Failure::Missing(its.join("\n")));
    }
    println!("  {} {}", answer.status, answer.reason.as_deref().unwrap_or_default());
    let place = ledger.rows.iter().position(|other| other.line == row.line).unwrap_or_default();
    let tests = shown_by.get(&place).cloned().unwrap_or_default();
    let became = here().run(&tests)?.map_err(|why| complaint(&format!("does not build: {why}")))?;
    for (test, became) in &became {
        println!("  {became}: {test}");
    }
    if became.values().any(|became| *became != Became::Passed) {
        return Err(complaint("a test of it does not pass"));
    }
    if answer.breaks.is_empty() || answer.status == Status::NotDone {
        return Ok(());
    }
    match mutate::attempt(&Scratch::provide()?, row, &tests)? {
        Verdict::Noticed(by) => {
            println!("  broken, noticed by {by}");
            Ok(())
        }
        Verdict::Unnoticed(what) => Err(complaint(&format!("no test of it notices the break of {what}"))),
        Verdict::Void(why) => Err(complaint(&why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_asks_for_one_thing() {
        let parsed = |args: &[&str]| Request::parse(args).expect("it makes sense");
        assert_eq!(parsed(&[]), Request::default());
        assert_eq!(parsed(&["--row", "MUST-1", "--row", "MUST-2"]).rows, ["MUST-1", "MUST-2"]);
        let request = parsed(&["--seed", "7", "--mutate", "40"]);
        assert_eq!((request.mutate, request.seed), (Some(Count::Some(40)), Some(7)));
        assert_eq!(parsed(&["--mutate", "all"]).mutate, Some(Count::All));
        for args in [
            &["--row"][..],
            &["--seed", "1"],
            &["--mutate", "x"],
            &["--render", "--mutate", "1"],
            &["--row", "MUST-1", "--mutate", "1"],
            &["MUST-1"],
        ] {
            assert_eq!(Request::parse(args).expect_err("nonsense").exit_code(), 2, "{args:?}");
        }
    }
}
