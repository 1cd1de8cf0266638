//! The captures that are kept beside this file, judged by what is known of them.
//!
//! Each was made with the kernel's TCP at both ends (see `lab`), so its true story is known. Nothing may be said that
//! is not so, and nothing left out.

mod lab;

use std::collections::BTreeSet;
use std::path::PathBuf;

use cordial_explain::capture::explain_capture;
use lab::cases;
use lab::judge::{FIRST_WAVE, Judge};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/captures")
}

#[test]
fn precision_and_recall_are_100_percent() {
    let mut judge = Judge::default();
    for case in cases::all() {
        for tap in case.taps {
            let name = tap.file(case.name);
            let file =
                std::fs::File::open(folder().join(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
            match explain_capture(file) {
                Ok(stories) => judge.capture(&name, tap.expects, &stories),
                Err(error) => judge.unreadable(&name, &error),
            }
        }
    }
    println!("{}", judge.report());
    assert!(judge.is_content(), "{}", judge.report());
}

#[test]
fn each_verdict_has_a_capture_that_gets_it_and_one_that_must_not() {
    let told: Vec<_> = cases::all().flat_map(|case| case.taps).flat_map(|tap| tap.expects).collect();
    let needed: BTreeSet<_> = told.iter().flat_map(|told| told.says.iter().chain(told.under)).collect();
    let forbidden: BTreeSet<_> = told.iter().flat_map(|told| told.never).collect();
    let lacking =
        |set: &BTreeSet<&&str>| FIRST_WAVE.iter().filter(|id| !set.contains(id)).copied().collect::<Vec<_>>();
    assert_eq!(lacking(&needed), Vec::<&str>::new(), "no capture gets it");
    assert_eq!(lacking(&forbidden), Vec::<&str>::new(), "no capture must not get it");
}

#[test]
fn no_case_contradicts_itself() {
    let mut names = BTreeSet::new();
    for case in cases::all() {
        for tap in case.taps {
            assert!(names.insert(tap.file(case.name)), "{} twice", tap.file(case.name));
            for told in tap.expects {
                let is_true =
                    |id| [told.says, told.under, told.either, told.also].iter().any(|ids| ids.contains(id));
                assert_eq!(told.never.iter().find(|id| is_true(id)), None, "{}", tap.file(case.name));
            }
        }
    }
    let kept: BTreeSet<_> = std::fs::read_dir(folder())
        .expect("captures are kept")
        .map(|entry| entry.expect("a file").file_name().into_string().expect("a plain name"))
        .collect();
    assert_eq!(kept, names, "each capture has its case, and the other way");
}
