//! Who is who in a user namespace.

use std::fs;
use std::io;

use rustix::process::{Pid, getegid, geteuid};
use rustix::thread::{CapabilitySet, capabilities};

/// The lines that tell the kernel which users and groups a user namespace has.
///
/// The program keeps its user: a server that finds itself root in a namespace with a single user
/// fails at its first `chown` or `setgroups`.
#[derive(Debug)]
pub(super) struct UserNamespace {
    users: String,
    groups: String,
    /// The kernel lets an ordinary user map its group only if groups cannot be dropped inside:
    /// else a file closed to a group would open to a process that leaves the group.
    keeps_groups: bool,
}

impl UserNamespace {
    /// `None` if we can do without.
    pub(super) fn needed() -> io::Result<Option<Self>> {
        if is_capable_root() {
            return Ok(None);
        }
        if geteuid().is_root() {
            // Root without the capabilities, say in a container: everybody stays who they are.
            let users = identity(&fs::read_to_string("/proc/self/uid_map")?);
            let groups = identity(&fs::read_to_string("/proc/self/gid_map")?);
            return Ok(Some(Self { users, groups, keeps_groups: false }));
        }
        Ok(Some(Self::only_us()))
    }

    /// Only the user and group that we are.
    fn only_us() -> Self {
        let (user, group) = (geteuid().as_raw(), getegid().as_raw());
        let (users, groups) = (format!("{user} {user} 1\n"), format!("{group} {group} 1\n"));
        Self { users, groups, keeps_groups: true }
    }

    /// Sets up the namespace of the process `pid`.
    pub(super) fn map(&self, pid: Pid) -> io::Result<()> {
        match self.write(pid) {
            // Root without the capability to be others: then only itself, as anybody may.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && !self.keeps_groups => {
                Self::only_us().write(pid)
            }
            written => written,
        }
    }

    fn write(&self, pid: Pid) -> io::Result<()> {
        let write = |file: &str, text: &str| fs::write(format!("/proc/{}/{file}", pid.as_raw_pid()), text);
        if self.keeps_groups {
            write("setgroups", "deny")?;
        }
        // What is mapped already was so before the rest was refused, and cannot be mapped again.
        let is_mapped = |file: &str| {
            let text = fs::read_to_string(format!("/proc/{}/{file}", pid.as_raw_pid()));
            text.is_ok_and(|text| !text.trim().is_empty())
        };
        for (file, text) in [("uid_map", &self.users), ("gid_map", &self.groups)] {
            if !is_mapped(file) {
                write(file, text)?;
            }
        }
        Ok(())
    }
}

/// Who may ping without being root, as `net.ipv4.ping_group_range` has it: everybody, or where not
/// everybody exists in our namespace, our own group.
pub(super) fn ping_groups() -> [String; 2] {
    let group = getegid().as_raw();
    ["0 2147483647\n".into(), format!("{group} {group}\n")]
}

/// True if we are root and may do everything that the set-up takes without a user namespace.
fn is_capable_root() -> bool {
    let needed = CapabilitySet::SYS_ADMIN | CapabilitySet::NET_ADMIN;
    geteuid().is_root() && capabilities(None).is_ok_and(|sets| sets.effective.contains(needed))
}

/// The map in which every id we have ourselves means the same inside.
fn identity(ours: &str) -> String {
    let lines = ours.lines().filter_map(|line| {
        let mut fields = line.split_whitespace();
        let (first, _, count) = (fields.next()?, fields.next()?, fields.next()?);
        Some(format!("{first} {first} {count}\n"))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identity_map_has_the_ids_that_we_have() {
        assert_eq!(identity("         0          0 4294967295\n"), "0 0 4294967295\n");
        assert_eq!(identity("0 1000 1\n1 100000 65536\n"), "0 0 1\n1 1 65536\n");
    }
}
