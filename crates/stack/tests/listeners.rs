//! SYN cache, accept queue, cookies, undecided SYNs, listeners that close.

mod common;

use std::sync::Arc;

use common::{Fate, Lab, ms, secs};
use cordial_stack::{
    Answer, AnswerError, Bind, CloseCause, Event, IcmpCode, ListenConfig, ListenError, Phase, SynId,
    TcpConfig,
};
use cordial_wire::{Flags, Segment, SeqNum};

fn backlog(backlog: u32) -> ListenConfig {
    ListenConfig { backlog: Some(backlog), ..ListenConfig::default() }
}

fn deciding() -> ListenConfig {
    ListenConfig { decide: true, ..ListenConfig::default() }
}

/// The SYN that is put before the application.
fn incoming(lab: &mut Lab) -> SynId {
    let events = lab.b.take_events();
    let syn = events.iter().find_map(|event| match event {
        Event::Incoming(_, syn, tuple) => Some((*syn, *tuple)),
        _ => None,
    });
    let (syn, tuple) = syn.expect("a SYN is put before the application");
    assert_eq!(tuple.local, lab.b.at(80));
    syn
}

/// C23: the third segment is dropped, the SYN-ACK goes on, and the connection completes when there is room.
///
/// Shows RFC4987-4-a.
#[test]
fn a_full_accept_queue_drops_the_ack_and_the_half_open_connection_stays() {
    let mut lab = Lab::new();
    let listener = lab.listen_with(backlog(1));
    let first = lab.connect();
    let second = lab.connect();
    lab.run();
    assert_eq!((lab.b.stack.queued(listener), lab.b.stack.half_open()), (1, 1));
    assert_eq!(lab.b.stack.counters().listen_overflows, 1);
    for client in [first, second] {
        assert_eq!(lab.a.stack.info(client).map(|info| info.phase), Some(Phase::Established));
    }
    lab.b.stack.accept(lab.now, listener).expect("the first");
    lab.run_for(secs(2));
    assert_eq!((lab.b.stack.queued(listener), lab.b.stack.half_open()), (1, 0));
    let server = lab.b.stack.accept(lab.now, listener).expect("the second");
    assert_eq!(lab.transfer(second, server, b"after all"), b"after all");
}

/// Shows RFC4987-3.3-a.
#[test]
fn a_half_open_connection_is_given_up_after_63_s() {
    let mut lab = Lab::new();
    lab.listen();
    lab.lose(|passing| passing.segment.flags.contains(Flags::ACK));
    let start = lab.now;
    lab.connect();
    lab.run();
    assert_eq!(lab.b.stack.half_open(), 1);
    lab.fault(|passing| if passing.to_b { Fate::Lost } else { Fate::Arrives });
    while lab.b.stack.half_open() > 0 {
        let next = lab.b.stack.next_deadline().expect("a half-open connection has a deadline");
        lab.step_to(next);
        assert!(lab.now.since(start) < secs(70));
    }
    assert_eq!(lab.now.since(start).as_secs(), 63);
    let syn_acks = lab.ladder.lines.iter().filter(|line| line.text.starts_with("SYN+ACK")).count();
    assert_eq!(syn_acks, 6, "one and five more:\n{}", lab.ladder);
}

/// Shows RFC4987-3.6-a.
#[test]
fn a_full_syn_cache_is_no_end_while_cookies_answer() {
    for mut lab in [
        Lab::with(|_| {}, |b| b.limits.syn_cache = 0),
        Lab::between("fd00::1", "fd00::2", |_| {}, |b| b.limits.syn_cache = 0),
    ] {
        let listener = lab.listen();
        let (client, server) = lab.open(listener);
        lab.assert_ladder(
            "SYN_SENT    --> SYN seq=0           --> LISTEN
             ESTABLISHED <-- SYN+ACK seq=0 ack=1 <-- LISTEN
             ESTABLISHED --> ACK seq=1 ack=1     --> ESTABLISHED",
        );
        let octets: Vec<u8> = (0..100_000_u32).map(|n| (n >> 3) as u8).collect();
        assert!(lab.transfer(client, server, &octets) == octets);
        let counters = lab.b.stack.counters();
        assert_eq!(
            (counters.syncookies_sent, counters.syncookies_recv, counters.syncookies_failed),
            (1, 1, 0)
        );
    }
}

