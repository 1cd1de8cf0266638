//! Runs that tests share.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::time::Duration;

use cordial_sim::{CLIENT, Fate, Link, SERVER, Task, Violation, World};
use cordial_stack::Instant;
use cordial_trace::Event;

pub const PORT: u16 = 80;

pub fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The moment this many milliseconds after the beginning.
pub fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

/// A client and a server, 10 ms apart, with a record.
pub fn pair(seed: u64) -> World {
    linked(seed, Link::with_delay(ms(10)))
}

pub fn linked(seed: u64, link: Link) -> World {
    let mut world = World::pair(seed, link);
    world.keep_record();
    world
}

/// The client sends `up` octets and closes its direction, the server reads them all, answers with `down` and closes.
pub fn exchange(world: &mut World, up: u64, down: u64) {
    world.start(SERVER, Task::new().listen(PORT, 4).accept(PORT).read_to_end().write(down).close());
    world.start(CLIENT, Task::new().connect((SERVER, PORT)).write(up).shutdown_write().read_to_end().close());
}

/// Runs an exchange of five octets each way out, with one segment befallen by a fault.
pub fn with_fault(name: &str, fate: Fate) -> World {
    let mut world = pair(1);
    world.fault_at(name, fate).expect("a name");
    exchange(&mut world, 5, 5);
    run_out(&mut world);
    world
}

/// Until nothing happens any more; nothing was wrong.
#[track_caller]
pub fn run_out(world: &mut World) {
    world.run_out().expect("it ends");
    let violations = world.finish();
    assert!(violations.is_empty(), "seed {}: {}\n{}", world.seed(), list(&violations), world.compact());
}

pub fn list(violations: &[Violation]) -> String {
    violations.iter().map(|violation| format!("{violation}\n")).collect()
}

/// The record as lines of JSON.
pub fn json(world: &World) -> Vec<u8> {
    let mut out = Vec::new();
    world.write_json("test", &mut out).expect("memory takes everything");
    out
}

/// The events of one name: `segment_lost`.
pub fn named<'a>(world: &'a World, name: &str) -> Vec<&'a Event> {
    use cordial_trace::event::{Fate, What};
    let is_it = |event: &&Event| match (&event.what, name) {
        (What::Segment { fate, .. }, name) => match fate {
            Fate::Sent => name == "segment_sent",
            Fate::Lost => name == "segment_lost",
            Fate::Delayed(_) => name == "segment_delayed",
            Fate::Duplicated => name == "segment_duplicated",
            Fate::Reordered => name == "segment_reordered",
            Fate::Corrupted => name == "segment_corrupted",
            Fate::Rewritten => name == "segment_rewritten",
            Fate::Forged => name == "segment_forged",
            Fate::Received => name == "segment_received",
            Fate::Dropped(_) => name == "segment_dropped",
        },
        _ => false,
    };
    world.events().iter().filter(is_it).collect()
}
