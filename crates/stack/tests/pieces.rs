//! Packets in pieces, and echoes in the application's hands.

mod common;

use std::net::SocketAddr;

use common::LINK;
use cordial_ip::icmp::{self, Echo, EchoKind, Message};
use cordial_ip::{Fragment, Packet, split, udp};
use cordial_stack::{Bind, BindError, Config, Event, Frame, IcmpCode, Instant, Seeded, Stack};

fn ms(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

/// A host that takes every datagram, for any address.
fn gateway() -> Stack<Seeded> {
    gateway_with(|_| {})
}

fn gateway_with(change: impl FnOnce(&mut Config)) -> Stack<Seeded> {
    let mut config = Config::gateway();
    change(&mut config);
    Stack::new(config, Seeded::new([7; 32]), ())
}

fn datagram(len: usize) -> Vec<u8> {
    let at = |text: &str| text.parse::<SocketAddr>().expect("an address");
    udp::packet(at("10.0.0.2:1000"), at("10.9.9.9:2000"), &vec![7; len]).expect("short enough")
}

fn pieces(len: usize, number: u32) -> Vec<Vec<u8>> {
    split(&datagram(len), 1500, number).expect("a packet of ours").collect()
}

fn sent(stack: &mut Stack<Seeded>, millis: u64) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while let Some(out) = stack.poll_transmit(ms(millis), LINK) {
        let mut packet = vec![0; out.len()];
        out.write_to(&mut packet);
        all.push(packet);
    }
    all
}

#[test]
fn the_longest_datagram_arrives_whole() {
    let (from, to): (SocketAddr, SocketAddr) = ("10.9.9.9:7".parse().unwrap(), "10.0.0.2:7".parse().unwrap());
    for octets in [vec![1; 1473], (0..65_507).map(|at| at as u8).collect::<Vec<u8>>()] {
        let (mut a, mut b) = (gateway(), gateway());
        let (out, back) = (a.udp_bind(Bind::Any).unwrap(), b.udp_bind(Bind::Any).unwrap());
        a.udp_send(out, Some(from), to, &octets).expect("sent");
        let pieces = sent(&mut a, 0);
        assert!(
            pieces.len() == (octets.len() + 8).div_ceil(1480)
                && pieces.iter().all(|piece| piece.len() <= 1500)
        );
        for piece in pieces.iter().rev() {
            b.on_frame(ms(0), LINK, Frame::new(piece));
        }
        let there = b.udp_recv(back).expect("it came");
        assert_eq!((there.source, there.destination, there.octets), (from, to, octets));
        assert_eq!((b.counters().ip_reasm_oks, b.counters().ip_reasm_fails), (1, 0));
    }
}

#[test]
fn what_never_becomes_whole_is_given_up_after_a_minute() {
    let mut stack = gateway();
    let id = stack.udp_bind(Bind::Any).unwrap();
    let pieces = pieces(4000, 1);
    stack.on_frame(ms(1000), LINK, Frame::new(&pieces[0]));
    assert_eq!(stack.next_deadline(), Some(ms(61_000)));
    stack.on_timer(ms(60_999));
    assert_eq!(stack.counters().ip_reasm_fails, 0);
    stack.on_timer(ms(61_000));
    assert_eq!((stack.counters().ip_reasm_fails, stack.next_deadline()), (1, None));
    for piece in &pieces[1..] {
        stack.on_frame(ms(61_000), LINK, Frame::new(piece));
    }
    assert_eq!(stack.udp_recv(id), None, "the first is gone");
}

#[test]
fn pieces_take_so_much_memory_and_the_oldest_go_first() {
    let mut stack = gateway_with(|config| config.limits.fragments = 100_000);
    let id = stack.udp_bind(Bind::Any).unwrap();
    let packets: Vec<_> = (0..40).map(|number| pieces(4000, number)).collect();
    for packet in &packets {
        stack.on_frame(ms(0), LINK, Frame::new(&packet[1]));
    }
    assert!(stack.counters().ip_reasm_fails > 5);
    let mut whole = |packet: &Vec<Vec<u8>>| {
        stack.on_frame(ms(0), LINK, Frame::new(&packet[0]));
        stack.on_frame(ms(0), LINK, Frame::new(&packet[2]));
        stack.udp_recv(id).is_some()
    };
    assert!(whole(packets.last().unwrap()));
    assert!(!whole(&packets[0]));
}

#[test]
fn many_packets_in_pieces_are_bounded_by_number_too() {
    let mut stack = gateway();
    for number in 0..100 {
        let first = split(&datagram(600), 576, number).expect("ours").next().expect("one");
        stack.on_frame(ms(0), LINK, Frame::new(&first));
    }
    assert_eq!(stack.counters().ip_reasm_fails, 36);
}

