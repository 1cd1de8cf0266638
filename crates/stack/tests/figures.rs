//! The figures of RFC 9293, by their numbers, between two stacks.

mod common;

use std::sync::Arc;

use common::{Fate, Lab, ms, secs};
use cordial_stack::{Bind, CloseCause, ConnId, Half, ListenConfig, ListenerId, Phase, ReadError};
use cordial_wire::{Flags, Segment, SeqNum};

/// A connection from `a`'s port 1000 to `b`'s port 80.
fn call(lab: &mut Lab) -> ConnId {
    let (from, to) = (lab.a.at(1000), lab.b.at(80));
    let config = Arc::clone(lab.a.stack.tcp_config());
    lab.a.stack.connect(lab.now, Some(from), to, &config).expect("opened")
}

/// Open at both ends; `a` is to send `send_a` next, `b` `send_b`. The ladder is empty.
fn established(send_a: u32, send_b: u32) -> (Lab, ListenerId, ConnId, ConnId) {
    let mut lab = Lab::numbered(&[send_a - 1], &[send_b - 1]);
    let listener = lab.listen();
    let client = call(&mut lab);
    lab.run();
    let server = lab.b.stack.accept(lab.now, listener).expect("open");
    lab.run_for(secs(1));
    lab.ladder.clear();
    (lab, listener, client, server)
}

/// A SYN of a connection long gone, from `a`'s port 1000 to `b`'s port 80, arrives now.
fn old_duplicate_syn(lab: &mut Lab, seq: u32) {
    let syn = Segment {
        source: 1000,
        destination: 80,
        seq: SeqNum(seq),
        flags: Flags::SYN,
        window: 1000,
        ..Segment::default()
    };
    let packet = lab.packet(true, &syn);
    lab.inject(true, &packet);
    assert_eq!(lab.b.stack.half_open(), 1, "SYN_RCVD");
}

fn phase(host: &common::Host, id: ConnId) -> Option<Phase> {
    host.stack.info(id).map(|info| info.phase)
}

/// Shows RFC9293-3.5-a.
#[test]
fn figure_6_three_way_handshake() {
    let mut lab = Lab::numbered(&[100], &[300]);
    lab.listen();
    let client = call(&mut lab);
    lab.run();
    lab.a.write(lab.now, client, b"hello").expect("open");
    lab.run();
    lab.assert_ladder(
        "SYN_SENT    --> SYN seq=100             --> SYN_RCVD
         ESTABLISHED <-- SYN+ACK seq=300 ack=101 <-- SYN_RCVD
         ESTABLISHED --> ACK seq=101 ack=301     --> ESTABLISHED
         ESTABLISHED --> DATA seq=101..106 ack=301 --> ESTABLISHED",
    );
}

/// The last two lines are not in the figure: each end acknowledges the other's SYN once more.
///
/// Shows MUST-10.
/// Shows RFC9293-A.2-a.
#[test]
fn figure_7_simultaneous_connection_synchronization() {
    let mut lab = Lab::numbered(&[100], &[300]);
    let (at_a, at_b) = (lab.a.at(1000), lab.b.at(80));
    let config = Arc::clone(lab.a.stack.tcp_config());
    let left = lab.a.stack.connect(lab.now, Some(at_a), at_b, &config).expect("opened");
    let right = lab.b.stack.connect(lab.now, Some(at_b), at_a, &config).expect("opened");
    lab.run();
    lab.assert_ladder(
        "SYN_SENT    --> SYN seq=100             --> SYN_RCVD
         SYN_RCVD    <-- SYN seq=300             <-- SYN_SENT
         ESTABLISHED <-- SYN+ACK seq=300 ack=101 <-- SYN_RCVD
         SYN_RCVD    --> SYN+ACK seq=100 ack=301 --> ESTABLISHED
         ESTABLISHED --> ACK seq=101 ack=301     --> ESTABLISHED
         ESTABLISHED <-- ACK seq=301 ack=101     <-- ESTABLISHED",
    );
    assert_eq!(
        (phase(&lab.a, left), phase(&lab.b, right)),
        (Some(Phase::Established), Some(Phase::Established))
    );
}

/// Shows RFC9293-3.5-c.
#[test]
fn figure_8_recovery_from_old_duplicate_syn() {
    let mut lab = Lab::numbered(&[100], &[300, 400]);
    let listener = lab.listen();
    lab.fault(|passing| match passing.to_b && passing.nth == 0 {
        true => Fate::Late(ms(100)),
        false => Fate::Arrives,
    });
    call(&mut lab);
    lab.pump();
    old_duplicate_syn(&mut lab, 90);
    lab.run();
    lab.assert_ladder(
        "SYN_SENT    --> SYN seq=100             --> SYN_RCVD
         SYN_SENT    <-- SYN+ACK seq=300 ack=91  <-- SYN_RCVD (bad-handshake-ack)
         SYN_SENT    --> RST seq=91              --> LISTEN
         ESTABLISHED <-- SYN+ACK seq=400 ack=101 <-- SYN_RCVD
         ESTABLISHED --> ACK seq=101 ack=401     --> ESTABLISHED",
    );
    assert!(lab.b.stack.accept(lab.now, listener).is_some());
}

