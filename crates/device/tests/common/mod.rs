//! What the tests with a real kernel behind a device share.
//!
//! Each test runs itself again in user and network namespaces of its own, so that the host's
//! network is not touched. That takes root, or user namespaces; and `unshare` (util-linux) and
//! `ip` (iproute2).

#![allow(dead_code)] // each test file uses some of it

mod again;

use std::net::{Ipv4Addr, UdpSocket};
use std::num::NonZeroU16;
use std::process::Command;
use std::time::{Duration, Instant};

use cordial_device::{Checksum, Device, Gso, GsoKind, MAX_PACKET, Outgoing, Readiness};
use etherparse::{IpHeaders, IpNumber, PacketBuilder, PacketBuilderStep, TcpHeaderSlice, ip_number};
use rustix::event::{PollFd, PollFlags, Timespec};

/// Runs the test `name` again in namespaces of its own, and `body` there.
pub fn in_a_namespace(name: &str, body: impl FnOnce()) {
    if again::is_inside() { body() } else { again::in_a_network(name) }
}

/// Runs `ip` with these words.
pub fn ip(arguments: &str) {
    let done = Command::new("ip").args(arguments.split(' ')).status();
    assert!(done.expect("ip (package iproute2) runs").success(), "ip {arguments}");
}

/// A packet that came in, in memory of its own.
pub struct Arrived {
    pub octets: Vec<u8>,
    pub checksum: Checksum,
    pub gso: Option<NonZeroU16>,
}

/// Waits for the first packet that `wanted` makes something of; the kernel says things of its own
/// accord (MLD, router solicitations).
pub fn receive<T>(device: &mut impl Device, wanted: impl Fn(Arrived) -> Option<T>) -> T {
    let mut buffer = vec![0; MAX_PACKET];
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end {
        while let Some(packet) = device.receive(&mut buffer).expect("the device is there") {
            let (checksum, gso) = (packet.checksum, packet.gso);
            if let Some(found) = wanted(Arrived { octets: packet.octets.to_vec(), checksum, gso }) {
                return found;
            }
        }
        let Readiness::Descriptor(fd) = device.readiness() else { panic!("it is a descriptor") };
        let patience = Timespec { tv_sec: 1, tv_nsec: 0 };
        rustix::event::poll(&mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)], Some(&patience))
            .expect("poll works");
    }
    panic!("the packet did not come within 10 s");
}

/// The kernel's port, its sequence number, whether it is a SYN, whether it has data.
pub fn tcp(packet: &Arrived) -> Option<(u16, u32, bool, bool)> {
    let sliced = is(packet, ip_number::TCP).then(|| packet.octets.get(20..))??;
    let tcp = TcpHeaderSlice::from_slice(sliced).ok()?;
    let has_data = sliced.len() > tcp.slice().len();
    Some((tcp.source_port(), tcp.sequence_number(), tcp.syn(), has_data))
}

pub fn is(packet: &Arrived, protocol: IpNumber) -> bool {
    packet.octets.first() == Some(&0x45) && packet.octets.get(9) == Some(&protocol.0)
}

/// The kernel's address, and ours.
pub const KERNEL: [u8; 4] = [10, 9, 8, 1];
pub const OURS: [u8; 4] = [10, 9, 8, 2];

pub fn to_kernel() -> PacketBuilderStep<IpHeaders> {
    PacketBuilder::ipv4(OURS, KERNEL, 64)
}

/// The sum of the pseudo-header alone, for whoever finishes the checksum: addresses, protocol, and the length, which
/// the kernel replaces.
pub fn pseudo_sum(protocol: u32, length: usize) -> [u8; 2] {
    let words = [0x0a09_u32, 0x0802, 0x0a09, 0x0801, protocol, length as u32];
    let sum = words.iter().sum::<u32>();
    (((sum & 0xffff) + (sum >> 16)) as u16).to_be_bytes()
}

/// Three datagrams leave as one packet whose checksum is not finished, and arrive as three.
pub fn assert_finishes_and_cuts_up(device: &mut impl Device) {
    let socket = UdpSocket::bind((Ipv4Addr::from(KERNEL), 9)).expect("the kernel has the address");
    socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout may be set");
    let payload = [b'a', b'b', b'c'].map(|letter| vec![letter; 1000]).concat();
    let mut packet = Vec::new();
    to_kernel().udp(5, 9).write(&mut packet, &payload).expect("into memory");
    packet[26..28].copy_from_slice(&pseudo_sum(17, 8 + 3000));

    let size = NonZeroU16::new(1000).expect("not zero");
    let gso = Some(Gso { size, kind: GsoKind::Udp4, header_len: 28 });
    let checksum = Checksum::Partial { start: 20, offset: 6 };
    let (head, body) = packet.split_at(28);
    device.send(&Outgoing { head, body: &[body], checksum, gso }).expect("the device has room");
    for letter in *b"abc" {
        let mut datagram = [0; 2000];
        let octets = socket.recv(&mut datagram).expect("a datagram with a good checksum");
        assert_eq!(datagram[..octets], vec![letter; 1000]);
    }
}
