//! The ledger as a page: `docs/conformance.md`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use super::row::{Applies, Row, Status};
use super::table::Table;
use super::tally;
use crate::failure::Failure;
use crate::shell::root;

/// Where it is kept.
const PATH: &str = "docs/conformance.md";

const HEAD: &str = "\
# Conformance

What a complete TCP has to do, and whether this one does it. Drawn by `cargo xtask conformance --render` out of
`conformance.toml`, which has for each row the test that was asked for and a change of the code that the row's tests notice.

In the tables, `12 + 1 of 14` says that of 14 requirements 12 are met, one is met differently on purpose, and one is not.
SHOULD counts SHOULD NOT and RECOMMENDED, too; *practice* is from informational RFCs.
";

/// Writes the page.
///
/// # Errors
///
/// [`Failure`] if it cannot be written.
pub fn write(rows: &[Row]) -> Result<(), Failure> {
    let wrong = |error: std::io::Error| Failure::Missing(format!("{PATH}: {error}"));
    fs::write(root().join(PATH), page(rows)).map_err(wrong)
}

/// What is wrong with the page that is kept, if anything.
pub fn compare(rows: &[Row]) -> Option<String> {
    let kept = fs::read_to_string(root().join(PATH)).unwrap_or_default();
    (kept != page(rows)).then(|| {
        format!("{PATH} is not what the ledger says; draw it anew: cargo xtask conformance --render")
    })
}

fn page(rows: &[Row]) -> String {
    let mut page = String::from(HEAD);
    let _ = write!(page, "\n{}", listed(tally::summary(rows)));
    let _ = write!(page, "\n## By RFC\n\n{}", tally::by_rfc(rows));
    let _ = write!(page, "\n## By area\n\n{}", tally::by_area(rows));
    let later = tally::LATER.iter().map(|(area, why)| format!("`{area}`: {why}"));
    let _ = write!(page, "\nThe later part, and why it is one:\n\n{}", listed(later));
    page.push_str(&differing(rows));
    page.push_str(&changed(rows));
    page.push_str("\n## Every requirement\n");
    for (rfc, rows) in by_rfc(rows) {
        let _ = write!(page, "\n### RFC {rfc}\n\n{}", every(&rows));
    }
    page
}

fn listed(lines: impl IntoIterator<Item = String>) -> String {
    lines.into_iter().map(|line| format!("* {line}\n")).collect()
}

fn by_rfc(rows: &[Row]) -> BTreeMap<u32, Vec<&Row>> {
    let mut groups = BTreeMap::<u32, Vec<&Row>>::new();
    for row in rows {
        groups.entry(row.requirement.rfc).or_default().push(row);
    }
    groups
}

/// What is done otherwise, and who else does so.
fn differing(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows.iter().filter(|row| row.answer.status == Status::Differs) {
        let reason = row.answer.reason.as_deref().unwrap_or_default();
        let deployed = row.answer.deployed.join("; ");
        let _ = writeln!(
            text,
            "* **{}** ({}): {} {reason} So do: {deployed}.",
            row.requirement.id, row.requirement.level, row.requirement.requirement
        );
    }
    if text.is_empty() { text } else { format!("\n## On purpose otherwise\n\n{text}") }
}

/// What was changed since it was delivered.
fn changed(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows.iter().filter(|row| !row.answer.was.is_empty()) {
        let because = row.answer.changed_because.as_deref().unwrap_or_default();
        for (field, was) in &row.answer.was {
            let _ = writeln!(text, "* **{}**: `{field}` was {was}: {because}", row.requirement.id);
        }
    }
    if text.is_empty() { text } else { format!("\n## Changed since they were delivered\n\n{text}") }
}

fn every(rows: &[&Row]) -> Table {
    let mut table =
        Table::loose(["id", "level", "requirement", "is", "shown by, or why not"].map(str::to_owned));
    for row in rows {
        table.row(vec![
            row.requirement.id.clone(),
            match row.requirement.applies {
                Applies::Yes => row.requirement.level.to_string(),
                Applies::Opt => format!("{}, optional", row.requirement.level),
                Applies::App => format!("{}, applications", row.requirement.level),
            },
            cell(&row.requirement.requirement),
            row.answer.status.to_string(),
            why(row),
        ]);
    }
    table
}

fn why(row: &Row) -> String {
    if row.answer.status == Status::NotDone {
        return cell(row.answer.reason.as_deref().unwrap_or_default());
    }
    row.answer.shown_by.iter().map(|test| format!("`{test}`")).collect::<Vec<_>>().join(", ")
}

/// Text that does not end its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "\\<").replace('\n', " ")
}
