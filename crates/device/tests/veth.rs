//! A veth pair with a real kernel at the other end.

mod common;

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::num::NonZeroU16;
use std::process::Command;
use std::time::{Duration, Instant};

use common::{
    Arrived, KERNEL, OURS, assert_finishes_and_cuts_up, in_a_namespace, ip, is, pseudo_sum, receive, tcp,
    to_kernel,
};
use cordial_device::{Checksum, Device, Gso, GsoKind, MAX_PACKET, Outgoing, TunConfig, Veth};
use etherparse::{PacketBuilder, SlicedPacket, TransportSlice, ip_number};

const KERNEL6: Ipv6Addr = Ipv6Addr::new(0xfd09, 0, 0, 0, 0, 0, 0, 1);
const OURS6: Ipv6Addr = Ipv6Addr::new(0xfd09, 0, 0, 0, 0, 0, 0, 2);

/// A pair whose ends are both in this namespace, `probe0` with the kernel's addresses, `far0` with
/// none and ours. The kernel knows nobody's Ethernet address.
fn open(config: TunConfig) -> Veth {
    ip("link set lo up");
    ip(&format!("link add far0 type veth peer name probe0 address {}", Veth::PEER));
    for end in ["far0", "probe0"] {
        ip(&format!("link set {end} addrgenmode none mtu {}", config.mtu));
    }
    ip(&format!("link set probe0 gso_max_size {}", Veth::GSO_MAX_SIZE));
    ip("link set far0 arp off up");
    ip("link set probe0 up");
    ip("addr add 10.9.8.1/24 dev probe0");
    ip("addr add fd09::1/64 dev probe0 nodad");
    let socket = Veth::open(index_of("far0")).expect("packet sockets are there");
    Veth::from_fd(socket, config).expect("a packet socket with memory to share")
}

fn index_of(interface: &str) -> u32 {
    let any = UdpSocket::bind(("127.0.0.1", 0)).expect("lo is up");
    rustix::net::netdevice::name_to_index(any, interface).expect("it is there")
}

/// A datagram's octets, if the packet is one to port 9.
fn datagram(packet: Arrived) -> Option<Vec<u8>> {
    let sliced = SlicedPacket::from_ip(&packet.octets).ok()?;
    let Some(TransportSlice::Udp(udp)) = sliced.transport else { return None };
    (udp.destination_port() == 9).then(|| udp.payload().to_vec())
}

#[test]
fn the_kernel_finds_us_at_any_address() {
    in_a_namespace("the_kernel_finds_us_at_any_address", || {
        let mut veth = open(TunConfig::default());
        let cases: [(SocketAddr, &[IpAddr]); 2] = [
            (SocketAddr::from((KERNEL, 0)), &[OURS.into(), Ipv4Addr::new(10, 9, 8, 77).into()]),
            (SocketAddr::from((KERNEL6, 0)), &[OURS6.into(), "fd09::dead:beef".parse().expect("one")]),
        ];
        for (from, targets) in cases {
            let socket = UdpSocket::bind(from).expect("the kernel has the address");
            for &target in targets {
                socket.send_to(b"hello", (target, 9)).expect("there is a route");
                assert_eq!(receive(&mut veth, datagram), b"hello", "{target}");
            }
        }
    });
}

