//! What the two sides of the fork tell each other: one short message per packet of a socket.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::{Errno, IoSlice, IoSliceMut};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recv, recvmsg, send, sendmsg,
};

use super::Step;
use crate::Namespace;

/// Octets of a report: kind, step, two of nothing, errno, and the namespace's two numbers.
const LEN: usize = 24;

/// What the new process says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// It has a user namespace, and waits for [`Order::Mapped`].
    Unshared,
    /// A socket comes along by which its kernel can be asked about others.
    Sockets,
    /// Something that can be done without did not work.
    Warning(Step, Errno),
    /// It is set up (the device comes along) and waits for [`Order::Go`].
    Ready(Namespace),
    /// It has ended.
    Failed(Step, Errno),
}

/// What it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Order {
    /// The users of its namespace are mapped.
    Mapped = b'm',
    /// Execute the program.
    Go = b'g',
}

/// One end of the socket. Makes system calls and nothing else.
#[derive(Debug)]
pub(super) struct Link<F>(F);

impl<F: AsFd> Link<F> {
    pub(super) fn new(socket: F) -> Self {
        Self(socket)
    }

    pub(super) fn order(&self, order: Order) -> Result<(), Errno> {
        send(&self.0, &[order as u8], SendFlags::NOSIGNAL).map(|_| ())
    }

    /// Waits for this order and no other.
    pub(super) fn await_order(&self, order: Order) -> Result<(), Errno> {
        let mut octet = [0_u8];
        loop {
            match recv(&self.0, &mut octet[..], RecvFlags::empty()) {
                Err(Errno::INTR) => {}
                Ok((1, _)) if octet == [order as u8] => return Ok(()),
                Ok(_) => return Err(Errno::PIPE),
                Err(errno) => return Err(errno),
            }
        }
    }

    pub(super) fn say(&self, report: Report) -> Result<(), Errno> {
        send(&self.0, &report.emit(), SendFlags::NOSIGNAL).map(|_| ())
    }

    /// A report with a descriptor.
    pub(super) fn hand_over(&self, report: Report, fd: BorrowedFd<'_>) -> Result<(), Errno> {
        let fds = [fd];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !control.push(SendAncillaryMessage::ScmRights(&fds)) {
            return Err(Errno::NOBUFS);
        }
        let octets = report.emit();
        sendmsg(&self.0, &[IoSlice::new(&octets)], &mut control, SendFlags::NOSIGNAL).map(|_| ())
    }

    /// The next report and the descriptor that came with it; `None` once the other end is closed.
    pub(super) fn report(&self) -> Result<Option<(Report, Option<OwnedFd>)>, Errno> {
        let mut octets = [0; LEN];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let received = loop {
            let mut into = [IoSliceMut::new(&mut octets)];
            match recvmsg(&self.0, &mut into, &mut control, RecvFlags::CMSG_CLOEXEC) {
                Err(Errno::INTR) => {}
                // It ended with an order of ours unread.
                Err(Errno::CONNRESET) => return Ok(None),
                received => break received?,
            }
        };
        if received.bytes == 0 {
            return Ok(None);
        }
        let fd = control.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut fds) => fds.next(),
            _ => None,
        });
        let report = Report::parse(octets).ok_or(Errno::PROTO)?;
        Ok(Some((report, fd)))
    }
}

impl Report {
    fn emit(self) -> [u8; LEN] {
        let none = Namespace { device: 0, inode: 0 };
        let (kind, step, errno, namespace) = match self {
            Self::Unshared => (b'U', 0, 0, none),
            Self::Sockets => (b'S', 0, 0, none),
            Self::Warning(step, errno) => (b'W', step as u8, errno.raw_os_error(), none),
            Self::Ready(namespace) => (b'R', 0, 0, namespace),
            Self::Failed(step, errno) => (b'F', step as u8, errno.raw_os_error(), none),
        };
        let [e0, e1, e2, e3] = errno.to_ne_bytes();
        let [d0, d1, d2, d3, d4, d5, d6, d7] = namespace.device.to_ne_bytes();
        let [i0, i1, i2, i3, i4, i5, i6, i7] = namespace.inode.to_ne_bytes();
        [
            kind, step, 0, 0, e0, e1, e2, e3, //
            d0, d1, d2, d3, d4, d5, d6, d7, //
            i0, i1, i2, i3, i4, i5, i6, i7,
        ]
    }

    fn parse(octets: [u8; LEN]) -> Option<Self> {
        let (&[kind, step, _, _], rest) = octets.split_first_chunk()?;
        let (&errno, rest) = rest.split_first_chunk()?;
        let (&device, rest) = rest.split_first_chunk()?;
        let (&inode, _) = rest.split_first_chunk()?;
        let errno = errno_of(i32::from_ne_bytes(errno));
        Some(match kind {
            b'U' => Self::Unshared,
            b'S' => Self::Sockets,
            b'W' => Self::Warning(Step::from_u8(step)?, errno?),
            b'R' => Self::Ready(Namespace {
                device: u64::from_ne_bytes(device),
                inode: u64::from_ne_bytes(inode),
            }),
            b'F' => Self::Failed(Step::from_u8(step)?, errno?),
            _ => return None,
        })
    }
}

/// `None` for a number that is no error.
pub(super) fn errno_of(number: i32) -> Option<Errno> {
    (1..4096).contains(&number).then(|| Errno::from_raw_os_error(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_understood() {
        let namespace = Namespace { device: 4, inode: u64::MAX };
        let mut reports = vec![Report::Unshared, Report::Sockets, Report::Ready(namespace)];
        for step in Step::ALL {
            reports.extend([Report::Warning(step, Errno::PERM), Report::Failed(step, Errno::NOENT)]);
        }
        for report in reports {
            assert_eq!(Report::parse(report.emit()), Some(report));
        }
        assert_eq!(Report::parse([0; LEN]), None);
    }
}
