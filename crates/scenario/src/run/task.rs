//! What programs call, as the simulated hosts take it.

use std::collections::BTreeMap;
use std::time::Duration;

use cordial_sim::task::When;
use cordial_sim::{Call as SimCall, Decision, Task, TaskId, World};
use cordial_stack::Answer as StackAnswer;
use cordial_stack::IcmpCode;
use cordial_tcp::Instant;
use cordial_trace::event::Side;

use super::{Made, host};
use crate::program::{Amount, Answer, Call, Program, Start};
use crate::scenario::Scenario;

/// A program that was started.
#[derive(Debug)]
pub(super) struct Started {
    task: TaskId,
    /// Which of the program's steps each of the task's calls is.
    steps: Vec<usize>,
}

/// Starts every program.
pub(super) fn start(scenario: &Scenario, world: &mut World) -> Vec<Started> {
    let start = |program: &Program| {
        let (task, steps) = task_of(program);
        Started { task: world.start(host(program.host), task), steps }
    };
    scenario.programs.iter().map(start).collect()
}

fn task_of(program: &Program) -> (Task, Vec<usize>) {
    let mut task = Task::new();
    let mut steps = Vec::new();
    for (at, step) in program.steps.iter().enumerate() {
        let when = match step.it.start {
            Start::Next => When::Next,
            Start::At(moment) => When::NotBefore(Instant::ZERO + moment),
            Start::After(pause) => When::After(pause),
            Start::Interrupting(moment) => When::Interrupting(Instant::ZERO + moment),
        };
        let Some(call) = call_of(step.it.call, program.host) else { continue };
        if matches!(call, SimCall::Close) && program.reads_along() {
            // Whatever has come is read before it closes, so that nothing lies unread.
            task = task.when(when).call(SimCall::Drain).call(call);
            steps.extend([at, at]);
        } else {
            task = task.when(when).call(call);
            steps.push(at);
        }
    }
    (task, steps)
}

fn call_of(call: Call, side: Side) -> Option<SimCall> {
    Some(match call {
        Call::Listen { port, backlog, answer, thinks, fast_open } => {
            let answer = answer.map(|answer| Decision { answer: answer_of(answer), after: thinks });
            SimCall::Listen { port, backlog, tcp: None, answer, fast_open }
        }
        Call::Connect { from, to, waits } => {
            SimCall::Connect { to: host(side.other()), port: to, from, tcp: None, waits }
        }
        Call::Unlisten { port } => SimCall::Unlisten { port },
        Call::Accept { port } => SimCall::Accept { port },
        Call::Send(octets) => SimCall::Write(octets),
        Call::Read(Amount::Some) => SimCall::ReadSome,
        Call::Read(Amount::Exactly(octets)) => SimCall::Read(octets),
        Call::Read(Amount::End) => SimCall::ReadToEnd,
        // It only says that the program does not read along.
        Call::Read(Amount::Nothing) => return None,
        Call::Shutdown(half) => SimCall::Shutdown(half),
        Call::Close => SimCall::Close,
        Call::Abort => SimCall::Abort,
        Call::Keepalive(keepalive) => SimCall::Keepalive(keepalive),
        Call::NoDelay(nodelay) => SimCall::Nodelay(nodelay),
        Call::Wait => SimCall::Pause,
    })
}

const fn answer_of(answer: Answer) -> StackAnswer {
    match answer {
        Answer::Accept => StackAnswer::Accept,
        Answer::Ignore => StackAnswer::Ignore,
        Answer::Reset => StackAnswer::Reset,
        Answer::Unreachable => StackAnswer::Unreachable(IcmpCode::Host),
        Answer::Prohibited => StackAnswer::Unreachable(IcmpCode::Admin),
    }
}

/// The calls that were made, in the order in which they were made.
pub(super) fn made(scenario: &Scenario, world: &World, started: &[Started]) -> Vec<Made> {
    let mut all = Vec::new();
    for (program, started) in scenario.programs.iter().zip(started) {
        let mut of_step: BTreeMap<usize, Made> = BTreeMap::new();
        for returned in world.returns(started.task) {
            let Some((&at, step)) =
                started.steps.get(returned.step).and_then(|at| Some((at, program.steps.get(*at)?)))
            else {
                continue;
            };
            let result = returned.result.map(drop).map_err(|errno| errno.name());
            of_step.insert(
                at,
                Made {
                    host: program.host,
                    name: step.it.call.name(),
                    called: since(returned.called),
                    returned: Some((since(returned.returned), result)),
                },
            );
        }
        if let Some((step, called)) = world.pending(started.task)
            && let Some(at) = started.steps.get(step)
            && let Some(step) = program.steps.get(*at)
        {
            let (host, name) = (program.host, step.it.call.name());
            of_step.insert(*at, Made { host, name, called: since(called), returned: None });
        }
        all.extend(of_step.into_values());
    }
    // Side by side programs are told apart by who called first; then by their lines.
    all.sort_by_key(|made| made.called);
    all
}

fn since(moment: Instant) -> Duration {
    moment.since(Instant::ZERO)
}
