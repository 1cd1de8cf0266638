//! When the record of a connection is complete: facts of one turn of an engine may come in more than one batch.

mod common;

use common::{Scene, seg};
use cordial_tcp::{CloseCause, Instant, Phase as P, Rule};
use cordial_trace::event::Side::Server;
use cordial_trace::event::{Event, What};
use cordial_trace::{Limits, Vantage};

/// A connection to our engine in which a reset has just arrived; its facts so far have been taken.
fn reset_at(millis: u64) -> Scene {
    let mut scene = Scene::new(Vantage::OneEnd);
    common::handshake(&mut scene);
    scene.at(millis).got(Server, seg("RST", 1), P::Closed, Rule::Reset).drain();
    scene
}

/// Nothing more has come by then.
fn settle(scene: &mut Scene, millis: u64) {
    scene.trace.settle(Instant::from_millis(millis), &mut scene.events);
}

/// When each connection's record was complete, and how it is said to have ended.
fn closed(events: &[Event]) -> Vec<(Instant, Option<CloseCause>)> {
    let cause = |event: &Event| match event.what {
        What::Closed { cause } => Some((event.time, cause)),
        _ => None,
    };
    events.iter().filter_map(cause).collect()
}

#[test]
fn it_ended_as_the_engine_says_even_if_that_is_taken_later() {
    let mut scene = reset_at(100);
    settle(&mut scene, 110);
    assert_eq!(closed(&scene.events), [], "the engine has not said how it ended");
    // Of the same turn, and so of the same time.
    scene.ended(Server, CloseCause::Reset).drain();
    assert_eq!(scene.trace.settles_at(), Some(scene.now), "nothing is left to wait for");
    let events = scene.finish(111);
    assert_eq!(closed(&events), [(Instant::from_millis(100), Some(CloseCause::Reset))]);
}

#[test]
fn what_the_engine_says_nothing_about_is_complete_after_a_while() {
    let mut scene = Scene::new(Vantage::OneEnd);
    common::refused(&mut scene);
    scene.drain();
    let due = scene.now + Limits::default().linger;
    assert_eq!(scene.trace.settles_at(), Some(due));
    let events = scene.finish(1_000);
    assert_eq!(closed(&events), [(due, Some(CloseCause::Graceful))]);
}

#[test]
fn who_calls_again_meanwhile_opens_another_connection() {
    let mut scene = Scene::new(Vantage::OneEnd);
    common::refused(&mut scene);
    common::refused(scene.at(50));
    let events = scene.finish(1_000);
    assert_eq!(scene.trace.connections(), 2);
    let times: Vec<Instant> = closed(&events).into_iter().map(|(at, _)| at).collect();
    let due = Instant::from_millis(50) + Limits::default().linger;
    assert_eq!(times, [Instant::from_millis(50), due]);
}
