//! What is counted, whole: nothing that should be counted is not, and nothing else is.

mod common;

use common::{LINK, Lab, packet, secs};
use cordial_ip::{Packet, Unreachable, icmp, udp};
use cordial_stack::{Bind, CloseCause, Config, Counters, Frame, Half, ListenConfig, Stack};
use cordial_wire::{Flags, Segment, SeqNum, checksum};

/// SYN, SYN+ACK, ACK; FIN, FIN+ACK, ACK.
#[test]
fn a_connection_from_hello_to_goodbye() {
    for (cookies, syn_cache) in [(0, 4096), (1, 0)] {
        let mut lab = Lab::with(|_| {}, |b| b.limits.syn_cache = syn_cache);
        let listener = lab.listen();
        let (client, server) = lab.open(listener);
        lab.a.shutdown(lab.now, client, Half::Write);
        lab.run();
        lab.b.shutdown(lab.now, server, Half::Write);
        lab.run();
        let all = Counters {
            ip_in_receives: 2,
            ip_out_requests: 4,
            tcp_active_opens: 1,
            tcp_in_segs: 2,
            tcp_out_segs: 4,
            time_waits: 1,
            ..Counters::default()
        };
        assert_eq!(*lab.a.stack.counters(), all);
        let all = Counters {
            ip_in_receives: 4,
            ip_out_requests: 2,
            tcp_passive_opens: 1,
            tcp_accepts: 1,
            tcp_in_segs: 4,
            tcp_out_segs: 2,
            syncookies_sent: cookies,
            syncookies_recv: cookies,
            ..Counters::default()
        };
        assert_eq!(*lab.b.stack.counters(), all);
    }
}

#[test]
fn a_connection_that_nobody_takes() {
    let mut lab = Lab::new();
    lab.connect();
    lab.run();
    let (out, back) = (lab.a.stack.counters(), lab.b.stack.counters());
    let all = Counters {
        ip_in_receives: 1,
        ip_out_requests: 1,
        tcp_active_opens: 1,
        tcp_attempt_fails: 1,
        tcp_in_segs: 1,
        tcp_out_segs: 1,
        ..Counters::default()
    };
    assert_eq!(*out, all);
    let all = Counters {
        ip_in_receives: 1,
        ip_out_requests: 1,
        tcp_in_segs: 1,
        tcp_out_segs: 1,
        tcp_out_rsts: 1,
        ..Counters::default()
    };
    assert_eq!(*back, all);
}

#[test]
fn a_segment_that_is_refused() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (client, _) = lab.open(listener);
    let before = *lab.b.stack.counters();
    let stray = Segment {
        source: lab.a.stack.info(client).expect("open").tuple.local.port(),
        destination: 80,
        seq: SeqNum(0x8000_0000),
        flags: Flags::ACK,
        ..Segment::default()
    };
    lab.inject(true, &lab.packet(true, &stray));
    let after = *lab.b.stack.counters();
    let all = Counters {
        ip_in_receives: before.ip_in_receives + 1,
        tcp_in_segs: before.tcp_in_segs + 1,
        tcp_refused: 1,
        ..before
    };
    assert_eq!(
        after,
        Counters { ip_out_requests: after.ip_out_requests, tcp_out_segs: after.tcp_out_segs, ..all }
    );
}

/// The application is asked, and the caller gives up before it answers.
#[test]
fn a_syn_that_is_put_before_the_application_and_withdrawn() {
    let mut lab = Lab::new();
    lab.listen_with(ListenConfig { decide: true, ..ListenConfig::default() });
    let client = lab.connect();
    lab.run();
    lab.a.stack.abort(lab.now, client);
    let syn = Segment { source: 9, destination: 80, flags: Flags::SYN, ..Segment::default() };
    lab.inject(true, &lab.packet(true, &syn));
    let reset =
        Segment { source: 9, destination: 80, seq: SeqNum(1), flags: Flags::RST, ..Segment::default() };
    lab.inject(true, &lab.packet(true, &reset));
    let all = Counters {
        ip_in_receives: 3,
        tcp_in_segs: 3,
        syns_undecided: 2,
        syns_withdrawn: 1,
        ..Counters::default()
    };
    assert_eq!(*lab.b.stack.counters(), all);
}

/// `tcpAttemptFails` and `tcpEstabResets` of both hosts.
fn fails_and_resets(lab: &Lab) -> [(u64, u64); 2] {
    [&lab.a, &lab.b].map(|host| {
        let counters = host.stack.counters();
        (counters.tcp_attempt_fails, counters.tcp_estab_resets)
    })
}

/// RFC 4022: `tcpAttemptFails` has what ends in SYN-SENT or SYN-RECEIVED, for whatever reason.
#[test]
fn an_open_that_ends_before_it_is_open_is_a_failed_attempt() {
    // Nobody answers, and a router says why.
    let mut lab = Lab::new();
    lab.lose(|_| true);
    let client = lab.connect();
    let syn = lab.a.drain(lab.now).swap_remove(0);
    let original = Packet::parse(&syn).expect("a packet");
    let error = icmp::unreachable(&original, Unreachable::Network).expect("due");
    lab.inject(false, &error);
    lab.run_for(secs(300));
    assert_eq!(lab.a.ended(client), Some(CloseCause::Unreachable));
    assert_eq!(fails_and_resets(&lab)[0], (1, 0));

    // The caller thinks better of it.
    for end in [Stack::abort, Stack::release] {
        let mut lab = Lab::new();
        lab.lose(|_| true);
        let client = lab.connect();
        end(&mut lab.a.stack, lab.now, client);
        assert_eq!(fails_and_resets(&lab)[0], (1, 0));
    }
}

