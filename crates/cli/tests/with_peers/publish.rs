//! Ports of this machine's that lead to the command.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use socket2::SockRef;

use super::harness::{CERTAIN, Running, Scratch, until};
use super::ports::{LOOPBACKS, free_port, listens};
use super::servers::{LARGE, large_file, sha256};

/// `cordial run -p PORT:INSIDE -- sh -c SCRIPT`, under way.
fn serve(scratch: &Scratch, what: &str, script: &str) -> Running {
    Running::start(scratch.cordial(["run", "-p", what, "--", "sh", "-c", script]))
}

/// Connects, and waits until the program is there, which nc and socat take a moment for.
fn call(at: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(at).expect("the port is published");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("thirty is not zero");
    stream
}

fn get(url: &str, into: &Path) {
    let got = Command::new("curl").args(["-sS", "--max-time", "60", "-o"]).arg(into).arg(url).output();
    let got = got.expect("curl is there");
    assert!(got.status.success(), "{url}: {}", String::from_utf8_lossy(&got.stderr));
}

/// Both families, 200 MB, byte for byte.
#[test]
fn nginx_inside_serves_callers_from_outside() {
    let scratch = Scratch::new();
    let port = free_port();
    let at = |name: &str| scratch.file(name).display().to_string();
    let www = large_file().parent().expect("a folder").display().to_string();
    let config = format!(
        "daemon off; worker_processes 1; pid {pid}; error_log {log}; user root;
         events {{ worker_connections 256; }}
         http {{ access_log off; client_body_temp_path {body}; proxy_temp_path {body}; fastcgi_temp_path {body};
                 uwsgi_temp_path {body}; scgi_temp_path {body};
                 server {{ listen 0.0.0.0:80; listen [::]:80; root {www}; }} }}",
        pid = at("nginx.pid"),
        log = at("error.log"),
        body = at("body"),
    );
    std::fs::write(scratch.file("nginx.conf"), config).expect("the folder can be written");
    let conf = at("nginx.conf");
    let run = Running::start(scratch.cordial([
        "run",
        "--ladder=none",
        "-p",
        &format!("{port}:80"),
        "--",
        "nginx",
        "-c",
        &conf,
    ]));
    let expected = sha256(large_file());
    // It writes its id when it listens.
    until("nginx runs", || scratch.file("nginx.pid").exists());
    for address in ["127.0.0.1", "[::1]"] {
        let got = scratch.file("got");
        get(&format!("http://{address}:{port}/large"), &got);
        assert_eq!(std::fs::metadata(&got).expect("curl wrote it").len(), LARGE);
        assert_eq!(sha256(&got), expected, "{address}");
    }
    run.signal("TERM");
    run.finish().expect_code(0);
}

/// `python3 -m http.server --bind 0.0.0.0 8000`, which listens at a word. What it needs is loaded by then: who calls
/// before need not wait long.
const HTTP_SERVER: &str = r#"
import http.server, os, time

open("started", "w").close()
while not os.path.exists("go"):
    time.sleep(0.01)
http.server.test(http.server.SimpleHTTPRequestHandler, http.server.ThreadingHTTPServer, port=8000, bind="0.0.0.0")
"#;

/// A server that knows IPv4 only, called by a name that is ::1 first; and who is who in its ladder.
#[test]
fn pythons_server_is_found_by_localhost_and_its_ladder_has_it_on_the_right() {
    let scratch = Scratch::new();
    let port = free_port();
    std::fs::write(scratch.file("page"), "a page").expect("the folder can be written");
    std::fs::write(scratch.file("server.py"), HTTP_SERVER).expect("the folder can be written");
    let run = serve(&scratch, &format!("{port}:8000"), "exec timeout 60 python3 server.py");
    until("python has started", || scratch.file("started").exists());
    let mut early = call((Ipv4Addr::LOCALHOST, port).into());
    early.write_all(b"GET /page HTTP/1.0\r\n\r\n").expect("it is open");
    std::fs::write(scratch.file("go"), "").expect("the folder can be written");
    let mut heard = String::new();
    early.read_to_string(&mut heard).expect("an answer");
    assert!(heard.ends_with("\r\n\r\na page"), "{heard}");
    for address in ["127.0.0.1", "[::1]", "localhost"] {
        get(&format!("http://{address}:{port}/page"), &scratch.file("got"));
        assert_eq!(std::fs::read(scratch.file("got")).expect("curl wrote it"), b"a page", "{address}");
    }
    run.signal("TERM");
    let ended = run.finish();
    let heads: Vec<&str> = ended.stderr.lines().filter(|line| line.starts_with("client ")).collect();
    let is_right =
        |line: &&str| line.contains("client 10.77.0.254:") && line.contains("server 10.77.0.2:8000");
    assert!(heads.iter().any(is_right), "{ended}");
    assert!(!heads.iter().any(|line| line.contains("server 10.77.0.254")), "{ended}");
    // The caller that came before it listened, and those of the other family, were refused by nobody.
    assert!(!ended.stderr.contains("H04"), "{ended}");
}

