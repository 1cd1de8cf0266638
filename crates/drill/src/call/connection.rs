//! shutdown and close, and what both ask of a socket.

use std::time::Duration;

use cordial_stack::{ConnId, Half, Info, Phase};

use super::{Attempt, arg, bad_argument, number};
use crate::report::Stop;
use crate::run::Run;
use crate::script::{Call, Value};
use crate::socket::{Kind, errno};

impl Run {
    pub(super) fn shutdown(&mut self, call: &Call) -> Result<Attempt, Stop> {
        let (_, id) = match self.connected(call) {
            Ok(connected) => connected,
            Err(attempt) => return Ok(attempt),
        };
        let half = match arg(call, 1) {
            Some(Value::Names(names)) if names == &["SHUT_RD"] => Half::Read,
            Some(Value::Names(names)) if names == &["SHUT_WR"] => Half::Write,
            Some(Value::Names(names)) if names == &["SHUT_RDWR"] => Half::Both,
            Some(Value::Number(0)) => Half::Read,
            Some(Value::Number(1)) => Half::Write,
            Some(Value::Number(2)) => Half::Both,
            _ => return Err(bad_argument(call, 1)),
        };
        let now = self.now();
        let phase = self.host().stack.info(id).map_or(Phase::Closed, |info| info.phase);
        if matches!(phase, Phase::Closed | Phase::SynSent) {
            return Ok(Attempt::Fails("ENOTCONN"));
        }
        self.host().stack.shutdown(now, id, half);
        Ok(Attempt::Returns(0))
    }

    /// Whether a close still waits for what was written to be delivered, and for how long: `done` is when it began, in
    /// nanoseconds, once it has.
    fn lingers(&mut self, id: ConnId, time: Duration, done: &mut u64) -> bool {
        let now = self.now();
        let Some(info) = self.host().stack.info(id) else { return false };
        if *done == 0 {
            if info.vars.unread > 0 {
                return false;
            }
            self.host().stack.shutdown(now, id, Half::Write);
            *done = (now + time).as_nanos();
        }
        let Some(info) = self.host().stack.info(id) else { return false };
        let delivered = info.cause.is_some() || matches!(info.phase, Phase::FinWait2 | Phase::TimeWait);
        !delivered && now.as_nanos() < *done
    }

    pub(super) fn close(&mut self, call: &Call, done: &mut u64) -> Result<Attempt, Stop> {
        if number(call, 0).is_some_and(|fd| self.watches.remove(&fd).is_some()) {
            return Ok(Attempt::Returns(0));
        }
        let (fd, socket) = match self.held(call, 0) {
            Ok(held) => held,
            Err(attempt) => return Ok(attempt),
        };
        let (kind, linger) = (socket.kind, socket.asked.linger);
        let now = self.now();
        if let (Kind::Connection(id), Some(time)) = (kind, linger)
            && !time.is_zero()
            && self.lingers(id, time, done)
        {
            return Ok(Attempt::Waits);
        }
        match kind {
            Kind::Fresh => {}
            Kind::Listener(listener) => self.host().stack.close_listener(now, listener),
            Kind::Connection(id) => {
                // A linger of no time gives the connection up (as every sockets API has it; RFC 9293 §3.9.1.5).
                if linger == Some(Duration::ZERO) {
                    self.host().stack.abort(now, id);
                }
                self.host().stack.release(now, id);
            }
        }
        self.sockets.remove(&fd);
        self.watches.values_mut().for_each(|watched| watched.forget(fd));
        Ok(Attempt::Returns(0))
    }

    /// The connection that a call is about.
    pub(super) fn connected(&self, call: &Call) -> Result<(i64, ConnId), Attempt> {
        let (fd, socket) = self.held(call, 0)?;
        match socket.kind {
            Kind::Connection(id) => Ok((fd, id)),
            _ => Err(Attempt::Fails("ENOTCONN")),
        }
    }

    /// The error that ended a connection, told once; none if none did, or it was told.
    pub(super) fn take_error(&mut self, fd: i64, info: &Info) -> Option<&'static str> {
        use cordial_stack::CloseCause as Cause;
        let cause = info
            .cause
            .filter(|cause| !matches!(cause, Cause::Graceful | Cause::Aborted | Cause::UnreadData))?;
        let socket = self.sockets.get_mut(&fd).filter(|socket| !socket.is_error_told)?;
        socket.is_error_told = true;
        Some(errno(cause))
    }
}
