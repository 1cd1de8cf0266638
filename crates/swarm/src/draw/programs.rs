//! What programs do.

use std::time::Duration;

use cordial_sim::task::When;
use cordial_sim::{CLIENT, Call, Decision, HostId, SERVER};
use cordial_stack::{Answer, IcmpCode, Instant};

use super::dice::Dice;
use super::script::{Role, script};
use crate::Program;
use crate::plan::PORT;

pub(super) fn draw(dice: &mut Dice, clients: &[HostId]) -> Vec<Program> {
    match dice.number(0..=19) {
        0 => simultaneous_open(dice),
        1 => crowd(dice, clients),
        _ => service(dice, clients),
    }
}

/// Clients call a server.
fn service(dice: &mut Dice, clients: &[HostId]) -> Vec<Program> {
    let mut callers = Vec::new();
    for &host in clients {
        for _ in 0..*dice.pick(&[1, 1, 1, 1, 2, 3]) {
            callers.push(caller(dice, host));
        }
    }
    let connections = callers.iter().map(connects).sum::<usize>();
    let mut programs = server(dice, connections);
    if dice.percent(6) {
        programs.push(closer(dice));
    }
    programs.extend(callers);
    programs
}

fn connects(program: &Program) -> usize {
    program.steps.iter().filter(|step| matches!(step.call, Call::Connect { .. })).count()
}

/// A program that connects, once or a few times in succession; then often from one port.
fn caller(dice: &mut Dice, host: HostId) -> Program {
    let mut program = Program::at(host);
    let from = dice.percent(30).then(|| 40_000 + dice.number(0..=2) as u16);
    if dice.percent(1) {
        return dripper(dice, host);
    }
    let times = if from.is_some() { dice.number(1..=3) } else { *dice.pick(&[1, 1, 1, 2]) };
    let begins = dice.soon();
    for time in 0..times {
        let when = match time {
            0 => When::NotBefore(Instant::ZERO + begins),
            _ if dice.percent(60) => When::After(dice.millis(200)),
            _ => When::After(dice.span(0..=20)),
        };
        let port = if dice.percent(2) { PORT + 1 } else { PORT };
        let waits = !dice.percent(5);
        program.push(when, Call::Connect { to: SERVER, port, from, tcp: None, waits });
        script(dice, Role::Asks, &mut program);
    }
    program
}

/// A program that sends many single octets: what is lost leaves many holes.
fn dripper(dice: &mut Dice, host: HostId) -> Program {
    let mut program = Program::at(host);
    program.push(When::Next, Call::Connect { to: SERVER, port: PORT, from: None, tcp: None, waits: true });
    program.push(When::Next, Call::Nodelay(true));
    for _ in 0..dice.number(100..=600) {
        program.push(When::Next, Call::Write(1));
    }
    script(dice, Role::Asks, &mut program);
    program
}

/// Somebody who listens, and as many as it takes who accept.
fn server(dice: &mut Dice, connections: usize) -> Vec<Program> {
    let backlog = *dice.pick(&[None, None, Some(1), Some(4), Some(16)]);
    let late = if dice.percent(8) { dice.millis(1_500) } else { Duration::ZERO };
    let mut listener = Program::at(SERVER);
    let answer = dice.percent(3).then(|| {
        let answer = if dice.percent(30) { Answer::Accept } else { *dice.pick(&ANSWERS) };
        let after = if dice.percent(50) { dice.millis(5_000) } else { Duration::ZERO };
        Decision { answer, after }
    });
    listener.push(
        When::NotBefore(Instant::ZERO + late),
        Call::Listen { port: PORT, backlog, tcp: None, answer, fast_open: None },
    );
    let mut programs = vec![listener];
    // One that takes them all in succession, or one for each.
    let workers = if dice.percent(30) { 1 } else { connections };
    for worker in 0..workers {
        // The first has listened; others accept once it has.
        let mut program = match worker {
            0 => programs.pop().unwrap_or_else(|| Program::at(SERVER)),
            _ => Program::at(SERVER),
        };
        for _ in 0..connections / workers.max(1) {
            let when = match dice.number(0..=9) {
                0..=7 if worker == 0 => When::Next,
                0..=7 => When::NotBefore(Instant::ZERO + late + Duration::from_micros(1)),
                _ => When::After(late + dice.millis(4_000)),
            };
            program.push(when, Call::Accept { port: PORT });
            script(dice, Role::Answers, &mut program);
        }
        programs.push(program);
    }
    programs
}

/// How a listener may refuse.
pub(super) const ANSWERS: [Answer; 4] = [
    Answer::Ignore,
    Answer::Reset,
    Answer::Unreachable(IcmpCode::Host),
    Answer::Unreachable(IcmpCode::Admin),
];

fn listen(backlog: Option<u32>) -> Call {
    Call::Listen { port: PORT, backlog, tcp: None, answer: None, fast_open: None }
}

/// Somebody who takes the listener away, and perhaps puts it back.
fn closer(dice: &mut Dice) -> Program {
    let mut program = Program::at(SERVER);
    program.push(When::NotBefore(Instant::ZERO + dice.soon()), Call::Unlisten { port: PORT });
    if dice.percent(50) {
        program.push(When::After(dice.millis(2_000)), listen(None));
        program.push(When::Next, Call::Accept { port: PORT });
        script(dice, Role::Answers, &mut program);
    }
    program
}

/// Many at once at a small door.
fn crowd(dice: &mut Dice, clients: &[HostId]) -> Vec<Program> {
    let count = dice.number(3..=8);
    let mut listener = Program::at(SERVER);
    listener.push(When::Next, listen(Some(dice.number(1..=3))));
    let mut programs = vec![listener];
    let patience = dice.span(0..=20);
    for _ in 0..count {
        let mut worker = Program::at(SERVER);
        worker.push(When::NotBefore(Instant::ZERO + patience), Call::Accept { port: PORT });
        script(dice, Role::Answers, &mut worker);
        programs.push(worker);
    }
    for _ in 0..count {
        let host = *dice.pick(clients);
        programs.push(caller(dice, host));
    }
    programs
}

/// Both call each other.
fn simultaneous_open(dice: &mut Dice) -> Vec<Program> {
    let begins = dice.millis(20);
    let most = if dice.percent(70) { 2 } else { 100 };
    let other = begins + dice.millis(most);
    let mut end = |host, to, (from, port), at, role| {
        let mut program = Program::at(host);
        let call = Call::Connect { to, port, from: Some(from), tcp: None, waits: true };
        program.push(When::NotBefore(Instant::ZERO + at), call);
        script(dice, role, &mut program);
        program
    };
    let (client, server) = (40_000, 50_000);
    vec![
        end(CLIENT, SERVER, (client, server), begins, Role::Asks),
        end(SERVER, CLIENT, (server, client), other, Role::Answers),
    ]
}

/// After a reboot the host's programs begin again.
pub(super) fn after_reboot(dice: &mut Dice, host: HostId, at: Duration) -> Vec<Program> {
    let begins = When::NotBefore(Instant::ZERO + at + dice.millis(500));
    let mut program = Program::at(host);
    let role = match host {
        SERVER => {
            program.push(begins, listen(None));
            program.push(When::Next, Call::Accept { port: PORT });
            Role::Answers
        }
        _ => {
            let from = dice.percent(60).then(|| 40_000 + dice.number(0..=2) as u16);
            program.push(begins, Call::Connect { to: SERVER, port: PORT, from, tcp: None, waits: true });
            Role::Asks
        }
    };
    script(dice, role, &mut program);
    vec![program]
}
