//! Ports of this machine's: which is free, and who listens.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};

/// Both loopbacks of the host.
pub const LOOPBACKS: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// A port that is free for both families and both protocols, and that no kernel gives to another test meanwhile: below
/// those it chooses from.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let is_free = |ip, port| TcpListener::bind((ip, port)).is_ok() && UdpSocket::bind((ip, port)).is_ok();
    for _ in 0..1000 {
        let offset = std::process::id() * 64 + NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 20_000 + (offset % 10_000) as u16;
        if LOOPBACKS.iter().all(|&ip| is_free(ip, port)) {
            return port;
        }
    }
    panic!("no port is free from 20000 to 29999");
}

/// True if a TCP or UDP port is open at this address, its own or every one. Only the kernel's tables are asked: whoever
/// is to listen is not called, and the port is not taken from under it.
pub fn listens(at: impl Into<SocketAddr>) -> bool {
    let at = at.into();
    let every = "0".repeat(32);
    let addresses = match at.ip() {
        // A socket of `::` takes both families.
        IpAddr::V4(ip) => vec![in_table(&ip.octets()), "0".repeat(8), every],
        IpAddr::V6(ip) => vec![in_table(&ip.octets()), every],
    };
    let own: Vec<String> =
        addresses.into_iter().map(|address| format!("{address}:{:04X}", at.port())).collect();
    ["tcp", "tcp6", "udp", "udp6"].iter().any(|name| {
        let table = std::fs::read_to_string(format!("/proc/net/{name}")).unwrap_or_default();
        table.lines().any(|line| is_open(line, &own))
    })
}

/// An address as `/proc/net` writes it: words of the machine's own octet order.
fn in_table(octets: &[u8]) -> String {
    let (words, _) = octets.as_chunks::<4>();
    words.iter().map(|&word| format!("{:08X}", u32::from_ne_bytes(word))).collect()
}

/// True if the entry is of a socket at one of these, with no other end: LISTEN for TCP, unconnected for UDP.
fn is_open(entry: &str, own: &[String]) -> bool {
    let fields: Vec<&str> = entry.split_whitespace().collect();
    let [_, local, remote, "0A" | "07", ..] = fields[..] else { return false };
    remote.ends_with(":0000") && own.iter().any(|at| at == local)
}
