//! The record of what connections did, and its pictures: JSON lines, ladders, pcapng.
//!
//! ```text
//! stack ──Fact──▶ Recorder ──Batch──▶ Trace ──Event──▶ JsonLines   one JSON object a line
//!                 (in the stack:      (ids, names,     Ladder      a picture for people
//!                  copies, bounded)    causes, ends)   compact     a picture for tests
//! device ──frame──────────────────────────────────────▶ Pcapng      what other tools read
//! ```
//!
//! Nothing here decides what a connection does or what it means: `cordial-stack` tells facts, `cordial-explain` finds
//! words for them. There are no threads, files or clocks: writers are [`io::Write`](std::io::Write) and time is in the
//! facts.
//!
//! Read [`event`] first.
#![forbid(unsafe_code)]

pub mod event;
mod record;
mod recorder;

mod json;
mod pcapng;

pub mod ladder;
pub mod measure;
pub mod words;

pub use event::{Event, Group};
pub use json::{Header, JsonLines, Source};
pub use pcapng::{Direction, LinkNumber, Pcapng, PcapngError};
pub use record::{Incident, Limits, Passed, Shadow, Trace, Vantage};
pub use recorder::{Batch, Inbox, OnPath, Recorder};
pub use words::Lang;
