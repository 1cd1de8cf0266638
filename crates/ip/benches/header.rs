//! What reading an IP header costs, ours against etherparse's: `cargo bench -p cordial-ip`.

use std::hint::black_box;
use std::time::Instant;

use cordial_ip::{Header, Packet, Protocol};
use etherparse::IpSlice;

const ROUNDS: u32 = 20_000_000;

fn main() {
    for (name, source, destination) in [("IPv4", "10.0.0.1", "10.0.0.2"), ("IPv6", "fd00::1", "fd00::2")] {
        let (source, destination) = (source.parse().unwrap(), destination.parse().unwrap());
        let header =
            Header { source, destination, protocol: Protocol::Tcp, payload_len: 32, identification: 0 };
        let mut octets = vec![0; Header::len_to(destination) + 32];
        header.emit(&mut octets).unwrap();
        measure(&format!("{name} ours, header checksum verified"), || {
            Packet::parse(black_box(&octets)).is_ok()
        });
        measure(&format!("{name} etherparse, checksum not verified"), || {
            IpSlice::from_slice(black_box(&octets)).is_ok()
        });
    }
}

fn measure(name: &str, mut once: impl FnMut() -> bool) {
    let start = Instant::now();
    for _ in 0..ROUNDS {
        assert!(black_box(once()));
    }
    println!("{name}: {:.1} ns", start.elapsed().as_nanos() as f64 / f64::from(ROUNDS));
}
