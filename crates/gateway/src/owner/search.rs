//! Processes in the order in which their descriptors are looked at, a piece of the search at a time.

use std::collections::HashMap;
use std::fs::{self, ReadDir};
use std::time::{Duration, Instant};

use rustix::process::{Pid, getpid};

/// Where a search through processes and their descriptors has got to. It is bounded by time: what has not been looked
/// at when the time is up is looked at next.
#[derive(Debug)]
pub(super) struct Search {
    stage: Stage,
    /// When those that are not of our family may be looked at again.
    strangers_at: Instant,
}

#[derive(Debug)]
enum Stage {
    /// Who is whose child.
    Census { entries: ReadDir, parents: Vec<(Pid, Pid)> },
    /// One after the other, the last first; with the descriptors that are left of the one that is looked at.
    Walk { pids: Vec<Pid>, at: Option<(Pid, ReadDir)> },
    /// There is nobody left to look at.
    Over,
}

/// Processes that are known at most.
const PROCESSES: usize = 32_768;

/// Everything that a run starts is a descendant of ours; what came in by another way is looked for this often.
const STRANGERS_EVERY: Duration = Duration::from_millis(250);

/// A descriptor of a process, or that there is nothing more, or no time.
#[derive(Debug)]
pub(super) enum Step {
    /// Process `.0` has this socket open.
    Socket(Pid, u64),
    /// Every process was looked at.
    Over,
    /// The rest has to wait.
    TimeIsUp,
}

impl Search {
    pub(super) fn new() -> Self {
        Self { stage: Stage::Over, strangers_at: Instant::now() }
    }

    /// True if the next step begins anew.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// The next socket that a process holds which `is_wanted`.
    pub(super) fn next(&mut self, until: Instant, is_wanted: impl Fn(Pid) -> bool) -> Step {
        loop {
            if Instant::now() >= until {
                return Step::TimeIsUp;
            }
            match &mut self.stage {
                Stage::Over => match fs::read_dir("/proc") {
                    Ok(entries) => self.stage = Stage::Census { entries, parents: Vec::new() },
                    Err(_) => return Step::Over,
                },
                Stage::Census { entries, parents } => match entries.next() {
                    Some(entry) if parents.len() < PROCESSES => {
                        let name = entry.ok().and_then(|entry| entry.file_name().into_string().ok());
                        parents.extend(name.and_then(|name| with_parent(&name)));
                    }
                    _ => {
                        let parents = std::mem::take(parents);
                        self.stage = Stage::Walk { pids: self.in_order(&parents), at: None };
                    }
                },
                Stage::Walk { pids, at } => match at {
                    Some((pid, entries)) => match entries.next() {
                        Some(entry) => {
                            if let Some(number) = entry.ok().and_then(|entry| socket_at(&entry.path())) {
                                return Step::Socket(*pid, number);
                            }
                        }
                        None => *at = None,
                    },
                    None => match pids.pop() {
                        Some(pid) if is_wanted(pid) => *at = descriptors(pid).map(|entries| (pid, entries)),
                        Some(_) => {}
                        None => {
                            self.stage = Stage::Over;
                            return Step::Over;
                        }
                    },
                },
            }
        }
    }

    /// Our family, the younger generations later, and then the others if it is time for them; the first is the last.
    fn in_order(&mut self, parents: &[(Pid, Pid)]) -> Vec<Pid> {
        let (mut order, others) = family(getpid(), parents);
        if Instant::now() >= self.strangers_at {
            self.strangers_at = Instant::now() + STRANGERS_EVERY;
            order.extend(others);
        }
        order.reverse();
        order
    }
}

/// Our descendants as far as first threads have forked them, the younger generations last: not all, but most, and found
/// in a fraction of the time, which is all that a short connection lasts.
pub(super) fn nearest(until: Instant) -> Vec<Pid> {
    let mut all = vec![getpid()];
    let mut at = 0;
    while let Some(&pid) = all.get(at)
        && all.len() < PROCESSES
        && Instant::now() < until
    {
        at += 1;
        let number = pid.as_raw_pid();
        let children =
            fs::read_to_string(format!("/proc/{number}/task/{number}/children")).unwrap_or_default();
        all.extend(children.split_whitespace().filter_map(|id| Pid::from_raw(id.parse().ok()?)));
    }
    all.remove(0);
    all
}

