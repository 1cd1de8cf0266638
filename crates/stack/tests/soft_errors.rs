//! Troubles that end nothing, and who is told of them (RFC 9293 §3.9.1.8).

mod common;

use std::sync::Arc;

use common::{Lab, ms, secs};
use cordial_stack::{ConnId, Event, Half, Phase, TcpConfig};
use cordial_wire::{Flags, Segment};

/// An open connection of `a`, with a hundred octets on a way that loses them.
fn talking(tell: bool) -> (Lab, ConnId, ConnId) {
    let config = Arc::new(TcpConfig { tell_soft_errors: tell, ..TcpConfig::default() });
    let mut lab = Lab::new();
    let listener = lab.listen();
    let client = lab.connect_with(&config);
    lab.run();
    let server = lab.b.stack.accept(lab.now, listener).expect("the handshake is done");
    lab.lose(|passing| passing.to_b);
    lab.a.write(lab.now, client, &[7; 100]).expect("open");
    lab.pump();
    lab.a.take_events();
    (lab, client, server)
}

/// A router says that it knows no way for what `a` has in flight.
fn no_route(lab: &mut Lab, client: ConnId) {
    let info = lab.a.stack.info(client).expect("open");
    let (source, seq) = (info.tuple.local.port(), info.vars.snd_una);
    let lost = Segment { source, destination: 80, seq, flags: Flags::ACK, ..Segment::default() };
    let quoted = lab.packet(true, &lost);
    let original = cordial_ip::Packet::parse(&quoted).expect("a packet");
    let error = cordial_ip::icmp::unreachable(&original, cordial_ip::Unreachable::Network).expect("due");
    lab.inject(false, &error);
}

/// ICMP, R1, and urgent data, each by its own event; the connection goes on through all of them.
/// Shows MUST-47, RFC9293-3.9.1.8-a, RFC1122-4.2.4.1-a.
#[test]
fn icmp_doubt_and_urgent_data_are_told_apart() {
    let (mut lab, client, server) = talking(true);
    no_route(&mut lab, client);
    assert_eq!(lab.a.take_events(), [Event::Unreachable(client)]);
    no_route(&mut lab, client);
    assert_eq!(lab.a.take_events(), [Event::Unreachable(client)], "each time");
    lab.run_for(secs(10));
    assert_eq!(lab.a.take_events(), [Event::InDoubt(client)]);
    lab.heal();
    lab.run_for(secs(20));
    lab.a.take_events();
    lab.b.stack.write_urgent(lab.now, server, b"!").expect("open");
    lab.run_for(ms(200));
    assert!(lab.a.take_events().contains(&Event::Urgent(client)));
    assert_eq!(lab.a.stack.info(client).expect("held").phase, Phase::Established);
}

/// Who does not want to hear of it is not told; that it happened is counted all the same.
/// Shows SHLD-20, RFC1122-4.2.4.1-a.
#[test]
fn who_does_not_want_to_hear_is_not_told() {
    let (mut lab, client, _) = talking(false);
    let before = lab.a.stack.counters().icmp_in_msgs;
    no_route(&mut lab, client);
    lab.run_for(secs(10));
    assert_eq!(lab.a.take_events(), []);
    assert_eq!(lab.a.stack.counters().icmp_in_msgs, before + 1);
    assert!(lab.a.stack.info(client).expect("held").vars.in_doubt);
}

/// Opening and closing go through many states, and in none of them is anything urgent.
#[test]
fn who_only_opens_and_closes_hears_of_nothing_urgent() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (client, server) = lab.open(listener);
    lab.a.shutdown(lab.now, client, Half::Write);
    lab.run();
    lab.b.shutdown(lab.now, server, Half::Write);
    lab.run_for(ms(200));
    let told = [lab.a.take_events(), lab.b.take_events()].concat();
    assert!(told.contains(&Event::Delivered(client)), "{told:?}");
    assert!(!told.iter().any(|event| matches!(event, Event::Urgent(_))), "{told:?}");
}
