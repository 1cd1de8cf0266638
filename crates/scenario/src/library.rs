//! The scenarios that come with the command.

use std::sync::LazyLock;

use crate::nearest::nearest;

/// A scenario that comes with the command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its name, as it is typed: that of its file without the number in front.
    pub name: &'static str,
    /// The number of its lesson, or of the row of claims that it checks.
    pub number: u8,
    /// It is a lesson, not a row of claims.
    pub is_lesson: bool,
    /// Its text.
    pub text: &'static str,
}

/// All of them: the lessons in their order, then the rows.
pub static LIBRARY: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let lessons = LESSONS.iter().map(|(file, text)| entry(file, text, true));
    lessons.chain(ROWS.iter().map(|(file, text)| entry(file, text, false))).collect()
});

/// The scenario of this name.
///
/// # Errors
///
/// The name that was probably meant, if there is one.
pub fn find(name: &str) -> Result<Entry, Option<&'static str>> {
    let found = LIBRARY.iter().find(|entry| entry.name == name).copied();
    found.ok_or_else(|| nearest(name, LIBRARY.iter().map(|entry| entry.name)))
}

/// `17-last-ack-lost` and what stands in it.
fn entry(file: &'static str, text: &'static str, is_lesson: bool) -> Entry {
    let (number, name) = file.split_once('-').unwrap_or(("0", file));
    Entry { name, number: number.parse().unwrap_or_default(), is_lesson, text }
}

include!(concat!(env!("OUT_DIR"), "/library.rs"));
