//! Hosts that crash, NATs that forget, programs that wait.

mod common;

use common::{PORT, at, exchange, linked, list, ms, named, pair, run_out, secs};
use cordial_sim::{
    Action, Bound, CLIENT, Call, Errno, Fate, Forgotten, HostId, Link, NatConfig, SERVER, Task, Topology,
    TopologyError, Value, When, World,
};
use cordial_stack::Phase;
use cordial_tcp::Keepalive;
use cordial_trace::Lang;

#[test]
fn a_host_that_crashed_knows_nothing_and_says_nothing_until_it_is_rebooted() {
    let mut world = pair(1);
    world.start(SERVER, Task::new().listen(PORT, 4).accept(PORT).read_to_end());
    let client =
        world.start(CLIENT, Task::new().connect((SERVER, PORT)).at(at(2_000)).write(5).read_to_end());
    world.at(at(1_000), Action::Crash(SERVER));
    world.at(at(5_000), Action::Reboot(SERVER));
    world.run_until(at(4_000)).unwrap();
    assert!(!world.is_up(SERVER));
    assert!(!named(&world, "segment_lost").is_empty(), "nobody is there to receive");
    assert_eq!(world.stack(SERVER).connections(), 0);
    world.run_out().unwrap();
    // Its next resend meets a host that knows nothing of it: RFC 9293 §3.5.1.
    assert_eq!(
        world.returns(client).last().map(|it| it.result),
        Some(Err(Errno::ConnectionReset)),
        "{}",
        world.compact()
    );
    assert!(world.finish().is_empty());
}

#[test]
fn tasks_that_have_begun_die_with_their_host_and_later_ones_run_after_the_reboot() {
    let mut world = pair(1);
    let first = world.start(SERVER, Task::new().listen(PORT, 4).accept(PORT));
    let second = world.start(SERVER, Task::new().at(at(3_000)).listen(PORT, 4).accept(PORT).close());
    world.at(at(1_000), Action::Crash(SERVER));
    world.at(at(2_000), Action::Reboot(SERVER));
    world.start(CLIENT, Task::new().at(at(4_000)).connect((SERVER, PORT)).close());
    world.run_out().unwrap();
    assert_eq!(world.returns(first).len(), 1, "it listened and was gone");
    assert!(world.is_done(second));
    assert!(world.finish().is_empty());
}

#[test]
fn another_life_chooses_other_numbers() {
    let mut world = pair(1);
    let mut numbers = Vec::new();
    for _ in 0..2 {
        world.listen(SERVER, PORT, None).unwrap();
        let socket = world.connect(CLIENT, None, (SERVER, PORT)).unwrap();
        world.run_for(ms(100)).unwrap();
        numbers.push(world.info(socket).unwrap().vars.irs);
        world.act(Action::Crash(SERVER));
        world.act(Action::Reboot(SERVER));
    }
    assert!(numbers[0].is_some() && numbers[0] != numbers[1]);
}

/// A client behind a NAT, a server outside.
fn behind_nat(config: NatConfig) -> (World, HostId, HostId) {
    let mut net = Topology::new();
    let client = net.host("client", "10.0.0.2".parse().unwrap());
    let nat = net.nat("nat", "192.0.2.1".parse().unwrap(), config);
    let server = net.host("server", "198.51.100.1".parse().unwrap());
    net.wire(client, nat, Link::with_delay(ms(1)));
    net.wire(nat, server, Link::with_delay(ms(9)));
    let mut world = World::new(1, net).unwrap();
    world.keep_record();
    (world, client, server)
}

#[test]
fn a_nat_gives_an_address_and_the_record_knows_whose_it_is() {
    let (mut world, client, server) = behind_nat(NatConfig::default());
    exchange(&mut world, 5_000, 5_000);
    run_out(&mut world);
    assert_eq!((client, server), (CLIENT, SERVER));
    assert_eq!(world.connections(), 1, "{}", world.compact());
    assert!(!world.compact().contains('?'), "both ends are seen as one connection\n{}", world.compact());
}

#[test]
fn a_nat_that_forgot_is_silent_or_resets() {
    for (forgotten, expected) in
        [(Forgotten::Silent, Errno::TimedOut), (Forgotten::Reset, Errno::ConnectionReset)]
    {
        let (mut world, client, server) =
            behind_nat(NatConfig { idle: secs(300), forgotten, ..NatConfig::default() });
        world.start(server, Task::new().listen(PORT, 4).accept(PORT).read_to_end().close());
        let task = Task::new().connect((server, PORT)).write(5).after(secs(400)).write(5).read_to_end();
        let task = world.start(client, task);
        world.run_until(at(2_000_000)).unwrap();
        let last = world.returns(task).last().copied();
        assert_eq!(last.map(|it| it.result), Some(Err(expected)), "{forgotten:?}\n{}", world.compact());
        let lost = named(&world, "segment_lost");
        assert!(!lost.is_empty() && lost.iter().all(|event| event.trigger == "nat_forgot"));
    }
}

