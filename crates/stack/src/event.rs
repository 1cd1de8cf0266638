//! What the application is told.

use cordial_tcp::CloseCause;

use crate::{ConnId, ListenerId, SynId, Tuple, UdpId};

/// Something an application waits for, from [`Stack::poll_event`](crate::Stack::poll_event).
///
/// Events are hints, kept as flags: however often something happened since the last poll, it is told once, and there
/// is at most one entry per connection, listener and socket. Of a connection in the accept queue nothing is told;
/// after `accept`, try first and wait then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// A SYN waits for [`answer`](crate::Stack::answer) (listeners with `decide`).
    Incoming(ListenerId, SynId, Tuple),
    /// That SYN's sender gave up, or its listener closed: the answer is no longer wanted.
    Withdrawn(SynId),
    /// A SYN that was answered with [`Accept`](crate::Answer::Accept) came to nothing: its sender reset, or never sent the
    /// third segment. Told of listeners with `decide` only, once for each such answer.
    Abandoned(ListenerId, Tuple),
    /// [`accept`](crate::Stack::accept) has something.
    Acceptable(ListenerId),
    /// A connection opened by `connect` is ESTABLISHED.
    Opened(ConnId),
    /// There are octets, the end of the stream, or an error to read.
    Readable(ConnId),
    /// There is room to write, or writing will never work again.
    Writable(ConnId),
    /// R1 (RFC 9293 §3.8.3, MUST-20): the same octets, or the SYN, were sent again
    /// [`doubt_after`](cordial_tcp::TcpConfig::doubt_after) times without an answer. The connection goes on; this is the
    /// negative advice to whoever chooses the way, and the application's warning (SHLD-9).
    InDoubt(ConnId),
    /// ICMP said that the peer cannot be reached, and quoted what is in flight (RFC 9293 §3.9.2.2, MUST-56). The connection
    /// goes on; should it time out, this will be the reason. As [`InDoubt`](Self::InDoubt), told unless
    /// [`tell_soft_errors`](cordial_tcp::TcpConfig::tell_soft_errors) is off.
    Unreachable(ConnId),
    /// Everything written, and the FIN behind it, was acknowledged: the peer's TCP has it. Not told where the connection
    /// is over by that, which [`Ended`](Self::Ended) says.
    Delivered(ConnId),
    /// The peer told of urgent data, or of more of it: [`urgent_left`](crate::Stack::urgent_left) says where it ends
    /// (RFC 9293 §3.8.5, MUST-32). Its octets may be yet to come.
    Urgent(ConnId),
    /// The connection is over. Octets received in order can still be read.
    Ended(ConnId, CloseCause),
    /// A datagram waits.
    UdpReadable(UdpId),
    /// An echo request waits ([`echo_bind`](crate::Stack::echo_bind)).
    EchoReadable,
}
