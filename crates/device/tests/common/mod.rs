//! What the tests with a real kernel behind a device share.
//!
//! Each test runs itself again in user and network namespaces of its own, so that the host's
//! network is not touched. That takes root, or user namespaces; and `unshare` (util-linux) and
//! `ip` (iproute2).

#![allow(dead_code)] // each test file uses some of it

mod again;

use std::num::NonZeroU16;
use std::process::Command;
use std::time::{Duration, Instant};

use cordial_device::{Checksum, Device, MAX_PACKET, Readiness};
use etherparse::{IpNumber, TcpHeaderSlice, ip_number};
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
