//! What failed, and what to do about it.

use std::env;
use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use crate::Exit;

/// A step on the way to a running program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Step {
    /// The command makes sense: it has a name and no NUL in it.
    Command,
    /// A new process, bound to end with us.
    Fork,
    /// Namespaces of its own.
    Unshare,
    /// Its users, where it has a user namespace.
    UserNamespace,
    /// Mounts of its own.
    Mounts,
    /// The TUN device, opened and with an interface.
    Tun,
    /// The loopback interface.
    Loopback,
    /// The interface: its MTU, and that it is up.
    Interface,
    /// The IPv4 address and route.
    Ipv4,
    /// The IPv6 address and route, without which we can do.
    Ipv6,
    /// Ports below 1024 for everybody, without which we can do.
    LowPorts,
    /// `/etc/resolv.conf` and its like, without which we can do.
    NameService,
    /// The device, handed over to us.
    HandOver,
    /// The new process, waiting to be told to go on.
    Ended,
    /// The program itself.
    Execute,
}

impl Step {
    pub(super) const ALL: [Self; 15] = [
        Self::Command,
        Self::Fork,
        Self::Unshare,
        Self::UserNamespace,
        Self::Mounts,
        Self::Tun,
        Self::Loopback,
        Self::Interface,
        Self::Ipv4,
        Self::Ipv6,
        Self::LowPorts,
        Self::NameService,
        Self::HandOver,
        Self::Ended,
        Self::Execute,
    ];

    pub(super) fn from_u8(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|&step| step as u8 == number)
    }

    /// What could not be done.
    fn failure(self) -> &'static str {
        match self {
            Self::Command => "the command is empty or has a NUL in it",
            Self::Fork => "cannot start a process",
            Self::Unshare => "cannot create namespaces for the program",
            Self::UserNamespace => "cannot map the user into the program's namespace",
            Self::Mounts => "cannot separate the program's mounts from the system's",
            Self::Tun => "cannot create a network interface with /dev/net/tun",
            Self::Loopback => "cannot bring up the program's loopback interface",
            Self::Interface => "cannot bring up the program's network interface",
            Self::Ipv4 => "cannot give the program an IPv4 address and route",
            Self::Ipv6 => "cannot give the program an IPv6 address and route",
            Self::LowPorts => "cannot open ports below 1024 to the program",
            Self::NameService => "cannot replace /etc/resolv.conf for the program",
            Self::HandOver => "cannot take over the program's network interface",
            Self::Ended => "the program's process ended before the program ran",
            Self::Execute => "cannot execute the program",
        }
    }
}

/// Something that could not be set up; the program runs without it.
#[derive(Debug)]
pub struct Warning {
    /// What could not be set up.
    pub step: Step,
    /// What the system said.
    pub source: io::Error,
}

impl Warning {
    pub(super) fn new(step: Step, source: io::Error) -> Self {
        Self { step, source }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let consequence = match self.step {
            Step::Ipv6 => "it has IPv4 only",
            Step::LowPorts => "unless it is root, it can listen on ports from 1024 on only",
            Step::NameService => "it may ask the system's name server, which it cannot reach",
            _ => "it runs without",
        };
        write!(f, "{} ({}): {consequence}", self.step.failure(), self.source)
    }
}

/// The program does not run. Nothing is left of the attempt.
#[derive(Debug)]
pub struct SpawnError {
    step: Step,
    source: io::Error,
    program: OsString,
    advice: Option<Advice>,
}

impl SpawnError {
    pub(super) fn new(step: Step, source: io::Error, program: OsString) -> Self {
        // A directory of PATH that is closed to us hides nothing that we could run: as a shell
        // does, call what is in none of the others not found.
        let is_denied = step == Step::Execute && source.kind() == io::ErrorKind::PermissionDenied;
        let source = match is_denied && !has_slash(&program) && !is_in_path(&program) {
            true => io::Error::from_raw_os_error(libc::ENOENT),
            false => source,
        };
        let advice = Advice::find(step, &source, &program, &System);
        Self { step, source, program, advice }
    }

    /// The step that failed.
    pub fn step(&self) -> Step {
        self.step
    }

    /// What the system said.
    pub fn io_error(&self) -> &io::Error {
        &self.source
    }

    /// The program, as it was given.
    pub fn program(&self) -> &OsStr {
        &self.program
    }

    /// What to do about it, where we know.
    pub fn advice(&self) -> Option<Advice> {
        self.advice
    }

    /// The exit code to end with: 127 for a program that was not found, 126 for one that cannot be
    /// executed, 125 for everything of our own.
    pub fn exit_code(&self) -> u8 {
        match (self.step, self.source.kind()) {
            (Step::Execute, io::ErrorKind::NotFound) => Exit::NOT_FOUND,
            (Step::Execute, _) => Exit::CANNOT_EXECUTE,
            _ => Exit::SETUP,
        }
    }
}

