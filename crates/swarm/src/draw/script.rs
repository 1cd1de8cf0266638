//! What a program does with a connection.

use std::time::Duration;

use cordial_sim::Call;
use cordial_sim::task::When;
use cordial_stack::Half;
use cordial_tcp::Keepalive;

use super::dice::Dice;
use crate::Program;

/// Which of the two speaks first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Asks,
    Answers,
}

/// Adds calls on the connection that the program has.
pub(super) fn script(dice: &mut Dice, role: Role, to: &mut Program) {
    if dice.percent(20) {
        random(dice, to);
        return;
    }
    if dice.percent(6) {
        let probes = keepalive(dice);
        call(dice, to, Call::Keepalive(Some(probes)));
        to.push(When::After(dice.span(0..=400)), Call::Pause);
    }
    match role {
        Role::Asks => ask(dice, to),
        Role::Answers => answer(dice, to),
    }
}

fn ask(dice: &mut Dice, to: &mut Program) {
    let writes = dice.number(1..=3);
    for _ in 0..writes {
        let size = dice.size();
        call(dice, to, Call::Write(size));
    }
    match dice.number(0..=9) {
        // It says when it has said everything, and hears the answer.
        0..=4 => {
            call(dice, to, Call::Shutdown(Half::Write));
            call(dice, to, Call::ReadToEnd);
        }
        // It hears some, or nothing.
        5 => {
            let size = dice.size();
            call(dice, to, Call::Read(size));
        }
        6 => {}
        _ => call(dice, to, Call::ReadToEnd),
    }
    end(dice, to);
}

fn answer(dice: &mut Dice, to: &mut Program) {
    match dice.number(0..=9) {
        0..=4 => call(dice, to, Call::ReadToEnd),
        5..=7 => {
            let size = dice.size();
            call(dice, to, Call::Read(size));
        }
        // It reads nothing.
        _ => {}
    }
    if dice.percent(80) {
        let size = dice.size();
        call(dice, to, Call::Write(size));
    }
    if dice.percent(15) {
        call(dice, to, Call::Shutdown(Half::Write));
        call(dice, to, Call::ReadToEnd);
    }
    end(dice, to);
}

/// Anything in any order.
fn random(dice: &mut Dice, to: &mut Program) {
    for _ in 0..dice.number(0..=5) {
        let next = match dice.number(0..=9) {
            0..=2 => Call::Write(dice.size()),
            3..=4 => Call::Read(dice.size()),
            5 => Call::ReadToEnd,
            6 => Call::Shutdown(*dice.pick(&[Half::Write, Half::Write, Half::Read, Half::Both])),
            7 => Call::Keepalive(dice.percent(70).then(|| keepalive(dice))),
            8 => Call::Nodelay(dice.percent(50)),
            _ => Call::Pause,
        };
        call(dice, to, next);
    }
    end(dice, to);
}

fn end(dice: &mut Dice, to: &mut Program) {
    match dice.number(0..=19) {
        0..=15 => call(dice, to, Call::Close),
        16..=17 => call(dice, to, Call::Abort),
        // It is held until the program ends.
        _ => {}
    }
}

fn keepalive(dice: &mut Dice) -> Keepalive {
    let seconds = |dice: &mut Dice, most| Duration::from_secs(dice.number(1..=most).into());
    Keepalive { idle: seconds(dice, 120), interval: seconds(dice, 20), probes: dice.number(1..=4) as u8 }
}

/// Adds a call, at once or after a while.
fn call(dice: &mut Dice, to: &mut Program, call: Call) {
    let when = match dice.number(0..=19) {
        0..=12 => When::Next,
        13..=16 => When::After(dice.millis(100)),
        17..=18 => When::After(dice.millis(3_000)),
        _ => When::After(dice.span(0..=100)),
    };
    to.push(when, call);
}
