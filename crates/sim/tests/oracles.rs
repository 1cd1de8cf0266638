//! Each oracle objects to a run that breaks what it watches over.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{PORT, at, exchange, list, ms, pair, run_out};
use cordial_sim::{
    Action, CLIENT, Edit, Fate, Link, Oracle, Patience, Property, SERVER, Socket, Task, Topology, Violation,
    WireId, World, octet,
};
use cordial_trace::Lang;
use cordial_wire::{Flags, SeqNum};

/// Runs an exchange in which one segment is rewritten, and says what the oracles object to.
fn rewritten(name: &str, change: impl FnOnce(&mut Edit) + 'static) -> Vec<Violation> {
    let mut world = pair(1);
    world.fault_at(name, Fate::Rewrite(Box::new(change))).unwrap();
    exchange(&mut world, 5, 5);
    world.run_out().unwrap();
    world.finish()
}

#[track_caller]
fn assert_objects(violations: &[Violation], oracle: Oracle, property: Option<Property>, words: &str) {
    let is_it =
        |violation: &&Violation| violation.oracle == oracle && violation.text(Lang::En).contains(words);
    let found = violations.iter().find(is_it);
    let found = found.unwrap_or_else(|| panic!("nobody says {words:?}: {}", list(violations)));
    assert_eq!(found.property, property, "{found}");
    assert!(!found.text(Lang::Zh).is_ascii());
}

/// A connection from client to server that is open.
fn open(world: &mut World) -> (Socket, Socket) {
    world.listen(SERVER, PORT, None).unwrap();
    let client = world.connect(CLIENT, None, (SERVER, PORT)).unwrap();
    world.run_for(ms(50)).unwrap();
    (client, world.accept(SERVER, PORT).unwrap())
}

#[test]
fn an_octet_that_was_not_written_is_seen() {
    let violations = rewritten("c3", |edit| edit.payload[3] ^= 1);
    assert_objects(&violations, Oracle::Stream, Some(Property::P3), "at position 3");
    let back = rewritten("s2", |edit| edit.payload[0] = b'!');
    assert_objects(&back, Oracle::Stream, Some(Property::P3), "at position 0");
}

#[test]
fn octets_of_a_stranger_are_seen() {
    let mut world = pair(1);
    let (_, server) = open(&mut world);
    let mut forged = world.forged(server).unwrap();
    forged.segment.payload = b"hello".to_vec();
    world.act(Action::Inject(SERVER, forged));
    assert_eq!(world.read(server, 99), Ok(5));
    assert_objects(world.violations(), Oracle::Stream, Some(Property::P3), "at position 0");
}

#[test]
fn right_octets_in_the_wrong_place_are_seen() {
    let mut world = pair(1);
    let (client, server) = open(&mut world);
    // What the client would write second comes first.
    let mut forged = world.forged(server).unwrap();
    forged.segment.payload = vec![octet(client.0, 1)];
    world.write(client, 2).unwrap();
    world.act(Action::Inject(SERVER, forged));
    world.read(server, 1).unwrap();
    assert_objects(world.violations(), Oracle::Stream, Some(Property::P3), "at position 0");
}

#[test]
fn an_end_that_nobody_said_is_seen() {
    let mut world = pair(1);
    let (_, server) = open(&mut world);
    let mut forged = world.forged(server).unwrap();
    forged.segment.header.flags = Flags::ACK | Flags::FIN;
    world.act(Action::Inject(SERVER, forged));
    assert!(world.read(server, 99).is_err());
    assert_objects(world.violations(), Oracle::Stream, Some(Property::P4), "has not closed");
}

#[test]
fn an_end_before_the_last_octet_is_seen() {
    // The client's data and FIN become its FIN alone, and what comes after it is not believed any more.
    let mut world = pair(1);
    world.fault(|passing| match passing.from {
        CLIENT if !passing.segment.payload.is_empty() => {
            Fate::Rewrite(Box::new(|edit| edit.payload.truncate(2)))
        }
        _ => Fate::Pass,
    });
    exchange(&mut world, 5, 5);
    world.run_until(at(1_000)).unwrap();
    assert_objects(world.violations(), Oracle::Stream, Some(Property::P4), "at 2, but its peer wrote 5");
}

