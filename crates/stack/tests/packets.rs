//! Packets that are not TCP's, packets that are refused, and how packets go out.

mod common;

use common::{LINK, Lab, ms};
use cordial_ip::{Header, Protocol, udp};
use cordial_stack::{
    Bind, BindError, Checksum, CloseCause, Config, Event, Frame, Half, Instant, LinkConfig, ListenConfig,
    Seeded, Stack, TcpConfig, UdpSendError,
};
use cordial_tcp::Refusal;
use cordial_wire::{Flags, Segment, SeqNum, checksum};

#[test]
fn datagrams_go_both_ways() {
    let mut lab = Lab::new();
    let (a, b) =
        (lab.a.stack.udp_bind(Bind::Port(0)).unwrap(), lab.b.stack.udp_bind(Bind::Port(53)).unwrap());
    assert_eq!(lab.b.stack.udp_bind(Bind::Port(53)), Err(BindError::InUse));
    let to = lab.b.at(53);
    lab.a.stack.udp_send(a, None, to, b"question").expect("sent");
    lab.run();
    assert_eq!(lab.b.take_events(), [Event::UdpReadable(b)]);
    let datagram = lab.b.stack.udp_recv(b).expect("it came");
    assert_eq!((&datagram.octets[..], datagram.destination), (&b"question"[..], to));
    lab.b.stack.udp_send(b, None, datagram.source, b"answer").expect("sent");
    lab.run();
    assert_eq!(lab.a.stack.udp_recv(a).map(|datagram| datagram.octets), Some(b"answer".to_vec()));
    assert_eq!(lab.a.stack.udp_recv(a), None);
    let send =
        |lab: &mut Lab, to: &str, octets: &[u8]| lab.a.stack.udp_send(a, None, to.parse().unwrap(), octets);
    assert_eq!(send(&mut lab, "10.0.0.2:0", b""), Err(UdpSendError::BadAddress));
    assert_eq!(send(&mut lab, "224.0.0.1:1", b""), Err(UdpSendError::BadAddress));
    assert_eq!(send(&mut lab, "10.0.0.2:1", &[0; 65_508]), Err(UdpSendError::TooLong));
    assert_eq!(send(&mut lab, "10.0.0.2:1", &[0; 65_507]), Ok(()));
    lab.a.stack.udp_close(a);
    assert_eq!(send(&mut lab, "10.0.0.2:1", b""), Err(UdpSendError::Gone));
}

#[test]
fn a_gateway_gets_every_datagram_with_where_it_was_to_go() {
    let mut lab = Lab::with(|_| {}, |b| *b = Config::gateway());
    let (a, b) = (lab.a.stack.udp_bind(Bind::Port(0)).unwrap(), lab.b.stack.udp_bind(Bind::Any).unwrap());
    let to = "198.51.100.7:53".parse().unwrap();
    lab.a.stack.udp_send(a, None, to, b"question").expect("sent");
    lab.run();
    let datagram = lab.b.stack.udp_recv(b).expect("it came");
    assert_eq!(datagram.destination, to);
    lab.b.stack.udp_send(b, Some(to), datagram.source, b"answer").expect("sent");
    lab.run();
    assert_eq!(lab.a.stack.udp_recv(a).map(|datagram| datagram.source), Some(to));
}

#[test]
fn a_udp_socket_holds_so_much_and_no_more() {
    let mut lab = Lab::with(|_| {}, |b| b.limits.udp_queue = 4000);
    let (a, b) =
        (lab.a.stack.udp_bind(Bind::Port(0)).unwrap(), lab.b.stack.udp_bind(Bind::Port(53)).unwrap());
    for _ in 0..5 {
        let to = lab.b.at(53);
        lab.a.stack.udp_send(a, None, to, &[7; 1000]).expect("sent");
    }
    lab.run();
    let held = core::iter::from_fn(|| lab.b.stack.udp_recv(b)).count();
    assert_eq!((held, lab.b.stack.counters().udp_rcvbuf_errors), (3, 2));
}

#[test]
fn a_datagram_to_a_port_nobody_has_is_answered_by_icmp() {
    let mut lab = Lab::new();
    let a = lab.a.stack.udp_bind(Bind::Port(0)).unwrap();
    let to = lab.b.at(53);
    lab.a.stack.udp_send(a, None, to, b"question").expect("sent");
    lab.run();
    assert_eq!((lab.b.stack.counters().udp_no_ports, lab.b.stack.counters().icmp_out_msgs), (1, 1));
    assert_eq!((lab.a.stack.counters().icmp_in_msgs, lab.a.stack.counters().icmp_in_errors), (1, 0));
}

