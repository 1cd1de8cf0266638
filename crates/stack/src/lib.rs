//! One host: demultiplexing, listeners, TIME-WAIT, ports, timers.
//!
//! A [`Stack`] is driven from outside: what happened goes in with the time it happened, what to do comes out.
//!
//! ```text
//! frames  ─▶ on_frame                     poll_transmit ─▶ frames
//! time    ─▶ on_timer                     next_deadline ─▶ when to come back
//! calls   ─▶ listen, connect, write, …    poll_event    ─▶ who to wake
//! ```
//!
//! Any number of inputs may come before a poll, and polling once too often does no harm. Nothing here asks for the
//! time, waits, or locks. Every segment costs one hash and one table access, however many connections there are.
//!
//! To read: [`Stack`], then `demux` (from a packet to what it belongs to), `settle` (what follows from what a
//! connection did), and the tables: `slab`, `list`, `index`, `wheel`.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod bind;
mod chance;
mod config;
mod counters;
mod error;
mod event;
mod fact;
mod frame;
mod id;
mod info;

mod stack;
mod table;

mod chain;
mod index;
mod key;
mod list;
mod slab;
mod wheel;

mod connections;
mod cookie;
mod echo;
mod fast_open;
mod fragments;
mod listener;
mod paths;
mod ports;
mod replies;
mod syn_cache;
mod time_waits;
mod udp;
mod undecided;

pub use bind::{Answer, Bind, IcmpCode, ListenConfig};
pub use chance::{Chance, Seeded};
pub use config::{Config, Limits, LinkConfig, OwnAddress};
pub use cordial_ip::Prefix;
pub use cordial_tcp::{
    CloseCause, Dscp, Half, Instant, Path, Phase, ReadError, Slices, Statistics, TcpConfig, Vars, WriteError,
};
pub use cordial_wire::{Checksum, Gso, GsoKind};
pub use counters::{Counter, Counters};
pub use echo::EchoRequest;
pub use error::{AnswerError, BindError, ConnectError, ListenError, UdpSendError};
pub use event::Event;
pub use fact::{Call, Fact, Observer, Tuple, What};
pub use frame::{Frame, Transmit};
pub use id::{ConnId, LinkId, ListenerId, SynId, UdpId};
pub use info::{Info, Shown};
pub use stack::Stack;
pub use table::Table;
pub use udp::Datagram;
