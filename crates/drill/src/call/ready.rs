//! poll.

use std::time::Duration;

use cordial_stack::Phase;

use super::{Attempt, arg, bad_argument, needed};
use crate::report::Stop;
use crate::run::Run;
use crate::script::{Call, Value};
use crate::socket::Kind;
use crate::{Said, words};

impl Run {
    /// `poll([{fd=3, events=POLLIN, revents=POLLIN}], 1, TIMEOUT)`: returns as soon as something is ready. One that
    /// waits for nothing looks once.
    ///
    /// `done` tells when it gives up, once it waits.
    pub(super) fn poll(&mut self, call: &Call, done: &mut u64) -> Result<Attempt, Stop> {
        let Some(Value::List(entries)) = arg(call, 0) else { return Err(bad_argument(call, 0)) };
        let entries = entries.clone();
        let timeout = needed(call, 2)?;
        let mut ready = 0;
        let mut seen = Vec::new();
        for entry in &entries {
            let fd = entry.field("fd").and_then(Value::number).ok_or_else(|| bad_argument(call, 0))?;
            let events = words_of(entry.field("events"));
            known_events(&events, EVENTS)?;
            let got = self.readiness(fd, &events);
            ready += i64::from(!got.is_empty());
            seen.push(got);
        }
        if ready == 0 && self.goes_on_waiting(timeout, done) {
            return Ok(Attempt::Waits);
        }
        for (entry, got) in entries.iter().zip(seen) {
            let mut expected = words_of(entry.field("revents"));
            let mut got: Vec<String> = got.into_iter().map(str::to_owned).collect();
            expected.sort();
            got.sort();
            if expected != got {
                let said = Said::new(words::WRONG_VALUE).with("name", "revents").with("got", got.join("|"));
                return Err(Stop::fail(said.with("expected", expected.join("|"))));
            }
        }
        Ok(Attempt::Returns(ready))
    }

    /// Whether a call that found nothing waits: for so many milliseconds, without end if they are fewer than none.
    pub(super) fn goes_on_waiting(&self, timeout: i64, done: &mut u64) -> bool {
        let now = self.now();
        match u64::try_from(timeout) {
            Ok(0) => false,
            Ok(millis) if *done == 0 => {
                *done = (now + Duration::from_millis(millis)).as_nanos();
                true
            }
            Ok(_) => now.as_nanos() < *done,
            Err(_) => true,
        }
    }

    pub(super) fn readiness(&mut self, fd: i64, asked: &[String]) -> Vec<&'static str> {
        let Some(socket) = self.sockets.get(&fd) else { return vec!["POLLNVAL"] };
        let kind = socket.kind;
        let wants = |name: &str| asked.iter().any(|word| word == name);
        let mut got = Vec::new();
        match kind {
            Kind::Fresh => {
                got.extend(wants("POLLOUT").then_some("POLLOUT"));
                got.push("POLLHUP");
            }
            Kind::Listener(listener) => {
                if wants("POLLIN") && self.host().stack.queued(listener) > 0 {
                    got.push("POLLIN");
                }
            }
            Kind::Connection(id) => {
                let Some(info) = self.host().stack.info(id) else { return vec!["POLLNVAL"] };
                let is_opening = matches!(info.phase, Phase::SynSent | Phase::SynReceived);
                let peer_ended = matches!(
                    info.phase,
                    Phase::CloseWait | Phase::LastAck | Phase::Closing | Phase::TimeWait | Phase::Closed
                );
                if wants("POLLIN") && info.readable {
                    got.push("POLLIN");
                }
                if wants("POLLOUT") && info.writable && !is_opening {
                    got.push("POLLOUT");
                }
                if wants("POLLRDHUP") && peer_ended {
                    got.push("POLLRDHUP");
                }
                let both =
                    matches!(info.phase, Phase::Closing | Phase::LastAck | Phase::TimeWait | Phase::Closed);
                if both {
                    got.push("POLLHUP");
                }
                let is_error = info.cause.is_some_and(|cause| cause != cordial_stack::CloseCause::Graceful);
                if is_error && !self.sockets.get(&fd).is_some_and(|socket| socket.is_error_told) {
                    got.push("POLLERR");
                }
            }
        }
        got
    }
}

/// Events that can be asked for.
const EVENTS: &[&str] = &["POLLIN", "POLLOUT", "POLLRDHUP", "POLLERR", "POLLHUP"];

/// Nothing is asked for that is not known.
pub(super) fn known_events(asked: &[String], known: &[&str]) -> Result<(), Stop> {
    match asked.iter().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(Stop::skip(Said::new(words::NO_FLAG).with("name", name))),
        None => Ok(()),
    }
}

pub(super) fn words_of(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Names(names)) => names.clone(),
        _ => Vec::new(),
    }
}
