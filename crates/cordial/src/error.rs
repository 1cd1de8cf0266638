//! The stack's refusals as errors of the operating system's kind.

use std::io;

use cordial_stack::{AnswerError, BindError, CloseCause, ConnectError, ListenError, UdpSendError};
use rustix::io::Errno;

/// The host is shutting down or has ended, or its device is gone.
pub(crate) fn host_down() -> io::Error {
    Errno::NETDOWN.into()
}

/// Nothing to be had now.
pub(crate) fn would_block() -> io::Error {
    Errno::AGAIN.into()
}

/// The direction was shut down, or the connection's end was told before.
pub(crate) fn broken_pipe() -> io::Error {
    Errno::PIPE.into()
}

/// No memory for octets.
pub(crate) fn no_memory() -> io::Error {
    Errno::NOMEM.into()
}

/// The socket is not connected any more.
pub(crate) fn not_connected() -> io::Error {
    Errno::NOTCONN.into()
}

/// A connection that was to be accepted went away first.
pub(crate) fn aborted() -> io::Error {
    Errno::CONNABORTED.into()
}

/// What a read or a write says of a connection that ended: nothing if it ended well.
pub(crate) fn of_cause(cause: CloseCause) -> Option<io::Error> {
    let errno = match cause {
        CloseCause::Graceful => return None,
        CloseCause::Refused => Errno::CONNREFUSED,
        CloseCause::Reset | CloseCause::UnreadData => Errno::CONNRESET,
        CloseCause::Unanswered
        | CloseCause::TimedOut
        | CloseCause::KeepaliveTimeout
        | CloseCause::OrphanTimeout => Errno::TIMEDOUT,
        CloseCause::Aborted => Errno::CONNABORTED,
        CloseCause::Unreachable => Errno::HOSTUNREACH,
    };
    Some(errno.into())
}

/// `chosen`: the caller named the source.
pub(crate) fn of_connect(error: ConnectError, chosen: bool) -> io::Error {
    let errno = match error {
        ConnectError::BadAddress | ConnectError::SelfConnect => Errno::ADDRNOTAVAIL,
        ConnectError::NoSource if chosen => Errno::ADDRNOTAVAIL,
        ConnectError::NoSource => Errno::NETUNREACH,
        ConnectError::InUse => Errno::ADDRINUSE,
        ConnectError::PortsExhausted => Errno::ADDRNOTAVAIL,
        ConnectError::Full => Errno::NOBUFS,
    };
    errno.into()
}

pub(crate) fn of_listen(error: ListenError) -> io::Error {
    match error {
        ListenError::InUse => Errno::ADDRINUSE.into(),
        ListenError::BadAddress => Errno::ADDRNOTAVAIL.into(),
    }
}

pub(crate) fn of_bind(error: BindError) -> io::Error {
    match error {
        BindError::InUse | BindError::PortsExhausted => Errno::ADDRINUSE.into(),
        BindError::BadAddress => Errno::ADDRNOTAVAIL.into(),
    }
}

pub(crate) fn of_answer(error: AnswerError) -> io::Error {
    match error {
        AnswerError::Gone => aborted(),
        AnswerError::Full => Errno::NOBUFS.into(),
    }
}

pub(crate) fn of_udp_send(error: UdpSendError) -> io::Error {
    let errno = match error {
        UdpSendError::Gone => Errno::BADF,
        UdpSendError::BadAddress => Errno::ADDRNOTAVAIL,
        UdpSendError::TooLong => Errno::MSGSIZE,
        UdpSendError::Full => Errno::NOBUFS,
    };
    errno.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    #[test]
    fn errors_have_the_kinds_that_programs_look_for() {
        let kind = |cause| of_cause(cause).map(|error| error.kind());
        assert_eq!(kind(CloseCause::Graceful), None);
        assert_eq!(kind(CloseCause::Refused), Some(ErrorKind::ConnectionRefused));
        assert_eq!(kind(CloseCause::Reset), Some(ErrorKind::ConnectionReset));
        assert_eq!(kind(CloseCause::Unanswered), Some(ErrorKind::TimedOut));
        assert_eq!(kind(CloseCause::Unreachable), Some(ErrorKind::HostUnreachable));
        assert_eq!(of_listen(ListenError::InUse).kind(), ErrorKind::AddrInUse);
        assert_eq!(of_connect(ConnectError::NoSource, false).kind(), ErrorKind::NetworkUnreachable);
        assert_eq!(broken_pipe().kind(), ErrorKind::BrokenPipe);
        assert_eq!(host_down().kind(), ErrorKind::NetworkDown);
        assert!(would_block().raw_os_error().is_some());
    }
}
