//! IPv4, IPv6, ICMP and UDP around a TCP stack.
//!
//! * [`Packet`]: an IP packet that arrived, its header understood.
//! * [`Header`]: the IP header of a packet to be sent.
//! * Echo, and errors read and made: [`icmp`].
//! * Datagrams: [`udp`].
//! * [`Prefix`], [`address`]: which addresses can be talked to.
//!
//! Everything that reads is total: every input gives a value or an error. Fragments are refused, not put together.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod address;
mod header;
pub mod icmp;
mod packet;
mod protocol;
pub mod udp;

pub use address::Prefix;
pub use header::Header;
pub use icmp::Unreachable;
pub use packet::{Packet, PacketError};
pub use protocol::Protocol;
