//! Which name server the host asks.

use std::fs;
use std::net::{IpAddr, SocketAddr};

use super::PORT;

/// The first name server in the host's `/etc/resolv.conf`; the local machine where there is none,
/// as the C library has it. `None` if the file names only servers that need a link (`fe80::1%eth0`).
pub fn host_resolver() -> Option<SocketAddr> {
    first_server(&fs::read_to_string("/etc/resolv.conf").unwrap_or_default())
}

fn first_server(resolv_conf: &str) -> Option<SocketAddr> {
    let words = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        (words.next() == Some("nameserver")).then(|| words.next().unwrap_or_default().to_owned())
    };
    let servers: Vec<String> = resolv_conf.lines().filter_map(words).collect();
    if servers.is_empty() {
        return Some(SocketAddr::from(([127, 0, 0, 1], PORT)));
    }
    let address = servers.iter().find_map(|server| server.parse::<IpAddr>().ok())?;
    Some(SocketAddr::new(address, PORT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_server_is_asked() {
        let conf = "# comment\nsearch example.org\nnameserver 192.0.2.1 # x\nnameserver 192.0.2.2\n";
        assert_eq!(first_server(conf), "192.0.2.1:53".parse().ok());
        assert_eq!(first_server("nameserver\t2001:db8::1\n"), "[2001:db8::1]:53".parse().ok());
    }

    #[test]
    fn a_server_that_needs_a_link_is_passed_over() {
        assert_eq!(
            first_server("nameserver fe80::1%eth0\nnameserver 192.0.2.2\n"),
            "192.0.2.2:53".parse().ok()
        );
        assert_eq!(first_server("nameserver fe80::1%eth0\n"), None);
    }

    #[test]
    fn without_a_server_it_is_the_local_machine() {
        assert_eq!(first_server("search example.org\n;nameserver 1.2.3.4\n"), "127.0.0.1:53".parse().ok());
    }
}
