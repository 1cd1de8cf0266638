//! Octets on the SYN (RFC 7413), between two stacks.

mod common;

use std::num::NonZeroU32;
use std::sync::Arc;

use common::{Fate, Lab, ms, secs};
use cordial_ip::icmp::unreachable;
use cordial_ip::{Packet, Unreachable};
use cordial_stack::{
    CloseCause, ConnId, Event, Frame, Half, ListenConfig, ListenerId, Phase, ReadError, TcpConfig,
};
use cordial_wire::{FastOpen, Flags, Options, Segment, SeqNum};

fn trusting(callers: u32) -> ListenConfig {
    ListenConfig { fast_open: NonZeroU32::new(callers), ..ListenConfig::default() }
}

fn fast() -> Arc<TcpConfig> {
    Arc::new(TcpConfig { fast_open: true, ..TcpConfig::default() })
}

/// A call whose octets are there when its SYN goes out.
fn call(lab: &mut Lab, octets: &[u8]) -> ConnId {
    let client = lab.connect_with(&fast());
    assert_eq!(lab.a.write(lab.now, client, octets), Ok(octets.len()));
    client
}

fn read(lab: &mut Lab, server: ConnId) -> Vec<u8> {
    let mut octets = Vec::new();
    lab.b.read(lab.now, server, &mut octets);
    octets
}

/// A listener, and a client that has its cookie from an earlier connection. The ladder begins anew.
fn acquainted(config: ListenConfig) -> (Lab, ListenerId) {
    let mut lab = Lab::new();
    let listener = lab.listen_with(config);
    meet(&mut lab, listener);
    (lab, listener)
}

fn meet(lab: &mut Lab, listener: ListenerId) {
    let client = lab.connect_with(&fast());
    lab.run();
    let server = lab.b.stack.accept(lab.now, listener).expect("the handshake is done");
    lab.a.stack.abort(lab.now, client);
    lab.a.stack.release(lab.now, client);
    lab.run();
    lab.b.stack.release(lab.now, server);
    lab.ladder = Default::default();
}