#[test]
fn keepalive_keeps_a_nat_awake() {
    let (mut world, client, server) = behind_nat(NatConfig::default());
    world.start(server, Task::new().listen(PORT, 4).accept(PORT).read_to_end().close());
    let keepalive = Keepalive { idle: secs(120), ..Keepalive::default() };
    let task = Task::new().connect((server, PORT)).call(Call::Keepalive(Some(keepalive))).write(5);
    let task = task.after(secs(1_000)).write(5).shutdown_write().read_to_end().close();
    let task = world.start(client, task);
    run_out(&mut world);
    assert!(world.returns(task).iter().all(|it| it.result.is_ok()));
    assert!(named(&world, "segment_lost").is_empty());
}

#[test]
fn several_clients_share_a_router_and_a_server() {
    let mut net = Topology::new();
    let router = net.router("router");
    let server = net.host("server", "10.9.0.1".parse().unwrap());
    net.wire(router, server, Link::with_delay(ms(5)));
    let clients: Vec<_> = (1..=5)
        .map(|i| {
            let client = net.host("client", format!("10.0.{i}.2").parse().unwrap());
            net.wire(client, router, Link::with_delay(ms(i)).lossy(5.0));
            client
        })
        .collect();
    let mut world = World::new(9, net).unwrap();
    world.keep_record();
    world.listen(server, PORT, Some(8)).unwrap();
    for &client in &clients {
        world.start(server, Task::new().accept(PORT).read_to_end().write(2_000).close());
        world.start(
            client,
            Task::new().connect((server, PORT)).write(3_000).shutdown_write().read_to_end().close(),
        );
    }
    run_out(&mut world);
    assert_eq!(world.connections(), 5);
}

#[test]
fn calls_return_what_programs_are_told() {
    let mut world = pair(1);
    let refused = world.start(CLIENT, Task::new().connect((SERVER, 81)).write(5));
    let server = world.start(SERVER, Task::new().listen(PORT, 1).accept(PORT).read(3).read(99).close());
    let client = world.start(CLIENT, Task::new().connect_from(5_000, (SERVER, PORT)).write(5).close());
    let taken = world.start(CLIENT, Task::new().at(at(1_000)).connect_from(5_000, (SERVER, PORT)));
    run_out(&mut world);
    let results = |task| world.returns(task).iter().map(|it| it.result).collect::<Vec<_>>();
    assert_eq!(results(refused), [Err(Errno::ConnectionRefused); 2]);
    let server = results(server);
    assert_eq!(server[2..], [Ok(Value::Octets(3)), Ok(Value::Octets(2)), Ok(Value::Done)]);
    assert_eq!(results(client)[1..], [Ok(Value::Octets(5)), Ok(Value::Done)]);
    assert_eq!(results(taken), [Err(Errno::AddressInUse)], "it is in TIME-WAIT");
}

#[test]
fn a_call_with_a_time_may_interrupt_the_one_before() {
    let mut world = pair(1);
    let server =
        Task::new().listen(PORT, 1).accept(PORT).read_to_end().when(When::Interrupting(at(700))).close();
    let server = world.start(SERVER, server);
    let client = world.start(CLIENT, Task::new().connect((SERVER, PORT)).read_to_end().close());
    run_out(&mut world);
    let read = world.returns(server)[2];
    assert_eq!((read.returned, read.result), (at(700), Err(Errno::Interrupted)));
    assert_eq!(world.returns(client)[1].result, Ok(Value::Octets(0)));
}

#[test]
fn a_writer_waits_for_room_and_a_reader_for_octets() {
    let mut world = pair(1);
    let many = 9 << 20;
    world.start(SERVER, Task::new().listen(PORT, 1).accept(PORT).after(secs(5)).read_to_end().close());
    let client = world.start(CLIENT, Task::new().connect((SERVER, PORT)).write(many).close());
    run_out(&mut world);
    let write = world.returns(client)[1];
    assert!(write.returned > at(5_000), "the window was closed until the reader came");
    assert_eq!(write.result, Ok(Value::Octets(many)));
}

