//! What a record means, in words, in two languages.
//!
//! ```text
//! Event ──▶ Case ──▶ verdicts raised ──▶ causes absorb symptoms ──▶ Story
//!           (one connection's            one of them leads          headline, at most three lines,
//!            evidence, bounded)                                     verdicts for the record
//! ```
//!
//! [`Explainer`] does this for a stream of events. Many connections stay readable as a [`Line`] each, drawn in columns by
//! a [`Listing`], counted by a [`Summary`], chosen by a [`Filter`]; [`Console`] adds the ladders and is all that a command
//! needs.
//!
//! Each family of verdicts is a table: vantage, opening, reuse, resets, closing, data, pauses, silence. Every verdict names
//! the segments that show it and says how sure it is.
#![forbid(unsafe_code)]

pub mod capture;
mod holes;
mod input;
pub mod record;
mod recording;

mod case;
mod explainer;
mod story;
mod verdict;

mod closing;
mod data;
mod opening;
mod pauses;
mod resets;
mod reuse;
mod silence;
mod vantage;

mod filter;
mod line;
mod listing;
mod summary;

mod console;

pub use console::{Console, Faces, Informant, Newcomer, Owner, When};
pub use explainer::Explainer;
pub use filter::{Filter, FilterError};
pub use line::Line;
pub use listing::Listing;
pub use recording::Recording;
pub use story::{Story, verdict_ids};
pub use summary::Summary;
pub use verdict::{Certainty, Level, Verdict};
