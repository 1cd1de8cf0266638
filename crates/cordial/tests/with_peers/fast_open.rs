//! Fast open with the kernel's TCP (RFC 7413), either as the one who calls.

use std::fs;
use std::net::SocketAddr;
use std::num::NonZeroU32;

use cordial::{Bind, ListenConfig, TcpListener, TcpStream};
use rustix::net::{AddressFamily, SendFlags, SocketType, sendto};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Family, host, in_a_namespace, socket, until};

/// Lets the kernel open fast as client and as server, all of its listeners without being asked each.
fn let_the_kernel() {
    fs::write("/proc/sys/net/ipv4/tcp_fastopen", "1027").expect("the namespace is ours");
}

/// A counter of the kernel's, by its name in TcpExt.
fn count(name: &str) -> u64 {
    let counters = fs::read_to_string("/proc/self/net/netstat").expect("the kernel counts");
    let mut lines = counters.lines().filter_map(|line| line.strip_prefix("TcpExt: "));
    let (names, values) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let found = names.split(' ').zip(values.split(' ')).find(|(found, _)| *found == name);
    found.and_then(|(_, value)| value.parse().ok()).unwrap_or_else(|| panic!("the kernel counts {name}"))
}

#[test]
fn the_kernel_takes_octets_from_our_syn() {
    in_a_namespace(async || {
        let host = host(true);
        let_the_kernel();
        for (family, before) in [(Family::V4, 0), (Family::V6, 1)] {
            let listener = socket::new(family);
            listener.bind(SocketAddr::new(family.kernel(), 0)).expect("binds");
            let listener = listener.listen(16).expect("listens");
            let to = listener.local_addr().expect("it is bound");
            for _ in 0..2 {
                let calls = TcpStream::connect_fast(&host, to, b"hello");
                let (ours, kernels) = tokio::join!(calls, listener.accept());
                let (mut ours, mut kernels) = (ours.expect("connects"), kernels.expect("accepts").0);
                ours.shutdown().await.expect("shuts down");
                let mut heard = Vec::new();
                kernels.read_to_end(&mut heard).await.expect("reads");
                assert_eq!(heard, b"hello");
                kernels.write_all(b"world").await.expect("writes");
                drop(kernels);
                let mut answer = Vec::new();
                ours.read_to_end(&mut answer).await.expect("reads");
                assert_eq!(answer, b"world");
            }
            assert_eq!(host.counters().fast_open_active, before + 1, "{family:?}");
            assert_eq!(count("TCPFastOpenPassive"), before + 1, "{family:?}");
        }
        assert_eq!(host.counters().fast_open_active_fail, 0);
    });
}

#[test]
fn we_take_octets_from_the_kernel_s_syn() {
    in_a_namespace(async || {
        let host = host(true);
        let_the_kernel();
        for (family, kind, before) in
            [(Family::V4, AddressFamily::INET, 0), (Family::V6, AddressFamily::INET6, 1)]
        {
            let config = ListenConfig { fast_open: NonZeroU32::new(16), ..ListenConfig::default() };
            let at = Bind::Addr(SocketAddr::new(family.ours(), 80));
            let listener = TcpListener::bind_with(&host, at, config).expect("binds");
            for _ in 0..2 {
                let to = SocketAddr::new(family.ours(), 80);
                let calls = tokio::task::spawn_blocking(move || {
                    let socket = rustix::net::socket(kind, SocketType::STREAM, None).expect("a socket");
                    // MSG_FASTOPEN: connects, and sends with the SYN where there is a cookie.
                    let flags = SendFlags::from_bits_retain(0x2000_0000);
                    assert_eq!(sendto(&socket, b"hello", flags, &to), Ok(5));
                    socket
                });
                let (mut ours, _) = listener.accept().await.expect("accepts");
                let mut heard = [0; 5];
                ours.read_exact(&mut heard).await.expect("reads");
                assert_eq!(&heard, b"hello");
                drop(calls.await.expect("the kernel calls"));
                ours.shutdown().await.expect("shuts down");
            }
            let taken = || host.counters().fast_open_passive == before + 1;
            until("a SYN's octets were taken", taken).await;
            until("the kernel knows", || count("TCPFastOpenActive") == before + 1).await;
        }
    });
}
