//! Opening and closing between two stacks.

mod common;

use std::cell::Cell;
use std::rc::Rc;

use common::{Lab, ms, secs};
use cordial_stack::{CloseCause, Event, Half, Phase, ReadError};
use cordial_wire::{Flags, Segment, SeqNum};

#[test]
fn a_connection_opens_carries_octets_and_closes() {
    for mut lab in [Lab::new(), Lab::v6()] {
        let listener = lab.listen();
        let (client, server) = lab.open(listener);
        assert!(lab.a.events.contains(&Event::Opened(client)));
        assert!(lab.b.events.contains(&Event::Acceptable(listener)));
        assert_eq!(lab.transfer(client, server, b"hello"), b"hello");
        lab.run_for(ms(100));
        lab.a.shutdown(lab.now, client, Half::Write);
        lab.run_for(ms(100));
        assert_eq!(lab.b.read(lab.now, server, &mut Vec::new()), Some(ReadError::End));
        lab.b.stack.release(lab.now, server);
        lab.run();
        lab.assert_ladder(
            "SYN_SENT    --> SYN seq=0             --> SYN_RCVD
             ESTABLISHED <-- SYN+ACK seq=0 ack=1   <-- SYN_RCVD
             ESTABLISHED --> ACK seq=1 ack=1       --> ESTABLISHED
             ESTABLISHED --> DATA seq=1..6 ack=1   --> ESTABLISHED
             ESTABLISHED <-- ACK seq=1 ack=6       <-- ESTABLISHED
             FIN_WAIT_1  --> FIN+ACK seq=6 ack=1   --> CLOSE_WAIT
             FIN_WAIT_2  <-- ACK seq=1 ack=7       <-- CLOSE_WAIT
             TIME_WAIT   <-- FIN+ACK seq=1 ack=7   <-- LAST_ACK
             TIME_WAIT   --> ACK seq=7 ack=2       --> CLOSED",
        );
        assert_eq!(lab.a.ended(client), Some(CloseCause::Graceful));
        assert_eq!(lab.a.stack.info(client).map(|info| info.phase), Some(Phase::TimeWait));
        assert_eq!((lab.a.stack.time_wait(), lab.b.stack.time_wait()), (1, 0));
        assert_eq!(lab.b.stack.connections(), 0, "released and over");
        lab.run_out(secs(61));
        assert_eq!(lab.a.stack.time_wait(), 0);
        assert_eq!(lab.a.stack.info(client).map(|info| info.phase), Some(Phase::Closed));
        assert_eq!(lab.a.read(lab.now, client, &mut Vec::new()), Some(ReadError::End));
        lab.a.stack.release(lab.now, client);
        assert_eq!(lab.a.stack.connections(), 0);
        assert_eq!(lab.a.stack.info(client), None);
        for host in [&lab.a, &lab.b] {
            assert_eq!(host.stack.counters().tcp_in_errs, 0, "every checksum was right");
        }
    }
}

#[test]
fn a_closed_port_refuses() {
    let mut lab = Lab::new();
    let client = lab.connect();
    lab.run();
    lab.assert_ladder(
        "SYN_SENT --> SYN seq=0           --> CLOSED (closed)
         CLOSED   <-- RST+ACK seq=0 ack=1 <-- CLOSED",
    );
    assert_eq!(lab.a.ended(client), Some(CloseCause::Refused));
    assert_eq!(lab.a.stack.info(client).and_then(|info| info.cause), Some(CloseCause::Refused));
    assert_eq!(lab.b.stack.counters().tcp_out_rsts, 1);
    assert_eq!(lab.a.stack.counters().tcp_attempt_fails, 1);
}

#[test]
fn an_open_that_nobody_answers_gives_up_after_255_s() {
    let mut lab = Lab::new();
    lab.lose(|_| true);
    let client = lab.connect();
    let start = lab.now;
    lab.run_out(secs(300));
    assert_eq!(lab.a.ended(client), Some(CloseCause::Unanswered));
    assert_eq!(lab.now.since(start).as_secs(), 255);
    assert_eq!(lab.ladder.lines.len(), 8, "a SYN and seven more");
    assert_eq!(lab.a.stack.counters().tcp_retrans_segs, 7);
}

#[test]
fn octets_written_before_the_connection_opens_go_out_when_it_does() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let client = lab.connect();
    assert_eq!(lab.a.write(lab.now, client, b"early"), Ok(5));
    lab.run();
    let server = lab.b.stack.accept(lab.now, listener).expect("open");
    let mut read = Vec::new();
    lab.b.read(lab.now, server, &mut read);
    assert_eq!(read, b"early");
}

#[test]
fn octets_and_the_end_are_read_after_the_connection_is_gone() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (client, server) = lab.open(listener);
    lab.b.write(lab.now, server, b"goodbye").expect("open");
    lab.b.shutdown(lab.now, server, Half::Write);
    lab.run();
    lab.a.shutdown(lab.now, client, Half::Write);
    lab.run();
    assert_eq!(lab.b.stack.time_wait(), 1, "b closed first");
    let mut read = Vec::new();
    assert_eq!(lab.a.read(lab.now, client, &mut read), Some(ReadError::End));
    assert_eq!(read, b"goodbye");
    assert_eq!(lab.b.read(lab.now, server, &mut Vec::new()), Some(ReadError::End));
    let names = [(&mut lab.a, client), (&mut lab.b, server)];
    for (host, id) in names {
        host.stack.release(lab.now, id);
        assert_eq!(host.stack.connections(), 0);
    }
}

