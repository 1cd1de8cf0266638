//! A segment of ours, its numbers relative to what the stack under test said before.

use std::fmt;

use cordial_wire::Flags;

use crate::Kind;

/// A segment yet to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shape {
    /// What it is meant as.
    pub kind: Kind,
    /// Where SEG.SEQ is counted from.
    pub seq: SeqFrom,
    /// How far from there.
    pub seq_by: i32,
    /// Its control bits.
    pub flags: Flags,
    /// Where SEG.ACK is counted from.
    pub ack: AckFrom,
    /// How far from there.
    pub ack_by: i32,
    /// How much data it has.
    pub length: Length,
    /// Its window field.
    pub window: u16,
    /// Its urgent pointer.
    pub urgent: u16,
    /// Its timestamps.
    pub stamp: Stamp,
    /// Its other options.
    pub options: Extra,
    /// What is wrong with its header.
    pub flaw: Option<Flaw>,
}

/// What SEG.SEQ is counted from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SeqFrom {
    /// RCV.NXT, as last acknowledged; our ISS before that.
    Next,
    /// RCV.NXT + RCV.WND, as last told.
    Edge,
    /// IRS: our SYN.
    First,
}

/// What SEG.ACK is counted from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AckFrom {
    /// SND.UNA.
    Una,
    /// SND.NXT: the most that can be acknowledged.
    Max,
    /// The same as `Una`, but not past SND.NXT.
    Within,
    /// SND.UNA − MAX.SND.WND (RFC 5961 §5.2).
    Oldest,
}

/// How much data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Length {
    /// So many octets.
    Octets(u16),
    /// Everything up to the window's edge, in as many segments as that takes.
    ToEdge,
}

/// Timestamps, where they were agreed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stamp {
    /// As it should be: our clock, and the last TSval heard.
    Fresh,
    /// None.
    Missing,
    /// TSval so far from the last one sent as it should be.
    Value(i32),
    /// TSecr so far from the last TSval heard.
    Echo(i32),
}

/// Options besides timestamps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Extra {
    /// None.
    None,
    /// What the sequence's SYN offers.
    Offer,
    /// These octets, in front of timestamps.
    Octets(Vec<u8>),
    /// A SACK option of blocks of these, counted from SND.UNA.
    Sack(Vec<(i32, i32)>),
}

/// What makes a segment none at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flaw {
    /// A wrong checksum.
    Checksum,
    /// A data offset of so many words.
    Offset(u8),
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {} seq={}", self.kind.name(), self.flags, place(&self.seq, self.seq_by))?;
        if self.flags.contains(Flags::ACK) {
            write!(f, " ack={}", place(&self.ack, self.ack_by))?;
        }
        match self.length {
            Length::Octets(0) => {}
            Length::Octets(octets) => write!(f, " len={octets}")?,
            Length::ToEdge => f.write_str(" len=to the edge")?,
        }
        if self.window != Self::WINDOW {
            write!(f, " win={}", self.window)?;
        }
        if self.urgent > 0 || self.flags.contains(Flags::URG) {
            write!(f, " urg={}", self.urgent)?;
        }
        if self.stamp != Stamp::Fresh {
            write!(f, " stamp={:?}", self.stamp)?;
        }
        match &self.options {
            Extra::None => {}
            Extra::Octets(octets) => write!(f, " options={octets:02x?}")?,
            other => write!(f, " options={other:?}")?,
        }
        self.flaw.map_or(Ok(()), |flaw| write!(f, " flaw={flaw:?}"))
    }
}

fn place(from: &impl fmt::Debug, by: i32) -> String {
    if by == 0 { format!("{from:?}") } else { format!("{from:?}{by:+}") }
}

impl Shape {
    /// The window field of a segment about which nothing is odd.
    pub const WINDOW: u16 = 30_000;

    /// An ACK of everything, in order.
    pub fn ack(kind: Kind) -> Self {
        Self {
            kind,
            seq: SeqFrom::Next,
            seq_by: 0,
            flags: Flags::ACK,
            ack: AckFrom::Max,
            ack_by: 0,
            length: Length::Octets(0),
            window: Self::WINDOW,
            urgent: 0,
            stamp: Stamp::Fresh,
            options: Extra::None,
            flaw: None,
        }
    }

    /// The same with data.
    pub fn data(kind: Kind, octets: u16) -> Self {
        Self { flags: Flags::ACK | Flags::PSH, length: Length::Octets(octets), ..Self::ack(kind) }
    }

    /// Our SYN.
    pub fn syn() -> Self {
        Self { flags: Flags::SYN, seq: SeqFrom::First, options: Extra::Offer, ..Self::ack(Kind::Syn) }
    }

    /// The answer to a SYN.
    pub fn syn_ack() -> Self {
        Self { kind: Kind::SynAck, flags: Flags::SYN | Flags::ACK, ..Self::syn() }
    }

    /// The end of our stream.
    pub fn fin() -> Self {
        Self { flags: Flags::ACK | Flags::FIN, ..Self::ack(Kind::Fin) }
    }
}