/// Shows RFC4987-3.6-d.
#[test]
fn the_ack_of_a_cookie_may_bring_octets() {
    let mut lab = Lab::with(|_| {}, |b| b.limits.syn_cache = 0);
    let listener = lab.listen();
    let client = lab.connect();
    lab.a.write(lab.now, client, b"hello").expect("opening");
    // The bare ACK is lost; the octets carry the number again.
    lab.lose(|passing| passing.to_b && passing.nth == 1 && passing.segment.payload.is_empty());
    lab.run();
    let server = lab.b.stack.accept(lab.now, listener).expect("the octets complete it");
    let mut read = Vec::new();
    lab.b.read(lab.now, server, &mut read);
    assert_eq!(read, b"hello");
}

#[test]
fn a_number_that_is_no_cookie_is_refused() {
    let mut lab = Lab::with(|_| {}, |b| b.limits.syn_cache = 0);
    lab.listen();
    lab.connect();
    lab.lose(|passing| passing.to_b && passing.segment.ack().is_some());
    lab.run();
    let guess = Segment {
        source: 4000,
        destination: 80,
        seq: SeqNum(1),
        ack_number: SeqNum(12_345),
        flags: Flags::ACK,
        window: 1000,
        ..Segment::default()
    };
    let packet = lab.packet(true, &guess);
    lab.inject(true, &packet);
    assert_eq!(lab.b.stack.counters().syncookies_failed, 1);
    assert_eq!(lab.b.stack.counters().tcp_out_rsts, 1);
    assert_eq!(lab.b.stack.connections(), 0);
}

#[test]
fn without_cookies_a_full_syn_cache_drops_and_counts() {
    let limit = |b: &mut cordial_stack::Config| {
        b.limits.syn_cache = 1;
        b.syn_cookies = false;
    };
    let mut lab = Lab::with(|_| {}, limit);
    lab.listen();
    lab.lose(|passing| passing.to_b && passing.segment.ack().is_some());
    lab.connect();
    lab.connect();
    lab.run();
    assert_eq!((lab.b.stack.half_open(), lab.b.stack.counters().listen_drops), (1, 1));
}

#[test]
fn an_undecided_syn_is_answered_with_silence_until_the_application_accepts() {
    let mut lab = Lab::new();
    let listener = lab.listen_with(deciding());
    let client = lab.connect();
    lab.run_for(secs(2));
    let syn = incoming(&mut lab);
    assert_eq!(lab.b.stack.undecided(), 1, "a SYN that comes again is the same one");
    lab.assert_ladder(
        "SYN_SENT --> SYN seq=0 --> LISTEN
         SYN_SENT --> SYN seq=0 --> LISTEN (undecided)",
    );
    lab.b.stack.answer(lab.now, syn, Answer::Accept).expect("still wanted");
    assert_eq!(lab.b.stack.answer(lab.now, syn, Answer::Accept), Err(AnswerError::Gone));
    lab.run();
    let server = lab.b.stack.accept(lab.now, listener).expect("open");
    assert_eq!(lab.transfer(client, server, b"hello"), b"hello");
}

#[test]
fn a_syn_is_refused_ignored_or_called_unreachable_as_the_application_says() {
    let outcome = |answer| {
        let mut lab = Lab::new();
        lab.listen_with(deciding());
        let client = lab.connect();
        lab.run();
        let syn = incoming(&mut lab);
        lab.b.stack.answer(lab.now, syn, answer).expect("still wanted");
        lab.run();
        let told = lab.a.ended(client);
        lab.run_for(secs(2));
        let asked_again = lab.b.take_events().iter().any(|event| matches!(event, Event::Incoming(..)));
        (told, asked_again, lab.a.stack.counters().icmp_in_msgs)
    };
    assert_eq!(outcome(Answer::Reset), (Some(CloseCause::Refused), false, 0));
    assert_eq!(outcome(Answer::Ignore), (None, true, 0));
    assert_eq!(outcome(Answer::Unreachable(IcmpCode::Port)), (Some(CloseCause::Refused), false, 1));
    let (told, asked_again, messages) = outcome(Answer::Unreachable(IcmpCode::Host));
    assert_eq!((told, asked_again, messages), (None, true, 1), "it may pass: the peer goes on trying");
}

