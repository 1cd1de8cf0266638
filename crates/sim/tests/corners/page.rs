//! The page: docs/corner-cases.md, drawn from the list of cases.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::cases::ALL;
use crate::corner::Corner;
use crate::scene::Scene;
use crate::variant::Variant;

/// How many there are in the list that this project set out with.
const CASES: usize = 75;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A case, and how often it is played.
struct Counted {
    test: &'static str,
    corner: Corner,
    runs: usize,
}

impl Counted {
    /// Each scene once, and once for each variant.
    fn new(test: &'static str, corner: Corner) -> Self {
        let runs = |scene: &Scene| 1 + Variant::all(&scene.play(None).sent).len();
        let runs = corner.scenes.iter().map(runs).sum();
        Self { test, corner, runs }
    }
}

fn all() -> Vec<Counted> {
    ALL.iter().map(|&(test, corner)| Counted::new(test, corner())).collect()
}

#[test]
fn every_case_is_there_once_and_the_page_says_so() {
    let all = all();
    let ids: Vec<String> = all.iter().map(|counted| counted.corner.id.to_owned()).collect();
    let expected = (1..=CASES).map(|number| format!("C{number:02}"));
    assert_eq!(ids, expected.collect::<Vec<_>>());
    for Counted { test, corner, .. } in &all {
        assert!(
            test.starts_with(&format!("corner_{}_", corner.id.to_lowercase())),
            "{test} is not {}",
            corner.id
        );
        corner.tables.iter().for_each(|table| assert!(is_there(table), "no test {table}"));
    }
    let page = page(&all);
    let path = root().join("docs/corner-cases.md");
    if std::env::var_os("WRITE_CORNER_CASES").is_some() {
        std::fs::write(&path, &page).expect("docs is writable");
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    const OTHERWISE: &str =
        "docs/corner-cases.md says otherwise: `cargo xtask corners --write` draws it anew";
    assert!(without_runs(&known) == without_runs(&page), "{OTHERWISE}");
    let (known, runs) = (stated_runs(&known), stated_runs(&page));
    assert!(known.abs_diff(runs) <= runs / 10, "{known} runs, and it is {runs}: {OTHERWISE}");
    println!("{}", total(&all));
}

/// The page without numbers of runs: whoever changes when an ACK goes out need not draw it anew.
fn without_runs(page: &str) -> String {
    let line = |line: &str| match line {
        row if row.starts_with("| C") => row.rsplitn(3, '|').last().unwrap_or_default().to_owned(),
        total if total.contains(RUNS) => total.split(" scenes").next().unwrap_or_default().to_owned(),
        other => other.to_owned(),
    };
    page.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// How many runs a page says there are in all.
fn stated_runs(page: &str) -> usize {
    let before = page.split(RUNS).next().unwrap_or_default();
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// What stands behind the number of all runs.
const RUNS: &str = " runs. Drawn";

/// True if there is such a test: `file::function`.
fn is_there(table: &str) -> bool {
    let Some((file, function)) = table.split_once("::") else { return false };
    let source = std::fs::read_to_string(root().join(file)).unwrap_or_default();
    source.contains(&format!("fn {function}("))
}

fn total(all: &[Counted]) -> String {
    let scenes: usize = all.iter().map(|counted| counted.corner.scenes.len()).sum();
    let runs: usize = all.iter().map(|counted| counted.runs).sum();
    format!("{} cases, {scenes} scenes, {runs} runs", all.len())
}

fn page(all: &[Counted]) -> String {
    let mut page = format!(
        "# Corner cases\n\n\
         Where opening, closing, resets and TIME-WAIT separate a TCP from a toy. Each case is a test in\n\
         `crates/sim/tests/corners`: two hosts in virtual time play it, in one scene or several, as it is meant; then\n\
         again under every single loss, every duplication and every swap with its successor of each of its packets,\n\
         forged ones too. A variant passes if no oracle objects, and final states, octets delivered, what calls\n\
         returned and what tables hold are those of the scene as it is meant. The exceptions stand below, each with\n\
         its reason; one that is not needed fails.\n\n\
         {}. Drawn from the tests by `cargo xtask corners --write`; a test compares it.\n\n\
         | case | what | expected | where stacks differ, ours | test | runs |\n\
         | --- | --- | --- | --- | --- | --- |\n",
        total(all)
    );
    for Counted { test, corner, runs } in all {
        let Corner { id, case, expected, policy, .. } = corner;
        let test = test.strip_prefix("corner_").unwrap_or(test);
        writeln!(page, "| {id} | {case} | {expected} | {policy} | `{test}` | {runs} |").expect("text grows");
    }
    page.push_str(
        "\n## Exceptions\n\nVariants that end otherwise, and why. A `*` stands for whatever follows.\n\n",
    );
    for Counted { corner, .. } in all {
        page.push_str(&exceptions(corner));
    }
    page.push_str("\n## Oracles that may object\n\n");
    for Counted { corner, .. } in all {
        page.push_str(&allowances(corner));
    }
    page.push_str("\n## Tables\n\nWhat one end answers to single segments is in tables of its own:\n\n");
    for Counted { corner, .. } in all {
        for table in corner.tables {
            writeln!(page, "- {}: `{table}`", corner.id).expect("text grows");
        }
    }
    page
}

/// Scenes that have the same exceptions are told together.
fn exceptions(corner: &Corner) -> String {
    let mut of_scenes: BTreeMap<Vec<(&str, &str)>, Vec<&str>> = BTreeMap::new();
    for scene in &corner.scenes {
        let reasons: Vec<_> = scene.reasons().collect();
        if !reasons.is_empty() {
            of_scenes.entry(reasons).or_default().push(&scene.name);
        }
    }
    let mut text = String::new();
    for (reasons, scenes) in of_scenes {
        writeln!(text, "- **{}** {}", corner.id, scenes.join(" · ")).expect("text grows");
        for (variant, why) in reasons {
            writeln!(text, "  - `{variant}`: {why}").expect("text grows");
        }
    }
    text
}

fn allowances(corner: &Corner) -> String {
    let mut text = String::new();
    for scene in &corner.scenes {
        for (oracle, why) in scene.allowances() {
            writeln!(text, "- {} {}: `{}`, {why}", corner.id, scene.name, oracle.name()).expect("text grows");
        }
    }
    text
}