#[test]
fn a_queue_without_room_for_all_pieces_takes_none() {
    let mut stack = gateway_with(|config| config.limits.replies = 3);
    let id = stack.udp_bind(Bind::Any).unwrap();
    let (from, to) = ("10.9.9.9:7".parse().ok(), "10.0.0.2:7".parse().unwrap());
    assert!(stack.udp_send(id, from, to, &[0; 6000]).is_err());
    assert!(sent(&mut stack, 0).is_empty());
    assert!(stack.udp_send(id, from, to, &[0; 4000]).is_ok());
    let sent = sent(&mut stack, 0);
    assert_eq!(sent.len(), 3);
    let parsed: Vec<_> = sent.iter().map(|octets| Fragment::parse(octets).expect("a fragment")).collect();
    assert!(parsed.iter().all(|fragment| fragment.key == parsed[0].key));
    assert_eq!(parsed.iter().map(|fragment| fragment.more).collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn a_datagram_that_could_not_be_delivered_is_quoted() {
    let mut stack = gateway();
    let id = stack.udp_bind(Bind::Any).unwrap();
    for (from, to) in [("10.0.0.2:1000", "192.0.2.1:53"), ("[fd00::2]:1000", "[2001:db8::1]:53")] {
        let (from, to): (SocketAddr, SocketAddr) = (from.parse().unwrap(), to.parse().unwrap());
        let packet = udp::packet(from, to, b"who?").expect("short");
        stack.on_frame(ms(0), LINK, Frame::new(&packet));
        let question = stack.udp_recv(id).expect("it came");
        assert!(stack.udp_unreachable(ms(0), &question, IcmpCode::Port));
        let answers = sent(&mut stack, 0);
        let answer = Packet::parse(&answers[0]).expect("a packet");
        assert_eq!((answer.source, answer.destination), (to.ip(), from.ip()));
        let Some(Message::Error(error)) = icmp::parse(&answer) else { panic!("no error: {answer:?}") };
        assert_eq!((error.quoted.source, error.quoted.destination), (from, to));
    }
}

fn ping(to: &str, len: usize) -> Vec<u8> {
    let octets = vec![9; len];
    let echo = Echo { id: 77, sequence: 3, octets: &octets };
    let (from, to) = ("10.0.0.2".parse().unwrap(), to.parse().unwrap());
    icmp::echo_packet(from, to, EchoKind::Request, &echo).expect("short")
}

#[test]
fn echo_requests_are_the_applications_while_it_takes_them() {
    let mut stack = gateway();
    stack.on_frame(ms(0), LINK, Frame::new(&ping("192.0.2.1", 56)));
    assert_eq!(sent(&mut stack, 0).len(), 1, "answered here");
    assert_eq!(stack.echo_bind(), Ok(()));
    assert_eq!(stack.echo_bind(), Err(BindError::InUse));
    stack.on_frame(ms(0), LINK, Frame::new(&ping("192.0.2.1", 56)));
    assert!(sent(&mut stack, 0).is_empty());
    assert_eq!(stack.poll_event(), Some(Event::EchoReadable));
    let request = stack.echo_recv().expect("it came");
    assert_eq!((request.destination.to_string(), request.id, request.sequence), ("192.0.2.1".into(), 77, 3));
    assert!(stack.echo_reply(&request, &request.octets));
    let replies = sent(&mut stack, 0);
    let reply = Packet::parse(&replies[0]).expect("a packet");
    let Some(Message::EchoReply(echo)) = icmp::parse(&reply) else { panic!("no reply") };
    assert_eq!((echo.id, echo.sequence, echo.octets), (77, 3, &request.octets[..]));
    assert!(stack.echo_unreachable(ms(0), &request, IcmpCode::Host));
    assert_eq!(sent(&mut stack, 0).len(), 1);
    stack.echo_close();
    stack.on_frame(ms(0), LINK, Frame::new(&ping("192.0.2.1", 56)));
    assert_eq!(sent(&mut stack, 0).len(), 1, "answered here again");
}

#[test]
fn a_long_ping_goes_and_comes_in_pieces() {
    let mut stack = gateway();
    for piece in split(&ping("192.0.2.1", 10_000), 1500, 5).expect("ours") {
        stack.on_frame(ms(0), LINK, Frame::new(&piece));
    }
    assert_eq!(sent(&mut stack, 0).len(), 7);
}

#[test]
fn echo_requests_that_wait_are_bounded() {
    let mut stack = gateway_with(|config| config.limits.udp_queue = 10_000);
    stack.echo_bind().expect("free");
    for _ in 0..100 {
        stack.on_frame(ms(0), LINK, Frame::new(&ping("192.0.2.1", 1000)));
    }
    let held = core::iter::from_fn(|| stack.echo_recv()).count();
    assert!((5..10).contains(&held), "{held}");
}
