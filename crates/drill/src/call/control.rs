//! fcntl and ioctl.

use super::{Attempt, arg, bad_argument, names};
use crate::report::Stop;
use crate::run::Run;
use crate::script::{Call, Value};
use crate::{Profile, Said, words};

/// O_RDWR, everywhere.
const READ_WRITE: i64 = 2;

impl Run {
    pub(super) fn fcntl(&mut self, call: &Call) -> Result<Attempt, Stop> {
        let (fd, socket) = match self.held(call, 0) {
            Ok(held) => held,
            Err(attempt) => return Ok(attempt),
        };
        // The one flag that matters has another number on each system.
        let bit = if self.rules.profile == Profile::FreeBsd { 0x4 } else { 0x800 };
        match arg(call, 1).and_then(Value::name) {
            Some("F_GETFL") => Ok(Attempt::Returns(READ_WRITE | if socket.is_nonblocking { bit } else { 0 })),
            Some("F_SETFL") => {
                let asked = match arg(call, 2) {
                    Some(Value::Names(_)) => names(call, 2).contains(&"O_NONBLOCK"),
                    Some(Value::Number(flags)) => flags & bit != 0,
                    _ => return Err(bad_argument(call, 2)),
                };
                if let Some(socket) = self.sockets.get_mut(&fd) {
                    socket.is_nonblocking = asked;
                }
                Ok(Attempt::Returns(0))
            }
            Some(name) => Err(Stop::skip(Said::new(words::NO_FLAG).with("name", name))),
            None => Err(bad_argument(call, 1)),
        }
    }

    pub(super) fn ioctl(&mut self, call: &Call) -> Result<Attempt, Stop> {
        let (_, id) = match self.connected(call) {
            Ok(connected) => connected,
            Err(attempt) => return Ok(attempt),
        };
        let Some(info) = self.host().stack.info(id) else { return Ok(Attempt::Fails("EBADF")) };
        let request = arg(call, 1).and_then(Value::name).ok_or_else(|| bad_argument(call, 1))?;
        let got = match request {
            "SIOCATMARK" => u32::from(self.host().stack.at_mark(id)),
            "SIOCINQ" | "FIONREAD" => info.vars.unread,
            "SIOCOUTQ" | "TIOCOUTQ" | "FIONWRITE" => info.vars.queued,
            _ => return Err(Stop::skip(Said::new(words::NO_FLAG).with("name", request))),
        };
        match arg(call, 2) {
            None | Some(Value::Any) => {}
            Some(value) => {
                let expected = value.boxed_number().ok_or_else(|| bad_argument(call, 2))?;
                if expected != i64::from(got) {
                    let said = Said::new(words::WRONG_VALUE).with("name", request).with("got", got);
                    return Err(Stop::fail(said.with("expected", expected)));
                }
            }
        }
        Ok(Attempt::Returns(0))
    }
}
