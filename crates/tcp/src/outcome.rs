//! What an input did: the rule it came under, or why it was refused, and what follows for others.

use core::fmt;

use bitflags::bitflags;
use cordial_wire::Segment;

/// What one input did to a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The rule that was applied, or why the input changed nothing.
    pub did: Result<Rule, Refusal>,
    /// What follows for those around the connection.
    pub effects: Effects,
    /// A segment without data to be sent at once in answer, addressed to whoever sent the input: a reset.
    pub reply: Option<Segment<'static>>,
}

impl Outcome {
    pub(crate) fn new(did: Result<Rule, Refusal>, effects: Effects) -> Self {
        Self { did, effects, reply: None }
    }
}

bitflags! {
    /// What follows from an input for those around a connection.
    #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
    pub struct Effects: u16 {
        /// There are octets, or the end of the stream, to read.
        const READABLE = 1;
        /// There is room to write again.
        const WRITABLE = 1 << 1;
        /// The connection became ESTABLISHED.
        const OPENED = 1 << 2;
        /// The connection is over; [`Connection::close_cause`](crate::Connection::close_cause) says how.
        const ENDED = 1 << 3;
        /// Nothing is left to be done for its 4-tuple: it may be taken off the index.
        const FORGET = 1 << 4;
        /// It entered TIME-WAIT: [`Connection::take_time_wait`](crate::Connection::take_time_wait) gives what is to be kept.
        const TIME_WAIT = 1 << 5;
        /// `poll_segment` may have something to send.
        const OUTPUT = 1 << 6;
        /// R1: it was sent again so often without an answer that the path is in doubt. Said once for each such silence;
        /// the connection goes on (RFC 9293 §3.8.3, SHLD-9).
        const DOUBT = 1 << 7;
        /// Everything that was written, and the FIN behind it, was acknowledged. Where that is the end too, in LAST-ACK,
        /// [`ENDED`](Self::ENDED) alone says so.
        const DELIVERED = 1 << 8;
        /// Its state is another than before.
        const MOVED = 1 << 9;
        /// The peer told of urgent data, or of more of it (RFC 9293 §3.8.5, MUST-32).
        const URGENT = 1 << 10;
        /// ICMP told, believably, that the peer cannot be reached, which ends nothing (RFC 9293 §3.9.2.2, MUST-56): told
        /// anew each time.
        const UNREACHABLE = 1 << 11;
    }
}

/// How a connection ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum CloseCause {
    /// Both sides said goodbye.
    Graceful,
    /// The peer answered our SYN with a reset.
    Refused,
    /// The peer reset an open connection.
    Reset,
    /// Nobody answered our SYN.
    Unanswered,
    /// What we sent went unacknowledged for too long.
    TimedOut,
    /// The peer answered no keepalive probe.
    KeepaliveTimeout,
    /// We closed, nobody held the connection any more, and the peer never finished.
    OrphanTimeout,
    /// We closed while octets lay unread, or octets came after we had closed: a reset told the peer (RFC 2525 §2.17).
    UnreadData,
    /// The application gave it up.
    Aborted,
    /// ICMP said that the destination cannot be reached.
    Unreachable,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// The rule an input or an output came under, named after its paragraph.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        pub enum Rule { $($(#[$doc])* $name),* }
        impl Rule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
            /// `rfcNNNN:section/what`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