#[test]
fn an_echo_request_comes_back() {
    let mut stack = Stack::new(Config::host(&["10.0.0.2".parse().unwrap()]), Seeded::new([0; 32]), ());
    let now = cordial_stack::Instant::from_millis(1);
    let mut icmp = [8, 0, 0, 0, 0x12, 0x34, 0, 1, b'h', b'e', b'y'];
    let mut sum = checksum::Sum::new();
    sum.add(&icmp);
    icmp[2..4].copy_from_slice(&sum.finish().to_be_bytes());
    let header = Header {
        source: "10.0.0.1".parse().unwrap(),
        destination: "10.0.0.2".parse().unwrap(),
        protocol: Protocol::Icmp,
        payload_len: icmp.len(),
        identification: 0,
    };
    let mut request = [0; 31];
    header.emit(&mut request).expect("it fits");
    request[20..].copy_from_slice(&icmp);
    stack.on_frame(now, LINK, Frame::new(&request));
    let mut reply = [0; 100];
    let len = stack.poll_transmit(now, LINK).expect("a reply").write_to(&mut reply);
    assert_eq!(len, 31);
    assert_eq!((reply[20], &reply[24..31]), (0, &icmp[4..]));
    assert_eq!((&reply[12..16], &reply[16..20]), (&[10, 0, 0, 2][..], &[10, 0, 0, 1][..]));
    assert!(stack.poll_transmit(now, LINK).is_none());
}

/// RFC 9293 §3.9.2.2: a hard error ends an open; RFC 5927: only if it quotes what is in flight.
#[test]
fn icmp_port_unreachable_ends_an_open() {
    let mut lab = Lab::new();
    lab.lose(|_| true);
    let client = lab.connect();
    lab.pump();
    let local = lab.a.stack.info(client).expect("open").tuple.local.port();
    let iss = lab.a.stack.info(client).expect("open").vars.iss;
    for (seq, expected) in [(iss + 1, None), (iss, Some(CloseCause::Refused))] {
        let syn = Segment { source: local, destination: 80, seq, flags: Flags::SYN, ..Segment::default() };
        let quoted = lab.packet(true, &syn);
        let original = cordial_ip::Packet::parse(&quoted).expect("a packet");
        let error = cordial_ip::icmp::unreachable(&original, cordial_ip::Unreachable::Port).expect("due");
        lab.inject(false, &error);
        assert_eq!(lab.a.ended(client), expected);
    }
}

#[test]
fn bad_addresses_open_nothing_and_are_answered_with_nothing() {
    let mut lab = Lab::new();
    lab.listen();
    let us = "10.0.0.2";
    for (source, destination) in [
        ("10.0.0.255", us),
        ("255.255.255.255", us),
        ("224.0.0.1", us),
        ("0.0.0.0", us),
        ("127.0.0.1", us),
        ("10.0.0.1", "10.0.0.255"),
        ("10.0.0.1", "224.0.0.1"),
        ("10.0.0.1", "10.0.0.77"),
    ] {
        let syn = Segment { source: 1000, destination: 80, flags: Flags::SYN, ..Segment::default() };
        let packet = common::packet(source.parse().unwrap(), destination.parse().unwrap(), &syn);
        lab.b.stack.on_frame(lab.now, LINK, Frame::new(&packet));
        assert!(lab.b.stack.poll_transmit(lab.now, LINK).is_none(), "{source} to {destination}");
    }
    // The "land" packet: from our own port to itself.
    let land = Segment { source: 80, destination: 80, flags: Flags::SYN, ..Segment::default() };
    let packet = common::packet(us.parse().unwrap(), us.parse().unwrap(), &land);
    lab.b.stack.on_frame(lab.now, LINK, Frame::new(&packet));
    assert!(lab.b.stack.poll_transmit(lab.now, LINK).is_none());
    assert_eq!(lab.b.stack.half_open(), 0);
    assert_eq!(lab.b.stack.counters().ip_in_addr_errors, 9);
}

/// An IPv6 packet does not reach an IPv4 connection by calling its ends IPv4-mapped.
#[test]
fn mapped_addresses_reach_no_ipv4_connection() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (client, server) = lab.open(listener);
    let vars = lab.b.stack.info(server).expect("open").vars;
    let port = lab.a.stack.info(client).expect("open").tuple.local.port();
    let reset =
        Segment { source: port, destination: 80, seq: vars.rcv_nxt, flags: Flags::RST, ..Segment::default() };
    let [from, to] = ["::ffff:10.0.0.1", "::ffff:10.0.0.2"].map(|text| text.parse().expect("an address"));
    lab.inject(true, &common::packet(from, to, &reset));
    assert_eq!((lab.b.ended(server), lab.b.stack.counters().ip_in_hdr_errors), (None, 1));
    let real = lab.packet(true, &reset);
    lab.inject(true, &real);
    assert_eq!(lab.b.ended(server), Some(CloseCause::Reset), "the same over IPv4");
}

