//! IPv4, IPv6, ICMP and UDP around a TCP stack.
//!
//! * [`Packet`]: an IP packet that arrived, its header understood.
//! * [`Header`]: the IP header of a packet to be sent.
//! * Echo, and errors read and made: [`icmp`].
//! * Datagrams: [`udp`].
//! * Fragments put together and made: [`Fragment`], [`Reassembly`], [`split`].
//! * [`Prefix`], [`address`]: which addresses can be talked to.
//! * [`Neighbours`]: who is on an Ethernet link, asked by [`arp`] or [`ndp`].
//!
//! Everything that reads is total: every input gives a value or an error. [`Packet::parse`] refuses fragments:
//! whoever wants what they are pieces of keeps a [`Reassembly`] for each.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod address;
pub mod arp;
mod fragment;
mod header;
pub mod icmp;
mod mac;
pub mod ndp;
mod neighbours;
mod packet;
mod protocol;
pub mod udp;

pub use address::Prefix;
pub use fragment::{Fragment, FragmentKey, Fragments, Progress, Reassembly, split};
pub use header::{Header, Marks};
pub use icmp::Unreachable;
pub use mac::MacAddress;
pub use neighbours::Neighbours;
pub use packet::{Packet, PacketError, Problem};
pub use protocol::Protocol;
