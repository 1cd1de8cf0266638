//! One host: the kernel in a network namespace of its own, on a thread of its own.

use std::io::Write;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use cordial_device::{InterfaceName, Tun, TunConfig};
use nix::sched::{CloneFlags, unshare};
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::talk::{PATIENCE, Talk};

type Job = Box<dyn FnOnce() + Send>;

/// A namespace in which sockets are made. A socket stays in it wherever it is used.
pub struct Kernel {
    jobs: mpsc::Sender<Job>,
    /// The thread's number, by which others name the namespace.
    pub thread: u32,
}

impl Kernel {
    /// A namespace with nothing in it but `lo`.
    pub fn new() -> Self {
        let (jobs, work) = mpsc::channel::<Job>();
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            unshare(CloneFlags::CLONE_NEWNET).expect("only root may make network namespaces");
            tell.send(rustix::thread::gettid().as_raw_nonzero().get() as u32).expect("someone waits");
            while let Ok(job) = work.recv() {
                job();
            }
        });
        let thread = told.recv().expect("a namespace of its own: run as root");
        let kernel = Self { jobs, thread };
        kernel.ip(&["link set lo up"]);
        // What the RFCs describe, whatever the machine's default is; every namespace may use it.
        kernel.set("tcp_congestion_control", "reno");
        // Tails are probed only where that is the point: a probe after two short round trips is easily provoked by a
        // machine that is busy elsewhere.
        kernel.set("tcp_early_retrans", "0");
        kernel
    }

    /// Does something inside and gives its result.
    pub fn inside<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> T {
        let (give, given) = mpsc::channel();
        let job: Job = Box::new(move || {
            let _ = give.send(job());
        });
        self.jobs.send(job).expect("the namespace's thread lives");
        given.recv().expect("what was to be done inside failed")
    }

    /// A TUN device named `wire0`, up, with these addresses.
    pub fn tun(&self, config: TunConfig, addresses: &[&str]) -> Tun {
        let tun = self.inside(move || {
            let name = InterfaceName::new("wire0").expect("a fine name");
            Tun::open(name, config).expect("/dev/net/tun may be opened")
        });
        if !addresses.iter().any(|address| address.contains(':')) {
            // Else the kernel looks for routers on its own.
            self.write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
        }
        self.ip(&[&format!("link set wire0 mtu {} up", config.mtu)]);
        for address in addresses {
            let nodad = if address.contains(':') { " nodad" } else { "" };
            self.ip(&[&format!("addr add {address} dev wire0{nodad}")]);
        }
        tun
    }

    /// Runs `ip` (iproute2) with each line.
    pub fn ip(&self, lines: &[&str]) {
        for line in lines {
            self.command("ip", &line.split(' ').collect::<Vec<_>>());
        }
    }

    /// Runs a program to its end, which must be a good one.
    pub fn command(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(program);
        command.args(arguments.iter().filter(|argument| !argument.is_empty()));
        let done = self.inside(move || (command.output(), format!("{command:?}")));
        let output = done.0.unwrap_or_else(|error| panic!("{}: {error}", done.1));
        assert!(output.status.success(), "{}: {}", done.1, String::from_utf8_lossy(&output.stderr));
    }

    /// Starts a program that runs on.
    pub fn start(&self, program: &'static str, arguments: &[&str]) -> Child {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        self.inside(move || command.spawn()).unwrap_or_else(|error| panic!("{program}: {error}"))
    }

    /// Has the firewall (nftables) do this to what arrives.
    pub fn firewall(&self, rule: &str) {
        let rules =
            format!("table ip t {{\nchain c {{\ntype filter hook input priority 0;\n{rule}\n}}\n}}\n");
        self.inside(move || {
            let child = Command::new("nft").args(["-f", "-"]).stdin(Stdio::piped()).spawn();
            let mut child = child.expect("nft (package nftables) runs");
            let mut input = child.stdin.take().expect("a pipe");
            input.write_all(rules.as_bytes()).expect("nft listens");
            drop(input);
            assert!(child.wait().expect("a child of ours").success(), "nft refused: {rules}");
        });
    }

    /// Sets `net.ipv4.NAME`.
    pub fn set(&self, name: &str, value: &str) {
        self.write(&format!("/proc/sys/net/ipv4/{name}"), value);
    }

    /// Does not take for lost what is only late.
    pub fn be_patient(&self) {
        self.set("tcp_reordering", "60");
        self.set("tcp_recovery", "0");
    }

    /// Writes to a file under `/proc`, as the namespace sees it.
    pub fn write(&self, path: &str, value: &str) {
        let (path, value) = (path.to_owned(), value.to_owned());
        self.inside(move || std::fs::write(&path, value).unwrap_or_else(|error| panic!("{path}: {error}")));
    }

    /// Listens.
    pub fn listen(&self, at: SocketAddr) -> Listener {
        self.listen_with(at, 64)
    }

    /// Listens; one more than `backlog` connections may wait to be accepted.
    pub fn listen_with(&self, at: SocketAddr, backlog: i32) -> Listener {
        self.inside(move || {
            let socket = bound(at);
            // For `accept`.
            socket.set_read_timeout(Some(PATIENCE)).expect("a plain option");
            socket.listen(backlog).expect("a bound socket may listen");
            Listener(socket.into())
        })
    }

    /// A socket bound to `from`, not connected yet.
    pub fn caller(&self, from: SocketAddr) -> Socket {
        self.inside(move || bound(from))
    }

    /// Connects from a port of the kernel's choice.
    pub fn connect(&self, to: SocketAddr) -> Talk {
        let any = match to.ip() {
            IpAddr::V4(_) => "0.0.0.0:0",
            IpAddr::V6(_) => "[::]:0",
        };
        self.connect_from(any.parse().expect("an address"), to).expect("a connection")
    }

    /// Connects from this address.
    ///
    /// # Errors
    ///
    /// As the kernel says.
    pub fn connect_from(&self, from: SocketAddr, to: SocketAddr) -> std::io::Result<Talk> {
        let socket = self.caller(from);
        socket.connect(&to.into())?;
        Ok(Talk::new(socket.into()))
    }
}

/// A listening socket.
pub struct Listener(TcpListener);

impl Listener {
    pub fn accept(&self) -> Talk {
        Talk::new(self.0.accept().expect("a connection comes").0)
    }

    pub fn socket(&self) -> SockRef<'_> {
        SockRef::from(&self.0)
    }
}

fn bound(at: SocketAddr) -> Socket {
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP)).expect("a socket");
    socket.set_reuse_address(true).expect("a plain option");
    socket.bind(&at.into()).unwrap_or_else(|error| panic!("bind {at}: {error}"));
    socket
}

/// Calls without waiting for an answer; [`connected`] makes of it what was called for.
pub fn start_connecting(socket: &Socket, to: SocketAddr) {
    socket.set_nonblocking(true).expect("a plain option");
    let error = socket.connect(&to.into()).expect_err("it takes time");
    assert_eq!(error.raw_os_error(), Some(115), "in progress: {error}");
}

/// One end of what [`start_connecting`] began, once it was answered.
pub fn connected(socket: Socket) -> Talk {
    socket.set_nonblocking(false).expect("a plain option");
    Talk::new(socket.into())
}
