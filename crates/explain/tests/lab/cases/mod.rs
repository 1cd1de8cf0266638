//! Every case, by what it is about.

mod closing;
mod data;
mod edges;
mod faults;
mod health;
mod opening;
mod patience;
mod resets;
mod reuse;

use super::case::Case;

/// All of them, those that take more than a minute first.
pub fn all() -> impl Iterator<Item = &'static Case> {
    long().iter().chain(short())
}

/// Those that take more than a minute.
pub fn long() -> &'static [Case] {
    patience::CASES
}

/// Those that take seconds.
pub fn short() -> impl Iterator<Item = &'static Case> {
    [
        health::CASES,
        opening::CASES,
        reuse::CASES,
        data::CASES,
        closing::CASES,
        resets::CASES,
        faults::CASES,
        edges::CASES,
    ]
    .into_iter()
    .flatten()
}
