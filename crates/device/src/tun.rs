//! The kernel's TUN device: what it would put on a wire is read from a file, and the other way.

use std::ffi::CStr;
use std::io::{self, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags};

use crate::room::Room;
use crate::virtio::{self, Header};
use crate::{Device, MAX_PACKET, Offload, Outgoing, Readiness, Received, gather};

/// How a [`Tun`] is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TunConfig {
    /// Octets of the largest packet that goes out whole. The interface in the kernel is given the
    /// same MTU by whoever configures it.
    pub mtu: usize,
    /// True: partial checksums and TCP super-segments both ways. False: finished packets of at
    /// most `mtu` octets both ways, so that losing one loses one segment.
    pub offload: bool,
}

impl TunConfig {
    /// What may be left to the kernel.
    pub(crate) fn allows(&self) -> Offload {
        if self.offload { Offload::full() } else { Offload::none(self.mtu) }
    }
}

impl Default for TunConfig {
    fn default() -> Self {
        Self { mtu: 1500, offload: true }
    }
}

/// The name of a network interface: 1 to 15 octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterfaceName([u8; libc::IFNAMSIZ]);

impl InterfaceName {
    /// `None` if the kernel would not take the name: empty, over 15 octets, or with a slash, a
    /// colon, white space or a NUL in it.
    pub fn new(name: &str) -> Option<Self> {
        let bad = |octet: u8| matches!(octet, 0 | b'/' | b':') || octet.is_ascii_whitespace();
        let fits = !name.is_empty() && name.len() < libc::IFNAMSIZ && name != "." && name != "..";
        if !fits || name.bytes().any(bad) {
            return None;
        }
        let mut octets = [0; libc::IFNAMSIZ];
        for (to, from) in octets.iter_mut().zip(name.bytes()) {
            *to = from;
        }
        Some(Self(octets))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        CStr::from_bytes_until_nul(&self.0).ok().and_then(|name| name.to_str().ok()).unwrap_or_default()
    }
}

/// An open TUN device: raw IP packets, each behind a virtio-net header.
///
/// One packet is one system call. With offload on, the kernel hands over and takes TCP
/// super-segments of up to 64 KiB, and neither side sums up a checksum.
#[derive(Debug)]
pub struct Tun {
    fd: OwnedFd,
    config: TunConfig,
    room: Room,
}

impl Tun {
    /// Opens `/dev/net/tun` and creates the interface `name` in the caller's network namespace. It
    /// has no address yet and is down; it vanishes with the last descriptor.
    ///
    /// Makes system calls and nothing else (no allocation, no lock), so that it may be called
    /// between fork and exec.
    ///
    /// # Errors
    ///
    /// As the system gives them: `ENOENT` or `ENODEV` if the kernel has no TUN, `EACCES` if the
    /// caller may not open the device, `EPERM` if it may not create an interface here, `EBUSY` if
    /// the name is taken.
    pub fn open(name: InterfaceName, config: TunConfig) -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let fd = rustix::fs::open(c"/dev/net/tun", flags, Mode::empty())?;
        let wanted = libc::IFF_TUN | libc::IFF_NO_PI | libc::IFF_VNET_HDR;
        let request = request(name, wanted);
        // SAFETY: TUNSETIFF reads a `struct ifreq`, which `request` is and outlives the call.
        check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::TUNSETIFF, &raw const request) })?;
        Self { fd, config, room: Room::default() }.set_up()
    }

    /// Takes over a descriptor that another process opened as [`open`](Self::open) does, say one
    /// that came over a socket.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the descriptor is a TUN device of another kind (TAP, or without the
    /// virtio-net header), else as the system gives them: `ENOTTY` or `EBADFD` if it is none.
    pub fn from_fd(fd: OwnedFd, config: TunConfig) -> io::Result<Self> {
        let mut found = request(InterfaceName([0; libc::IFNAMSIZ]), 0);
        // SAFETY: TUNGETIFF fills in a `struct ifreq`, which `found` is and outlives the call.
        check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::TUNGETIFF, &raw mut found) })?;
        // SAFETY: TUNGETIFF has set the flags, the union's field that is read here.
        let flags = i32::from(unsafe { found.ifr_ifru.ifru_flags });
        let wanted = libc::IFF_TUN | libc::IFF_NO_PI | libc::IFF_VNET_HDR;
        if flags & (wanted | libc::IFF_TAP) != wanted {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let status = rustix::fs::fcntl_getfl(&fd)?;
        rustix::fs::fcntl_setfl(&fd, status | OFlags::NONBLOCK)?;
        Self { fd, config, room: Room::default() }.set_up()
    }

    /// The header's size, and what the kernel may leave to us.
    fn set_up(self) -> io::Result<Self> {
        let size = virtio::LEN as libc::c_int;
        // SAFETY: TUNSETVNETHDRSZ reads an `int`, which `size` is and outlives the call.
        check(unsafe { libc::ioctl(self.fd.as_raw_fd(), libc::TUNSETVNETHDRSZ, &raw const size) })?;
        // No UDP super-segments: nobody here cuts them up. No ECN ones: cutting them up needs
        // care for CWR, which the kernel then takes.
        let offload = match self.config.offload {
            true => libc::TUN_F_CSUM | libc::TUN_F_TSO4 | libc::TUN_F_TSO6,
            false => 0,
        };
        // SAFETY: TUNSETOFFLOAD takes its argument by value; there is no pointer.
        let done =
            unsafe { libc::ioctl(self.fd.as_raw_fd(), libc::TUNSETOFFLOAD, libc::c_ulong::from(offload)) };
        check(done)?;
        Ok(self)
    }

    /// What it was set up with.
    pub fn config(&self) -> TunConfig {
        self.config
    }

    /// Gives up the descriptor, to hand it to another process.
    pub fn into_fd(self) -> OwnedFd {
        self.fd
    }
}

