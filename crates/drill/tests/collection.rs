//! The collection in `drill/`: every script of it passes, and what it says of the stack is all that the stack sends.

use std::fs;
use std::path::{Path, PathBuf};

use cordial_drill::{Outcome, Settings, drill};
use cordial_trace::Lang;

/// Every script below `dir`, in order.
fn scripts(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("the collection is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(scripts(&path));
        } else if path.extension().is_some_and(|ending| ending == "pkt") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn collection() -> Vec<PathBuf> {
    scripts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../drill"))
}

#[test]
fn every_script_passes() {
    let mut wrong = Vec::new();
    for path in collection() {
        let text = fs::read_to_string(&path).expect("a script can be read");
        let report = drill(&text, Settings::default());
        if report.outcome != Outcome::Pass {
            let at = report.at.unwrap_or_default();
            let why = report.reason.map(|reason| reason.text(Lang::En)).unwrap_or_default();
            wrong.push(format!("{}:{at}: {:?}: {why}", path.display(), report.outcome));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_script_says_which_rule_it_pins() {
    for path in collection() {
        let text = fs::read_to_string(&path).expect("a script can be read");
        let comment: String = text.lines().take_while(|line| line.starts_with("//")).collect();
        assert!(comment.contains("RFC") || comment.contains("cordial:"), "{}", path.display());
    }
}
