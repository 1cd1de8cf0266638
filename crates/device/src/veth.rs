//! One end of a pair of virtual Ethernet interfaces: what the kernel sends into the other end comes
//! out here. For those who may not open `/dev/net/tun`.

use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use cordial_ip::{MacAddress, Neighbours};
use rustix::io::Errno;
use rustix::net::sockopt::socket_error;
use smallvec::SmallVec;

use crate::ethernet::{self, EtherType, Ethernet};
use crate::ring::{Ring, Slot};
use crate::room::Room;
use crate::virtio::{self, Header};
use crate::{
    Checksum, Device, Gso, Offload, Outgoing, Readiness, Received, TunConfig, gather, packet_socket,
};

/// Octets in front of a packet that is sent: virtio header and Ethernet header.
const HEAD: usize = virtio::SHORT_LEN + ethernet::LEN;

/// A packet socket on one end of a veth pair, whose other end the kernel's TCP uses.
///
/// Like a [`Tun`](crate::Tun) it carries raw IP packets, partial checksums and TCP super-segments;
/// the link layer ends here. Frames that are not IP are ignored, except for questions who has an
/// address: we have every address but the other end's own ([`Neighbours`]), which it may choose
/// freely, except for what we [`hold`](Veth::hold).
///
/// A packet received costs no system call: the kernel puts it into memory that it shares with us,
/// 16 MiB of it, in which 504 frames may wait; more than that are lost, as on any Ethernet. A
/// packet sent is one system call.
///
/// The other end's super-segments are to be no longer than [`Veth::GSO_MAX_SIZE`]: whoever sets the
/// pair up tells the kernel so. A longer one is lost.
///
/// The end that this socket is on has no IP address. It needs to be up, with the same MTU as the
/// other, and is best in a network namespace of its own: the socket keeps that alive, and nobody
/// else sees it. The frames in it are not for the interface's own address but for [`Veth::OWN`],
/// so the kernel at this end takes none of them for its own.
#[derive(Debug)]
pub struct Veth {
    fd: OwnedFd,
    ring: Ring,
    config: TunConfig,
    neighbours: Neighbours,
    room: Room,
    /// Why there is no interface any more.
    gone: Option<Errno>,
}

/// What a frame turned out to be.
enum Frame {
    /// An IP packet, and where it lies in the ring.
    Packet { range: Range<usize>, checksum: Checksum, gso: Option<NonZeroU16> },
    /// To be answered on the link, from a buffer with room for either kind.
    Asked(EtherType, SmallVec<[u8; cordial_ip::ndp::LEN]>),
    /// Nothing for us.
    Other,
}

impl Veth {
    /// The Ethernet address that we have: locally administered, and nobody's interface.
    pub const OWN: MacAddress = MacAddress([0x02, 0x43, 0x4f, 0x52, 0x44, 0x01]);

    /// The Ethernet address for the interface at the other end. If it has another, we learn that
    /// from the first frame it sends.
    pub const PEER: MacAddress = MacAddress([0x02, 0x43, 0x4f, 0x52, 0x44, 0x02]);

    /// Octets of the longest super-segment that comes in: `gso_max_size` of the interface at the
    /// other end. Half of what the kernel may make of them lets twice as many wait in the same
    /// memory, and costs no more time.
    pub const GSO_MAX_SIZE: u32 = 32_768;

    /// Opens a socket for [`from_fd`](Self::from_fd) on the interface with this index in the
    /// caller's network namespace; the interface is up. What the other end sends from now on waits.
    ///
    /// Makes system calls and nothing else (no allocation, no lock), so that it may be called
    /// between fork and exec.
    ///
    /// # Errors
    ///
    /// As the system gives them: `EPERM` without `CAP_NET_RAW` over the namespace, `ENODEV` if
    /// there is no such interface, `EAFNOSUPPORT` or `ENOPROTOOPT` if the kernel has no packet
    /// sockets or ones from before Linux 4.20.
    pub fn open(interface: u32) -> io::Result<OwnedFd> {
        packet_socket::open(interface)
    }

