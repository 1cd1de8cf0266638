//! read, write and their relatives.

use cordial_stack::{Phase, ReadError, WriteError};

use super::message::refuse_control;
use super::opening::waits_or;
use super::{Attempt, arg, bad_argument, names, needed};
use crate::report::Stop;
use crate::run::Run;
use crate::script::{Call, Value};
use crate::{Said, words};

/// What is written: zeros, so that whatever comes out can be told to be right.
static ZEROS: [u8; 16_384] = [0; 16_384];

/// Flags of a call that reads or writes, as far as this stack has them.
#[derive(Clone, Copy, Default)]
struct Flags {
    peeks: bool,
    never_waits: bool,
    waits_for_all: bool,
    asks_for_errors: bool,
    is_urgent: bool,
}

impl Run {
    /// `done` counts the octets that a call which waits for all of them has had.
    pub(super) fn read(&mut self, call: &Call, done: &mut u64) -> Result<Attempt, Stop> {
        let attempt = self.take(call, done)?;
        if let (Attempt::Returns(_), "recvmsg", Ok((fd, id))) =
            (attempt, call.name.as_str(), self.connected(call))
        {
            self.check_control(call, fd, id)?;
        }
        Ok(attempt)
    }

    fn take(&mut self, call: &Call, done: &mut u64) -> Result<Attempt, Stop> {
        let (len, flags) = (self.wanted(call)?, flags(call)?);
        let (fd, id) = match self.connected(call) {
            Ok(connected) => connected,
            Err(attempt) => return Ok(attempt),
        };
        if flags.asks_for_errors {
            // Nothing ever comes into that queue.
            return Ok(Attempt::Fails("EAGAIN"));
        }
        let is_nonblocking = flags.never_waits || self.is_nonblocking(fd);
        let now = self.now();
        let Some(info) = self.host().stack.info(id) else { return Ok(Attempt::Fails("EBADF")) };
        if flags.peeks && info.vars.unread > 0 {
            return Ok(Attempt::Returns(len.min(u64::from(info.vars.unread)) as i64));
        }
        while *done < len {
            let left = len - *done;
            let take = |slices: &[&[u8]]| {
                let there: usize = slices.iter().map(|slice| slice.len()).sum();
                let taken = there.min(usize::try_from(left).unwrap_or(usize::MAX));
                (taken, taken)
            };
            match self.host().stack.read_with(now, id, take) {
                Ok(taken) => *done += taken as u64,
                Err(ReadError::WouldBlock) if *done > 0 && !flags.waits_for_all => break,
                Err(ReadError::WouldBlock) => return Ok(waits_or(is_nonblocking, "EAGAIN")),
                Err(ReadError::End) => break,
                Err(ReadError::Closed(_)) if *done > 0 => break,
                Err(ReadError::Closed(_)) => {
                    let error = self.take_error(fd, &info);
                    return Ok(error.map_or(Attempt::Returns(0), Attempt::Fails));
                }
            }
        }
        Ok(Attempt::Returns(*done as i64))
    }

    /// `done` counts the octets that a call which waits for room has written.
    pub(super) fn write(&mut self, call: &Call, done: &mut u64) -> Result<Attempt, Stop> {
        let (len, flags) = (self.wanted(call)?, flags(call)?);
        let (fd, id) = match self.connected(call) {
            Ok(connected) => connected,
            Err(Attempt::Fails("ENOTCONN")) => return Ok(Attempt::Fails("EPIPE")),
            Err(attempt) => return Ok(attempt),
        };
        let is_nonblocking = flags.never_waits || self.is_nonblocking(fd);
        let now = self.now();
        let Some(info) = self.host().stack.info(id) else { return Ok(Attempt::Fails("EBADF")) };
        if info.phase == Phase::SynSent && self.rules.profile.write_waits_for_open() {
            return Ok(waits_or(is_nonblocking, "EAGAIN"));
        }
        while *done < len {
            let piece = ZEROS.len().min((len - *done) as usize);
            let zeros = ZEROS.get(..piece).unwrap_or_default();
            let is_last = *done + piece as u64 == len;
            let written = match flags.is_urgent && is_last {
                true => self.host().stack.write_urgent(now, id, zeros),
                false => self.host().stack.write(now, id, &[zeros]),
            };
            match written {
                Ok(0) if is_nonblocking && *done > 0 => break,
                Ok(0) => return Ok(waits_or(is_nonblocking, "EAGAIN")),
                Ok(taken) => {
                    *done += taken as u64;
                    // Each piece goes out as it is written, as it would from a buffer in one.
                }
                Err(_) if *done > 0 => break,
                Err(WriteError::Shutdown) => return Ok(Attempt::Fails("EPIPE")),
                Err(WriteError::NoMemory) => return Ok(Attempt::Fails("ENOBUFS")),
                Err(WriteError::Closed(_)) => {
                    let error = self.take_error(fd, &info);
                    return Ok(Attempt::Fails(error.unwrap_or("EPIPE")));
                }
            }
        }
        Ok(Attempt::Returns(*done as i64))
    }

    fn is_nonblocking(&self, fd: i64) -> bool {
        self.sockets.get(&fd).is_some_and(|socket| socket.is_nonblocking)
    }

    /// How many octets a call is about.
    fn wanted(&self, call: &Call) -> Result<u64, Stop> {
        let len = match call.name.as_str() {
            "readv" | "writev" => Some(vector(arg(call, 1))),
            "recvmsg" | "sendmsg" => {
                if call.name == "sendmsg" {
                    refuse_control(call)?;
                }
                Some(vector(arg(call, 1).and_then(|message| message.field("msg_iov"))))
            }
            _ => None,
        };
        match len {
            None => u64::try_from(needed(call, 2)?).map_err(|_| bad_argument(call, 2)),
            Some(len) => len.ok_or_else(|| bad_argument(call, 1)),
        }
    }
}

/// Octets of all pieces: `[{..., 100}, {..., 200}]`.
fn vector(pieces: Option<&Value>) -> Option<u64> {
    let Some(Value::List(pieces)) = pieces else { return None };
    pieces.iter().try_fold(0_u64, |sum, piece| {
        let Value::Record(fields) = piece else { return None };
        sum.checked_add(u64::try_from(fields.last()?.value.number()?).ok()?)
    })
}

fn flags(call: &Call) -> Result<Flags, Stop> {
    let at = match call.name.as_str() {
        "recv" | "send" | "recvfrom" | "sendto" => 3,
        "recvmsg" | "sendmsg" => 2,
        _ => return Ok(Flags::default()),
    };
    let mut flags = Flags::default();
    for name in names(call, at) {
        match name {
            "MSG_PEEK" => flags.peeks = true,
            "MSG_DONTWAIT" => flags.never_waits = true,
            "MSG_WAITALL" => flags.waits_for_all = true,
            // Urgent octets are read in line only.
            "MSG_OOB" if call.name.starts_with("send") => flags.is_urgent = true,
            "MSG_ERRQUEUE" => flags.asks_for_errors = true,
            // No signal would come anyhow.
            "MSG_NOSIGNAL" => {}
            _ => return Err(Stop::skip(Said::new(words::NO_FLAG).with("name", name))),
        }
    }
    Ok(flags)
}