#[test]
fn a_goodbye_in_order_with_octets_missing_is_seen() {
    let mut net = Topology::pair(Link::with_delay(ms(10)));
    for host in [CLIENT, SERVER] {
        // Without timestamps a stranger who reads along can say anything.
        net.configure(host, |config| Arc::make_mut(&mut config.tcp).timestamps = false);
    }
    let mut world = World::new(1, net).unwrap();
    let (client, server) = open(&mut world);
    world.write(client, 1_000).unwrap();
    // The octets never come, but somebody acknowledges them and the FIN, and says goodbye.
    world.fault(|passing| if passing.from == CLIENT { Fate::Drop } else { Fate::Pass });
    world.close(client);
    let mut forged = world.forged(server).unwrap();
    std::mem::swap(&mut forged.from, &mut forged.to);
    let header = &mut forged.segment.header;
    (header.seq, header.ack_number) = (header.ack_number, header.seq + 1_001);
    header.flags = Flags::ACK | Flags::FIN;
    // What was written before the rule held is under way: the cable is pulled under it.
    world.act(Action::Pull(WireId(0)));
    world.act(Action::Inject(CLIENT, forged));
    world.run_for(Duration::from_secs(70)).unwrap();
    let violations = world.finish();
    assert_objects(&violations, Oracle::Stream, Some(Property::P4), "its peer has only 0");
}

#[test]
fn a_connection_nobody_asked_for_is_seen() {
    let mut world = pair(1);
    let (_, server) = open(&mut world);
    let seen = world.forged(server).unwrap();
    // Somebody who can read along goes through a handshake in the client's name, from another port.
    let mut syn = seen.clone();
    syn.from.set_port(999);
    syn.segment.header.flags = Flags::SYN;
    syn.segment.header.seq = SeqNum(5_000);
    let answer = std::rc::Rc::new(std::cell::Cell::new(SeqNum(0)));
    let note = std::rc::Rc::clone(&answer);
    world.fault(move |passing| match passing.segment.destination {
        999 => {
            note.set(passing.segment.seq);
            Fate::Drop
        }
        _ => Fate::Pass,
    });
    world.act(Action::Inject(SERVER, syn.clone()));
    let mut ack = syn;
    ack.segment.header.flags = Flags::ACK;
    ack.segment.header.seq = SeqNum(5_001);
    ack.segment.header.ack_number = answer.get() + 1;
    world.act(Action::Inject(SERVER, ack));
    assert!(world.accept(SERVER, PORT).is_some(), "{}", world.compact());
    assert_objects(world.violations(), Oracle::Stream, Some(Property::P1), "nobody asked for");
}

#[test]
fn a_task_that_waits_is_no_violation_and_a_reader_may_leave_octets() {
    let mut world = pair(1);
    world.start(SERVER, Task::new().listen(PORT, 1).accept(PORT).read(2).call(cordial_sim::Call::AwaitEnd));
    world.start(CLIENT, Task::new().connect((SERVER, PORT)).write(5));
    run_out(&mut world);
}

/// A server whose SYN-ACKs all get lost keeps a half-open connection for a minute.
#[test]
fn a_half_open_connection_that_stays_too_long_is_seen() {
    let stays = |half_open| {
        let mut world = pair(1);
        world.set_patience(Patience { half_open, ..Patience::default() });
        world.fault(|passing| if passing.from == SERVER { Fate::Drop } else { Fate::Pass });
        world.listen(SERVER, PORT, None).unwrap();
        let client = world.connect(CLIENT, None, (SERVER, PORT)).unwrap();
        world.run_for(ms(50)).unwrap();
        world.abort(client);
        world.run_out().unwrap();
        world.finish()
    };
    assert_eq!(stays(None), []);
    let violations = stays(Some(Duration::from_secs(10)));
    assert_objects(&violations, Oracle::HalfOpen, Some(Property::P12), "in the last 10 s");
}

