//! Every counter can rise: what makes it do so.

mod common;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use common::{Fate, LINK, Lab, ms, packet, secs};
use cordial_stack::{Config, Counters, Half, TcpConfig};
use cordial_tcp::Keepalive;
use cordial_wire::{Flags, Options, Segment, SeqNum, Timestamps};

/// Those that tests elsewhere hold to exact numbers.
const ELSEWHERE: &[&str] = &[
    // counters.rs
    "ip_in_receives",
    "ip_out_requests",
    "ip_in_unknown_protos",
    "ip_reasm_reqds",
    "ip_reasm_oks",
    "ip_frag_oks",
    "ip_frag_creates",
    "tcp_active_opens",
    "tcp_passive_opens",
    "tcp_attempt_fails",
    "tcp_in_segs",
    "tcp_out_segs",
    "tcp_out_rsts",
    "tcp_refused",
    "tcp_accepts",
    "syncookies_sent",
    "syncookies_recv",
    "syns_undecided",
    "syns_withdrawn",
    "time_waits",
    "udp_in_datagrams",
    "udp_out_datagrams",
    "udp_in_errors",
    // packets.rs, pieces.rs, hostile.rs, listeners.rs, goodbye.rs, failures.rs
    "ip_in_hdr_errors",
    "ip_in_addr_errors",
    "ip_reasm_fails",
    "icmp_in_msgs",
    "icmp_in_errors",
    "icmp_out_msgs",
    // path_mtu.rs, icmp_errors.rs
    "icmp_refused",
    "path_mtu_updates",
    "udp_no_ports",
    "udp_rcvbuf_errors",
    "tcp_in_errs",
    "listen_overflows",
    "listen_drops",
    "syncookies_failed",
    "tw_recycled",
    "time_waits_reopened",
    "tw_overflow",
    "replies_dropped",
    "refusals_limited",
    "tcp_estab_resets",
    "tcp_negative_advice",
    // headers.rs
    "tcp_malformed_options",
    // fast_open.rs
    "fast_open_active",
    "fast_open_active_fail",
    "fast_open_passive",
    "fast_open_passive_fail",
    "fast_open_cookie_reqd",
    "fast_open_listen_overflow",
    "syn_cache_evicted",
    // orphans.rs, syn_flood.rs
    "tcp_abort_on_memory",
];

/// Two hosts with these settings of TCP.
fn lab(change: impl Fn(&mut TcpConfig)) -> Lab {
    let set = |config: &mut Config| {
        let mut tcp = TcpConfig::default();
        change(&mut tcp);
        config.tcp = Arc::new(tcp);
    };
    Lab::with(set, set)
}

/// Loses the `nth` segment from `a`.
fn lose(lab: &mut Lab, nth: usize) {
    lab.lose(move |passing| passing.to_b && passing.nth == nth);
}

fn loss_that_selective_acknowledgments_tell_of() -> Lab {
    let mut lab = lab(|_| {});
    let listener = lab.listen();
    let (a, b) = lab.open(listener);
    lose(&mut lab, 4);
    lab.transfer(a, b, &[1; 30_000]);
    lab.run_for(secs(1));
    lab
}

fn loss_without_selective_acknowledgments() -> Lab {
    let mut lab = lab(|tcp| tcp.sack = false);
    let listener = lab.listen();
    let (a, b) = lab.open(listener);
    lose(&mut lab, 4);
    lab.transfer(a, b, &[1; 30_000]);
    lab
}

/// A lone segment is lost, which nothing tells of but time.
fn loss_of_a_lone_segment() -> Lab {
    let mut lab = lab(|_| {});
    let listener = lab.listen();
    let (a, b) = lab.open(listener);
    lose(&mut lab, 2);
    lab.transfer(a, b, &[1; 100]);
    lab
}

fn loss_of_a_syn() -> Lab {
    let mut lab = lab(|_| {});
    lab.listen();
    lose(&mut lab, 0);
    lab.connect();
    lab.run_for(secs(2));
    lab
}

/// One segment comes twice; then one is lost, and one beyond it comes twice.
fn octets_that_come_twice() -> Lab {
    let mut lab = lab(|_| {});
    let listener = lab.listen();
    let (a, b) = lab.open(listener);
    lab.fault(|passing| match passing.nth {
        3 | 8 if passing.to_b => Fate::Twice,
        6 if passing.to_b => Fate::Lost,
        _ => Fate::Arrives,
    });
    lab.transfer(a, b, &[1; 30_000]);
    lab
}

