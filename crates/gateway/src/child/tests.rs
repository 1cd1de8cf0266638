use std::convert::Infallible;
use std::ffi::CString;
use std::fs;
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{WaitOptions, test_kill_process, waitpid};

use super::*;

const LONG: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };
const SHORT: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };

/// A script under a guardian, in no namespace of its own.
fn script(text: &str) -> Child {
    let words = ["/bin/sh", "-c", text].map(|word| CString::new(word).expect("no NUL"));
    let argv = [words[0].as_ptr(), words[1].as_ptr(), words[2].as_ptr(), std::ptr::null()];
    let body = |_| -> Infallible {
        // SAFETY: the strings outlive the call, and the list ends with NULL.
        unsafe {
            libc::execv(argv[0], argv.as_ptr());
            libc::_exit(99)
        }
    };
    let (guardian, pid) = Guardian::start(body).expect("processes");
    Child::new(pid, guardian)
}

fn is_readable(child: &Child, patience: Timespec) -> bool {
    let fd = child.watch().expect("not over");
    poll(&mut [PollFd::new(&fd.as_fd(), PollFlags::IN)], Some(&patience)) == Ok(1)
}

/// Waits for news until this holds.
fn until(child: &mut Child, what: &str, holds: impl Fn(&Child) -> bool) {
    while !holds(child) {
        assert!(is_readable(child, LONG), "waited in vain until {what}");
        child.try_wait().expect("readable");
    }
}

/// The process ids that a script writes to its file.
fn pids_in(path: &str, how_many: usize) -> Vec<Pid> {
    for _ in 0..2_000 {
        let text = fs::read_to_string(path).unwrap_or_default();
        let pids: Vec<Pid> =
            text.lines().filter_map(|line| Pid::from_raw(line.trim().parse().ok()?)).collect();
        if pids.len() == how_many {
            return pids;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("{path} never had {how_many} lines");
}

fn file(name: &str) -> String {
    let path = std::env::temp_dir().join(format!("cordial-child-{name}-{}", std::process::id()));
    fs::write(&path, "").expect("the folder for temporary files can be written");
    path.to_str().expect("text").to_owned()
}

#[test]
fn the_descriptor_says_when_the_program_has_ended() {
    let mut child = script("exec sleep 300");
    assert!(!is_readable(&child, SHORT));
    assert_eq!(child.try_wait().expect("readable"), None);
    child.signal(Signal::TERM).expect("ours");
    until(&mut child, "it has ended", |child| child.over);
    assert_eq!(child.try_wait().expect("remembered"), Some(Exit::Signal(15)));
    assert_eq!(child.wait().expect("remembered"), Exit::Signal(15));
    assert_eq!(child.left_running(), 0);
    assert!(child.watch().is_none());
}

#[test]
fn the_code_comes_through() {
    for code in [0, 1, 255] {
        assert_eq!(script(&format!("exit {code}")).wait().expect("readable"), Exit::Code(code));
    }
}

#[test]
fn a_dropped_child_is_ended_and_reaped() {
    let child = script("exec sleep 300");
    let (pid, guardian) = (child.pid(), child.guardian.pid());
    drop(child);
    assert!(test_kill_process(pid).is_err(), "the guardian reaps it");
    assert_eq!(waitpid(Some(guardian), WaitOptions::NOHANG).map(|_| ()), Err(Errno::CHILD));
}

#[test]
fn what_is_left_running_is_ended_wherever_it_went() {
    let path = file("left");
    let mut child = script(&format!(
        "setsid sh -c 'echo $$ >>{path}; exec sleep 300' &
         (sh -c 'trap \"\" TERM HUP INT; echo $$ >>{path}; sleep 300; sleep 300' &)
         while [ $(wc -l <{path}) -lt 2 ]; do sleep 0.01; done; exit 7"
    ));
    assert_eq!(child.wait().expect("readable"), Exit::Code(7));
    // The second shell's own child is the third.
    assert_eq!(child.left_running(), 3);
    for pid in pids_in(&path, 2) {
        assert!(test_kill_process(pid).is_err(), "{pid:?} is gone, and no zombie");
    }
    let _ = fs::remove_file(path);
}

/// Each of these lives for a moment only and has a child by then: what is found by a look is mostly gone when it is
/// killed. They do not mind SIGTERM.
#[test]
fn what_forks_faster_than_it_is_killed_is_ended() {
    let path = file("bomb");
    let bomb = format!(
        "trap '' TERM; b() {{ [ -e {path} ] || exit; (sleep 0.02; b) & }}; b; b; b; b; b; b; b; b; exit 5"
    );
    let mut child = script(&bomb);
    let exit = child.wait().expect("readable");
    let _ = fs::remove_file(path);
    assert_eq!((exit, child.remaining()), (Exit::Code(5), 0));
    assert!(child.left_running() > 0);
}

#[test]
fn what_ends_by_itself_in_a_moment_is_left_alone() {
    let path = file("tail");
    let mut child = script(&format!("(sleep 0.03; echo 1 >{path}) & exit 0"));
    assert_eq!(child.wait().expect("readable"), Exit::Code(0));
    assert_eq!(child.left_running(), 0);
    assert_eq!(fs::read_to_string(&path).expect("it was written"), "1\n");
    let _ = fs::remove_file(path);
}

#[test]
fn a_stop_is_told_and_so_is_that_it_goes_on() {
    let mut child = script("exec sleep 300");
    child.signal(Signal::STOP).expect("ours");
    until(&mut child, "it has stopped", Child::is_stopped);
    child.signal(Signal::CONT).expect("ours");
    until(&mut child, "it goes on", |child| !child.is_stopped());
    assert_eq!(child.try_wait().expect("readable"), None);
}

#[test]
fn a_killed_guardian_takes_the_program_along() {
    let mut child = script("exec sleep 300");
    // The script asks for that itself in a namespace; here nobody has.
    kill_process(child.guardian.pid(), Signal::KILL).expect("ours");
    assert_eq!(child.wait().expect("readable"), Exit::Signal(9));
    let _ = child.process.as_ref().map(|process| pidfd_send_signal(process, Signal::KILL));
}

#[test]
fn who_ignores_a_signal_is_known() {
    let path = file("ignores");
    let child = script(&format!("trap '' INT; echo $$ >{path}; sleep 300"));
    pids_in(&path, 1);
    assert!(child.ignores(Signal::INT) && !child.ignores(Signal::TERM));
    let _ = fs::remove_file(path);
}

#[test]
fn what_was_sent_to_the_group_is_told_from_what_was_sent_to_us() {
    use crate::signals::Reach;
    use crate::{Heard, Sender};
    let path = file("group");
    // In our group, as the program is: one that ignores the signal, and one that does not.
    let ignoring = script(&format!("trap '' TERM; echo $$ >{path}; sleep 300"));
    pids_in(&path, 1);
    let plain = script("exec sleep 300");
    let reach = |pid| plain.reach(Heard { signal: Signal::TERM, sender: Sender::Process(pid) });
    assert_eq!(reach(Some(ignoring.pid())), Reach::Both);
    assert_eq!(reach(Some(plain.pid())), Reach::Us);
    assert_eq!(reach(Some(getpid())), Reach::Us);
    assert_eq!(reach(None), Reach::Us);
    assert_eq!(plain.reach(Heard { signal: Signal::TERM, sender: Sender::Terminal }), Reach::Both);
    let _ = fs::remove_file(path);
}