/// The caller says goodbye first and still gets its answer.
#[test]
fn a_callers_goodbye_leaves_the_answer_its_way() {
    for ip in LOOPBACKS {
        let scratch = Scratch::new();
        let port = free_port();
        let listen = if ip.is_ipv4() { "TCP4-LISTEN" } else { "TCP6-LISTEN" };
        let script = format!("{CERTAIN} exec socat -t30 {listen}:9000 SYSTEM:'cat; echo after'");
        let run = serve(&scratch, &format!("{port}:9000"), &script);
        until("the port is open", || listens((ip, port)));
        let mut caller = call((ip, port).into());
        caller.write_all(b"before\n").expect("it reads");
        caller.shutdown(Shutdown::Write).expect("it is open");
        let mut heard = String::new();
        caller.read_to_string(&mut heard).expect("a FIN, no reset");
        assert_eq!(heard, "before\nafter\n");
        drop(caller);
        // Whether FIN_WAIT_2 is among the states is the server's kernel's choice: it may answer the FIN with its own.
        run.finish().expect_code(0).expect_stderr(&["FIN_WAIT_1", "CLOSE_WAIT", "C03"]);
    }
}

#[test]
fn resets_pass_both_ways() {
    let scratch = Scratch::new();
    let port = free_port();
    let server = "import socket, struct
s = socket.create_server(('', 9000))
open('ready', 'w').close()
c, _ = s.accept()
c.sendall(b'last words')
c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); c.close()
c, _ = s.accept()
c.settimeout(30)
got = c.recv(100)
try: print('a FIN after' if not c.recv(100) else 'more than', got)
except ConnectionResetError: print('reset after', got)
";
    std::fs::write(scratch.file("server.py"), server).expect("the folder can be written");
    let run = serve(&scratch, &format!("127.0.0.1:{port}:9000"), "exec python3 server.py");
    until("the program listens", || scratch.file("ready").exists());
    let mut caller = call((Ipv4Addr::LOCALHOST, port).into());
    let mut words = [0; 10];
    caller.read_exact(&mut words).expect("what was said before");
    assert_eq!(&words, b"last words");
    let end = caller.read(&mut words).expect_err("a reset is no end of a stream");
    assert_eq!(end.kind(), ErrorKind::ConnectionReset);

    let mut caller = call((Ipv4Addr::LOCALHOST, port).into());
    caller.write_all(b"good bye").expect("it reads");
    SockRef::from(&caller).set_linger(Some(Duration::ZERO)).expect("a socket");
    drop(caller);
    let ended = run.finish().expect_code(0);
    assert_eq!(ended.stdout, "reset after b'good bye'\n", "{ended}");
}

#[test]
fn datagrams_find_the_command_and_the_way_back() {
    for ip in LOOPBACKS {
        let scratch = Scratch::new();
        let port = free_port();
        let listen = if ip.is_ipv4() { "UDP4-RECVFROM" } else { "UDP6-RECVFROM" };
        let script = format!("timeout 60 socat -t30 {listen}:5353,fork SYSTEM:'tr a-z A-Z'");
        let run = serve(&scratch, &format!("{port}:5353/udp"), &script);
        until("the port is open", || listens((ip, port)));
        let caller = UdpSocket::bind((ip, 0)).expect("a port is free");
        caller.connect((ip, port)).expect("an address");
        caller.set_read_timeout(Some(Duration::from_millis(200))).expect("it is not zero");
        let mut answer = [0; 100];
        // The first ones may come before socat listens.
        until("it answers", || {
            caller.send(b"hello").is_ok() && caller.recv(&mut answer).is_ok_and(|n| &answer[..n] == b"HELLO")
        });
        run.signal("TERM");
        run.finish();
    }
}

