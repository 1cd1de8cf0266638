//! What a stranger who forges another's address may not learn from the answers to its own (RFC 5961 §7).

mod common;

use common::{Lab, secs};
use cordial_ip::Packet;
use cordial_stack::{Half, ListenConfig};
use cordial_wire::{Flags, Segment, SeqNum};

/// Where `b` may know of `a`, and the ports of both there: `a`'s, then `b`'s.
struct Known {
    lab: Lab,
    name: &'static str,
    ports: (u16, u16),
}

/// Bears numbers that no connection expects.
fn forged(ports: (u16, u16), flags: Flags, payload: &'static [u8]) -> Segment<'static> {
    Segment {
        source: ports.0,
        destination: ports.1,
        seq: SeqNum(0x7777_7777),
        ack_number: if flags.contains(Flags::ACK) { SeqNum(0x1234_5678) } else { SeqNum(0) },
        flags,
        window: 100,
        payload,
        ..Segment::default()
    }
}

/// How many resets `a`'s address, and so whoever shares its bucket, can still draw at once.
fn resets_left(lab: &mut Lab) -> usize {
    (0..200)
        .flat_map(|source| {
            let packet = lab.packet(true, &forged((1000 + source, 9), Flags::ACK, &[]));
            lab.answers(&packet)
        })
        .filter(|answer| {
            let packet = Packet::parse(answer).expect("a packet");
            Segment::parse(packet.payload).expect("a segment").flags.contains(Flags::RST)
        })
        .count()
}

/// What ten such segments take from the bucket.
fn cost(lab: &mut Lab, segment: &Segment<'_>) -> usize {
    lab.now = lab.now + secs(2);
    let packet = lab.packet(true, segment);
    for _ in 0..10 {
        lab.answers(&packet);
    }
    100 - resets_left(lab)
}

fn established() -> Known {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (client, _) = lab.open(listener);
    let ours = lab.a.stack.info(client).expect("open").tuple.local.port();
    Known { lab, name: "established, called", ports: (ours, 80) }
}

fn calling() -> Known {
    let mut lab = Lab::new();
    let config = ListenConfig::default();
    lab.a.stack.listen(cordial_stack::Bind::Port(80), config).expect("free");
    let (from, to) = (lab.b.at(5000), lab.a.at(80));
    let config = lab.b.stack.tcp_config().clone();
    lab.b.stack.connect(lab.now, Some(from), to, &config).expect("called");
    lab.run();
    Known { lab, name: "established, calling", ports: (80, 5000) }
}

/// A SYN has come to such a listener, and nothing since.
fn called(listener: ListenConfig, name: &'static str) -> Known {
    let mut lab = Lab::new();
    lab.listen_with(listener);
    let syn = Segment { seq: SeqNum(1), window: 100, ..forged((5000, 80), Flags::SYN, &[]) };
    let packet = lab.packet(true, &syn);
    lab.answers(&packet);
    Known { lab, name, ports: (5000, 80) }
}

fn half_open() -> Known {
    called(ListenConfig::default(), "half-open")
}

fn undecided() -> Known {
    called(ListenConfig { decide: true, ..ListenConfig::default() }, "undecided")
}

fn time_wait() -> Known {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (client, server) = lab.open(listener);
    let ours = lab.a.stack.info(client).expect("open").tuple.local.port();
    lab.b.shutdown(lab.now, server, Half::Write);
    lab.run();
    lab.a.shutdown(lab.now, client, Half::Write);
    lab.run();
    assert_eq!(lab.b.stack.time_wait(), 1);
    Known { lab, name: "TIME-WAIT", ports: (ours, 80) }
}

/// RFC5961-7-c: the resets that are left are the same whether there is a connection between the forged ends or none, in whatever state
/// it is and whatever is forged: else they would tell which ports are in use, the first step towards its numbers
/// (CVE-2016-5696).
#[test]
fn resets_do_not_tell_which_connections_there_are() {
    let kinds = [
        ("ACK", Flags::ACK, &b""[..]),
        ("data", Flags::ACK, b"data"),
        ("FIN", Flags::ACK | Flags::FIN, b""),
        ("SYN", Flags::SYN, b""),
        ("SYN+ACK", Flags::SYN | Flags::ACK, b""),
        ("SYN+FIN", Flags::SYN | Flags::FIN, b""),
        ("RST", Flags::RST, b""),
        ("nothing", Flags::NONE, b"data"),
    ];
    let mut spent = 0;
    for known in [established, calling, half_open, undecided, time_wait] {
        for (kind, flags, payload) in kinds {
            let Known { mut lab, name, ports } = known();
            let with = cost(&mut lab, &forged(ports, flags, payload));
            let Known { mut lab, ports, .. } = known();
            let without = cost(&mut lab, &forged((ports.0 ^ 1, ports.1), flags, payload));
            assert_eq!(with, without, "{kind}, {name}");
            spent += with;
        }
    }
    assert!(spent > 0, "some do cost");
}
