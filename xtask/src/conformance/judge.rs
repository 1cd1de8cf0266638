//! What a ledger claims, held against the text of the tree. Nothing is run here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use super::ledger::{self, Ledger};
use super::row::{Applies, Break, Edit, Row, Status, Weight};
use super::shown::Shown;
use super::tally::counts;

/// The sum over what was delivered.
pub const DIGEST: u64 = 0x3ee5_13c5_1a05_63cd;
/// How many rows apply, as delivered: MUST, SHOULD, MAY and practice, in the order of [`Weight::ALL`].
pub const DENOMINATORS: [usize; 4] = [355, 119, 27, 24];
/// How many MUST and MUST NOT may differ.
const MOST_DIFFERING: usize = 15;

/// Something that is not as the ledger says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The row's line and id; none for the ledger as a whole.
    pub row: Option<(usize, String)>,
    pub what: String,
}

impl Finding {
    pub fn of(row: &Row, what: impl Into<String>) -> Self {
        Self { row: Some((row.line, row.requirement.id.clone())), what: what.into() }
    }

    fn of_all(what: String) -> Self {
        Self { row: None, what }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.row {
            Some((line, id)) => write!(f, "{}:{line}: {id}: {}", ledger::PATH, self.what),
            None => write!(f, "{}: {}", ledger::PATH, self.what),
        }
    }
}

/// The tests of each row, by the row's place in the ledger.
pub type ShownBy = BTreeMap<usize, BTreeSet<Shown>>;

/// What can be said of a ledger by reading.
pub fn judge(ledger: &Ledger, root: &Path) -> (Vec<Finding>, ShownBy) {
    let mut findings = whole(ledger);
    let mut shown_by = ShownBy::new();
    for (at, row) in ledger.rows.iter().enumerate() {
        findings.extend(own(ledger, row).into_iter().map(|what| Finding::of(row, what)));
        findings.extend(breaks(root, ledger, row).into_iter().map(|what| Finding::of(row, what)));
        for named in &row.answer.shown_by {
            match Shown::find(root, named, &row.requirement.id) {
                Ok(shown) => drop(shown_by.entry(at).or_default().insert(shown)),
                Err(what) => findings.push(Finding::of(row, what)),
            }
        }
    }
    (findings, shown_by)
}

/// What was delivered is as it was, and not too much differs.
fn whole(ledger: &Ledger) -> Vec<Finding> {
    let mut findings = Vec::new();
    if ledger.digest != DIGEST {
        findings.push(Finding::of_all(format!(
            "a delivered field was changed, added or lost (their sum is {:#018x}, not {DIGEST:#018x}); put it back, or \
             keep what it was in `was = {{ FIELD = \"...\" }}` with `changed_because`",
            ledger.digest
        )));
    }
    let applying = ledger.rows.iter().filter(|row| row.delivered.applies == Applies::Yes);
    let counted = Weight::ALL
        .map(|weight| applying.clone().filter(|row| row.delivered.level.weight() == weight).count());
    if counted != DENOMINATORS {
        findings.push(Finding::of_all(format!("{counted:?} rows apply, not {DENOMINATORS:?}")));
    }
    let differing = counts(applying.filter(|row| row.delivered.level.weight() == Weight::Must)).differs;
    if differing > MOST_DIFFERING {
        let what = format!("{differing} MUST and MUST NOT differ; at most {MOST_DIFFERING} may");
        findings.push(Finding::of_all(what));
    }
    findings
}

