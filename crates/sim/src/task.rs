//! What the programs at the hosts do: lists of calls.
//!
//! A [`Task`] is one thread of a program. Its calls are made one after the other, each once the one before has returned
//! and its own time has come; one that has to wait (`accept`, `connect`, `read`, `write` with no room) is tried again
//! whenever the host's stack has something to tell. A task has one connection at a time: the one it connected or
//! accepted last.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use cordial_stack::{
    Answer, CloseCause, ConnectError, Half, Instant, ListenError, ReadError, TcpConfig, WriteError,
};
use cordial_tcp::Keepalive;

use crate::{HostId, Socket};

/// A task of a [`World`](crate::World), by the order in which they were started.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TaskId(pub u32);

/// A list of calls.
#[derive(Clone, Debug, Default)]
pub struct Task {
    pub(crate) steps: Vec<Step>,
    next: When,
}

/// A call and its time.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub when: When,
    pub call: Call,
}

/// When a call is made, once the one before has returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum When {
    /// At once.
    #[default]
    Next,
    /// Not before this moment.
    NotBefore(Instant),
    /// This long after the one before has returned.
    After(Duration),
    /// At this moment, even if those before have not returned: they are given up, and fail with EINTR.
    Interrupting(Instant),
}

/// What a program may call.
#[derive(Clone, Debug)]
pub enum Call {
    /// Takes connections to a port.
    Listen {
        /// The port.
        port: u16,
        /// How many may wait to be accepted; none: as the host's settings say.
        backlog: Option<u32>,
        /// What its connections start from; none: the host's.
        tcp: Option<Arc<TcpConfig>>,
        /// What is said to each SYN; none: it is taken.
        answer: Option<Decision>,
        /// From how many callers octets on the SYN are taken before their third segment (RFC 7413); none: from nobody.
        fast_open: Option<NonZeroU32>,
    },
    /// Takes no more connections to a port.
    Unlisten {
        /// The port.
        port: u16,
    },
    /// Waits for a connection to a port.
    Accept {
        /// The port.
        port: u16,
    },
    /// Opens a connection.
    Connect {
        /// To which host.
        to: HostId,
        /// To which of its ports.
        port: u16,
        /// From which port; none: one is chosen.
        from: Option<u16>,
        /// What it starts from; none: the host's.
        tcp: Option<Arc<TcpConfig>>,
        /// Returns when it is open or has failed, not at once.
        waits: bool,
    },
    /// Writes this many octets of the connection's pattern, waiting for room.
    Write(u64),
    /// Reads this many octets, or fewer if the stream ends.
    Read(u64),
    /// Reads what is there, waiting for an octet or the end of the stream.
    ReadSome,
    /// Reads what is there, if anything is, and does not mind an end or an error.
    Drain,
    /// Reads to the end of the stream.
    ReadToEnd,
    /// Ends one direction or both.
    Shutdown(Half),
    /// Lets go of the connection: it closes by itself.
    Close,
    /// Gives the connection up: a reset.
    Abort,
    /// Probes an idle peer, or not.
    Keepalive(Option<Keepalive>),
    /// Sends small pieces at once, or not.
    Nodelay(bool),
    /// Waits until the connection is over, however it ends.
    AwaitEnd,
    /// Does nothing.
    Pause,
}

/// What is said to each SYN that comes to a port.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decision {
    /// What.
    pub answer: Answer,
    /// How long it takes to decide.
    pub after: Duration,
}

impl From<Answer> for Decision {
    /// At once.
    fn from(answer: Answer) -> Self {
        Self { answer, after: Duration::ZERO }
    }
}

/// What a call came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Return {
    /// Which of the task's calls, from 0.
    pub step: usize,
    /// When it was made.
    pub called: Instant,
    /// When it returned.
    pub returned: Instant,
    /// What it returned.
    pub result: Result<Value, Errno>,
}

/// What a call returns that worked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    /// Nothing to tell.
    Done,
    /// A connection.
    Socket(Socket),
    /// Octets written or read.
    Octets(u64),
}

/// Why a call failed, in the words of programs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "each is the errno it is named after")]
pub enum Errno {
    AddressInUse,
    AddressNotAvailable,
    ConnectionAborted,
    ConnectionRefused,
    ConnectionReset,
    HostUnreachable,
    Interrupted,
    NoBuffers,
    NotConnected,
    BrokenPipe,
    TimedOut,
}

impl Errno {
    /// `ECONNREFUSED`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AddressInUse => "EADDRINUSE",
            Self::AddressNotAvailable => "EADDRNOTAVAIL",
            Self::ConnectionAborted => "ECONNABORTED",
            Self::ConnectionRefused => "ECONNREFUSED",
            Self::ConnectionReset => "ECONNRESET",
            Self::HostUnreachable => "EHOSTUNREACH",
            Self::Interrupted => "EINTR",
            Self::NoBuffers => "ENOBUFS",
            Self::NotConnected => "ENOTCONN",
            Self::BrokenPipe => "EPIPE",
            Self::TimedOut => "ETIMEDOUT",
        }
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<CloseCause> for Errno {
    fn from(cause: CloseCause) -> Self {
        match cause {
            CloseCause::Graceful => Self::NotConnected,
            CloseCause::Refused => Self::ConnectionRefused,
            CloseCause::Reset => Self::ConnectionReset,
            CloseCause::Unanswered
            | CloseCause::TimedOut
            | CloseCause::KeepaliveTimeout
            | CloseCause::OrphanTimeout => Self::TimedOut,
            CloseCause::UnreadData | CloseCause::Aborted => Self::ConnectionAborted,
            CloseCause::Unreachable => Self::HostUnreachable,
        }
    }
}