/// Shows MUST-3.
#[test]
fn a_damaged_segment_is_dropped_unless_somebody_vouches_for_it() {
    let mut lab = Lab::new();
    lab.listen();
    let syn = Segment { source: 1000, destination: 80, flags: Flags::SYN, ..Segment::default() };
    let mut packet = lab.packet(true, &syn);
    packet[20 + Segment::CHECKSUM_OFFSET] ^= 1;
    lab.inject(true, &packet);
    assert_eq!((lab.b.stack.half_open(), lab.b.stack.counters().tcp_in_errs), (0, 1));
    let partial = Checksum::Partial { start: 20, offset: 16 };
    lab.b.stack.on_frame(lab.now, LINK, Frame { octets: &packet, checksum: partial, gso: None });
    assert_eq!(lab.b.stack.half_open(), 1);
}

/// What the fixed part of its header says is told, for whoever asks what became of it; nobody acts on it.
#[test]
fn octets_that_are_no_segment_are_dropped_and_told_of() {
    let mut lab = Lab::new();
    lab.listen();
    let syn = Segment { source: 1000, destination: 80, flags: Flags::SYN, ..Segment::default() };
    // A data offset of four words, and one behind the end of the packet.
    for offset in [4, 15] {
        let mut packet = lab.packet(true, &syn);
        packet[20 + 12] = offset << 4;
        lab.b.stack.observer_mut().forget_last();
        lab.inject(true, &packet);
        let told = lab.b.stack.observer().last_received().expect("it is told of");
        assert_eq!((told.refused(), told.tuple.peer.port()), (Some(Refusal::Malformed), 1000));
    }
    assert_eq!((lab.b.stack.half_open(), lab.b.stack.counters().tcp_in_errs), (0, 2));
}

#[test]
fn resets_for_strangers_are_limited() {
    let mut lab = Lab::with(|_| {}, |b| b.limits.refusals_per_second = 3 * 256);
    for port in 1000..1010 {
        let syn = Segment {
            source: port,
            destination: 80,
            seq: SeqNum(1),
            flags: Flags::SYN,
            ..Segment::default()
        };
        let packet = lab.packet(true, &syn);
        lab.b.stack.on_frame(lab.now, LINK, Frame::new(&packet));
    }
    let counters = *lab.b.stack.counters();
    assert_eq!((counters.tcp_out_rsts, counters.refusals_limited), (3, 7));
    // What one peer drew does not show to another.
    let syn = Segment { source: 1000, destination: 80, flags: Flags::SYN, ..Segment::default() };
    let [stranger, us] = ["10.0.0.3", "10.0.0.2"].map(|text| text.parse().expect("an address"));
    let packet = common::packet(stranger, us, &syn);
    for _ in 0..4 {
        lab.b.stack.on_frame(lab.now, LINK, Frame::new(&packet));
    }
    let counters = *lab.b.stack.counters();
    assert_eq!((counters.tcp_out_rsts, counters.refusals_limited), (6, 8));
}

/// However many strangers are refused, every other packet is a connection's.
#[test]
fn a_flood_of_refusals_does_not_hold_up_a_connection() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (_, server) = lab.open(listener);
    lab.b.write(lab.now, server, &[7; 6 * 1448]).expect("open");
    for source in 2000..2020 {
        let syn = Segment { source, destination: 81, flags: Flags::SYN, ..Segment::default() };
        let packet = lab.packet(true, &syn);
        lab.b.stack.on_frame(lab.now, LINK, Frame::new(&packet));
    }
    let mut out = vec![0; 2000];
    let mut is_reset = || {
        let len = lab.b.stack.poll_transmit(lab.now, LINK).expect("waits").write_to(&mut out);
        Segment::parse(&out[20..len]).expect("a segment").flags.contains(Flags::RST)
    };
    let order: Vec<bool> = (0..12).map(|_| is_reset()).collect();
    assert_eq!(order, [false, true].repeat(6));
    assert!((0..14).all(|_| is_reset()), "the rest of the flood, once the data is out");
    assert!(!lab.b.stack.has_output(LINK));
}