/// The sockets that a process holds, of at most so many descriptors.
pub(super) fn sockets_of(pid: Pid, most: usize) -> impl Iterator<Item = u64> {
    let entries = descriptors(pid).into_iter().flatten().flatten();
    entries.take(most).filter_map(|entry| socket_at(&entry.path()))
}

fn descriptors(pid: Pid) -> Option<ReadDir> {
    fs::read_dir(format!("/proc/{}/fd", pid.as_raw_pid())).ok()
}

fn socket_at(path: &std::path::Path) -> Option<u64> {
    socket(fs::read_link(path).ok()?.to_str()?)
}

/// `socket:[4711]`.
fn socket(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// The process with this number, and its parent.
fn with_parent(number: &str) -> Option<(Pid, Pid)> {
    let pid = Pid::from_raw(number.parse().ok().filter(|&number| number > 0)?)?;
    // The name may have any octets in it.
    let stat = fs::read(format!("/proc/{number}/stat")).ok()?;
    Some((pid, parent(&String::from_utf8_lossy(&stat))?))
}

/// `pid (name) state ppid …`; the name may have brackets and blanks in it.
fn parent(stat: &str) -> Option<Pid> {
    let (_, fields) = stat.rsplit_once(')')?;
    let number = fields.split_whitespace().nth(1)?.parse().ok().filter(|&number: &i32| number > 0)?;
    Pid::from_raw(number)
}

/// Who is below `of`, generation by generation, and who is not. Whatever thread a child was forked by: its parent is
/// the process.
fn family(of: Pid, parents: &[(Pid, Pid)]) -> (Vec<Pid>, Vec<Pid>) {
    let mut children: HashMap<Pid, Vec<Pid>> = HashMap::new();
    for &(pid, parent) in parents {
        children.entry(parent).or_default().push(pid);
    }
    let mut below = children.remove(&of).unwrap_or_default();
    let mut at = 0;
    while let Some(pid) = below.get(at) {
        at += 1;
        below.extend(children.remove(pid).unwrap_or_default());
    }
    let others = parents.iter().filter(|(_, parent)| children.contains_key(parent));
    (below, others.map(|&(pid, _)| pid).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pid(number: i32) -> Pid {
        Pid::from_raw(number).expect("positive")
    }

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
    fn the_parent_is_read_behind_any_name() {
        assert_eq!(parent("12 (sh) S 7 12 12 0 -1"), Some(pid(7)));
        assert_eq!(parent("12 (a) R 1 (b c) S 9 12"), Some(pid(9)));
        for none in ["1 (init) S 0 1", "12 (sh", "12 (sh) S", ""] {
            assert_eq!(parent(none), None, "{none}");
        }
    }

    #[test]
    fn a_family_is_in_the_order_of_its_generations() {
        let parents = [(9, 8), (5, 2), (2, 1), (3, 1), (4, 3), (8, 7), (6, 5)].map(|(a, b)| (pid(a), pid(b)));
        let (below, others) = family(pid(1), &parents);
        assert_eq!(below, [2, 3, 5, 4, 6].map(pid));
        assert_eq!(others, [9, 8].map(pid));
        // Whatever the numbers say, it comes to an end.
        assert_eq!(family(pid(1), &[(pid(1), pid(1))]).0, [pid(1)]);
    }

    #[test]
    fn a_search_goes_on_where_its_time_was_up() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
        let held = std::os::fd::OwnedFd::from(listener);
        let mut sleep = std::process::Command::new("sleep");
        let mut child = sleep.arg("60").stdin(held).spawn().expect("sleep runs");
        let its = Pid::from_child(&child);
        let mut search = Search::new();
        let (mut found, mut waited) = (Vec::new(), 0);
        let mut steps = 0;
        loop {
            // As if there were time for one entry only.
            match search.next(Instant::now() + Duration::from_micros(30), |pid| pid == its) {
                Step::Socket(holder, _) => found.push(holder),
                Step::TimeIsUp => waited += 1,
                Step::Over => break,
            }
            steps += 1;
            assert!(steps < 1_000_000, "it comes to an end");
        }
        child.kill().expect("ours");
        child.wait().expect("ours");
        assert!(found.contains(&its) && waited > 0, "{found:?} {waited}");
        assert!(search.is_over());
    }
}