/// The kernel makes sure that nobody has an address before it takes it: of two it gets the one that is not held.
#[test]
fn the_kernel_does_not_take_an_address_that_we_hold() {
    in_a_namespace("the_kernel_does_not_take_an_address_that_we_hold", || {
        let mut veth = open(TunConfig::default());
        veth.hold(OURS6.into());
        for address in [OURS6, Ipv6Addr::new(0xfd09, 0, 0, 0, 0, 0, 0, 3)] {
            ip(&format!("addr add {address}/64 dev probe0"));
        }
        let shown = || {
            let done = Command::new("ip").args(["-6", "-o", "addr", "show", "dev", "probe0"]).output();
            String::from_utf8(done.expect("ip (package iproute2) runs").stdout).expect("text")
        };
        let mut buffer = vec![0; MAX_PACKET];
        let end = Instant::now() + Duration::from_secs(10);
        // An address that is taken is tentative for ever.
        while shown().matches("tentative").count() > shown().matches("dadfailed").count() {
            while veth.receive(&mut buffer).expect("the device is there").is_some() {}
            assert!(Instant::now() < end, "no answer within 10 s: {}", shown());
            std::thread::yield_now();
        }
        let shown = shown();
        let state = |address: &str| shown.lines().find(|line| line.contains(address)).expect("it is told");
        assert!(state("fd09::2/").contains("dadfailed"), "{shown}");
        assert!(!state("fd09::3/").contains("tentative"), "{shown}");
    });
}

#[test]
fn the_kernel_answers_an_echo_request() {
    in_a_namespace("the_kernel_answers_an_echo_request", || {
        let mut veth = open(TunConfig::default());
        let mut request = Vec::new();
        to_kernel().icmpv4_echo_request(7, 1).write(&mut request, b"hello").expect("into memory");
        let (head, body) = request.split_at(20);
        let packet = Outgoing { body: &[&body[..3], &body[3..]], ..Outgoing::plain(head) };
        veth.send(&packet).expect("the device has room");
        let reply = receive(&mut veth, |packet| {
            let sliced = SlicedPacket::from_ip(&packet.octets).ok()?;
            let Some(TransportSlice::Icmpv4(icmp)) = sliced.transport else { return None };
            (icmp.type_u8() == 0).then(|| icmp.payload().to_vec())
        });
        assert_eq!(reply, b"hello");

        let mut request = Vec::new();
        let builder = PacketBuilder::ipv6(OURS6.octets(), KERNEL6.octets(), 64);
        builder.icmpv6_echo_request(7, 1).write(&mut request, b"hello").expect("into memory");
        veth.send(&Outgoing::plain(&request)).expect("the device has room");
        let reply = receive(&mut veth, |packet| {
            let sliced = SlicedPacket::from_ip(&packet.octets).ok()?;
            let Some(TransportSlice::Icmpv6(icmp)) = sliced.transport else { return None };
            (icmp.type_u8() == 129).then(|| icmp.payload().to_vec())
        });
        assert_eq!(reply, b"hello");
    });
}

#[test]
fn the_kernel_leaves_the_checksum_to_us() {
    in_a_namespace("the_kernel_leaves_the_checksum_to_us", || {
        let mut veth = open(TunConfig::default());
        let socket = UdpSocket::bind(("10.9.8.1", 0)).expect("the kernel has the address");
        socket.send_to(b"hello", ("10.9.8.2", 9)).expect("there is a route");
        let checksum = receive(&mut veth, |packet| is(&packet, ip_number::UDP).then_some(packet.checksum));
        assert_eq!(checksum, Checksum::Partial { start: 20, offset: 6 }, "counted from the IP header");
    });
}

#[test]
fn the_kernel_finishes_a_checksum_and_cuts_up_a_super_segment() {
    in_a_namespace("the_kernel_finishes_a_checksum_and_cuts_up_a_super_segment", || {
        assert_finishes_and_cuts_up(&mut open(TunConfig::default()));
    });
}

