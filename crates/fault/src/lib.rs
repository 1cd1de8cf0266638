//! Faults on real traffic, named by what a segment *means*: `drop last ack`, `delay fin 300ms`, `loss 1%`.
//!
//! ```text
//! 'drop last ack' ──parse──▶ Rule ─┐
//!                                  ▼
//! packet ──▶ Talk (what is it in its connection?) ──Sight──▶ Faults ──▶ Passage: lost, late, twice, behind, damaged
//!                                                              └──────▶ Teller: what befell which segment, and by which rule
//! ```
//!
//! [`Rule`] is one sentence of the language, [`Talk`] follows one connection from outside and says what each of its
//! segments is, [`Faults`] decides as the [`Judge`](cordial_device::Judge) of a [`Path`](cordial_device::Path). Nothing
//! here asks for the time or rolls dice of its own: chance comes from a seed, and from the connection's and the segment's
//! places in the run, so that another connection in between changes nothing for this one.
//!
//! ```
//! use cordial_fault::Rule;
//!
//! let rule: Rule = "drop 1st syn-ack".parse()?;
//! assert_eq!(rule.to_string(), "drop 1st syn-ack");
//! assert!("drop 1st sinack".parse::<Rule>().is_err());
//! # Ok::<(), cordial_fault::RuleError>(())
//! ```
//!
//! # The language
//!
//! | rule | does |
//! | --- | --- |
//! | `drop WHICH` | loses it |
//! | `delay WHICH TIME` | lets it arrive this much later; others overtake it |
//! | `dup WHICH` | lets it arrive twice |
//! | `reorder WHICH` | lets the next of its connection and direction overtake it |
//! | `corrupt WHICH` | turns one bit over: its receiver's checksum finds it and drops it |
//! | `loss 1%` | `drop segment 1%` |
//! | `blackhole >1400` | loses whatever is longer, IP header included: a path MTU that nobody tells of |
//! | `rst after 1MB` | ends each connection with a reset to both ends once it has carried that much |
//!
//! WHICH is, in this order or another, as much of these as is needed: a number (`1st`, `2nd`, `7th`, `every`, `every 3rd`)
//! before what is meant (`syn`, `syn-ack`, `ack`, `data`, `fin`, `rst`, `last ack`, `last fin`, or `segment` for any), a
//! direction (`from client`, `from server`: the client is whoever sent the SYN), a percentage. Numbers count
//! transmissions in each connection; one that is sent again counts again.
//!
//! * `ack` is a bare one: without data, SYN, FIN or RST.
//! * `last ack` is the one with which both FINs are acknowledged, the first time that it is sent; `every last ack` is also
//!   each repetition. `last fin` is the FIN of the end that closes second.
//! * A FIN with data is both `fin` and `data`.
#![forbid(unsafe_code)]

mod rule;

mod error;
mod parse;
mod quantity;

mod talk;

mod connection;
mod faults;
mod hits;
mod reset;

pub use error::{QuantityError, RuleError};
pub use faults::{Faults, MOST_RULES};
pub use hits::{Cause, Hit, Incident, Teller};
pub use quantity::{duration, rate};
pub use rule::{Chance, Nth, Rule, Sender, Verb, Which};
pub use talk::{End, Meaning, Sight, Talk};