impl fmt::Display for SpawnError {
    /// What failed, on one line, and below what to do about it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = self.program.display();
        match self.step {
            Step::Execute if self.exit_code() == Exit::NOT_FOUND => write!(f, "{program}: not found")?,
            Step::Execute => write!(f, "{program}: cannot be executed: {}", self.source)?,
            Step::Command => f.write_str(self.step.failure())?,
            step => write!(f, "{}: {}", step.failure(), self.source)?,
        }
        self.advice.map_or(Ok(()), |advice| write!(f, "\n{advice}"))
    }
}

impl Error for SpawnError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

/// What to type or change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// The kernel has no TUN driver, or the container no device file.
    InstallTun,
    /// The device file is closed to us.
    OpenTunToUsers,
    /// Debian's switch for user namespaces is off.
    AllowUserNamespaces,
    /// The number of user namespaces is limited, perhaps to none.
    RaiseUserNamespaces,
    /// Ubuntu's AppArmor lets user namespaces be made and nothing be done in them.
    LiftAppArmor,
    /// Something else, mostly a container's system call filter, forbids namespaces.
    LeaveTheContainer,
    /// The program's name has no slash and is in none of the directories of `PATH`.
    CheckThePath,
    /// The file is there; what its first line or its header asks for is not.
    CheckTheInterpreter,
    /// The file may not be executed.
    MakeExecutable,
    /// The file's format is not one that this machine runs.
    CheckTheFormat,
}

impl Advice {
    fn find(step: Step, error: &io::Error, program: &OsStr, system: &impl Settings) -> Option<Self> {
        let errno = error.raw_os_error()?;
        let is_denied = matches!(errno, libc::EPERM | libc::EACCES);
        match step {
            Step::Execute => Self::on_execute(errno, program),
            Step::Tun if matches!(errno, libc::ENOENT | libc::ENODEV | libc::ENXIO) => Some(Self::InstallTun),
            Step::Tun if errno == libc::EACCES => Some(Self::OpenTunToUsers),
            Step::Unshare | Step::UserNamespace if system.is("user/max_user_namespaces", "0") => {
                Some(Self::RaiseUserNamespaces)
            }
            Step::Unshare if matches!(errno, libc::ENOSPC | libc::EUSERS) => Some(Self::RaiseUserNamespaces),
            Step::Unshare if is_denied && system.is("kernel/unprivileged_userns_clone", "0") => {
                Some(Self::AllowUserNamespaces)
            }
            _ if is_denied && system.is("kernel/apparmor_restrict_unprivileged_userns", "1") => {
                Some(Self::LiftAppArmor)
            }
            Step::Unshare | Step::UserNamespace if is_denied => Some(Self::LeaveTheContainer),
            _ => None,
        }
    }

    fn on_execute(errno: i32, program: &OsStr) -> Option<Self> {
        match errno {
            libc::ENOENT if !has_slash(program) => Some(Self::CheckThePath),
            libc::ENOENT if Path::new(program).exists() => Some(Self::CheckTheInterpreter),
            libc::EACCES if Path::new(program).is_file() => Some(Self::MakeExecutable),
            libc::ENOEXEC => Some(Self::CheckTheFormat),
            _ => None,
        }
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InstallTun => {
                "The kernel's TUN driver is not there. Load it with `sudo modprobe tun`; \
                 a container needs `--device /dev/net/tun`."
            }
            Self::OpenTunToUsers => {
                "Only root may open it here. Run this with sudo, or let everybody open it, as most \
                 systems do: `sudo chmod 0666 /dev/net/tun`."
            }
            Self::AllowUserNamespaces => {
                "User namespaces are switched off. Run this with sudo, or switch them on: \
                 `sudo sysctl -w kernel.unprivileged_userns_clone=1`."
            }
            Self::RaiseUserNamespaces => {
                "No more user namespaces are allowed. Run this with sudo, or allow more: \
                 `sudo sysctl -w user.max_user_namespaces=10000`."
            }
            Self::LiftAppArmor => {
                "AppArmor keeps user namespaces from being used. Run this with sudo, or lift that: \
                 `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`."
            }
            Self::LeaveTheContainer => {
                "Something forbids namespaces, in a container mostly its system call filter. Run this \
                 outside, or start the container with `--privileged`."
            }
            Self::CheckThePath => {
                "It is in none of the directories of PATH. Check the spelling, or give its path."
            }
            Self::CheckTheInterpreter => {
                "The file is there, but what runs it is not: check the interpreter in its first line, \
                 or the loader and libraries (`ldd`) of a program."
            }
            Self::MakeExecutable => "The file is not executable for you: `chmod +x` makes it so.",
            Self::CheckTheFormat => {
                "This machine cannot run its format: it is for another kind of processor, or not a program."
            }
        })
    }
}

/// Such a program is not looked up in `PATH`.
fn has_slash(program: &OsStr) -> bool {
    program.as_encoded_bytes().contains(&b'/')
}

fn is_in_path(program: &OsStr) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|directory| directory.join(program).exists())
}

/// The kernel's settings, by their path below `/proc/sys`.
trait Settings {
    fn read(&self, name: &str) -> Option<String>;

    fn is(&self, name: &str, value: &str) -> bool {
        self.read(name).is_some_and(|text| text.trim() == value)
    }
}

struct System;

impl Settings for System {
    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(format!("/proc/sys/{name}")).ok()
    }
}

#[cfg(test)]
mod tests;