fn a_timestamp_of_long_ago() -> Lab {
    let mut lab = lab(|_| {});
    let listener = lab.listen();
    let (a, b) = lab.open(listener);
    let last = Rc::new(Cell::new(None));
    let seen = Rc::clone(&last);
    lab.fault(move |passing| {
        if passing.to_b {
            seen.set(passing.segment.options.timestamps);
        }
        Fate::Arrives
    });
    lab.transfer(a, b, &[1; 100]);
    let Timestamps { value, echo } = last.get().expect("timestamps are in use");
    let old = Timestamps { value: value.wrapping_sub(100_000), echo };
    let options = Options { timestamps: Some(old), ..Options::default() };
    say(&mut lab, a, b, |segment| Segment { options, flags: Flags::ACK, payload: b"old", ..segment });
    lab
}

/// A segment from `a` to `b` where `b` expects one, but for what `change` makes of it.
fn say<'a>(
    lab: &mut Lab,
    a: cordial_stack::ConnId,
    b: cordial_stack::ConnId,
    change: impl FnOnce(Segment<'a>) -> Segment<'a>,
) {
    let (ours, theirs) = (lab.a.stack.info(a).expect("held"), lab.b.stack.info(b).expect("held").vars);
    let segment = Segment {
        source: ours.tuple.local.port(),
        destination: 80,
        seq: theirs.rcv_nxt,
        ack_number: theirs.snd_una,
        window: 1_000,
        ..Segment::default()
    };
    let octets = lab.packet(true, &change(segment));
    lab.inject(true, &octets);
}

fn segments_that_have_to_prove_themselves() -> Lab {
    let mut lab = lab(|_| {});
    let listener = lab.listen();
    let (a, b) = lab.open(listener);
    say(&mut lab, a, b, |segment| Segment { seq: segment.seq + 1, flags: Flags::RST, ..segment });
    say(&mut lab, a, b, |segment| Segment { flags: Flags::SYN, ..segment });
    lab.run();
    lab
}

/// Four chunks of memory, three of which somebody else's octets fill.
fn no_memory_for_what_arrives() -> Lab {
    let mut lab = Lab::with(|_| {}, |b| b.limits.memory = 16 << 10);
    let listener = lab.listen();
    let (a, b) = lab.open(listener);
    lab.a.write(lab.now, a, &[1; 60_000]).expect("open");
    lab.run_for(ms(500));
    let _ = b;
    lab
}

fn more_holes_than_are_kept() -> Lab {
    let mut lab = lab(|tcp| tcp.timestamps = false);
    let listener = lab.listen();
    let (a, b) = lab.open(listener);
    for hole in 1..100 {
        say(&mut lab, a, b, |segment| Segment {
            seq: segment.seq + 2 * hole,
            flags: Flags::ACK,
            payload: b"x",
            ..segment
        });
    }
    lab
}

/// One end lets go with octets unread; of another connection, one end lets go and the other goes on to write.
fn closing_before_all_was_said() -> Lab {
    let mut lab = lab(|_| {});
    let listener = lab.listen();
    let (a, b) = lab.open(listener);
    lab.a.write(lab.now, a, b"unread").expect("open");
    lab.run();
    lab.b.stack.release(lab.now, b);
    lab.run();
    let (a, b) = lab.open(listener);
    lab.a.stack.release(lab.now, a);
    lab.run();
    lab.b.write(lab.now, b, b"late").expect("open");
    lab.run();
    lab
}

fn a_peer_that_never_answers() -> Lab {
    let mut lab = lab(|_| {});
    lab.lose(|_| true);
    lab.connect();
    lab.run_for(secs(300));
    lab
}

fn a_peer_that_is_asked_whether_it_lives() -> Lab {
    let mut lab = lab(|_| {});
    let listener = lab.listen();
    let (a, _) = lab.open(listener);
    let keepalive = Keepalive { idle: secs(10), ..Keepalive::default() };
    lab.a.stack.set_keepalive(lab.now, a, Some(keepalive));
    lab.run_for(secs(15));
    lab
}

