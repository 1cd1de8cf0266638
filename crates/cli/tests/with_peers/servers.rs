//! Servers on the host's loopback, ended by their own process id when a test is over.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::harness::{Scratch, until};
use super::ports::{LOOPBACKS, free_port, listens};

/// Octets of the large file.
pub const LARGE: u64 = 200_000_000;

/// nginx with one folder to get from and put to, on one port of 127.0.0.1 and of ::1.
pub struct Nginx {
    child: Child,
    port: u16,
    folder: Scratch,
}

impl Nginx {
    /// Starts it and waits until it answers.
    pub fn start() -> Self {
        let folder = Scratch::new();
        let port = free_port();
        std::fs::write(folder.file("nginx.conf"), config(&folder, port)).expect("the folder can be written");
        std::fs::create_dir(folder.file("www")).expect("the folder can be written");
        let child = Command::new("nginx")
            .arg("-c")
            .arg(folder.file("nginx.conf"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("nginx: {error}; `cargo xtask peers` installs it"));
        let server = Self { child, port, folder };
        until("nginx listens", || LOOPBACKS.iter().all(|&ip| listens((ip, port))));
        server
    }

    /// The address of a file on it, as a program inside says it.
    pub fn url(&self, name: &str) -> String {
        format!("http://host.cordial:{}/{name}", self.port)
    }

    /// Where a file on it lies.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.file("www").join(name)
    }
}

impl Drop for Nginx {
    /// Its master ends its workers when asked to quit by TERM; a kill would leave them.
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-s", "TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// One worker, no logs, everything it writes in its own folder. As root the workers would drop to another user, who
/// may not enter the folder.
fn config(folder: &Scratch, port: u16) -> String {
    let user = if is_root() { "user root;" } else { "" };
    let at = |name: &str| folder.file(name).display().to_string();
    format!(
        "{user} daemon off; worker_processes 1; pid {pid}; error_log {log};
         events {{ worker_connections 1024; }}
         http {{
           access_log off; client_max_body_size 0; client_body_temp_path {body};
           proxy_temp_path {body}; fastcgi_temp_path {body}; uwsgi_temp_path {body}; scgi_temp_path {body};
           server {{ listen 127.0.0.1:{port} backlog=1024; listen [::1]:{port} backlog=1024;
                     root {www}; dav_methods PUT; }}
         }}",
        pid = at("nginx.pid"),
        log = at("error.log"),
        body = at("body"),
        www = at("www"),
    )
}

/// True if this runs as root.
fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc is there");
    status.lines().any(|line| line.starts_with("Uid:") && line.split_whitespace().nth(2) == Some("0"))
}

/// A file of random octets that all tests of this run share.
pub fn large_file() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("large");
        if std::fs::metadata(&path).is_ok_and(|found| found.len() == LARGE) {
            return path;
        }
        let mut random = std::io::Read::take(std::fs::File::open("/dev/urandom").expect("a Unix"), LARGE);
        let mut file = std::fs::File::create(&path).expect("cargo's folder for tests can be written");
        std::io::copy(&mut random, &mut file).expect("200 MB fit on the disk");
        path
    })
}

/// The SHA-256 of a file, in hex.
#[track_caller]
pub fn sha256(path: &Path) -> String {
    let output = Command::new("sha256sum").arg(path).output().expect("sha256sum is there");
    assert!(output.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).split_whitespace().next().unwrap_or_default().to_owned()
}
