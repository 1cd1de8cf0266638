//! What the tests of the spawner share.
//!
//! They take root, or user namespaces and a `/dev/net/tun` open to the caller; and from the
//! system: `ip` (iproute2), `unshare`, `mount` and `setpriv` (util-linux), `sh`, `sleep`.

#![allow(dead_code)] // each test file uses some of it

use std::io::Read;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use cordial_gateway::{Child, Exit, Prepared, SpawnError, Spawner, Wire};
use rustix::pipe::{PipeFlags, pipe_with};

#[path = "../../../device/tests/common/again.rs"]
mod again;

pub use again::*;

/// Sets a program up, or says why this machine cannot.
pub fn prepare(command: &[&str]) -> (Prepared, Wire) {
    match Spawner::new(command).prepare() {
        Ok(prepared) => prepared,
        Err(error) => panic!("this machine cannot run these tests: {error}"),
    }
}

/// Runs a program to its end.
pub fn run(command: &[&str]) -> Result<Exit, SpawnError> {
    let (prepared, _tun) = prepare(command);
    prepared.start().map(|mut child| child.wait().expect("a child of ours"))
}

/// Runs a script in a namespace of its own and gives what it wrote, which must fit into a pipe.
pub fn output_of(script: &str) -> String {
    // Not closed on exec: the script inherits it under the same number.
    let (read, write) = pipe_with(PipeFlags::NONBLOCK).expect("a pipe");
    // By its path: some shells take no number over 9 after `>&`.
    let redirect = format!("exec >/proc/self/fd/{} 2>&1\n{script}", write.as_raw_fd());
    let exit = run(&["sh", "-c", &redirect]).expect("sh is there");
    let mut out = Vec::new();
    let end = std::fs::File::from(read).read_to_end(&mut out);
    // Another test's program may hold a copy of the other end: then it is "would block", not EOF.
    assert!(end.is_ok() || end.is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock));
    let out = String::from_utf8(out).expect("text");
    assert_eq!(exit, Exit::Code(0), "{script}:\n{out}");
    out
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Waits until `condition` holds, for a minute.
pub fn eventually(what: &str, condition: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < end, "still not so after a minute: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub fn start(command: &[&str]) -> (Child, Wire) {
    let (prepared, tun) = prepare(command);
    (prepared.start().expect("the program is there"), tun)
}

/// The processes that have this in their environment; a zombie has none.
pub fn marked(variable: &str) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").expect("/proc is there").flatten();
    let pids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
    let has = |pid: &u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|&octet| octet == 0).any(|found| found == variable.as_bytes())
    };
    pids.filter(has).collect()
}
