//! What programs called and what came of it, with the connection each call was about.

use cordial_sim::task::When;
use cordial_sim::{Call, Errno, HostId, Socket, Value};
use cordial_stack::Instant;

use crate::build::Built;
use crate::{Plan, Program};

/// A call that was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Act<'a> {
    pub host: HostId,
    /// The connection it was about or made; none if there was none, or it is not known.
    pub socket: Option<Socket>,
    /// Why the program has no connection, if it could not open one.
    pub failed: Option<Errno>,
    pub call: &'a Call,
    pub called: Instant,
    /// When it returned, and what; none if it has not.
    pub returned: Option<(Instant, Result<Value, Errno>)>,
}

/// All calls of all programs, each program's in order.
pub(crate) fn acts<'a>(plan: &'a Plan, built: &Built) -> Vec<Act<'a>> {
    let mut acts = Vec::new();
    for (program, &task) in plan.programs.iter().zip(&built.tasks) {
        let (mut socket, mut failed) = (None, None);
        let mut since = Instant::ZERO;
        let returns = built.world.returns(task);
        for returned in returns {
            let Some(step) = program.steps.get(returned.step) else { continue };
            match (&step.call, returned.result) {
                (_, Ok(Value::Socket(made))) => (socket, failed) = (Some(made), None),
                (Call::Connect { .. }, Err(errno)) => (socket, failed) = (None, Some(errno)),
                _ => {}
            }
            since = returned.returned;
            acts.push(Act {
                host: program.host,
                socket,
                failed,
                call: &step.call,
                called: returned.called,
                returned: Some((returned.returned, returned.result)),
            });
        }
        let is_waiting = built.world.waiting().any(|(waiting, _)| waiting == task);
        if let Some(waits) = waits(program, returns.len(), since).filter(|_| is_waiting) {
            acts.push(Act { socket, failed, ..waits });
        }
    }
    acts
}

/// The call that a program is in.
fn waits(program: &Program, step: usize, since: Instant) -> Option<Act<'_>> {
    let step = program.steps.get(step)?;
    let called = match step.when {
        When::Next => since,
        When::NotBefore(at) | When::Interrupting(at) => since.max(at),
        When::After(pause) => since + pause,
    };
    Some(Act { host: program.host, socket: None, failed: None, call: &step.call, called, returned: None })
}
