//! What a capture says of a packet besides its segment.

use std::time::Duration;

use cordial_tcp::Phase;
use cordial_wire::SeqNum;

use super::{Group, Side};

/// The packet around a segment, as a capture shows it.
///
/// A packet that a capture holds twice (a mirror port, the interface `any`) is told once; how often is in
/// [`copies`](Self::copies).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OnWire {
    /// The packet's number in the file, from 1, as other tools count.
    pub packet: u64,
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// IPv4's identification, or that of an IPv6 fragment header.
    pub ip_id: Option<u16>,
    /// IPv4: the sender forbids that routers cut it. Always true for IPv6.
    pub dont_fragment: bool,
    /// The ECN field (RFC 3168 §5): 3 is "congestion experienced".
    pub ecn: u8,
    /// Octets of the IP packet as it was at the point of capture, its header included. Above the MTU where a host's
    /// card cuts or joins segments.
    pub ip_len: u32,
    /// Octets of it that the capture cut off.
    pub missing: u32,
    /// The cut took a part of the TCP header: options cannot be read.
    pub header_cut: bool,
    /// Whether the TCP checksum holds.
    pub checksum: SumState,
    /// How often the connection's *previous* packets were seen once more, within a few milliseconds of their first
    /// appearance, since the last segment that was told.
    pub copies: u8,
    /// The capture's interface, counted from 0 over the whole file.
    pub interface: u32,
    /// The innermost VLAN.
    pub vlan: Option<u16>,
}

/// Whether a checksum holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SumState {
    /// It does.
    Good,
    /// It does not.
    Bad,
    /// It holds only the pseudo-header's sum: the card was to fill it in.
    PseudoOnly,
    /// Octets that it covers are not in the capture.
    Unknown,
}

/// The connection that had the same pair of addresses before, as it stood when the new one began.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Predecessor {
    /// Its number in the record.
    pub group: Group,
    /// How long before the new SYN its last segment was seen.
    pub quiet: Duration,
    /// Its ends, called as the *new* connection calls them.
    pub client: LastSeen,
    /// The end that is called now.
    pub server: LastSeen,
}

impl Predecessor {
    /// What the end of `side` was.
    pub const fn of(&self, side: Side) -> LastSeen {
        match side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }
}

/// An end of an earlier connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LastSeen {
    /// Its state; none is not known.
    pub state: Option<Phase>,
    /// The position after everything it sent (SND.NXT).
    pub next: Option<SeqNum>,
    /// Its newest timestamp (TSval).
    pub timestamp: Option<u32>,
}