#[test]
fn replies_over_the_bound_are_dropped_and_counted() {
    let mut lab = Lab::with(|_| {}, |b| b.limits.replies = 2);
    lab.b.stack.listen(Bind::Any, ListenConfig::default()).unwrap();
    for port in 1000..1005 {
        let syn = Segment { source: port, destination: 80, flags: Flags::SYN, ..Segment::default() };
        let packet = lab.packet(true, &syn);
        lab.b.stack.on_frame(lab.now, LINK, Frame::new(&packet));
    }
    assert_eq!((lab.b.stack.half_open(), lab.b.stack.counters().replies_dropped), (5, 3));
}

#[test]
fn a_link_that_cuts_up_gets_super_segments_with_partial_checksums() {
    let offload = LinkConfig { mtu: 1500, max_super: 65_535, checksum_offload: true };
    for mut lab in [Lab::new(), Lab::v6()] {
        let listener = lab.listen();
        let (client, server) = lab.open(listener);
        lab.a.stack.set_link(LINK, offload);
        lab.a.write(lab.now, client, &[0x5a; 12_000]).expect("open");
        let transmit = lab.a.stack.poll_transmit(lab.now, LINK).expect("octets");
        let gso = transmit.gso.expect("a super-segment");
        let Checksum::Partial { start, offset } = transmit.checksum else {
            panic!("{:?}", transmit.checksum)
        };
        assert!(transmit.body.len() > 2 * usize::from(gso.size.get()));
        assert_eq!((usize::from(gso.header_len), offset), (transmit.head.len(), 16));
        let mut out = vec![0; 70_000];
        let len = transmit.write_to(&mut out);
        // What a device does: sum from `start` on, the field counting as the pseudo-header.
        let (start, field) = (usize::from(start), usize::from(start + offset));
        let mut sum = checksum::Sum::new();
        sum.add(&out[start..len]);
        out[field..field + 2].copy_from_slice(&sum.finish().to_be_bytes());
        lab.b.stack.on_frame(
            lab.now,
            LINK,
            Frame { octets: &out[..len], checksum: Checksum::Unknown, gso: Some(gso.size) },
        );
        let mut read = Vec::new();
        lab.b.read(lab.now, server, &mut read);
        assert!(!read.is_empty() && read.iter().all(|&octet| octet == 0x5a));
        assert_eq!(lab.b.stack.counters().tcp_in_errs, 0);
        lab.run_for(ms(500));
    }
}

#[test]
fn what_does_not_fit_is_not_written() {
    let mut lab = Lab::new();
    lab.connect();
    let transmit = lab.a.stack.poll_transmit(lab.now, LINK).expect("a SYN");
    assert_eq!(transmit.write_to(&mut [0; 30]), 0);
}

#[test]
fn garbage_is_counted_and_nothing_else() {
    let mut lab = Lab::new();
    lab.listen();
    let mut fragment = lab.packet(true, &Segment { flags: Flags::SYN, ..Segment::default() });
    fragment[6] = 0x20;
    fragment[10..12].fill(0);
    let mut sum = checksum::Sum::new();
    sum.add(&fragment[..20]);
    fragment[10..12].copy_from_slice(&sum.finish().to_be_bytes());
    for octets in [&[][..], &[0x45], &[0x60; 39], &[0xff; 60], &fragment] {
        lab.inject(true, octets);
    }
    let counters = lab.b.stack.counters();
    assert_eq!((counters.ip_in_receives, counters.ip_in_hdr_errors, counters.ip_reasm_fails), (5, 4, 1));
    let packet = udp::packet(lab.a.at(1), lab.b.at(2), b"octets").expect("it fits");
    for len in 0..packet.len() {
        lab.inject(true, &packet[..len]);
    }
    assert_eq!(lab.b.stack.counters().udp_no_ports, 0);
}

