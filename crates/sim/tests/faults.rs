//! Each fault does what it says, to the segment that it names and to no other, and is told in the record.

mod common;

use common::{at, exchange, json, linked, ms, named, pair, run_out, with_fault};
use cordial_sim::{Action, CLIENT, Fate, Link, Queue, SERVER, TooBig, Topology, Way, WireId, World};
use cordial_stack::Instant;
use cordial_trace::event::{Fate as Told, SegmentId, Side, What};
use cordial_wire::SeqNum;

/// When transmissions of this name arrived.
fn arrivals(world: &World, name: &str) -> Vec<Instant> {
    let is_it = |what: &What| match what {
        What::Segment { fate: Told::Received | Told::Dropped(_), segment } => segment.id.to_string() == name,
        _ => false,
    };
    world.events().iter().filter(|event| is_it(&event.what)).map(|event| event.time).collect()
}

fn departure(world: &World, name: &str) -> Instant {
    let is_it = |what: &What| match what {
        What::Segment { fate: Told::Sent, segment } => segment.id.to_string() == name,
        _ => false,
    };
    world.events().iter().find(|event| is_it(&event.what)).expect("it was sent").time
}

fn triggers(world: &World, name: &str) -> Vec<&'static str> {
    named(world, name).iter().map(|event| event.trigger).collect()
}

#[test]
fn a_dropped_segment_never_arrives_and_comes_again_under_a_new_name() {
    let world = with_fault("c3", Fate::Drop);
    assert_eq!(arrivals(&world, "c3"), []);
    assert_eq!(triggers(&world, "segment_lost"), ["user_drop"]);
    let again = world.events().iter().find_map(|event| match &event.what {
        What::Segment { fate: Told::Sent, segment } if segment.copy_of.is_some() => Some(segment.copy_of),
        _ => None,
    });
    let second = SegmentId { sender: Side::Client, count: 3 };
    assert_eq!(again, Some(Some(second)), "{}", world.compact());
}

#[test]
fn a_delayed_segment_arrives_that_much_later() {
    let world = with_fault("s2", Fate::Delay(ms(150)));
    assert_eq!(arrivals(&world, "s2"), [departure(&world, "s2") + ms(160)]);
    let delayed = named(&world, "segment_delayed");
    assert!(matches!(delayed[..], [event] if event.trigger == "user_delay"));
    assert!(String::from_utf8(json(&world)).unwrap().contains("\"delta\":150.0,\"trigger\":\"user_delay\""));
    assert!(world.compact().contains(".-- "), "{}", world.compact());
}

#[test]
fn a_duplicated_segment_arrives_twice() {
    let world = with_fault("c3", Fate::Duplicate(ms(70)));
    let left = departure(&world, "c3");
    assert_eq!(arrivals(&world, "c3"), [left + ms(10), left + ms(80)]);
    assert_eq!(triggers(&world, "segment_duplicated"), ["user_duplicate"]);
}

#[test]
fn a_held_segment_waits_until_it_is_released() {
    let mut world = pair(1);
    world.fault_at("c1", Fate::Hold).unwrap();
    exchange(&mut world, 5, 5);
    world.run_until(at(500)).unwrap();
    assert_eq!(arrivals(&world, "c1"), []);
    assert!(world.release("c1".parse().unwrap()));
    assert!(!world.release("c1".parse().unwrap()), "it is gone");
    run_out(&mut world);
    assert_eq!(arrivals(&world, "c1"), [at(510)]);
    assert_eq!(triggers(&world, "segment_delayed"), ["user_hold"]);
}

#[test]
fn a_release_may_be_asked_for_ahead() {
    let mut world = pair(1);
    world.fault_at("s1", Fate::Hold).unwrap();
    world.at(at(40), Action::Release("s1".parse().unwrap()));
    exchange(&mut world, 5, 5);
    run_out(&mut world);
    assert_eq!(arrivals(&world, "s1"), [at(50)]);
}

#[test]
fn a_swapped_segment_follows_the_next_of_its_sender() {
    let mut world = pair(1);
    world.fault_at("c3", Fate::Swap).unwrap();
    exchange(&mut world, 3_000, 5);
    run_out(&mut world);
    let (third, fourth) = (arrivals(&world, "c3"), arrivals(&world, "c4"));
    let order: Vec<String> = named(&world, "segment_received")
        .iter()
        .filter_map(|event| match &event.what {
            What::Segment { segment, .. } => Some(segment.id.to_string()),
            _ => None,
        })
        .filter(|name| name == "c3" || name == "c4")
        .collect();
    assert_eq!(order, ["c4", "c3"], "{}", world.compact());
    assert_eq!(third, fourth, "both left at once");
}

