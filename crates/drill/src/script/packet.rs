//! A packet as a script writes it.

use std::fmt;

use cordial_wire::Flags;

use super::Place;

/// A packet, to be injected or expected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packet {
    /// Where it begins, at its direction.
    pub at: Place,
    /// What is said of the IP header.
    pub ip: Ip,
    /// The remote and the local port, where the packet belongs to another flow than the one under test.
    pub ports: Option<(u16, u16)>,
    /// What it carries.
    pub body: Body,
}

/// What a script says of an IP header; nothing said is nothing checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ip {
    /// The ECN field.
    pub ecn: Option<Ecn>,
    /// The whole TOS or traffic-class octet.
    pub tos: Option<u8>,
    /// Hops left.
    pub ttl: Option<u8>,
    /// The flow label.
    pub flow: Option<u32>,
}

/// The ECN field of an IP header (RFC 3168 §5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ecn {
    /// Not ECN-capable.
    No,
    /// ECT(0).
    Ect0,
    /// ECT(1).
    Ect1,
    /// ECT(0) or ECT(1).
    Ect01,
    /// Congestion experienced.
    Ce,
}

/// What a packet carries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Body {
    /// A TCP segment.
    Tcp(TcpPacket),
    /// An ICMP message.
    Icmp(Icmp),
}

/// A number in sequence space: relative to where its direction began, unless it is written with `!`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Number {
    /// As written.
    pub value: u32,
    /// As it is on the wire.
    pub absolute: bool,
}

/// A TCP segment as a script writes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TcpPacket {
    /// Control bits; `.` is ACK.
    pub flags: Flags,
    /// Position of the first octet.
    pub seq: Number,
    /// Octets of data.
    pub len: u32,
    /// The acknowledgment number, where one is written.
    pub ack: Option<Number>,
    /// The window, where one is written.
    pub window: Option<u16>,
    /// The urgent pointer.
    pub urgent: Option<u16>,
    /// The options.
    pub options: Options,
}

/// The options of a segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Options {
    /// `<...>`: whatever they are.
    Unchecked,
    /// These; none if nothing is written.
    These(Vec<TcpOption>),
}

/// An option of a segment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TcpOption {
    /// `mss 1460`
    Mss(u16),
    /// `wscale 7`
    WindowScale(u8),
    /// `sackOK`
    SackPermitted,
    /// `sack 1:1001 3001:4001`
    Sack(Vec<(u32, u32)>),
    /// `TS val 100 ecr 0`
    Timestamps {
        /// TSval.
        value: u32,
        /// TSecr.
        echo: u32,
    },
    /// `nop`
    Nop,
    /// `eol`
    End,
    /// `FO` with its cookie, `FOEXP` if `experimental`.
    FastOpen {
        /// The cookie; empty asks for one.
        cookie: Vec<u8>,
        /// By the experimental kind and magic number (RFC 7413 §A).
        experimental: bool,
    },
    /// `md5`, valid or not.
    Md5,
    /// Any other: its kind and the octets after its length.
    Raw {
        /// The kind.
        kind: u8,
        /// What follows the length octet.
        value: Vec<u8>,
    },
}

/// An ICMP message, in the words that IPv4 and IPv6 share.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Icmp {
    /// What it says.
    pub kind: IcmpKind,
    /// The MTU it names.
    pub mtu: Option<u32>,
    /// The segment it quotes: position and octets of data.
    pub quoted: Option<(Number, u32)>,
}

/// What an ICMP message says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IcmpKind {
    /// Type and code over IPv4.
    pub v4: Option<(u8, u8)>,
    /// Type and code over IPv6.
    pub v6: Option<(u8, u8)>,
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.value, if self.absolute { "!" } else { "" })
    }
}

impl fmt::Display for TcpOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mss(mss) => write!(f, "mss {mss}"),
            Self::WindowScale(shift) => write!(f, "wscale {shift}"),
            Self::SackPermitted => f.write_str("sackOK"),
            Self::Sack(blocks) => {
                f.write_str("sack")?;
                blocks.iter().try_for_each(|(start, end)| write!(f, " {start}:{end}"))
            }
            Self::Timestamps { value, echo } => write!(f, "TS val {value} ecr {echo}"),
            Self::Nop => f.write_str("nop"),
            Self::End => f.write_str("eol"),
            Self::FastOpen { cookie, experimental } => {
                f.write_str(if *experimental { "FOEXP" } else { "FO" })?;
                if !cookie.is_empty() {
                    f.write_str(" ")?;
                }
                cookie.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
            }
            Self::Md5 => f.write_str("md5"),
            Self::Raw { kind, value } => {
                write!(f, "0x{kind:02x} 0x")?;
                value.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
            }
        }
    }
}