/// Every segment that goes over the wire from here on, with its options.
fn watch(lab: &mut Lab, fate: impl Fn(&common::Passing<'_>) -> Fate + 'static) -> Sent {
    let sent = Sent::default();
    let copy = sent.clone();
    lab.fault(move |passing| {
        let octets = passing.segment.payload.len();
        let header = Segment { payload: &[], ..passing.segment };
        copy.0.borrow_mut().push((passing.to_b, header, octets));
        fate(passing)
    });
    sent
}

#[derive(Clone, Default)]
struct Sent(std::rc::Rc<std::cell::RefCell<Vec<(bool, Segment<'static>, usize)>>>);

impl Sent {
    fn syns(&self, to_b: bool) -> Vec<(Segment<'static>, usize)> {
        let all = self.0.borrow();
        let syns = all.iter().filter(|(way, header, _)| *way == to_b && header.flags.contains(Flags::SYN));
        syns.map(|(_, header, octets)| (*header, *octets)).collect()
    }

    fn cookies(&self, to_b: bool) -> Vec<Option<FastOpen>> {
        self.syns(to_b).iter().map(|(header, _)| header.options.fast_open).collect()
    }
}

/// RFC7413-2-a, RFC7413-6.1-a: neither end knows of it unless it was asked to.
#[test]
fn nobody_opens_fast_unless_told_to() {
    let mut lab = Lab::new();
    let sent = watch(&mut lab, |_| Fate::Arrives);
    let listener = lab.listen();
    for _ in 0..2 {
        let client = lab.connect();
        lab.a.write(lab.now, client, b"hello").unwrap();
        lab.run();
        let server = lab.b.stack.accept(lab.now, listener).expect("open");
        assert_eq!(read(&mut lab, server), b"hello");
    }
    // Nor does a listener without it answer one who asks.
    call(&mut lab, b"hello");
    lab.run();
    assert_eq!(sent.cookies(true), [None, None, Some(FastOpen::REQUEST)]);
    assert_eq!(sent.cookies(false), [None; 3]);
    assert!(sent.syns(true).iter().all(|(_, octets)| *octets == 0));
}

/// RFC7413-4.2.1-a, RFC7413-4.1.3-a: first the cookie is asked for, with a SYN that has no data though some was written;
/// the second SYN brings it back, and what was written with it.
#[test]
fn a_cookie_is_asked_for_and_brought_back_with_data() {
    let mut lab = Lab::new();
    let listener = lab.listen_with(trusting(10));
    let sent = watch(&mut lab, |_| Fate::Arrives);
    for number in 0..2 {
        let client = call(&mut lab, b"hello");
        lab.run();
        let server = lab.b.stack.accept(lab.now, listener).expect("open");
        assert_eq!(read(&mut lab, server), b"hello", "call {number}");
        lab.a.stack.abort(lab.now, client);
        lab.run();
    }
    let (asked, given) = (sent.cookies(true), sent.cookies(false));
    assert_eq!(asked[0], Some(FastOpen::REQUEST));
    assert_eq!(given[0].map(|cookie| cookie.cookie().len()), Some(8));
    assert_eq!((asked[1], given[1]), (given[0], None), "the one that is still good is not given again");
    assert_eq!(sent.syns(true).iter().map(|(_, octets)| *octets).collect::<Vec<_>>(), [0, 5]);
    assert_eq!((lab.a.stack.counters().fast_open_active, lab.b.stack.counters().fast_open_passive), (1, 1));
    assert_eq!(lab.b.stack.counters().fast_open_cookie_reqd, 1);
}

/// RFC7413-4.2.2-a: accepted, read and answered before the third segment; the SYN-ACK acknowledges the octets.
#[test]
fn a_good_cookie_has_its_octets_read_and_answered_before_the_third_segment() {
    let (mut lab, listener) = acquainted(trusting(10));
    let client = call(&mut lab, &[7; 100]);
    lab.run_for(ms(10));
    assert!(lab.b.take_events().contains(&Event::Acceptable(listener)));
    let server = lab.b.stack.accept(lab.now, listener).expect("at once");
    assert_eq!(lab.b.stack.info(server).map(|info| info.phase), Some(Phase::SynReceived));
    assert_eq!(read(&mut lab, server), [7; 100]);
    // More than an initial window: the rest waits for the third segment.
    lab.b.write(lab.now, server, &[8; 20_000]).unwrap();
    lab.run_for(ms(9));
    let early = lab.ladder.to_string().lines().filter(|line| line.contains("<-- DATA")).count();
    assert!((9..=10).contains(&early), "an initial window:\n{}", lab.ladder);
    lab.run_for(secs(1));
    let mut answer = Vec::new();
    lab.a.read(lab.now, client, &mut answer);
    assert!(answer == [8; 20_000], "{} octets", answer.len());
    assert_eq!(lab.b.stack.info(server).map(|info| info.phase), Some(Phase::Established));
}

/// RFC7413-4.2.2-a.
#[test]
fn an_answer_overtakes_the_third_segment() {
    let (mut lab, listener) = acquainted(trusting(10));
    let client = call(&mut lab, b"ping!");
    lab.run_for(ms(10));
    let server = lab.b.stack.accept(lab.now, listener).expect("at once");
    lab.b.write(lab.now, server, b"pong").unwrap();
    lab.b.shutdown(lab.now, server, Half::Write);
    lab.run_for(ms(100));
    lab.assert_ladder(
        "SYN_SENT    --> SYN+DATA seq=0..6         --> SYN_RCVD
         ESTABLISHED <-- SYN+ACK seq=0 ack=6       <-- SYN_RCVD
         CLOSE_WAIT  <-- FIN+DATA seq=1..5 ack=6   <-- SYN_RCVD
         ESTABLISHED --> ACK seq=6 ack=1           --> FIN_WAIT_1
         CLOSE_WAIT  --> ACK seq=6 ack=6           --> FIN_WAIT_2",
    );
    let mut answer = Vec::new();
    assert_eq!(lab.a.read(lab.now, client, &mut answer), Some(ReadError::End));
    assert_eq!(answer, b"pong");
}

/// RFC7413-4.2.2-b, RFC7413-4.2.2-e: only the SYN is acknowledged, a new cookie comes with that; the octets go out again
/// with the first ACK.
#[test]
fn a_bad_cookie_is_replaced_and_the_octets_are_sent_again_at_once() {
    let (mut lab, listener) = acquainted(trusting(10));
    // Another host by the same address: other secrets.
    lab.b.boot(9, &[]);
    let _ = listener;
    let listener = lab.listen_with(trusting(10));
    let sent = watch(&mut lab, |_| Fate::Arrives);
    call(&mut lab, &[7; 100]);
    lab.run_for(ms(10));
    assert_eq!(lab.b.stack.accept(lab.now, listener), None, "not before the third segment");
    lab.run_for(ms(20));
    lab.assert_ladder(
        "SYN_SENT    --> SYN+DATA seq=0..101        --> SYN_RCVD
         ESTABLISHED <-- SYN+ACK seq=0 ack=1        <-- SYN_RCVD
         ESTABLISHED --> DATA seq=1..101 ack=1      --> ESTABLISHED",
    );
    let server = lab.b.stack.accept(lab.now, listener).expect("open");
    assert_eq!(read(&mut lab, server), [7; 100], "once");
    let (brought, given) = (sent.cookies(true)[0], sent.cookies(false)[0]);
    assert!(given.is_some() && given != brought);
    assert_eq!(lab.b.stack.counters().fast_open_passive_fail, 1);
    // It is no failure: the new one is brought the next time.
    call(&mut lab, b"again");
    lab.run();
    assert_eq!(sent.cookies(true)[1], given);
    assert_eq!(lab.b.stack.counters().fast_open_passive, 1);
}

/// RFC7413-4.2.2-c: the SYN goes out again plain, and with the same number; a path that ate it is remembered.
#[test]
fn a_syn_that_nobody_answers_goes_out_again_without_data_and_cookie() {
    let (mut lab, listener) = acquainted(trusting(10));
    let sent = watch(&mut lab, |passing| match passing.segment.options.fast_open {
        Some(_) if passing.to_b => Fate::Lost,
        _ => Fate::Arrives,
    });
    call(&mut lab, b"hello");
    lab.run_for(secs(2));
    let syns = sent.syns(true);
    assert_eq!(syns.iter().map(|(_, octets)| *octets).collect::<Vec<_>>(), [5, 0]);
    assert_eq!(syns[0].0.seq, syns[1].0.seq);
    assert_eq!(syns[1].0.options.fast_open, None);
    let server = lab.b.stack.accept(lab.now, listener).expect("open");
    assert_eq!(read(&mut lab, server), b"hello");
    // RFC7413-4.1.3.1-a: the next call is an ordinary one, and a minute later it is tried again.
    call(&mut lab, b"hello");
    lab.run();
    assert_eq!(sent.cookies(true)[2], None);
    assert_eq!(lab.a.stack.counters().fast_open_active_fail, 1);
    lab.run_for(secs(61));
    call(&mut lab, b"hello");
    lab.run_for(ms(5));
    assert!(sent.cookies(true)[3].is_some());
}

/// RFC7413-4.1.3.1-a: octets that are not taken, without a new cookie; and a reset.
#[test]
fn who_does_not_take_the_octets_is_called_the_ordinary_way_next_time() {
    for refuses in [false, true] {
        let (mut lab, listener) = acquainted(trusting(10));
        lab.b.stack.close_listener(lab.now, listener);
        if !refuses {
            lab.listen();
        }
        let client = call(&mut lab, b"hello");
        lab.run();
        assert_eq!(lab.a.ended(client), refuses.then_some(CloseCause::Refused));
        lab.ladder = Default::default();
        call(&mut lab, b"hello");
        lab.run_for(ms(5));
        lab.assert_ladder("SYN_SENT --> SYN seq=0 --> ...");
        assert_eq!(lab.a.stack.counters().fast_open_active_fail, 1, "refuses: {refuses}");
    }
}

/// RFC7413-4.1.3.1-a: a router, or the server's host, says that it will not do: for good, or perhaps not, and then all
/// is silent.
#[test]
fn an_icmp_error_is_a_no() {
    let cases = [
        (Unreachable::Port, ms(5), CloseCause::Refused),
        (Unreachable::Admin, secs(300), CloseCause::Unreachable),
    ];
    for (why, patience, cause) in cases {
        let (mut lab, _) = acquainted(trusting(10));
        let sent = watch(&mut lab, |_| Fate::Lost);
        let client = call(&mut lab, b"hello");
        let syn = lab.a.drain(lab.now).swap_remove(0);
        let syn = Packet::parse(&syn).expect("a packet");
        assert!(syn.payload.ends_with(b"hello"), "its octets with it");
        let message = unreachable(&syn, why).expect("due");
        lab.inject(false, &message);
        lab.run_for(patience);
        assert_eq!(lab.a.ended(client), Some(cause));
        assert_eq!(lab.a.stack.counters().fast_open_active_fail, 1, "{why:?}");
        call(&mut lab, b"hello");
        lab.run_for(ms(5));
        assert_eq!(sent.cookies(true).last(), Some(&None), "{why:?}");
        assert_eq!(sent.syns(true).last().map(|(_, octets)| *octets), Some(0), "{why:?}");
    }
}

/// RFC7413-4.1.3.1-a: nobody answers at all.
#[test]
fn silence_is_a_no_too() {
    let (mut lab, _) = acquainted(trusting(10));
    let sent = watch(&mut lab, |_| Fate::Lost);
    let client = call(&mut lab, b"hello");
    lab.run_for(secs(300));
    assert_eq!(lab.a.ended(client), Some(CloseCause::Unanswered));
    call(&mut lab, b"hello");
    lab.run_for(ms(5));
    assert_eq!(sent.cookies(true).last(), Some(&None));
}

/// RFC7413-4.2.2-d: the SYN-ACK goes out again alone and without the option.
#[test]
fn a_syn_ack_that_nobody_answers_goes_out_again_without_data_and_cookie() {
    let (mut lab, listener) = acquainted(trusting(10));
    // A day and a bit later the cookie is replaced: the SYN-ACK has one.
    lab.run_for(secs(25 * 3600));
    let sent = watch(&mut lab, |passing| match passing.now.as_millis() {
        at if at < 90_002_000 && !passing.to_b => Fate::Lost,
        _ => Fate::Arrives,
    });
    lab.ladder = Default::default();
    let client = call(&mut lab, b"hello");
    lab.run_for(ms(10));
    let server = lab.b.stack.accept(lab.now, listener).expect("at once");
    lab.b.write(lab.now, server, b"world").unwrap();
    lab.run_for(secs(4));
    let answers = sent.cookies(false);
    assert!(answers[0].is_some() && answers.len() > 1, "{answers:?}\n{}", lab.ladder);
    assert!(answers[1..].iter().all(Option::is_none));
    assert!(sent.syns(false).iter().all(|(_, octets)| *octets == 0));
    let mut answer = Vec::new();
    lab.a.read(lab.now, client, &mut answer);
    assert_eq!((read(&mut lab, server), answer), (b"hello".to_vec(), b"world".to_vec()));
}

/// What a forged caller at `host` sends: a SYN with this cookie and data.
fn forged(lab: &Lab, port: u16, cookie: FastOpen, payload: &'static [u8]) -> Vec<u8> {
    let options = Options { mss: Some(1460), fast_open: Some(cookie), ..Options::default() };
    let syn = Segment {
        source: port,
        destination: 80,
        seq: SeqNum(1000),
        flags: Flags::SYN,
        window: 1000,
        options,
        payload,
        ..Segment::default()
    };
    lab.packet(true, &syn)
}

/// The cookie that `b` gives `a`'s address.
fn cookie_of(lab: &mut Lab) -> FastOpen {
    let sent = watch(lab, |_| Fate::Arrives);
    call(lab, b"hello");
    lab.run_for(ms(5));
    let cookie = sent.cookies(true)[0].expect("acquainted");
    lab.run();
    lab.heal();
    cookie
}

/// RFC7413-4.2-a: at the limit nobody is trusted any more, until one of them has opened.
#[test]
fn no_more_callers_are_trusted_than_were_allowed() {
    let (mut lab, listener) = acquainted(trusting(10));
    let cookie = cookie_of(&mut lab);
    lab.b.stack.accept(lab.now, listener).expect("open");
    let sent = watch(&mut lab, |_| Fate::Lost);
    for port in 0..12 {
        let syn = forged(&lab, 5000 + port, cookie, b"hello");
        lab.inject(true, &syn);
    }
    let acks: Vec<u32> = sent.syns(false).iter().map(|(header, _)| header.ack_number.0).collect();
    assert_eq!(acks, [[1006; 10].as_slice(), &[1001; 2]].concat());
    assert_eq!(lab.b.stack.queued(listener), 10);
    assert_eq!(lab.b.stack.counters().fast_open_listen_overflow, 2);
    // One opens: there is room for one.
    let (answer, _) = sent.syns(false)[0];
    let ack = Segment {
        source: 5000,
        destination: 80,
        seq: SeqNum(1006),
        ack_number: answer.seq + 1,
        flags: Flags::ACK,
        window: 1000,
        ..Segment::default()
    };
    let ack = lab.packet(true, &ack);
    lab.inject(true, &ack);
    for (port, acked) in [(5050, 1006), (5051, 1001)] {
        let syn = forged(&lab, port, cookie, b"hello");
        lab.inject(true, &syn);
        assert_eq!(sent.syns(false).last().map(|(header, _)| header.ack_number.0), Some(acked));
    }
}

/// RFC7413-5-a: those that were reset count on for as long as unanswered ones would.
#[test]
fn a_caller_that_resets_counts_until_it_would_have_been_given_up() {
    let (mut lab, listener) = acquainted(trusting(1));
    let cookie = cookie_of(&mut lab);
    lab.b.stack.accept(lab.now, listener).expect("open");
    let sent = watch(&mut lab, |_| Fate::Lost);
    let syn = forged(&lab, 5000, cookie, b"hello");
    lab.inject(true, &syn);
    let reset =
        Segment { source: 5000, destination: 80, seq: SeqNum(1006), flags: Flags::RST, ..Segment::default() };
    let reset = lab.packet(true, &reset);
    lab.inject(true, &reset);
    let acked = |lab: &mut Lab, port| {
        let syn = forged(lab, port, cookie, b"hello");
        lab.inject(true, &syn);
        sent.syns(false).last().map(|(header, _)| header.ack_number.0)
    };
    assert_eq!(acked(&mut lab, 5001), Some(1001), "not trusted");
    lab.run_for(secs(62));
    assert_eq!(acked(&mut lab, 5002), Some(1001));
    lab.run_for(secs(1));
    assert_eq!(acked(&mut lab, 5003), Some(1006), "trusted again");
}

/// RFC7413-5-a: no more does it make room that the host complains in whose name somebody called, and what the application
/// may have read from by now does not end by that.
#[test]
fn a_caller_that_is_said_to_be_unreachable_counts_on() {
    let (mut lab, listener) = acquainted(trusting(1));
    let cookie = cookie_of(&mut lab);
    lab.b.stack.accept(lab.now, listener).expect("open");
    let syn = forged(&lab, 5000, cookie, b"hello");
    lab.b.stack.on_frame(lab.now, common::LINK, Frame::new(&syn));
    let server = lab.b.stack.accept(lab.now, listener).expect("fast");
    let syn_ack = lab.b.drain(lab.now).swap_remove(0);
    let quoted = Packet::parse(&syn_ack).expect("a packet");
    let message = unreachable(&quoted, Unreachable::Port).expect("it may be answered");
    lab.b.stack.on_frame(lab.now, common::LINK, Frame::new(&message));
    assert_eq!(lab.b.stack.info(server).map(|info| info.phase), Some(Phase::SynReceived));
    let syn = forged(&lab, 5001, cookie, b"hello");
    lab.b.stack.on_frame(lab.now, common::LINK, Frame::new(&syn));
    assert_eq!(lab.b.stack.queued(listener), 0);
}

/// A caller that is never heard again is given up, and counts no more.
#[test]
fn a_caller_that_is_never_heard_again_is_given_up() {
    let (mut lab, listener) = acquainted(trusting(1));
    let cookie = cookie_of(&mut lab);
    lab.b.stack.accept(lab.now, listener).expect("open");
    lab.lose(|_| true);
    let syn = forged(&lab, 5000, cookie, b"hello");
    lab.inject(true, &syn);
    let server = lab.b.stack.accept(lab.now, listener).expect("at once");
    lab.run_for(secs(64));
    assert_eq!(lab.b.ended(server), Some(CloseCause::TimedOut));
    let syn = forged(&lab, 5001, cookie, b"hello");
    lab.inject(true, &syn);
    assert_eq!(lab.b.stack.queued(listener), 1);
}

/// RFC7413-6.1-a: what an application has to bear that asks for it: a SYN that comes again after its connection is over
/// has its octets delivered again. Without it they are not.
#[test]
fn octets_on_a_syn_that_comes_twice_may_be_delivered_twice() {
    for fast in [true, false] {
        let (mut lab, listener) = acquainted(trusting(10));
        let cookie = cookie_of(&mut lab);
        lab.b.stack.accept(lab.now, listener).expect("open");
        lab.lose(|_| true);
        let cookie = if fast { cookie } else { FastOpen::REQUEST };
        let syn = forged(&lab, 5000, cookie, b"hello");
        for _ in 0..2 {
            lab.inject(true, &syn);
            match lab.b.stack.accept(lab.now, listener) {
                Some(server) => {
                    assert_eq!(read(&mut lab, server), b"hello");
                    lab.b.stack.abort(lab.now, server);
                }
                None => assert!(!fast),
            }
        }
        assert_eq!(lab.b.stack.counters().tcp_accepts, if fast { 4 } else { 2 });
    }
}

/// RFC7413-4.1.1-a: a cookie on anything but a SYN is nothing; nor is one of a length that none has.
#[test]
fn a_cookie_counts_on_a_syn_alone() {
    let (mut lab, listener) = acquainted(trusting(10));
    let sent = watch(&mut lab, |_| Fate::Arrives);
    let (client, server) = {
        let client = lab.connect();
        lab.run();
        (client, lab.b.stack.accept(lab.now, listener).expect("open"))
    };
    let info = lab.a.stack.info(client).expect("open");
    let options = Options {
        fast_open: FastOpen::new(&[1; 8]),
        timestamps: Some(cordial_wire::Timestamps { value: 5000, echo: 0 }),
        ..Options::default()
    };
    let data = Segment {
        source: info.tuple.local.port(),
        destination: 80,
        seq: info.vars.snd_nxt,
        ack_number: info.vars.rcv_nxt,
        flags: Flags::ACK,
        window: 1000,
        options,
        payload: b"hello",
        ..Segment::default()
    };
    let data = lab.packet(true, &data);
    lab.inject(true, &data);
    assert_eq!(read(&mut lab, server), b"hello");
    assert_eq!(lab.b.stack.counters().fast_open_passive, 0);
    assert_eq!(sent.cookies(false), [None]);
}

/// The data that fits the server's segments, as it said when it gave the cookie, less the options; the rest follows.
#[test]
fn no_more_rides_on_the_syn_than_one_segment_takes() {
    for (mtu, rides) in [(1500, 1460 - 32), (1000, 960 - 32), (9000, 1460 - 32)] {
        let mut lab = Lab::with(|a| a.links[0].mtu = 9000, |b| b.links[0].mtu = mtu);
        let listener = lab.listen_with(trusting(10));
        meet(&mut lab, listener);
        let sent = watch(&mut lab, |_| Fate::Arrives);
        let client = call(&mut lab, &[7; 5000]);
        lab.run_for(secs(1));
        assert_eq!(sent.syns(true)[0].1, rides, "to a link of {mtu}");
        let server = lab.b.stack.accept(lab.now, listener).expect("open");
        assert_eq!(read(&mut lab, server).len(), 5000);
        assert_eq!(lab.a.stack.info(client).map(|info| info.vars.queued), Some(0));
    }
}

/// One whose accept queue is full trusts nobody; and who decides on each SYN never does.
#[test]
fn who_has_no_place_or_has_to_decide_first_trusts_nobody() {
    let (mut lab, listener) = acquainted(ListenConfig { backlog: Some(1), ..trusting(10) });
    let cookie = cookie_of(&mut lab);
    assert_eq!(lab.b.stack.queued(listener), 1);
    let syn = forged(&lab, 5000, cookie, b"hello");
    lab.inject(true, &syn);
    assert_eq!((lab.b.stack.queued(listener), lab.b.stack.half_open()), (1, 1));
    lab.b.stack.close_listener(lab.now, listener);
    lab.listen_with(ListenConfig { decide: true, ..trusting(10) });
    lab.inject(true, &syn);
    assert_eq!(lab.b.stack.undecided(), 1);
}

/// The SYN comes twice, and so does everything else: one connection, each octet once.
#[test]
fn copies_on_the_way_make_one_connection() {
    let (mut lab, listener) = acquainted(trusting(10));
    lab.fault(|_| Fate::Twice);
    let client = call(&mut lab, b"hello");
    lab.run_for(ms(10));
    let server = lab.b.stack.accept(lab.now, listener).expect("at once");
    lab.b.write(lab.now, server, b"world").unwrap();
    lab.run_for(secs(1));
    let mut answer = Vec::new();
    lab.a.read(lab.now, client, &mut answer);
    assert_eq!((read(&mut lab, server), answer), (b"hello".to_vec(), b"world".to_vec()));
    assert_eq!((lab.b.stack.counters().fast_open_passive, lab.b.stack.queued(listener)), (1, 0));
}

/// Both call at once, with octets on both SYNs: neither takes them from a SYN, both get them (RFC 7413 §4.2.2).
#[test]
fn a_simultaneous_open_with_octets_on_both_syns_delivers_them_once() {
    for lost in 0..7 {
        let mut lab = Lab::new();
        // Each has the other's cookie.
        for way in [true, false] {
            let (to, from) = if way { (&mut lab.b, &mut lab.a) } else { (&mut lab.a, &mut lab.b) };
            let at = to.at(90);
            to.stack.listen(cordial_stack::Bind::Port(90), trusting(5)).unwrap();
            from.stack.connect(lab.now, None, at, &fast()).unwrap();
            lab.run();
        }
        let (a, b) = (lab.a.at(7000), lab.b.at(7000));
        let config = fast();
        let at_a = lab.a.stack.connect(lab.now, Some(a), b, &config).unwrap();
        let at_b = lab.b.stack.connect(lab.now, Some(b), a, &config).unwrap();
        lab.a.write(lab.now, at_a, b"from a").unwrap();
        lab.b.write(lab.now, at_b, b"from b").unwrap();
        let mut seen = 0;
        lab.lose(move |_| {
            seen += 1;
            seen == lost
        });
        lab.run_for(secs(10));
        let (mut got_a, mut got_b) = (Vec::new(), Vec::new());
        lab.a.read(lab.now, at_a, &mut got_a);
        lab.b.read(lab.now, at_b, &mut got_b);
        assert_eq!((&got_a[..], &got_b[..]), (&b"from b"[..], &b"from a"[..]), "lost {lost}\n{}", lab.ladder);
        for (host, id) in [(&lab.a, at_a), (&lab.b, at_b)] {
            assert_eq!(host.stack.info(id).map(|info| info.phase), Some(Phase::Established), "lost {lost}");
        }
    }
}

/// RFC9293-3.5-b, RFC4987-3.5-b: octets on an ordinary SYN are left with their sender: nothing is acknowledged, kept or
/// handed over before the connection is open, and they come once.
#[test]
fn octets_on_an_ordinary_syn_are_delivered_once_it_is_open() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let sent = watch(&mut lab, |_| Fate::Lost);
    let syn = forged(&lab, 5000, FastOpen::REQUEST, b"hello");
    lab.inject(true, &syn);
    let (answer, _) = sent.syns(false)[0];
    assert_eq!(answer.ack_number, SeqNum(1001));
    assert_eq!((lab.b.stack.accept(lab.now, listener), lab.b.stack.memory_in_use()), (None, 0));
    let text = Segment {
        source: 5000,
        destination: 80,
        seq: SeqNum(1001),
        ack_number: answer.seq + 1,
        flags: Flags::ACK,
        window: 1000,
        payload: b"hello",
        ..Segment::default()
    };
    let text = lab.packet(true, &text);
    lab.inject(true, &text);
    let server = lab.b.stack.accept(lab.now, listener).expect("open");
    lab.inject(true, &text);
    assert_eq!(read(&mut lab, server), b"hello");
}
