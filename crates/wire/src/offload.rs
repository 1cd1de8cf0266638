//! What is left to, or was done by, a device.

use core::num::NonZeroU16;

/// Where a packet's transport checksum stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Checksum {
    /// Outgoing: in place and complete. Incoming: not meant to be checked again.
    Done,
    /// Incoming: the device verified it.
    Verified,
    /// Incoming: as it came from the wire, not looked at.
    #[default]
    Unknown,
    /// Only the pseudo-header's sum is in place; whoever is next adds the octets from `start` on and stores the
    /// result at `start + offset`. Both count from the first octet of the IP header.
    Partial {
        /// The first octet to be summed: where the transport header begins.
        start: u16,
        /// Where the checksum field lies, counted from `start`.
        offset: u16,
    },
}

/// A super-segment that the device cuts up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gso {
    /// Payload octets per segment on the wire.
    pub size: NonZeroU16,
    /// Which headers are to be repeated.
    pub kind: GsoKind,
    /// Octets of all headers, from the first of the IP header to the end of the transport header.
    pub header_len: u16,
}

/// The headers in front of a super-segment's payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GsoKind {
    /// TCP over IPv4.
    Tcp4,
    /// TCP over IPv6.
    Tcp6,
    /// UDP over IPv4.
    Udp4,
    /// UDP over IPv6.
    Udp6,
}