/// The reader sleeps until the window is closed and was asked for, and then reads.
fn a_window_that_closes_and_opens() -> Lab {
    let mut lab = lab(|tcp| (tcp.receive_buffer, tcp.receive_buffer_max) = (4_096, 4_096));
    let listener = lab.listen();
    let (a, b) = lab.open(listener);
    lab.a.write(lab.now, a, &[1; 20_000]).expect("open");
    lab.run_for(secs(3));
    let mut octets = Vec::new();
    lab.b.read(lab.now, b, &mut octets);
    lab.run_for(secs(3));
    lab
}

fn a_handshake_that_is_reset() -> Lab {
    let mut lab = lab(|_| {});
    lab.listen();
    let syn = Segment { source: 9, destination: 80, flags: Flags::SYN, ..Segment::default() };
    let octets = lab.packet(true, &syn);
    lab.inject(true, &octets);
    let reset = Segment { seq: SeqNum(1), flags: Flags::RST, ..syn };
    let octets = lab.packet(true, &reset);
    lab.inject(true, &octets);
    lab
}

fn a_syn_cache_without_cookies() -> Lab {
    let mut lab = Lab::with(
        |_| {},
        |b| {
            b.limits.syn_cache = 0;
            b.syn_cookies = false;
        },
    );
    lab.listen();
    lab.connect();
    lab.run();
    lab
}

fn a_wrong_checksum() -> Lab {
    let mut lab = lab(|_| {});
    let syn = Segment { source: 9, destination: 80, flags: Flags::SYN, ..Segment::default() };
    let mut octets = lab.packet(true, &syn);
    *octets.last_mut().expect("it has octets") ^= 1;
    lab.inject(true, &octets);
    lab
}

/// Shifts end at 14 (RFC 7323 §2.3).
fn a_window_shift_beyond_all_windows() -> Lab {
    let mut lab = lab(|_| {});
    lab.listen();
    let options = Options { window_scale: Some(14), ..Options::default() };
    let syn = Segment { source: 9, destination: 80, flags: Flags::SYN, options, ..Segment::default() };
    let mut octets = lab.packet(true, &syn);
    // Kind 3, 3 octets long: the shift is one more, and so is the sum.
    let shift = 2 + octets.windows(3).rposition(|option| option == [3, 3, 14]).expect("it is there");
    octets[shift] += 1;
    let field = 20 + Segment::CHECKSUM_OFFSET;
    let sum = u16::from_be_bytes([octets[field], octets[field + 1]]);
    // The octet is the low or the high one of its pair.
    let by = if shift % 2 == 1 { 1 } else { 0x100 };
    let (less, borrows) = sum.overflowing_sub(by);
    octets[field..field + 2].copy_from_slice(&(less - u16::from(borrows)).to_be_bytes());
    lab.inject(true, &octets);
    lab
}

/// The receiver has told of octets beyond a hole, and when the hole is filled it acknowledges no more than that: it
/// must have thrown them away.
fn a_receiver_that_throws_away_what_it_told_of() -> Lab {
    let mut lab = lab(|tcp| tcp.timestamps = false);
    let listener = lab.listen();
    let (a, _) = lab.open(listener);
    let before = lab.a.stack.info(a).expect("held");
    lab.lose(|passing| passing.to_b && passing.nth == 2);
    lab.a.write(lab.now, a, &[1; 10_000]).expect("open");
    lab.run_for(ms(22));
    lab.lose(|_| true);
    let ack = Segment {
        source: 80,
        destination: before.tuple.local.port(),
        seq: before.vars.rcv_nxt,
        ack_number: before.vars.snd_una + u32::from(before.vars.snd_mss),
        flags: Flags::ACK,
        window: 1_000,
        ..Segment::default()
    };
    let octets = lab.packet(false, &ack);
    lab.inject(false, &octets);
    lab.run_for(secs(1));
    lab
}

/// What makes counters rise, and which.
type Drive = (fn() -> Lab, &'static [&'static str]);