impl AsFd for Tun {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Device for Tun {
    fn mtu(&self) -> usize {
        self.config.mtu
    }

    fn offload(&self) -> Offload {
        self.config.allows()
    }

    fn receive<'a>(&'a mut self, buffer: &'a mut [u8]) -> io::Result<Option<Received<'a>>> {
        if buffer.len() < MAX_PACKET {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut header = [0; virtio::LEN];
        let read = loop {
            let mut into = [IoSliceMut::new(&mut header), IoSliceMut::new(buffer)];
            match rustix::io::readv(&self.fd, &mut into) {
                Ok(read) => break read,
                Err(rustix::io::Errno::AGAIN) => return Ok(None),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        };
        let octets = buffer.get(..read.saturating_sub(virtio::LEN)).unwrap_or_default();
        let header = Header::parse(header);
        Ok(Some(Received { octets, checksum: header.checksum(), gso: header.gso_size() }))
    }

    /// As [`Device::has_room`]: a system call only after a send that found none.
    fn has_room(&mut self) -> bool {
        self.room.is_there(&self.fd)
    }

    /// As [`Device::send`]. `EIO` while the interface is down.
    fn send(&mut self, packet: &Outgoing<'_>) -> io::Result<()> {
        packet.check(self.config.mtu, self.offload())?;
        let header = Header::of(packet.checksum, packet.gso).emit();
        gather::write(&self.fd, &header, packet).map_err(|errno| {
            self.room.note(errno);
            errno.into()
        })
    }

    fn readiness(&self) -> Readiness<'_> {
        Readiness::Descriptor(self.fd.as_fd())
    }
}

fn request(InterfaceName(name): InterfaceName, flags: i32) -> libc::ifreq {
    let flags = libc::__c_anonymous_ifr_ifru { ifru_flags: flags as libc::c_short };
    libc::ifreq { ifr_name: name.map(|octet| octet as libc::c_char), ifr_ifru: flags }
}

fn check(returned: libc::c_int) -> io::Result<()> {
    if returned < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_the_kernel_takes() {
        for good in ["cordial0", "a", "fifteen-octets."] {
            assert_eq!(InterfaceName::new(good).expect(good).as_str(), good);
        }
        for bad in ["", "sixteen-octets-x", "a/b", "a:b", "a b", "a\0b", ".", ".."] {
            assert_eq!(InterfaceName::new(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn another_file_is_not_taken_for_a_tun_device() {
        let file = std::fs::File::open("/dev/null").expect("/dev/null is there");
        let refused = Tun::from_fd(file.into(), TunConfig::default());
        assert_eq!(refused.expect_err("not a TUN device").raw_os_error(), Some(libc::ENOTTY));
    }
}
