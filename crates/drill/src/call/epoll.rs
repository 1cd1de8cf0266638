//! epoll: a set of sockets that is watched.

use std::collections::BTreeMap;

use super::ready::{known_events, words_of};
use super::{Attempt, arg, bad_argument, needed};
use crate::report::Stop;
use crate::run::Run;
use crate::script::{Call, Value};
use crate::{Said, words};

/// The sockets that one epoll watches, each with what is asked of it, in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watched {
    sockets: BTreeMap<i64, Watch>,
}

#[derive(Clone, Debug)]
struct Watch {
    /// By the names that poll has for them.
    events: Vec<String>,
    /// Once it was told it is not told again before it is asked for anew.
    is_once: bool,
    is_over: bool,
}

impl Watched {
    /// A socket was closed.
    pub(crate) fn forget(&mut self, fd: i64) {
        self.sockets.remove(&fd);
    }
}

impl Run {
    pub(super) fn epoll_create(&mut self, call: &Call) -> Attempt {
        let fd = self.new_number(call);
        self.watches.insert(fd, Watched::default());
        Attempt::Returns(fd)
    }

    /// `epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4})`
    pub(super) fn epoll_ctl(&mut self, call: &Call) -> Result<Attempt, Stop> {
        let (epoll, fd) = (needed(call, 0)?, needed(call, 2)?);
        let deed = arg(call, 1).and_then(Value::name).ok_or_else(|| bad_argument(call, 1))?;
        if !self.sockets.contains_key(&fd) {
            return Ok(Attempt::Fails("EBADF"));
        }
        let Some(watched) = self.watches.get_mut(&epoll) else { return Ok(Attempt::Fails("EBADF")) };
        match (deed, watched.sockets.contains_key(&fd)) {
            ("EPOLL_CTL_ADD", true) => return Ok(Attempt::Fails("EEXIST")),
            ("EPOLL_CTL_MOD" | "EPOLL_CTL_DEL", false) => return Ok(Attempt::Fails("ENOENT")),
            ("EPOLL_CTL_ADD" | "EPOLL_CTL_MOD", _) => drop(watched.sockets.insert(fd, Watch::of(call)?)),
            ("EPOLL_CTL_DEL", true) => watched.forget(fd),
            _ => return Err(bad_argument(call, 1)),
        }
        Ok(Attempt::Returns(0))
    }

    /// `epoll_wait(5, {events=EPOLLIN, fd=4}, 1, TIMEOUT)`, with a list for more than one. `done` tells when it gives up.
    pub(super) fn epoll_wait(&mut self, call: &Call, done: &mut u64) -> Result<Attempt, Stop> {
        let (epoll, most, timeout) = (needed(call, 0)?, needed(call, 2)?, needed(call, 3)?);
        let Some(mut watched) = self.watches.get(&epoll).cloned() else { return Ok(Attempt::Fails("EBADF")) };
        let most = usize::try_from(most).ok().filter(|most| *most > 0);
        let Some(most) = most else { return Ok(Attempt::Fails("EINVAL")) };
        let mut told = Vec::new();
        for (&fd, watch) in watched.sockets.iter_mut().filter(|(_, watch)| !watch.is_over) {
            let mut events = self.readiness(fd, &watch.events);
            if !events.is_empty() && told.len() < most {
                events.sort_unstable();
                told.push((fd, events.join("|")));
                watch.is_over = watch.is_once;
            }
        }
        if told.is_empty() && self.goes_on_waiting(timeout, done) {
            return Ok(Attempt::Waits);
        }
        self.watches.insert(epoll, watched);
        compare(call, &told)?;
        Ok(Attempt::Returns(told.len() as i64))
    }
}

impl Watch {
    fn of(call: &Call) -> Result<Self, Stop> {
        let record = arg(call, 3).filter(|record| matches!(record, Value::Record(_)));
        let asked = words_of(record.ok_or_else(|| bad_argument(call, 3))?.field("events"));
        known_events(&asked, EVENTS)?;
        let is_once = asked.iter().any(|name| name == "EPOLLONESHOT");
        Ok(Self { events: asked.iter().map(|name| polled(name)).collect(), is_once, is_over: false })
    }
}

/// Events that can be asked for; by edge is beyond what can be told from states.
const EVENTS: &[&str] = &["EPOLLIN", "EPOLLOUT", "EPOLLRDHUP", "EPOLLERR", "EPOLLHUP", "EPOLLONESHOT"];

/// `EPOLLIN` by the name that poll has for it.
fn polled(name: &str) -> String {
    name.trim_start_matches('E').to_owned()
}

/// What was told is what the call expects, where it expects something.
fn compare(call: &Call, told: &[(i64, String)]) -> Result<(), Stop> {
    let records = match arg(call, 1) {
        None => return Err(bad_argument(call, 1)),
        Some(Value::Any) => return Ok(()),
        Some(Value::List(records)) => records.as_slice(),
        Some(record) => std::slice::from_ref(record),
    };
    // What has room for events and got none is as it was.
    for (record, (fd, got)) in records.iter().zip(told) {
        let mut expected: Vec<String> =
            words_of(record.field("events")).iter().map(|name| polled(name)).collect();
        expected.sort_unstable();
        let wanted_fd = record.field("fd").and_then(Value::number).unwrap_or(*fd);
        if (wanted_fd, &expected.join("|")) != (*fd, got) {
            let shown = |fd: i64, events: &str| format!("{{events={events}, fd={fd}}}");
            let said = Said::new(words::WRONG_VALUE).with("name", "epoll_wait").with("got", shown(*fd, got));
            return Err(Stop::fail(said.with("expected", shown(wanted_fd, &expected.join("|")))));
        }
    }
    Ok(())
}
