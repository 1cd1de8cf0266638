//! A script as it was written: options, events, and what belongs to them.

mod call;
mod packet;

use std::fmt;
use std::time::Duration;

pub use call::{Call, Expected, Field, Value};
pub use packet::{Body, Ecn, Icmp, IcmpKind, Ip, Number, Options, Packet, TcpOption, TcpPacket};

/// A place in a script; both count from 1, columns in characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A script.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Script {
    /// `--name=value` lines, in their order.
    pub options: Vec<ScriptOption>,
    /// Everything that happens, in its order; commands before and after have no time of their own.
    pub events: Vec<Event>,
}

/// A `--name=value` line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptOption {
    /// Where it stands.
    pub at: Place,
    /// The name, dashes left out.
    pub name: String,
    /// The value; empty where there is none.
    pub value: String,
}

/// Something that happens, or is expected to.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// Where its time stands, or its action where it has none.
    pub at: Place,
    /// When.
    pub time: Time,
    /// Set on a call that waits: how long after the base of `time` it must have returned.
    pub until: Option<Duration>,
    /// What.
    pub action: Action,
}

/// When an event is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Time {
    /// Counted from the beginning of the script.
    At(Duration),
    /// Counted from the event before.
    After(Duration),
    /// Between two moments counted from the beginning.
    Between(Duration, Duration),
    /// Between two moments counted from the event before.
    AfterBetween(Duration, Duration),
    /// At any time.
    Any,
}

/// What happens.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// A packet arrives at the stack: `<`.
    Inject(Packet),
    /// A packet is expected of the stack: `>`.
    Expect(Packet),
    /// The application calls.
    Call(Call),
    /// A shell command.
    Shell(String),
    /// Python code.
    Code(String),
}
