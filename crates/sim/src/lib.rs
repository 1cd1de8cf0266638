//! A simulated network in virtual time: hosts, links, faults, programs, and oracles that watch every run.
//!
//! ```text
//!            Task (what a program calls, and when)
//!              │
//! host ── Stack ── wire ── router, NAT ── wire ── Stack ── host      Topology: a list of nodes and of wires
//!          │        │                              │
//!          │      Fault (what befalls a segment, named c6 or s2), Link (what befalls anybody's)
//!          └────────┴──────▶ Trace ──▶ events: JSON lines, ladder     the record: byte for byte the same for a seed
//!                   └──────▶ oracles ──▶ Violation                    a value, never a panic
//! ```
//!
//! A [`World`] is made of a [`Topology`] and a seed. There are two ways to have programs at its hosts: calls made now
//! ([`World::connect`], [`World::write`], …), for tests that look in between, and [`Task`]s, which are lists of calls
//! with times, each waiting for the one before, for scenarios. Then time passes: [`World::step`], [`World::run_until`],
//! [`World::run_out`]. Nothing happens outside of these, nobody asks for the time, and all chance comes from the seed.
//!
//! ```
//! use std::time::Duration;
//! use cordial_sim::{CLIENT, Link, SERVER, Task, World};
//!
//! let mut world = World::pair(7, Link::with_delay(Duration::from_millis(10)));
//! world.keep_record();
//! world.start(SERVER, Task::new().listen(80, 4).accept(80).read_to_end().write(5).close());
//! world.start(CLIENT, Task::new().connect((SERVER, 80)).write(5).shutdown_write().read_to_end().close());
//! world.fault_at("c1", cordial_sim::Fate::Drop).unwrap();
//! world.run_out().unwrap();
//! assert!(world.finish().is_empty(), "seed {}", world.seed());
//! assert!(world.compact().contains("--x"), "the first SYN was lost");
//! ```
//!
//! What to read: [`World`], then [`topology`] and [`link`] (the network), [`fault`] (single segments), [`task`]
//! (programs), [`oracle`] (what must hold), [`Property`] (the list of properties that search, swarm and tests share).
#![forbid(unsafe_code)]

pub mod fault;
pub mod link;
pub mod oracle;
pub mod property;
pub mod task;
pub mod topology;
mod world;

mod chance;
mod journey;
mod nat;
mod packet;
mod pattern;
mod tap;
mod wire;

pub use chance::Dealt;
pub use fault::{Edit, Fate, Passing, Target};
pub use journey::{By, Journey};
pub use link::{Link, Queue, TooBig};
pub use nat::{Forgotten, NatConfig};
pub use oracle::{Objection, Oracle, Patience, Violation};
pub use pattern::octet;
pub use property::Property;
pub use tap::{Seen, Tap};
pub use task::{Call, Decision, Errno, Return, Task, TaskId, Value, When};
pub use topology::{CLIENT, HostId, NodeId, SERVER, Topology, TopologyError, Way, WireId};
pub use world::{Action, Bound, Endless, Forged, KeptPacket, PacketDirection, Socket, SocketInfo, World};
