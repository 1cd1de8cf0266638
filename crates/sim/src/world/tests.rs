//! What the oracles of ends and of tables say of a world that is taken for over before it is.

use std::time::Duration;

use super::World;
use crate::oracle::{Oracle, Scene};
use crate::{CLIENT, Link, SERVER, Task};

/// What is said if nothing were to happen any more.
fn judge(world: &mut World) -> Vec<(Oracle, String)> {
    let (hosts, sockets, journeys) = (&world.hosts, &world.sockets, &world.journeys);
    let scene = Scene { now: world.now, hosts, sockets, journeys, has_nat: false, is_out: true };
    world.oracles.finish(&scene);
    world.violations().iter().map(|violation| (violation.oracle, violation.to_string())).collect()
}

#[test]
fn who_waits_for_an_acknowledgment_for_ever_is_seen() {
    let mut world = World::pair(1, Link::with_delay(Duration::from_millis(10)));
    world.start(SERVER, Task::new().listen(80, 4).accept(80));
    let client = world.start(CLIENT, Task::new().connect((SERVER, 80)));
    world.run_out().expect("it ends");
    let client = world.socket_of(client).expect("it is connected");
    assert_eq!(judge(&mut world), [], "an idle connection waits for nobody");
    world.write(client, 5).expect("there is room");
    let said = judge(&mut world);
    assert!(said.iter().any(|(_, text)| text.contains("has 5 positions")), "{said:#?}");
}

#[test]
fn what_is_left_behind_is_seen() {
    let mut world = World::pair(1, Link::with_delay(Duration::from_millis(10)));
    world.start(SERVER, Task::new().listen(80, 4).accept(80).read_to_end().close());
    world.start(CLIENT, Task::new().connect((SERVER, 80)).write(5).close());
    world.run_for(Duration::from_millis(25)).expect("a few steps");
    // The client has let go, its octets are under way, and the server is half open.
    let said = judge(&mut world);
    for (oracle, words) in [
        (Oracle::Ends, "never ends"),
        (Oracle::Empty, "client still has 1 connections"),
        (Oracle::Empty, "server still has 1 half-open"),
        (Oracle::Empty, "client still holds"),
        (Oracle::Empty, "a timer of client"),
    ] {
        assert!(said.iter().any(|(its, text)| *its == oracle && text.contains(words)), "{words}: {said:#?}");
    }
    world.run_for(Duration::from_secs(1)).expect("a few steps");
    let said = judge(&mut world);
    assert!(
        said.iter().any(|(_, text)| text.contains("client still has 1 connections in TIME_WAIT")),
        "{said:#?}"
    );
}
