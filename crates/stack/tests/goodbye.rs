//! TIME-WAIT, ports, connections that cannot be opened.

mod common;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use common::{Fate, Lab, ms, secs};
use cordial_stack::{
    CloseCause, Config, ConnId, ConnectError, Half, ListenConfig, ListenerId, Phase, ReadError, TcpConfig,
};
use cordial_wire::{Flags, Options, Segment, SeqNum, Timestamps};

/// Opens a connection from `a`'s port 1000 and closes it, `a` first.
fn open_and_close(lab: &mut Lab, listener: ListenerId) -> ConnId {
    let (from, to) = (lab.a.at(1000), lab.b.at(80));
    let config = Arc::clone(lab.a.stack.tcp_config());
    let client = lab.a.stack.connect(lab.now, Some(from), to, &config).expect("opened");
    lab.run();
    let server = lab.b.stack.accept(lab.now, listener).expect("open");
    close(lab, client, server);
    client
}

fn close(lab: &mut Lab, client: ConnId, server: ConnId) {
    lab.a.shutdown(lab.now, client, Half::Write);
    lab.run();
    lab.b.stack.release(lab.now, server);
    lab.run();
    assert_eq!(lab.a.stack.info(client).map(|info| info.phase), Some(Phase::TimeWait), "{}", lab.ladder);
}

/// Shows RFC9293-3.10.8-c.
#[test]
fn ends_in_time_wait_are_taken_until_2_msl_have_passed() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let client = open_and_close(&mut lab, listener);
    lab.a.stack.release(lab.now, client);
    let (from, to) = (lab.a.at(1000), lab.b.at(80));
    let config = Arc::clone(lab.a.stack.tcp_config());
    let again = lab.a.stack.connect(lab.now, Some(from), to, &config);
    assert_eq!(again, Err(ConnectError::InUse));
    lab.run_for(secs(61));
    assert_eq!(lab.a.stack.time_wait(), 0);
    lab.a.stack.connect(lab.now, Some(from), to, &config).expect("free again");
}

/// RFC 9293 §3.10.7.4: a FIN that comes again is answered, and the wait begins anew.
#[test]
fn a_last_ack_that_is_lost_is_sent_again_from_time_wait() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (client, server) = lab.open(listener);
    lab.a.shutdown(lab.now, client, Half::Write);
    lab.run();
    let mut lost = false;
    lab.lose(move |passing| {
        passing.to_b && passing.segment.is_empty() && !core::mem::replace(&mut lost, true)
    });
    lab.b.stack.release(lab.now, server);
    lab.run();
    lab.ladder.clear();
    assert_eq!((lab.a.stack.time_wait(), lab.b.stack.connections()), (1, 1));
    let before = lab.a.stack.next_deadline();
    lab.run_for(secs(2));
    lab.assert_ladder(
        "TIME_WAIT <-- FIN+ACK seq=1 ack=2 <-- LAST_ACK
         TIME_WAIT --> ACK seq=2 ack=2     --> CLOSED",
    );
    assert_eq!(lab.b.stack.connections(), 0);
    assert!(lab.a.stack.next_deadline() > before, "a full 2MSL from the second FIN");
}

/// A SYN for ends that `b` has in TIME-WAIT.
fn syn(seq: u32, timestamp: Option<u32>) -> Segment<'static> {
    let timestamps = timestamp.map(|value| Timestamps { value, echo: 0 });
    Segment {
        source: 1000,
        destination: 80,
        seq: SeqNum(seq),
        flags: Flags::SYN,
        window: 1000,
        options: Options { mss: Some(1460), timestamps, ..Options::default() },
        ..Segment::default()
    }
}

