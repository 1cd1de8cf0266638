//! What a segment is meant as: the columns of the coverage.

/// What a segment is meant as.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// An opening SYN.
    Syn,
    /// Its answer.
    SynAck,
    /// Octets in order.
    Data,
    /// An ACK of everything.
    Ack,
    /// An ACK of a part.
    PartialAck,
    /// The ACK that was sent before.
    SameAck,
    /// A FIN in order.
    Fin,
    /// Octets and a FIN in order.
    DataFin,
    /// Octets that came before.
    Again,
    /// Octets of which some came before.
    Overlap,
    /// Octets behind a hole.
    Ahead,
    /// A window that changes.
    Window,
    /// A window that closes.
    ZeroWindow,
    /// A probe of one position that came before.
    Probe,
    /// As much as the window lets.
    Fill,
    /// A number at an edge of the window.
    SeqEdge,
    /// An acknowledgment at an edge of what can be acknowledged.
    AckEdge,
    /// Any combination of control bits.
    Flags,
    /// A reset, anywhere around the window.
    Reset,
    /// A SYN that does not open, anywhere around the window.
    LateSyn,
    /// Timestamps that are old, missing, or echo what was never sent.
    Stamp,
    /// Options that are malformed, unknown, or out of place.
    Options,
    /// Selective acknowledgments of what was never sent, or twisted.
    Sack,
    /// An urgent pointer.
    Urgent,
    /// Not a segment.
    Flaw,
}

impl Kind {
    /// Those an honest peer sends, and then those it does not.
    pub const ALL: [Self; 25] = [
        Self::Syn,
        Self::SynAck,
        Self::Data,
        Self::Ack,
        Self::PartialAck,
        Self::SameAck,
        Self::Fin,
        Self::DataFin,
        Self::Again,
        Self::Overlap,
        Self::Ahead,
        Self::Window,
        Self::ZeroWindow,
        Self::Probe,
        Self::Fill,
        Self::SeqEdge,
        Self::AckEdge,
        Self::Flags,
        Self::Reset,
        Self::LateSyn,
        Self::Stamp,
        Self::Options,
        Self::Sack,
        Self::Urgent,
        Self::Flaw,
    ];

    /// A short name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Syn => "syn",
            Self::SynAck => "syn-ack",
            Self::Data => "data",
            Self::Ack => "ack",
            Self::PartialAck => "partial-ack",
            Self::SameAck => "same-ack",
            Self::Fin => "fin",
            Self::DataFin => "data-fin",
            Self::Again => "again",
            Self::Overlap => "overlap",
            Self::Ahead => "ahead",
            Self::Window => "window",
            Self::ZeroWindow => "zero-window",
            Self::Probe => "probe",
            Self::Fill => "fill",
            Self::SeqEdge => "seq-edge",
            Self::AckEdge => "ack-edge",
            Self::Flags => "flags",
            Self::Reset => "reset",
            Self::LateSyn => "late-syn",
            Self::Stamp => "stamp",
            Self::Options => "options",
            Self::Sack => "sack",
            Self::Urgent => "urgent",
            Self::Flaw => "flaw",
        }
    }

    /// True if only an attacker or a broken stack sends it.
    pub const fn is_hostile(self) -> bool {
        self as u8 >= Self::SeqEdge as u8
    }
}
