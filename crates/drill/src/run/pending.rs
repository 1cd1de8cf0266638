//! Calls, and those of them that wait.

use std::time::Duration;

use cordial_stack::Instant;

use super::Run;
use crate::call::{Attempt, patience};
use crate::host::Host;
use crate::report::Stop;
use crate::script::{Call, Expected, Place};
use crate::{Said, words};

/// A call that has not returned.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    at: Place,
    call: Call,
    /// Octets that it has moved so far; for a connect, that it has been begun.
    done: u64,
    /// Whether the script gives it time.
    may_wait: bool,
    /// When it must return.
    until: Instant,
    tolerance: Duration,
}

impl Run {
    /// The application calls. With `until` the call may wait, and then has to return at that moment.
    pub(super) fn call(
        &mut self,
        at: Place,
        call: &Call,
        until: Option<Instant>,
        tolerance: Duration,
    ) -> Result<(), Stop> {
        let may_wait = until.is_some();
        let pending = Pending {
            at,
            call: call.clone(),
            done: 0,
            may_wait,
            until: until.unwrap_or(self.now()),
            tolerance: tolerance.max(until.map_or(Duration::ZERO, |until| until.since(self.now()) / 8)),
        };
        self.pending = Some(pending);
        self.settle()?;
        if self.pending.is_some() && !may_wait {
            // It may still return in the time that anything has; then it waits for what the script never does.
            return self.finish_pending();
        }
        Ok(())
    }

    /// Tries the call that waits, if one does, and looks at what it returns.
    pub(super) fn settle(&mut self) -> Result<(), Stop> {
        let Some(mut pending) = self.pending.take() else { return Ok(()) };
        let Pending { at, until, tolerance, .. } = pending;
        let attempt = self.attempt(&pending.call, &mut pending.done).map_err(|stop| stop.or_at(at))?;
        // What the call gave the stack to send goes out at once.
        if let Some(host) = &mut self.host {
            host.pump();
        }
        let now = self.now();
        if attempt == Attempt::Waits {
            if now > until + tolerance {
                let phrase = if pending.may_wait { words::NOT_RETURNED } else { words::STILL_WAITS };
                let said = Said::new(phrase).with("name", &pending.call.name);
                return Err(Stop::fail(said).or_at(at));
            }
            self.pending = Some(pending);
            return Ok(());
        }
        if now + tolerance < until {
            let said = Said::new(words::RETURNED_EARLY).with("name", &pending.call.name);
            let by = format!("{:.3}", until.since(now).as_secs_f64());
            return Err(Stop::fail(said.with("by", by)).or_at(at));
        }
        check_return(&pending.call, attempt).map_err(|stop| stop.or_at(at))
    }

    /// Time passes: to `limit`, or to the next moment before it at which a timer is due or a call has waited long enough.
    /// False once `limit` is reached.
    pub(super) fn step_towards(&mut self, limit: Instant) -> bool {
        let now = self.now();
        let patience = self.pending.as_ref().and_then(|pending| patience(&pending.call, pending.done));
        let stop = patience.filter(|&end| end > now && end < limit);
        self.host().step(stop.unwrap_or(limit)) || stop.is_some()
    }

    /// Lets time pass until no call waits.
    pub(super) fn finish_pending(&mut self) -> Result<(), Stop> {
        let Some(pending) = &self.pending else { return Ok(()) };
        // A little past what is allowed, where waiting becomes a failure.
        let limit = pending.until + pending.tolerance + Duration::from_nanos(1);
        for _ in 0..Host::most_steps() {
            if self.pending.is_none() {
                return Ok(());
            }
            self.step_towards(limit);
            self.settle()?;
        }
        Err(Stop::fail(words::RESTLESS))
    }
}

/// Compares what a call returned with what it was to return.
fn check_return(call: &Call, attempt: Attempt) -> Result<(), Stop> {
    let got = match attempt {
        Attempt::Returns(value) => Expected::Value(value),
        Attempt::Fails(name) => Expected::Error(name.to_owned()),
        Attempt::Waits => Expected::Any,
    };
    if call.returns == Expected::Any || call.returns == got {
        return Ok(());
    }
    let said = Said::new(words::WRONG_RETURN).with("name", &call.name).with("got", got);
    Err(Stop::fail(said.with("expected", &call.returns)))
}