/// A window of today reaches beyond 400, so that the SYN is challenged (RFC 5961 §4.2), by the ACK of the figure.
///
/// Shows RFC9293-3.5.1-a.
#[test]
fn figure_9_half_open_connection_discovery() {
    let (mut lab, listener, _, server) = established(100, 300);
    lab.a.boot(3, &[400]);
    let client = call(&mut lab);
    lab.run();
    lab.assert_ladder(
        "SYN_SENT --> SYN seq=400         --> ESTABLISHED (challenged)
         SYN_SENT <-- ACK seq=300 ack=100 <-- ESTABLISHED (bad-handshake-ack)
         SYN_SENT --> RST seq=100         --> CLOSED",
    );
    assert_eq!((phase(&lab.a, client), phase(&lab.b, server)), (Some(Phase::SynSent), Some(Phase::Closed)));
    assert_eq!(lab.b.ended(server), Some(CloseCause::Reset), "(Abort!!)");
    // The SYN comes again, and the problem is reduced to figure 6.
    lab.run_for(secs(2));
    assert_eq!(phase(&lab.a, client), Some(Phase::Established), "{}", lab.ladder);
    assert!(lab.b.stack.accept(lab.now, listener).is_some());
}

/// Shows RFC9293-3.5.1-b.
#[test]
fn figure_10_active_side_causes_half_open_connection_discovery() {
    let (mut lab, _, _, server) = established(100, 300);
    lab.a.boot(3, &[]);
    lab.b.write(lab.now, server, b"ten octets").expect("open");
    lab.run();
    lab.assert_ladder(
        "CLOSED <-- DATA seq=300..310 ack=100 <-- ESTABLISHED (closed)
         CLOSED --> RST seq=100               --> CLOSED",
    );
    assert_eq!(lab.b.ended(server), Some(CloseCause::Reset), "(ABORT!!)");
}

/// The reset is nobody's: it answers for no connection, and its sender is drawn as CLOSED.
///
/// Shows RFC9293-3.5.1-c.
#[test]
fn figure_11_old_duplicate_syn_initiates_a_reset_on_two_passive_sockets() {
    let mut lab = Lab::numbered(&[], &[300]);
    let listener = lab.listen();
    let other = lab.a.stack.listen(Bind::Port(1000), ListenConfig::default()).expect("free");
    old_duplicate_syn(&mut lab, 90);
    lab.run();
    lab.assert_ladder(
        "LISTEN <-- SYN+ACK seq=300 ack=91 <-- SYN_RCVD (not-syn)
         CLOSED --> RST seq=91             --> LISTEN",
    );
    assert_eq!((lab.a.stack.half_open(), lab.b.stack.half_open()), (0, 0));
    assert_eq!((lab.a.stack.accept(lab.now, other), lab.b.stack.accept(lab.now, listener)), (None, None));
}

/// RFC9293-3.6-c.
#[test]
fn figure_12_normal_close_sequence() {
    let (mut lab, _, client, server) = established(100, 300);
    lab.a.shutdown(lab.now, client, Half::Write);
    lab.run_for(ms(100));
    lab.b.shutdown(lab.now, server, Half::Write);
    lab.run();
    lab.assert_ladder(
        "FIN_WAIT_1 --> FIN+ACK seq=100 ack=300 --> CLOSE_WAIT
         FIN_WAIT_2 <-- ACK seq=300 ack=101     <-- CLOSE_WAIT
         TIME_WAIT  <-- FIN+ACK seq=300 ack=101 <-- LAST_ACK
         TIME_WAIT  --> ACK seq=101 ack=301     --> CLOSED",
    );
    assert_eq!((phase(&lab.a, client), phase(&lab.b, server)), (Some(Phase::TimeWait), Some(Phase::Closed)));
    lab.run_out(secs(61));
    assert_eq!(phase(&lab.a, client), Some(Phase::Closed), "(2 MSL)");
    for (host, id) in [(&mut lab.a, client), (&mut lab.b, server)] {
        assert_eq!(host.ended(id), Some(CloseCause::Graceful));
        assert_eq!(host.read(lab.now, id, &mut Vec::new()), Some(ReadError::End));
    }
}

/// RFC9293-3.6-d.
/// Shows RFC9293-A.2-a.
#[test]
fn figure_13_simultaneous_close_sequence() {
    let (mut lab, _, client, server) = established(100, 300);
    lab.a.shutdown(lab.now, client, Half::Write);
    lab.b.shutdown(lab.now, server, Half::Write);
    lab.run();
    lab.assert_ladder(
        "FIN_WAIT_1 --> FIN+ACK seq=100 ack=300 --> CLOSING
         CLOSING    <-- FIN+ACK seq=300 ack=100 <-- FIN_WAIT_1
         TIME_WAIT  <-- ACK seq=301 ack=101     <-- CLOSING
         CLOSING    --> ACK seq=101 ack=301     --> TIME_WAIT",
    );
    assert_eq!(
        (phase(&lab.a, client), phase(&lab.b, server)),
        (Some(Phase::TimeWait), Some(Phase::TimeWait))
    );
    lab.run_out(secs(61));
    assert_eq!(
        (phase(&lab.a, client), phase(&lab.b, server)),
        (Some(Phase::Closed), Some(Phase::Closed)),
        "(2 MSL)"
    );
    assert_eq!((lab.a.stack.time_wait(), lab.b.stack.time_wait()), (0, 0));
}
