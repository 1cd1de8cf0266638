//! A captured packet, whichever format it was stored in.

/// What one record of a capture file holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'a> {
    /// When it passed: nanoseconds since 1970-01-01 UTC.
    pub time: u64,
    /// What its octets begin with.
    pub link: Link,
    /// The interface, counted from 0 over the whole file.
    pub interface: u32,
    /// Octets it had when it passed.
    pub wire_len: u32,
    /// Those that were captured.
    pub octets: &'a [u8],
}

/// What a captured packet begins with: a link-layer header type as assigned for capture files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Link {
    /// Ethernet.
    Ethernet,
    /// An IP packet, no link header.
    Raw,
    /// BSD loopback: four octets of address family, in either order.
    Loopback,
    /// Linux "cooked", version 1.
    Cooked,
    /// Linux "cooked", version 2.
    Cooked2,
    /// One that is not read: its number.
    Other(u32),
}

impl Link {
    /// The type of an assigned number; upper bits, which say something about checksums, do not count.
    pub const fn from_number(number: u32) -> Self {
        match number & 0xffff {
            1 => Self::Ethernet,
            // 12 and 14 are what some systems call raw IP; 228 and 229 are raw IPv4 and IPv6.
            12 | 14 | 101 | 228 | 229 => Self::Raw,
            0 | 108 => Self::Loopback,
            113 => Self::Cooked,
            276 => Self::Cooked2,
            other => Self::Other(other),
        }
    }
}
