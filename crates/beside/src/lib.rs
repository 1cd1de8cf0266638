//! Linux beside us: the same calls and the same segments for the kernel's TCP and for this one, answers compared.
//!
//! ```text
//!            ┌─▶ Engine   a Stack in virtual time ───────────────────┐
//!  Sequence ─┤                                                       ├─▶ Observed, step by step ─▶ Difference ─▶ Class
//!  (seeded)  └─▶ Kernel   a network namespace, sockets, TUN ─────────┘
//! ```
//!
//! A [`Sequence`] says how a connection is opened, which options are offered, and what happens then: calls of the
//! application and segments, valid and hostile, their numbers relative to what the stack under test said before
//! ([`View`]). After each step what came back is put into a form in which two stacks can be compared ([`Reply`]), and so is
//! the state they are in. The first [`Difference`] has to be one of the known [classes](class::all), each with the
//! paragraph that decides who is right; any other is shrunk to the shortest sequence that shows it, and fails the run.
//!
//! The kernel's side takes real time, so hundreds of sequences go through their steps together, each between ports of
//! its own, and one silence is waited for after each step. Timers are kept out: `kernel::settings` has what is set in the
//! namespace, and why.

pub mod class;
pub mod coverage;
pub mod difference;
pub mod draw;
pub mod engine;
pub mod kernel;
pub mod kind;
pub mod packet;
pub mod reply;
pub mod report;
pub mod run;
pub mod sequence;
pub mod shape;
pub mod shrink;
pub mod view;

pub use difference::Difference;
pub use kind::Kind;
pub use reply::{Observed, Reply};
pub use sequence::{Call, Offer, Opening, Sequence, Step};
pub use shape::Shape;
pub use view::View;