/// Both ways on one connection of the kernel's, opened and acknowledged by hand.
#[test]
fn super_segments_of_tcp_go_both_ways() {
    in_a_namespace("super_segments_of_tcp_go_both_ways", || {
        let mut veth = open(TunConfig::default());
        let client = std::thread::spawn(|| {
            let mut stream = TcpStream::connect(("10.9.8.2", 80))?;
            stream.write_all(&[b'x'; 8000])?;
            let mut got = vec![0; 60_000];
            stream.read_exact(&mut got)?;
            Ok::<_, io::Error>(got)
        });
        let syn = receive(&mut veth, |packet| tcp(&packet).filter(|tcp| tcp.2));
        let mut reply = Vec::new();
        let options = [etherparse::TcpOptionElement::MaximumSegmentSize(1460)];
        let answer = to_kernel().tcp(80, syn.0, 1000, 65_535).syn().ack(syn.1.wrapping_add(1));
        answer.options(&options).expect("one option fits").write(&mut reply, &[]).expect("into memory");
        veth.send(&Outgoing::plain(&reply)).expect("the device has room");

        let (octets, gso) =
            receive(&mut veth, |packet| tcp(&packet)?.3.then_some((packet.octets.len(), packet.gso)));
        assert!(octets >= 40 + 2 * 1460 && gso == NonZeroU16::new(1460), "{octets} {gso:?}");

        let payload: Vec<u8> = (0..60_000_u32).map(|n| (n % 251) as u8).collect();
        let mut packet = Vec::new();
        let data = to_kernel().tcp(80, syn.0, 1001, 65_535).ack(syn.1.wrapping_add(1));
        data.write(&mut packet, &payload).expect("into memory");
        packet[36..38].copy_from_slice(&pseudo_sum(6, 20 + payload.len()));
        let gso = NonZeroU16::new(1460).map(|size| Gso { size, kind: GsoKind::Tcp4, header_len: 40 });
        let checksum = Checksum::Partial { start: 20, offset: 16 };
        let (head, body) = packet.split_at(40);
        let body: Vec<&[u8]> = body.chunks(256).collect();
        veth.send(&Outgoing { head, body: &body, checksum, gso }).expect("the device has room");
        assert_eq!(client.join().expect("no panic").expect("the connection works"), payload);
    });
}

#[test]
fn a_packet_longer_than_the_mtu_is_refused_and_one_as_long_arrives() {
    in_a_namespace("a_packet_longer_than_the_mtu_is_refused_and_one_as_long_arrives", || {
        let mut veth = open(TunConfig { mtu: 9000, offload: true });
        let socket = UdpSocket::bind(("10.9.8.1", 9)).expect("the kernel has the address");
        socket.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout may be set");
        for (octets, goes) in [(9000, true), (9001, false)] {
            let mut packet = Vec::new();
            to_kernel().udp(5, 9).write(&mut packet, &vec![b'x'; octets - 28]).expect("into memory");
            let sent = veth.send(&Outgoing::plain(&packet)).map_err(|error| error.kind());
            assert_eq!(sent, if goes { Ok(()) } else { Err(io::ErrorKind::InvalidInput) });
        }
        let mut datagram = vec![0; 10_000];
        assert_eq!(socket.recv(&mut datagram).expect("it arrived"), 9000 - 28);
    });
}

/// What is none of ours, damaged or senseless, between two packets that arrive.
#[test]
fn other_frames_are_ignored_quietly() {
    in_a_namespace("other_frames_are_ignored_quietly", || {
        let mut veth = open(TunConfig::default());
        // The kernel's end, for frames that it would not send by itself.
        let wire = Veth::open(index_of("probe0")).expect("packet sockets are there");
        let frame = |kind: [u8; 2], octets: &[u8]| {
            [&[0; 10][..], &Veth::OWN.0, &Veth::PEER.0, &kind, octets].concat()
        };
        let mut packet = Vec::new();
        let builder = PacketBuilder::ipv4(KERNEL, OURS, 64).udp(5, 9);
        builder.write(&mut packet, b"tagged").expect("into memory");
        let frames = [
            frame([0x88, 0xcc], b"LLDP"),
            frame([0x81, 0x00], &[&[0, 7, 8, 0][..], &packet].concat()),
            frame([0x08, 0x06], b"no ARP"),
            frame([0x08, 0x06], &[0xff; 28]),
            frame([0x86, 0xdd], &[0x60, 0, 0, 0, 0, 4, 58, 255]),
            frame([0x86, 0xdd], &[[0x60, 0, 0, 0, 0, 24, 58, 255, 0, 0].as_slice(), &[135; 54]].concat()),
            frame([0x08, 0x00], &[]),
        ];
        for frame in &frames {
            let sent = rustix::io::write(&wire, frame).expect("the wire takes it");
            assert_eq!(sent, frame.len());
        }
        rustix::io::write(&wire, &frame([0x08, 0x00], &packet)).expect("the wire takes it");
        // The empty IP packet comes through, as one: whoever reads packets refuses it.
        let mut before = Vec::new();
        let mut buffer = vec![0; MAX_PACKET];
        while let Some(packet) = veth.receive(&mut buffer).expect("the device is there") {
            before.push(packet.octets.to_vec());
        }
        let ours: Vec<_> = before.iter().filter(|octets| octets.first() != Some(&0x60)).collect();
        assert_eq!(ours, [&vec![], &packet], "{before:?}");
    });
}