#[test]
fn a_rewritten_segment_arrives_as_it_was_rewritten_with_its_checksum_right() {
    let world = with_fault("c2", Fate::Rewrite(Box::new(|edit| edit.header.window = 77)));
    let windows = |name: &str| -> Vec<u16> {
        let segments = named(&world, name).into_iter().filter_map(|event| match &event.what {
            What::Segment { segment, .. } if segment.id.to_string() == "c2" => Some(segment.window),
            _ => None,
        });
        segments.collect()
    };
    assert_eq!(windows("segment_rewritten"), [77]);
    assert_eq!(windows("segment_received"), [77]);
    assert_ne!(windows("segment_sent"), [77]);
}

#[test]
fn rules_see_each_transmission_once_with_its_name_and_the_first_that_acts_counts() {
    let mut world = pair(1);
    let seen = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let notes = std::rc::Rc::clone(&seen);
    world.fault(move |passing| {
        let target = passing.target.expect("all of this belongs to a connection");
        notes.borrow_mut().push((target.to_string(), passing.from, passing.again));
        if target.to_string() == "c1" { Fate::Drop } else { Fate::Pass }
    });
    world.fault(|passing| if passing.again { Fate::Delay(ms(1)) } else { Fate::Pass });
    exchange(&mut world, 0, 0);
    run_out(&mut world);
    let seen = seen.borrow();
    let names: Vec<_> = seen.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names[..3], ["c1", "c2", "s1"], "{names:?}");
    assert_eq!((seen[0].1, seen[1].2, seen[2].1), (CLIENT, true, SERVER));
    assert_eq!(triggers(&world, "segment_delayed"), ["user_delay"]);
}

/// A transfer over a link that does one thing only.
fn over(seed: u64, link: Link) -> World {
    let mut world = linked(seed, link);
    exchange(&mut world, 60_000, 1_000);
    run_out(&mut world);
    world
}

#[test]
fn a_lossy_wire_loses_a_duplicating_one_repeats_a_reordering_one_lets_overtake() {
    let far = Link::with_delay(ms(10));
    for (link, name, trigger) in [
        (far.lossy(15.0), "segment_lost", "loss"),
        (far.duplicating(20.0), "segment_duplicated", "duplication"),
        (far.reordering(20.0), "segment_reordered", "reordering"),
        (far.corrupting(15.0), "segment_corrupted", "corruption"),
    ] {
        let world = over(3, link);
        let triggers = triggers(&world, name);
        assert!(triggers.len() > 2 && triggers.iter().all(|told| *told == trigger), "{name}: {triggers:?}");
        for other in ["segment_lost", "segment_duplicated", "segment_reordered", "segment_corrupted"] {
            assert!(other == name || named(&world, other).is_empty(), "{trigger} also makes {other}");
        }
    }
}

#[test]
fn damage_is_seen_by_the_checksum_and_never_read() {
    let world = over(5, Link::with_delay(ms(10)).corrupting(10.0));
    let damaged = named(&world, "segment_corrupted").len() as u64;
    let errors: u64 = world.hosts().map(|host| world.stack(host).counters().tcp_in_errs).sum();
    // What was damaged in its length of the header is no segment, and counted as well.
    assert_eq!(errors, damaged);
}

#[test]
fn a_full_queue_drops_its_tail() {
    let link = Link::with_delay(ms(10)).rated(100_000).queueing(4_000);
    let world = over(1, link);
    let lost = triggers(&world, "segment_lost");
    assert!(!lost.is_empty() && lost.iter().all(|why| *why == "queue_full"), "{lost:?}");
}

#[test]
fn a_rate_bounds_how_fast_octets_arrive() {
    let mut world = linked(1, Link::with_delay(ms(10)).rated(10_000));
    exchange(&mut world, 20_000, 0);
    world.run_until(at(1_000)).unwrap();
    let read: u64 = world
        .events()
        .iter()
        .map(|event| match &event.what {
            What::Segment { fate: Told::Received, segment } if segment.id.sender == Side::Client => {
                u64::from(segment.payload_len)
            }
            _ => 0,
        })
        .sum();
    assert!(read > 7_000 && read < 10_000, "{read} octets in one second");
}

