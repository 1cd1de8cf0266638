//! Which addresses a call takes, and which ends may meet (RFC 9293 §3.9.1.1).

mod common;

use std::net::IpAddr;
use std::sync::Arc;

use common::{Lab, ms};
use cordial_stack::{
    Bind, Config, ConnectError, LinkConfig, LinkId, ListenConfig, ListenError, OwnAddress, Prefix, Seeded,
    Stack,
};
use cordial_wire::{Flags, Segment};

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

/// `a` has two addresses on the link.
fn two_addresses() -> Lab {
    Lab::with(|a| a.addresses = Config::host(&[address("10.0.0.1"), address("10.0.0.7")]).addresses, |_| {})
}

/// RFC4861-6.3.7-a: a host knows its addresses from its settings and asks no router for any: it says nothing unasked, and
/// has no time to wait for.
#[test]
fn a_host_that_has_nothing_to_do_is_silent() {
    for mut lab in [Lab::new(), Lab::v6()] {
        lab.listen();
        for minutes in [0, 1, 60] {
            let now = lab.now + ms(minutes * 60_000);
            lab.b.stack.on_timer(now);
            assert!(lab.b.drain(now).is_empty(), "after {minutes} minutes");
            assert_eq!(lab.b.stack.next_deadline(), None, "after {minutes} minutes");
        }
    }
}

/// Shows MUST-41.
#[test]
fn listening_again_leaves_the_connection_alone() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (client, server) = lab.open(listener);
    assert_eq!(lab.b.stack.listen(Bind::Port(80), ListenConfig::default()), Err(ListenError::InUse));
    lab.b.stack.close_listener(lab.now, listener);
    lab.listen();
    let octets = vec![7; 10_000];
    assert_eq!(lab.transfer(client, server, &octets), octets);
}

/// A call from port 5000 is under way; to listen there is no contradiction, and each gets what is its own.
/// Shows MUST-42.
#[test]
fn a_port_that_calls_may_listen() {
    let mut lab = Lab::new();
    let config = Arc::clone(lab.a.stack.tcp_config());
    let (from, to) = (lab.a.at(5000), lab.b.at(80));
    lab.lose(|passing| passing.to_b);
    let call = lab.a.stack.connect(lab.now, Some(from), to, &config).expect("a call");
    lab.run_for(ms(100));
    let listener =
        lab.a.stack.listen(Bind::Port(5000), ListenConfig::default()).expect("the port is free to listen");
    lab.heal();
    lab.listen();
    // Another host's port calls the listener, and the first call is answered.
    lab.b.stack.connect(lab.now, None, from, &config).expect("a call");
    lab.run_for(ms(3000));
    assert!(lab.a.stack.accept(lab.now, listener).is_some());
    assert_eq!(lab.a.stack.info(call).expect("held").phase, cordial_stack::Phase::Established);
}

/// Shows MUST-43.
#[test]
fn an_address_of_ones_own_may_be_named() {
    let mut lab = two_addresses();
    let second = (address("10.0.0.7"), 80).into();
    let first = (address("10.0.0.1"), 80).into();
    lab.a.stack.listen(Bind::Addr(first), ListenConfig::default()).expect("the port is free");
    let syn = Segment { source: 9, destination: 80, flags: Flags::SYN, window: 5000, ..Segment::default() };
    for (to, flags) in [("10.0.0.1", Flags::SYN | Flags::ACK), ("10.0.0.7", Flags::RST | Flags::ACK)] {
        lab.tap = Some(Vec::new());
        lab.inject(false, &common::packet(lab.b.address, address(to), &syn));
        let sent = lab.tap.take().expect("it was there");
        let answer = Segment::parse(&sent[0][20..]).expect("a segment");
        assert_eq!((sent.len(), answer.flags), (1, flags), "{to}");
    }
    let config = Arc::clone(lab.a.stack.tcp_config());
    let call = lab.a.stack.connect(lab.now, Some(second), lab.b.at(80), &config).expect("a call");
    assert_eq!(lab.a.stack.info(call).expect("held").tuple.local, second);
}

/// All segments of a connection come from the address it began with, though it is not the host's first.
/// Shows MUST-45, RFC1122-4.2.3.7-a.
#[test]
fn a_connection_keeps_its_address() {
    let mut lab = two_addresses();
    let listener = lab.listen();
    let from = (address("10.0.0.7"), 5000).into();
    let config = Arc::clone(lab.a.stack.tcp_config());
    lab.tap = Some(Vec::new());
    let client = lab.a.stack.connect(lab.now, Some(from), lab.b.at(80), &config).expect("a call");
    lab.run();
    let server = lab.b.stack.accept(lab.now, listener).expect("open");
    let octets = vec![7; 5000];
    assert_eq!(lab.transfer(client, server, &octets), octets);
    lab.a.stack.release(lab.now, client);
    lab.run_for(ms(100));
    let own = |packet: &Vec<u8>| packet[16..20] == [10, 0, 0, 2];
    let sent: Vec<Vec<u8>> = lab.tap.take().expect("it was there").into_iter().filter(own).collect();
    assert!(sent.len() > 5 && sent.iter().all(|packet| packet[12..16] == [10, 0, 0, 7]), "{sent:?}");
}

/// Without an address of the caller's choice, the source is that of the link on the way to the peer.
/// Shows MUST-44, RFC1122-4.2.3.7-a.
#[test]
fn the_source_is_an_address_of_the_link_on_the_way() {
    let own =
        |text: &str, bits, link| OwnAddress { prefix: Prefix::new(address(text), bits), link: LinkId(link) };
    let config = Config {
        addresses: vec![
            own("10.0.0.1", 24, 0),
            own("192.168.7.1", 24, 1),
            own("fd00::1", 64, 0),
            own("fd07::1", 64, 1),
        ],
        links: vec![LinkConfig::default(); 2],
        ..Config::default()
    };
    let tcp = Arc::clone(&config.tcp);
    let mut stack = Stack::new(config, Seeded::new([1; 32]), ());
    let now = cordial_stack::Instant::from_millis(1);
    for (to, source, link) in [
        ("10.0.0.9", "10.0.0.1", 0),
        ("192.168.7.9", "192.168.7.1", 1),
        ("8.8.8.8", "10.0.0.1", 0),
        ("fd07::9", "fd07::1", 1),
        ("fd00::9", "fd00::1", 0),
    ] {
        let call = stack.connect(now, None, (address(to), 80).into(), &tcp).expect("a call");
        assert_eq!(stack.info(call).expect("held").tuple.local.ip(), address(source), "{to}");
        let mut packet = [0; 100];
        let transmit = stack.poll_transmit(now, LinkId(link)).expect("the SYN goes out on that link");
        let len = transmit.write_to(&mut packet);
        let parsed = cordial_ip::Packet::parse(&packet[..len]).expect("a packet");
        assert_eq!((parsed.source, parsed.destination), (address(source), address(to)));
    }
}

/// RFC 9293 §3.10.1: nobody to call, and a call that is already under way.
/// Shows RFC9293-3.10.1-a.
#[test]
fn a_call_needs_somebody_and_is_made_once() {
    let mut lab = Lab::new();
    let config = Arc::clone(lab.a.stack.tcp_config());
    let from = lab.a.at(5000);
    let to = lab.b.at(80);
    let mut connect = |to| lab.a.stack.connect(lab.now, Some(from), to, &config).map(drop);
    assert_eq!(connect(([0, 0, 0, 0], 0).into()), Err(ConnectError::BadAddress));
    assert_eq!(connect(to), Ok(()));
    assert_eq!(connect(to), Err(ConnectError::InUse));
}
