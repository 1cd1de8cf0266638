//! ICMP over IPv4 (RFC 792) and IPv6 (RFC 4443): echo, and errors read and made.

mod emit;
mod parse;
mod plateau;

use core::net::SocketAddr;

use cordial_wire::SeqNum;

use crate::Protocol;

pub use emit::{
    echo_packet, echo_reply, parameter_problem, protocol_unreachable, reassembly_timeout, too_big,
    unreachable,
};
pub use parse::parse;
pub use plateau::plateau_below;

/// An ICMP message that arrived, as far as it concerns us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Message<'a> {
    /// An echo request: answer with [`echo_reply`].
    EchoRequest(Echo<'a>),
    /// An echo reply.
    EchoReply(Echo<'a>),
    /// Something we sent did not arrive, or will not be forwarded.
    Error(Error),
    /// Neighbour and router discovery, multicast listeners, and all else there is: not for us.
    Other,
}

/// An echo request or reply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Echo<'a> {
    /// Tells one sender's requests from another's.
    pub id: u16,
    /// Numbers the requests.
    pub sequence: u16,
    /// What comes back unchanged.
    pub octets: &'a [u8],
}

/// Which of the two messages of an echo.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum EchoKind {
    /// Who is asked answers with the same octets.
    Request,
    /// The answer.
    Reply,
}

/// An ICMP error about a packet that we sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Error {
    /// The type field.
    pub kind: u8,
    /// The code field.
    pub code: u8,
    /// What it means for TCP.
    pub meaning: Meaning,
    /// The packet, as far as it is quoted.
    pub quoted: Quoted,
}

/// What an ICMP error means for a connection (RFC 9293 §3.9.2.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// No use in trying again: no such protocol or port.
    Hard,
    /// It may pass: no route, time exceeded, parameter problem, prohibited by an administrator.
    Soft,
    /// The packet was longer than a link carries: at most this many octets pass; 0 if it was not said.
    TooBig {
        /// Octets of the largest packet that passes.
        mtu: u32,
    },
    /// To be ignored: source quench (RFC 6633).
    Ignored,
}

/// The head of a packet as an error quotes it. We were its source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quoted {
    /// Where it came from.
    pub source: SocketAddr,
    /// Where it was to go.
    pub destination: SocketAddr,
    /// What it carried.
    pub protocol: Protocol,
    /// Octets it had in all.
    pub total_len: u16,
    /// For TCP, its sequence number; else the four octets after the ports.
    pub seq: SeqNum,
}

/// What makes a destination unreachable.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Unreachable {
    /// No route.
    Network,
    /// The host does not answer.
    Host,
    /// Nobody has the port.
    Port,
    /// Communication is prohibited by an administrator.
    Admin,
}
