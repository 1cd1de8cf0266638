//! What the kernel knows of its sockets.

use std::process::Command;

use rustix::net::sockopt;
use tokio::net::TcpSocket;

use super::Family;

/// A socket of the kernel's whose congestion control is CUBIC, where the kernel lets us choose.
pub fn new(family: Family) -> TcpSocket {
    let socket = match family {
        Family::V4 => TcpSocket::new_v4(),
        Family::V6 => TcpSocket::new_v6(),
    };
    let socket = socket.expect("a socket");
    if let Err(refused) = sockopt::set_tcp_congestion(&socket, "cubic") {
        eprintln!("the kernel's default congestion control is used; not cubic: {refused}");
    }
    socket
}

/// What `ss` says of all TCP sockets but listening ones, a line each: state, queues, addresses, and with `detail`
/// the variables.
pub fn all(detail: bool) -> Vec<String> {
    let arguments = if detail { "-HOtanio" } else { "-Htan" };
    let listed = Command::new("ss").arg(arguments).output();
    let listed = listed.unwrap_or_else(|error| panic!("ss (package iproute2) cannot be run: {error}"));
    assert!(listed.status.success(), "ss {arguments}: {}", String::from_utf8_lossy(&listed.stderr));
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    text.lines().filter(|line| !line.starts_with("LISTEN")).map(str::to_owned).collect()
}

/// The states of the kernel's sockets, listening ones left out.
pub fn states() -> Vec<String> {
    all(false).iter().filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect()
}

/// A counter of the kernel's TCP in this namespace, by its name in RFC 4022 without the `tcp` in front.
pub fn count(name: &str) -> u64 {
    let counters = std::fs::read_to_string("/proc/self/net/snmp").expect("the kernel counts");
    let mut lines = counters.lines().filter_map(|line| line.strip_prefix("Tcp: "));
    let (names, values) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let mut both = names.split(' ').zip(values.split(' '));
    let found = both.find(|(found, _)| *found == name).map(|(_, value)| value);
    found.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("the kernel counts {name}"))
}
