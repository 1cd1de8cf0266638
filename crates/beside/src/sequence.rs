//! What happens to one connection, said so that it can happen to any stack.

use std::fmt;

use crate::Shape;

/// A connection's opening and what happens to it then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sequence {
    /// Its place in the run: with the run's seed it is drawn again.
    pub number: u64,
    /// What the application of the stack under test does first.
    pub opening: Opening,
    /// What our SYN offers.
    pub offer: Offer,
    /// Our initial sequence number.
    pub iss: u32,
    /// The application has little room for what it receives.
    pub small_buffer: bool,
    /// The application switched Nagle's algorithm off.
    pub nodelay: bool,
    /// One after the other, with a silence after each.
    pub steps: Vec<Step>,
}

/// How the application begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Opening {
    /// Nobody listens, nobody calls.
    None,
    /// It listens.
    Passive,
    /// It calls us.
    Active,
}

/// The options of our SYN.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Offer {
    /// The largest segment we take.
    pub mss: Option<u16>,
    /// Our windows are scaled by this.
    pub window_scale: Option<u8>,
    /// Selective acknowledgments.
    pub sack: bool,
    /// Timestamps.
    pub timestamps: bool,
    /// What stands behind all that.
    pub more: Vec<u8>,
}

/// One step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// The application calls.
    Call(Call),
    /// A segment of ours arrives.
    Segment(Shape),
}

/// A call of the application. One that its state does not allow does nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    /// Writes so many octets, where the connection is open for it. A stack that takes octets before that is not asked:
    /// Linux has them wait in the call.
    Write(u16),
    /// Reads all there is.
    Read,
    /// Says that it will write no more.
    ShutdownWrite,
    /// Lets go.
    Close,
    /// Gives up: a reset.
    Abort,
    /// Stops listening.
    CloseListener,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(octets) => write!(f, "write {octets}"),
            Self::Read => f.write_str("read"),
            Self::ShutdownWrite => f.write_str("shutdown(write)"),
            Self::Close => f.write_str("close"),
            Self::Abort => f.write_str("abort"),
            Self::CloseListener => f.write_str("close the listener"),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(call) => call.fmt(f),
            Self::Segment(shape) => shape.fmt(f),
        }
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, opening, offer, iss, small_buffer, nodelay, steps: _ } = self;
        write!(f, "sequence {number}: {opening:?}, our ISS {iss:#x}, {offer}")?;
        if *small_buffer {
            f.write_str(", small buffer")?;
        }
        if *nodelay { f.write_str(", no delay") } else { Ok(()) }
    }
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("offers")?;
        if let Some(mss) = self.mss {
            write!(f, " mss={mss}")?;
        }
        if let Some(shift) = self.window_scale {
            write!(f, " scale={shift}")?;
        }
        if self.sack {
            f.write_str(" sack")?;
        }
        if self.timestamps {
            f.write_str(" timestamps")?;
        }
        if self.more.is_empty() { Ok(()) } else { write!(f, " and {:02x?}", self.more) }
    }
}
