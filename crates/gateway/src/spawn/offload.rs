//! What an interface leaves to its device: switched off by name, as `ethtool -K` does.

use std::ffi::c_char;
use std::mem::size_of;

use cordial_device::InterfaceName;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use std::os::fd::{AsRawFd, OwnedFd};

/// Super-segments that nobody at our end cuts up: of UDP and SCTP, and of TCP with congestion marks,
/// where cutting up takes care for CWR.
const NEVER: [&[u8]; 3] = [b"tx-udp-segmentation", b"tx-sctp-segmentation", b"tx-tcp-ecn-segmentation"];

/// All other super-segments, and unfinished checksums.
const IF_ASKED_FOR: [&[u8]; 3] = [b"tx-tcp-segmentation", b"tx-tcp6-segmentation", b"tx-checksum-ip-generic"];

/// Octets of a feature's name, padded with NUL.
const NAME: usize = 32;
/// Features that there may be: the kernel keeps them in 64 bits, and may come to two words of that.
const MOST: usize = 128;

const GET_STRINGS: u32 = 0x1b;
const GET_COUNTS: u32 = 0x37;
const SET_FEATURES: u32 = 0x3b;
/// The set of strings that names features.
const FEATURES: u32 = 4;

#[repr(C)]
struct Counts {
    command: u32,
    reserved: u32,
    sets: u64,
    counts: [u32; 1],
}

#[repr(C)]
struct Strings {
    command: u32,
    set: u32,
    count: u32,
    names: [[u8; NAME]; MOST],
}

#[repr(C)]
struct Change {
    command: u32,
    words: u32,
    /// For each word: which bits are to change, and to what.
    bits: [[u32; 2]; MOST / 32],
}

/// Leaves TCP super-segments and partial checksums to the device if `offload` is true, and nothing
/// else in any case. A feature that this kernel does not have is off already.
pub(super) fn restrict(interface: InterfaceName, offload: bool) -> Result<(), Errno> {
    let interface = Interface::new(interface)?;
    let mut counts = Counts { command: GET_COUNTS, reserved: 0, sets: 1 << FEATURES, counts: [0] };
    interface.ask(&mut counts)?;
    let [count] = counts.counts;
    if count as usize > MOST {
        return Err(Errno::OVERFLOW);
    }
    let mut strings = Strings { command: GET_STRINGS, set: FEATURES, count, names: [[0; NAME]; MOST] };
    interface.ask(&mut strings)?;

    let mut change = Change { command: SET_FEATURES, words: count.div_ceil(32), bits: [[0; 2]; MOST / 32] };
    for (index, name) in strings.names.iter().enumerate().take(count as usize) {
        let name = name.split(|&octet| octet == 0).next().unwrap_or_default();
        let is_unwanted = NEVER.contains(&name) || (!offload && IF_ASKED_FOR.contains(&name));
        if let Some([changes, _]) = change.bits.get_mut(index / 32).filter(|_| is_unwanted) {
            *changes |= 1 << (index % 32);
        }
    }
    interface.ask(&mut change)
}

/// An interface of the namespace we are in.
struct Interface {
    socket: OwnedFd,
    name: [c_char; libc::IFNAMSIZ],
}

impl Interface {
    fn new(interface: InterfaceName) -> Result<Self, Errno> {
        let socket = socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
        let mut name = [0; libc::IFNAMSIZ];
        for (to, from) in name.iter_mut().zip(interface.as_str().bytes()) {
            *to = from as c_char;
        }
        Ok(Self { socket, name })
    }

    /// Puts a request to the driver; the answer comes in its place.
    fn ask<T>(&self, request: &mut T) -> Result<(), Errno> {
        const { assert!(size_of::<T>() >= 8) };
        let data = libc::__c_anonymous_ifr_ifru { ifru_data: (&raw mut *request).cast() };
        let mut ifreq = libc::ifreq { ifr_name: self.name, ifr_ifru: data };
        // SAFETY: SIOCETHTOOL takes a `struct ifreq` that points at a command of ethtool's; all
        // types here have the layout of theirs, with room for as much as was announced, and live
        // until the call returns.
        let done = unsafe { libc::ioctl(self.socket.as_raw_fd(), libc::SIOCETHTOOL, &raw mut ifreq) };
        if done < 0 {
            return Err(errno_of_last());
        }
        Ok(())
    }
}

fn errno_of_last() -> Errno {
    super::device::errno_of(&std::io::Error::last_os_error())
}
