//! The command line in Chinese: help, and what is said of a wrong one.
//!
//! `args` describes the command line in English; here is the same, word for word its equal. A flag without its Chinese
//! fails a test.

mod drill;
mod help;
mod play;
mod refusal;
mod swarm;
mod words;

pub use help::translated;
pub use refusal::refusal;