/// What `b` answers to a segment from `a`'s address.
fn say(lab: &mut Lab, segment: &Segment<'_>) -> Option<Segment<'static>> {
    let packet = lab.packet(true, segment);
    lab.b.stack.on_frame(lab.now, common::LINK, cordial_stack::Frame::new(&packet));
    let transmit = lab.b.stack.poll_transmit(lab.now, common::LINK)?;
    let mut out = vec![0; 2000];
    let len = transmit.write_to(&mut out);
    let answer = Segment::parse(&out[20..len]).expect("a segment");
    Some(Segment { payload: &[], ..answer })
}

/// Leaves port 1000 of `a` and port 80 of `b` in TIME-WAIT at `b`, which closed first; the peer used the numbers up
/// to 5001. Says where `b`'s own end.
fn wait_at_b(lab: &mut Lab, listener: ListenerId) -> SeqNum {
    let first = Segment { seq: SeqNum(5_000), ..syn(0, None) };
    let syn_ack = say(lab, &first).expect("SYN-ACK");
    let iss = syn_ack.seq;
    let ack = |seq: u32, number: SeqNum, flags| Segment {
        seq: SeqNum(seq),
        ack_number: number,
        flags: Flags::ACK | flags,
        options: Options::default(),
        ..first
    };
    assert_eq!(say(lab, &ack(5_001, iss + 1, Flags::NONE)), None);
    let server = lab.b.stack.accept(lab.now, listener).expect("open");
    lab.b.stack.shutdown(lab.now, server, Half::Write);
    let mut out = vec![0; 2000];
    assert!(lab.b.stack.poll_transmit(lab.now, common::LINK).is_some_and(|fin| fin.write_to(&mut out) > 0));
    assert!(say(lab, &ack(5_001, iss + 2, Flags::FIN)).is_some());
    assert_eq!(lab.b.stack.time_wait(), 1);
    lab.b.stack.release(lab.now, server);
    iss + 2
}

/// Without timestamps, `b` with these settings.
fn plain(change: impl FnOnce(&mut Config)) -> Lab {
    let tcp = Arc::new(TcpConfig { timestamps: false, ..TcpConfig::default() });
    Lab::with(
        |_| {},
        |b| {
            b.tcp = tcp;
            change(b);
        },
    )
}

/// RFC 6191, and RFC 9293 MAY-2: the new ISS lies after the old numbers.
#[test]
fn a_newer_syn_reopens_and_an_older_one_is_met_with_silence() {
    let mut lab = plain(|_| {});
    let listener = lab.listen();
    let end = wait_at_b(&mut lab, listener);
    assert_eq!(say(&mut lab, &syn(5_001, None)), None, "a number that is not newer");
    assert_eq!(lab.b.stack.time_wait(), 1);
    let again = say(&mut lab, &syn(5_100, None)).expect("SYN-ACK");
    assert!(again.flags.contains(Flags::SYN) && again.seq.after(end));
    assert_eq!((lab.b.stack.time_wait(), lab.b.stack.half_open()), (0, 1));
    assert_eq!(lab.b.stack.counters().time_waits_reopened, 1);
    // It was an old duplicate after all: its sender resets it, and nothing is left.
    let reset =
        Segment { seq: SeqNum(5_101), flags: Flags::RST, options: Options::default(), ..syn(0, None) };
    assert_eq!(say(&mut lab, &reset), None);
    assert_eq!((lab.b.stack.time_wait(), lab.b.stack.half_open()), (0, 0));
}

/// RFC 6191 §2: whether timestamps tell a new SYN from an old one is for the listener to say that would take it. With or
/// without them, the connection's own SYN, which comes again in TIME-WAIT, is not taken for a new one.
#[test]
fn the_own_syn_of_old_does_not_reopen_whether_or_not_its_listener_has_timestamps() {
    for timestamps in [true, false] {
        let mut lab = Lab::new();
        let tcp = Arc::new(TcpConfig { timestamps, ..TcpConfig::default() });
        let listener = lab.listen_with(ListenConfig { tcp: Some(tcp), ..ListenConfig::default() });
        let client = lab.connect();
        let syn = lab.a.drain(lab.now).swap_remove(0);
        lab.inject(true, &syn);
        lab.run();
        let server = lab.b.stack.accept(lab.now, listener).expect("open");
        lab.b.shutdown(lab.now, server, Half::Write);
        lab.run_for(ms(100));
        lab.a.shutdown(lab.now, client, Half::Write);
        lab.run_for(ms(100));
        assert_eq!(lab.b.stack.time_wait(), 1);
        assert!(lab.answers(&syn).is_empty(), "timestamps: {timestamps}");
        assert_eq!((lab.b.stack.time_wait(), lab.b.stack.half_open()), (1, 0), "timestamps: {timestamps}");
        assert_eq!(lab.b.stack.counters().time_waits_reopened, 0);
    }
}

/// MAY-2, where chance would have the new numbers begin among the old ones.
#[test]
fn a_reopened_connection_begins_after_the_old_numbers() {
    let mut lab = plain(|_| {});
    lab.b.boot(2, &[70_000, 60_000]);
    let listener = lab.listen();
    let end = wait_at_b(&mut lab, listener);
    assert_eq!(end, SeqNum(70_002));
    let again = say(&mut lab, &syn(5_100, None)).expect("SYN-ACK");
    assert!(again.seq.after(end), "{:?} follows {end:?}", again.seq);
}

/// RFC1337-2-a, RFC1337-3-a: octets of old arrive in TIME-WAIT, whose ACK draws a reset from a peer that has forgotten
/// everything. Ignored, it ends nothing; believed, the wait is over and the next old segment finds no guard.
#[test]
fn a_reset_drawn_by_an_old_segment_does_not_end_the_wait() {
    for ignores in [true, false] {
        let tcp = Arc::new(TcpConfig { ignore_rst_in_time_wait: ignores, ..TcpConfig::default() });
        let mut lab = Lab::with(|a| a.tcp = tcp, |_| {});
        let listener = lab.listen();
        let (client, server) = lab.open(listener);
        let old = Rc::new(RefCell::new(None));
        let heard = Rc::clone(&old);
        lab.fault(move |passing| {
            if !passing.to_b && !passing.segment.payload.is_empty() {
                *heard.borrow_mut() = Some(header_of(&passing.segment));
            }
            Fate::Arrives
        });
        lab.b.write(lab.now, server, b"old").expect("there is room");
        lab.run();
        let mut text = Vec::new();
        lab.a.read(lab.now, client, &mut text);
        assert_eq!(text, b"old");
        close(&mut lab, client, server);
        lab.b.stack.release(lab.now, server);
        lab.run_for(secs(1));
        assert_eq!((lab.a.stack.time_wait(), lab.b.stack.connections()), (1, 0));
        let header = old.borrow_mut().take().expect("it passed");
        let packet = lab.packet(false, &Segment { payload: b"old", ..header });
        lab.inject(false, &packet);
        lab.run_for(secs(1));
        assert_eq!(lab.b.stack.counters().tcp_out_rsts, 1, "the peer has forgotten");
        assert_eq!(lab.a.stack.time_wait(), usize::from(ignores));
    }
    assert!(TcpConfig::default().ignore_rst_in_time_wait);
}

/// What a segment says, without its octets.
fn header_of(segment: &Segment<'_>) -> Segment<'static> {
    let Segment { source, destination, seq, ack_number, flags, window, urgent, options, payload: _ } =
        *segment;
    Segment { source, destination, seq, ack_number, flags, window, urgent, options, payload: &[] }
}

/// MAY-1: who has closed reads no more: the name is gone. Who has shut writing down reads on.
#[test]
fn after_a_close_nothing_is_read_and_after_a_shutdown_all_is() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let (client, server) = lab.open(listener);
    lab.a.shutdown(lab.now, client, Half::Write);
    lab.run();
    lab.b.write(lab.now, server, b"still here").expect("there is room");
    lab.run();
    let mut text = Vec::new();
    lab.a.read(lab.now, client, &mut text);
    assert_eq!(text, b"still here");
    lab.a.stack.release(lab.now, client);
    let read = lab.a.stack.read_with(lab.now, client, |_| (0, ()));
    assert_eq!(read, Err(ReadError::Closed(CloseCause::Aborted)));
    assert!(lab.a.stack.info(client).is_none());
}

/// The wait ends for a SYN that is kept. A cookie keeps nothing, and cannot lie after the old numbers.
#[test]
fn a_newer_syn_without_a_place_leaves_the_wait_as_it_was() {
    for syn_cookies in [true, false] {
        let mut lab = plain(|b| (b.limits.syn_cache, b.syn_cookies) = (1, syn_cookies));
        let listener = lab.listen();
        wait_at_b(&mut lab, listener);
        let other = Segment { source: 2000, ..syn(1, None) };
        say(&mut lab, &other).expect("SYN-ACK");
        assert_eq!(say(&mut lab, &syn(5_100, None)), None);
        let counters = *lab.b.stack.counters();
        assert_eq!((lab.b.stack.time_wait(), lab.b.stack.half_open()), (1, 1));
        assert_eq!(
            (counters.listen_drops, counters.time_waits_reopened, counters.syncookies_sent),
            (1, 0, 0)
        );
        // Once there is a place, it gives way.
        say(&mut lab, &Segment { seq: SeqNum(2), flags: Flags::RST, options: Options::default(), ..other });
        assert!(say(&mut lab, &syn(5_100, None)).is_some());
        assert_eq!((lab.b.stack.time_wait(), lab.b.stack.half_open()), (0, 1));
    }
}

#[test]
fn a_newer_syn_that_cannot_be_decided_on_leaves_the_wait_as_it_was() {
    let mut lab = plain(|b| b.limits.undecided = 1);
    let listener = lab.listen();
    wait_at_b(&mut lab, listener);
    lab.b.stack.close_listener(lab.now, listener);
    lab.listen_with(ListenConfig { decide: true, ..ListenConfig::default() });
    assert_eq!(say(&mut lab, &Segment { source: 2000, ..syn(1, None) }), None);
    assert_eq!(say(&mut lab, &syn(5_100, None)), None);
    assert_eq!((lab.b.stack.time_wait(), lab.b.stack.undecided()), (1, 1));
    lab.run_for(secs(4));
    assert_eq!(say(&mut lab, &syn(5_100, None)), None);
    assert_eq!((lab.b.stack.time_wait(), lab.b.stack.undecided()), (0, 1));
}

/// SYN and FIN at once open nothing, so nothing gives way to them.
#[test]
fn a_syn_with_a_fin_does_not_end_the_wait() {
    let mut lab = plain(|_| {});
    let listener = lab.listen();
    wait_at_b(&mut lab, listener);
    assert_eq!(say(&mut lab, &Segment { flags: Flags::SYN | Flags::FIN, ..syn(5_100, None) }), None);
    assert_eq!((lab.b.stack.time_wait(), lab.b.stack.half_open()), (1, 0));
}

#[test]
fn over_the_bound_the_oldest_in_time_wait_goes() {
    let mut lab = Lab::with(|a| a.limits.time_wait = 2, |_| {});
    let listener = lab.listen();
    let clients: Vec<ConnId> = (0..3)
        .map(|_| {
            let (client, server) = lab.open(listener);
            close(&mut lab, client, server);
            client
        })
        .collect();
    let phases = clients.iter().map(|&client| lab.a.stack.info(client).map(|info| info.phase));
    let expected = [Phase::Closed, Phase::TimeWait, Phase::TimeWait].map(Some);
    assert_eq!(phases.collect::<Vec<_>>(), expected);
    assert_eq!(lab.a.stack.counters().tw_overflow, 1);
}

#[test]
fn ephemeral_ports_run_out_and_come_back() {
    let mut lab = Lab::with(|a| a.ephemeral_ports = 40_000..=40_009, |_| {});
    lab.listen();
    let clients: Vec<ConnId> = (0..10).map(|_| lab.connect()).collect();
    let ports: std::collections::BTreeSet<u16> =
        clients.iter().filter_map(|&id| lab.a.stack.info(id)).map(|info| info.tuple.local.port()).collect();
    assert_eq!(ports, (40_000..=40_009).collect());
    let config = Arc::clone(lab.a.stack.tcp_config());
    let (to, elsewhere) = (lab.b.at(80), lab.b.at(81));
    let mut connect = |to| lab.a.stack.connect(lab.now, None, to, &config);
    assert_eq!(connect(to), Err(ConnectError::PortsExhausted));
    connect(elsewhere).expect("another destination has ports of its own");
    lab.a.stack.release(lab.now, clients[3]);
    lab.a.stack.connect(lab.now, None, to, &config).expect("one was given back");
}

/// Shows MUST-46.
#[test]
fn nobody_connects_to_what_no_host_has() {
    let mut lab = Lab::new();
    let config = Arc::clone(lab.a.stack.tcp_config());
    let from = lab.a.at(5000);
    let mut connect = |from: Option<&str>, to: &str| {
        let parse = |at: &str| at.parse().expect("an address");
        lab.a.stack.connect(lab.now, from.map(parse), parse(to), &config).map(|_| ())
    };
    for to in ["10.0.0.2:0", "0.0.0.0:80", "224.0.0.1:80", "255.255.255.255:80", "10.0.0.255:80"] {
        assert_eq!(connect(None, to), Err(ConnectError::BadAddress), "{to}");
    }
    assert_eq!(connect(None, "[fd00::2]:80"), Err(ConnectError::NoSource));
    assert_eq!(connect(Some("10.0.0.9:1"), "10.0.0.2:80"), Err(ConnectError::NoSource));
    assert_eq!(connect(Some("10.0.0.1:5000"), "10.0.0.1:5000"), Err(ConnectError::SelfConnect));
    assert_eq!(connect(Some("10.0.0.1:5000"), "10.0.0.2:80"), Ok(()));
    assert_eq!(connect(Some("10.0.0.1:5000"), "10.0.0.2:80"), Err(ConnectError::InUse));
    assert_eq!(from.port(), 5000);
    let mut full = Lab::with(|a: &mut Config| a.limits.connections = 1, |_| {});
    full.connect();
    let again = full.a.stack.connect(full.now, None, full.b.at(80), &config);
    assert_eq!(again, Err(ConnectError::Full));
}

/// C75, RFC5961-10-a: two ends that remember different numbers do not answer each other for ever.
#[test]
fn corner_c75_time_wait_stops_answering_what_is_empty() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let client = open_and_close(&mut lab, listener);
    lab.a.stack.release(lab.now, client);
    let stray = Segment {
        source: 80,
        destination: 1000,
        seq: SeqNum(77),
        flags: Flags::ACK,
        options: Options {
            timestamps: Some(Timestamps { value: u32::MAX / 4, echo: 0 }),
            ..Options::default()
        },
        ..Segment::default()
    };
    let packet = lab.packet(false, &stray);
    let before = lab.a.stack.counters().tcp_out_segs;
    for _ in 0..100 {
        lab.inject(false, &packet);
        lab.run_for(ms(10));
    }
    let answers = lab.a.stack.counters().tcp_out_segs - before;
    assert!((2..=3).contains(&answers), "{answers} answers to a hundred in a second: one each half second");
    assert_eq!(lab.a.stack.time_wait(), 1);
}

