//! RFC 9293 §3.10.7, SEGMENT ARRIVES: every state, every kind of segment, at every edge.
//!
//! One line is one case, on a fresh connection:
//!
//! ```text
//! segment that arrives | state after | what is sent back | the rule, or why it was refused
//! ```
//!
//! Our ISS is 300 and the peer's 100; our window is 1,000 octets, the peer's 5,000. See [`bench`] for the notation.

mod bench;
#[path = "../common/notation.rs"]
mod notation;

mod closed;
mod closing;
mod established;
mod fin_wait;
mod half_open;
mod listen;
mod simultaneous;
mod syn_sent;
mod time_wait;
