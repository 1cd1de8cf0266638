//! A laboratory of real connections whose true story is known.
//!
//! ```text
//!  client kernel ── TUN ──┐                                 ┌── TUN ── server kernel
//!  (a namespace on        │  Wire: passes, loses, delays,   │  (another)
//!   a thread of its own)  └─ repeats, forges; has Taps ─────┘
//!                              │
//!                              └──▶ captures/NAME.pcap ──▶ explain ──▶ judged by Case::expects
//! ```
//!
//! Both ends are the kernel's own TCP; what happens between them is a few rules in the case, so that the cause of
//! everything in the capture is known and stands beside it. [`cases`] has them by family. `captures.rs` judges the
//! captures that are kept, `interop.rs` makes all of them anew and judges those.
//!
//! To keep what was made: `CORDIAL_KEEP_CAPTURES=1 cargo test -p cordial-explain --test interop`, as root.

#![allow(dead_code)] // the kept captures are judged without making any

pub mod bench;
pub mod case;
pub mod cases;
pub mod judge;
pub mod kernel;
pub mod packet;
pub mod scenes;
pub mod talk;
pub mod tap;
pub mod veth;
pub mod wire;
