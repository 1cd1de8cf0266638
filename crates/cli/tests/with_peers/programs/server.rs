//! A server of any kind, outside or inside, for as long as its test lasts.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::super::harness::{Running, Scratch, until};
use super::super::ports::{LOOPBACKS, listens};
use super::way::Way;

/// A server on both loopbacks of the host, asked by TERM to end when it is dropped.
pub struct Server(Child);

impl Server {
    /// Starts it, and waits until it listens on these ports. It is not called: some servers take one client at a time.
    #[track_caller]
    pub fn start(mut command: Command, ports: &[u16]) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let name = command.get_program().display().to_string();
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}; `cargo xtask peers` installs it"));
        let server = Self(child);
        for at in ports.iter().flat_map(|&port| LOOPBACKS.map(|ip| (ip, port))) {
            until(&format!("{name} listens on {at:?}"), || listens(at));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-s", "TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

/// Starts a server inside, with a port of the host's that leads to one of its; it is ended by [`end`].
pub fn inside(scratch: &Scratch, way: Way, published: &str, script: &str) -> Running {
    let options = way.options();
    let words = [&["run"], &options[..], &["-p", published, "--", "sh", "-ec", script]].concat();
    Running::start(scratch.cordial(words))
}

/// Ends a server inside by TERM, and sees to it that nothing is left of it.
#[track_caller]
pub fn end(server: Running, scratch: &Scratch) {
    server.signal("TERM");
    server.finish();
    assert_eq!(scratch.survivors(), []);
}

/// Runs a program outside, which has to succeed within a minute; its output.
#[track_caller]
pub fn outside(scratch: &Scratch, script: &str) -> String {
    let mut command = Command::new("timeout");
    command.args(["60", "sh", "-ec", script]).current_dir(scratch.file("")).stdin(Stdio::null());
    let output = command.output().expect("timeout is there");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{script}\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// A file of so many random octets.
pub fn random_file(path: PathBuf, octets: u64) -> PathBuf {
    let mut random = std::fs::File::open("/dev/urandom").expect("a Unix").take(octets);
    let mut file = std::fs::File::create(&path).expect("the folder can be written");
    std::io::copy(&mut random, &mut file).expect("it fits on the disk");
    path
}

/// Fails unless both files hold the same octets.
#[track_caller]
pub fn assert_same(one: &Path, other: &Path, way: Way) {
    let read = |path: &Path| {
        std::fs::read(path).unwrap_or_else(|error| panic!("{way}: {}: {error}", path.display()))
    };
    assert!(read(one) == read(other), "{way}: {} and {} differ", one.display(), other.display());
}