#[test]
fn both_may_call_at_once() {
    let mut world = pair(1);
    let socket = |world: &mut World, host, port, to| world.connect(host, Some(port), to).unwrap();
    let a = socket(&mut world, CLIENT, 5_000, (SERVER, 6_000));
    let b = socket(&mut world, SERVER, 6_000, (CLIENT, 5_000));
    world.run_for(ms(100)).unwrap();
    assert_eq!((world.phase(a), world.phase(b)), (Phase::Established, Phase::Established));
    assert_eq!(world.write(a, 7), Ok(7));
    world.run_for(ms(100)).unwrap();
    assert_eq!(world.read(b, 99), Ok(7));
    world.close(a);
    world.close(b);
    run_out(&mut world);
}

#[test]
fn a_run_that_never_ends_is_stopped_and_says_why() {
    let mut world = pair(1);
    let keepalive = Keepalive { idle: secs(10), interval: secs(10), probes: 3 };
    world.start(SERVER, Task::new().listen(PORT, 1).accept(PORT).read_to_end());
    world.start(
        CLIENT,
        Task::new().connect((SERVER, PORT)).call(Call::Keepalive(Some(keepalive))).read_to_end(),
    );
    world.set_bound(Bound { time: secs(1_000), ..Bound::default() });
    let endless = world.run_out().unwrap_err();
    assert!(endless.at > at(1_000_000) && endless.left == [2, 0, 2], "{endless:?}");
    assert!(endless.text(Lang::En).contains("keepalive") && !endless.text(Lang::Zh).is_ascii());
    world.set_bound(Bound { steps: world.steps(), ..Bound::default() });
    assert!(world.run_out().unwrap_err().to_string().contains("steps"));
}

#[test]
fn a_list_that_is_no_network_is_refused() {
    let error = |build: &dyn Fn(&mut Topology)| {
        let mut net = Topology::new();
        build(&mut net);
        World::new(1, net).err()
    };
    let address = || "10.0.0.1".parse().unwrap();
    assert!(matches!(
        error(&|net| {
            net.host("alone", address());
        }),
        Some(TopologyError::Wires { wires: 0, .. })
    ));
    assert!(matches!(
        error(&|net| {
            let (a, b) = (net.host("a", address()), net.host("b", address()));
            net.wire(a, b, Link::PERFECT);
        }),
        Some(TopologyError::Address(_))
    ));
    assert!(matches!(
        error(&|net| {
            let a = net.host("a", address());
            let nat = net.nat("nat", "192.0.2.1".parse().unwrap(), NatConfig::default());
            net.wire(a, nat, Link::PERFECT);
        }),
        Some(TopologyError::NatWires { .. })
    ));
    assert!(matches!(
        error(&|net| {
            let router = net.router("r");
            net.wire(router, router, Link::PERFECT);
        }),
        Some(TopologyError::Loop { .. })
    ));
}

#[test]
fn the_same_ends_may_meet_again_and_names_begin_anew() {
    let mut world = linked(1, Link::with_delay(ms(10)));
    world.listen(SERVER, PORT, None).unwrap();
    for round in 0..2_u64 {
        world.start(SERVER, Task::new().accept(PORT).read_to_end().close());
        let begin = at(round * 1_000);
        // The server closes last, so the client keeps the pair in TIME-WAIT, and chooses another port.
        let task = Task::new().at(begin).connect((SERVER, PORT)).write(5).close();
        world.start(CLIENT, task);
    }
    world.fault_at("c2:c1", Fate::Drop).unwrap();
    world.run_out().unwrap();
    let violations = world.finish();
    assert!(violations.is_empty(), "{}", list(&violations));
    let lost = named(&world, "segment_lost");
    assert!(matches!(lost[..], [event] if event.group.0 == 2), "{}", world.compact());
}

#[test]
fn everything_is_the_same_over_ipv6() {
    for is_nat in [false, true] {
        let mut net = Topology::new();
        let client = net.host("client", "fd00::2".parse().unwrap());
        let server = net.host("server", "fd01::1".parse().unwrap());
        let bad = Link::with_delay(ms(5)).lossy(5.0).corrupting(5.0).duplicating(5.0).reordering(5.0);
        if is_nat {
            let nat = net.nat("nat", "fd01::2".parse().unwrap(), NatConfig::default());
            net.wire(client, nat, bad);
            net.wire(nat, server, bad);
        } else {
            net.wire(client, server, bad);
        }
        let mut world = World::new(4, net).unwrap();
        world.keep_record();
        exchange(&mut world, 50_000, 50_000);
        run_out(&mut world);
        assert_eq!(world.connections(), 1);
    }
}