#[test]
fn an_undecided_syn_is_withdrawn_when_its_sender_falls_silent() {
    let mut lab = Lab::new();
    lab.listen_with(deciding());
    lab.connect();
    lab.run_for(ms(3_500)); // SYNs at 0, 1 and 3 s
    let syn = incoming(&mut lab);
    lab.lose(|_| true);
    // The last gap was 2 s, so the SYN of second 3 counts until second 7.
    lab.run_for(ms(3_400));
    assert_eq!(lab.b.take_events(), []);
    lab.run_for(ms(200));
    assert_eq!(lab.b.take_events(), [Event::Withdrawn(syn)]);
    assert_eq!(lab.b.stack.answer(lab.now, syn, Answer::Accept), Err(AnswerError::Gone));
}

#[test]
fn a_reset_takes_an_undecided_syn_back() {
    let mut lab = Lab::new();
    lab.listen_with(deciding());
    let syn =
        Segment { source: 4000, destination: 80, seq: SeqNum(7), flags: Flags::SYN, ..Segment::default() };
    let packet = lab.packet(true, &syn);
    lab.inject(true, &packet);
    let id = incoming(&mut lab);
    let wrong = lab.packet(true, &Segment { seq: SeqNum(9), flags: Flags::RST, ..syn });
    lab.inject(true, &wrong);
    assert_eq!(lab.b.stack.undecided(), 1);
    let right = lab.packet(true, &Segment { seq: SeqNum(8), flags: Flags::RST, ..syn });
    lab.inject(true, &right);
    assert_eq!(lab.b.take_events(), [Event::Withdrawn(id)]);
    assert_eq!(lab.b.stack.undecided(), 0);
}

#[test]
fn an_accepted_syn_that_comes_to_nothing_is_told() {
    let mut lab = Lab::new();
    let listener = lab.listen_with(deciding());
    lab.lose(|passing| passing.to_b && passing.segment.ack().is_some());
    lab.connect();
    lab.run();
    let syn = incoming(&mut lab);
    lab.b.stack.answer(lab.now, syn, Answer::Accept).expect("still wanted");
    lab.run_for(secs(60));
    let abandoned = |lab: &mut Lab| {
        let events = lab.b.take_events();
        events.iter().filter(|event| matches!(event, Event::Abandoned(at, _) if *at == listener)).count()
    };
    assert_eq!((abandoned(&mut lab), lab.b.stack.half_open()), (0, 1));
    lab.run_for(secs(5));
    assert_eq!((abandoned(&mut lab), lab.b.stack.half_open()), (1, 0), "after 63 s");
}

#[test]
fn undecided_syns_are_bounded() {
    let mut lab = Lab::with(|_| {}, |b| b.limits.undecided = 2);
    lab.listen_with(deciding());
    for _ in 0..3 {
        lab.connect();
    }
    lab.run();
    assert_eq!((lab.b.stack.undecided(), lab.b.stack.counters().listen_drops), (2, 1));
}

#[test]
fn an_answer_waits_for_room_in_the_syn_cache() {
    let mut lab = Lab::with(|_| {}, |b| b.limits.syn_cache = 0);
    lab.listen_with(deciding());
    lab.connect();
    lab.run();
    let syn = incoming(&mut lab);
    assert_eq!(lab.b.stack.answer(lab.now, syn, Answer::Accept), Err(AnswerError::Full));
    assert_eq!(lab.b.stack.undecided(), 1, "it stays undecided");
    assert_eq!(lab.b.stack.answer(lab.now, syn, Answer::Reset), Ok(()));
}