/// The MSL is the host's, whatever that of a connection was: one that would wait for longer keeps no other waiting, and a
/// call whose own is longer takes no end before a second is over.
#[test]
fn all_wait_as_long_as_the_host_says() {
    let with = |msl| Arc::new(TcpConfig { msl: secs(msl), reuse_time_wait: true, ..TcpConfig::default() });
    let mut lab = Lab::new();
    let listener = lab.listen();
    for msl in [3_600, 30, 1] {
        let client = lab.connect_with(&with(msl));
        lab.run();
        let server = lab.b.stack.accept(lab.now, listener).expect("open");
        close(&mut lab, client, server);
        assert_eq!(lab.a.stack.time_wait(), 1);
        let (from, to) = (lab.a.stack.info(client).expect("still held").tuple.local, lab.b.at(80));
        for caller in [1, 30, 60] {
            let called = lab.a.stack.connect(lab.now, Some(from), to, &with(caller));
            assert_eq!(called, Err(ConnectError::InUse), "a second is not over");
        }
        lab.run_for(secs(58));
        assert_eq!(lab.a.stack.time_wait(), 1);
        lab.run_for(secs(3));
        assert_eq!(lab.a.stack.time_wait(), 0, "{msl}");
    }
}

/// C32: while a connection is in TIME-WAIT its ends are taken; where the settings say so, a call of ours takes its place after
/// a second, if both had timestamps: with a number after the old ones (MAY-2) and timestamps that are newer
/// (RFC6191-3-a), so that the peer's TIME-WAIT, if it has one, gives way too.
#[test]
fn corner_c32_our_own_call_takes_the_place_of_a_time_wait() {
    let plain = TcpConfig { timestamps: false, ..TcpConfig::default() };
    let reusing = TcpConfig { reuse_time_wait: true, ..TcpConfig::default() };
    for (old, new, reuses) in [
        (TcpConfig::default(), TcpConfig::default(), false),
        (TcpConfig::default(), reusing.clone(), true),
        (plain.clone(), reusing.clone(), false),
        (TcpConfig::default(), TcpConfig { timestamps: false, ..reusing.clone() }, false),
    ] {
        let mut lab = Lab::with(|a| a.ephemeral_ports = 40_000..=40_000, |_| {});
        let values = Rc::new(RefCell::new(Vec::new()));
        let seen = Rc::clone(&values);
        lab.fault(move |passing| {
            let timestamps = passing.segment.options.timestamps.filter(|_| passing.to_b);
            seen.borrow_mut().extend(timestamps.map(|timestamps| timestamps.value));
            Fate::Arrives
        });
        let (listener, new) = (lab.listen(), Arc::new(new));
        let client = lab.connect_with(&Arc::new(old));
        lab.run();
        let server = lab.b.stack.accept(lab.now, listener).expect("open");
        close(&mut lab, client, server);
        let last = lab.a.stack.info(client).expect("still held").vars.snd_nxt;
        assert_eq!(lab.a.stack.time_wait(), 1);
        let (to, from) = (lab.b.at(80), lab.a.at(40_000));
        let again = |lab: &mut Lab, from| lab.a.stack.connect(lab.now, from, to, &new);
        lab.run_for(ms(900));
        assert_eq!(again(&mut lab, None), Err(ConnectError::PortsExhausted), "a second is not over");
        assert_eq!(again(&mut lab, Some(from)), Err(ConnectError::InUse));
        lab.run_for(ms(200));
        let called = again(&mut lab, reuses.then_some(from));
        assert_eq!(called.is_ok(), reuses, "{called:?}");
        assert_eq!(lab.a.stack.counters().tw_recycled, u64::from(reuses));
        let Ok(id) = called else { continue };
        assert_eq!(lab.a.stack.time_wait(), 0);
        let before = values.borrow().len();
        let vars = lab.a.stack.info(id).expect("held").vars;
        assert!(vars.iss.after(last), "{:?} follows {last:?}", vars.iss);
        lab.run();
        assert_eq!(lab.a.stack.info(id).map(|info| info.phase), Some(Phase::Established));
        let values = values.borrow();
        let (old, new) = values.split_at(before);
        let ahead = new.first().zip(old.last()).map(|(new, old)| new.wrapping_sub(*old) as i32);
        assert!(ahead.is_some_and(|ahead| ahead >= 1_000), "{old:?} and then {new:?}");
    }
}
