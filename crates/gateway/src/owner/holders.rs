//! The processes of a namespace and the sockets that they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::{Duration, Instant};

use rustix::process::{Pid, getpid};

use super::Owner;
use crate::Namespace;

/// Finds sockets among the descriptors of processes.
#[derive(Debug)]
pub(super) struct Holders {
    namespace: Namespace,
    /// Processes that were found to hold one, the last first: they are looked at first.
    known: Vec<Pid>,
    /// When all of `/proc` may be searched again.
    search_at: Instant,
}

/// Bounds of one search.
const PROCESSES: usize = 4_096;
const DESCRIPTORS: usize = 65_536;
const TASKS: usize = 64;

/// Processes that are looked at first.
const KNOWN: usize = 8;

/// Everything that a run starts is a descendant of ours; what came in by another way is looked for this often.
const SEARCH_EVERY: Duration = Duration::from_millis(250);

impl Holders {
    pub(super) fn new(namespace: Namespace) -> Self {
        Self { namespace, known: Vec::new(), search_at: Instant::now() }
    }

    /// Who holds each of these sockets.
    pub(super) fn find(&mut self, mut wanted: BTreeSet<u64>) -> BTreeMap<u64, Owner> {
        let mut found = BTreeMap::new();
        let mut left = DESCRIPTORS;
        for pid in self.known.clone() {
            self.look(pid, &mut wanted, &mut left, &mut found);
        }
        if wanted.is_empty() {
            return found;
        }
        for pid in descendants(getpid()) {
            self.look(pid, &mut wanted, &mut left, &mut found);
        }
        if !wanted.is_empty() && Instant::now() >= self.search_at {
            for pid in self.namespace.processes().unwrap_or_default() {
                self.look(pid, &mut wanted, &mut left, &mut found);
            }
            self.search_at = Instant::now() + SEARCH_EVERY;
        }
        found
    }

    /// Takes what `pid` holds out of `wanted`.
    fn look(
        &mut self,
        pid: Pid,
        wanted: &mut BTreeSet<u64>,
        left: &mut usize,
        found: &mut BTreeMap<u64, Owner>,
    ) {
        if wanted.is_empty() || !self.namespace.has(pid) {
            return;
        }
        let Ok(entries) = fs::read_dir(format!("/proc/{}/fd", pid.as_raw_pid())) else { return };
        let mut held = Vec::new();
        for entry in entries.flatten().take(*left) {
            *left -= 1;
            let link = fs::read_link(entry.path()).ok();
            held.extend(link.and_then(|link| socket(link.to_str()?)).filter(|number| wanted.remove(number)));
            if wanted.is_empty() {
                break;
            }
        }
        if let (Some(owner), false) = (owner(pid), held.is_empty()) {
            found.extend(held.into_iter().map(|number| (number, owner.clone())));
            self.known.retain(|known| *known != pid);
            self.known.insert(0, pid);
            self.known.truncate(KNOWN);
        }
    }
}

/// `socket:[4711]`.
fn socket(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

fn owner(pid: Pid) -> Option<Owner> {
    let name = fs::read(format!("/proc/{}/comm", pid.as_raw_pid())).ok()?;
    let name = String::from_utf8_lossy(&name).trim_end_matches('\n').to_owned();
    Some(Owner { name, pid: u32::try_from(pid.as_raw_pid()).ok()? })
}

/// Children, their children and so on; the younger generations last.
fn descendants(of: Pid) -> Vec<Pid> {
    let mut all = vec![of];
    let mut at = 0;
    while let Some(&pid) = all.get(at)
        && all.len() < PROCESSES
    {
        at += 1;
        let Ok(tasks) = fs::read_dir(format!("/proc/{}/task", pid.as_raw_pid())) else { continue };
        for task in tasks.flatten().take(TASKS) {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|id| Pid::from_raw(id.parse().ok()?)));
        }
    }
    all.truncate(PROCESSES);
    all.remove(0);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sockets_count() {
        assert_eq!(socket("socket:[4711]"), Some(4711));
        for other in
            ["pipe:[4711]", "/tmp/socket:[4711]", "socket:[]", "socket:[4711", "anon_inode:[eventfd]"]
        {
            assert_eq!(socket(other), None, "{other}");
        }
    }

    #[test]
    fn a_child_that_holds_a_socket_is_found_by_name() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
        let held = std::os::fd::OwnedFd::from(listener.try_clone().expect("a descriptor"));
        let mut sleep = std::process::Command::new("sleep");
        let mut child = sleep.arg("60").stdin(held).spawn().expect("sleep runs");
        let inode = fs::read_link(format!("/proc/{}/fd/0", child.id())).expect("its standard input");
        let wanted = BTreeSet::from([socket(inode.to_str().expect("text")).expect("a socket"), u64::MAX]);
        use std::os::unix::fs::MetadataExt;
        let own = fs::metadata("/proc/self/ns/net").expect("/proc is mounted");
        let mut holders = Holders::new(Namespace { device: own.dev(), inode: own.ino() });
        // Between fork and exec it still has our name.
        let mut found = BTreeMap::new();
        for _ in 0..1_000 {
            found = holders.find(wanted.clone());
            if found.values().any(|owner| owner.name == "sleep") {
                break;
            }
            std::thread::yield_now();
        }
        let pid = child.id();
        child.kill().expect("ours");
        child.wait().expect("ours");
        let owners: Vec<&Owner> = found.values().collect();
        assert_eq!(owners, [&Owner { name: "sleep".to_owned(), pid }]);
        assert!(!holders.find(wanted).values().any(|owner| owner.pid == pid), "it has ended");
    }
}
