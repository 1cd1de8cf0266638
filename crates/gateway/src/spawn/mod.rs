//! A program in namespaces of its own, from our side of the fork.
//!
//! ```text
//!   Spawner::prepare            the forked process (inside.rs)
//!        guardian, fork ──────▶ unshare
//!        ◀──── Unshared ─────── (where it has a user namespace)
//!        maps uids and gids ──▶
//!                               interface, addresses, routes, files
//!        ◀── Sockets + fd ─────
//!        ◀── Ready + device fd ─
//!   Prepared::start
//!        Go ──────────────────▶ exec
//!        ◀── the socket closes: the program runs; or Failed
//! ```
//!
//! It forks instead of executing itself again, so that any program can use it as a library. What
//! runs between fork and exec makes system calls only (no allocation, no lock, nothing that can
//! panic), so it does not matter which threads exist, nor which of them calls. Between us and the
//! forked process stands a guardian: see `guardian`.

use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use crate::guardian::Guardian;
use crate::{Child, Namespace, Network};
use inside::Plan;
use link::{Link, Order, Report};
use maps::UserNamespace;

mod advice;
mod both;
mod device;
mod environment;
mod error;
mod inside;
mod is_ready;
mod link;
mod maps;
mod netlink;
mod offload;
mod overlay;
mod step;
mod veth;
mod wire;

pub use advice::Advice;
pub use error::{SpawnError, Warning};
pub use step::Step;
pub use wire::Wire;

/// A program to run, and the network it is to find.
#[derive(Debug, Clone)]
pub struct Spawner {
    command: Vec<OsString>,
    network: Network,
}

impl Spawner {
    /// A program, looked up in `PATH` like a shell does, and its arguments. It inherits our
    /// environment, directory, user, standard streams and terminal.
    pub fn new(command: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let command = command.into_iter().map(|word| word.as_ref().to_owned()).collect();
        Self { command, network: Network::default() }
    }

    /// Replaces the network it finds, [`Network::default`] otherwise.
    pub fn network(mut self, network: Network) -> Self {
        self.network = network;
        self
    }

    /// Forks a process that builds the namespaces and then waits for [`Prepared::start`]; the
    /// device is the other end of its network interface.
    ///
    /// Root (with `CAP_SYS_ADMIN` and `CAP_NET_ADMIN`) needs no user namespace. For everybody
    /// else there is one in which the program has the same user and group as outside.
    ///
    /// # Errors
    ///
    /// [`SpawnError`], with the step that failed; nothing is left behind.
    pub fn prepare(self) -> Result<(Prepared, Wire), SpawnError> {
        let error = |step| {
            let program = self.command.first().cloned();
            move |source: io::Error| SpawnError::new(step, source, program.unwrap_or_default())
        };
        let argv = argv(&self.command).map_err(error(Step::Command))?;
        let users = UserNamespace::needed().map_err(error(Step::UserNamespace))?;
        let plan = Plan::new(&argv, &self.network, users.is_some());
        let (ours, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
                .map_err(|errno| error(Step::Fork)(errno.into()))?;
        let child = fork(&plan, theirs).map_err(error(Step::Fork))?;

        let program = self.command.first().cloned().unwrap_or_default();
        let mut prepared = Prepared { child, link: Link::new(ours), program, warnings: Vec::new() };
        let (namespace, fd) = prepared.watch_set_up(users)?;
        prepared.child.lives_in(namespace);
        let wire = Wire::from_fd(fd, &self.network).map_err(error(Step::HandOver))?;
        Ok((prepared, wire))
    }
}

/// True if a program of ours has to have a user namespace.
pub(crate) fn needs_user_namespace() -> bool {
    !matches!(UserNamespace::needed(), Ok(None))
}

/// The arguments as `exec` wants them.
fn argv(command: &[OsString]) -> io::Result<Vec<CString>> {
    if command.first().is_none_or(|program| program.is_empty()) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(command.iter().map(|word| CString::new(word.as_bytes())).collect::<Result<_, _>>()?)
}

/// Forks; the new process follows the plan.
fn fork(plan: &Plan<'_>, theirs: OwnedFd) -> io::Result<Child> {
    let (guardian, pid) = Guardian::start(|parent| inside::run(plan, parent, &theirs))?;
    Ok(Child::new(pid, guardian))
}

/// A process that has built its namespaces and waits to become the program.
///
/// Dropping it ends the process; the program has then never run.
#[derive(Debug)]
pub struct Prepared {
    child: Child,
    link: Link<OwnedFd>,
    program: OsString,
    warnings: Vec<Warning>,
}

impl Prepared {
    /// What could not be set up and can be done without.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// The process that is to become the program.
    pub fn child(&self) -> &Child {
        &self.child
    }

    /// Executes the program, and returns as soon as it runs.
    ///
    /// # Errors
    ///
    /// [`SpawnError`] if it cannot be executed: [`SpawnError::exit_code`] tells *not found* from
    /// *not executable*.
    pub fn start(self) -> Result<Child, SpawnError> {
        self.link.order(Order::Go).map_err(|source| self.error(Step::Ended, source.into()))?;
        match self.link.report() {
            // Executing closed its end: there is nothing left to say.
            Ok(None) => Ok(self.child),
            Ok(Some((Report::Failed(step, errno), _))) => Err(self.error(step, errno.into())),
            Ok(Some(_)) => Err(self.error(Step::Ended, io::ErrorKind::InvalidData.into())),
            Err(errno) => Err(self.error(Step::Ended, errno.into())),
        }
    }

    /// Follows the reports of the new process until it is ready.
    fn watch_set_up(&mut self, users: Option<UserNamespace>) -> Result<(Namespace, OwnedFd), SpawnError> {
        loop {
            let report = self.link.report().map_err(|errno| self.error(Step::Ended, errno.into()))?;
            match report {
                Some((Report::Unshared, _)) => {
                    let map = users.as_ref().map_or(Ok(()), |users| users.map(self.child.pid()));
                    map.map_err(|source| self.error(Step::UserNamespace, source))?;
                    self.link.order(Order::Mapped).map_err(|errno| self.error(Step::Ended, errno.into()))?;
                }
                Some((Report::Sockets, sockets)) => self.child.has_sockets(sockets),
                Some((Report::Warning(step, errno), _)) => {
                    self.warnings.push(Warning::new(step, errno.into()));
                }
                Some((Report::Ready(namespace), Some(fd))) => return Ok((namespace, fd)),
                Some((Report::Failed(step, errno), _)) => {
                    let better = self.given_up_for(step);
                    return Err(self.error(step, errno.into()).after(better));
                }
                Some((Report::Ready(_), None)) | None => {
                    return Err(self.error(Step::Ended, io::ErrorKind::UnexpectedEof.into()));
                }
            }
        }
    }

    /// What had failed before this step was tried in its place: a veth pair is, where there is no
    /// TUN device.
    fn given_up_for(&mut self, step: Step) -> Option<Warning> {
        let at = self.warnings.iter().position(|warning| warning.step == Step::Tun);
        at.filter(|_| step == Step::Veth).map(|at| self.warnings.remove(at))
    }

    fn error(&self, step: Step, source: io::Error) -> SpawnError {
        SpawnError::new(step, source, self.program.clone())
    }
}