rules! {
    /// The user opened actively.
    ActiveOpen = "rfc9293:3.10.1/open",
    /// A SYN reached a listener.
    ListenSyn = "rfc9293:3.10.7.2/syn",
    /// A SYN waits for the listener's owner to decide.
    SynUndecided = "cordial:syn-undecided",
    /// A SYN was answered with a cookie.
    SynCookie = "rfc4987:3.6/cookie",
    /// Octets ride on a SYN, or were taken from one that brought a good cookie.
    FastOpen = "rfc7413:4.2.2/syn-data",
    /// What rode on the SYN and was not taken goes out once more.
    FastOpenDataAgain = "rfc7413:4.2.2/syn-data-again",
    /// A half-open connection gave way to a newer one.
    SynCacheEvicted = "rfc4987:3.3/evicted",
    /// The SYN came again while half open.
    SynAgain = "rfc9293:3.10.7.4/syn-received/syn",
    /// SYN-ACK in SYN-SENT.
    SynAcked = "rfc9293:3.10.7.3/syn-ack",
    /// Bare SYN in SYN-SENT: both called at once.
    SimultaneousOpen = "rfc9293:3.10.7.3/syn",
    /// The ACK that ends the handshake.
    HandshakeAck = "rfc9293:3.10.7.4/syn-received/ack",
    /// An acknowledgment, octets, or both.
    Accepted = "rfc9293:3.10.7.4/synchronized",
    /// Octets arrived in order.
    Text = "rfc9293:3.10.7.4/text",
    /// Octets arrived ahead of a hole.
    TextAhead = "rfc9293:3.10.7.4/text-ahead",
    /// The peer's FIN arrived in order.
    Fin = "rfc9293:3.10.7.4/fin",
    /// Our FIN was acknowledged.
    FinAcked = "rfc9293:3.10.7.4/fin-acked",
    /// The peer's FIN came again.
    FinAgain = "rfc9293:3.10.7.4/time-wait/fin",
    /// TIME-WAIT gives way to a new connection.
    Reopen = "rfc6191:2/reopen",
    /// A reset that is exactly in order.
    Reset = "rfc5961:3.2/reset",
    /// A reset that answers our SYN.
    Refused = "rfc9293:3.10.7.3/rst",
    /// A segment for no connection.
    NoConnection = "rfc9293:3.10.7.1/closed",
    /// The listener's owner said no.
    ListenerRefused = "cordial:answer-reset",
    /// ICMP took a connection down.
    IcmpHard = "rfc9293:3.9.2.2/hard",
    /// ICMP was noted.
    IcmpSoft = "rfc9293:3.9.2.2/soft",
    /// Octets sent for the first time.
    SendText = "rfc9293:3.8/text",
    /// Our FIN.
    SendFin = "rfc9293:3.10.4/fin",
    /// An acknowledgment by itself.
    SendAck = "rfc9293:3.10.7.4/ack",
    /// That there is urgent data, though it cannot go out yet.
    SendUrgent = "rfc9293:3.8.5/urgent",
    /// A held-back acknowledgment.
    DelayedAck = "rfc9293:3.8.6.3/delayed-ack",
    /// The window opened again.
    WindowUpdate = "rfc9293:3.8.6.2/window-update",
    /// A challenge ACK.
    ChallengeAck = "rfc5961:3.2/challenge-ack",
    /// Sent again after a timeout.
    Timeout = "rfc6298:5.4/rto",
    /// A timeout, and with it the peer turns out to have thrown away what it had told of selectively.
    Reneged = "rfc2018:8/reneging",
    /// Sent again on duplicate or selective acknowledgments.
    FastRetransmit = "rfc6675:5/fast-retransmit",
    /// Sent again as recovery goes on.
    Recovery = "rfc6675:5/recovery",
    /// A router said that what was sent is longer than the path carries: it goes out again in smaller segments.
    PathMtu = "rfc8201:4/too-big",
    /// A router said so of a size that got through before: noted, should nothing get through any more.
    PathMtuDoubted = "rfc5927:7.2/doubted",
    /// The path may carry more than it did: larger segments are tried again.
    PathMtuRaise = "rfc8201:5.3/larger-again",
    /// A larger segment than is known to pass.
    MtuProbe = "rfc4821:7.4/mtu-probe",
    /// It did not pass: what it carried goes out again in smaller segments.
    LostProbe = "rfc4821:7.6.2/probe-lost",
    /// A zero-window probe.
    WindowProbe = "rfc9293:3.8.6.1/probe",
    /// A keepalive probe.
    KeepaliveProbe = "rfc9293:3.8.4/probe",
    /// An open that nobody answered.
    GiveUpOpen = "rfc9293:3.8.3/syn-r2",
    /// A half-open connection that nobody confirmed.
    GiveUpHalfOpen = "rfc9293:3.8.3/syn-ack-r2",
    /// Octets that nobody acknowledged.
    GiveUpData = "rfc9293:3.8.3/r2",
    /// Keepalive without answer.
    GiveUpKeepalive = "rfc9293:3.8.4/give-up",
    /// FIN-WAIT-2 of a connection nobody holds.
    GiveUpFinWait2 = "cordial:fin-wait-2-timeout",
    /// 2MSL have passed.
    TimeWaitOver = "rfc9293:3.10.8/time-wait",
    /// The user closed, or shut one direction down.
    Close = "rfc9293:3.10.4/close",
    /// The user aborted.
    Abort = "rfc9293:3.10.5/abort",
    /// The user closed with octets unread.
    CloseUnread = "rfc2525:2.17/unread",
    /// Nobody holds the connection any more, and too many like it are closing.
    TooManyOrphans = "cordial:too-many-orphans",
    /// The user wrote.
    Write = "rfc9293:3.10.2/send",
    /// The user read.
    Read = "rfc9293:3.10.3/receive",
    /// The user took a connection from the accept queue.
    Accept = "cordial:accept",
    /// A timer came due and was moved on.
    TimerMoved = "cordial:timer-moved",
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $text:literal),* $(,)?) => {
        /// Why a segment changed nothing.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        pub enum Refusal { $($(#[$doc])* $name),* }
        impl Refusal {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
            /// A short name in lower case with hyphens.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

refusals! {
    /// No position of it lies in the receive window.
    OutsideWindow = "outside-window",
    /// ICMP says that a packet was too big which was no longer than what passes (RFC 5927 §7.2).
    NotTooBig = "not-too-big",
    /// Its timestamp is older than one seen before (PAWS, RFC 7323 §5).
    OldTimestamp = "old-timestamp",
    /// Timestamps were agreed on and it has none (RFC 7323 §3.2).
    NoTimestamp = "no-timestamp",
    /// A reset or SYN that must prove itself (RFC 5961 §3.2, §4.2).
    Challenged = "challenged",
    /// A reset that does not fit.
    BadReset = "bad-reset",
    /// No ACK bit where every segment has one.
    NoAck = "no-ack",
    /// It acknowledges what was never sent.
    AckOfUnsent = "ack-of-unsent",
    /// Its acknowledgment is older than any the peer could have sent lately (RFC 5961 §5.2).
    AckTooOld = "ack-too-old",
    /// It acknowledges another handshake than ours.
    BadHandshakeAck = "bad-handshake-ack",
    /// An acceptable ACK, but no SYN, in SYN-SENT.
    AckWithoutSyn = "ack-without-syn",
    /// Nothing new in it.
    Duplicate = "duplicate",
    /// There is no connection, or nothing of it is left.
    Closed = "closed",
    /// SYN together with FIN.
    SynFin = "syn-fin",
    /// The accept queue is full.
    AcceptQueueFull = "accept-queue-full",
    /// The SYN cache is full and cookies are off.
    SynCacheFull = "syn-cache-full",
    /// Too many undecided SYNs.
    UndecidedFull = "undecided-full",
    /// A SYN that waits for a decision came again.
    Undecided = "undecided",
    /// A listener takes only SYNs.
    NotSyn = "not-syn",
    /// A SYN older than the connection in TIME-WAIT (RFC 6191 §2).
    OldSyn = "old-syn",
    /// A reset in TIME-WAIT (RFC 1337 §3).
    ResetInTimeWait = "reset-in-time-wait",
    /// No memory to keep its octets.
    NoMemory = "no-memory",
    /// More holes than are kept.
    TooManyHoles = "too-many-holes",
    /// The checksum is wrong.
    BadChecksum = "bad-checksum",
    /// Not a segment at all.
    Malformed = "malformed",
    /// An address nobody may connect from or to this way: broadcast, multicast, unspecified.
    BadAddress = "bad-address",
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use bitflags::Flags;

    use super::*;

    #[test]
    fn every_effect_has_a_bit_of_its_own() {
        let bits = |effects: Effects| effects.bits().count_ones() as usize;
        assert!(Effects::FLAGS.iter().all(|effect| bits(*effect.value()) == 1));
        assert_eq!(bits(Effects::all()), Effects::FLAGS.len());
    }
}
