//! Datagrams: there and back, byte for byte, and nobody there.

use std::net::{Ipv4Addr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::harness::{Scratch, until};
use super::ports::{free_port, listens};

/// A server on the host's loopback that gives back what it gets, for as long as the test lives.
fn echo(address: &str) -> u16 {
    let socket = UdpSocket::bind((address, 0)).expect("a port");
    let port = socket.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        let mut octets = vec![0; 65_535];
        while let Ok((n, from)) = socket.recv_from(&mut octets) {
            let _ = socket.send_to(&octets[..n], from);
        }
    });
    port
}

/// Inside, python sends datagrams of many lengths and compares what comes back.
const COMPARE: &str = r#"
import os, socket, sys
family, address, port, longest = sys.argv[1:]
s = socket.socket(socket.AF_INET6 if family == "6" else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
s.connect((address, int(port)))
for length in [0, 1, 100, 1452, 1453, 1472, 1473, 3000, 9000, 30000, int(longest)]:
    octets = os.urandom(length)
    s.send(octets)
    assert s.recv(70000) == octets, length
print("same")
"#;

fn compare(family: &str, host: &str, inside: &str, longest: u32, options: &[&str]) {
    let (scratch, port) = (Scratch::new(), echo(host));
    std::fs::write(scratch.file("compare.py"), COMPARE).expect("the folder can be written");
    let script = format!("python3 compare.py {family} {inside} {port} {longest}");
    let ended = scratch.run(&[&["--ladder=none"], options].concat(), &script).expect_code(0);
    assert_eq!(ended.stdout.trim(), "same", "{ended}");
}

#[test]
fn datagrams_of_any_length_come_back_as_they_went_over_ipv4() {
    compare("4", "127.0.0.1", "10.77.0.254", 65_507, &[]);
}

#[test]
fn datagrams_of_any_length_come_back_as_they_went_over_ipv6() {
    compare("6", "::1", "fd77::fe", 65_527, &[]);
}

#[test]
fn they_do_with_a_small_mtu_too() {
    compare("4", "127.0.0.1", "10.77.0.254", 65_507, &["--mtu", "1280"]);
    compare("6", "::1", "fd77::fe", 65_527, &["--mtu", "1280"]);
}

#[test]
fn socat_gets_back_what_it_sent() {
    let port = echo("127.0.0.1");
    let script =
        format!("seq 1 200 | socat -t 10 - UDP:host.cordial:{port} | sha256sum; seq 1 200 | sha256sum");
    let ended = Scratch::new().run(&["--ladder=none"], &script).expect_code(0);
    let sums: Vec<&str> = ended.stdout.lines().collect();
    assert!(sums.len() == 2 && sums[0] == sums[1], "{ended}");
}

#[test]
fn netcat_gets_an_answer() {
    let port = echo("::1");
    let script = format!("echo hello | nc -u -6 -w 20 -W 1 host.cordial {port}");
    assert_eq!(Scratch::new().run(&["--ladder=none"], &script).expect_code(0).stdout, "hello\n");
}

/// Inside, python says which error comes back for a datagram to nobody.
const REFUSED: &str = r#"
import errno, socket, sys
for family, address, port in zip(*[iter(sys.argv[1:])] * 3):
    s = socket.socket(socket.AF_INET6 if family == "6" else socket.AF_INET, socket.SOCK_DGRAM)
    # Host and network unreachable are told to those who ask.
    s.setsockopt(socket.IPPROTO_IPV6 if family == "6" else socket.IPPROTO_IP, 25 if family == "6" else 11, 1)
    s.settimeout(10)
    s.connect((address, int(port)))
    s.send(b"anybody?")
    try:
        s.recv(100)
        print("answered")
    except OSError as error:
        print(errno.errorcode.get(error.errno, error))
"#;

#[test]
fn nobody_there_is_heard_at_once() {
    let (scratch, port) = (Scratch::new(), free_port());
    std::fs::write(scratch.file("refused.py"), REFUSED).expect("the folder can be written");
    let script = format!(
        "python3 refused.py 4 10.77.0.254 {port} 6 fd77::fe {port} 4 10.77.0.80 9 6 fd77::1 9 4 10.77.0.99 9 6 fd77::99 9"
    );
    let ended = scratch.run(&["--ladder=none"], &script).expect_code(0);
    let heard: Vec<&str> = ended.stdout.lines().collect();
    let refused = ["ECONNREFUSED"; 4];
    assert_eq!((&heard[..4], &heard[4..]), (&refused[..], &["EHOSTUNREACH"; 2][..]), "{ended}");
    assert!(ended.took < Duration::from_secs(10), "{ended}");
}

#[test]
fn dig_at_a_server_that_is_not_there_fails_at_once() {
    let port = free_port();
    let script = format!("dig +tries=1 +time=20 @10.77.0.254 -p {port} hello.cordial");
    let ended = Scratch::new().run(&["--ladder=none"], &script);
    assert!(ended.code() == 9 && ended.stdout.contains("connection refused"), "{ended}");
    assert!(ended.took < Duration::from_secs(20), "{ended}");
}

/// iperf3's server, ended with the test.
struct Iperf(Child, u16);

impl Iperf {
    fn start() -> Self {
        let port = free_port();
        let mut command = Command::new("iperf3");
        command.args(["-s", "-p", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("iperf3: {error}; `cargo xtask peers` installs it"));
        let server = Self(child, port);
        until("iperf3 listens", || listens((Ipv4Addr::LOCALHOST, port)));
        server
    }
}

impl Drop for Iperf {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// At a rate that no busy machine's sockets lose of.
#[test]
fn iperf3_counts_its_datagrams_both_ways() {
    let server = Iperf::start();
    for way in ["", "-R"] {
        let script = format!("iperf3 -u {way} -b 4M -l 1200 -t 1 -c host.cordial -p {} --json", server.1);
        let ended = Scratch::new().run(&["--ladder=none"], &script).expect_code(0);
        let field = |name: &str| -> f64 {
            let end = ended.stdout.find("\"end\"").map_or("", |at| &ended.stdout[at..]);
            let sum = end.find("\"sum\"").map_or("", |at| &end[at..]);
            let value = sum.split_once(&format!("\"{name}\":")).map(|(_, rest)| rest.trim_start());
            let digits = value.map(|value| value.split([',', '\n', '}']).next().unwrap_or_default().trim());
            digits.and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("no {name}: {ended}"))
        };
        assert!(field("packets") > 100.0, "{way}: {ended}");
        assert!(field("lost_percent") < 5.0, "{way}: {ended}");
    }
}