#[test]
fn a_queue_marks_only_what_says_that_it_listens() {
    let queue = Some(Queue { octets: 1 << 20, mark: Some(0) });
    let link = Link { queue, ..Link::with_delay(ms(1)).rated(50_000) };
    let mut world = World::pair(1, link);
    world.keep_packets();
    exchange(&mut world, 5_000, 0);
    run_out(&mut world);
    // No stack here says so yet, so none may be marked.
    assert!(world.packets().iter().all(|packet| packet.octets[1] & 3 == 0));
}

#[test]
fn a_narrow_wire_is_a_black_hole_or_says_so() {
    for (too_big, messages) in [(TooBig::Silent, 0), (TooBig::Icmp, 1)] {
        let mut net = Topology::new();
        let client = net.host("client", "10.0.0.2".parse().unwrap());
        let router = net.router("router");
        let server = net.host("server", "10.0.1.1".parse().unwrap());
        net.wire(client, router, Link::with_delay(ms(5)));
        net.wire(router, server, Link::with_delay(ms(5)).narrow(1_000, too_big));
        let mut world = World::new(1, net).unwrap();
        world.keep_record();
        exchange(&mut world, 3_000, 0);
        world.run_until(at(100)).unwrap();
        let lost = triggers(&world, "segment_lost");
        assert!(lost.len() >= 2 && lost.iter().all(|why| *why == "mtu"), "{lost:?}");
        let told = world.stack(client).counters().icmp_in_msgs;
        assert_eq!(told > 0, messages > 0, "{too_big:?}: {told} messages");
        assert_eq!(world.stack(client).counters().icmp_in_errors, 0);
    }
}

#[test]
fn a_pulled_cable_loses_all_and_a_plugged_one_none() {
    let mut world = pair(1);
    world.at(at(15), Action::Pull(WireId(0)));
    world.at(at(2_500), Action::Plug(WireId(0)));
    exchange(&mut world, 5, 5);
    run_out(&mut world);
    let lost = triggers(&world, "segment_lost");
    assert!(lost.len() >= 3 && lost.iter().all(|why| *why == "cable_out"), "{lost:?}\n{}", world.compact());
    let arrived = named(&world, "segment_received").len() + named(&world, "segment_dropped").len();
    assert_eq!(lost.len(), named(&world, "segment_sent").len() - arrived);
}

#[test]
fn a_cut_direction_leaves_the_other_whole() {
    let mut world = pair(1);
    world.at(at(0), Action::Cut(WireId(0), Way::Back));
    world.at(at(4_000), Action::Mend(WireId(0), Way::Back));
    exchange(&mut world, 5, 5);
    run_out(&mut world);
    let lost = named(&world, "segment_lost");
    let senders = lost.iter().filter_map(|event| match &event.what {
        What::Segment { segment, .. } => Some(segment.id.sender),
        _ => None,
    });
    let senders: Vec<_> = senders.collect();
    assert!(senders.len() >= 2 && senders.iter().all(|&side| side == Side::Server), "{senders:?}");
    assert!(triggers(&world, "segment_lost").iter().all(|why| *why == "cut"));
}

#[test]
fn a_healed_network_loses_nothing_more() {
    let mut world = linked(1, Link::with_delay(ms(10)).lossy(100.0));
    world.fault(|_| Fate::Drop);
    world.at(at(5_000), Action::Heal);
    exchange(&mut world, 5, 5);
    run_out(&mut world);
    let late = named(&world, "segment_lost").iter().filter(|event| event.time > at(5_000)).count();
    assert_eq!(late, 0);
}

#[test]
fn dealt_numbers_are_those_that_are_sent() {
    let mut world = pair(1);
    world.deal(CLIENT, &[100]);
    world.deal(SERVER, &[300]);
    exchange(&mut world, 5, 5);
    run_out(&mut world);
    let syn = |name: &str| {
        world.events().iter().find_map(|event| match &event.what {
            What::Segment { segment, .. } if segment.id.to_string() == name => Some(segment.seq),
            _ => None,
        })
    };
    assert_eq!((syn("c1"), syn("s1")), (Some(SeqNum(100)), Some(SeqNum(300))));
}