const DRIVES: &[Drive] = &[
    (
        loss_that_selective_acknowledgments_tell_of,
        &["tcp_ofo_queue", "tcp_sack_recovery", "tcp_fast_retrans", "tcp_retrans_segs", "delayed_acks"],
    ),
    (loss_without_selective_acknowledgments, &["tcp_reno_recovery", "tcp_fast_retrans"]),
    (loss_of_a_lone_segment, &["tcp_timeouts", "tcp_slow_start_retrans"]),
    (loss_of_a_syn, &["tcp_timeouts", "tcp_syn_retrans"]),
    (
        octets_that_come_twice,
        &["tcp_dsack_old_sent", "tcp_dsack_ofo_sent", "tcp_dsack_recv", "tcp_dsack_ofo_recv"],
    ),
    (a_timestamp_of_long_ago, &["paws_estab"]),
    (segments_that_have_to_prove_themselves, &["tcp_challenge_ack", "tcp_syn_challenge"]),
    (no_memory_for_what_arrives, &["tcp_rcv_q_drop"]),
    (more_holes_than_are_kept, &["tcp_ofo_drop"]),
    (closing_before_all_was_said, &["tcp_abort_on_close", "tcp_abort_on_data"]),
    (a_peer_that_never_answers, &["tcp_abort_on_timeout"]),
    (a_peer_that_is_asked_whether_it_lives, &["tcp_keep_alive"]),
    (
        a_window_that_closes_and_opens,
        &["tcp_to_zero_window_adv", "tcp_from_zero_window_adv", "tcp_win_probe"],
    ),
    (a_handshake_that_is_reset, &["embryonic_rsts"]),
    (a_syn_cache_without_cookies, &["tcp_req_q_full_drop"]),
    (a_wrong_checksum, &["tcp_in_csum_errors"]),
    (a_window_shift_beyond_all_windows, &["tcp_excess_shifts"]),
    (a_receiver_that_throws_away_what_it_told_of, &["tcp_sack_reneging"]),
];

#[test]
fn every_counter_can_rise() {
    let mut risen: Vec<&str> = ELSEWHERE.to_vec();
    for (drive, names) in DRIVES {
        let lab = drive();
        let count = |counters: &Counters| counters.iter().collect::<BTreeMap<_, _>>();
        let (a, b) = (count(lab.a.stack.counters()), count(lab.b.stack.counters()));
        for name in *names {
            assert!(a[name] + b[name] > 0, "{name}: {:#?}\n{}", lab.b.stack.counters(), lab.ladder);
            risen.push(name);
        }
    }
    let missing: Vec<&str> =
        Counters::default().iter().map(|(name, _)| name).filter(|name| !risen.contains(name)).collect();
    assert!(missing.is_empty(), "nothing here makes these rise, and no test elsewhere is named: {missing:?}");
}

/// `tcpCurrEstab` goes up and down again, whichever way a connection opens and ends.
#[test]
fn connections_that_are_established_are_counted_and_counted_off() {
    let mut lab = lab(|_| {});
    let listener = lab.listen();
    let both = |lab: &Lab| (lab.a.stack.established(), lab.b.stack.established());
    let calling = lab.connect();
    assert_eq!(both(&lab), (0, 0), "a SYN is no connection yet");
    lab.run();
    assert_eq!(both(&lab), (1, 1));
    let called = lab.b.stack.accept(lab.now, listener).expect("the handshake is done");
    lab.a.stack.shutdown(lab.now, calling, Half::Write);
    lab.run();
    assert_eq!(both(&lab), (0, 1), "CLOSE-WAIT counts, FIN-WAIT does not");
    lab.b.stack.shutdown(lab.now, called, Half::Write);
    lab.run();
    assert_eq!(both(&lab), (0, 0));
    for ends in [(true, false), (false, true), (true, true)] {
        let (a, b) = lab.open(listener);
        assert_eq!(both(&lab), (1, 1));
        if ends.0 {
            lab.a.stack.abort(lab.now, a);
        }
        if ends.1 {
            lab.b.stack.release(lab.now, b);
        }
        lab.run();
        lab.a.stack.release(lab.now, a);
        lab.b.stack.release(lab.now, b);
        lab.run();
        assert_eq!(both(&lab), (0, 0), "{ends:?}");
    }
}

/// A packet for a host that has nobody's address is none of these.
#[test]
fn what_is_no_connections_is_counted_for_none() {
    let mut lab = lab(|_| {});
    let from: SocketAddr = lab.a.at(9);
    let stray = Segment { source: 9, destination: 80, flags: Flags::ACK, ..Segment::default() };
    let octets = packet(from.ip(), lab.b.at(80).ip(), &stray);
    lab.b.stack.on_frame(lab.now, LINK, cordial_stack::Frame::new(&octets));
    assert_eq!((lab.b.stack.counters().tcp_refused, lab.b.stack.counters().tcp_out_rsts), (0, 1));
}
