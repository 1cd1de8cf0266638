//! A packet in one system call, from the places where its octets lie.

use std::io::IoSlice;
use std::os::fd::AsFd;

use rustix::io::Errno;
use smallvec::SmallVec;

use crate::Outgoing;

/// Slices that are gathered without allocating: 64 KiB in the smallest chunks that a send queue has
/// (256 octets), the device's header and the packet's head.
const SLICES: usize = 258;

/// Writes `front`, which is the device's, and the packet behind it.
pub(crate) fn write(fd: impl AsFd, front: &[u8], packet: &Outgoing<'_>) -> Result<(), Errno> {
    let mut parts = SmallVec::<[IoSlice<'_>; SLICES]>::new();
    parts.push(IoSlice::new(front));
    parts.push(IoSlice::new(packet.head));
    parts.extend(packet.body.iter().map(|slice| IoSlice::new(slice)));
    loop {
        match rustix::io::writev(&fd, &parts) {
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}