/// Shows RFC9293-3.5.2-c: whoever resets keeps nothing, as RFC 9293 §3.10.5 has it.
#[test]
fn an_abort_resets_and_both_ends_are_told() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (client, server) = lab.open(listener);
    lab.a.stack.abort(lab.now, client);
    lab.run();
    assert_eq!(lab.a.ended(client), Some(CloseCause::Aborted));
    assert_eq!(
        (lab.a.stack.time_wait(), lab.a.stack.info(client).map(|info| info.phase)),
        (0, Some(Phase::Closed))
    );
    assert_eq!(lab.b.ended(server), Some(CloseCause::Reset));
    assert_eq!(lab.b.read(lab.now, server, &mut Vec::new()), Some(ReadError::Closed(CloseCause::Reset)));
    assert_eq!(lab.b.stack.counters().tcp_estab_resets, 1);
}

#[test]
fn a_connection_released_with_octets_unread_is_reset() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (client, server) = lab.open(listener);
    lab.a.write(lab.now, client, b"unread").expect("open");
    lab.run();
    lab.b.stack.release(lab.now, server);
    assert_eq!(lab.b.stack.connections(), 0);
    lab.run();
    assert_eq!(lab.a.ended(client), Some(CloseCause::Reset));
}

#[test]
fn a_released_name_finds_nothing_while_the_connection_closes_by_itself() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (client, server) = lab.open(listener);
    lab.a.write(lab.now, client, b"last words").expect("open");
    lab.a.stack.release(lab.now, client);
    assert_eq!(lab.a.stack.info(client), None);
    assert!(lab.a.write(lab.now, client, b"more").is_err());
    lab.run();
    let mut read = Vec::new();
    assert_eq!(lab.b.read(lab.now, server, &mut read), Some(ReadError::End));
    assert_eq!(read, b"last words");
    lab.b.stack.release(lab.now, server);
    lab.run_for(secs(1));
    assert_eq!((lab.a.stack.connections(), lab.a.stack.time_wait()), (0, 1));
    assert!(!lab.a.events.iter().any(|event| matches!(event, Event::Ended(id, _) if *id == client)));
}

#[test]
fn a_megabyte_comes_through_loss() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (client, server) = lab.open(listener);
    lab.lose(|passing| passing.nth % 29 == 11);
    let octets: Vec<u8> = (0..1_000_000_u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
    assert!(lab.transfer(client, server, &octets) == octets, "every octet, in order");
    assert!(lab.a.stack.counters().tcp_retrans_segs > 0);
}

/// Shows MUST-10.
#[test]
fn both_call_at_once_and_are_connected() {
    let mut lab = Lab::new();
    let (a, b) = (lab.a.at(1000), lab.b.at(2000));
    let config = lab.a.stack.tcp_config().clone();
    let left = lab.a.stack.connect(lab.now, Some(a), b, &config).expect("opened");
    let right = lab.b.stack.connect(lab.now, Some(b), a, &config).expect("opened");
    lab.run();
    for (host, id) in [(&lab.a, left), (&lab.b, right)] {
        assert_eq!(host.stack.info(id).map(|info| info.phase), Some(Phase::Established), "{}", lab.ladder);
        assert!(host.events.contains(&Event::Opened(id)));
    }
}

/// RFC 9293 §3.7.1 (MUST-15): 536 octets over IPv4, 1,220 over IPv6.
#[test]
fn a_peer_that_names_no_mss_can_take_what_every_link_of_its_family_carries() {
    for (mut lab, mss) in [(Lab::new(), 536), (Lab::v6(), 1220)] {
        for syn_cache in [4096, 0] {
            assert_eq!(mss_as_listener(&mut with_syn_cache(&lab, syn_cache)), mss, "a cache of {syn_cache}");
        }
        assert_eq!(mss_as_caller(&mut lab), mss);
    }
}

/// Hosts with the same addresses, and room for this many half-open connections at `b`.
fn with_syn_cache(lab: &Lab, syn_cache: u32) -> Lab {
    let (a, b) = (lab.a.address.to_string(), lab.b.address.to_string());
    Lab::between(&a, &b, |_| {}, |b| b.limits.syn_cache = syn_cache)
}

/// SND.MSS of `b`, called by somebody whose SYN has no options.
fn mss_as_listener(lab: &mut Lab) -> u16 {
    let listener = lab.listen();
    let iss = Rc::new(Cell::new(SeqNum(0)));
    let seen = Rc::clone(&iss);
    lab.lose(move |passing| {
        seen.set(passing.segment.seq);
        true
    });
    let syn = Segment {
        source: 4000,
        destination: 80,
        seq: SeqNum(100),
        flags: Flags::SYN,
        window: 1000,
        ..Segment::default()
    };
    lab.inject(true, &lab.packet(true, &syn));
    let ack = Segment { seq: SeqNum(101), ack_number: iss.get() + 1, flags: Flags::ACK, ..syn };
    lab.inject(true, &lab.packet(true, &ack));
    let server = lab.b.stack.accept(lab.now, listener).expect("it is open");
    lab.b.stack.info(server).expect("it is there").vars.snd_mss
}

/// SND.MSS of `a`, which calls somebody whose SYN-ACK has no options.
fn mss_as_caller(lab: &mut Lab) -> u16 {
    lab.lose(|_| true);
    let client = lab.connect();
    lab.pump();
    let info = lab.a.stack.info(client).expect("it is there");
    let syn_ack = Segment {
        source: info.tuple.peer.port(),
        destination: info.tuple.local.port(),
        seq: SeqNum(100),
        ack_number: info.vars.iss + 1,
        flags: Flags::SYN | Flags::ACK,
        window: 1000,
        ..Segment::default()
    };
    lab.inject(false, &lab.packet(false, &syn_ack));
    let info = lab.a.stack.info(client).expect("it is there");
    assert_eq!(info.phase, Phase::Established);
    info.vars.snd_mss
}