/// RFC 4987 §3.4: where the oldest gives way, a SYN that the application decided on pushes it out as any other does.
#[test]
fn an_answer_makes_room_where_half_open_connections_give_way() {
    let evicting = |b: &mut cordial_stack::Config| (b.limits.syn_cache, b.evict_half_open) = (1, true);
    let mut lab = Lab::with(|_| {}, evicting);
    lab.listen_with(deciding());
    lab.lose(|passing| passing.to_b && passing.segment.ack().is_some());
    for evicted in [0, 1] {
        lab.connect();
        lab.run();
        let syn = incoming(&mut lab);
        assert_eq!(lab.b.stack.answer(lab.now, syn, Answer::Accept), Ok(()));
        lab.run();
        assert_eq!((lab.b.stack.undecided(), lab.b.stack.half_open()), (0, 1));
        assert_eq!(lab.b.stack.counters().syn_cache_evicted, evicted);
    }
    let events = lab.b.take_events();
    assert!(events.iter().any(|event| matches!(event, Event::Abandoned(..))), "{events:?}");
}

/// C25.
#[test]
fn a_listener_that_closes_forgets_the_half_open_and_resets_the_unaccepted() {
    let mut lab = Lab::new();
    let listener = lab.listen();
    let waiting = lab.connect();
    lab.run();
    lab.lose(|passing| passing.to_b && passing.segment.ack().is_some());
    let half = lab.connect();
    lab.run();
    assert_eq!((lab.b.stack.queued(listener), lab.b.stack.half_open()), (1, 1));
    lab.heal();
    lab.b.stack.close_listener(lab.now, listener);
    assert_eq!((lab.b.stack.half_open(), lab.b.stack.connections()), (0, 0));
    lab.run();
    assert_eq!(lab.a.ended(waiting), Some(CloseCause::Reset));
    assert_eq!(lab.b.stack.accept(lab.now, listener), None);
    // What comes for the forgotten one finds nothing.
    lab.a.write(lab.now, half, b"anyone?").expect("it thinks it is open");
    lab.run();
    assert_eq!(lab.a.ended(half), Some(CloseCause::Reset));
    lab.b.stack.listen(Bind::Port(80), ListenConfig::default()).expect("the place is free again");
}

#[test]
fn a_deciding_listener_that_closes_withdraws_its_syns() {
    let mut lab = Lab::new();
    let listener = lab.listen_with(deciding());
    lab.connect();
    lab.run();
    let syn = incoming(&mut lab);
    lab.b.stack.close_listener(lab.now, listener);
    assert_eq!(lab.b.stack.poll_event(), Some(Event::Withdrawn(syn)));
}

#[test]
fn the_narrowest_listener_takes_a_connection() {
    let mut lab = Lab::new();
    let at = lab.b.at(80);
    let any = lab.b.stack.listen(Bind::Any, ListenConfig::default()).expect("free");
    let port = lab.b.stack.listen(Bind::Port(80), ListenConfig::default()).expect("free");
    let exact = lab.b.stack.listen(Bind::Addr(at), ListenConfig::default()).expect("free");
    assert_eq!(lab.b.stack.listen(Bind::Addr(at), ListenConfig::default()), Err(ListenError::InUse));
    let elsewhere = Bind::Addr("10.9.9.9:80".parse().unwrap());
    assert_eq!(lab.b.stack.listen(elsewhere, ListenConfig::default()), Err(ListenError::BadAddress));
    for expected in [exact, port, any] {
        lab.connect();
        lab.run();
        assert_eq!(lab.b.stack.queued(expected), 1);
        let server = lab.b.stack.accept(lab.now, expected).expect("open");
        assert_eq!(lab.b.stack.info(server).and_then(|info| info.listener), Some(expected));
        lab.b.stack.close_listener(lab.now, expected);
    }
}

#[test]
fn a_gateway_accepts_for_every_address() {
    let mut lab = Lab::with(|_| {}, |b| *b = cordial_stack::Config::gateway());
    let listener = lab.b.stack.listen(Bind::Any, ListenConfig::default()).expect("free");
    let config = Arc::new(TcpConfig::default());
    let to = "198.51.100.7:443".parse().unwrap();
    let client = lab.a.stack.connect(lab.now, None, to, &config).expect("opened");
    lab.run();
    let server = lab.b.stack.accept(lab.now, listener).expect("open");
    assert_eq!(lab.b.stack.info(server).map(|info| info.tuple.local), Some(to));
    assert_eq!(lab.transfer(client, server, b"hello"), b"hello");
}
