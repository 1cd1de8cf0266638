//! The ledger's text, read into rows.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::{Spanned, Table, Value};

use super::row::{Answer, Row};

/// Where it is kept.
pub const PATH: &str = "docs/conformance.toml";

/// The delivered fields, in the order in which they are summed.
const DELIVERED: [&str; 14] = [
    "id",
    "rfc",
    "section",
    "level",
    "applies_to",
    "kind",
    "area",
    "requirement",
    "test",
    "test_name",
    "applies",
    "source",
    "alias_of",
    "note",
];
/// Ours.
const OURS: [&str; 7] = ["status", "shown_by", "breaks", "reason", "deployed", "was", "changed_because"];

/// All rows, in the order of the file.
#[derive(Debug)]
pub struct Ledger {
    pub rows: Vec<Row>,
    /// Over what was delivered, in the order of the file: no field of it may be edited unseen.
    pub digest: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    requirement: Vec<Spanned<Table>>,
}

impl Ledger {
    /// Reads the text of a ledger.
    ///
    /// # Errors
    ///
    /// What is wrong with it, where, and what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document: Document = toml::from_str(text).map_err(|error| format!("{PATH}: {error}"))?;
        let mut rows = Vec::new();
        let mut digest = FNV_OFFSET;
        let mut seen = BTreeMap::new();
        for table in document.requirement {
            let line = line_of(text, table.span().start);
            let table = table.into_inner();
            let at = format!("{PATH}:{line}: {}", table.get("id").and_then(Value::as_str).unwrap_or("a row"));
            let row = row(&table, line).map_err(|why| format!("{at}: {why}"))?;
            if let Some(before) = seen.insert(row.requirement.id.clone(), line) {
                return Err(format!("{at}: line {before} has this id, too; an id names one row"));
            }
            digest = sum(digest, &as_delivered(&table));
            rows.push(row);
        }
        Ok(Self { rows, digest })
    }

    /// The row of this id.
    ///
    /// # Errors
    ///
    /// That there is none, and which one was probably meant.
    pub fn row(&self, id: &str) -> Result<&Row, String> {
        self.rows.iter().find(|row| row.requirement.id == id).ok_or_else(|| {
            let ids = self.rows.iter().map(|row| row.requirement.id.as_str());
            format!("{PATH} has no row `{id}`; the nearest is `{}`", nearest(id, ids).unwrap_or_default())
        })
    }
}

fn row(table: &Table, line: usize) -> Result<Row, String> {
    for key in table.keys() {
        if !DELIVERED.contains(&key.as_str()) && !OURS.contains(&key.as_str()) {
            let known = DELIVERED.into_iter().chain(OURS);
            let near = nearest(key, known).unwrap_or_default();
            return Err(format!("no row has a field `{key}`; the nearest is `{near}`"));
        }
    }
    let part = |keys: &[&str], table: &Table| -> Table {
        table.clone().into_iter().filter(|(key, _)| keys.contains(&key.as_str())).collect()
    };
    let read = |error: toml::de::Error| error.message().to_owned();
    let answer: Answer = part(&OURS, table).try_into().map_err(read)?;
    if let Some(key) = answer.was.keys().find(|key| !DELIVERED.contains(&key.as_str())) {
        return Err(format!("`was` keeps delivered values; `{key}` is not one"));
    }
    Ok(Row {
        line,
        requirement: part(&DELIVERED, table).try_into().map_err(read)?,
        delivered: part(&DELIVERED, &as_delivered(table)).try_into().map_err(read)?,
        answer,
    })
}

/// The row with what `was` keeps put back.
fn as_delivered(table: &Table) -> Table {
    let mut table = table.clone();
    if let Some(Value::Table(was)) = table.remove("was") {
        table.extend(was);
    }
    table
}

/// What FNV-1a of 64 bits begins with.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a: it has to tell edits, not to withstand anybody.
fn sum(mut digest: u64, delivered: &Table) -> u64 {
    for key in DELIVERED {
        let value = delivered.get(key).map(spelled).unwrap_or_default();
        for octet in format!("{key}={value}\n").bytes() {
            digest = (digest ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    digest
}

/// A value without the freedom that TOML leaves in writing it.
fn spelled(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(spelled).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// The line of an offset, counted from one.
fn line_of(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or(text).matches('\n').count() + 1
}

/// Which of them was probably meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known.into_iter().min_by_key(|known| strsim::damerau_levenshtein(word, known))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row as it is delivered, and what is added to it.
    fn ledger(ours: &str) -> Result<Ledger, String> {
        Ledger::parse(&format!(
            "[[requirement]]\nid = \"MUST-1\"\nrfc = 9293\nsection = \"3.1\"\nlevel = \"MUST\"\napplies_to = \"sender\"\n\
             kind = \"wire\"\narea = \"data\"\nrequirement = \"r\"\ntest = \"t\"\ntest_name = \"n\"\napplies = \"yes\"\n\
             source = \"rfc9293\"\n{ours}"
        ))
    }

    const NOT_DONE: &str = "status = \"not done\"\nreason = \"later\"\n";

    #[test]
    fn a_field_that_no_row_has_is_named_with_the_one_that_was_meant() {
        let why = ledger(&format!("{NOT_DONE}shownby = []\n")).expect_err("no such field");
        assert_eq!(
            why,
            "docs/conformance.toml:1: MUST-1: no row has a field `shownby`; the nearest is `shown_by`"
        );
        let why = ledger("status = \"maybe\"\n").expect_err("no such status");
        assert!(why.contains("MUST-1") && why.contains("not done"), "{why}");
        let why = ledger("reason = 1\n").expect_err("no text");
        assert!(why.starts_with("docs/conformance.toml:1: MUST-1: "), "{why}");
    }

    #[test]
    fn a_row_that_is_not_there_is_answered_with_the_nearest() {
        let why = ledger(NOT_DONE).expect("a ledger").row("MUST1").expect_err("no such row");
        assert!(why.ends_with("the nearest is `MUST-1`"), "{why}");
    }

    #[test]
    fn an_id_names_one_row() {
        let once = "[[requirement]]\nid = \"A\"\nrfc = 1\nsection = \"\"\nlevel = \"MAY\"\napplies_to = \"\"\nkind = \"\"\n\
                    area = \"\"\nrequirement = \"\"\ntest = \"\"\ntest_name = \"\"\napplies = \"opt\"\nsource = \"\"\n\
                    status = \"not done\"\n";
        let why = Ledger::parse(&format!("{once}\n{once}")).expect_err("twice");
        assert!(why.starts_with("docs/conformance.toml:16: A: line 1"), "{why}");
    }

    #[test]
    fn what_we_say_does_not_change_the_digest_and_what_was_delivered_does() {
        let digest = |ours: &str| ledger(ours).expect("a ledger").digest;
        assert_eq!(digest(NOT_DONE), digest("status = \"done\"\nshown_by = [\"a.rs::b\"]\n"));
        assert_ne!(digest(NOT_DONE), digest(&format!("{NOT_DONE}note = \"edited\"\n")));
        let changed = format!("{NOT_DONE}was = {{ source = \"rfc9293\" }}\nchanged_because = \"x\"\n");
        assert_eq!(digest(NOT_DONE), digest(&changed), "put back as it was");
        let other = format!("{NOT_DONE}was = {{ source = \"rfc793\" }}\n");
        assert_ne!(digest(NOT_DONE), digest(&other));
    }
}
