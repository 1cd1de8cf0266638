//! One TCP connection as a pure machine: what happened goes in with the time it happened, what to do comes out.
//!
//! No sockets, clocks, threads or dice are in here, no addresses and no ports. A caller gives a [`Connection`] the
//! segments that are its own and the time, and asks it for segments to send:
//!
//! ```
//! # use std::sync::Arc;
//! # use cordial_tcp::{Connection, HalfOpen, Instant, Phase, Pool, Room, TcpConfig};
//! # use cordial_wire::SeqNum;
//! let config = Arc::new(TcpConfig::default());
//! let (now, room) = (Instant::ZERO, Room { super_segment: 0 });
//! let mut pool = Pool::new(1 << 20);
//!
//! let mut client = Connection::connect(now, SeqNum(100), 0, 1460, &config);
//! let syn = client.poll_segment(now, room, &pool).unwrap().header;
//! let half = HalfOpen::new(now, &syn, SeqNum(300), 0, &config);
//! let syn_ack = half.syn_ack(now, 1460, &config);
//! client.on_segment(now, &syn_ack, &mut pool);
//! assert_eq!(client.phase(), Phase::Established);
//! ```
//!
//! # What to read
//!
//! A connection is two halves, one per direction; the RFC's states are names for the pairs ([`phase`]). `connection`
//! has the calls, `handshake` and `synchronized` what a segment does, by state; `send` and `receive` are the halves,
//! `congestion` decides how much may be in flight. A half-open connection ([`HalfOpen`]) and one in TIME-WAIT
//! ([`TimeWait`]) are small values of their own. [`Pool`] and [`Octets`] hold what was written and received.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod time;

mod calls;
mod config;
mod connection;
mod outcome;
mod state;
mod statistics;
mod vars;

mod fast_open;
mod half_open;
mod handshake;
mod last_answer;
mod reset;
mod synchronized;
mod time_wait;
mod timers;
mod urgent;
mod user_timeout;

mod receive;
mod send;

pub mod congestion;

mod clock;
mod dscp;
mod octets;
mod pool;

pub use calls::{Half, ReadError, WriteError};
pub use config::{ChallengeAcks, Keepalive, LEAST_MSS, TcpConfig, WINDOW_SHIFT};
pub use congestion::{CongestionControl, Controller, NewReno};
pub use connection::{Connection, HeaderOut, SegmentOut};
pub use dscp::Dscp;
pub use fast_open::{FastOpenCall, FastOpenLesson, FastOpenResult};
pub use half_open::{HalfOpen, HalfOpenNext, HalfOpenOutcome, listen};
pub use octets::{Octets, Slices};
pub use outcome::{CloseCause, Effects, Outcome, Refusal, Rule};
pub use pool::{LARGE as CHUNK, Pool};
pub use receive::{Assembler, Inserted};
pub use reset::reset_for;
pub use send::{MtuProbing, Room, RtoLimits, RttEstimator};
pub use state::{Phase, ReceiveEnd, SendEnd, SendStart, phase};
pub use statistics::{Path, Statistics};
pub use time::{Deadline, Instant};
pub use time_wait::{TimeWait, TimeWaitNext, TimeWaitOutcome};
pub use user_timeout::UserTimeoutOption;
pub use vars::{Timers, Vars};
