//! Programs: tasks go on as far as they can.

use std::sync::Arc;

use cordial_stack::{Instant, ListenConfig, ReadError};
use cordial_trace::event::Return as Told;

use super::agenda::Item;
use super::{Socket, World};
use crate::HostId;
use crate::task::{Call, Errno, Return, Step, Task, TaskId, Value, When};

/// All tasks.
#[derive(Debug, Default)]
pub(super) struct Programs {
    tasks: Vec<Running>,
    /// Those of each host that are not over, in the order in which they were started.
    alive: Vec<(HostId, TaskId)>,
}

/// A task under way.
#[derive(Debug)]
struct Running {
    host: HostId,
    steps: Vec<Step>,
    /// The call that is next, or has not returned.
    at: usize,
    pending: Option<Pending>,
    socket: Option<Socket>,
    returns: Vec<Return>,
    /// When the last call returned, or the task was started.
    since: Instant,
    wakes_at: Option<Instant>,
    is_over: bool,
}

/// A call that has not returned.
#[derive(Clone, Copy, Debug)]
struct Pending {
    called: Instant,
    /// Octets written or read so far.
    progress: u64,
    /// The connection that is being opened.
    opening: Option<Socket>,
}

impl Programs {
    /// Tasks with a call that has not returned.
    pub fn waiting(&self) -> impl Iterator<Item = TaskId> {
        let tasks = (0..).map(TaskId).zip(&self.tasks);
        tasks.filter(|(_, task)| !task.is_over && task.pending.is_some()).map(|(id, _)| id)
    }

    fn get(&self, id: TaskId) -> Option<&Running> {
        self.tasks.get(id.0 as usize)
    }

    fn get_mut(&mut self, id: TaskId) -> Option<&mut Running> {
        self.tasks.get_mut(id.0 as usize)
    }
}

impl World {
    /// Starts a task at a host: from now on its calls are made, each when it is time.
    pub fn start(&mut self, host: HostId, task: Task) -> TaskId {
        let id = TaskId(self.programs.tasks.len() as u32);
        let since = self.now;
        self.programs.tasks.push(Running {
            host,
            steps: task.steps,
            at: 0,
            pending: None,
            socket: None,
            returns: Vec::new(),
            since,
            wakes_at: None,
            is_over: false,
        });
        self.programs.alive.push((host, id));
        self.wake_at(id, since);
        id
    }

    /// What the calls of a task have returned so far.
    pub fn returns(&self, task: TaskId) -> &[Return] {
        self.programs.get(task).map_or(&[], |task| &task.returns)
    }

    /// The connection a task has at the moment.
    pub fn socket_of(&self, task: TaskId) -> Option<Socket> {
        self.programs.get(task)?.socket
    }

    /// Tasks that are in a call that has not returned, with the call.
    pub fn waiting(&self) -> impl Iterator<Item = (TaskId, &Call)> {
        self.programs.waiting().filter_map(|id| {
            let task = self.programs.get(id)?;
            Some((id, &task.steps.get(task.at)?.call))
        })
    }

    /// The call of a task that has not returned: which, counted from 0, and when it was made.
    pub fn pending(&self, task: TaskId) -> Option<(usize, Instant)> {
        let task = self.programs.get(task)?;
        task.pending.map(|pending| (task.at, pending.called))
    }

    /// True if all calls of a task have returned.
    pub fn is_done(&self, task: TaskId) -> bool {
        self.programs.get(task).is_none_or(|task| task.at >= task.steps.len())
    }

    /// A host has lost its power: what ran on it is gone. What was to be started later will be.
    pub(super) fn programs_die(&mut self, host: HostId) {
        for task in self.programs.tasks.iter_mut().filter(|task| task.host == host) {
            task.is_over |= task.at > 0 || task.pending.is_some();
        }
        let tasks = &self.programs.tasks;
        self.programs.alive.retain(|(_, id)| tasks.get(id.0 as usize).is_some_and(|task| !task.is_over));
    }

    /// The programs of a host end, also those that have not begun.
    pub(super) fn programs_end(&mut self, host: HostId) {
        for task in self.programs.tasks.iter_mut().filter(|task| task.host == host) {
            task.is_over = true;
        }
        self.programs.alive.retain(|&(its, _)| its != host);
    }

    pub(super) fn wakes(&mut self, id: TaskId) {
        let Some(task) = self.programs.get_mut(id) else { return };
        task.wakes_at = None;
        let host = task.host;
        if self.is_up(host) && self.goes_on(id) {
            self.pump(host);
        }
    }

