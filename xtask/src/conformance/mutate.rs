//! Breaking rules, to see whether the tests of their rows notice.

use std::collections::BTreeSet;
use std::time::Instant;

use super::judge::ShownBy;
use super::ledger::Ledger;
use super::row::{Break, Row, Status};
use super::runs::Became;
use super::scratch::Scratch;
use super::shown::Shown;
use crate::draw::shuffle;
use crate::failure::Failure;

/// How many rows are drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Count {
    Some(usize),
    All,
}

/// What came of a break.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// A test of the row failed: which, and with what words.
    Noticed(String),
    /// All of them passed, after this break.
    Unnoticed(String),
    /// Nothing can be said: the change cannot be made, or does not build.
    Void(String),
}

/// The rows that can be broken, in an order that the seed alone decides.
fn drawn(ledger: &Ledger, seed: u64) -> Vec<&Row> {
    let is_breakable = |row: &&Row| row.answer.status == Status::Done && !row.answer.breaks.is_empty();
    let mut ids: Vec<&str> =
        ledger.rows.iter().filter(is_breakable).map(|row| row.requirement.id.as_str()).collect();
    shuffle(&mut ids, seed);
    ids.into_iter().filter_map(|id| ledger.row(id).ok()).collect()
}

/// Draws rows, breaks one after the other, and prints what became of each.
///
/// # Errors
///
/// [`Failure`] if one is not noticed, or says nothing.
pub fn mutate(ledger: &Ledger, shown_by: &ShownBy, count: Count, seed: u64) -> Result<(), Failure> {
    let mut rows = drawn(ledger, seed);
    if let Count::Some(count) = count {
        rows.truncate(count);
    }
    let scratch = Scratch::provide()?;
    let began = Instant::now();
    let mut unnoticed = Vec::new();
    println!("\n{} rows by seed {seed}:", rows.len());
    for (at, row) in rows.iter().enumerate() {
        let place = ledger.rows.iter().position(|other| other.line == row.line).unwrap_or_default();
        let tests = shown_by.get(&place).cloned().unwrap_or_default();
        let broke = Instant::now();
        let verdict = attempt(&scratch, row, &tests)?;
        let (word, said) = match &verdict {
            Verdict::Noticed(by) => ("noticed", by),
            Verdict::Unnoticed(what) => ("UNNOTICED", what),
            Verdict::Void(why) => ("VOID", why),
        };
        let (id, took) = (&row.requirement.id, broke.elapsed().as_secs_f64());
        println!("{:>4}  {word:<9} {id:<20} {took:>5.1} s  {said}", at + 1);
        if !matches!(verdict, Verdict::Noticed(_)) {
            unnoticed.push(id.as_str());
        }
    }
    let noticed = rows.len() - unnoticed.len();
    println!("{noticed} of {} noticed, in {:.0} s", rows.len(), began.elapsed().as_secs_f64());
    match unnoticed.as_slice() {
        [] => Ok(()),
        ids => Err(Failure::Missing(format!(
            "not noticed: {}\none of them again: cargo xtask conformance --row {}",
            ids.join(", "),
            ids[0]
        ))),
    }
}

/// Breaks the rule of one row, in each way that it names, and runs its tests until one fails.
///
/// # Errors
///
/// [`Failure`] if cargo cannot be run, or the copy not be written.
pub fn attempt(scratch: &Scratch, row: &Row, tests: &BTreeSet<Shown>) -> Result<Verdict, Failure> {
    let mut noticed = Vec::new();
    for one in &row.answer.breaks {
        match attempt_one(scratch, one, tests)? {
            Verdict::Noticed(by) => noticed.push(by),
            other => return Ok(other),
        }
    }
    let others = noticed.len().saturating_sub(1);
    let and = if others == 0 { String::new() } else { format!(" (and {others} more)") };
    Ok(Verdict::Noticed(noticed.into_iter().next().unwrap_or_default() + &and))
}

/// Makes one break and runs the tests of its row, until one fails.
fn attempt_one(scratch: &Scratch, one: &Break, tests: &BTreeSet<Shown>) -> Result<Verdict, Failure> {
    let void = |why: String| Verdict::Void(format!("{one}: {why}"));
    let became = match scratch.broken(&one.edits(), |bench| bench.first_failure(tests))? {
        Err(why) => return Ok(void(why)),
        Ok(Err(refused)) => return Ok(void(format!("does not build: {refused}"))),
        Ok(Ok(became)) => became,
    };
    Ok(match became {
        Some((test, Became::Failed(why))) => Verdict::Noticed(format!("{test}: {why}")),
        Some((test, Became::DidNotRun(why))) => void(format!("{test}: {why}")),
        Some((_, Became::Passed)) | None => Verdict::Unnoticed(one.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_rows_again_and_only_such_as_can_be_broken() {
        let row = |id: usize, ours: &str| {
            format!(
                "[[requirement]]\nid = \"MUST-{id}\"\nrfc = 1\nsection = \"\"\nlevel = \"MUST\"\napplies_to = \"\"\n\
                 kind = \"\"\narea = \"\"\nrequirement = \"\"\ntest = \"\"\ntest_name = \"\"\napplies = \"yes\"\n\
                 source = \"\"\n{ours}\n"
            )
        };
        let done = "status = \"done\"\nbreaks = [{ file = \"a\", find = \"b\", with = \"c\" }]\nshown_by = [\"d.pkt\"]\n";
        let mut text: String = (0..20).map(|id| row(id, done)).collect();
        text += &row(20, "status = \"not done\"\nreason = \"x\"\n");
        let ledger = Ledger::parse(&text).expect("a ledger");
        let ids =
            |seed| drawn(&ledger, seed).iter().map(|row| row.requirement.id.clone()).collect::<Vec<_>>();
        assert_eq!(ids(7), ids(7));
        assert_ne!(ids(7), ids(8));
        let distinct: BTreeSet<String> = ids(7).into_iter().collect();
        assert_eq!(distinct.len(), 20);
        assert!(!distinct.contains("MUST-20"));
    }
}
