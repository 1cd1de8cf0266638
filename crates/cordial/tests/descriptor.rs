//! Over a device with a file descriptor, as TUN is, whose queue is short: the driver sleeps until it is readable, and
//! until it is writable again.

mod common;

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixDatagram;

use common::*;
use cordial::Host;
use cordial::device::{Checksum, Device, Offload, Outgoing, Readiness, Received};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Packets as datagrams between two sockets of the system.
struct Datagrams(UnixDatagram);

impl Datagrams {
    fn pair() -> (Self, Self) {
        let (left, right) = UnixDatagram::pair().expect("two sockets");
        for end in [&left, &right] {
            end.set_nonblocking(true).expect("does not block");
        }
        (Self(left), Self(right))
    }
}

impl Device for Datagrams {
    fn mtu(&self) -> usize {
        1500
    }

    fn offload(&self) -> Offload {
        Offload::none(1500)
    }

    fn receive<'a>(&'a mut self, buffer: &'a mut [u8]) -> io::Result<Option<Received<'a>>> {
        match self.0.recv(buffer) {
            Ok(count) => {
                Ok(Some(Received { octets: &buffer[..count], checksum: Checksum::Unknown, gso: None }))
            }
            Err(empty) if empty.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(gone) => Err(gone),
        }
    }

    fn has_room(&mut self) -> bool {
        let mut fds = [PollFd::new(&self.0, PollFlags::OUT)];
        poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|ready| ready > 0)
    }

    fn send(&mut self, packet: &Outgoing<'_>) -> io::Result<()> {
        let mut octets = Vec::new();
        packet.copy_to(&mut octets);
        self.0.send(&octets).map(drop)
    }

    fn readiness(&self) -> Readiness<'_> {
        Readiness::Descriptor(self.0.as_fd())
    }
}

#[test]
fn twenty_megabytes_through_a_short_queue() {
    on_both_runtimes(|| async {
        let (left, right) = Datagrams::pair();
        let a = Host::builder().address(A).start(left).expect("starts");
        let b = Host::builder().address(B).start(right).expect("starts");
        let (mut near, mut far) = connected(&a, &b).await;
        let sent = pattern(20 << 20);
        let expected = sent.clone();
        let reading = tokio::spawn(async move {
            let mut got = Vec::with_capacity(expected.len());
            far.read_to_end(&mut got).await.expect("reads");
            assert!(got == expected);
        });
        near.write_all(&sent).await.expect("writes");
        near.shutdown().await.expect("shuts down");
        reading.await.expect("the reader is content");
        near.read_to_end(&mut Vec::new()).await.expect("a goodbye");
        assert_eq!(b.counters().tcp_in_errs, 0, "checksums are right");
        assert_eq!(a.counters().tcp_retrans_segs, 0, "nothing was lost, nothing waited for a timer");
    });
}