    /// Lets the programs of a host go on; true if any did.
    pub(super) fn run_programs(&mut self, host: HostId) -> bool {
        let mut has_called = false;
        let mut at = 0;
        while let Some(&(its, id)) = self.programs.alive.get(at) {
            if its == host && self.is_up(host) {
                has_called |= self.goes_on(id);
            }
            at += 1;
        }
        let tasks = &self.programs.tasks;
        self.programs.alive.retain(|(_, id)| tasks.get(id.0 as usize).is_some_and(|task| !task.is_over));
        has_called
    }

    /// Makes the calls of a task that are due, until one has to wait; true if it made any.
    fn goes_on(&mut self, id: TaskId) -> bool {
        let mut has_called = false;
        loop {
            self.interrupted(id);
            let now = self.now;
            let Some(task) = self.programs.get_mut(id).filter(|task| !task.is_over) else {
                return has_called;
            };
            let Some(step) = task.steps.get(task.at) else {
                task.is_over = true;
                return has_called;
            };
            if task.pending.is_none() {
                let due = due(step.when, task.since);
                if due > now {
                    self.wake_at(id, due);
                    return has_called;
                }
                has_called = true;
            }
            let pending = task.pending.get_or_insert(Pending { called: now, progress: 0, opening: None });
            let (mut pending, call, host, socket) = (*pending, step.call.clone(), task.host, task.socket);
            let before = pending.progress;
            let result = self.attempt(&call, host, socket, &mut pending);
            has_called |= pending.progress > before;
            match result {
                Some(result) => self.returns_with(id, &call, pending, result),
                None => {
                    if let Some(task) = self.programs.get_mut(id) {
                        task.pending = Some(pending);
                    }
                    return has_called;
                }
            }
            has_called = true;
        }
    }

    /// Gives up what stands before a call whose moment has come, whatever else is under way; and sees to it that the next
    /// such call is thought of.
    fn interrupted(&mut self, id: TaskId) {
        let now = self.now;
        while let Some((step, at)) = self.programs.get(id).and_then(Running::interrupt) {
            if at > now {
                return self.wake_at(id, at);
            }
            let Some(task) = self.programs.get_mut(id).filter(|task| task.at < step) else { return };
            let Some(call) = task.steps.get(task.at).map(|step| step.call.clone()) else { return };
            let pending = task.pending.unwrap_or(Pending { called: now, progress: 0, opening: None });
            self.returns_with(id, &call, pending, Err(Errno::Interrupted));
        }
    }

    fn returns_with(&mut self, id: TaskId, call: &Call, pending: Pending, result: Result<Value, Errno>) {
        let now = self.now;
        let Some(task) = self.programs.get_mut(id) else { return };
        let Pending { called, opening, .. } = pending;
        task.returns.push(Return { step: task.at, called, returned: now, result });
        task.at += 1;
        (task.pending, task.since) = (None, now);
        let mut about = task.socket.or(opening);
        match (call, result) {
            (_, Ok(Value::Socket(socket))) => (task.socket, about) = (Some(socket), Some(socket)),
            (Call::Connect { .. }, Err(Errno::Interrupted)) => task.socket = opening,
            (Call::Connect { .. }, Err(_)) => (task.socket, about) = (opening, opening),
            _ => {}
        }
        let tuple = about.and_then(|socket| self.sockets.get(socket)).map(|state| state.info.tuple);
        if let Some(tuple) = tuple {
            let result = match result {
                Ok(Value::Octets(count)) => Ok(count),
                Ok(Value::Socket(_) | Value::Done) => Ok(0),
                Err(errno) => Err(errno.name()),
            };
            self.record.drain(None);
            self.record.returned(now, tuple, Told { call: call.name(), result });
        }
    }

    /// Tries a call once more; none if it still has to wait.
    fn attempt(
        &mut self,
        call: &Call,
        host: HostId,
        socket: Option<Socket>,
        pending: &mut Pending,
    ) -> Option<Result<Value, Errno>> {
        let done = Some(Ok(Value::Done));
        let socket = || socket.filter(|&socket| self.usable(socket).is_some());
        Some(match call {
            Call::Pause => return done,
            Call::Listen { port, backlog, tcp, answer, fast_open } => {
                let (backlog, tcp, decide, fast_open) = (*backlog, tcp.clone(), answer.is_some(), *fast_open);
                let listening =
                    self.listen_with(host, *port, ListenConfig { backlog, decide, tcp, fast_open });
                if let (Ok(()), Some(answer)) = (listening, answer) {
                    self.host_mut(host).answers.push((*port, *answer));
                }
                listening.map(|()| Value::Done).map_err(Errno::from)
            }
            Call::Unlisten { port } => {
                self.unlistens(host, *port);
                return done;
            }
            Call::Accept { port } => match self.host(host).listener(*port) {
                None => Err(Errno::NotConnected),
                Some(_) => Ok(Value::Socket(self.accepts(host, *port)?)),
            },
            Call::Connect { .. } => return self.connects(call, host, pending),
            Call::AwaitEnd => match socket() {
                Some(socket) if self.sockets.get(socket).is_some_and(|state| state.info.ended.is_none()) => {
                    return None;
                }
                _ => return done,
            },
            call => match socket() {
                Some(socket) => return self.attempt_on(call, socket, pending),
                None => Err(Errno::NotConnected),
            },
        })
    }

