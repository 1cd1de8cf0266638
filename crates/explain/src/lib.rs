//! What a record means, in words, in two languages.
//!
//! ```text
//! Event ──▶ Case ──▶ verdicts raised ──▶ causes absorb symptoms ──▶ Story
//!           (one connection's            one of them leads          headline, at most three lines,
//!            evidence, bounded)                                     verdicts for the record
//! ```
//!
//! [`Explainer`] does this for a stream of events; [`Console`] adds the ladder and is all that a command needs.
//! Each family of verdicts is a table: [`opening`](self), data, closing, resets. Every verdict names the segments that
//! show it and says how sure it is.
#![forbid(unsafe_code)]

mod case;
mod explainer;
mod story;
mod verdict;

mod closing;
mod data;
mod opening;
mod resets;

mod console;

pub use console::{Console, Faces, When};
pub use explainer::Explainer;
pub use story::Story;
pub use verdict::{Certainty, Level, Verdict};