impl From<ConnectError> for Errno {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::BadAddress | ConnectError::NoSource => Self::HostUnreachable,
            ConnectError::InUse | ConnectError::SelfConnect => Self::AddressInUse,
            ConnectError::PortsExhausted => Self::AddressNotAvailable,
            ConnectError::Full => Self::NoBuffers,
        }
    }
}

impl From<ListenError> for Errno {
    fn from(error: ListenError) -> Self {
        match error {
            ListenError::InUse => Self::AddressInUse,
            ListenError::BadAddress => Self::AddressNotAvailable,
        }
    }
}

impl From<WriteError> for Errno {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Shutdown | WriteError::Closed(CloseCause::Graceful) => Self::BrokenPipe,
            WriteError::Closed(cause) => cause.into(),
            WriteError::NoMemory => Self::NoBuffers,
        }
    }
}

impl From<ReadError> for Errno {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::WouldBlock | ReadError::End => Self::NotConnected,
            ReadError::Closed(cause) => cause.into(),
        }
    }
}

impl Task {
    /// A task that calls nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next call is made this way; those after it at once again.
    #[must_use]
    pub fn when(self, when: When) -> Self {
        Self { next: when, ..self }
    }

    /// The next call is made not before this moment.
    #[must_use]
    pub fn at(self, moment: Instant) -> Self {
        self.when(When::NotBefore(moment))
    }

    /// The next call is made this long after the one before has returned.
    #[must_use]
    pub fn after(self, pause: Duration) -> Self {
        self.when(When::After(pause))
    }

    /// Adds any call.
    #[must_use]
    pub fn call(mut self, call: Call) -> Self {
        let when = std::mem::take(&mut self.next);
        self.steps.push(Step { when, call });
        self
    }

    /// [`Call::Listen`].
    #[must_use]
    pub fn listen(self, port: u16, backlog: u32) -> Self {
        self.call(Call::Listen { port, backlog: Some(backlog), tcp: None, answer: None, fast_open: None })
    }

    /// [`Call::Accept`].
    #[must_use]
    pub fn accept(self, port: u16) -> Self {
        self.call(Call::Accept { port })
    }

    /// [`Call::Connect`], waiting for the answer.
    #[must_use]
    pub fn connect(self, (to, port): (HostId, u16)) -> Self {
        self.call(Call::Connect { to, port, from: None, tcp: None, waits: true })
    }

    /// [`Call::Connect`] from a port of one's own.
    #[must_use]
    pub fn connect_from(self, from: u16, (to, port): (HostId, u16)) -> Self {
        self.call(Call::Connect { to, port, from: Some(from), tcp: None, waits: true })
    }

    /// [`Call::Connect`], without waiting for the answer.
    #[must_use]
    pub fn connect_without_waiting(self, from: u16, (to, port): (HostId, u16)) -> Self {
        self.call(Call::Connect { to, port, from: Some(from), tcp: None, waits: false })
    }

    /// [`Call::Write`].
    #[must_use]
    pub fn write(self, octets: u64) -> Self {
        self.call(Call::Write(octets))
    }

    /// [`Call::Read`].
    #[must_use]
    pub fn read(self, octets: u64) -> Self {
        self.call(Call::Read(octets))
    }

    /// [`Call::ReadToEnd`].
    #[must_use]
    pub fn read_to_end(self) -> Self {
        self.call(Call::ReadToEnd)
    }

    /// [`Call::Shutdown`] of the direction in which we write.
    #[must_use]
    pub fn shutdown_write(self) -> Self {
        self.call(Call::Shutdown(Half::Write))
    }

    /// [`Call::Close`].
    #[must_use]
    pub fn close(self) -> Self {
        self.call(Call::Close)
    }

    /// [`Call::Abort`].
    #[must_use]
    pub fn abort(self) -> Self {
        self.call(Call::Abort)
    }

    /// Its calls, in order.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.steps.iter().map(|step| &step.call)
    }
}

impl Call {
    /// As the record spells it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Listen { .. } => "listen",
            Self::Unlisten { .. } => "unlisten",
            Self::Accept { .. } => "accept",
            Self::Connect { .. } => "connect",
            Self::Write(_) => "send",
            Self::Read(_) | Self::ReadSome | Self::Drain | Self::ReadToEnd => "recv",
            Self::Shutdown(_) => "shutdown",
            Self::Close => "close",
            Self::Abort => "abort",
            Self::Keepalive(_) => "keepalive",
            Self::Nodelay(_) => "nodelay",
            Self::AwaitEnd => "await_end",
            Self::Pause => "pause",
        }
    }
}
