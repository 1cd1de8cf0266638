//! Whether a program could be run here, found out by trying.
//!
//! Nothing is concluded from settings that can be tried instead: processes build the namespaces
//! and devices that a run would build, and a program looks around inside. Settings are read only
//! to name the one that has to change. Nothing is left behind.

use std::ffi::OsStr;
use std::fs;
use std::io;

use rustix::process::{Resource, getrlimit};

use crate::{DeviceChoice, Exit, Network, SpawnError, Spawner, Step};

mod inside;
mod names;
mod outside;

pub use inside::{Inside, look_around};
pub use names::{Answers, NameServer};

/// What was found.
#[derive(Debug)]
pub struct Examination {
    /// True if a user namespace is needed, because we are not root with all that takes.
    pub needs_user_namespace: bool,
    /// What the system says of user namespaces.
    pub switches: Switches,
    /// A program's namespaces, with a TUN device in them.
    pub tun: Result<(), SpawnError>,
    /// A program's namespaces, with a veth pair in them.
    pub veth: Result<(), SpawnError>,
    /// What a program finds there; `None` if it cannot be run at all.
    pub inside: Option<Inside>,
    /// True if this machine has a way to IPv6 addresses.
    pub ipv6_outside: bool,
    /// True if we may send echo requests from this machine, on the program's behalf.
    pub ping_outside: bool,
    /// The host's name servers.
    pub names: Vec<NameServer>,
    /// How many descriptors we may open; each relayed connection takes one.
    pub descriptors: u64,
}

/// Settings on which user namespaces hang; `None` where the system has no such setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switches {
    /// `user.max_user_namespaces`.
    pub most: Option<u64>,
    /// `kernel.unprivileged_userns_clone`, Debian's.
    pub unprivileged: Option<bool>,
    /// `kernel.apparmor_restrict_unprivileged_userns`, Ubuntu's.
    pub apparmor: Option<bool>,
}

impl Examination {
    /// Examines this machine, as the user that we are. `look` is a command that calls
    /// [`look_around`] and ends with the code that it gives.
    pub fn of(look: &[&OsStr]) -> Self {
        let attempt = |choice| try_device(choice, look);
        let (tun, veth) = (attempt(DeviceChoice::Tun), attempt(DeviceChoice::Veth));
        let found = |attempt: &Result<Option<Inside>, SpawnError>| attempt.as_ref().ok().copied().flatten();
        Self {
            needs_user_namespace: crate::spawn::needs_user_namespace(),
            switches: Switches::read(),
            inside: found(&tun).or_else(|| found(&veth)),
            tun: tun.map(drop),
            veth: veth.map(drop),
            ipv6_outside: outside::has_ipv6(),
            ping_outside: outside::may_ping(),
            names: names::ask_all(),
            descriptors: getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX),
        }
    }

    /// True if a program can be run here, by one device or the other.
    pub fn can_run(&self) -> bool {
        self.tun.is_ok() || self.veth.is_ok()
    }

    /// Why there are no namespaces for a program, whichever the device.
    pub fn no_namespaces(&self) -> Option<&SpawnError> {
        let steps = [Step::Fork, Step::Unshare, Step::UserNamespace, Step::Mounts];
        let error = self.tun.as_ref().err().filter(|_| self.veth.is_err())?;
        steps.contains(&error.step()).then_some(error)
    }
}

impl Switches {
    fn read() -> Self {
        let number = |name: &str| -> Option<u64> {
            fs::read_to_string(format!("/proc/sys/{name}")).ok()?.trim().parse().ok()
        };
        Self {
            most: number("user/max_user_namespaces"),
            unprivileged: number("kernel/unprivileged_userns_clone").map(|value| value != 0),
            apparmor: number("kernel/apparmor_restrict_unprivileged_userns").map(|value| value != 0),
        }
    }
}

/// Sets a program up on a device, and lets it look around. `None` if it could not.
fn try_device(choice: DeviceChoice, look: &[&OsStr]) -> Result<Option<Inside>, SpawnError> {
    let network = Network { choice, ..Network::default() };
    // Held until the program has ended: without it the interface would go.
    let (prepared, _device) = Spawner::new(look).network(network).prepare()?;
    let exit = prepared.start().map_err(io::Error::other).and_then(|mut child| child.wait());
    Ok(exit.ok().and_then(|exit| match exit {
        Exit::Code(code) => Inside::from_code(code),
        Exit::Signal(_) => None,
    }))
}
