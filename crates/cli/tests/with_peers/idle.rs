//! What `run` does while nothing happens.

use std::fs;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::harness::{Running, Scratch, until};
use super::ports::{free_port, listens};

/// Connections that are open and silent.
const CONNECTIONS: usize = 5_000;

/// How long nothing happens.
const WATCHED: Duration = Duration::from_secs(10);

/// Opens them, each with an octet there and back, says so, and waits for a word to go.
const CLIENT: &str = r#"
import os, resource, socket, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
open_ones = []
for _ in range(count):
    one = socket.create_connection((host, port))
    one.sendall(b"?")
    assert one.recv(1) == b"!"
    open_ones.append(one)
open("ready", "w").close()
while not os.path.exists("go"):
    time.sleep(0.1)
"#;

/// Takes them and answers each; holds them until it is killed with its parent.
const SERVER: &str = r#"
import resource, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1024)
print("listening", flush=True)
held = []
while True:
    one, _ = listener.accept()
    one.recv(1)
    one.sendall(b"!")
    held.append(one)
"#;

#[test]
fn five_thousand_silent_connections_wake_nobody() {
    let scratch = Scratch::new();
    let port = free_port();
    let server = Server::start(port);
    let words = ["run", "--", "python3", "-c", CLIENT, "host.cordial", &port.to_string()];
    let command = scratch.cordial(words.into_iter().chain([CONNECTIONS.to_string().as_str()]));
    let running = Running::start(command);
    until_slowly("all connections are open", || scratch.file("ready").exists());

    // What the last exchanges left to do is done when nobody wakes for a while.
    let mut before = wakeups(running.id());
    until_slowly("it is quiet", || {
        std::thread::sleep(Duration::from_secs(2));
        let now = wakeups(running.id());
        std::mem::replace(&mut before, now) == now
    });
    std::thread::sleep(WATCHED);
    let after = wakeups(running.id());
    fs::write(scratch.file("go"), "").expect("the folder can be written");
    let ended = running.finish().expect_code(0);
    drop(server);
    assert_eq!(after - before, 0, "wake-ups in {WATCHED:?}: {ended}");
}

/// How often the threads of a process were put to sleep or off their processor: once for every time they woke.
fn wakeups(pid: u32) -> u64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("it runs").flatten();
    threads
        .map(|thread| switches(&fs::read_to_string(thread.path().join("status")).unwrap_or_default()))
        .sum()
}

fn switches(status: &str) -> u64 {
    let counts = status.lines().filter_map(|line| line.split_once("ctxt_switches:"));
    counts.filter_map(|(_, count)| count.trim().parse::<u64>().ok()).sum()
}

/// As [`until`], for what takes a minute.
#[track_caller]
fn until_slowly(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("waited in vain until {what}");
}

struct Server(std::process::Child);

impl Server {
    fn start(port: u16) -> Self {
        let mut server = std::process::Command::new("python3");
        server.args(["-c", SERVER, &port.to_string()]).stdout(std::process::Stdio::null());
        let server = Self(server.spawn().expect("python3 is there; `cargo xtask peers` installs it"));
        until("the server listens", || listens((Ipv4Addr::LOCALHOST, port)));
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