/// Others that come later do not make an entry younger.
#[test]
fn a_half_open_connection_that_stays_is_seen_among_new_ones() {
    let mut world = pair(1);
    world.set_patience(Patience { half_open: Some(Duration::from_secs(10)), ..Patience::default() });
    let (_, server) = open(&mut world);
    let mut syn = world.forged(server).unwrap();
    syn.segment.header.flags = Flags::SYN;
    world.fault(|passing| if passing.from == SERVER { Fate::Drop } else { Fate::Pass });
    for (second, port) in (1..).zip(3_000..3_005) {
        syn.from.set_port(port);
        world.run_until(at(second * 4_000)).unwrap();
        assert_eq!(world.violations().is_empty(), second <= 3, "{}", list(world.violations()));
        world.act(Action::Inject(SERVER, syn.clone()));
    }
    assert_objects(world.violations(), Oracle::HalfOpen, Some(Property::P12), "only 2 SYNs were answered");
}

/// Nothing is lost, and so four minutes are the most, whatever an end waits for. This one is set to wait longer.
#[test]
fn an_end_that_takes_long_where_nothing_is_lost_is_seen() {
    let mut world = pair(1);
    let mut slow = cordial_stack::TcpConfig::clone(world.stack(CLIENT).tcp_config());
    (slow.rto.initial, slow.rto.min) = (slow.rto.max, slow.rto.max);
    world.listen(SERVER, PORT, None).unwrap();
    let client = world.connect_with(CLIENT, None, (SERVER, PORT), &Arc::new(slow)).unwrap();
    world.run_for(ms(50)).unwrap();
    let server = world.accept(SERVER, PORT).unwrap();
    world.fault(|passing| match passing.segment.flags.contains(Flags::FIN) && passing.from == CLIENT {
        true => Fate::Delay(Duration::from_secs(400)),
        false => Fate::Pass,
    });
    world.close(client);
    world.close(server);
    world.run_out().unwrap();
    let violations = world.finish();
    assert_objects(&violations, Oracle::Ends, Some(Property::P6), "240 s are the most");
}

/// The server's goodbye becomes a reset: nobody who closed in good order deserves one.
#[test]
fn a_reset_after_both_heard_each_other_out_is_seen() {
    let mut world = pair(1);
    world.fault(|passing| match passing.from == SERVER && passing.segment.flags.contains(Flags::FIN) {
        true => Fate::Rewrite(Box::new(|edit| edit.header.flags = Flags::RST)),
        false => Fate::Pass,
    });
    exchange(&mut world, 5, 0);
    world.run_out().unwrap();
    let violations = world.finish();
    assert_objects(&violations, Oracle::Clean, Some(Property::P5), "ended with Reset");
}

/// TIME-WAIT lasts a minute, so an end that is not over within a second is late for who asks for that.
#[test]
fn an_end_that_takes_too_long_is_seen() {
    let mut world = pair(1);
    world.set_patience(Patience { ends: Some(ms(500)), ..Patience::default() });
    let (client, server) = open(&mut world);
    world.fault(|passing| if passing.from == CLIENT { Fate::Drop } else { Fate::Pass });
    world.close(client);
    world.close(server);
    world.run_out().unwrap();
    let violations = world.finish();
    assert_objects(&violations, Oracle::Ends, Some(Property::P6), "0 s are the most");
}

/// Numbers come from a clock that moves every 4 µs (RFC 9293 §3.4.1): who resets a connection, or is reset, and calls again
/// at once draws the same number, and offers anew what the peer of before had not agreed on.
#[test]
fn a_number_drawn_twice_in_one_tick_is_another_connection() {
    const MEETING: u16 = 7_000;
    let mut net = Topology::new();
    let (client, server) =
        (net.host("client", "10.0.0.2".parse().unwrap()), net.host("server", "10.0.0.1".parse().unwrap()));
    net.wire(client, server, Link::with_delay(Duration::ZERO));
    net.configure(client, |config| Arc::make_mut(&mut config.tcp).sack = false);
    net.configure(server, |config| Arc::make_mut(&mut config.tcp).timestamps = false);
    let mut world = World::new(1, net).unwrap();
    let first = world.connect(SERVER, Some(MEETING), (CLIENT, MEETING)).unwrap();
    world.connect(CLIENT, Some(MEETING), (SERVER, MEETING)).unwrap();
    world.run_for(Duration::ZERO).unwrap();
    world.abort(first);
    world.connect(SERVER, Some(MEETING), (CLIENT, MEETING)).unwrap();
    world.run_for(Duration::ZERO).unwrap();
    world.connect(CLIENT, Some(MEETING), (SERVER, MEETING)).expect("the reset ended that one");
    assert!(world.violations().is_empty(), "{}", list(world.violations()));
}
