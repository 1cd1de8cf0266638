//! The protocols that are understood.

use etherparse::ip_number;

/// What an IP packet carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP over IPv4.
    Icmp,
    /// ICMP over IPv6.
    Icmpv6,
    /// Something else: its number.
    Other(u8),
}

impl Protocol {
    /// The protocol of an assigned number.
    #[inline]
    pub const fn from_number(number: u8) -> Self {
        const TCP: u8 = ip_number::TCP.0;
        const UDP: u8 = ip_number::UDP.0;
        const ICMP: u8 = ip_number::ICMP.0;
        const ICMPV6: u8 = ip_number::IPV6_ICMP.0;
        match number {
            TCP => Self::Tcp,
            UDP => Self::Udp,
            ICMP => Self::Icmp,
            ICMPV6 => Self::Icmpv6,
            other => Self::Other(other),
        }
    }

    /// The assigned number.
    #[inline]
    pub const fn number(self) -> u8 {
        match self {
            Self::Tcp => ip_number::TCP.0,
            Self::Udp => ip_number::UDP.0,
            Self::Icmp => ip_number::ICMP.0,
            Self::Icmpv6 => ip_number::IPV6_ICMP.0,
            Self::Other(number) => number,
        }
    }
}
