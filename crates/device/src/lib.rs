//! Where packets come from and go to.
//!
//! A [`Device`] carries raw IP packets: it is read until it is empty and written while it has room,
//! and it never blocks. What it saves the processor is part of its interface: a packet may leave
//! with its checksum unfinished, or as a *super-segment*, many TCP segments under one header that
//! the other side cuts up (or never does).
//!
//! | device | for |
//! | --- | --- |
//! | [`Tun`] | the kernel's TCP on the other side, through `/dev/net/tun` with the virtio-net header |
//! | [`Veth`] | the same without that file: a packet socket on one end of a veth pair |
//! | [`MemoryLink`] | another stack in the same process: tests, benchmarks, proxies |
//! | [`Lossy`] | any of them, with packets lost, repeated and overtaken by seeded chance |
//! | [`Path`] | any of them at the end of a path with delay and rate, and a [`Judge`] of every packet |
//!
//! A loop over a device reads like this; [`Readiness`] says how to sleep between two rounds.
//!
//! ```
//! use cordial_device::{Device, MAX_PACKET, MemoryConfig, MemoryLink, Outgoing};
//!
//! let (mut ours, mut theirs) = MemoryLink::pair(MemoryConfig::default());
//! theirs.send(&Outgoing::plain(&[0x45, 0, 0, 20]))?;
//!
//! let mut buffer = vec![0; MAX_PACKET];
//! while let Some(packet) = ours.receive(&mut buffer)? {
//!     assert_eq!(packet.octets, [0x45, 0, 0, 20]);
//! }
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Nothing in here knows what is inside a packet, but that a [`Veth`] answers who has an address;
//! and nothing asks for the time: a device that holds packets back is told.

mod bell;
mod device;
mod dice;
mod ethernet;
mod gather;
mod lossy;
mod memory;
mod packet_socket;
mod path;
mod ring;
mod room;
mod tun;
mod veth;
mod virtio;

pub use bell::Bell;
pub use cordial_ip::MacAddress;
pub use cordial_wire::{Checksum, Gso, GsoKind};
pub use device::{Device, Direction, MAX_PACKET, MAX_SLICES, Offload, Outgoing, Readiness, Received};
pub use dice::Dice;
pub use lossy::{Faults, Lossy, Tally};
pub use memory::{MemoryConfig, MemoryLink};
pub use path::{Judge, Passage, Path, PathConfig};
pub use tun::{InterfaceName, Tun, TunConfig};
pub use veth::Veth;