/// RFC 4022: and what goes back from SYN-RECEIVED to LISTEN, or nowhere where the listener is gone.
#[test]
fn a_half_open_connection_that_is_forgotten_is_a_failed_attempt() {
    let acks_are_lost = |change: fn(&mut Config)| {
        let mut lab = Lab::with(|_| {}, change);
        lab.lose(|passing| passing.to_b && passing.segment.ack().is_some());
        lab
    };
    // It gives way to a newer one.
    let mut lab = acks_are_lost(|b| (b.limits.syn_cache, b.evict_half_open) = (1, true));
    lab.listen();
    for fails in [0, 1] {
        lab.connect();
        lab.run();
        assert_eq!(fails_and_resets(&lab)[1], (fails, 0));
    }
    // Its listener closes.
    let mut lab = acks_are_lost(|_| {});
    let listener = lab.listen();
    lab.connect();
    lab.run();
    lab.b.stack.close_listener(lab.now, listener);
    assert_eq!(fails_and_resets(&lab)[1], (1, 0));
    // It finds the accept queue full, and is told; the caller was established.
    let mut lab = Lab::with(|_| {}, |b| b.reset_on_overflow = true);
    lab.listen_with(ListenConfig { backlog: Some(1), ..ListenConfig::default() });
    lab.connect();
    lab.connect();
    lab.run();
    assert_eq!(fails_and_resets(&lab), [(0, 1), (1, 0)]);
}

/// RFC 4022: `tcpEstabResets` has what ends in ESTABLISHED or CLOSE-WAIT, at either end, whether by a reset that came, by
/// one that was sent, or for want of an answer; and nothing else.
#[test]
fn a_connection_that_ends_while_it_is_established_is_a_reset_one() {
    // Both are established.
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (client, _) = lab.open(listener);
    lab.a.stack.abort(lab.now, client);
    lab.run();
    assert_eq!(fails_and_resets(&lab), [(0, 1), (0, 1)]);

    // One is in CLOSE-WAIT, the other in FIN-WAIT-2.
    for closed_first in [true, false] {
        let mut lab = Lab::new();
        let listener = lab.listen();
        let (client, server) = lab.open(listener);
        lab.b.shutdown(lab.now, server, Half::Write);
        lab.run();
        match closed_first {
            true => lab.b.stack.abort(lab.now, server),
            false => lab.a.stack.abort(lab.now, client),
        }
        lab.run();
        assert_eq!(fails_and_resets(&lab), [(0, 1), (0, 0)]);
    }

    // Nobody answers any more.
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (client, _) = lab.open(listener);
    lab.lose(|_| true);
    lab.a.write(lab.now, client, b"anyone?").expect("open");
    lab.run_for(secs(3600));
    assert_eq!(lab.a.ended(client), Some(CloseCause::TimedOut));
    assert_eq!(fails_and_resets(&lab)[0], (0, 1));
}

/// Two datagrams, the second in two pieces, one with a wrong checksum, and a packet that is neither TCP nor UDP.
#[test]
fn datagrams_and_what_is_none() {
    let mut lab = Lab::new();
    let there = lab.b.at(53);
    let (a, _) =
        (lab.a.stack.udp_bind(Bind::Port(1)).unwrap(), lab.b.stack.udp_bind(Bind::Port(53)).unwrap());
    lab.a.stack.udp_send(a, None, there, b"octets").expect("sent");
    lab.a.stack.udp_send(a, None, there, &[7; 2000]).expect("sent");
    while let Some(out) = lab.a.stack.poll_transmit(lab.now, LINK) {
        let mut octets = vec![0; 2000];
        let len = out.write_to(&mut octets);
        lab.b.stack.on_frame(lab.now, LINK, Frame::new(&octets[..len]));
    }
    let all = Counters {
        ip_out_requests: 3,
        ip_frag_oks: 1,
        ip_frag_creates: 2,
        udp_out_datagrams: 2,
        ..Counters::default()
    };
    assert_eq!(*lab.a.stack.counters(), all);
    let mut bad = udp::packet(lab.a.at(1), there, b"octets").expect("it fits");
    *bad.last_mut().expect("it has octets") ^= 1;
    lab.inject(true, &bad);
    let mut other = packet(lab.a.at(1).ip(), there.ip(), &Segment::default());
    other[9] = 253;
    other[10..12].fill(0);
    let mut sum = checksum::Sum::new();
    sum.add(&other[..20]);
    other[10..12].copy_from_slice(&sum.finish().to_be_bytes());
    lab.b.stack.on_frame(lab.now, LINK, Frame::new(&other));
    let all = Counters {
        ip_in_receives: 5,
        ip_in_unknown_protos: 1,
        ip_reasm_reqds: 2,
        ip_reasm_oks: 1,
        icmp_out_msgs: 1,
        udp_in_datagrams: 2,
        udp_in_errors: 1,
        ..Counters::default()
    };
    assert_eq!(*lab.b.stack.counters(), all);
}
