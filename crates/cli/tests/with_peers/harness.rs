//! Running the command: with a time limit, in a folder of its own, and with a mark by which what it left is found.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Long enough for 200 MB on a slow machine.
const LIMIT: Duration = Duration::from_secs(120);

/// The variable that marks everything one run starts.
const MARK: &str = "CORDIAL_TEST_RUN";

/// Begins a script: keeps the command's kernel, on a machine that is slow to answer, from sending again what was not
/// lost. No probe of its last segment, and two seconds before it takes one for lost, where the kernel has that setting.
pub const CERTAIN: &str = "echo 0 >/proc/sys/net/ipv4/tcp_early_retrans; \
    (echo 2000000 >/proc/sys/net/ipv4/tcp_rto_min_us) 2>/dev/null;";

/// A folder that exists for one test.
pub struct Scratch {
    path: PathBuf,
    mark: String,
}

impl Scratch {
    /// An empty folder under cargo's own for tests.
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mark = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("run-{mark}"));
        std::fs::create_dir_all(&path).expect("cargo's folder for tests can be written");
        Self { path, mark }
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// What is in it, by name.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.path).expect("the folder is there");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// `cordial` with these words, here, in English whatever the machine speaks.
    pub fn cordial<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cordial"));
        command.args(words).current_dir(&self.path).stdin(Stdio::null());
        command
            .env("LC_ALL", "C.UTF-8")
            .env("TMPDIR", &self.path)
            .env("CURL_HOME", curl_home())
            .env(MARK, &self.mark)
            .env_remove("NO_COLOR");
        command
    }

    /// `cordial run [options] -- sh -c SCRIPT`, to its end.
    pub fn run(&self, options: &[&str], script: &str) -> Ended {
        let words = [&["run"], options, &["--", "sh", "-c", script]].concat();
        finish(self.cordial(words))
    }

    /// Processes that this scratch's runs started and that are still there: id and command line.
    pub fn survivors(&self) -> Vec<(u32, String)> {
        let wanted = format!("{MARK}={}", self.mark).into_bytes();
        let processes = std::fs::read_dir("/proc").expect("/proc is there").flatten();
        let ids = processes.filter_map(|process| process.file_name().to_str()?.parse().ok());
        ids.filter(|&id| is_marked(id, &wanted)).map(|id| (id, command_line(id))).collect()
    }
}

/// The folder with curl's settings: where it may choose a family, it tries the other one when the first has failed, not
/// when a busy machine keeps it waiting. So it makes one connection for one request.
fn curl_home() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("curl");
        std::fs::create_dir_all(&folder).expect("cargo's folder for tests can be written");
        std::fs::write(folder.join(".curlrc"), "happy-eyeballs-timeout-ms = 20000\n").expect("ours");
        folder
    })
}

impl Drop for Scratch {
    /// What outlived its test, because that failed, does not outlive this.
    fn drop(&mut self) {
        for (id, _) in self.survivors() {
            let _ = Command::new("kill").args(["-s", "KILL", &id.to_string()]).status();
        }
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

fn is_marked(id: u32, wanted: &[u8]) -> bool {
    let environment = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
    environment.split(|&octet| octet == 0).any(|variable| variable == wanted)
}

fn command_line(id: u32) -> String {
    let command = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&command).replace('\0', " ")
}

/// A command that came to its end.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Ended {
    /// The exit code, as a shell sees it.
    #[track_caller]
    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| panic!("ended by a signal: {self}"))
    }

    /// Fails, showing both streams, unless the exit code is this.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "{self}");
        self
    }

    /// Fails, showing both streams, unless each of these is on stderr.
    #[track_caller]
    pub fn expect_stderr(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.stderr.contains(part), "`{part}` is not on stderr: {self}");
        }
        self
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { status, stdout, stderr, took } = self;
        write!(f, "{status} after {took:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}

/// Runs to the end, or to the limit.
#[track_caller]
pub fn finish(command: Command) -> Ended {
    Running::start(command).finish()
}

/// A command under way, its streams being read.
pub struct Running {
    child: Child,
    began: Instant,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

impl Running {
    /// Starts it.
    #[track_caller]
    pub fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!(
                "{}: {error}; `cargo xtask peers` installs what is missing",
                command.get_program().display()
            )
        });
        let stdout = collect(child.stdout.take().expect("stdout is a pipe"));
        let stderr = collect(child.stderr.take().expect("stderr is a pipe"));
        Self { child, began: Instant::now(), stdout, stderr }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal by name.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().expect("kill is there");
        assert!(sent.success(), "kill -s {name} {pid}");
    }

    /// Waits so long for its end, and says whether it came.
    pub fn ends_within(&mut self, time: Duration) -> bool {
        let began = Instant::now();
        loop {
            if self.child.try_wait().expect("a child can be waited for").is_some() {
                return true;
            }
            if began.elapsed() > time {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for its end. Over the limit it is killed, and the test fails.
    #[track_caller]
    pub fn finish(mut self) -> Ended {
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                break status;
            }
            if self.began.elapsed() > LIMIT {
                let _ = self.child.kill();
                let _ = self.child.wait();
                panic!("still running after {LIMIT:?}");
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let took = self.began.elapsed();
        let text = |stream: Receiver<String>| {
            stream.recv_timeout(Duration::from_secs(60)).expect("nobody holds its streams open after its end")
        };
        Ended { status, stdout: text(self.stdout), stderr: text(self.stderr), took }
    }
}

/// Reads a stream to its end, in a thread of its own.
fn collect(mut stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut octets = Vec::new();
        let _ = stream.read_to_end(&mut octets);
        let _ = sender.send(String::from_utf8_lossy(&octets).into_owned());
    });
    receiver
}

/// Waits until `holds`, a minute at most.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
