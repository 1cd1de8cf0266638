//! One host: the kernel in a network namespace of its own, on a thread of its own.

use std::io::Write;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use cordial_device::{InterfaceName, Tun, TunConfig};
use nix::sched::{CloneFlags, unshare};
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};

/// The longest that any single read, write or connect takes.
const PATIENCE: Duration = Duration::from_secs(20);

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

    /// Loads a ruleset for `nft` (nftables).
    pub fn nft(&self, rules: &str) {
        let rules = rules.to_owned();
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
            let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP));
            let socket = socket.expect("a socket");
            socket.set_reuse_address(true).expect("a plain option");
            socket.bind(&at.into()).unwrap_or_else(|error| panic!("bind {at}: {error}"));
            // For `accept`.
            socket.set_read_timeout(Some(PATIENCE)).expect("a plain option");
            socket.listen(backlog).expect("a bound socket may listen");
            Listener(socket.into())
        })
    }

    /// A socket bound to `from`, not connected yet.
    pub fn caller(&self, from: SocketAddr) -> Socket {
        self.inside(move || {
            let socket = Socket::new(Domain::for_address(from), Type::STREAM, Some(Protocol::TCP));
            let socket = socket.expect("a socket");
            socket.set_reuse_address(true).expect("a plain option");
            socket.bind(&from.into()).unwrap_or_else(|error| panic!("bind {from}: {error}"));
            socket
        })
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

/// One end of a connection.
#[derive(Debug)]
pub struct Talk(pub TcpStream);

impl Talk {
    pub fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("a plain option");
        stream.set_write_timeout(Some(PATIENCE)).expect("a plain option");
        Self(stream)
    }

    pub fn socket(&self) -> SockRef<'_> {
        SockRef::from(&self.0)
    }

    pub fn port(&self) -> u16 {
        self.0.local_addr().expect("a connected socket").port()
    }

    /// Writes so many octets.
    pub fn say(&self, octets: usize) {
        let text: Vec<u8> = (0..octets).map(|i| b'a' + (i % 23) as u8).collect();
        (&self.0).write_all(&text).expect("the connection takes it");
    }

    /// Reads exactly so many octets.
    pub fn hear(&self, octets: usize) {
        let mut text = vec![0; octets];
        std::io::Read::read_exact(&mut &self.0, &mut text).expect("the peer says so much");
    }

    /// Reads to the peer's FIN.
    pub fn hear_all(&self) -> usize {
        std::io::Read::read_to_end(&mut &self.0, &mut Vec::new()).expect("the peer ends")
    }

    /// Every segment leaves at once.
    pub fn at_once(&self) -> &Self {
        self.0.set_nodelay(true).expect("a plain option");
        self
    }

    /// Acknowledgments wait.
    pub fn acknowledge_late(&self) -> &Self {
        self.socket().set_tcp_quickack(false).expect("a plain option");
        self
    }

    pub fn keep_alive(&self, idle: u64, every: u64, probes: u32) {
        let keepalive = TcpKeepalive::new()
            .with_time(Duration::from_secs(idle))
            .with_interval(Duration::from_secs(every))
            .with_retries(probes);
        self.socket().set_tcp_keepalive(&keepalive).expect("a plain option");
    }

    /// FIN; reading goes on.
    pub fn finish(&self) {
        self.0.shutdown(std::net::Shutdown::Write).expect("an open connection");
    }

    /// Closes for both directions.
    pub fn close(self) {}

    /// RST.
    pub fn abort(self) {
        self.socket().set_linger(Some(Duration::ZERO)).expect("a plain option");
    }
}
