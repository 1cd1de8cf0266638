//! Scenarios of a kind: what chance alone hardly ever gets to.
//!
//! A few seeds in a hundred are made for one rare thing each. The rest of the plan is as plain as that thing allows.

use std::time::Duration;

use cordial_sim::task::When;
use cordial_sim::{CLIENT, Call, Decision, Link, SERVER, Target};
use cordial_stack::{Answer, Instant};
use cordial_trace::event::Side;

use super::LONG;
use super::dice::Dice;
use super::programs::ANSWERS;
use crate::plan::PORT;
use crate::{Deed, Fault, Mishap, Plan, Program, Setting, Shape, Trouble};

/// Of so many seeds one is of each kind.
const EVERY: u64 = 64;

/// Makes the plan one of a kind, if it is its seed's turn. The turns lie where records are looked at.
pub(super) fn steer(dice: &mut Dice, plan: &mut Plan) {
    let make: fn(&mut Dice, &mut Plan) = match plan.seed % EVERY {
        4 => holes,
        20 => undecided,
        36 => amnesia,
        _ => return,
    };
    plan.shape = Shape::Direct;
    plan.wires = vec![[Link::with_delay(Duration::from_millis(20)); 2]];
    plan.settings = vec![Vec::new(), Vec::new()];
    plan.programs.clear();
    plan.faults.clear();
    plan.forgeries.clear();
    plan.mishaps.clear();
    plan.heals = Duration::from_secs(20);
    make(dice, plan);
    plan.ends = plan.heals + LONG;
}

/// Single octets in quick succession, of which many are lost: more holes than anybody keeps.
fn holes(dice: &mut Dice, plan: &mut Plan) {
    let [there, back] = [60, 60].map(|delay| Link::with_delay(Duration::from_millis(delay)));
    plan.wires = vec![[there.lossy(40.0), back]];
    let mut client = Program::at(CLIENT);
    client.push(When::Next, connect(None));
    client.push(When::Next, Call::Nodelay(true));
    for _ in 0..dice.number(350..=600) {
        client.push(When::After(Duration::from_micros(100)), Call::Write(1));
    }
    client.push(When::Next, Call::Close);
    let mut server = Program::at(SERVER);
    server.push(When::Next, listen(None));
    serve(&mut server);
    plan.programs = vec![server, client];
}

/// A listener that thinks, where few SYNs may wait for that.
fn undecided(dice: &mut Dice, plan: &mut Plan) {
    plan.settings[usize::from(SERVER.0)].push(Setting::Undecided(dice.number(1..=2)));
    let answer = if dice.percent(70) { Answer::Accept } else { *dice.pick(&ANSWERS) };
    let after = Duration::from_millis(200) + dice.millis(3_000);
    let mut listener = Program::at(SERVER);
    listener.push(When::Next, listen(Some(Decision { answer, after })));
    plan.programs.push(listener);
    for _ in 0..dice.number(2..=4) {
        let mut server = Program::at(SERVER);
        // The listener is there once everything that is done at once is done.
        server.push(When::NotBefore(Instant::ZERO + Duration::from_micros(1)), Call::Pause);
        serve(&mut server);
        let mut client = Program::at(CLIENT);
        client.push(When::NotBefore(Instant::ZERO + dice.millis(100)), connect(None));
        client.push(When::Next, Call::Write(dice.size().min(3_000)));
        client.push(When::Next, Call::Close);
        plan.programs.extend([server, client]);
    }
}

/// A client that loses its memory calls again from the port it had: the server still holds the connection, or waits in
/// TIME-WAIT.
fn amnesia(dice: &mut Dice, plan: &mut Plan) {
    let from = Some(40_000);
    let waits = dice.percent(60);
    if dice.percent(70) {
        plan.settings[usize::from(CLIENT.0)].push(Setting::NoTimestamps);
    }
    let mut client = Program::at(CLIENT);
    client.push(When::Next, connect(from));
    let mut server = Program::at(SERVER);
    server.push(When::Next, listen(None));
    server.push(When::Next, Call::Accept { port: PORT });
    if waits {
        // The server closes first.
        server.push(When::Next, Call::Write(100));
        server.push(When::Next, Call::Close);
        client.push(When::Next, Call::ReadToEnd);
        client.push(When::Next, Call::Close);
    } else {
        client.push(When::Next, Call::Write(100));
        client.push(When::After(Duration::from_secs(100)), Call::Pause);
        server.push(When::Next, Call::ReadToEnd);
        server.push(When::Next, Call::Close);
    }
    let (at, lasts) = (Duration::from_secs(1) + dice.millis(2_000), dice.millis(2_000));
    plan.mishaps.push(Mishap { trouble: Trouble::Crash(CLIENT), at, lasts });
    let calls = at + lasts + dice.millis(500);
    if waits {
        // Its goodbye comes again while it calls: TIME-WAIT repeats its ACK, and the client denies it.
        let target = Target::new(Side::Client, 3);
        let after = calls - Duration::from_millis(60) + dice.millis(800);
        plan.faults.push(Fault { target, deed: Deed::Duplicate(after) });
    }
    let mut again = Program::at(CLIENT);
    again.push(When::NotBefore(Instant::ZERO + calls), connect(from));
    again.push(When::Next, Call::Write(100));
    again.push(When::Next, Call::Close);
    let mut second = Program::at(SERVER);
    second.push(When::NotBefore(Instant::ZERO + Duration::from_millis(900)), Call::Pause);
    serve(&mut second);
    plan.programs = vec![server, client, second, again];
}

const fn connect(from: Option<u16>) -> Call {
    Call::Connect { to: SERVER, port: PORT, from, tcp: None, waits: true }
}

const fn listen(answer: Option<Decision>) -> Call {
    Call::Listen { port: PORT, backlog: None, tcp: None, answer, fast_open: None }
}

/// Takes one connection, and hears it out.
fn serve(program: &mut Program) {
    program.push(When::Next, Call::Accept { port: PORT });
    program.push(When::Next, Call::ReadToEnd);
    program.push(When::Next, Call::Close);
}
