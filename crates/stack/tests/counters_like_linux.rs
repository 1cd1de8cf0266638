//! What a counter with a name of SNMP's or Linux's counts is what it counts there.

mod common;

use common::{LINK, Lab, ms, packet, secs};
use cordial_ip::icmp::unreachable;
use cordial_ip::{Packet, Unreachable};
use cordial_stack::{Bind, Counters, Frame, ListenConfig};
use cordial_tcp::Keepalive;
use cordial_wire::{Flags, Options, Segment, SeqNum, Timestamps};

fn syn() -> Segment<'static> {
    Segment { source: 1000, destination: 80, flags: Flags::SYN, window: 1000, ..Segment::default() }
}

/// RFC 4022: tcpOutSegs leaves out what holds nothing but octets sent before.
#[test]
fn what_goes_out_again_is_counted_apart() {
    let count = |is_lost: bool| {
        let mut lab = Lab::new();
        let listener = lab.listen();
        let (client, server) = lab.open(listener);
        if is_lost {
            lab.lose(|passing| passing.to_b && passing.nth == 2);
        }
        lab.transfer(client, server, &[1; 100]);
        lab.run_for(secs(3));
        *lab.a.stack.counters()
    };
    let (clean, lossy) = (count(false), count(true));
    assert_eq!((clean.tcp_retrans_segs, lossy.tcp_retrans_segs), (0, 1));
    assert_eq!(clean.tcp_out_segs, lossy.tcp_out_segs);
    // The SYN-ACK of what is half open, too.
    let mut lab = Lab::new();
    lab.listen();
    let packet = lab.packet(true, &syn());
    lab.inject(true, &packet);
    lab.b.drain(lab.now);
    lab.inject(true, &packet);
    lab.b.drain(lab.now);
    let counters = lab.b.stack.counters();
    assert_eq!((counters.tcp_out_segs, counters.tcp_retrans_segs), (1, 1));
}

/// A super-segment counts for the segments that it will be on the wire.
#[test]
fn a_super_segment_is_as_many_as_are_sent() {
    let mut lab = Lab::with(|_| {}, |_| {});
    let listener = lab.listen();
    let (client, _) = lab.open(listener);
    let before = *lab.a.stack.counters();
    lab.a.write(lab.now, client, &[7; 4 * 1448 + 1]).expect("open");
    let sent = lab.a.drain(lab.now).len() as u64;
    let after = lab.a.stack.counters();
    let packets = after.ip_out_requests - before.ip_out_requests;
    assert_eq!((packets, after.tcp_out_segs - before.tcp_out_segs), (sent, 5));
}

#[test]
fn an_overflow_of_the_accept_queue_is_a_drop_too() {
    let mut lab = Lab::new();
    lab.listen_with(ListenConfig { backlog: Some(1), ..ListenConfig::default() });
    lab.connect();
    lab.connect();
    lab.run_for(ms(100));
    let counters = lab.b.stack.counters();
    assert_eq!((counters.listen_overflows, counters.listen_drops), (1, 1));
}

/// Only RFC 5961's count, which tell of an attack: a probe's answer is none.
#[test]
fn the_answer_to_a_keepalive_probe_is_no_challenge() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (client, _) = lab.open(listener);
    lab.a.stack.set_keepalive(lab.now, client, Some(Keepalive { idle: secs(10), ..Keepalive::default() }));
    lab.run_for(secs(105));
    assert!(lab.a.stack.counters().tcp_keep_alive > 0);
    assert_eq!(lab.b.stack.counters().tcp_challenge_ack, 0);
}

/// An error about a SYN-ACK quotes what is ours; about a port that nobody has, it does not.
#[test]
fn an_icmp_error_about_what_is_half_open_is_no_error_of_its_own() {
    for (is_ours, errors) in [(true, 0), (false, 1)] {
        let mut lab = Lab::new();
        lab.listen();
        let packet = lab.packet(true, &syn());
        lab.b.stack.on_frame(lab.now, LINK, Frame::new(&packet));
        let syn_ack = lab.b.drain(lab.now).swap_remove(0);
        let other = Segment { source: 80, destination: 1001, flags: Flags::ACK, ..Segment::default() };
        let other = common::packet(lab.b.address, lab.a.address, &other);
        let quoted = Packet::parse(if is_ours { &syn_ack } else { &other }).expect("a packet");
        let message = unreachable(&quoted, Unreachable::Port).expect("it may be answered");
        lab.b.stack.on_frame(lab.now, LINK, Frame::new(&message));
        assert_eq!(lab.b.stack.counters().icmp_in_errors, errors);
    }
}

/// RFC 4113: udpInErrors has all that could not be delivered, but where there is no port.
#[test]
fn a_datagram_that_finds_no_room_is_an_error() {
    let mut lab = Lab::with(|_| {}, |b| b.limits.udp_queue = 1000);
    let (to, from) = (lab.b.at(53), lab.a.at(0));
    lab.b.stack.udp_bind(Bind::Addr(to)).expect("free");
    let client = lab.a.stack.udp_bind(Bind::Addr(from)).expect("free");
    for _ in 0..50 {
        lab.a.stack.udp_send(client, None, to, &[0; 60]).expect("it is taken");
    }
    lab.run_for(ms(100));
    let Counters { udp_in_datagrams, udp_in_errors, udp_rcvbuf_errors, .. } = *lab.b.stack.counters();
    assert!(udp_rcvbuf_errors > 0 && udp_in_datagrams > 0);
    assert_eq!((udp_in_errors, udp_in_datagrams + udp_in_errors), (udp_rcvbuf_errors, 50));
}

/// PAWSEstab: in SYN-RECEIVED and in TIME-WAIT, too.
#[test]
fn an_old_timestamp_counts_in_every_state() {
    let stamped = |value, segment: Segment<'static>| Segment {
        options: Options { timestamps: Some(Timestamps { value, echo: 0 }), ..Options::default() },
        ..segment
    };
    let mut lab = Lab::new();
    lab.listen();
    let ack = Segment { seq: SeqNum(1), flags: Flags::ACK, ..syn() };
    for segment in [stamped(100_000, syn()), stamped(5, ack)] {
        let packet = lab.packet(true, &segment);
        lab.inject(true, &packet);
    }
    assert_eq!((lab.b.stack.half_open(), lab.b.stack.counters().paws_estab), (1, 1));
}

/// EmbryonicRsts: what another SYN in the window ended counts as what a reset did.
#[test]
fn another_syn_ends_what_is_half_open() {
    let mut lab = Lab::new();
    lab.listen();
    for segment in [syn(), Segment { seq: SeqNum(5), ..syn() }] {
        let packet = packet(lab.a.address, lab.b.address, &segment);
        lab.inject(true, &packet);
    }
    assert_eq!((lab.b.stack.half_open(), lab.b.stack.counters().embryonic_rsts), (0, 1));
}
