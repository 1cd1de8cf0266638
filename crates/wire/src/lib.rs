//! The TCP segment on the wire: parse, emit, checksum, display.
//!
//! Everything here is total and allocation-free: every input gives a value or an error, never a panic.
//! Headers other than TCP's belong to `cordial-ip`.
//!
//! * [`SeqNum`]: a position in sequence space.
//! * [`Segment`]: a parsed segment, every flag bit kept; [`Segment::control`] is the engine's view of it.
//! * [`Options`]: what a segment's options said.
//! * [`Checksum`], [`Gso`]: what is left to a device.
#![no_std]
#![forbid(unsafe_code)]

mod seq;

mod flags;
mod offload;
mod options;

pub mod checksum;
mod segment;

pub use flags::{Control, Flags};
pub use offload::{Checksum, Gso, GsoKind};
pub use options::{FastOpen, Options, OptionsError, SackBlocks, Timestamps, UserTimeout};
pub use segment::{EmitError, ParseError, Segment};
pub use seq::SeqNum;
