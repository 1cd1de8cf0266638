//! The page of differences and the table they are known by.

use cordial_beside::{class, report};

const PAGE: &str = include_str!("../../../docs/differences-from-linux.md");

/// Whoever changes a class has the page written again: `cargo xtask beside --sequences 10000 --page`.
#[test]
fn every_class_stands_on_the_page_as_it_is_in_the_table() {
    for class in class::all() {
        assert!(PAGE.contains(&report::row(class)), "{}", class.name);
    }
    let rows = PAGE.lines().filter(|line| line.starts_with("| `") && !line.contains("`net.")).count();
    assert_eq!(rows, class::all().count(), "nothing stands there that is in no table");
}

/// Each says which paragraph decides.
#[test]
fn every_class_names_an_rfc() {
    for class in class::all() {
        assert!(class.rule.contains("RFC "), "{}", class.name);
    }
}