#[test]
fn a_clone_does_what_the_original_does() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (client, _) = lab.open(listener);
    lab.a.write(lab.now, client, b"twice").expect("open");
    let mut twin = lab.a.stack.clone();
    let fingerprint = |stack: &common::TestStack| {
        let mut hasher = std::hash::DefaultHasher::new();
        stack.fingerprint(lab.now, &mut hasher);
        std::hash::Hasher::finish(&hasher)
    };
    assert_eq!(fingerprint(&twin), fingerprint(&lab.a.stack));
    // Whatever decides the future shows: a listener, its queue, a reply that waits, a bucket
    // that is running out.
    let mut seen = std::collections::BTreeSet::from([fingerprint(&twin)]);
    let mut other = twin.clone();
    let place = other.listen(Bind::Port(90), ListenConfig::default()).expect("free");
    assert!(seen.insert(fingerprint(&other)), "a listener");
    other.close_listener(lab.now, place);
    let to_nobody = Segment { source: 9, destination: 99, flags: Flags::SYN, ..Segment::default() };
    other.on_frame(lab.now, LINK, Frame::new(&lab.packet(false, &to_nobody)));
    assert!(seen.insert(fingerprint(&other)), "a reset that waits");
    for _ in 0..60 {
        other.on_frame(lab.now, LINK, Frame::new(&lab.packet(false, &to_nobody)));
    }
    while other.poll_transmit(lab.now, LINK).is_some() {}
    let mut sent = twin.clone();
    while sent.poll_transmit(lab.now, LINK).is_some() {}
    assert_ne!(fingerprint(&sent), fingerprint(&other), "more than half of the tokens");
    let decide = ListenConfig { decide: true, ..ListenConfig::default() };
    other.listen(Bind::Port(99), decide).expect("free");
    other.on_frame(lab.now, LINK, Frame::new(&lab.packet(false, &to_nobody)));
    let untold = fingerprint(&other);
    assert!(matches!(other.poll_event(), Some(Event::Incoming(..))));
    assert_ne!(untold, fingerprint(&other), "whether the application knows of a SYN");
    let out = |stack: &mut common::TestStack| {
        let mut octets = vec![0; 2000];
        let len = stack.poll_transmit(lab.now, LINK).expect("octets").write_to(&mut octets);
        octets.truncate(len);
        octets
    };
    assert_eq!(out(&mut twin), out(&mut lab.a.stack));
}

/// What the application hears first is part of the future, too.
#[test]
fn a_fingerprint_tells_the_order_of_what_is_still_to_be_told() {
    let lab = Lab::new();
    let after = |order: [u16; 2]| {
        let mut stack = lab.b.stack.clone();
        let sockets = [53, 54].map(|port| stack.udp_bind(Bind::Port(port)).expect("free"));
        for port in order {
            let packet = udp::packet(lab.a.at(1), lab.b.at(port), b"octets").expect("it fits");
            stack.on_frame(lab.now, LINK, Frame::new(&packet));
        }
        let mut hasher = std::hash::DefaultHasher::new();
        stack.fingerprint(lab.now, &mut hasher);
        (std::hash::Hasher::finish(&hasher), stack.poll_event(), sockets)
    };
    let (one, first, sockets) = after([53, 54]);
    assert_eq!(first, Some(Event::UdpReadable(sockets[0])));
    let (other, first, sockets) = after([54, 53]);
    assert_eq!(first, Some(Event::UdpReadable(sockets[1])));
    assert_ne!(one, other);
}

/// Two runs that differ in when they began look the same at every step: half open, open, with octets, in TIME-WAIT.
#[test]
fn a_fingerprint_does_not_count_from_the_origin() {
    let fingerprints = |origin: Instant| {
        let mut lab = Lab::numbered(&[100], &[300]);
        lab.now = origin;
        let mut seen = Vec::new();
        let mut look = |lab: &Lab| {
            for host in [&lab.a, &lab.b] {
                let mut hasher = std::hash::DefaultHasher::new();
                host.stack.fingerprint(lab.now, &mut hasher);
                seen.push(std::hash::Hasher::finish(&hasher));
            }
        };
        let listener = lab.listen();
        let from = Some(lab.a.at(4_000));
        let (to, config) = (lab.b.at(80), std::sync::Arc::clone(lab.a.stack.tcp_config()));
        let config = std::sync::Arc::new(TcpConfig { timestamps: false, ..(*config).clone() });
        let client = lab.a.stack.connect(lab.now, from, to, &config).expect("a connection is opened");
        lab.pump();
        look(&lab);
        while let Some(next) = lab.next_moment().filter(|_| lab.b.stack.half_open() == 0) {
            lab.step_to(next);
        }
        look(&lab);
        lab.run();
        look(&lab);
        let server = lab.b.stack.accept(lab.now, listener).expect("the handshake is done");
        lab.a.write(lab.now, client, b"octets").expect("open");
        lab.run();
        look(&lab);
        lab.a.shutdown(lab.now, client, Half::Write);
        lab.run();
        lab.b.shutdown(lab.now, server, Half::Write);
        lab.run();
        assert_eq!(lab.a.stack.time_wait(), 1);
        look(&lab);
        seen
    };
    assert_eq!(fingerprints(Instant::from_millis(1_000)), fingerprints(Instant::from_millis(777_777_664)));
}