/// What a row says agrees with itself.
fn own(ledger: &Ledger, row: &Row) -> Vec<String> {
    let answer = &row.answer;
    let mut wrong = Vec::new();
    let mut wants = |holds: bool, what: &str| {
        if !holds {
            wrong.push(what.to_owned());
        }
    };
    let is_explained = answer.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty());
    match answer.status {
        Status::Done => {
            wants(!answer.shown_by.is_empty(), "done, and `shown_by` names no test");
            wants(!answer.breaks.is_empty(), "done, and `breaks` says no change that its tests notice");
        }
        Status::Differs => {
            wants(is_explained, "differs, and `reason` does not say why");
            wants(!answer.shown_by.is_empty(), "differs, and `shown_by` names no test that pins what we do");
            wants(
                answer.deployed.len() >= 2,
                "differs, and `deployed` does not name two stacks that do the same",
            );
        }
        Status::NotDone => {
            wants(is_explained, "not done, and `reason` does not say why");
            let is_bare = answer.shown_by.is_empty() && answer.breaks.is_empty();
            wants(is_bare, "not done, but has tests or a break; is its status `done`?");
        }
    }
    wants(
        answer.was.is_empty() == answer.changed_because.is_none(),
        "`was` and `changed_because` come together",
    );
    for id in &row.requirement.alias_of {
        if let Err(why) = ledger.row(id) {
            wants(false, &format!("`alias_of`: {why}"));
        }
    }
    wrong
}

/// Each break has its places, in code that cites the rule's RFC.
fn breaks(root: &Path, ledger: &Ledger, row: &Row) -> Vec<String> {
    let of_one = |one: &Break| edits(root, ledger, row, &one.edits());
    row.answer.breaks.iter().flat_map(of_one).collect()
}

/// Each edit of a break has its place, also after those before it.
fn edits(root: &Path, ledger: &Ledger, row: &Row, edits: &[Edit]) -> Vec<String> {
    let mut texts = BTreeMap::<&str, String>::new();
    let mut wrong = Vec::new();
    for edit in edits {
        if edit.file.contains("/tests/") || edit.file.starts_with("drill/") {
            wrong.push(format!("{} is a test; a break changes what is tested", edit.file));
            continue;
        }
        let text = match texts.get(edit.file.as_str()) {
            Some(text) => Ok(text.clone()),
            None => std::fs::read_to_string(root.join(&edit.file)),
        };
        let Ok(text) = text else {
            wrong.push(format!("there is no file {}", edit.file));
            continue;
        };
        match edit.apply(&text) {
            Ok(changed) => drop(texts.insert(&edit.file, changed)),
            Err(why) => wrong.push(why),
        }
        if edit.file.ends_with(".rs") && !is_cited(&text, ledger, row) {
            let rule = row.requirement.rfc;
            wrong.push(format!("{} implements this and does not cite RFC {rule}", edit.file));
        }
    }
    wrong
}