/// Nothing is run when a port cannot be had.
#[test]
fn a_port_that_cannot_be_had_is_told_with_what_to_type() {
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    let port = other.local_addr().expect("it is bound").port();
    let scratch = Scratch::new();
    let refused = |what: &str, parts: &[&str]| {
        scratch.run(&["-p", what], "touch it-ran").expect_code(125).expect_stderr(parts);
        assert_eq!(scratch.names(), Vec::<String>::new(), "{what}");
    };
    refused(
        &format!("{port}:80"),
        &[&format!("127.0.0.1:{port}"), "is taken", &format!("'sport = :{port}'")],
    );
    refused("192.0.2.1:8080:80", &["192.0.2.1", "ip address", "-p 0.0.0.0:8080:80"]);
    refused("8080", &["--publish", "8080:80"]);
    refused("8080:80/sctp", &["/sctp", "/udp"]);
    refused("::1:8080:80", &["[::1]:8080:80"]);
    refused("8080:0", &["port 0"]);
    let busy = format!("{port}:80");
    let ended = scratch.run(&["--lang", "zh", "-p", &busy], "touch it-ran").expect_code(125);
    ended.expect_stderr(&["已被占用"]);
}

/// A port below 1024 takes root, and who is not is told what else there is.
#[test]
fn a_low_port_is_told_to_take_root() {
    let scratch = Scratch::new();
    let limit = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap_or_default();
    if limit.trim() == "0" {
        return;
    }
    let mut command = Command::new("setpriv");
    let run = scratch.cordial(["run", "-p", "81:80", "--", "true"]);
    command.args(["--bounding-set", "-net_bind_service", "--inh-caps=-net_bind_service"]);
    command.arg(run.get_program()).args(run.get_args());
    command.current_dir(scratch.file("")).env("LC_ALL", "C.UTF-8");
    super::harness::finish(command).expect_code(125).expect_stderr(&["127.0.0.1:81", "-p 8081:80", "sysctl"]);
}

/// With port 0 the kernel chooses, and the choice is told.
#[test]
fn a_chosen_port_is_told() {
    let scratch = Scratch::new();
    let ended = scratch.run(&["-p", "0:80", "-p", "[::1]:0:53/udp"], "true").expect_code(0);
    let ended = ended.expect_stderr(&[
        "127.0.0.1:",
        "leads to CMD's port 80\n",
        "[::1]:",
        "leads to CMD's port 53/udp\n",
    ]);
    assert!(!ended.stderr.contains("127.0.0.1:0 "), "{ended}");
}

/// Everything else is reached as before.
#[test]
fn without_the_host_its_own_addresses_are_nobodys() {
    let server = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("there is a free port");
    let port = server.local_addr().expect("it is bound").port();
    let own = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        Ok(socket.local_addr()?.ip())
    });
    let own = own.map_or_else(|_| "10.77.0.254".to_owned(), |ip| ip.to_string());
    let scratch = Scratch::new();
    let script = format!(
        "curl -sS --max-time 9 http://hello.cordial/ > hello || exit 90
         nc.openbsd -z -w 5 10.77.0.254 {port} && exit 91
         nc.openbsd -z -w 5 {own} {port} && exit 92
         getent hosts host.cordial && exit 93
         true"
    );
    scratch.run(&["--no-host", "--ladder=none"], &script).expect_code(0);
    let with = format!("nc.openbsd -z -w 5 host.cordial {port} && nc.openbsd -z -w 5 {own} {port}");
    scratch.run(&["--ladder=none"], &with).expect_code(0);
    drop(server);
}

/// The command's address and all that is derived from it.
#[test]
fn an_own_address_moves_the_network() {
    let scratch = Scratch::new();
    let script = "ip -o addr show dev cordial0 && getent ahostsv4 hello.cordial && getent ahostsv6 hello.cordial \
        && curl -4sS http://hello.cordial/ >/dev/null && curl -6sS http://hello.cordial/ >/dev/null";
    let options = ["--ip", "192.168.50.7/24", "--ip", "fd00:1::7", "--ladder=none"];
    let ended = scratch.run(&options, script).expect_code(0);
    for part in ["192.168.50.7/24", "fd00:1::7/64", "192.168.50.80", "fd00:1::80"] {
        assert!(ended.stdout.contains(part), "{part}: {ended}");
    }
    scratch.run(&["--ip", "10.0.0.1"], "true").expect_code(125).expect_stderr(&["gateway", "10.0.0.2"]);
    let twice = ["--ip", "10.0.0.5", "--ip", "10.0.1.5"];
    scratch.run(&twice, "true").expect_code(125).expect_stderr(&["two IPv4"]);
}
