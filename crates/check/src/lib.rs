//! Rules of TCP switched off, one at a time, and the search for the shortest run in which something bad happens.
//!
//! ```text
//! Rule ──▶ Scenario ──▶ World ──▶ search ──▶ Found: the shortest run that breaks each property
//!    └────▶ Harness ──────┘                     └▶ replay: the run again, step by step
//! ```
//!
//! The engine is the engine: two [`Stack`](cordial_stack::Stack)s, cloned for every branch. A rule is taken away by a
//! [`Harness`](harness::Harness) around one of them, which sees what passes, reads the connection's variables, and keeps, changes or makes
//! segments; or, where the RFC leaves the choice, by a setting. There is no second TCP here and no wrong mode in the
//! first.
//!
//! Whatever may happen within a scenario's budget is tried, the nearest first: so the first run found that breaks a
//! [`Property`] is a shortest one, and where none is found and nothing was left out, there is none within the bounds.
//!
//! Time, files, threads: none. Read [`world`] for what a step is, [`search`](mod@search) for how all of them are taken.
#![forbid(unsafe_code)]

pub mod action;
pub mod answer;
pub mod budget;
pub mod edges;
pub mod forms;
pub mod harness;
pub mod host;
pub mod message;
pub mod network;
pub mod picture;
pub mod property;
pub mod rule;
pub mod rules;
pub mod run;
pub mod scenario;
pub mod script;
pub mod search;
pub mod world;

mod app;
mod births;
mod chance;
mod eye;
mod order;
mod returns;
mod visited;
mod words;

pub use action::Action;
pub use answer::Answer;
pub use property::{Property, Sometimes};
pub use rule::Rule;
pub use rules::RULES;
pub use run::Run;
pub use search::{Bounds, Found, search};
pub use visited::Visited;
pub use world::World;