/// True if a source text cites the RFC of a row, the row, or one that it is an alias of.
fn is_cited(text: &str, ledger: &Ledger, row: &Row) -> bool {
    let aliased = row.requirement.alias_of.iter().filter_map(|id| ledger.row(id).ok());
    aliased.chain([row]).any(|row| {
        let rfc = format!("RFC {}", row.requirement.rfc);
        super::source::cites(text, &row.requirement.id) || super::source::cites(text, &rfc)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::root;

    /// A ledger of one row, with what we say of it.
    fn findings(ours: &str) -> String {
        let text = format!(
            "[[requirement]]\nid = \"MUST-1\"\nrfc = 9293\nsection = \"3.1\"\nlevel = \"MUST\"\napplies_to = \"sender\"\n\
             kind = \"wire\"\narea = \"data\"\nrequirement = \"r\"\ntest = \"t\"\ntest_name = \"n\"\napplies = \"yes\"\n\
             source = \"rfc9293\"\n{ours}"
        );
        let (findings, _) = judge(&Ledger::parse(&text).expect("a ledger"), &root());
        let of_rows = findings.iter().filter(|finding| finding.row.is_some());
        of_rows.map(Finding::to_string).collect::<Vec<_>>().join("\n")
    }

    #[track_caller]
    fn complains(ours: &str, about: &str) {
        let findings = findings(ours);
        assert!(findings.contains(about), "not told: {about}\ntold: {findings}");
        assert!(findings.starts_with("docs/conformance.toml:1: MUST-1: "), "{findings}");
    }

    #[test]
    fn the_ledger_is_as_it_was_delivered() {
        let text = std::fs::read_to_string(root().join(ledger::PATH)).expect("the ledger");
        assert_eq!(whole(&Ledger::parse(&text).expect("a ledger")), []);
    }

    /// Whoever moves code or a test hears at once which row has to follow.
    #[test]
    fn each_row_names_tests_that_cite_it_and_breaks_that_have_their_place() {
        let text = std::fs::read_to_string(root().join(ledger::PATH)).expect("the ledger");
        let (findings, _) = judge(&Ledger::parse(&text).expect("a ledger"), &root());
        let told: Vec<String> = findings.iter().map(Finding::to_string).collect();
        assert!(told.is_empty(), "{}", told.join("\n"));
    }

    #[test]
    fn an_edited_field_is_found_out_and_one_with_its_old_value_is_not() {
        let text = std::fs::read_to_string(root().join(ledger::PATH)).expect("the ledger");
        let whole = |text: &str| whole(&Ledger::parse(text).expect("a ledger"));
        let edited = text.replacen("level = \"MUST\"\n", "level = \"MAY\"\n", 1);
        let told: Vec<String> = whole(&edited).iter().map(Finding::to_string).collect();
        assert!(told[0].contains("a delivered field was changed"), "{told:?}");
        assert!(told[1].contains("[354, 119, 28, 24] rows apply"), "{told:?}");
        let kept = edited.replacen(
            "level = \"MAY\"\n",
            "level = \"MAY\"\nwas = { level = \"MUST\" }\nchanged_because = \"x\"\n",
            1,
        );
        assert_eq!(whole(&kept), []);
        let lost = text.split_once("\n\n[[requirement]]").expect("rows").1;
        assert!(
            !whole(&format!("[[requirement]]{}", lost.split_once("[[requirement]]").expect("rows").1))
                .is_empty()
        );
    }

    #[test]
    fn done_is_shown_by_tests_that_cite_and_by_a_break() {
        complains("status = \"done\"\n", "`shown_by` names no test");
        complains("status = \"done\"\n", "`breaks` says no change");
        let shown = |named: &str| format!("status = \"done\"\nshown_by = [\"{named}\"]\n");
        complains(&shown("crates/tcp/tests/bounds.rs::no_such"), "there is no `fn no_such`");
        complains(&shown("drill/close/active-close.pkt"), "does not cite the row; write `MUST-1`");
        complains(&shown("drill/close"), "neither a test");
    }

    #[test]
    fn a_break_has_one_place_in_code_that_cites() {
        let breaks = |file: &str, find: &str| {
            format!(
                "status = \"done\"\nbreaks = [{{ file = \"{file}\", find = \"{find}\", with = \"\" }}]\nshown_by = []\n"
            )
        };
        complains(
            &breaks("crates/tcp/src/handshake.rs", "no such words"),
            "has nothing like `no such words`",
        );
        complains(&breaks("crates/tcp/src/handshake.rs", "Refusal::"), "times; give `find` more");
        complains(&breaks("crates/tcp/src/no-such.rs", "x"), "there is no file");
        complains(&breaks("crates/tcp/tests/bounds.rs", "x"), "is a test");
        complains(&breaks("crates/device/src/lib.rs", "//! "), "does not cite RFC 9293");
        let stale = "{ file = \"crates/tcp/src/lib.rs\", find = \"no such words\", with = \"\" }";
        let with_it =
            breaks("crates/tcp/src/lib.rs", "#![no_std]").replace(" }]", &format!(", also = [{stale}] }}]"));
        complains(&with_it, "has nothing like `no such words`");
    }

    #[test]
    fn what_differs_or_is_not_done_says_why() {
        complains("status = \"differs\"\n", "`reason` does not say why");
        complains("status = \"differs\"\ndeployed = [\"Linux\"]\n", "does not name two stacks");
        complains("status = \"not done\"\n", "`reason` does not say why");
        complains(
            "status = \"not done\"\nreason = \"x\"\nshown_by = [\"drill/x.pkt\"]\n",
            "is its status `done`?",
        );
        complains("status = \"not done\"\nreason = \"x\"\nwas = { level = \"MAY\" }\n", "come together");
        complains("status = \"not done\"\nreason = \"x\"\nalias_of = [\"MUST-0\"]\n", "has no row `MUST-0`");
        assert_eq!(findings("status = \"not done\"\nreason = \"x\"\n"), "");
    }
}
