//! A script's events, one after the other, against the stack.

mod expect;
mod inject;
mod pending;
mod timing;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use cordial_stack::Instant;

use crate::call::Watched;
use crate::compare::Rules;
use crate::cookies::Cookies;
use crate::flow::Flow;
use crate::host::{Host, ORIGIN};
use crate::python::Python;
use crate::report::{Outcome, Report, Stop};
use crate::script::{Action, Event, Script};
use crate::settings::Settings;
use crate::socket::Socket;
use crate::{compare, words};
use pending::Pending;
use timing::Due;

/// A script on its way.
pub(crate) struct Run {
    pub(crate) rules: Rules,
    pub(crate) settings: Settings,
    /// Made when the network is first needed, so that knobs before it shape it.
    host: Option<Host>,
    pub(crate) sockets: BTreeMap<i64, Socket>,
    /// What epoll was asked to watch, by its number.
    pub(crate) watches: BTreeMap<i64, Watched>,
    /// The socket whose packets are meant where nothing else is said: the last that was made or accepted.
    pub(crate) under_test: Option<i64>,
    flows: Vec<Flow>,
    cookies: Cookies,
    /// The flow under test.
    current: Option<usize>,
    pending: Option<Pending>,
    last: Last,
    python: Python,
}

/// The event before.
#[derive(Clone, Copy)]
struct Last {
    /// When it was due by the script.
    due: Instant,
    was_inject: bool,
}

impl Run {
    pub(crate) fn new(how: crate::Settings, settings: Settings) -> Self {
        Self {
            rules: Rules { profile: how.profile, exact: how.exact },
            settings,
            host: None,
            sockets: BTreeMap::new(),
            watches: BTreeMap::new(),
            under_test: None,
            flows: Vec::new(),
            cookies: Cookies::default(),
            current: None,
            pending: None,
            last: Last { due: ORIGIN, was_inject: false },
            python: Python::default(),
        }
    }

    /// Runs all of it and says what came of it.
    pub(crate) fn run(mut self, script: &Script) -> Report {
        let stopped = self.events(script).err();
        let unexpected = match stopped {
            None => self.unexpected(),
            Some(_) => Vec::new(),
        };
        let events = self.host.as_mut().map(Host::record).unwrap_or_default();
        Report {
            outcome: stopped.as_ref().map_or(Outcome::Pass, |stop| stop.outcome),
            at: stopped.as_ref().and_then(|stop| stop.at),
            reason: stopped.map(|stop| stop.said),
            unexpected,
            printed: self.python.into_printed(),
            events,
        }
    }

    fn events(&mut self, script: &Script) -> Result<(), Stop> {
        for event in &script.events {
            self.event(event).map_err(|stop| stop.or_at(event.at))?;
        }
        self.finish_pending()
    }

    fn event(&mut self, event: &Event) -> Result<(), Stop> {
        let is_inject = matches!(event.action, Action::Inject(_));
        let due = Due::of(event, self.base(is_inject), self.settings.tolerance);
        match &event.action {
            Action::Inject(packet) => {
                self.wait_until(due.earliest)?;
                self.inject(packet)?;
            }
            Action::Expect(packet) => self.expect(packet, &due)?,
            Action::Call(call) => {
                self.finish_pending()?;
                self.wait_until(due.earliest)?;
                self.call(event.at, call, due.until, due.tolerance)?;
            }
            Action::Shell(command) => {
                self.wait_until(due.earliest)?;
                self.shell(event.at, command)?;
            }
            Action::Code(code) => {
                self.wait_until(due.earliest)?;
                let fields = self.info_under_test();
                self.python.run(code, &fields)?;
            }
        }
        self.last = Last { due: due.earliest, was_inject: is_inject };
        Ok(())
    }

    /// What the next event's time counts from. Packets that arrive in a row keep the distance that the script gives
    /// them; everything else counts from when the event before was done.
    fn base(&self, is_inject: bool) -> Instant {
        if is_inject && self.last.was_inject { self.last.due } else { self.now() }
    }

    pub(crate) fn now(&self) -> Instant {
        self.host.as_ref().map_or(ORIGIN, |host| host.now)
    }

    /// The stack, from now on what it was configured to be.
    pub(crate) fn host(&mut self) -> &mut Host {
        let settings = &self.settings;
        self.host.get_or_insert_with(|| Host::new(settings))
    }

    pub(crate) fn has_host(&self) -> bool {
        self.host.is_some()
    }

    /// Time passes until then. Whatever comes due on the way is done, and calls that wait are tried again.
    pub(crate) fn wait_until(&mut self, moment: Instant) -> Result<(), Stop> {
        if moment <= self.now() {
            return Ok(());
        }
        for _ in 0..Host::most_steps() {
            let goes_on = self.step_towards(moment);
            self.settle()?;
            if !goes_on {
                return Ok(());
            }
        }
        Err(Stop::fail(words::RESTLESS))
    }

    /// What was sent and nothing asked for.
    fn unexpected(&self) -> Vec<String> {
        let Some(host) = &self.host else { return Vec::new() };
        let flow_of = |sent: &crate::host::Sent| {
            let known = self.flows.iter().find(|flow| flow.has(sent.local, sent.remote));
            known.cloned().unwrap_or_else(|| Flow::new(sent.local, sent.remote))
        };
        host.sent.iter().map(|sent| compare::written(sent, &flow_of(sent))).collect()
    }

    /// The flow between these ends, if packets of it were written.
    pub(crate) fn flow_of(&self, local: SocketAddr, remote: SocketAddr) -> Option<&Flow> {
        self.flows.iter().find(|flow| flow.has(local, remote))
    }

    /// Puts the flow between these ends under test, as a new one if it begins with a call of ours.
    pub(crate) fn test_flow(&mut self, local: SocketAddr, remote: SocketAddr, is_new: bool) {
        let known = self.flows.iter().position(|flow| flow.has(local, remote));
        let at = match known {
            Some(at) if !is_new => at,
            Some(at) => {
                self.flows[at] = Flow::new(local, remote);
                at
            }
            None => {
                self.flows.push(Flow::new(local, remote));
                self.flows.len() - 1
            }
        };
        self.current = Some(at);
    }

    /// A new socket is under test, and has no flow yet.
    pub(crate) fn forget_flow(&mut self) {
        self.current = None;
    }
}
