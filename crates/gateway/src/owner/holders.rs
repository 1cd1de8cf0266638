//! The processes of a namespace and the sockets that they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Pid;

use super::Owner;
use super::search::{Search, Step, nearest, sockets_of};
use crate::Namespace;

/// Finds sockets among the descriptors of processes.
#[derive(Debug)]
pub(super) struct Holders {
    namespace: Namespace,
    /// Processes that were found to hold one, the last first: they are looked at first.
    known: Vec<Pid>,
    /// Through all of them.
    search: Search,
}

/// How long one call may search. Who asks has facts to take in meanwhile, and a tenth of a second of them is all
/// that waits for it.
const AT_MOST: Duration = Duration::from_millis(20);

/// Processes that are looked at first.
const KNOWN: usize = 8;

/// And so many of their descriptors; the search comes to the others.
const DESCRIPTORS: usize = 1_024;

impl Holders {
    pub(super) fn new(namespace: Namespace) -> Self {
        Self { namespace, known: Vec::new(), search: Search::new() }
    }

    /// Who holds each of these sockets. A search that takes long goes on with the next call.
    pub(super) fn find(&mut self, mut wanted: BTreeSet<u64>) -> BTreeMap<u64, Owner> {
        let until = Instant::now() + AT_MOST;
        let mut found = BTreeMap::new();
        for pid in self.known.clone() {
            self.look(pid, until, &mut wanted, &mut found);
        }
        let near = if wanted.is_empty() { Vec::new() } else { nearest(until) };
        for pid in near {
            self.look(pid, until, &mut wanted, &mut found);
        }
        // What is left of a search that began earlier may have missed what is new; one that begins now does not.
        let mut begins = u32::from(!self.search.is_over());
        let namespace = self.namespace;
        while !wanted.is_empty() {
            match self.search.next(until, |pid| namespace.has(pid)) {
                Step::Socket(pid, number) if wanted.remove(&number) => self.note(pid, &[number], &mut found),
                Step::Socket(..) => {}
                Step::Over if begins > 0 => begins -= 1,
                Step::Over | Step::TimeIsUp => break,
            }
        }
        found
    }

    /// Takes what `pid` holds out of `wanted`.
    fn look(
        &mut self,
        pid: Pid,
        until: Instant,
        wanted: &mut BTreeSet<u64>,
        found: &mut BTreeMap<u64, Owner>,
    ) {
        if wanted.is_empty() || Instant::now() >= until || !self.namespace.has(pid) {
            return;
        }
        let mut held = Vec::new();
        for number in sockets_of(pid, DESCRIPTORS) {
            held.extend(wanted.take(&number));
            if wanted.is_empty() {
                break;
            }
        }
        self.note(pid, &held, found);
    }

    /// Remembers that a process holds these.
    fn note(&mut self, pid: Pid, held: &[u64], found: &mut BTreeMap<u64, Owner>) {
        if let (Some(owner), false) = (owner(pid), held.is_empty()) {
            found.extend(held.iter().map(|&number| (number, owner.clone())));
            self.known.retain(|known| *known != pid);
            self.known.insert(0, pid);
            self.known.truncate(KNOWN);
        }
    }
}

fn owner(pid: Pid) -> Option<Owner> {
    let name = fs::read(format!("/proc/{}/comm", pid.as_raw_pid())).ok()?;
    let name = String::from_utf8_lossy(&name).trim_end_matches('\n').to_owned();
    Some(Owner { name, pid: u32::try_from(pid.as_raw_pid()).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(link: &str) -> u64 {
        let number = link.trim_start_matches("socket:[").trim_end_matches(']');
        number.parse().expect("a socket")
    }

    #[test]
    fn a_child_that_holds_a_socket_is_found_by_name() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
        let held = std::os::fd::OwnedFd::from(listener.try_clone().expect("a descriptor"));
        let mut sleep = std::process::Command::new("sleep");
        let mut child = sleep.arg("60").stdin(held).spawn().expect("sleep runs");
        let inode = fs::read_link(format!("/proc/{}/fd/0", child.id())).expect("its standard input");
        let wanted = BTreeSet::from([socket(inode.to_str().expect("text")), u64::MAX]);
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
