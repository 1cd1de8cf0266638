//! Every case, by what it is about.

mod closing;
mod data;
mod edges;
mod faults;
mod health;
mod opening;
mod resets;

use super::case::Case;

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Case> {
    [health::CASES, opening::CASES, data::CASES, closing::CASES, resets::CASES, faults::CASES, edges::CASES]
        .into_iter()
        .flatten()
}