    /// Takes over a socket that [`open`](Self::open) gave, maybe to another process.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if it has no virtio-net header, or the MTU is beyond reason; else as the system gives them: `ENOTSOCK` or
    /// `ENOPROTOOPT` if it is no packet socket, `ENOMEM` if there is no memory to share.
    pub fn from_fd(fd: OwnedFd, config: TunConfig) -> io::Result<Self> {
        if !packet_socket::has_virtio_header(&fd)? {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let super_segment = if config.offload { Self::GSO_MAX_SIZE as usize } else { 0 };
        let ring = Ring::new(&fd, ethernet::LEN + config.mtu.max(super_segment))?;
        let neighbours = Neighbours::new(Self::OWN, Self::PEER);
        Ok(Self { fd, ring, config, neighbours, room: Room::default(), gone: None })
    }

    /// Keeps the other end from taking this address, which is ours: its question whether somebody has it is answered
    /// (RFC 4862 §5.4, RFC 5227 §2.1.1). One of each family; the last one counts.
    pub fn hold(&mut self, address: IpAddr) {
        self.neighbours.hold(address);
    }

    /// What it was set up with.
    pub fn config(&self) -> TunConfig {
        self.config
    }

    /// Finds out what the frame in a slot is.
    fn understand(&mut self, slot: Slot) -> Frame {
        let (ring, neighbours) = (&self.ring, &mut self.neighbours);
        let Some((&head, octets)) = ring.octets(slot.frame.clone()).split_first_chunk() else {
            return Frame::Other;
        };
        let head = Ethernet::parse(head);
        if slot.had_tag {
            return Frame::Other;
        }
        neighbours.heard_from(head.source);
        match head.kind {
            EtherType::Arp => match neighbours.on_arp(octets) {
                Some(reply) => Frame::Asked(EtherType::Arp, SmallVec::from_slice(&reply)),
                None => Frame::Other,
            },
            EtherType::Ipv6 if is_neighbour_discovery(octets) => match neighbours.on_solicitation(octets) {
                Some(answer) => Frame::Asked(EtherType::Ipv6, SmallVec::from_slice(&answer)),
                None => Frame::Other,
            },
            EtherType::Ipv4 | EtherType::Ipv6 if head.is_misaddressed(octets) => Frame::Other,
            EtherType::Ipv4 | EtherType::Ipv6 => packet(slot),
            EtherType::Other => Frame::Other,
        }
    }

    /// Sends an answer of the link's own. Without room it is lost, and will be asked for again.
    fn answer(&mut self, kind: EtherType, octets: &[u8]) {
        let destination = ethernet::group(octets, kind).unwrap_or(self.neighbours.peer());
        let head = self.head(Header::default(), destination, kind);
        let _ = rustix::io::writev(&self.fd, &[IoSlice::new(&head), IoSlice::new(octets)]);
    }

    /// What goes in front of a packet.
    fn head(&self, virtio: Header, destination: MacAddress, kind: EtherType) -> [u8; HEAD] {
        let ethernet = Ethernet { destination, source: self.neighbours.own(), kind };
        let mut head = [0; HEAD];
        if let Some((first, rest)) = head.split_first_chunk_mut() {
            *first = virtio.emit_short();
            rest.copy_from_slice(&ethernet.emit());
        }
        head
    }

    /// Whether the interface is still there.
    fn check_interface(&mut self) -> io::Result<()> {
        if self.gone.is_none() {
            // Reading the error clears it.
            self.gone = socket_error(&self.fd)?.err();
        }
        self.gone.map_or(Ok(()), |errno| Err(errno.into()))
    }
}

/// An IP packet in a slot: the kernel counts from the start of the frame, we do from the packet's.
fn packet(slot: Slot) -> Frame {
    let header = Header::parse_short(slot.virtio);
    let checksum = match header.checksum() {
        Checksum::Partial { start, offset } => match start.checked_sub(ethernet::LEN as u16) {
            Some(start) => Checksum::Partial { start, offset },
            None => return Frame::Other,
        },
        other => other,
    };
    let range = slot.frame.start + ethernet::LEN..slot.frame.end;
    Frame::Packet { range, checksum, gso: header.gso_size() }
}

/// True of neighbour solicitations and advertisements, which end here.
fn is_neighbour_discovery(packet: &[u8]) -> bool {
    const ICMPV6: u8 = 58;
    packet.get(6) == Some(&ICMPV6) && matches!(packet.get(40), Some(135 | 136))
}

impl AsFd for Veth {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Device for Veth {
    fn mtu(&self) -> usize {
        self.config.mtu
    }

    fn offload(&self) -> Offload {
        self.config.allows()
    }

    /// As [`Device::receive`]; it needs no buffer. `ENETDOWN` once the interface is gone.
    fn receive<'a>(&'a mut self, _buffer: &'a mut [u8]) -> io::Result<Option<Received<'a>>> {
        // Each turn takes a frame out of the ring, and the peer puts them in no faster than that.
        while let Some(slot) = self.ring.take() {
            match self.understand(slot) {
                Frame::Packet { range, checksum, gso } => {
                    return Ok(Some(Received { octets: self.ring.octets(range), checksum, gso }));
                }
                Frame::Asked(kind, octets) => self.answer(kind, &octets),
                Frame::Other => {}
            }
        }
        self.check_interface().map(|()| None)
    }

    /// As [`Device::has_room`]: a system call only after a send that found none.
    fn has_room(&mut self) -> bool {
        self.room.is_there(&self.fd)
    }

    /// As [`Device::send`]. `WouldBlock` as well while the other end is down, or its queue is full.
    fn send(&mut self, packet: &Outgoing<'_>) -> io::Result<()> {
        packet.check(self.config.mtu, self.offload())?;
        let kind = EtherType::of_packet(packet.head).ok_or(io::ErrorKind::InvalidInput)?;
        let head = self.head(behind_ethernet(packet), self.neighbours.peer(), kind);
        gather::write(&self.fd, &head, packet).map_err(|errno| {
            self.room.note(errno);
            // The queue behind the interface was full: it is empty again in no time, and nobody
            // tells when. The packet counts as lost.
            let errno = if errno == Errno::NOBUFS { Errno::AGAIN } else { errno };
            errno.into()
        })
    }

    fn readiness(&self) -> Readiness<'_> {
        Readiness::Descriptor(self.fd.as_fd())
    }
}

/// The virtio header of a packet that goes out behind an Ethernet header.
fn behind_ethernet(packet: &Outgoing<'_>) -> Header {
    let by = ethernet::LEN as u16;
    let checksum = match packet.checksum {
        Checksum::Partial { start, offset } => Checksum::Partial { start: start.saturating_add(by), offset },
        other => other,
    };
    let gso = packet.gso.map(|gso| Gso { header_len: gso.header_len.saturating_add(by), ..gso });
    Header::of(checksum, gso)
}
