//! Random scenarios: a seed gives a network, programs and misfortunes; oracles and a model of what programs may see watch
//! the run; what fails shrinks to the smallest scenario that still fails.
//!
//! ```text
//! seed ──Plan::draw──▶ Plan ──run──▶ Run: objections, coverage
//!                       ▲              │ any?
//!                       └── shrink ◀───┘──▶ Plan::scenario: a file for `cordial play`
//! ```
//!
//! A [`Plan`] is a plain value: everything that happens in a run follows from it. The network of every plan heals at a
//! moment, and all programs end at a later one, so that "in the end" means something.
//!
//! ```
//! use cordial_swarm::Plan;
//!
//! let run = Plan::draw(7).run();
//! assert!(run.objections.is_empty(), "seed 7: {:?}", run.objections);
//! ```
//!
//! What to read: [`Plan`], then `draw` (how chance makes one), [`Objection`] and `judge` (what may not happen).
#![forbid(unsafe_code)]

mod plan;
mod setting;

mod draw;

mod build;
mod forgery;

mod acts;
mod evidence;
mod judge;
mod objection;
mod run;

mod capture;
mod coverage;

mod shrink;

mod emit;

pub use coverage::{Coverage, ELSEWHERE, ENOUGH, Elsewhere, Kind, Missing};
pub use emit::Written;
pub use forgery::{Aim, Forgery, Number};
pub use objection::{Objection, Sort};
pub use plan::{Deed, Fault, Mishap, Plan, Program, Shape, Step, Trouble};
pub use run::Run;
pub use setting::Setting;
pub use shrink::{Shrunk, shrink};
