//! Why a call failed: one small enum per call.

use core::fmt;

/// Why nothing listens now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListenError {
    /// Another listener has exactly this place.
    InUse,
    /// The address is not one of this host's, or nobody can listen there: multicast, broadcast.
    BadAddress,
}

/// Why a SYN could not be answered that way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AnswerError {
    /// It was answered or withdrawn before.
    Gone,
    /// The SYN cache is full, and no entry gives way. The SYN stays undecided: try again, or refuse it.
    Full,
}

/// Why no connection was opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConnectError {
    /// Nobody can be connected to there: port 0, unspecified, multicast, broadcast, mixed families.
    BadAddress,
    /// No address of this host can be the source, or `from` is not one of them.
    NoSource,
    /// This pair of addresses and ports is connected, or still in TIME-WAIT.
    InUse,
    /// Every ephemeral port to this destination is taken.
    PortsExhausted,
    /// Both ends would be the same socket. RFC 9293 would open it by simultaneous open; nobody who asked for it
    /// meant it.
    SelfConnect,
    /// The bound on connections is reached.
    Full,
}

/// Why no UDP socket was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BindError {
    /// Another socket has exactly this place.
    InUse,
    /// The address is not one of this host's.
    BadAddress,
    /// Every ephemeral port is taken.
    PortsExhausted,
}

/// Why a datagram was not sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UdpSendError {
    /// The socket is gone.
    Gone,
    /// No source, port 0, multicast, broadcast, mixed families.
    BadAddress,
    /// No IP packet is long enough for it: 65,507 octets are the most over IPv4, 65,527 over IPv6.
    TooLong,
    /// The queue to the link is full.
    Full,
}

macro_rules! texts {
    ($($name:ident { $($case:ident = $text:literal),* $(,)? })*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$case => $text),* })
            }
        }
        impl core::error::Error for $name {}
    )*};
}

texts! {
    ListenError { InUse = "address in use", BadAddress = "not an address to listen on" }
    AnswerError { Gone = "the SYN is gone", Full = "the SYN cache is full" }
    ConnectError {
        BadAddress = "not an address to connect to",
        NoSource = "no source address",
        InUse = "already connected or in TIME-WAIT",
        PortsExhausted = "no ephemeral port left",
        SelfConnect = "both ends are the same",
        Full = "too many connections",
    }
    BindError {
        InUse = "address in use",
        BadAddress = "not an address to bind",
        PortsExhausted = "no ephemeral port left",
    }
    UdpSendError {
        Gone = "the socket is gone",
        BadAddress = "not an address to send to or from",
        TooLong = "longer than a datagram can be",
        Full = "the queue to the link is full",
    }
}
