//! What an application does.

/// A call, and when it is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    /// What has to be true before.
    pub when: When,
    /// The call.
    pub call: Call,
    /// It is made before anything else happens, not only before time passes.
    pub is_prompt: bool,
}

/// A call of an application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call {
    /// Opens a connection, always between the same two ports: as soon as they are free. A new attempt begins.
    Connect,
    /// The same, with an octet that is written at once: where the two ends have met it rides on the SYN (RFC 7413).
    ConnectFast,
    /// Takes a connection that waits.
    Accept,
    /// Writes one octet.
    Write,
    /// Reads what is there. Applications read by themselves unless the scenario says that this one is slow.
    Read,
    /// Says that there will be no more: closes the direction to the peer.
    Finish,
    /// Lets go of the connection. While it is opening, that takes the attempt back.
    Leave,
    /// Stops listening.
    Unlisten,
}

/// When a call is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// As soon as the call before it was.
    Now,
    /// Once the connection is open.
    Opened,
    /// Once so many octets were read in all on this connection.
    Read(u8),
    /// Once the peer has said that there will be no more.
    End,
}

/// A line of a script: before time passes the call is made, but anything may arrive before.
pub const fn at(when: When, call: Call) -> Line {
    Line { when, call, is_prompt: false }
}

/// A line of a script: the call is made before anything else happens.
pub const fn promptly(when: When, call: Call) -> Line {
    Line { when, call, is_prompt: true }
}

/// A client that calls and says nothing.
pub const GREET: &[Line] = &[at(When::Now, Call::Connect), at(When::Opened, Call::Finish)];

/// A client that says one octet.
pub const SAY_ONE: &[Line] =
    &[at(When::Now, Call::Connect), at(When::Opened, Call::Write), at(When::Now, Call::Finish)];

/// A client that takes its first call back and calls again.
pub const CALL_AGAIN: &[Line] = &[
    at(When::Now, Call::Connect),
    at(When::Now, Call::Leave),
    at(When::Now, Call::Connect),
    at(When::Opened, Call::Finish),
];

/// A server that hears one client out.
pub const HEAR: &[Line] = &[at(When::Now, Call::Accept), at(When::End, Call::Finish)];