    fn connects(&mut self, call: &Call, host: HostId, pending: &mut Pending) -> Option<Result<Value, Errno>> {
        let Call::Connect { to, port, from, tcp, waits } = call else { return None };
        let socket = match pending.opening {
            Some(socket) => socket,
            None => {
                let config = tcp.clone().unwrap_or_else(|| Arc::clone(self.stack(host).tcp_config()));
                match self.opens(host, *from, (*to, *port), &config) {
                    Ok(socket) => *pending.opening.insert(socket),
                    Err(error) => return Some(Err(error.into())),
                }
            }
        };
        let info = self.sockets.get(socket)?.info;
        match info.ended {
            _ if !waits || info.is_opened => Some(Ok(Value::Socket(socket))),
            Some((_, cause)) => Some(Err(cause.into())),
            None => None,
        }
    }

    /// A call on a connection.
    fn attempt_on(
        &mut self,
        call: &Call,
        socket: Socket,
        pending: &mut Pending,
    ) -> Option<Result<Value, Errno>> {
        let now = self.now;
        let &state = self.usable(socket)?;
        let (host, conn) = (state.info.host, state.conn);
        let octets = |count| Some(Ok(Value::Octets(count)));
        match call {
            Call::Write(count) => match self.writes(socket, count - pending.progress) {
                Ok(written) => {
                    pending.progress += written;
                    return if pending.progress == *count { octets(*count) } else { None };
                }
                Err(error) => return Some(Err(error.into())),
            },
            Call::ReadSome => match self.reads(socket, u64::MAX) {
                Ok(0) | Err(ReadError::WouldBlock) => return None,
                Ok(count) => return octets(count),
                Err(ReadError::End) => return octets(0),
                Err(error) => return Some(Err(error.into())),
            },
            Call::Drain => return octets(self.reads(socket, u64::MAX).unwrap_or_default()),
            Call::Read(_) | Call::ReadToEnd => {
                let wanted = if let Call::Read(count) = call { *count } else { u64::MAX };
                while pending.progress < wanted {
                    match self.reads(socket, wanted - pending.progress) {
                        Ok(count) => pending.progress += count,
                        Err(ReadError::WouldBlock) => return None,
                        Err(ReadError::End) => return octets(pending.progress),
                        Err(error) => return Some(Err(error.into())),
                    }
                }
                return octets(pending.progress);
            }
            Call::Shutdown(half) => self.shuts(socket, *half),
            Call::Close => self.lets_go(socket),
            Call::Abort => self.gives_up(socket),
            Call::Keepalive(keepalive) => self.host_mut(host).stack.set_keepalive(now, conn, *keepalive),
            Call::Nodelay(nodelay) => self.host_mut(host).stack.set_nodelay(now, conn, *nodelay),
            _ => {}
        }
        Some(Ok(Value::Done))
    }

    fn wake_at(&mut self, id: TaskId, at: Instant) {
        let at = self.not_before_now(at);
        if let Some(task) = self.programs.get_mut(id)
            && task.wakes_at.is_none_or(|known| at < known)
        {
            task.wakes_at = Some(at);
            self.agenda.add(at, Item::Wakes(id));
        }
    }
}

fn due(when: When, since: Instant) -> Instant {
    match when {
        When::Next => since,
        When::NotBefore(at) | When::Interrupting(at) => at,
        When::After(pause) => since + pause,
    }
}

impl Running {
    /// The first call to come that does not wait for those before it, and its moment.
    fn interrupt(&self) -> Option<(usize, Instant)> {
        let to_come = self.steps.iter().enumerate().skip(self.at + 1);
        let mut interrupts = to_come.filter_map(|(place, step)| match step.when {
            When::Interrupting(at) => Some((place, at)),
            _ => None,
        });
        interrupts.next()
    }
}
