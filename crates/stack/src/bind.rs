//! Where a listener or a UDP socket stands.

use alloc::sync::Arc;
use core::net::SocketAddr;
use core::num::NonZeroU32;

use cordial_tcp::TcpConfig;

/// Where a listener or a UDP socket stands. The narrowest place that fits gets what arrives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Bind {
    /// One address and port. An unspecified address counts as [`Bind::Port`] for both families.
    Addr(SocketAddr),
    /// A port of every address, IPv4 and IPv6.
    Port(u16),
    /// Every address and port: what a gateway takes.
    Any,
}

impl Bind {
    /// The narrower of two ways to say the same; IPv6's flow and scope are not part of a place.
    pub(crate) fn normal(self) -> Self {
        match self {
            Self::Addr(at) if at.ip().is_unspecified() => Self::Port(at.port()),
            Self::Addr(at) => Self::Addr(SocketAddr::new(at.ip(), at.port())),
            other => other,
        }
    }

    /// The places that take what arrives at `at`, narrowest first.
    pub(crate) fn candidates(at: SocketAddr) -> [Self; 3] {
        [Self::Addr(at), Self::Port(at.port()), Self::Any]
    }
}

/// The settings of a listener.
#[derive(Clone, Debug, Default)]
pub struct ListenConfig {
    /// How many connections may wait to be accepted; none: [`Limits::accept_queue`](crate::Limits::accept_queue).
    /// 0 counts as 1.
    pub backlog: Option<u32>,
    /// Put every SYN before the application, and send nothing until it answered.
    pub decide: bool,
    /// Take octets that ride on the SYN of a caller who brings a cookie (RFC 7413), from this many callers at most whose
    /// third segment has not come. Off: such octets may be delivered twice, which only the application can know to be
    /// harmless (§2, §6.1). A listener that decides on each SYN takes none.
    pub fast_open: Option<NonZeroU32>,
    /// What its connections start from; none: the stack's.
    pub tcp: Option<Arc<TcpConfig>>,
}

/// What becomes of an undecided SYN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Go on with the handshake.
    Accept,
    /// Refuse as a closed port does.
    Reset,
    /// Say by ICMP that it cannot be reached.
    Unreachable(IcmpCode),
    /// Say nothing, as if the SYN had been lost. The next one is put before the application again.
    Ignore,
}

pub use cordial_ip::Unreachable as IcmpCode;
