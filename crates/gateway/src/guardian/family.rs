//! The processes below this one. System calls only: the guardian may not allocate.

use std::ffi::CStr;
use std::mem::MaybeUninit;

use rustix::fs::{Mode, OFlags, RawDir};
use rustix::io::Errno;
use rustix::process::Pid;

/// Generations that are looked at. What is further away is found when those between have ended.
const GENERATIONS: u32 = 64;

/// The state of a process that has stopped.
pub(super) const STOPPED: u8 = b'T';

/// Calls `each` with every process below `ancestor` that has not ended, and with its state.
pub(super) fn for_each_below(ancestor: Pid, mut each: impl FnMut(Pid, u8)) -> Result<(), Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::open(c"/proc", flags, Mode::empty())?;
    let mut space = [MaybeUninit::<u8>::uninit(); 4096];
    let mut entries = RawDir::new(&directory, &mut space);
    while let Some(entry) = entries.next() {
        let name = entry?.file_name().to_str().ok().and_then(|name| name.parse::<i32>().ok());
        if let Some(pid) = name.and_then(|number| Pid::from_raw(number.max(0)))
            && let Some(state) = state_below(ancestor, pid)
        {
            each(pid, state);
        }
    }
    Ok(())
}

/// The state of `pid`; none if it has ended or is not below `ancestor`.
fn state_below(ancestor: Pid, pid: Pid) -> Option<u8> {
    let mut process = Process::of(pid).filter(|process| process.state != b'Z')?;
    let state = process.state;
    for _ in 0..GENERATIONS {
        match process.parent? {
            parent if parent == ancestor => return Some(state),
            parent => process = Process::of(parent)?,
        }
    }
    None
}

/// What `/proc/PID/stat` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    state: u8,
    parent: Option<Pid>,
}

impl Process {
    /// `None` if there is no such process.
    fn of(pid: Pid) -> Option<Self> {
        let mut path = [0; 24];
        let file =
            rustix::fs::open(stat_path(pid, &mut path)?, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
        let mut text = [0; 256];
        let length = rustix::io::read(file.ok()?, &mut text).ok()?;
        Self::parse(text.get(..length)?)
    }

    /// `pid (name) state ppid …`; the name may have anything in it, brackets too, and is short.
    fn parse(text: &[u8]) -> Option<Self> {
        let bracket = text.iter().rposition(|&octet| octet == b')')?;
        let mut fields =
            text.get(bracket + 1..)?.split(|&octet| octet == b' ').filter(|field| !field.is_empty());
        let state = *fields.next()?.first()?;
        let parent: i32 = str::from_utf8(fields.next()?).ok()?.parse().ok()?;
        Some(Self { state, parent: Pid::from_raw(parent.max(0)) })
    }
}

/// `/proc/PID/stat`, written into `room`.
fn stat_path(pid: Pid, room: &mut [u8; 24]) -> Option<&CStr> {
    let mut digits = [0; 10];
    let (mut number, mut first) = (pid.as_raw_pid(), digits.len());
    while number > 0 && first > 0 {
        first -= 1;
        *digits.get_mut(first)? = b'0' + (number % 10) as u8;
        number /= 10;
    }
    let parts: [&[u8]; 4] = [b"/proc/", digits.get(first..)?, b"/stat", b"\0"];
    let mut end = 0;
    for part in parts {
        room.get_mut(end..end + part.len())?.copy_from_slice(part);
        end += part.len();
    }
    CStr::from_bytes_with_nul(room.get(..end)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_process_may_have_anything_in_it() {
        let parse = |text: &str| Process::parse(text.as_bytes());
        let expected = Some(Process { state: b'S', parent: Pid::from_raw(7) });
        assert_eq!(parse("12 (sh) S 7 12 12 0 -1"), expected);
        assert_eq!(parse("12 (a) R 1 (b c) S 7 12"), expected);
        assert_eq!(parse("1 (init) S 0 1"), Some(Process { state: b'S', parent: None }));
        assert_eq!(parse("12 (sh"), None);
        assert_eq!(parse("12 (sh) S"), None);
    }

    #[test]
    fn the_path_has_every_digit() {
        for number in [1, 10, 4_194_304, i32::MAX] {
            let pid = Pid::from_raw(number).expect("positive");
            let mut room = [0; 24];
            let path = stat_path(pid, &mut room).expect("there is room");
            assert_eq!(path.to_str(), Ok(&*format!("/proc/{number}/stat")));
        }
    }

    #[test]
    fn grandchildren_are_found_and_strangers_are_not() {
        let mut child = std::process::Command::new("sh")
            .args(["-c", "sleep 300 & echo; wait"])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("sh is there");
        let mut line = [0; 1];
        std::io::Read::read_exact(child.stdout.as_mut().expect("piped"), &mut line).expect("it says so");
        let (me, its) = (rustix::process::getpid(), Pid::from_child(&child));
        let below = |ancestor| {
            let mut found = Vec::new();
            for_each_below(ancestor, |pid, _| found.push(pid)).expect("/proc is mounted");
            found
        };
        let grandchildren = below(its);
        assert_eq!(grandchildren.len(), 1, "{grandchildren:?}");
        assert!(below(me).contains(&its) && below(me).contains(&grandchildren[0]));
        assert!(!below(its).contains(&me));
        child.kill().expect("ours");
        child.wait().expect("ours");
        let _ = rustix::process::kill_process(grandchildren[0], rustix::process::Signal::KILL);
    }
}
