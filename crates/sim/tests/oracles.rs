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

/// No engine of ours says what no host may, so what the checker of segments objects to is written by hand.
mod legal {
    use cordial_sim::oracle::legal::{Checker, Sight};
    use cordial_wire::{Options, Segment, Timestamps};

    use super::*;

    const A: &str = "10.0.0.2:5000";
    const B: &str = "10.0.0.1:80";

    /// Two hosts whose segments are written by hand, numbers relative to 1,000 and 5,000.
    struct Scene {
        checker: Checker,
    }

    fn seg(flags: Flags, seq: u32, ack: u32) -> Segment<'static> {
        Segment { flags, seq: SeqNum(seq), ack_number: SeqNum(ack), window: 1_000, ..Segment::default() }
    }

    fn syn() -> Segment<'static> {
        let options = Options { mss: Some(1_000), ..Options::default() };
        Segment { options, ..seg(Flags::SYN, 1_000, 0) }
    }

    fn syn_ack() -> Segment<'static> {
        let options = Options { mss: Some(1_000), ..Options::default() };
        Segment { options, ..seg(Flags::SYN | Flags::ACK, 5_000, 1_001) }
    }

    const ACK: Flags = Flags::ACK;

    fn sight<'a>(from: &str, to: &str, segment: &Segment<'a>) -> Sight<'a> {
        Sight { from: from.parse().unwrap(), to: to.parse().unwrap(), segment: *segment, is_whole: true }
    }

    impl Scene {
        /// After a handshake.
        fn open() -> Self {
            Self::after(syn(), syn_ack())
        }

        fn after(syn: Segment<'_>, syn_ack: Segment<'_>) -> Self {
            let mut scene = Self { checker: Checker::default() };
            scene.passes(A, &syn);
            scene.passes(B, &syn_ack);
            let timestamps = syn_ack.options.timestamps.map(|its| Timestamps { value: 11, echo: its.value });
            let options = Options { timestamps, ..Options::default() };
            scene.passes(A, &Segment { options, ..seg(ACK, 1_001, 5_001) });
            scene
        }

        /// A segment is sent and arrives; what is wrong with it.
        #[track_caller]
        fn passes(&mut self, from: &str, segment: &Segment<'_>) {
            assert_eq!(self.sends(from, segment), None);
            self.arrives(from, segment);
        }

        fn sends(&mut self, from: &str, segment: &Segment<'_>) -> Option<String> {
            let to = if from == A { B } else { A };
            let sight = sight(from, to, segment);
            self.checker.leaves(&sight).map(|violation| violation.text(Lang::En))
        }

        fn arrives(&mut self, from: &str, segment: &Segment<'_>) {
            let to = if from == A { B } else { A };
            let sight = sight(from, to, segment);
            self.checker.arrives(&sight);
        }
    }

    #[track_caller]
    fn assert_wrong(scene: &mut Scene, from: &str, segment: &Segment<'_>, words: &str) {
        let said = scene.sends(from, segment).unwrap_or_default();
        assert!(said.contains(words), "wanted {words:?}, said {said:?}");
    }

    fn data(seq: u32, ack: u32, payload: &[u8]) -> Segment<'_> {
        Segment { payload, ..seg(ACK, seq, ack) }
    }

    #[test]
    fn a_wrong_checksum() {
        let mut scene = Scene::open();
        let sight = Sight { is_whole: false, ..sight(A, B, &seg(ACK, 1_001, 5_001)) };
        let said = scene.checker.leaves(&sight).unwrap().text(Lang::En);
        assert!(said.contains("wrong checksum"), "{said}");
    }

    #[test]
    fn numbers_that_leave_something_out() {
        let mut scene = Scene::open();
        scene.passes(A, &data(1_001, 5_001, b"abc"));
        assert_wrong(
            &mut scene,
            A,
            &data(1_005, 5_001, b"x"),
            "the next number after all it has sent is 1004",
        );
        assert_wrong(&mut scene, A, &seg(ACK, 900, 5_001), "the next number");
        scene.passes(A, &data(1_004, 5_001, b"x"));
    }

    #[test]
    fn a_connection_that_was_never_opened() {
        let mut scene = Scene { checker: Checker::default() };
        assert_wrong(&mut scene, A, &seg(ACK, 1, 1), "never opened");
    }

    #[test]
    fn acknowledgments_of_what_has_not_come_and_that_go_back() {
        let mut scene = Scene::open();
        assert_wrong(&mut scene, A, &seg(ACK, 1_001, 5_002), "acknowledges what has not come");
        scene.passes(B, &data(5_001, 1_001, b"abc"));
        scene.passes(A, &seg(ACK, 1_001, 5_004));
        assert_wrong(&mut scene, A, &seg(ACK, 1_001, 5_003), "having acknowledged 5004");
        // Behind a hole.
        scene.arrives(B, &data(5_010, 1_001, b"abc"));
        assert_wrong(&mut scene, A, &seg(ACK, 1_001, 5_013), "acknowledges what has not come");
        assert_wrong(
            &mut scene,
            B,
            &Segment { ack_number: SeqNum(1_002), ..syn_ack() },
            "acknowledges what has not",
        );
    }

    #[test]
    fn data_past_the_fin_and_a_fin_that_moves() {
        let mut scene = Scene::open();
        scene.passes(A, &Segment { flags: ACK | Flags::FIN, ..data(1_001, 5_001, b"abc") });
        assert_wrong(&mut scene, A, &data(1_005, 5_001, b"x"), "past its FIN");
        assert_wrong(
            &mut scene,
            A,
            &Segment { flags: ACK | Flags::FIN, ..data(1_001, 5_001, b"ab") },
            "past its FIN",
        );
        scene.passes(A, &Segment { flags: ACK | Flags::FIN, ..data(1_003, 5_001, b"c") });
        scene.passes(A, &seg(ACK, 1_005, 5_001));
    }

    #[test]
    fn data_past_the_window_but_for_a_probe() {
        let mut scene = Scene::open();
        scene.passes(A, &data(1_001, 5_001, &[b'x'; 990]));
        assert_wrong(&mut scene, A, &data(1_991, 5_001, &[b'x'; 11]), "1 octets past the window");
        scene.passes(A, &data(1_991, 5_001, &[b'x'; 10]));
        // Only a window that is closed is probed, and with one octet.
        assert_wrong(&mut scene, A, &data(2_001, 5_001, b"x"), "1 octets past the window");
        scene.arrives(B, &Segment { window: 0, ..seg(ACK, 5_001, 2_001) });
        assert_wrong(&mut scene, A, &data(2_001, 5_001, b"xx"), "2 octets past the window");
        scene.passes(A, &data(2_001, 5_001, b"x"));
    }

    #[test]
    fn a_window_that_shrinks() {
        let mut scene = Scene::open();
        assert_wrong(
            &mut scene,
            A,
            &Segment { window: 999, ..seg(ACK, 1_001, 5_001) },
            "ended at 6001 before",
        );
        scene.passes(B, &data(5_001, 1_001, b"abc"));
        scene.passes(A, &Segment { window: 997, ..seg(ACK, 1_001, 5_004) });
    }

    /// A reset of a connection before this one says nothing of this one.
    #[test]
    fn a_reset_clears_what_is_known_of_its_own_connection_only() {
        let mut scene = Scene::open();
        scene.passes(B, &data(5_001, 1_001, b"abc"));
        scene.passes(A, &seg(ACK, 1_001, 5_004));
        // Somebody asks after a connection of long ago, and is told that there is none.
        scene.arrives(B, &seg(ACK, 70, 800_000));
        assert_eq!(scene.sends(A, &seg(Flags::RST, 800_000, 0)), None);
        assert_wrong(&mut scene, A, &seg(ACK, 1_001, 5_003), "having acknowledged 5004");
    }

    #[test]
    fn other_octets_than_were_sent_first() {
        let mut scene = Scene::open();
        scene.passes(A, &data(1_001, 5_001, b"abc"));
        assert_wrong(&mut scene, A, &data(1_002, 5_001, b"bX"), "the octet at position 2");
        scene.passes(A, &data(1_002, 5_001, b"bcd"));
    }

    #[test]
    fn more_than_the_other_end_takes() {
        let mut scene = Scene::open();
        assert_wrong(&mut scene, A, &data(1_001, 5_001, &[b'x'; 1_001]), "takes 1000");
        // Without the option a host takes 536 (RFC 9293 §3.7.1).
        let mut bare = Scene::after(syn(), Segment { options: Options::default(), ..syn_ack() });
        assert_wrong(&mut bare, A, &data(1_001, 5_001, &[b'x'; 537]), "takes 536");
    }

    #[test]
    fn options_where_they_have_no_place() {
        let mut scene = Scene::open();
        let with = |options| Segment { options, ..seg(ACK, 1_001, 5_001) };
        let mss = Options { mss: Some(1_000), ..Options::default() };
        assert_wrong(&mut scene, A, &with(mss), "only a SYN may have");
        let timestamps = Options { timestamps: Some(Timestamps { value: 1, echo: 0 }), ..Options::default() };
        assert_wrong(&mut scene, A, &with(timestamps), "not agreed on");
        let mut sack = Options::default();
        sack.sack.push(SeqNum(5_001), SeqNum(5_002));
        assert_wrong(&mut scene, A, &with(sack), "not agreed on");
        let scaled = Options { window_scale: Some(7), ..Options::default() };
        let mut early = Scene { checker: Checker::default() };
        early.passes(A, &syn());
        assert_wrong(&mut early, B, &Segment { options: scaled, ..syn_ack() }, "not agreed on");
    }

    fn with_all(segment: Segment<'static>, value: u32, echo: u32) -> Segment<'static> {
        let timestamps = Some(Timestamps { value, echo });
        let options = Options { timestamps, sack_permitted: true, ..segment.options };
        Segment { options, ..segment }
    }

    fn timed(segment: Segment<'static>, value: u32, echo: u32) -> Segment<'static> {
        Segment {
            options: Options { timestamps: Some(Timestamps { value, echo }), ..Options::default() },
            ..segment
        }
    }

    #[test]
    fn timestamps_that_are_missing_go_back_or_echo_nothing() {
        let mut scene = Scene::after(with_all(syn(), 10, 0), with_all(syn_ack(), 20, 10));
        let ack = || seg(ACK, 1_001, 5_001);
        assert_wrong(&mut scene, A, &ack(), "without the timestamp");
        assert_wrong(&mut scene, A, &timed(ack(), 9, 20), "its clock said 11 before");
        assert_wrong(&mut scene, A, &timed(ack(), 12, 21), "never told");
        scene.passes(A, &timed(ack(), 12, 20));
    }

    #[test]
    fn blocks_of_what_has_not_come() {
        let mut scene = Scene::after(with_all(syn(), 10, 0), with_all(syn_ack(), 20, 10));
        let mut ahead = data(5_004, 1_001, b"abc");
        ahead.options.timestamps = Some(Timestamps { value: 21, echo: 11 });
        scene.arrives(B, &ahead);
        let block = |start, end| {
            let mut segment = timed(seg(ACK, 1_001, 5_001), 13, 21);
            segment.options.sack.push(SeqNum(start), SeqNum(end));
            segment
        };
        assert_wrong(&mut scene, A, &block(5_004, 5_008), "positions 5004 to 5008");
        scene.passes(A, &block(5_004, 5_007));
    }

    #[test]
    fn flags_that_do_not_go_together() {
        let mut scene = Scene::open();
        assert_wrong(&mut scene, A, &seg(Flags::NONE, 1_001, 0), "without an ACK");
        assert_wrong(
            &mut scene,
            A,
            &Segment { flags: Flags::SYN | Flags::FIN, ..syn() },
            "a SYN with data or FIN",
        );
        let other = Options { mss: Some(999), ..Options::default() };
        assert_wrong(&mut scene, A, &Segment { options: other, ..syn() }, "with other options");
        scene.passes(A, &syn());
        assert_wrong(&mut scene, A, &Segment { flags: Flags::RST | Flags::FIN, ..syn() }, "a RST with");
    }

    #[test]
    fn resets_that_answer_nothing() {
        let mut scene = Scene::open();
        let reset = |seq, ack| seg(if ack > 0 { Flags::RST | ACK } else { Flags::RST }, seq, ack);
        assert_wrong(&mut scene, A, &reset(1_002, 0), "answers nothing that came");
        assert_wrong(&mut scene, A, &reset(1_001, 5_003), "answers nothing that came");
        assert_eq!(scene.sends(A, &reset(1_001, 5_001)), None, "its own");
        // An answer to an ACK takes its number; one to a SYN acknowledges it.
        let mut closed = Scene { checker: Checker::default() };
        closed.arrives(B, &seg(ACK, 70, 80));
        assert_eq!(closed.sends(A, &reset(80, 0)), None);
        assert_wrong(&mut closed, A, &reset(81, 0), "answers nothing that came");
        closed.arrives(B, &seg(Flags::SYN, 70, 0));
        assert_eq!(closed.sends(A, &reset(0, 71)), None);
        assert_wrong(&mut closed, A, &reset(0, 70), "answers nothing that came");
    }
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

/// Numbers come from a clock that moves every 4 µs (RFC 9293 §3.4.1): who resets a connection and calls again at once
/// draws the same number, and offers anew what the peer of before had not agreed on.
#[test]
fn a_number_drawn_twice_in_one_tick_is_another_connection() {
    const MEETING: u16 = 7_000;
    let mut net = Topology::new();
    let (client, server) =
        (net.host("client", "10.0.0.2".parse().unwrap()), net.host("server", "10.0.0.1".parse().unwrap()));
    net.wire(client, server, Link::with_delay(Duration::ZERO));
    net.configure(client, |config| Arc::make_mut(&mut config.tcp).sack = false);
    let mut world = World::new(1, net).unwrap();
    let first = world.connect(SERVER, Some(MEETING), (CLIENT, MEETING)).unwrap();
    world.connect(CLIENT, Some(MEETING), (SERVER, MEETING)).unwrap();
    world.run_for(Duration::ZERO).unwrap();
    world.abort(first);
    world.connect(SERVER, Some(MEETING), (CLIENT, MEETING)).unwrap();
    assert!(world.violations().is_empty(), "{}", list(world.violations()));
}
