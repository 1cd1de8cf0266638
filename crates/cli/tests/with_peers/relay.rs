//! Connections of the command's to the outside, when they do not go well.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};
use std::time::Duration;

use socket2::SockRef;

use super::harness::{Running, Scratch, finish, until};

/// Runs a script in a network namespace of its own: nothing there but a loopback.
fn on_an_island(scratch: &Scratch, script: &str) -> Command {
    let path = |name| format!("PATH={name}:{}", std::env::var("PATH").unwrap_or_default());
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_cordial")).parent().expect("a folder");
    let template = scratch.cordial::<&str>([]);
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--net", "env", &path(folder.display()), "sh", "-ec", script]);
    command.current_dir(template.get_current_dir().expect("the scratch folder")).stdin(Stdio::null());
    command.envs(template.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

/// Connects to every address named, and says what came of it and how long that took.
const CONNECT: &str = r#"
import socket, sys, time, errno
for at in sys.argv[1:]:
    family = socket.AF_INET6 if ":" in at else socket.AF_INET
    began = time.time()
    with socket.socket(family) as s:
        s.settimeout(20)
        try:
            s.connect((at, 80)); what = "connected"
        except OSError as e:
            what = errno.errorcode.get(e.errno, repr(e))
    print(at, what, "at once" if time.time() - began < 10 else "late")
"#;

/// Each way in which the host has no way has its own answer, in both families.
#[test]
fn no_way_is_said_at_once_and_by_its_name() {
    let scratch = Scratch::new();
    std::fs::write(scratch.file("connect.py"), CONNECT).expect("the folder can be written");
    let script = "ip link set lo up
        ip route add unreachable 192.0.2.0/24; ip route add prohibit 198.51.100.0/24
        ip -6 route add unreachable 2001:db8:1::/48; ip -6 route add prohibit 2001:db8:2::/48
        ip addr add 203.0.113.1/32 dev lo; ip -6 addr add 2001:db8:3::1/128 dev lo nodad
        cordial run --ladder=none -- python3 connect.py 192.0.2.7 198.51.100.7 203.0.113.77 203.0.113.1 \
            2001:db8:1::7 2001:db8:2::7 2001:db8:4::7 2001:db8:3::1 10.77.0.77 fd77::77";
    let ended = finish(on_an_island(&scratch, script)).expect_code(0);
    let expected = "192.0.2.7 EHOSTUNREACH at once
198.51.100.7 EHOSTUNREACH at once
203.0.113.77 ENETUNREACH at once
203.0.113.1 ECONNREFUSED at once
2001:db8:1::7 EHOSTUNREACH at once
2001:db8:2::7 EACCES at once
2001:db8:4::7 ENETUNREACH at once
2001:db8:3::1 ECONNREFUSED at once
10.77.0.77 EHOSTUNREACH at once
fd77::77 EHOSTUNREACH at once
";
    assert_eq!(ended.stdout, expected, "{ended}");
}

/// The host's link goes down in the middle of a connection: the command hears of it as far as TCP can say it, and so
/// does who started it.
#[test]
fn a_network_that_dies_ends_the_connections_over_it() {
    let scratch = Scratch::new();
    std::fs::write(
        scratch.file("server.py"),
        "import socket\ns = socket.create_server(('203.0.113.1', 80))\nc, _ = s.accept()\nc.sendall(b'hello')\nwhile c.recv(100): pass\n",
    )
    .expect("the folder can be written");
    std::fs::write(
        scratch.file("client.py"),
        "import socket, time
s = socket.create_connection(('203.0.113.1', 80))
assert s.recv(5) == b'hello'
open('connected', 'w').close()
s.settimeout(60)
try:
    while True:
        s.sendall(b'x'); time.sleep(0.1)
except ConnectionResetError: print('reset')
except BrokenPipeError: print('reset')
",
    )
    .expect("the folder can be written");
    let script = "ip link set lo up; ip addr add 203.0.113.1/32 dev lo
        echo 3 >/proc/sys/net/ipv4/tcp_retries2
        python3 server.py & server=$!
        ( i=0; while [ ! -e connected ] && [ $i -lt 300 ]; do sleep 0.1; i=$((i+1)); done; ip link set lo down ) &
        until ss -ltn | grep -q 203.0.113.1; do sleep 0.05; done
        cordial run --ladder=none -- python3 client.py; code=$?
        kill $server || :; exit $code";
    let ended = finish(on_an_island(&scratch, script))
        .expect_code(0)
        .expect_stderr(&["network failed or the other end fell silent: 1"]);
    assert_eq!(ended.stdout, "reset\n", "{ended}");
}

/// The server's reset is one for the command, after what the server had said.
#[test]
fn a_servers_reset_reaches_the_command_after_its_words() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the command connects");
        stream.read_exact(&mut [0]).expect("it says that it is there");
        stream.write_all(b"last words").expect("it reads");
        SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("a socket");
    });
    let scratch = Scratch::new();
    let client = format!(
        "import socket
s = socket.create_connection(('host.cordial', {port})); got = b''; s.sendall(b'k')
try:
    while True:
        piece = s.recv(100)
        if not piece: print('a FIN after', got); break
        got += piece
except ConnectionResetError: print('reset after', got)
"
    );
    std::fs::write(scratch.file("client.py"), client).expect("the folder can be written");
    let ended = scratch.run(&[], "exec python3 client.py").expect_code(0);
    assert_eq!(ended.stdout, "reset after b'last words'\n", "{ended}");
    server.join().expect("the server does not panic");
}

/// The command's reset is one for the server, after what the command had said. Its urgent octet is in its place.
#[test]
fn the_commands_reset_reaches_the_server_after_its_words() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the command connects");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("thirty is not zero");
        let mut words = [0; 11];
        stream.read_exact(&mut words).expect("what was said before");
        stream.write_all(b"k").expect("it reads");
        let end = stream.read(&mut [0; 1]).expect_err("a reset is no end of a stream");
        (words, end.kind())
    });
    let scratch = Scratch::new();
    let client = format!(
        "import socket, struct
s = socket.create_connection(('host.cordial', {port}))
s.send(b'last '); s.send(b'!', socket.MSG_OOB); s.send(b'words'); s.recv(1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); s.close()
"
    );
    std::fs::write(scratch.file("client.py"), client).expect("the folder can be written");
    scratch.run(&[], "exec python3 client.py").expect_code(0);
    let (words, end) = server.join().expect("the server does not panic");
    assert_eq!((&words, end), (b"last !words", std::io::ErrorKind::ConnectionReset));
}

/// The command's own keepalive ends at us, so the host's socket has one.
#[test]
fn the_hosts_sockets_probe_a_silent_peer() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let scratch = Scratch::new();
    let script = format!("nc.openbsd host.cordial {port} < /dev/null > got");
    let run = Running::start(scratch.cordial(["run", "--quiet", "--", "sh", "-c", &script]));
    let (mut stream, _) = listener.accept().expect("the command connects");
    let timers = || {
        let filter = format!("dst 127.0.0.1 and dport = :{port}");
        let output = Command::new("ss").args(["-tnoH", &filter]).output().expect("iproute2 is there");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    until("its timer runs", || timers().contains("timer:(keepalive,"));
    stream.write_all(b"bye").expect("it reads");
    drop((stream, listener));
    run.finish().expect_code(0);
    assert_eq!(std::fs::read(scratch.file("got")).expect("nc wrote it"), b"bye");
}
