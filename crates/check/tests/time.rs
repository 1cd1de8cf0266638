//! When things may happen, and that every run ends.

mod common;

use std::time::Duration;

use common::after;
use cordial_check::budget::{Budget, GRAIN, MSL};
use cordial_check::forms::FORMS;
use cordial_check::run::ORIGIN;
use cordial_check::scenario::{Scenario, Setting};
use cordial_check::script::{Call, HEAR, When, at};
use cordial_check::{Action, Bounds, Property, RULES, search};
use cordial_trace::event::Side;

const CALL: Action = Action::Call(Side::Client);
const HOLD: Action = Action::Hold(Side::Server);

const fn setting(scenario: &'static Scenario) -> Setting {
    Setting { scenario, harness: None }
}

const DELAYED: Scenario = Scenario {
    client: &[at(When::Now, Call::Connect), at(When::Opened, Call::Finish)],
    server: HEAR,
    budget: Budget { delays: 1, ..Budget::NONE },
    ..Scenario::EMPTY
};

#[test]
fn what_is_held_may_arrive_between_two_timers_and_at_the_very_end_of_its_life() {
    let mut world = after(setting(&DELAYED), &[CALL, HOLD]);
    let mut moments = Vec::new();
    while world.actions().contains(&Action::Release(0)) {
        moments.push(world.now().since(ORIGIN));
        let next = world.actions().into_iter().find(|next| matches!(next, Action::Timer(_) | Action::Wait));
        // What the timer sends is lost on nobody: it waits until the held one has had its chances.
        let next = if world.network().is_quiet() { next.expect("time passes") } else { break };
        world.apply(next);
    }
    moments.dedup();
    assert_eq!(moments, [Duration::ZERO, GRAIN, GRAIN * 2]);
    let mut world = after(setting(&DELAYED), &[CALL, HOLD]);
    while !world.network().held().is_empty() && world.now().since(ORIGIN) < MSL * 4 {
        assert!(world.now().since(ORIGIN) <= MSL, "nothing lives longer");
        // Both ends' segments arrive, so that time passes.
        let next =
            world.actions().into_iter().find(|next| !matches!(next, Action::Release(_))).expect("a step");
        world.apply(next);
    }
}

#[test]
fn what_is_held_may_arrive_before_a_timer_that_is_due_and_after_it() {
    let world = after(setting(&DELAYED), &[CALL, HOLD, Action::Wait, Action::Wait]);
    let actions = world.actions();
    assert!(actions.contains(&Action::Timer(Side::Client)) && actions.contains(&Action::Release(0)));
    assert!(!actions.contains(&Action::Wait), "time does not pass over a timer");
}

const CROSSED: Scenario = Scenario {
    client: &[at(When::Now, Call::Connect)],
    server: &[at(When::Now, Call::Connect)],
    listens: false,
    budget: Budget { losses: 2, ..Budget::NONE },
    ..Scenario::EMPTY
};

#[test]
fn of_two_timers_due_at_once_either_may_be_first() {
    let lost = [Side::Client, Side::Server].map(Action::Drop);
    let world = after(setting(&CROSSED), &[CALL, Action::Call(Side::Server), lost[0], lost[1], Action::Wait]);
    assert_eq!(world.actions(), [Side::Client, Side::Server].map(Action::Timer));
}

/// The window never opens, and is asked for again and again: no state is the last, and yet nothing goes on.
const NEVER_READ: Scenario = Scenario {
    client: &[
        at(When::Now, Call::Connect),
        at(When::Opened, Call::Write),
        at(When::Now, Call::Write),
        at(When::Now, Call::Finish),
    ],
    server: &[at(When::Now, Call::Accept), at(When::End, Call::Finish)],
    slow_reader: Some(Side::Server),
    settings: |side, _, tcp| {
        if side == Side::Server {
            (tcp.receive_buffer, tcp.receive_buffer_max) = (1, 1);
            tcp.delayed_ack = Duration::ZERO;
        }
    },
    ..Scenario::EMPTY
};

#[test]
fn a_run_that_goes_round_for_ever_is_a_deadlock() {
    let found = search(setting(&NEVER_READ), &[], Bounds::default());
    assert!(found.is_exhausted);
    let run = found.run(Property::P6).expect("an endless run");
    let world = after(setting(&NEVER_READ), run);
    assert!(!world.actions().is_empty(), "it does not stop");
}

/// Nobody ever accepts the connection, and the client lets go of its own.
const NEVER_ACCEPTED: Scenario =
    Scenario { client: &[at(When::Now, Call::Connect), at(When::Opened, Call::Leave)], ..Scenario::EMPTY };

#[test]
fn what_is_left_in_a_table_without_a_timer_is_a_deadlock() {
    let found = search(setting(&NEVER_ACCEPTED), &[], Bounds::default());
    assert!(found.is_exhausted && found.run(Property::P6).is_some());
}

/// The reduction of [`cordial_check::world`] stands on this.
#[test]
fn every_wait_of_every_setting_is_a_whole_number_of_grains() {
    let forms = FORMS.iter().map(|form| form.setting());
    let rules = RULES.iter().flat_map(|rule| [rule.on(), rule.without()]);
    for setting in forms.chain(rules) {
        for tcp in [Side::Client, Side::Server].map(|side| setting.config(side).tcp) {
            let rto = tcp.rto;
            for wait in [
                tcp.delayed_ack,
                rto.initial,
                rto.min,
                rto.max,
                tcp.give_up_after,
                tcp.orphan_fin_wait_2,
                tcp.msl,
                MSL,
            ] {
                assert_eq!(wait.as_nanos() % GRAIN.as_nanos(), 0, "{wait:?}");
            }
            assert!(tcp.keepalive.is_none());
        }
    }
}