#[test]
fn what_there_is_no_room_for_is_lost_and_the_rest_arrives_in_order() {
    in_a_namespace("what_there_is_no_room_for_is_lost_and_the_rest_arrives_in_order", || {
        let mut veth = open(TunConfig::default());
        let socket = UdpSocket::bind(("10.9.8.1", 0)).expect("the kernel has the address");
        socket.send_to(b"resolve", ("10.9.8.2", 9)).expect("there is a route");
        assert_eq!(receive(&mut veth, datagram), b"resolve");
        let mut buffer = vec![0; MAX_PACKET];
        // Three times around the ring, from another place each time.
        for round in 0..3_u32 {
            for n in 0..700_u32 {
                socket.send_to(&n.to_be_bytes(), ("10.9.8.2", 9)).expect("there is a route");
            }
            let mut numbers = Vec::new();
            while let Some(packet) = veth.receive(&mut buffer).expect("the device is there") {
                let tail =
                    packet.octets.last_chunk().copied().filter(|_| packet.octets.first() == Some(&0x45));
                numbers.extend(tail.map(u32::from_be_bytes));
            }
            assert!((400..=504).contains(&numbers.len()), "round {round}: {}", numbers.len());
            assert!(numbers.iter().copied().eq(0..numbers.len() as u32), "round {round}: {numbers:?}");
        }
    });
}

#[test]
fn an_interface_that_is_down_takes_nothing_and_one_that_is_gone_says_so() {
    in_a_namespace("an_interface_that_is_down_takes_nothing_and_one_that_is_gone_says_so", || {
        let mut veth = open(TunConfig::default());
        let mut buffer = vec![0; MAX_PACKET];
        ip("link set probe0 down");
        while veth.receive(&mut buffer).expect("only the other end is down").is_some() {}
        let refused = veth.send(&Outgoing::plain(&[0x45; 20])).expect_err("nobody to take it");
        assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
        assert!(veth.has_room(), "later may be better");
        ip("link set probe0 up");
        veth.send(&Outgoing::plain(&[0x45; 20])).expect("it takes it again");

        ip("link del probe0");
        for _ in 0..2 {
            let gone = loop {
                match veth.receive(&mut buffer) {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("the interface is gone"),
                    Err(gone) => break gone,
                }
            };
            assert_eq!(gone.kind(), io::ErrorKind::NetworkDown, "and stays so");
        }
    });
}

#[test]
fn another_file_is_not_taken_for_a_packet_socket() {
    let refused = |fd| Veth::from_fd(fd, TunConfig::default()).expect_err("not one of ours").kind();
    let file = std::fs::File::open("/dev/null").expect("/dev/null is there");
    assert_eq!(refused(file.into()), std::io::Error::from_raw_os_error(88).kind(), "ENOTSOCK");
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    assert_ne!(refused(listener.into()), io::ErrorKind::WouldBlock);
}
