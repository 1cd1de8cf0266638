//! A TUN device with a real kernel behind it.
//!
//! Besides what `common` says this takes a `/dev/net/tun` that the caller may open.

mod common;

use std::io::{self, Write};
use std::net::{TcpStream, UdpSocket};
use std::num::NonZeroU16;

use common::{assert_finishes_and_cuts_up, in_a_namespace, ip, is, receive, tcp, to_kernel};
use cordial_device::{Checksum, Device, InterfaceName, MAX_PACKET, Outgoing, Tun, TunConfig};
use etherparse::{SlicedPacket, TransportSlice, ip_number};

/// A TUN device that is up, with the kernel and us at the addresses of `common`.
fn open(config: TunConfig) -> Tun {
    let name = InterfaceName::new("probe0").expect("a fine name");
    let tun = Tun::open(name, config).expect("/dev/net/tun may be opened and has an interface for us");
    ip("link set lo up");
    ip(&format!("link set probe0 mtu {} up", config.mtu));
    ip("addr add 10.9.8.1/24 dev probe0");
    tun
}

#[test]
fn the_kernel_answers_an_echo_request() {
    in_a_namespace("the_kernel_answers_an_echo_request", || {
        let mut tun = open(TunConfig::default());
        let mut request = Vec::new();
        to_kernel().icmpv4_echo_request(7, 1).write(&mut request, b"hello").expect("into memory");
        let (head, body) = request.split_at(20);
        let packet = Outgoing { body: &[&body[..3], &body[3..]], ..Outgoing::plain(head) };
        tun.send(&packet).expect("the device has room");

        let reply = receive(&mut tun, |packet| {
            let sliced = SlicedPacket::from_ip(&packet.octets).ok()?;
            let Some(TransportSlice::Icmpv4(icmp)) = sliced.transport else { return None };
            Some(icmp.payload().to_vec())
        });
        assert_eq!(reply, b"hello");
    });
}

#[test]
fn the_kernel_leaves_the_checksum_to_us_only_with_offload() {
    in_a_namespace("the_kernel_leaves_the_checksum_to_us_only_with_offload", || {
        for offload in [true, false] {
            let mut tun = open(TunConfig { offload, ..TunConfig::default() });
            let socket = UdpSocket::bind(("10.9.8.1", 0)).expect("the kernel has the address");
            socket.send_to(b"hello", ("10.9.8.2", 9)).expect("there is a route");
            let checksum = receive(&mut tun, |packet| is(&packet, ip_number::UDP).then_some(packet.checksum));
            match offload {
                true => assert_eq!(checksum, Checksum::Partial { start: 20, offset: 6 }),
                false => assert_eq!(checksum, Checksum::Unknown),
            }
        }
    });
}

#[test]
fn the_kernel_finishes_a_checksum_and_cuts_up_a_super_segment() {
    in_a_namespace("the_kernel_finishes_a_checksum_and_cuts_up_a_super_segment", || {
        assert_finishes_and_cuts_up(&mut open(TunConfig::default()));
    });
}

#[test]
fn the_kernels_tcp_hands_over_super_segments_only_with_offload() {
    in_a_namespace("the_kernels_tcp_hands_over_super_segments_only_with_offload", || {
        for offload in [true, false] {
            let mut tun = open(TunConfig { offload, ..TunConfig::default() });
            let (octets, gso) = first_segment_of_a_burst(&mut tun);
            match offload {
                // How many segments in one is for the kernel's pacing to say.
                true => assert!(octets >= 40 + 2 * 1460 && gso == NonZeroU16::new(1460), "{octets} {gso:?}"),
                false => assert_eq!((octets, gso), (1500, None)),
            }
        }
    });
}

/// Accepts a connection of the kernel's by hand, lets it write 8,000 octets, and gives the length
/// and the segment size of the first packet with data. Nothing is acknowledged.
fn first_segment_of_a_burst(tun: &mut Tun) -> (usize, Option<NonZeroU16>) {
    let client = std::thread::spawn(|| {
        let mut stream = TcpStream::connect(("10.9.8.2", 80))?;
        stream.write_all(&[b'x'; 8000])?;
        Ok::<_, io::Error>(stream)
    });
    let syn = receive(tun, |packet| tcp(&packet).filter(|tcp| tcp.2));
    let mut reply = Vec::new();
    let options = [etherparse::TcpOptionElement::MaximumSegmentSize(1460)];
    let answer = to_kernel().tcp(80, syn.0, 1000, 65_535).syn().ack(syn.1.wrapping_add(1));
    answer.options(&options).expect("one option fits").write(&mut reply, &[]).expect("into memory");
    tun.send(&Outgoing::plain(&reply)).expect("the device has room");
    let stream = client.join().expect("no panic").expect("the kernel takes our SYN-ACK");
    let found = receive(tun, |packet| {
        let (_, _, _, has_data) = tcp(&packet)?;
        has_data.then_some((packet.octets.len(), packet.gso))
    });
    drop(stream);
    found
}

#[test]
fn a_descriptor_from_another_process_works_as_the_original() {
    in_a_namespace("a_descriptor_from_another_process_works_as_the_original", || {
        let fd = open(TunConfig::default()).into_fd();
        let mut tun = Tun::from_fd(fd, TunConfig::default()).expect("it is a TUN device");
        let socket = UdpSocket::bind(("10.9.8.1", 0)).expect("the kernel has the address");
        socket.send_to(b"hello", ("10.9.8.2", 9)).expect("there is a route");
        let octets = receive(&mut tun, |packet| is(&packet, ip_number::UDP).then_some(packet.octets));
        assert!(octets.ends_with(b"hello"));
    });
}

#[test]
fn a_short_buffer_is_refused_before_a_packet_is_cut_off() {
    in_a_namespace("a_short_buffer_is_refused_before_a_packet_is_cut_off", || {
        let mut tun = open(TunConfig::default());
        let mut short = vec![0; MAX_PACKET - 1];
        let refused = tun.receive(&mut short).expect_err("too short");
        assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    });
}

#[test]
fn an_interface_that_is_down_takes_nothing_and_says_so() {
    in_a_namespace("an_interface_that_is_down_takes_nothing_and_says_so", || {
        let name = InterfaceName::new("probe0").expect("a fine name");
        let mut tun = Tun::open(name, TunConfig::default()).expect("a TUN device");
        let refused = tun.send(&Outgoing::plain(&[0x45; 20])).expect_err("down");
        assert_eq!(refused.raw_os_error(), Some(5), "EIO");
        let mut buffer = vec![0; MAX_PACKET];
        assert_eq!(tun.receive(&mut buffer).expect("nothing to read"), None);
    });
}
