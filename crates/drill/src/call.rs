//! What each system call does.

mod connection;
mod control;
mod data;
mod epoll;
mod get_option;
mod message;
mod opening;
mod ready;
mod set_option;

use cordial_stack::Instant;

use crate::report::Stop;
use crate::run::Run;
use crate::script::{Call, Value};
use crate::socket::Socket;
use crate::{Said, words};
pub(crate) use epoll::Watched;

/// What came of trying a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Attempt {
    /// It returned this.
    Returns(i64),
    /// It returned -1 with this error.
    Fails(&'static str),
    /// It waits, and is to be tried again.
    Waits,
}

impl Run {
    /// Tries a call. `done` is what it has done so far, for one that waits half way.
    pub(crate) fn attempt(&mut self, call: &Call, done: &mut u64) -> Result<Attempt, Stop> {
        match call.name.as_str() {
            "socket" => self.socket(call),
            "bind" => self.bind(call),
            "listen" => self.listen(call),
            "accept" | "accept4" => self.accept(call),
            "connect" => self.connect(call, done),
            "shutdown" => self.shutdown(call),
            "close" => self.close(call, done),
            "read" | "readv" | "recv" | "recvfrom" | "recvmsg" => self.read(call, done),
            "write" | "writev" | "send" | "sendto" | "sendmsg" => self.write(call, done),
            "fcntl" => self.fcntl(call),
            "ioctl" => self.ioctl(call),
            "getsockopt" => self.get_option(call),
            "setsockopt" => self.set_option(call),
            "poll" => self.poll(call, done),
            "epoll_create" | "epoll_create1" => Ok(self.epoll_create(call)),
            "epoll_ctl" => self.epoll_ctl(call),
            "epoll_wait" => self.epoll_wait(call, done),
            name => Err(Stop::skip(Said::new(words::NO_CALL).with("name", name))),
        }
    }

    /// The socket that an argument names.
    pub(crate) fn held(&self, call: &Call, at: usize) -> Result<(i64, &Socket), Attempt> {
        let fd = number(call, at).unwrap_or(-1);
        self.sockets.get(&fd).map(|socket| (fd, socket)).ok_or(Attempt::Fails("EBADF"))
    }

    /// The number that the script has for what a call makes; the next free one where it does not say.
    fn new_number(&self, call: &Call) -> i64 {
        match call.returns {
            crate::script::Expected::Value(fd) if fd >= 0 => fd,
            _ => {
                let is_free = |fd: &i64| !self.sockets.contains_key(fd) && !self.watches.contains_key(fd);
                (3..).find(is_free).unwrap_or(3)
            }
        }
    }
}

/// When a call that waits for something to be ready, or lingers, gives up; none for others. `done` is what it has done so far.
pub(crate) fn patience(call: &Call, done: u64) -> Option<Instant> {
    let is_limited = matches!(call.name.as_str(), "poll" | "epoll_wait" | "close") && done > 0;
    is_limited.then(|| Instant::from_nanos(done))
}

/// The name of the option that a call sets or asks for. One that is only a number is known to a system, not to us.
fn option_name(call: &Call) -> Result<&str, Stop> {
    match arg(call, 2) {
        Some(Value::Number(number)) => {
            Err(Stop::skip(Said::new(words::NO_SOCKET_OPTION).with("name", number)))
        }
        value => value.and_then(Value::name).ok_or_else(|| bad_argument(call, 2)),
    }
}

/// An argument as a number.
fn number(call: &Call, at: usize) -> Option<i64> {
    arg(call, at)?.number()
}

fn arg(call: &Call, at: usize) -> Option<&Value> {
    call.args.get(at).map(|(_, value)| value)
}

/// An argument as names joined by `|`; none for a zero.
fn names(call: &Call, at: usize) -> Vec<&str> {
    match arg(call, at) {
        Some(Value::Names(names)) => names.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

/// An argument that has to be there as a number.
fn needed(call: &Call, at: usize) -> Result<i64, Stop> {
    number(call, at).ok_or_else(|| bad_argument(call, at))
}

/// An argument is missing, or is nothing that the call takes.
fn bad_argument(call: &Call, at: usize) -> Stop {
    let said = Said::new(words::BAD_ARGUMENT).with("n", at + 1).with("name", &call.name);
    let stop = Stop::fail(said);
    match call.args.get(at) {
        Some((place, _)) => stop.or_at(*place),
        None => stop.or_at(call.at),
    }
}
