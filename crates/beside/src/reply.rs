//! What came back, in a form in which two stacks can be compared.

use std::fmt;

use cordial_tcp::Phase;
use cordial_wire::Flags;

/// What one step drew.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Observed {
    /// Segments, in the order in which they came.
    pub replies: Vec<Reply>,
    /// The state after it.
    pub state: Phase,
    /// What the application read, if it did.
    pub read: Option<Heard>,
}

/// What a call of read gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Heard {
    /// Octets.
    pub octets: usize,
    /// How they ended.
    pub end: HeardEnd,
}

/// What there is to read after the last octet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeardEnd {
    /// More may come.
    Open,
    /// Nothing more will.
    End,
    /// The connection was lost.
    Error,
}

/// A segment that a stack sent: numbers relative to where both directions began. PSH is left out, for nobody acts on it
/// (RFC 9293 §3.9.1.2), and so is the size of a window, but for whether it is closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// Its control bits, without PSH.
    pub flags: Flags,
    /// SEG.SEQ.
    pub seq: Place,
    /// SEG.ACK.
    pub ack: Option<Place>,
    /// Octets of data.
    pub len: usize,
    /// The window is closed.
    pub closed_window: bool,
    /// The MSS option's value.
    pub mss: Option<u16>,
    /// There is a window scale option; every stack has a shift of its own.
    pub scales: bool,
    /// There is a SACK-permitted option.
    pub sack_permitted: bool,
    /// TSecr, relative to our first TSval; zero, as it stands, is `None` inside.
    pub echo: Option<Option<i32>>,
    /// SACK blocks.
    pub sack: Vec<(Place, Place)>,
}

/// A position in sequence space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// So far from where the direction began.
    At(i32),
    /// So far from the right edge of the window, which stacks have in different places.
    Edge(i32),
    /// The number zero as it stands, in a reset that has no better.
    Zero,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(by) => by.fmt(f),
            Self::Edge(0) => f.write_str("edge"),
            Self::Edge(by) => write!(f, "edge{by:+}"),
            Self::Zero => f.write_str("zero"),
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} seq={}", self.flags, self.seq)?;
        if let Some(ack) = self.ack {
            write!(f, " ack={ack}")?;
        }
        if self.len > 0 {
            write!(f, " len={}", self.len)?;
        }
        if self.closed_window {
            f.write_str(" win=0")?;
        }
        if let Some(mss) = self.mss {
            write!(f, " mss={mss}")?;
        }
        if self.scales {
            f.write_str(" scale")?;
        }
        if self.sack_permitted {
            f.write_str(" sack-permitted")?;
        }
        match self.echo {
            None => {}
            Some(None) => f.write_str(" echo=zero")?,
            Some(Some(echo)) => write!(f, " echo={echo}")?,
        }
        for (start, end) in &self.sack {
            write!(f, " sack={start}..{end}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.replies.is_empty() {
            f.write_str("nothing")?;
        }
        for (at, reply) in self.replies.iter().enumerate() {
            write!(f, "{}{reply}", if at > 0 { "; " } else { "" })?;
        }
        if let Some(Heard { octets, end }) = self.read {
            write!(f, " (read {octets}, {end:?})")?;
        }
        write!(f, " -> {}", self.state)
    }
}
